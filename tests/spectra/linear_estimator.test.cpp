// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/linear_estimator.hpp>

#include <doctest/doctest.h>
#include <Eigen/LU>

#include <vector>

using namespace tomoedx;

namespace {

Eigen::MatrixXd spectra() {
  Eigen::MatrixXd s(50, 3);
  for (Eigen::Index c = 0; c < 50; ++c) {
    double const x = (static_cast<double>(c) - 20) / 5, y = (static_cast<double>(c) - 26) / 5;
    s.row(c) << std::exp(-x * x / 2) / 12, std::exp(-y * y / 2) / 12, 0.02;
  }
  return s;
}

std::vector<double> const truth{30, 10, 40};

}  // namespace

TEST_CASE("weights give every spectrum of the model its amplitudes, whatever spectrum they are best for") {
  auto const s = spectra();
  auto const rows = rows_of(s);
  linear_estimator e(rows);
  for (auto const& where : {truth, std::vector<double>{0, 500, 1}}) {
    CHECK(e.expect(where, 1e-4));
    auto const w = e.weights();
    Eigen::Map<Eigen::Matrix<double, 50, 3, Eigen::RowMajor> const> const weights(w.data());
    CHECK((weights.transpose() * s - Eigen::Matrix3d::Identity()).norm() < 1e-9);
  }
}

TEST_CASE("an estimate is the weighted sum of the counts") {
  auto const rows = rows_of(spectra());
  linear_estimator e(rows);
  CHECK(e.expect(truth, 1e-4));
  std::vector<std::uint16_t> const channel{3, 20, 22, 49};
  std::vector<std::uint32_t> const count{1, 4, 2, 3};
  std::vector<double> a(3), sum(3);
  e.estimate(channel, count, a);
  auto const w = e.weights();
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 3; ++j) sum[j] += count[i] * w[channel[i] * 3u + j];
  for (std::size_t j = 0; j < 3; ++j) CHECK(a[j] == doctest::Approx(sum[j]));
}

TEST_CASE(
    "the covariance is the inverse of the Fisher information, and what the weights make of Poisson counts") {
  auto const s = spectra();
  auto const rows = rows_of(s);
  linear_estimator e(rows);
  CHECK(e.expect(truth, 1e-9));
  Eigen::VectorXd const mu = s * Eigen::Map<Eigen::Vector3d const>(truth.data());
  Eigen::Matrix3d const inverse = (s.transpose() * mu.cwiseInverse().asDiagonal() * s).inverse();
  auto const covariance = e.covariance();
  auto const w = e.weights();
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      double propagated = 0;
      for (std::size_t c = 0; c < 50; ++c)
        propagated += w[c * 3 + std::size_t(i)] * w[c * 3 + std::size_t(j)] * mu[Eigen::Index(c)];
      CHECK(covariance[std::size_t(i * 3 + j)] == doctest::Approx(inverse(i, j)).epsilon(1e-6));
      CHECK(propagated == doctest::Approx(inverse(i, j)).epsilon(1e-6));
    }
}

TEST_CASE("components that are multiples of each other are noticed") {
  auto s = spectra();
  s.col(1) = 3 * s.col(0);
  auto const rows = rows_of(s);
  CHECK_FALSE(linear_estimator(rows).expect(truth, 1e-4));
}
