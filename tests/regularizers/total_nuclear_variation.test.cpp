// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/total_nuclear_variation.hpp>

#include "variation_cases.hpp"

namespace {

using tomoedx::total_nuclear_variation;
using host = Kokkos::DefaultHostExecutionSpace;
constexpr auto norm = tomoedx::reference::difference_norm::nuclear;

}  // namespace

static_assert(tomoedx::regularizer<total_nuclear_variation<float, host>>);

TEST_CASE_TEMPLATE("Total nuclear variation, its dual step and its transpose are those of plain loops", T,
                   float, double) {
  variation_cases::compare_with_plain_everywhere<total_nuclear_variation<T, host>>(2, norm);
}

TEST_CASE("Total nuclear variation bounds its differences as step sizes need it") {
  variation_cases::check_norms<total_nuclear_variation<double, host>>(2, norm);
}

TEST_CASE_TEMPLATE("Total nuclear variation is the largest product with its dual ball", T, float, double) {
  variation_cases::check_duality<total_nuclear_variation<T, host>>(4, norm);
}

TEST_CASE_TEMPLATE("Total nuclear variation stays finite for zeros and for values of any size", T, float,
                   double) {
  variation_cases::check_extremes<total_nuclear_variation<T, host>>(4, norm);
}

TEST_CASE("Total nuclear variation gives the same with the instructions of any processor and of devices") {
  variation_cases::check_variants<total_nuclear_variation<float, host>, tomoedx::detail::nuclear_norm>(4,
                                                                                                       norm);
}

TEST_CASE("Total nuclear variation refuses arrays and options that do not fit") {
  variation_cases::check_sizes<total_nuclear_variation<float, host>>();
}

TEST_CASE("Total nuclear variation of proportional gradients is the total variation times their length") {
  using tnv = total_nuclear_variation<double, host>;
  CHECK(variation_cases::of_multiples<tnv>({2.5}, norm) == doctest::Approx(2.5).epsilon(1e-12));
  CHECK(variation_cases::of_multiples<tnv>({3, 4}, norm) == doctest::Approx(5).epsilon(1e-12));
  CHECK(variation_cases::of_multiples<tnv>({1, -2, 0, 2}, norm) == doctest::Approx(3).epsilon(1e-12));
  CHECK(variation_cases::of_multiples<total_nuclear_variation<float, host>>({1, -2, 0, 2}, norm) ==
        doctest::Approx(3).epsilon(1e-6));
}

TEST_CASE(
    "Total nuclear variation of gradients at right angles is the sum of both, more than one length of them") {
  // a ramp along x in one channel and along z in the other
  std::size_t const n = 6;
  auto const g = tomoedx::plain_grid(2, n, 1, n);
  variation_cases::under_test<total_nuclear_variation<double, host>> t(g, {.lambda = 1}, norm);
  std::vector<double> x(2 * n * n);
  for (std::size_t i = 0; i < n * n; ++i) x[i] = 2 * double(i % n), x[n * n + i] = 3 * double(i / n);
  t.set(t.x, x, false);
  CHECK(t.value() == doctest::Approx(double(n * (n - 1) * (2 + 3))).epsilon(1e-12));
}

TEST_CASE("Total nuclear variation does not change when channels are turned into each other") {
  variation_cases::check_rotated_channels<total_nuclear_variation<double, host>>(norm);
}

TEST_CASE_TEMPLATE("Projections of Jacobians with equal, small and missing singular values stay in the ball",
                   T, float, double) {
  // p = U diag(s) V' for known rotations, so that the projection is U diag(min(s, lambda)) V'
  double const eps = std::is_same_v<T, float> ? 1e-6 : 1e-14;
  double const triples[][3] = {{2, 2, 2},       {2, 2, 1e-5},   {3, 1, 1},   {5, 0, 0},    {1e3, 0.9, 0.9},
                               {0.7, 0.7, 0.7}, {1e4, 2, 1e-3}, {1, 1, 0.3}, {0.4, 0.2, 0}};
  auto const turn = [](std::array<double, 3> v, std::size_t i, std::size_t j, double a) {
    double const x = v[i], y = v[j];
    v[i] = std::cos(a) * x - std::sin(a) * y, v[j] = std::sin(a) * x + std::cos(a) * y;
    return v;
  };
  for (auto const& s : triples)
    for (double const angle : {0.0, 0.4, 0.7853981633974483, 1.3}) {
      variation_cases::under_test<total_nuclear_variation<T, host>> t(tomoedx::plain_grid(3, 1, 2, 1),
                                                                      {.lambda = 0.8}, norm);
      std::vector<double> p(3 * t.plain.size()), expected(p.size());
      for (std::size_t k = 0; k < 3; ++k) {  // s u v' for the k-th pair of vectors
        std::array<double, 3> u{}, v{};
        u[k] = v[k] = 1;
        u = turn(turn(u, 0, 1, angle), 1, 2, 2 * angle), v = turn(turn(v, 0, 2, -angle), 0, 1, 3 * angle);
        for (std::size_t c = 0; c < 3; ++c)
          for (std::size_t d = 0; d < 3; ++d) {
            std::size_t const i = (3 * c + d) * 2;  // the first of two voxels
            p[i] += s[k] * u[c] * v[d];
            expected[i] += std::min(s[k], 0.8) * u[c] * v[d];
          }
      }
      t.set(t.p, p, true);
      t.regularizer.dual_step(t.p, t.x, T(0));
      CAPTURE(s[0]);
      CAPTURE(s[1]);
      CAPTURE(angle);
      CHECK(variation_cases::largest_difference(t.get(t.p, true), expected) < eps * (1 + s[0]));
    }
}

TEST_CASE("Total nuclear variation refuses more channels than it can hold") {
  auto const many = tomoedx::plain_grid(17, 2, 2, 2);
  CHECK_THROWS_AS((total_nuclear_variation<float, host>(host(), many)), tomoedx::shape_error);
}
