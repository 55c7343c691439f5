// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_PROVENANCE_HPP
#define TOMOEDX_CLI_PROVENANCE_HPP

#include "records.hpp"
#include "tree.hpp"

#include <string>
#include <vector>

// What a report tells of where its numbers come from.
namespace tomoedx::cli {

/// Path, size and SHA-256 of a file, as a report has them. Each file is read once in the life of the program unless it
/// changes.
///
/// throws   tomoedx::file_error
tree identity_of(std::string const& file);

/// The same of several files; those in a directory for the directory, by name.
tree identities_of(std::vector<std::string> const& paths);

/// Memory that the process has had at most, since it began or since `forget_peak` where the system can do that.
double peak_bytes();
void forget_peak();

/// Date and time in UTC, "2026-11-20T18:40:00Z".
std::string now_text();

tree tree_of(settings const& list);

/// What every report of a pipeline's verb begins with: command, version, options; and what it ends with.
tree begin_report(char const* command, tree options);
void end_report(tree& report, settings const& machine, double seconds);

}  // namespace tomoedx::cli

#endif
