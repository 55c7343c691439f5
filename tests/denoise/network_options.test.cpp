// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/network_options.hpp>

#include <doctest/doctest.h>

TEST_CASE("networks work by default as fast as they can, without a bound, on one image after another") {
  tomoedx::network_options const o;
  CHECK(o.use == tomoedx::nn::algorithm::fast);
  CHECK(o.memory == 0);
  CHECK(o.batch == 1);
  CHECK_FALSE(o.clamp);
  CHECK_FALSE(o.normalize.has_value());
  CHECK(o.level == tomoedx::best_isa());
}

TEST_CASE("the memory of a network is the sum of its parts") {
  CHECK(tomoedx::network_memory{1, 20, 300}.total() == 321);
  CHECK(tomoedx::network_memory{}.total() == 0);
}
