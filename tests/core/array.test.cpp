// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/array.hpp>

#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

using tomoedx::borrow, tomoedx::download, tomoedx::upload;
using extents3 = tomoedx::extents<3>;

namespace {

template <class Space, class View>
void add_one(Space const& space, View const& v) {
  auto* const data = v.data();
  Kokkos::parallel_for(
      "add_one", Kokkos::RangePolicy<Space>(space, 0, v.size()),
      KOKKOS_LAMBDA(std::size_t i) { data[i] += 1; });
}

std::vector<float> counted(std::size_t n) {
  std::vector<float> v(n);
  std::iota(v.begin(), v.end(), 0.0f);
  return v;
}

}  // namespace

TEST_CASE("borrow looks at the caller's buffer, row-major, and copies nothing") {
  auto data = counted(24);
  auto const v = borrow(data.data(), 2, 3, 4);
  static_assert(std::is_same_v<decltype(v), tomoedx::borrowed<float, 3> const>);
  CHECK(v.data() == data.data());
  CHECK(v.use_count() == 0);
  CHECK(v.extent(0) == 2);
  CHECK(v.extent(1) == 3);
  CHECK(v.extent(2) == 4);
  for (std::size_t z = 0; z < 2; ++z)
    for (std::size_t y = 0; y < 3; ++y)
      for (std::size_t x = 0; x < 4; ++x) CHECK(v(z, y, x) == static_cast<float>((z * 3 + y) * 4 + x));
  v(1, 2, 3) = -5;
  CHECK(data.back() == -5);
}

TEST_CASE("borrow keeps const") {
  auto const data = counted(6);
  auto const v = borrow(data.data(), 6);
  static_assert(std::is_same_v<decltype(v)::value_type, float const>);
  static_assert(!std::is_assignable_v<decltype(v(0)), float>);
  CHECK(v.data() == data.data());
}

TEST_CASE("borrow takes any integer type and an empty array without a pointer") {
  std::vector<std::uint16_t> data(12);
  CHECK(borrow(data.data(), 3, 4u).extent(1) == 4);
  CHECK(borrow(data.data(), std::int8_t{2}, std::size_t{6}).extent(0) == 2);
  CHECK(borrow(static_cast<float*>(nullptr), 0, 7).size() == 0);
}

TEST_CASE("borrow refuses a null pointer and extents no memory can have") {
  float* const null = nullptr;
  float one = 1;
  CHECK_THROWS_WITH_AS(borrow(null, 3), doctest::Contains("null"), tomoedx::error);
  CHECK_THROWS_AS(borrow(null, -1), tomoedx::shape_error);
  CHECK_THROWS_AS(borrow(&one, -1), tomoedx::shape_error);
  CHECK_THROWS_AS(borrow(&one, 4, -2), tomoedx::shape_error);
  CHECK_THROWS_AS(borrow(&one, std::size_t{1} << 32, std::size_t{1} << 32), tomoedx::shape_error);
}

TEST_CASE("count multiplies, and refuses what overflows") {
  using tomoedx::count, tomoedx::extents;
  CHECK(count(extents<1>{5}) == 5);
  CHECK(count(extents<4>{2, 3, 4, 5}) == 120);
  CHECK(count(extents<2>{0, 9}) == 0);
  CHECK(count(extents<2>{std::size_t{1} << 20, std::size_t{1} << 20}) == std::size_t{1} << 40);
  std::size_t const huge = std::size_t{1} << 32, most = std::size_t(-1);
  CHECK_THROWS_WITH_AS(count(extents<2>{huge, huge}), doctest::Contains("4294967296"), tomoedx::shape_error);
  CHECK_THROWS_AS(count(extents<1>{most}), tomoedx::shape_error);
  CHECK_THROWS_AS(count(extents<3>{huge, huge, huge}), tomoedx::shape_error);
  CHECK_THROWS_AS(count(extents<2>{3, most / 2}), tomoedx::shape_error);
  // no element of 16 bytes may make the bytes overflow
  CHECK_THROWS_AS(count(extents<1>{most / 16 + 1}), tomoedx::shape_error);
  CHECK(count(extents<1>{most / 16}) == most / 16);
}

TEST_CASE("a layout carries every extent, slowest first") {
  auto const l = tomoedx::layout(tomoedx::extents<4>{2, 3, 5, 7});
  CHECK(l.dimension[0] == 2);
  CHECK(l.dimension[1] == 3);
  CHECK(l.dimension[2] == 5);
  CHECK(l.dimension[3] == 7);
  static_assert(std::is_same_v<tomoedx::pointers_t<float const, 3>, float const***>);
  static_assert(std::is_same_v<tomoedx::pointers_t<double, 0>, double>);
}

