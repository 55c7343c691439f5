// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/normalization.hpp>

#include "filters.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace tomoedx;
using rule = nn::normalization::rule;

TEST_CASE_TEMPLATE("images come back from a network's scale as they were", T, float, double) {
  std::vector<T> const image = {0, 3, 1, 7, 2, 5};
  std::span<T const> const values(image);
  CHECK(scale_of({}, values) == image_scale<T>{0, 1});
  CHECK(scale_of({.by = rule::mean}, values) == image_scale<T>{0, 3});
  CHECK(scale_of({.by = rule::model, .offset = 2, .scale = 4}, values) == image_scale<T>{2, 4});
  for (nn::normalization const& n : {nn::normalization{}, nn::normalization{.by = rule::mean},
                                     nn::normalization{.by = rule::model, .offset = 0.7, .scale = 3.1}}) {
    auto const s = scale_of(n, values);
    for (T const v : image)
      CHECK(std::abs(s.to_image(s.to_network(v)) - v) <= 8 * std::numeric_limits<T>::epsilon());
  }
  CHECK(scale_of({.by = rule::model, .offset = 2, .scale = 4}, values).to_network(7) == T(1.25));
}

TEST_CASE("the mean takes all values of any number, in double, and doubles with them") {
  for (std::size_t const n : {1u, 7u, 8u, 4097u, 100003u}) {
    std::vector<float> values(n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = static_cast<float>(i % 13) + 0.3f;
      sum += static_cast<double>(values[i]);
    }
    CHECK(sum_of(std::span<float const>(values)) == doctest::Approx(sum).epsilon(1e-13));
    auto const once = scale_of<float>({.by = rule::mean}, values);
    for (auto& v : values) v *= 2;
    CHECK(scale_of<float>({.by = rule::mean}, values).scale == 2 * once.scale);
  }
}

TEST_CASE("an image of zeros stays one; means that cannot divide are refused by name") {
  std::vector<double> const zeros(5, 0.0), balanced = {1, -1}, negative = {-3, 1}, tiny = {1e-320, 0};
  nn::normalization const mean{.by = rule::mean};
  auto const s = scale_of<double>(mean, zeros);
  CHECK(s.blank);
  CHECK(s.to_network(0) == 0);
  CHECK(s.to_image(17) == 0);
  auto const text = [&](auto const& v) {
    return filters::message_of<value_error>([&] { scale_of<double>(mean, v, 4); });
  };
  CHECK(text(balanced) ==
        "network: image 4 has a mean of 0, by which it cannot be divided; normalise by 'none' or 'model'");
  CHECK(filters::contains(text(negative), "a mean of -1,"));
  CHECK(filters::contains(text(tiny), "cannot be divided"));
  CHECK_THROWS_AS(scale_of<double>({.by = rule::model, .scale = 0}, zeros), value_error);
  CHECK_THROWS_AS(scale_of<double>({.by = rule::model, .offset = std::nan("")}, zeros), value_error);
  CHECK_THROWS_AS(scale_of<float>({.by = rule::model, .scale = 1e-60}, std::vector<float>{1}), value_error);
}

TEST_CASE("the normalisation is the model's unless another is given, and never guessed") {
  nn::description about{.net = nn::unet{}};
  CHECK(filters::contains(filters::message_of<value_error>([&] { normalization_of({}, about); }),
                          "'normalize'"));
  CHECK(normalization_of(nn::normalization{.by = rule::mean}, about).by == rule::mean);
  about.normalize = nn::normalization{.by = rule::model, .offset = 3};
  CHECK(normalization_of({}, about).offset == 3);
  CHECK(normalization_of(nn::normalization{}, about).by == rule::none);
}
