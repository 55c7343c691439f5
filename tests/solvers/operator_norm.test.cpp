// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/operator_norm.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include "../projectors/cases.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>
#include <Eigen/SVD>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using op_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;

double norm_of(plain::matrix const& m) {
  Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> const> const a(
      m.a.data(), static_cast<Eigen::Index>(m.rows), static_cast<Eigen::Index>(m.columns));
  return Eigen::JacobiSVD<Eigen::MatrixXd>(a).singularValues()(0);
}

/// A dense matrix as somebody's own operator.
auto foreign(plain::matrix const& m) {
  return tomoedx::make_operator<double>(
      Space(), tomoedx::extents<1>{m.columns}, tomoedx::extents<1>{m.rows},
      [m](auto const& x, auto const& y) {
        auto const out = m.times(plain::flat(x));
        for (std::size_t i = 0; i < out.size(); ++i) y(i) = out[i];
      },
      [m](auto const& y, auto const& x) {
        auto const out = m.transposed_times(plain::flat(y));
        for (std::size_t i = 0; i < out.size(); ++i) x(i) = out[i];
      });
}

plain::matrix random_matrix(std::size_t rows, std::size_t columns, double low) {
  plain::matrix m(rows, columns);
  m.a = cases::random_values(rows * columns, 31, low, 1);
  return m;
}

tomoedx::parallel_beam const small{
    .tilts_deg = cases::every(-70, 70, 14), .width = 13, .depth = 11, .detector = 15, .axis_offset = 0.4};

}  // namespace

TEST_CASE("the norm of a projector lies between estimate and bound, which close in on it") {
  double const truth = norm_of(plain::weights(small, tomoedx::reference::weight::strip));
  op_t const op({}, small, 5);  // padded lanes
  auto const rough = tomoedx::operator_norm(op, {.iterations = 2, .tolerance = 0});
  CHECK(rough.iterations == 2);
  CHECK(rough.certain);
  CHECK(rough.estimate <= truth * (1 + 1e-12));
  CHECK(rough.bound >= truth);
  auto const fine = tomoedx::operator_norm(op, {.iterations = 500, .tolerance = 1e-7});
  CHECK(fine.iterations < 500);
  CHECK(fine.certain);
  CHECK(fine.estimate == doctest::Approx(truth).epsilon(2e-7));
  CHECK(fine.bound == doctest::Approx(truth).epsilon(2e-7));
  CHECK(fine.estimate >= rough.estimate);
  CHECK(fine.bound <= rough.bound);
}

TEST_CASE("the default is certain to a thousandth, and no bound is above what row and column sums tell") {
  for (auto const& [name, beam] : cases::geometries()) {
    CAPTURE(name);
    tomoedx::tilt_projector<Space, float, tomoedx::joseph> const op({}, beam, 1);
    auto const rows = plain::flat(op.row_sums().values), columns = plain::flat(op.column_sums().values);
    double const sums = std::sqrt(*std::max_element(rows.begin(), rows.end()) *
                                  *std::max_element(columns.begin(), columns.end()));
    auto const one = tomoedx::operator_norm(op, {.iterations = 1});
    CHECK(one.bound <= sums * (1 + 1e-4));
    auto const norm = tomoedx::operator_norm(op, {.iterations = 200});
    CHECK(norm.certain);
    CHECK(norm.bound >= norm.estimate);
    CHECK(norm.bound <= norm.estimate * 1.001);
  }
}

TEST_CASE("separate series have the norm of one, mixed ones that of the Kronecker product") {
  op_t const op({}, small, 3);
  double const single = tomoedx::operator_norm(op, {.iterations = 500, .tolerance = 1e-8}).estimate;
  CHECK(tomoedx::operator_norm(op.repeated(3), {.iterations = 500, .tolerance = 1e-8}).estimate ==
        doctest::Approx(single).epsilon(1e-7));
  plain::matrix m(3, 2);
  m.a = {0.3, 0, 0, 0.3, 0.7, 0.7};
  tomoedx::mixed_operator<op_t> const joint(op, {.rows = 3, .columns = 2, .values = m.a});
  auto const norm = tomoedx::operator_norm(joint, {.iterations = 500, .tolerance = 1e-8});
  CHECK(norm.certain);
  CHECK(norm.estimate == doctest::Approx(single * norm_of(m)).epsilon(1e-7));
}

TEST_CASE("weights of either sign give an estimate with a margin that says so") {
  auto const m = random_matrix(20, 14, -1);
  double const truth = norm_of(m);
  for (bool const claimed : {false, true}) {  // a wrong claim is found out
    auto const norm = tomoedx::operator_norm(
        foreign(m), {.iterations = 1000, .tolerance = 1e-9, .non_negative = claimed, .margin = 0.1});
    CHECK_FALSE(norm.certain);
    CHECK(norm.estimate <= truth * (1 + 1e-12));
    CHECK(norm.estimate == doctest::Approx(truth).epsilon(1e-6));
    CHECK(norm.bound == doctest::Approx(1.1 * norm.estimate).epsilon(1e-12));
  }
  auto const positive = random_matrix(20, 14, 0);
  auto const general = tomoedx::operator_norm(foreign(positive),
                                              {.iterations = 300, .tolerance = 1e-9, .non_negative = false});
  CHECK_FALSE(general.certain);
  CHECK(general.estimate == doctest::Approx(norm_of(positive)).epsilon(1e-6));
}

TEST_CASE("the norm is the same in every run and with any number of threads") {
  auto const once = tomoedx::operator_norm(op_t({}, small, 5), {.tolerance = 1e-6});
  auto const again = tomoedx::operator_norm(op_t({}, small, 5), {.tolerance = 1e-6});
  tomoedx::tilt_projector<Kokkos::Serial, double, tomoedx::strip> const alone({}, small, 5);
  auto const serial = tomoedx::operator_norm(alone, {.tolerance = 1e-6});
  CHECK(once.bound == again.bound);
  CHECK(once.estimate == again.estimate);
  CHECK(once.bound == serial.bound);
  CHECK(once.estimate == serial.estimate);
}

TEST_CASE("an operator of zeros has the norm 0, and voxels that no ray meets change nothing") {
  plain::matrix m(4, 3);
  CHECK(tomoedx::operator_norm(foreign(m)).bound == 0);
  m.a = {1, 0, 2, 0, 0, 3, 0, 0, 0, 4, 0, 1};
  auto const norm = tomoedx::operator_norm(foreign(m), {.iterations = 500, .tolerance = 1e-8});
  CHECK(norm.certain);
  CHECK(norm.estimate == doctest::Approx(norm_of(m)).epsilon(1e-8));
}

TEST_CASE("operator_norm refuses options that mean nothing and an operator that makes NaN") {
  op_t const op({}, small, 1);
  CHECK_THROWS_AS(tomoedx::operator_norm(op, {.iterations = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::operator_norm(op, {.tolerance = 1}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::operator_norm(op, {.tolerance = NAN}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::operator_norm(op, {.margin = -0.1}), tomoedx::value_error);
  auto m = random_matrix(3, 3, 0);
  m(1, 1) = NAN;
  CHECK_THROWS_WITH_AS(tomoedx::operator_norm(foreign(m)), doctest::Contains("NaN"), tomoedx::value_error);
}