TEST_CASE_TEMPLATE("zeros are zero, of the asked extents and type", Space, TOMOEDX_SPACES) {
  auto const v = tomoedx::zeros<std::int16_t>(Space(), extents3{3, 5, 7});
  static_assert(std::is_same_v<typename decltype(v)::value_type, std::int16_t>);
  CHECK(v.extent(0) == 3);
  CHECK(v.extent(1) == 5);
  CHECK(v.extent(2) == 7);
  CHECK(v.label() == "tomoedx::zeros");
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), v);
  for (std::size_t i = 0; i < host.size(); ++i) CHECK(host.data()[i] == 0);
  CHECK(tomoedx::zeros<float>(Space(), extents3{3, 0, 7}).size() == 0);
  CHECK_THROWS_AS(tomoedx::zeros<float>(Space(), extents3{std::size_t(-1), 2, 2}), tomoedx::shape_error);
}

TEST_CASE_TEMPLATE("an upload is the library's to overwrite: it never aliases the caller's data", Space,
                   TOMOEDX_SPACES) {
  Space const space;
  auto const original = counted(24);
  auto data = original;
  auto const check = [&](auto const& from) {
    auto const to = upload(space, from);
    static_assert(std::is_same_v<std::remove_const_t<decltype(to)>, tomoedx::array_on<float, 3, Space>>);
    CHECK(static_cast<void const*>(to.data()) != static_cast<void const*>(from.data()));
    CHECK(to.use_count() == 1);  // owned, and by nobody else
    add_one(space, to);
    space.fence();
    CHECK(data == original);
    auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), to);
    for (std::size_t i = 0; i < 24; ++i) CHECK(host.data()[i] == original[i] + 1);
  };
  check(borrow(data.data(), 2, 3, 4));                             // what an in-place function overwrote
  check(borrow(static_cast<float const*>(data.data()), 2, 3, 4));  // const is not carried over
  check(upload(Kokkos::DefaultHostExecutionSpace(), borrow(data.data(), 2, 3, 4)));  // a managed view
  check(upload(space, borrow(data.data(), 2, 3, 4)));  // one that is there already
}

TEST_CASE(
    "an upload of part of a larger array is refused: its rows have gaps that some devices cannot copy") {
  Kokkos::DefaultExecutionSpace const space;
  auto const data = counted(21);
  auto const whole = borrow(data.data(), 3, 7);
  // Kokkos gives this the type of a row-major array, though its rows lie 7 apart
  auto const part = Kokkos::subview(whole, Kokkos::ALL, Kokkos::make_pair(std::size_t{1}, std::size_t{5}));
  REQUIRE(!part.span_is_contiguous());
  CHECK_THROWS_WITH_AS(upload(space, part), doctest::Contains("gaps between its rows"), tomoedx::shape_error);
  // whole rows have none
  CHECK(upload(space, Kokkos::subview(whole, Kokkos::make_pair(1, 3), Kokkos::ALL)).size() == 14);
}

TEST_CASE_TEMPLATE("download brings back what was uploaded, bit for bit", Space, TOMOEDX_SPACES) {
  Space const space;
  auto data = counted(30);
  std::vector<float> back(30, -1.0f);
  auto const there = upload(space, borrow(static_cast<float const*>(data.data()), 5, 6));
  add_one(space, there);
  download(space, there, borrow(back.data(), 5, 6));  // waits: no fence here
  for (std::size_t i = 0; i < 30; ++i) CHECK(back[i] == data[i] + 1);
  std::vector<float> nothing;
  auto const empty = upload(space, borrow(nothing.data(), 0, 6));
  CHECK(empty.size() == 0);
  CHECK_NOTHROW(download(space, empty, borrow(nothing.data(), 0, 6)));
}

TEST_CASE("download refuses extents that differ, with both numbers, and writes nothing") {
  using Space = Kokkos::DefaultExecutionSpace;
  std::vector<float> back(30, -1.0f);
  auto const there = tomoedx::zeros<float>(Space(), tomoedx::extents<2>{5, 6});
  CHECK_THROWS_WITH_AS(download(Space(), there, borrow(back.data(), 6, 5)),
                       doctest::Contains("extent 0 is 5 here and 6"), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(download(Space(), there, borrow(back.data(), 5, 5)),
                       doctest::Contains("extent 1 is 6 here and 5"), tomoedx::shape_error);
  for (auto const v : back) CHECK(v == -1);
}
