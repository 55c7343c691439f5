// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/dense_spectra.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "messages.hpp"

using namespace tomoedx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

TEST_CASE("the spectrum of a pixel is where its number is") {
  std::vector<float> const v{1, 2, 3, 4, 5, 6};
  dense_spectra const s{1, 2, {0.8, 0.001, 3}, v};
  validate(s, "test");
  CHECK(s.pixels() == 2);
  CHECK(s.of(1)[0] == 4);
  CHECK(s.of(1).size() == 3);
}

TEST_CASE("spectra that do not fit, or hold no numbers, are refused with the place") {
  std::vector<float> v{1, 2, 3, 4, 5, 6};
  auto const refused = [&]<class E>(dense_spectra const& s, E const*) {
    return message_of<E>([&] { validate(s, "test"); });
  };
  shape_error const* const shape = nullptr;
  value_error const* const value = nullptr;
  CHECK(contains(refused(dense_spectra{1, 2, {0, 0.001, 4}, v}, shape), "6 values for 1 x 2 pixels of 4"));
  CHECK(contains(refused(dense_spectra{0, 2, {0, 0.001, 3}, v}, shape), "0 x 2 pixels"));
  std::size_t const many = std::size_t(1) << 40;
  CHECK(contains(refused(dense_spectra{many, many, {0, 0.001, 3}, v}, shape), "pixels"));
  CHECK(contains(refused(dense_spectra{2, std::size_t(1) << 31, {0, 0.001, 3}, v}, shape), "pixels"));
  CHECK(contains(refused(dense_spectra{1, 2, {0, 0, 3}, v}, value), "their width is positive"));
  for (float const bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    v[4] = bad;
    CHECK(contains(refused(dense_spectra{1, 2, {0, 0.001, 3}, v}, value), "channel 1 in pixel 1"));
  }
}
