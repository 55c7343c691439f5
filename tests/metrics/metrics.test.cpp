// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/metrics/metrics.hpp>

#include "support.hpp"

namespace m = tomoedx::metrics;

TEST_CASE("every metric agrees that a better result is better") {
  auto truth = support::random_values<float>(32 * 32, 27);
  for (float& v : truth) v = v < 0.4f ? 0.f : 1.f;
  auto const noise = support::random_values<float>(truth.size(), 28, -1, 1);
  auto good = truth, poor = truth;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    good[i] += 0.3f * noise[i];
    poor[i] += 0.9f * noise[i];
  }
  CHECK(m::nmae(truth, good) < m::nmae(truth, poor));
  CHECK(m::mse(truth, good) < m::mse(truth, poor));
  CHECK(m::mse_scaled(truth, good) < m::mse_scaled(truth, poor));
  CHECK(m::relative_l2(truth, good) < m::relative_l2(truth, poor));
  CHECK(m::ssim_structure(truth, good) > m::ssim_structure(truth, poor));
  CHECK(m::ssim(truth, good, {32, 32}) > m::ssim(truth, poor, {32, 32}));
  CHECK(m::psnr(truth, good) > m::psnr(truth, poor));
  CHECK(m::r_squared(truth, good) > m::r_squared(truth, poor));
  CHECK(m::difference_pixels(truth, good) < m::difference_pixels(truth, poor));
}
