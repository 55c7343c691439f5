// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/core/row_update.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace tomoedx;

namespace {

/// Keeps what it is told, and how often.
struct recorder {
  float* sums;
  int* calls;

  std::size_t row(std::size_t r) const { return r; }
  void operator()(std::size_t i, std::size_t r, float sum) const {
    sums[i] = sum + static_cast<float>(0 * r);
    ++calls[i];
  }
};

template <class Op>
void check_against_adjoint(Op const& op) {
  static_assert(updating_operator<Op>);
  auto const y = make_range(op);
  auto const x = make_domain(op);
  for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = static_cast<float>(i * 7919 % 101) - 50;
  op.adjoint(y, x);
  std::vector<float> sums(x.size());
  std::vector<int> calls(x.size());
  op.adjoint(y, row_update<float>(recorder{sums.data(), calls.data()}, op.update_lanes(), x.data()));
  std::size_t different = 0, missed = 0;
  for (std::size_t i = 0; i < x.size(); ++i) different += sums[i] != x.data()[i], missed += calls[i] != 1;
  CHECK(different == 0);
  CHECK(missed == 0);
}

}  // namespace

TEST_CASE("an update gets every value of the adjoint once, bit for bit") {
  for (std::size_t const tilts : {3, 31, 130}) {  // more than a chunk, more than the weights that are held
    parallel_beam beam{.tilts_deg = {}, .width = 37, .depth = 21, .detector = 40};
    for (std::size_t t = 0; t < tilts; ++t)
      beam.tilts_deg.push_back(-80 + 160.0 * static_cast<double>(t) / static_cast<double>(tilts));
    for (std::size_t const slices : {1, 13, 130}) {
      CAPTURE(tilts);
      CAPTURE(slices);
      tilt_projector<Kokkos::Serial> const op(Kokkos::Serial(), beam, slices);
      check_against_adjoint(op);
      check_against_adjoint(mixed_operator(op, mixing{3, 2, {1, 0, 0, 1, 0.5, 2}}));
    }
  }
}

TEST_CASE("an update that is empty or of another length than the rows is refused") {
  parallel_beam const beam{.tilts_deg = {0, 30}, .width = 4, .depth = 4, .detector = 4};
  tilt_projector<Kokkos::Serial> const op(Kokkos::Serial(), beam, 3);
  auto const y = make_range(op);
  auto const x = make_domain(op);
  std::vector<int> calls(x.size());
  recorder const f{x.data(), calls.data()};
  CHECK_THROWS_AS(op.adjoint(y, row_update<float>()), shape_error);
  CHECK_THROWS_WITH_AS(op.adjoint(y, row_update<float>(f, 1, x.data())), doctest::Contains("rows of 1"),
                       shape_error);
  CHECK(calls == std::vector<int>(x.size()));
}

TEST_CASE("an engine that takes no updates says so and refuses them") {
  parallel_beam const beam{.tilts_deg = {0, 30}, .width = 4, .depth = 4, .detector = 4};
  tilt_projector<Kokkos::Serial> const op(Kokkos::Serial(), beam, 3, {.engine = engine::gather});
  CHECK(op.update_lanes() == 0);
  CHECK_THROWS_AS(op.adjoint(make_range(op), row_update<float>()), tomoedx::error);
}
