// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/mpi_em.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>

#include <doctest/doctest.h>

#include <cstring>

// Several ranks are tested in tests/distribute/mpi, under mpirun.

TEST_CASE("on one rank EM and OSEM start as they do alone, and a warm start stays one") {
  using op_t = tomoedx::sparse_operator<Kokkos::Serial, double>;
  std::vector<std::size_t> const offsets{0, 1, 2, 4};
  std::vector<std::uint32_t> const indices{0, 1, 0, 1};
  std::vector<double> const weights{1, 1, 0.5, 0.25};
  op_t const op({}, {3, 2, offsets, indices, weights}, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op), y = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  for (std::size_t i = 0; i < data.size(); ++i) data.data()[i] = static_cast<double>(i % 5);
  tomoedx::clear_padding(op, data);
  Kokkos::deep_copy(mask, 1);
  mask.data()[0] = 0;
  auto const same = [&] { return std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0; };
  tomoedx::em_options<op_t::domain_view, op_t::range_view> options{
      .iterations = 4, .background = 0.5, .mask = mask};
  auto const expected = tomoedx::em(op, data, x, options);
  CHECK(tomoedx::em(tomoedx::communicator(), op, data, y, options).residuals == expected.residuals);
  CHECK(same());
  Kokkos::deep_copy(x, 3);
  Kokkos::deep_copy(y, 3);
  options.warm_start = true;
  tomoedx::em(op, data, x, options);
  tomoedx::em(tomoedx::communicator(), op, data, y, options);
  CHECK(same());

  tomoedx::osem(std::vector{op, op}, std::vector{data, data}, x, {.iterations = 2, .mask = mask});
  tomoedx::osem(tomoedx::communicator(), std::vector{op, op}, std::vector{data, data}, y,
                {.iterations = 2, .mask = mask});
  CHECK(same());
  CHECK(x.data()[0] == 0);
  CHECK_THROWS_AS(tomoedx::osem(tomoedx::communicator(), std::vector<op_t>{}, {}, y), tomoedx::shape_error);
  Kokkos::deep_copy(data, -1);
  CHECK_THROWS_AS(tomoedx::em(tomoedx::communicator(), op, data, y), tomoedx::value_error);
}
