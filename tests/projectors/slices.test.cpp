// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/projectors/slices.hpp>

#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

template <class T>
std::vector<T> numbers(std::size_t n) {
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<T>(i + 1);
  return v;
}

}  // namespace

TEST_CASE_TEMPLATE("slices lie side by side in blocks, zeros beyond the last, and come back as they were",
                   Space, TOMOEDX_SPACES) {
  Space const space;
  std::size_t const lines = 3;
  for (std::size_t const columns : {1, 5, 16, 33})  // around the run of 16 that a thread takes
    for (std::size_t const slices : {1, 2, 15, 16, 17, 33, 64, 70}) {
      CAPTURE(columns);
      CAPTURE(slices);
      auto const sizes = tomoedx::slicing_for(slices, sizeof(float));
      auto data = numbers<float>(lines * slices * columns);
      auto const plain = tomoedx::upload(space, tomoedx::borrow(data.data(), lines, slices, columns));
      tomoedx::array_on<float, 4, Space> const sliced("sliced", sizes.blocks, lines, columns, sizes.lanes);
      Kokkos::deep_copy(sliced, -1.0f);  // what lies there before does not matter
      tomoedx::pack(space, plain, sliced);
      space.fence();
      auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sliced);
      for (std::size_t y = 0; y < sizes.blocks * sizes.lanes; ++y)
        for (std::size_t a = 0; a < lines; ++a)
          for (std::size_t c = 0; c < columns; ++c)
            REQUIRE(host(y / sizes.lanes, a, c, y % sizes.lanes) ==
                    (y < slices ? data[(a * slices + y) * columns + c] : 0.0f));
      std::vector<float> back(data.size());
      auto const again = tomoedx::zeros<float>(space, tomoedx::extents<3>{lines, slices, columns});
      tomoedx::unpack(space, sliced, again);
      tomoedx::download(space, again, tomoedx::borrow(back.data(), lines, slices, columns));
      CHECK(back == data);
    }
}

TEST_CASE("other number types are converted on the way") {
  using Space = Kokkos::DefaultExecutionSpace;
  Space const space;
  auto counts = numbers<std::uint16_t>(2 * 3 * 4);
  auto const plain =
      tomoedx::upload(space, tomoedx::borrow(static_cast<std::uint16_t const*>(counts.data()), 2, 3, 4));
  tomoedx::array_on<double, 4, Space> const sliced("sliced", 1, 2, 4, 8);
  tomoedx::pack(space, plain, sliced);
  auto const back = tomoedx::zeros<float>(space, tomoedx::extents<3>{2, 3, 4});
  tomoedx::unpack(space, sliced, back);
  std::vector<float> got(counts.size());
  tomoedx::download(space, back, tomoedx::borrow(got.data(), 2, 3, 4));
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<float>(counts[i]));
}

TEST_CASE_TEMPLATE("lanes beyond the last slice of each series are cleared, the others not", Space,
                   TOMOEDX_SPACES) {
  for (std::size_t const slices : {1, 4, 5, 7, 8})
    for (std::size_t const series : {1, 3}) {
      std::size_t const lanes = 4, blocks = (slices + lanes - 1) / lanes;
      tomoedx::array_on<float, 4, Space> const v("v", series * blocks, 2, 3, lanes);
      Kokkos::deep_copy(v, 5.0f);
      tomoedx::detail::clear_lanes(Space(), v, slices, blocks);
      Space().fence();
      auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), v);
      for (std::size_t b = 0; b < series * blocks; ++b)
        for (std::size_t i = 0; i < 6; ++i)
          for (std::size_t l = 0; l < lanes; ++l)
            CHECK(host(b, i / 3, i % 3, l) == (b % blocks * lanes + l < slices ? 5 : 0));
    }
}

TEST_CASE("the slicing holds every slice, in blocks the kernels exist for, with less than a block to spare") {
  for (std::size_t const bytes : {4, 8})
    for (std::size_t slices = 1; slices <= 600; ++slices) {
      auto const s = tomoedx::slicing_for(slices, bytes);
      CHECK(s.blocks * s.lanes >= slices);
      CHECK(s.blocks * s.lanes < slices + s.lanes);
      bool const known = s.lanes * bytes == 16 || s.lanes * bytes == 64 || s.lanes * bytes == 256;
      CHECK(known);
    }
  CHECK(tomoedx::slicing_for(1, 4).lanes == 4);  // one slice must not pay for 64
  CHECK(tomoedx::slicing_for(16, 4).lanes == 16);
  CHECK(tomoedx::slicing_for(64, 4).lanes == 64);
  CHECK(tomoedx::slicing_for(4096, 4).lanes == 64);
  CHECK(tomoedx::slicing_for(4096, 4).blocks == 64);
}

TEST_CASE("packing refuses arrays that do not fit each other, with the numbers, and writes nothing") {
  using Space = Kokkos::DefaultExecutionSpace;
  Space const space;
  tomoedx::array_on<float, 4, Space> const sliced("sliced", 2, 3, 5, 4);  // 5 to 8 slices
  Kokkos::deep_copy(sliced, 7.0f);
  auto const plain = [&](std::size_t lines, std::size_t slices, std::size_t columns) {
    return tomoedx::zeros<float>(space, tomoedx::extents<3>{lines, slices, columns});
  };
  for (std::size_t const slices : {5, 6, 7, 8})
    CHECK_NOTHROW(tomoedx::unpack(space, sliced, plain(3, slices, 5)));
  for (std::size_t const slices : {0, 1, 4, 9, 100}) {
    CAPTURE(slices);
    CHECK_THROWS_WITH_AS(tomoedx::pack(space, plain(3, slices, 5), sliced),
                         doctest::Contains("2 blocks of 4"), tomoedx::shape_error);
    CHECK_THROWS_AS(tomoedx::unpack(space, sliced, plain(3, slices, 5)), tomoedx::shape_error);
  }
  CHECK_THROWS_WITH_AS(tomoedx::pack(space, plain(2, 7, 5), sliced), doctest::Contains("2 lines of 5"),
                       tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::unpack(space, sliced, plain(3, 7, 6)), doctest::Contains("3 lines of 6"),
                       tomoedx::shape_error);
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sliced);
  for (std::size_t i = 0; i < host.size(); ++i) CHECK(host.data()[i] == 7);
}
