// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/spectrum_info.hpp>

#include <doctest/doctest.h>

namespace io = tomoedx::io;

TEST_CASE("units of energy become kiloelectronvolts, others nothing") {
  CHECK(io::kiloelectronvolts_in("keV") == 1);
  CHECK(io::kiloelectronvolts_in("eV") == 1e-3);
  CHECK(io::kiloelectronvolts_in("meV") == 1e-6);
  CHECK(io::kiloelectronvolts_in("MeV") == 1e3);
  for (char const* other : {"", "nm", "V", "deg", "keV "}) CHECK_FALSE(io::kiloelectronvolts_in(other));
}

TEST_CASE("degrees are known by their names and their sign") {
  for (char const* units : {"deg", "degree", "degrees", "°"}) CHECK(io::is_degrees(units));
  for (char const* other : {"", "rad", "nm", "degC"}) CHECK_FALSE(io::is_degrees(other));
}
