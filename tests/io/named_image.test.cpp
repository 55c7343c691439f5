// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/named_image.hpp>

#include <doctest/doctest.h>

namespace io = tomoedx::io;

TEST_CASE("an image knows its pixel in nm, whatever length its axes are in") {
  io::named_image<float> i{"HAADF", {{2, 3}, std::vector<float>(6), {}}};
  CHECK_FALSE(i.pixel_nm().has_value());
  i.image.axes = {{"y", "um", 0.25, 0}, {"x", "um", 0.5, 0}};
  CHECK(i.pixel_nm() == 500);
  i.image.axes = {{"y", "m", 1e-9, 0}, {"x", "m", 2e-9, 0}};
  CHECK(i.pixel_nm().value() == doctest::Approx(2));
  i.image.axes = {{"y", "", 1, 0}, {"x", "", 1, 0}};
  CHECK_FALSE(i.pixel_nm().has_value());
}
