// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/spectrum_mask.hpp>

#include "../nn/networks.hpp"

using namespace tomoedx_tests;

TEST_CASE("every voxel has one mask, of about the fraction asked for, the same for the same seed") {
  extents<3> const shape{30, 20, 25};
  for (double const p : {0.5, 0.3, 0.25, 0.1, 0.01}) {
    spectrum_masks const masks(shape, p, 7);
    auto const k = static_cast<std::size_t>(std::lround(1 / p));
    CHECK(masks.number() == k);
    std::vector<double> voxels(k);
    for (std::size_t i = 0; i < masks.bytes(); ++i) {
      REQUIRE(masks[i] < k);
      voxels[masks[i]] += 1;
    }
    double const mean = 15000.0 / static_cast<double>(k);
    for (double const n : voxels) CHECK(std::abs(n - mean) < 5 * std::sqrt(mean));
  }
  spectrum_masks const a(shape, 0.3, 7), b(shape, 0.3, 7), c(shape, 0.3, 8);
  std::size_t same = 0;
  for (std::size_t i = 0; i < a.bytes(); ++i) {
    CHECK(a[i] == b[i]);
    same += a[i] == c[i] ? 1 : 0;
  }
  CHECK(same < a.bytes() / 2);
}

TEST_CASE("masked fractions that make no masks are refused") {
  for (double const p : {0.0, 0.001, 0.51, 1.0, -1.0, std::nan("")})
    CHECK_THROWS_AS(spectrum_masks({2, 2, 2}, p, 1), value_error);
}

TEST_CASE("hidden voxels are replaced by what is around them, with weights of those that are there") {
  extents<3> const shape{2, 2, 3};
  std::vector<double> const v = {1, 2, 3, 4, 5, 6, 70, 80, 90, 100, 110, 120};
  std::vector<bool> hidden(12, false);
  auto const at = [&](std::size_t e, std::size_t y, std::size_t x) {
    return mean_of_neighbours(
        shape, e, y, x, [&](std::size_t i) { return static_cast<bool>(hidden[i]); },
        [&](std::size_t i) { return v[i]; });
  };
  CHECK(at(0, 0, 0) == doctest::Approx((2 + 4 + 70 + 0.5 * 5) / 3.5));
  CHECK(at(0, 0, 1) == doctest::Approx((1 + 3 + 5 + 80 + 0.5 * (4 + 6)) / 5));
  CHECK(at(1, 1, 2) == doctest::Approx((110 + 90 + 6 + 0.5 * 80) / 3.5));
  hidden[1] = hidden[6] = true;
  CHECK(at(0, 0, 0) == doctest::Approx((4 + 0.5 * 5) / 1.5));
  hidden.assign(12, true);
  CHECK(at(0, 0, 0) == 0);
}

TEST_CASE("hidden voxels are filled as in the reference set") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/dcae3d_c4");
  auto const in = activations_of(set / "input_0.npy"), mask = activations_of(set / "mask_0.npy"),
             filled = activations_of(set / "filled64.npy");
  auto const& e = in.size.extent;
  extents<3> const shape{static_cast<std::size_t>(e[0]), static_cast<std::size_t>(e[1]),
                         static_cast<std::size_t>(e[2])};
  std::size_t const voxels = count(shape);
  double furthest = 0;
  for (std::size_t item = 0; item < in.items; ++item)
    for (std::size_t i = 0; i < voxels; ++i) {
      auto const hidden = [&](std::size_t j) { return mask.values[item * voxels + j] != 0; };
      auto const value = [&](std::size_t j) { return in.values[item * voxels + j]; };
      double const expected = filled.values[item * voxels + i];
      double const got = hidden(i) ? mean_of_neighbours(shape, i / shape[2] / shape[1],
                                                        i / shape[2] % shape[1], i % shape[2], hidden, value)
                                   : value(i);
      furthest = std::max(furthest, std::abs(got - expected));
    }
  CHECK(furthest < 1e-12);
}

TEST_CASE("the calibrated share is near the best one that knowing the truth would give") {
  std::size_t const n = 40000;
  for (double const through :
       {0.05, 0.2, 0.5}) {  // the part of a voxel's noise that the noisy result lets through
    std::vector<double> truth(n), counts(n), blind(n), noisy(n);
    double leak = 0;
    for (std::size_t i = 0; i < n; ++i) {
      random_stream draw(3, i);
      truth[i] = 20 + 10 * std::sin(0.01 * static_cast<double>(i));
      counts[i] = truth[i] + std::sqrt(truth[i]) * draw.normal();
      blind[i] = truth[i] + 2.5 * draw.normal();
      noisy[i] = (1 - through) * (truth[i] + 2 * draw.normal()) + through * counts[i];
      leak += counts[i] * through;
    }
    double top = 0, bottom = 0;
    for (std::size_t i = 0; i < n; ++i) {
      top += (noisy[i] - blind[i]) * (truth[i] - blind[i]);
      bottom += (noisy[i] - blind[i]) * (noisy[i] - blind[i]);
    }
    double const best = top / bottom;
    CHECK(best > 0.3);
    CHECK(std::abs(calibrated_share(n, counts.data(), blind.data(), noisy.data(), leak) - best) < 0.03);
    CHECK(calibrated_share(n, counts.data(), blind.data(), noisy.data(), 1e9) == 0);
    CHECK(calibrated_share(n, counts.data(), blind.data(), noisy.data(), -1e9) == 1);
    CHECK(calibrated_share(n, counts.data(), blind.data(), blind.data(), 0.0) == 0);
  }
}
