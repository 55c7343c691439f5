// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/array.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

template <class Space, class Values, class Out>
void read_all(Space const& space, Values const& values, Out const& out) {
  Kokkos::parallel_for(
      "read_all", Kokkos::RangePolicy<Space>(space, 0, out.extent(0)),
      KOKKOS_LAMBDA(std::size_t i) { out(i) = values(i); });
}

}  // namespace

TEST_CASE_TEMPLATE("repeated values are what the written-out array holds", Space, TOMOEDX_SPACES) {
  Space const space;
  // two channels of three blocks of (value, lane)
  std::vector<double> values{2, 3, 5, 7}, scale{1, -0.5};
  std::size_t const lanes = 3, blocks = 3, stride = blocks * values.size() * lanes;
  std::vector<double> expected, got(2 * stride);
  for (double const s : scale)
    for (std::size_t b = 0; b < blocks; ++b)
      for (double const v : values)
        for (std::size_t l = 0; l < lanes; ++l) expected.push_back(s * v);
  tomoedx::repeated_values<double, typename Space::memory_space> const repeated{
      tomoedx::upload(space, tomoedx::borrow(values.data(), values.size())), lanes,
      tomoedx::upload(space, tomoedx::borrow(scale.data(), scale.size())), stride};
  auto const out = tomoedx::zeros<double>(space, tomoedx::extents<1>{2 * stride});
  read_all(space, repeated, out);
  tomoedx::download(space, out, tomoedx::borrow(got.data(), got.size()));
  CHECK(got == expected);
}
