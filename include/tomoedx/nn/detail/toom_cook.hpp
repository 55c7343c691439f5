// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_TOOM_COOK_HPP
#define TOMOEDX_NN_DETAIL_TOOM_COOK_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <array>

/// The minimal filtering algorithms F(m, 3): m outputs of a filter of three taps y = A'[(G g) . (B' d)] from m + 2
/// products instead of 3 m. The tables are made from the points of interpolation, so that points can be changed.
///
/// source   Winograd 1980; Lavin and Gray 2016; Barabasz et al. 2020
namespace tomoedx::nn::detail {

/// Tables of F(Outputs, 3) for 2 or 4 outputs at the points 0, infinity, and pairs of opposite points, which the
/// transforms make use of: +-1, or +-sqrt(1/2) and +-sqrt(2), which keep the tables closer to one than the usual +-1
/// and +-2 do, and so the rounding error smaller.
template <int Outputs>
struct toom_cook {
  static_assert(Outputs == 2 || Outputs == 4);
  static constexpr int outputs = Outputs, taps = 3, points = Outputs + taps - 1, pairs = (points - 2) / 2;

  /// Finite point j: 0, a, -a, b, -b.
  static constexpr double point(int j) {
    constexpr double root = 1.4142135623730950488;
    double const size = j == 0 ? 0 : Outputs == 2 ? 1 : j <= 2 ? root / 2 : root;
    return j % 2 ? size : -size;
  }

  /// Coefficients of the product of (x - point l) over all finite points but `without`.
  static constexpr std::array<double, points> product(int without) {
    std::array<double, points> c{};
    c[0] = 1;
    for (int l = 0, degree = 0; l < points - 1; ++l) {
      if (l == without) continue;
      ++degree;
      for (int i = degree; i >= 0; --i) c[i] = (i > 0 ? c[i - 1] : 0) - point(l) * c[i];
    }
    return c;
  }

  using input_table = std::array<std::array<double, points>, points>;
  using filter_table = std::array<std::array<double, taps>, points>;
  using output_table = std::array<std::array<double, points>, Outputs>;

  static constexpr input_table make_input() {
    input_table b{};
    for (int j = 0; j < points; ++j) b[j] = product(j < points - 1 ? j : -1);
    return b;
  }
  static constexpr filter_table make_filter() {
    filter_table g{};
    for (int j = 0; j < points - 1; ++j) {
      double scale = 1;
      for (int l = 0; l < points - 1; ++l)
        if (l != j) scale *= point(j) - point(l);
      double power = 1;
      for (int k = 0; k < taps; ++k, power *= point(j)) g[j][k] = power / scale;
    }
    g[points - 1][taps - 1] = 1;
    return g;
  }
  static constexpr output_table make_output() {
    output_table a{};
    for (int j = 0; j < points - 1; ++j) {
      double power = 1;
      for (int i = 0; i < Outputs; ++i, power *= point(j)) a[i][j] = power;
    }
    a[Outputs - 1][points - 1] = 1;
    return a;
  }

  static constexpr input_table input = make_input();     ///< B'
  static constexpr filter_table filter = make_filter();  ///< G
  static constexpr output_table output = make_output();  ///< A'
};

/// Whether the tables compute the filter exactly: sum over j of A'[i][j] G[j][k] B'[j][l] is 1 where l = i + k.
template <class Tables>
constexpr bool filters_exactly() {
  for (int i = 0; i < Tables::outputs; ++i)
    for (int k = 0; k < Tables::taps; ++k)
      for (int l = 0; l < Tables::points; ++l) {
        double sum = 0;
        for (int j = 0; j < Tables::points; ++j)
          sum += Tables::output[i][j] * Tables::filter[j][k] * Tables::input[j][l];
        double const error = sum - (l == i + k ? 1 : 0);
        if (error > 4e-15 || error < -4e-15) return false;
      }
  return true;
}
static_assert(filters_exactly<toom_cook<2>>() && filters_exactly<toom_cook<4>>());

}  // namespace tomoedx::nn::detail

#endif
