// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_COMMAND_LINE_PARTS_HPP
#define TOMOEDX_CLI_COMMAND_LINE_PARTS_HPP

#include "command_line.hpp"
#include "commands.hpp"

#include <CLI/CLI.hpp>

#include <memory>

// What the files that know CLI11 share: command_line.cpp and command_line_*.cpp.
namespace tomoedx::cli {

inline constexpr char const* tilts_help =
    "Tilt angles in degrees, one for each tilt: a file (.txt .rawtlt .tlt .npy) or FROM:TO:STEP";

inline void add_threads(CLI::App& app, unsigned& threads) {
  app.add_option("--threads", threads, "Threads to compute with; 0 for all of the machine [0]")
      ->type_name("N");
}

/// What every command has that writes a directory.
template <class Command>
void add_directory(CLI::App& app, Command& c, char const* help) {
  app.add_option("-o,--output", c.output, help)->type_name("DIR")->required();
  app.add_flag("--force", c.force, "Replace DIR if it exists, once the new one is complete");
  app.add_flag("--no-figures", c.no_figures, "No pictures");
  app.add_flag("--quiet", c.quiet, "No progress and no summary");
  add_threads(app, c.threads);
}

/// A subcommand and the aggregate its options fill; it becomes `work` when it is the one that was given.
template <class Command>
std::shared_ptr<Command> subcommand(CLI::App& app, invocation& call) {
  auto const command = std::make_shared<Command>();
  app.callback([command, &call] {
    call.work = [command] { run(*command); };
    if constexpr (requires { rehearse(*command); }) call.rehearse = [command] { rehearse(*command); };
  });
  return command;
}

void add_maps(CLI::App& root, invocation& call);
void add_align(CLI::App& root, invocation& call);
void add_quantify(CLI::App& root, invocation& call);
void add_factors(CLI::App& root, invocation& call);
void add_run(CLI::App& root, invocation& call);

}  // namespace tomoedx::cli

#endif
