// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <tomoedx/denoise/neighbourhood.hpp>

TEST_CASE("an image has two axes at most, a volume all there are") {
  using tomoedx::axes_of;
  using enum tomoedx::neighbourhood;
  CHECK(axes_of(image, 1) == 1);
  CHECK(axes_of(image, 2) == 2);
  CHECK(axes_of(image, 3) == 2);
  CHECK(axes_of(volume, 1) == 1);
  CHECK(axes_of(volume, 3) == 3);
}
