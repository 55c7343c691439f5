// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_ELEMENT_TABLE_HPP
#define TOMOEDX_PHYSICS_DETAIL_ELEMENT_TABLE_HPP

namespace tomoedx::physics::detail {

inline constexpr int first_z = 3, last_z = 98;
inline constexpr int element_count = last_z - first_z + 1;

struct element_row {
  char const* symbol;
  char const* name;
  double weight;
};

inline constexpr element_row element_rows[] = {
#include <tomoedx/physics/data/elements.inc>
};
static_assert(sizeof(element_rows) / sizeof(element_row) == element_count);

}  // namespace tomoedx::physics::detail

#endif
