// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_GEOMETRY_HPP
#define TOMOEDX_CLI_GEOMETRY_HPP

#include "commands.hpp"
#include "files.hpp"

#include <tomoedx/host.hpp>

#include <string>
#include <vector>

namespace tomoedx::cli {

/// strip, joseph or siddon.
host::projector projector_named(std::string const& name);

/// Tilt angles in degrees from a file, from FROM:TO:STEP,
/// or (when `text` is empty) from the header of a stack.
std::vector<double> read_tilts(std::string const& text, io::info const* stack = nullptr);

/// A range of rows, the end excluded.
struct row_range {
  std::size_t first = 0, last = 0;
  std::size_t count() const { return last - first; }
};

/// FROM:TO within `rows` rows; either side may be left out.
row_range read_rows(std::string const& text, std::size_t rows);

/// Throw unless `n` can be the number of threads; 0 is all.
void check_threads(unsigned n);

/// Make the facade start with `n` threads. To be called before its first use.
void use_threads(unsigned n);

}  // namespace tomoedx::cli

#endif
