// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/haadf_mask.hpp>
#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

TEST_CASE("Otsu's threshold lies between two groups and splits them") {
  std::vector<float> values;
  for (std::size_t i = 0; i < 3000; ++i) {
    tomoedx::random_stream random(1, i);
    values.push_back(static_cast<float>((i % 3 == 0 ? 100.0 : 10.0) + 5 * random.normal()));
  }
  double const threshold = tomoedx::otsu_threshold(values);
  CHECK(threshold > 35);
  CHECK(threshold < 75);
  auto const mask = tomoedx::binary_mask(values, threshold);
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(mask[i] == (i % 3 == 0 ? 1.0f : 0.0f));
}

TEST_CASE("Otsu's threshold is the best of all splits, by trying each") {
  std::vector<float> values;
  for (std::size_t i = 0; i < 400; ++i) {
    tomoedx::random_stream random(2, i);
    double const u = random.uniform();
    values.push_back(static_cast<float>(u < 0.7 ? u * u : 2 + u));
  }
  auto const within = [&](double threshold) {
    double n[2] = {}, sum[2] = {}, squares[2] = {};
    for (float const v : values) {
      int const g = v > threshold;
      n[g] += 1, sum[g] += v, squares[g] += v * v;
    }
    double spread = 0;
    for (int const g : {0, 1}) spread += n[g] > 0 ? squares[g] - sum[g] * sum[g] / n[g] : 0;
    return spread;
  };
  double const found = within(tomoedx::otsu_threshold(values));
  for (float const v : values) CHECK(found <= within(v) * (1 + 1e-9) + 0.02);  // 256 steps, not every value
}

TEST_CASE("a masked series is zero where the mask is, and sizes and values are checked") {
  std::vector<float> series{1, 2, 3, 4};
  std::vector<float> const mask{1, 0, 1, 0}, shorter{1}, flat(5, 2.0f), nan{1, NAN}, none;
  tomoedx::mask_series(series, mask);
  CHECK(series == std::vector<float>{1, 0, 3, 0});
  CHECK_THROWS_AS(tomoedx::mask_series(series, shorter), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::otsu_threshold(flat), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::otsu_threshold(nan), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::otsu_threshold(none), tomoedx::shape_error);
}
