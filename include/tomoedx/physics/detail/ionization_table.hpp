// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_IONIZATION_TABLE_HPP
#define TOMOEDX_PHYSICS_DETAIL_IONIZATION_TABLE_HPP

#include <tomoedx/physics/shell.hpp>

namespace tomoedx::physics::detail {

struct ionization_row {
  int z;
  shell of;
  int electrons;
  double edge_kev;
  double narrow[4];  // 30 to 400 keV
  double wide[4];    // 5 to 400 keV
};

inline constexpr ionization_row ionization_rows[] = {
#include <tomoedx/physics/data/ionization.inc>
};

}  // namespace tomoedx::physics::detail

#endif
