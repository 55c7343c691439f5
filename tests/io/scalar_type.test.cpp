// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/scalar_type.hpp>

#include <doctest/doctest.h>

#include <tomoedx/io/detail/convert.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace io = tomoedx::io;
using io::scalar_type;

static_assert(io::scalar<float> && io::scalar<double> && io::scalar<std::int8_t> &&
              io::scalar<std::uint64_t>);
static_assert(io::scalar<long long> && io::scalar<long>);
static_assert(!io::scalar<bool> && !io::scalar<char> && !io::scalar<long double> && !io::scalar<wchar_t>);
static_assert(io::scalar_type_of<long long>() == scalar_type::i64);
static_assert(io::scalar_type_of<unsigned char>() == scalar_type::u8);
static_assert(io::size_of(scalar_type::f16) == 2 && io::size_of(scalar_type::u32) == 4);
static_assert(io::name_of(scalar_type::f64) == "f64" && io::name_of(scalar_type::i8) == "i8");

TEST_CASE("every half of 65536 becomes the float IEEE 754 defines and comes back to its bits") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    io::detail::half const h{static_cast<std::uint16_t>(bits)};
    float const f = io::detail::to_float(h);
    unsigned const exponent = bits >> 10 & 31;
    double const fraction = bits & 1023;
    double expected =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, int(exponent) - 25);
    if (exponent == 31) expected = fraction == 0 ? INFINITY : NAN;
    if (bits & 0x8000) expected = -expected;
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(f));
      REQUIRE(std::isnan(io::detail::to_float(io::detail::to_half(f))));
    } else {
      REQUIRE(static_cast<double>(f) == expected);
      REQUIRE(std::signbit(f) == ((bits & 0x8000) != 0));
      REQUIRE(io::detail::to_half(f).bits == bits);
    }
  }
}

TEST_CASE("floats between two halves go to the nearest, ties to even") {
  using io::detail::to_half;
  CHECK(to_half(1.0f + 0x1p-11f).bits == 0x3C00);      // tie, down to even
  CHECK(to_half(1.0f + 3 * 0x1p-11f).bits == 0x3C02);  // tie, up to even
  CHECK(to_half(1.0f + 0x1p-11f + 0x1p-20f).bits == 0x3C01);
  CHECK(to_half(0x1p-25f).bits == 0);  // half of the smallest: tie to zero
  CHECK(to_half(0x1.8p-25f).bits == 1);
  CHECK(to_half(65519.0f).bits == 0x7BFF);
  CHECK(to_half(65520.0f).bits == 0x7C00);
  CHECK(to_half(-1e30f).bits == 0xFC00);
}

TEST_CASE("a number fits a type exactly when the type has it") {
  using io::detail::fits;
  CHECK(fits<std::uint8_t>(255.0));
  CHECK_FALSE(fits<std::uint8_t>(256.0));
  CHECK_FALSE(fits<std::uint8_t>(-1.0));
  CHECK_FALSE(fits<std::uint8_t>(1.5));
  CHECK_FALSE(fits<std::int32_t>(std::nan("")));
  CHECK(fits<std::int64_t>(-0x1p63));
  CHECK_FALSE(fits<std::int64_t>(0x1p63));
  CHECK(fits<std::uint64_t>(0x1.fffffep63f));
  CHECK_FALSE(fits<std::uint64_t>(std::int64_t(-1)));
  CHECK_FALSE(fits<std::int8_t>(std::uint64_t(128)));
  CHECK(fits<float>(3.0e38));
  CHECK_FALSE(fits<float>(1e39));
  CHECK(fits<float>(std::numeric_limits<double>::infinity()));
  CHECK(fits<float>(std::nan("")));
  CHECK(fits<io::detail::half>(65504.0f));
  CHECK_FALSE(fits<io::detail::half>(std::int32_t(65505)));
}

TEST_CASE("bytes are reversed for every width") {
  std::string text = "abcdefgh";
  io::detail::swap_bytes(text.data(), 8, 1);
  CHECK(text == "abcdefgh");
  io::detail::swap_bytes(text.data(), 4, 2);
  CHECK(text == "badcfehg");
  io::detail::swap_bytes(text.data(), 2, 4);
  CHECK(text == "cdabghef");
  io::detail::swap_bytes(text.data(), 1, 8);
  CHECK(text == "fehgbadc");
}
