// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_ABSORPTION_TABLE_HPP
#define TOMOEDX_PHYSICS_DETAIL_ABSORPTION_TABLE_HPP

#include <tomoedx/physics/detail/element_table.hpp>

#include <array>

namespace tomoedx::physics::detail {

inline constexpr double absorption_least_kev = 0.1, absorption_most_kev = 150;

// ln mu over ln E from `from_kev` to where the next piece begins.
struct absorption_row {
  int z;
  double from_kev, at_begin, at_end;
  double bend[3];
};

// element after element, each by energy
inline constexpr absorption_row absorption_rows[] = {
#include <tomoedx/physics/data/absorption.inc>
};

// Where the pieces of each element begin, and where the last one ends.
inline constexpr auto absorption_begin = [] {
  std::array<int, element_count + 1> begin{};
  int i = 0;
  for (absorption_row const& r : absorption_rows) begin[static_cast<std::size_t>(r.z - first_z + 1)] = ++i;
  return begin;
}();

}  // namespace tomoedx::physics::detail

#endif
