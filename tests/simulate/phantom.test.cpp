// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/simulate/phantom.hpp>

namespace d = tomoedx::simulate::detail;

TEST_CASE("sub-samples of a voxel lie evenly around its centre, and voxels around the volume's") {
  CHECK(d::sample_position(0, 0, 4, 1) == doctest::Approx(-1.5));
  CHECK(d::sample_position(3, 0, 4, 1) == doctest::Approx(1.5));
  CHECK(d::sample_position(2, 0, 5, 1) == doctest::Approx(0.0));
  CHECK(d::sample_position(2, 0, 5, 2) == doctest::Approx(-0.25));
  CHECK(d::sample_position(2, 1, 5, 2) == doctest::Approx(0.25));
}

TEST_CASE("a phantom's sizes are refused before memory is asked for") {
  auto const refused = [](std::size_t size, std::size_t slices, std::size_t supersample) {
    CHECK_THROWS_AS(d::check_phantom("test", size, slices, supersample), tomoedx::value_error);
  };
  d::check_phantom("test", 8, 1, 1);
  d::check_phantom("test", 1024, 1024, 16);
  refused(7, 1, 1);
  refused(16385, 1, 1);
  refused(static_cast<std::size_t>(-1), 1, 1);
  refused(64, 0, 1);
  refused(16384, 16384, 1);
  refused(64, 1, 0);
  refused(64, 1, 17);
}
