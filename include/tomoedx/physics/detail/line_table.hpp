// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_LINE_TABLE_HPP
#define TOMOEDX_PHYSICS_DETAIL_LINE_TABLE_HPP

#include <tomoedx/physics/shell.hpp>

namespace tomoedx::physics::detail {

// What all lines of a subshell have in common; its `lines` lines follow each other in `line_rows`.
struct subshell_row {
  int z;
  shell vacancy;
  int lines;
  double edge_kev, yield, yield_eadl;
  double transfer[5];
};

struct line_row {
  char const* name;
  double energy_kev, share, share_eadl;
};

inline constexpr subshell_row subshell_rows[] = {
#include <tomoedx/physics/data/subshells.inc>
};

inline constexpr line_row line_rows[] = {
#include <tomoedx/physics/data/lines.inc>
};

}  // namespace tomoedx::physics::detail

#endif
