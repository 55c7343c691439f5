// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/rebin.hpp>

#include <doctest/doctest.h>

#include <vector>

#include "counts.hpp"
#include "messages.hpp"

using namespace tomoedx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

spectrum_image some(std::size_t rows, std::size_t columns, std::size_t channels, std::uint64_t seed) {
  auto s = counts::draw(rows, columns, {0.1, 0.01, channels}, seed,
                        [](std::size_t p, std::size_t c) { return 0.05 * double(p % 7) + 0.01 * double(c); });
  s.how.pixel_nm = 2;
  s.how.live_time_s = 10;
  return s;
}

}  // namespace

TEST_CASE("added pixels and channels hold the sums of what they were") {
  auto const image = some(6, 8, 12, 1);
  auto const before = counts::dense<std::uint32_t>(image);
  auto const small = rebin(image, {.rows = 3, .columns = 2, .channels = 4});
  validate(small, "test");
  CHECK(small.rows == 2);
  CHECK(small.columns == 4);
  CHECK(small.energy.channels == 3);
  CHECK(small.energy.width_kev == doctest::Approx(0.04));
  CHECK(small.energy.first_kev == doctest::Approx(0.1 + 0.015));
  CHECK(!small.how.pixel_nm);
  auto const after = counts::dense<std::uint32_t>(small);
  std::vector<std::uint32_t> sums(after.size());
  for (std::size_t y = 0; y < 6; ++y)
    for (std::size_t x = 0; x < 8; ++x)
      for (std::size_t c = 0; c < 12; ++c)
        sums[(y / 3 * 4 + x / 2) * 3 + c / 4] += before[(y * 8 + x) * 12 + c];
  CHECK(after == sums);
  CHECK(*rebin(image, {.rows = 2, .columns = 2}).how.pixel_nm == 4);
  CHECK(counts::dense<std::uint32_t>(rebin(image, {})) == before);
}

TEST_CASE("a part of an image is what was there") {
  auto const image = some(6, 8, 12, 2);
  auto const before = counts::dense<std::uint32_t>(image);
  auto const part = crop(image, {.row_begin = 1, .row_end = 4, .column_begin = 3, .channels = {5, 9}});
  validate(part, "test");
  CHECK(part.rows == 3);
  CHECK(part.columns == 5);
  CHECK(part.energy.first_kev == doctest::Approx(0.15));
  CHECK(part.energy.channels == 4);
  auto const after = counts::dense<std::uint32_t>(part);
  for (std::size_t i = 0; i < after.size(); ++i)
    CHECK(after[i] == before[((1 + i / 20) * 8 + 3 + i / 4 % 5) * 12 + 5 + i % 4]);
  CHECK(counts::dense<std::uint32_t>(crop(image, {})) == before);
}

TEST_CASE("images add up, and so do their times where all have them") {
  std::vector frames{some(3, 4, 10, 1), some(3, 4, 10, 2), some(3, 4, 10, 3)};
  auto const sum = sum_images(frames);
  validate(sum, "test");
  auto const all = counts::dense<std::uint32_t>(sum);
  std::vector<std::uint32_t> expected(all.size());
  for (auto const& f : frames) {
    auto const d = counts::dense<std::uint32_t>(f);
    for (std::size_t i = 0; i < d.size(); ++i) expected[i] += d[i];
  }
  CHECK(all == expected);
  CHECK(*sum.how.live_time_s == 30);
  CHECK(!sum.how.real_time_s);
  frames[1].how.live_time_s.reset();
  CHECK(!sum_images(frames).how.live_time_s);
}

TEST_CASE("sums that are not possible are refused") {
  auto const image = some(6, 8, 12, 1);
  CHECK(
      contains(message_of<value_error>([&] { rebin(image, {.rows = 4}); }), "6 rows cannot be added 4 by 4"));
  CHECK(contains(message_of<value_error>([&] { rebin(image, {.columns = 0}); }), "8 columns"));
  CHECK(contains(message_of<value_error>([&] { rebin(image, {.channels = 5}); }), "12 channels"));
  CHECK(contains(message_of<value_error>([&] { crop(image, {.row_begin = 6}); }), "rows 6 to 6 of 6"));
  CHECK(contains(message_of<value_error>([&] { crop(image, {.column_end = 9}); }), "columns 0 to 9 of 8"));
  CHECK(contains(message_of<value_error>([&] { crop(image, {.channels = {5, 4}}); }), "channels 5 to 4"));
  CHECK(contains(message_of<shape_error>([] { sum_images({}); }), "no image"));
  std::vector const unlike{some(3, 4, 10, 1), some(3, 5, 10, 1)};
  CHECK(contains(message_of<shape_error>([&] { sum_images(unlike); }), "3 x 5"));
  spectrum_image const full{1, 2, {0, 0.01, 3}, {0, 1, 2}, {1, 1}, {0xffffffff, 1}, {}};
  CHECK(contains(message_of<value_error>([&] { rebin(full, {.columns = 2}); }), "too many"));
  auto broken = image;
  broken.begin.pop_back();
  CHECK_THROWS_AS(rebin(broken, {}), shape_error);
  CHECK_THROWS_AS(crop(broken, {}), shape_error);
}
