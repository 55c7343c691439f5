// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/solvers/nnls.hpp>

#include <doctest/doctest.h>
#include <Eigen/Dense>

#include <cmath>
#include <limits>

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The least |A x - b| over x >= 0 by trying every set of columns that may be positive.
double least_by_all_sets(MatrixXd const& a, VectorXd const& b) {
  double least = b.norm();
  for (unsigned set = 1; set < (1u << a.cols()); ++set) {
    std::vector<Index> columns;
    for (Index j = 0; j < a.cols(); ++j)
      if (set >> j & 1u) columns.push_back(j);
    MatrixXd part(a.rows(), static_cast<Index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k) part.col(static_cast<Index>(k)) = a.col(columns[k]);
    VectorXd const s = part.completeOrthogonalDecomposition().solve(b);
    if (s.minCoeff() >= 0) least = std::min(least, (part * s - b).norm());
  }
  return least;
}

MatrixXd random_matrix(std::uint64_t seed, Index rows, Index columns) {
  MatrixXd m(rows, columns);
  tomoedx::random_stream random(77, seed);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) m(i, j) = random.normal();
  return m;
}

/// Karush, Kuhn and Tucker: x >= 0, A'(b - A x) <= 0, and = 0 where x > 0.
void check_optimal(MatrixXd const& a, VectorXd const& b, VectorXd const& x, double tolerance = 1e-10) {
  REQUIRE(x.size() == a.cols());
  REQUIRE(x.allFinite());
  CHECK(x.minCoeff() >= 0);
  VectorXd const gradient = a.transpose() * (b - a * x);
  for (Index j = 0; j < a.cols(); ++j) {
    double const scale = a.col(j).norm() * b.norm() + std::numeric_limits<double>::min();
    CHECK(gradient(j) <= tolerance * scale);
    if (x(j) > 0) CHECK(std::abs(gradient(j)) <= tolerance * scale);
  }
}

}  // namespace

TEST_CASE("NNLS finds the least of all active sets, whatever the shape") {
  std::uint64_t seed = 0;
  bool bound_was_active = false, bound_was_free = false;
  for (Index n = 1; n <= 6; ++n)
    for (Index const m : {Index{1}, n - 1, n, n + 1, 3 * n, Index{20}}) {
      if (m < 1) continue;
      for (int repeat = 0; repeat < 12; ++repeat) {
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(repeat);
        MatrixXd const a = random_matrix(++seed, m, n);
        VectorXd const b = random_matrix(++seed, m, 1);
        VectorXd const x = tomoedx::nnls(a, b);
        check_optimal(a, b, x);
        CHECK((a * x - b).norm() == doctest::Approx(least_by_all_sets(a, b)).epsilon(1e-10));
        bound_was_active = bound_was_active || x.minCoeff() == 0;
        bound_was_free = bound_was_free || x.minCoeff() > 0;
      }
    }
  CHECK(bound_was_active);
  CHECK(bound_was_free);
}

TEST_CASE("NNLS is least squares where the bound is not needed") {
  MatrixXd a = random_matrix(500, 30, 5).cwiseAbs();
  VectorXd truth(5);
  truth << 3, 0.25, 1, 7, 2;
  VectorXd const x = tomoedx::nnls(a, a * truth);
  CHECK((x - truth).norm() < 1e-12 * truth.norm());
}

TEST_CASE("NNLS gives zero where every column points away from the data, and for no data") {
  MatrixXd const a = random_matrix(510, 8, 3).cwiseAbs();
  CHECK(tomoedx::nnls(a, VectorXd::Constant(8, -1)).cwiseAbs().maxCoeff() == 0);
  CHECK(tomoedx::nnls(a, VectorXd::Zero(8)).cwiseAbs().maxCoeff() == 0);
  CHECK(tomoedx::nnls(MatrixXd::Zero(8, 3), VectorXd::Ones(8)).cwiseAbs().maxCoeff() == 0);
}

TEST_CASE("dependent columns cost NNLS neither its answer nor its end") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    MatrixXd a = random_matrix(600 + 2 * seed, 9, 6);
    VectorXd const b = random_matrix(601 + 2 * seed, 9, 1);
    a.col(3) = a.col(1);                   // twice the same
    a.col(4) = 0.5 * a.col(0) + a.col(2);  // a combination
    a.col(5).setZero();                    // nothing at all
    VectorXd const x = tomoedx::nnls(a, b);
    check_optimal(a, b, x, 1e-9);
    CHECK((a * x - b).norm() == doctest::Approx(least_by_all_sets(a, b)).epsilon(1e-9));
    a.col(3) = a.col(1) * (1 + 1e-13) + 1e-14 * random_matrix(700 + seed, 9, 1);  // nearly the same
    check_optimal(a, b, tomoedx::nnls(a, b), 1e-9);
  }
}

TEST_CASE("the scale of the data changes nothing but the scale of the answer") {
  MatrixXd const a = random_matrix(800, 12, 4);
  VectorXd const b = random_matrix(801, 12, 1);
  VectorXd const x = tomoedx::nnls(a, b);
  REQUIRE(x.maxCoeff() > 0);
  for (double const in : {1e-200, 1e-100, 1e-30, 1e-6, 1.0, 1e9, 1e100, 1e200})
    for (double const out : {1e-200, 1e-100, 1e-30, 1.0, 1e12, 1e100, 1e200}) {
      if (out / in > 1e300 || out / in < 1e-300) continue;  // the answer itself is no double
      CAPTURE(in);
      CAPTURE(out);
      VectorXd const scaled = tomoedx::nnls(in * a, out * b) * (in / out);
      CHECK((scaled - x).norm() <= 1e-9 * x.norm());
    }
}

TEST_CASE("a column of another unit counts like any other") {
  // counts beside currents: the columns differ by many orders of magnitude
  for (double const unit : {1e-14, 1e-9, 1e-3, 1e5, 1e13}) {
    CAPTURE(unit);
    MatrixXd a = random_matrix(810, 15, 3).cwiseAbs();
    VectorXd truth(3);
    truth << 2, 5, 1;
    VectorXd const b = a * truth;
    a.col(1) *= unit;
    VectorXd x = tomoedx::nnls(a, b);
    x(1) *= unit;
    CHECK((x - truth).norm() < 1e-9);
  }
}

TEST_CASE("NNLS refuses what is no problem") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(tomoedx::nnls(MatrixXd(0, 3), VectorXd(0)), doctest::Contains("0 x 3"),
                       tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::nnls(MatrixXd(3, 0), VectorXd(3)), tomoedx::shape_error);
  CHECK_THROWS_WITH_AS(tomoedx::nnls(MatrixXd::Ones(3, 2), VectorXd::Ones(4)),
                       doctest::Contains("3 rows, the right side 4"), tomoedx::shape_error);
  for (double const bad : {nan, inf, -inf}) {
    MatrixXd a = MatrixXd::Ones(3, 2);
    VectorXd b = VectorXd::Ones(3);
    a(2, 1) = bad;
    CHECK_THROWS_AS(tomoedx::nnls(a, b), tomoedx::value_error);
    a(2, 1) = 1;
    b(0) = bad;
    CHECK_THROWS_AS(tomoedx::nnls(a, b), tomoedx::value_error);
  }
}
