// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/reference/regularizers.hpp>

#include <doctest/doctest.h>

using tomoedx::reference::difference_norm;
using tomoedx::reference::variation;

TEST_CASE("The plain differences of a small volume are those counted by hand") {
  // (z, y, x) = (1, 2, 2): 1 4 / 3 9
  variation const tv{difference_norm::each_channel, 1, 1, 2, 2, {.lambda = 2, .spacing = {1, 2, 1}}};
  auto const k = tv.differences({1, 4, 3, 9});
  CHECK(k == std::vector<double>{3, 0, 6, 0, 0, 0, 0, 0, 1, 2.5, 0, 0});
  CHECK(tv.value({1, 4, 3, 9}) == doctest::Approx(2 * (std::sqrt(9 + 1.0) + 2.5 + 6)));
  CHECK(tv.transposed(k) == std::vector<double>{-3 - 0.5, 3 - 1.25, 0.5 - 6, 1.25 + 6});
  variation const flat{difference_norm::each_channel, 1, 1, 2, 2, {.lambda = 2, .in_plane = true}};
  CHECK(flat.value({1, 4, 3, 9}) == doctest::Approx(2 * (3 + 6)));
}

TEST_CASE("The plain norms of two channels are those of their matrices") {
  // one voxel with neighbours along x and z: gradients (3, 0) and (0, 4), then (3, 0) and (4, 0)
  auto const value = [](difference_norm norm, std::vector<double> const& x) {
    return variation{norm, 2, 2, 1, 2, {.lambda = 1}}.value(x);
  };
  std::vector<double> const right_angle{0, 3, 0, 3, 0, 0, 4, 4}, parallel{0, 3, 0, 3, 0, 4, 0, 4};
  CHECK(value(difference_norm::each_channel, right_angle) == doctest::Approx(3 + 3 + 4 + 4));
  CHECK(value(difference_norm::all_channels, right_angle) == doctest::Approx(5 + 3 + 4));
  CHECK(value(difference_norm::nuclear, right_angle) == doctest::Approx(7 + 3 + 4));
  CHECK(value(difference_norm::each_channel, parallel) == doctest::Approx(3 + 3 + 4 + 4));
  CHECK(value(difference_norm::all_channels, parallel) == doctest::Approx(5 + 5));
  CHECK(value(difference_norm::nuclear, parallel) == doctest::Approx(5 + 5));
}

TEST_CASE("The plain projection cuts lengths, or singular values, at lambda") {
  // p of one voxel: channel 0 (3, 0, 4), channel 1 (0, 1, 0): singular values 5 and 1
  std::vector<double> const p{3, 0, 4, 0, 1, 0}, x{0, 0};
  auto const step = [&](difference_norm norm) {
    return variation{norm, 2, 1, 1, 1, {.lambda = 2}}.dual_step(p, x, 1);
  };
  auto const near = [](std::vector<double> const& a, std::vector<double> const& b) {
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12).scale(1));
  };
  near(step(difference_norm::each_channel), {1.2, 0, 1.6, 0, 1, 0});
  near(step(difference_norm::nuclear), {1.2, 0, 1.6, 0, 1, 0});
  double const f = 2 / std::sqrt(26.0);
  near(step(difference_norm::all_channels), {3 * f, 0, 4 * f, 0, f, 0});
}

TEST_CASE("The plain eigenvalues belong to their vectors, for equal ones too") {
  using matrix = std::array<std::array<double, 3>, 3>;
  for (matrix const& m :
       {matrix{{{4, 1, -2}, {1, 3, 0.5}, {-2, 0.5, 1}}}, matrix{{{2, 0, 0}, {0, 2, 0}, {0, 0, 2}}},
        matrix{{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}}}) {
    auto const e = tomoedx::reference::eigen_of(m);
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < 3; ++i) {
        double product = 0;
        for (std::size_t j = 0; j < 3; ++j) product += m[i][j] * e.vectors[j][k];
        CHECK(product == doctest::Approx(e.values[k] * e.vectors[i][k]).epsilon(1e-12).scale(1));
      }
  }
}
