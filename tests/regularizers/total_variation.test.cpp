// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/tv_pdhg.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/solvers/pdhg.hpp>

#include "variation_cases.hpp"

namespace {

using tomoedx::total_variation;
using host = Kokkos::DefaultHostExecutionSpace;
constexpr auto norm = tomoedx::reference::difference_norm::each_channel;

}  // namespace

static_assert(tomoedx::regularizer<total_variation<float, host>>);

TEST_CASE_TEMPLATE("Total variation, its dual step and its transpose are those of plain loops", T, float,
                   double) {
  variation_cases::compare_with_plain_everywhere<total_variation<T, host>>(2, norm);
}

TEST_CASE("Total variation bounds its differences as step sizes need it") {
  variation_cases::check_norms<total_variation<double, host>>(2, norm);
}

TEST_CASE_TEMPLATE("Total variation is the largest product with its dual ball", T, float, double) {
  variation_cases::check_duality<total_variation<T, host>>(1, norm);
}

TEST_CASE_TEMPLATE("Total variation stays finite for zeros and for values of any size", T, float, double) {
  variation_cases::check_extremes<total_variation<T, host>>(1, norm);
}

TEST_CASE("Total variation gives the same with the instructions of any processor and of devices") {
  variation_cases::check_variants<total_variation<float, host>, tomoedx::detail::euclidean_norm>(3, norm);
}

TEST_CASE("Total variation refuses arrays and options that do not fit") {
  variation_cases::check_sizes<total_variation<float, host>>();
}

TEST_CASE("Total variation of a ramp is what geometry says") {
  // a ramp of slope 2 in x, 3 in y and 6 in z: a length of 7 at each voxel but at far borders
  std::size_t const n = 5;
  variation_cases::under_test<total_variation<double, host>> t(tomoedx::sliced_grid(1, n, n, n, 2),
                                                               {.lambda = 0.5}, norm);
  std::vector<double> x;
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t c = 0; c < n; ++c) x.push_back(6 * double(z) + 3 * double(y) + 2 * double(c));
  t.set(t.x, x, false);
  double const m = double(n - 1);
  double const faces = std::sqrt(36 + 9.0) + std::sqrt(36 + 4.0) + std::sqrt(9 + 4.0);
  CHECK(t.value() == doctest::Approx(0.5 * (7 * m * m * m + faces * m * m + (6 + 3 + 2) * m)).epsilon(1e-12));
}

TEST_CASE("PDHG with total variation finds the minimiser that the denoiser of images and volumes proves") {
  // 1/2 |x - f|^2 + lambda TV(x): positive data, so that the bound at 0 does not act
  std::size_t const nz = 11, ny = 5, nx = 13;
  std::vector<double> f(nz * ny * nx);
  for (std::size_t i = 0; i < f.size(); ++i) {
    double const x = double(i % nx) - 6, z = double(i / nx / ny) - 5, y = double(i / nx % ny) - 2;
    f[i] = (x * x + z * z + 3 * y * y < 14 ? 3 : 1) + 0.6 * variation_cases::random_values(1, i)[0];
  }
  using one = Kokkos::Serial;  // small: threads would only wait for each other
  one const space;
  using view = tomoedx::array_on<double, 3, one>;
  auto const same = [](view const& from, view const& to) { Kokkos::deep_copy(to, from); };
  auto const identity = tomoedx::make_operator<double>(space, tomoedx::extents<3>{nz, ny, nx},
                                                       tomoedx::extents<3>{nz, ny, nx}, same, same);
  auto const data = tomoedx::upload(space, tomoedx::borrow(f.data(), nz, ny, nx));
  tomoedx::gaussian<one, double> const noise(space, tomoedx::flat_on<double, one>(data.data(), data.size()));
  for (bool const in_plane : {false, true}) {
    CAPTURE(in_plane);
    total_variation<double, one> const tv(space, tomoedx::plain_grid(1, nz, ny, nx),
                                          {.lambda = 0.4, .in_plane = in_plane});
    auto const x = tomoedx::make_domain(identity);
    auto const report = tomoedx::pdhg(identity, noise, tv, x,
                                      {.iterations = 20000,
                                       .balance = 2,
                                       .regularizer_share = 0.9,
                                       .until = {.gap_below = 1e-7},
                                       .stop = {.look_every = 100}});
    CHECK(report.gap.back() <= 1e-7 * report.objective.back());

    view const expected("expected", nz, ny, nx);
    tomoedx::tv_pdhg_options options{.lambda = 0.4, .tolerance = 1e-6, .iterations = 100000};
    if (in_plane) {  // slice by slice: images (z, x)
      view const slices("slices", ny, nz, nx), clean("clean", ny, nz, nx);
      for (std::size_t i = 0; i < f.size(); ++i) slices(i / nx % ny, i / nx / ny, i % nx) = f[i];
      tomoedx::denoise_tv_pdhg(space, slices, clean, options);
      for (std::size_t i = 0; i < f.size(); ++i) expected.data()[i] = clean(i / nx % ny, i / nx / ny, i % nx);
    } else {
      options.over = tomoedx::neighbourhood::volume;
      tomoedx::denoise_tv_pdhg(space, data, expected, options);
    }
    double difference = 0, length = 0, change = 0;
    for (std::size_t i = 0; i < f.size(); ++i) {
      difference += std::pow(x.data()[i] - expected.data()[i], 2);
      change += std::pow(x.data()[i] - f[i], 2);
      length += std::pow(expected.data()[i], 2);
    }
    CHECK(std::sqrt(difference / length) < 1e-4);
    CHECK(std::sqrt(change / length) > 0.1);  // there was something to find
  }
}
