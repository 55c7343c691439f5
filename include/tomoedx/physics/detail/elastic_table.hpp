// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_DETAIL_ELASTIC_TABLE_HPP
#define TOMOEDX_PHYSICS_DETAIL_ELASTIC_TABLE_HPP

#include <tomoedx/physics/detail/element_table.hpp>

namespace tomoedx::physics::detail {

inline constexpr int elastic_terms = 11;
inline constexpr double elastic_energies_kev[] = {10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400};
inline constexpr int elastic_energy_count = 11;

struct elastic_row {
  double total_barn;
  double weight[elastic_terms];
};

// element after element, each at all energies
inline constexpr elastic_row elastic_rows[] = {
#include <tomoedx/physics/data/elastic.inc>
};
static_assert(sizeof(elastic_rows) / sizeof(elastic_row) == element_count * elastic_energy_count);

}  // namespace tomoedx::physics::detail

#endif
