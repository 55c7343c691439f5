// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_COMMAND_LINE_HPP
#define TOMOEDX_CLI_COMMAND_LINE_HPP

#include <functional>
#include <string>
#include <vector>

namespace tomoedx::cli {

/// What a command line comes down to.
struct invocation {
  std::string who = "tomoedx";     ///< "tomoedx reconstruct", for messages
  std::function<void()> work;      ///< empty: there is nothing to do, `text` says why
  std::function<void()> rehearse;  ///< check all that `work` checks before it computes, and leave stand-ins
  std::string text;                ///< help or version for standard output, or what is wrong
  bool wrong = false;
};

/// Understand the command line; never throws for what the user wrote.
invocation understand(int argc, char const* const* argv);

/// The same, for a command of a configuration: `words` begin with the name of the command.
invocation understand(std::vector<std::string> const& words);

/// An option of a command, as a configuration may name it.
struct known_argument {
  std::string name;  ///< "axis_offset" of --axis-offset; of what has no name "input"
  std::string word;  ///< "--axis-offset"; empty for what has no name
  std::string type;  ///< "FILE", "NAME=FILE", "N", ...; empty for a switch
  bool is_switch = false, is_list = false;
  char delimiter = 0;  ///< between the items of a list that is one word
};

/// Every option of a command, but help.
std::vector<known_argument> arguments_of(std::string const& command);

}  // namespace tomoedx::cli

#endif
