// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_COMMAND_LINE_HPP
#define TOMOEDX_CLI_COMMAND_LINE_HPP

#include <functional>
#include <string>

namespace tomoedx::cli {

/// What a command line comes down to.
struct invocation {
  std::string who = "tomoedx";  ///< "tomoedx reconstruct", for messages
  std::function<void()> work;   ///< empty: there is nothing to do, `text` says why
  std::string text;             ///< help or version for standard output, or what is wrong
  bool wrong = false;
};

/// Understand the command line; never throws for what the user wrote.
invocation understand(int argc, char const* const* argv);

}  // namespace tomoedx::cli

#endif
