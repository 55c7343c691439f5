// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/pca.hpp>

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <limits>
#include <vector>

#include "messages.hpp"
#include "phases.hpp"

using namespace tomoedx;
using tomoedx_tests::contains;
using tomoedx_tests::message_of;

namespace {

// The definition: all counts in one matrix, divided by the roots of mean image and mean spectrum, and its SVD by way
// of X X'.
struct plain {
  Eigen::MatrixXd scaled;
  Eigen::VectorXd row, column;
  Eigen::VectorXd singular_values;
  Eigen::MatrixXd u;

  plain(std::vector<double> const& counts, std::size_t channels, pca_weighting weighting) {
    auto const n = static_cast<Eigen::Index>(channels);
    auto const m = static_cast<Eigen::Index>(counts.size()) / n;
    scaled = Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor> const>(counts.data(), m, n);
    row = Eigen::VectorXd::Ones(m);
    column = Eigen::VectorXd::Ones(n);
    if (weighting == pca_weighting::poisson) {
      row = (scaled.rowwise().sum() / (scaled.sum() / double(m))).cwiseMax(0.05).cwiseSqrt();
      column = (scaled.colwise().sum().transpose().cwiseMax(0.05 * scaled.sum() / double(n)) / double(m))
                   .cwiseSqrt();
    }
    scaled = row.cwiseInverse().asDiagonal() * scaled * column.cwiseInverse().asDiagonal();
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(scaled * scaled.transpose());
    singular_values = solver.eigenvalues().reverse().cwiseMax(0).cwiseSqrt();
    u = solver.eigenvectors().rowwise().reverse();
  }
  Eigen::MatrixXd truncated(Eigen::Index rank) const {
    return row.asDiagonal() * (u.leftCols(rank) * (u.leftCols(rank).transpose() * scaled)) *
           column.asDiagonal();
  }
};

Eigen::MatrixXd product(pca_model const& p) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(p.pixels()),
                                            static_cast<Eigen::Index>(p.channels.size()));
  for (std::size_t k = 0; k < p.components(); ++k)
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      for (Eigen::Index c = 0; c < x.cols(); ++c)
        x(i, c) += double(p.scores_of(k)[std::size_t(i)]) * p.loadings_of(k)[std::size_t(c)];
  return x;
}

}  // namespace

TEST_CASE("components are those of the definition, with and without weights") {
  auto const image = phases::make(12, 11, 3, 60).draw(1);
  auto const counts = counts::dense<double>(image);
  for (auto const weighting : {pca_weighting::poisson, pca_weighting::none}) {
    plain const reference(counts, image.energy.channels, weighting);
    auto const p = principal_components(image, {.components = 4, .weighting = weighting});
    REQUIRE(p.components() == 4);
    CHECK(p.singular_values.size() == 30);
    for (std::size_t k = 0; k < p.singular_values.size(); ++k)
      CHECK(p.singular_values[k] ==
            doctest::Approx(reference.singular_values(Eigen::Index(k))).epsilon(1e-9));
    CHECK(p.total == doctest::Approx(reference.scaled.squaredNorm()));
    auto const model = reference.truncated(4);
    CHECK((product(p) - model).cwiseAbs().maxCoeff() < 1e-5 * model.cwiseAbs().maxCoeff());
    CHECK(p.noise_singular_value == 0);
    double all = 0;
    for (std::size_t k = 0; k < p.singular_values.size(); ++k) all += p.explained(k);
    CHECK(all < 1);
    CHECK(p.explained(0) > p.explained(1));
  }
}

TEST_CASE("randomised components are the exact ones where these stand apart") {
  auto const image = phases::make(40, 40, 5, 400, {0.2, 0.008, 400}).draw(2);
  auto const exact = principal_components(image, {.components = 5, .method = pca_method::exact});
  auto const fast =
      principal_components(image, {.components = 5, .most = 5, .method = pca_method::randomised});
  for (std::size_t k = 0; k < 5; ++k) {
    CAPTURE(k);
    CHECK(fast.singular_values[k] == doctest::Approx(exact.singular_values[k]).epsilon(1e-9));
    double worst = 0, largest = 0;
    for (std::size_t c = 0; c < exact.channels.size(); ++c) {
      worst = std::max(worst, std::abs(exact.loadings_of(k)[c] - fast.loadings_of(k)[c]));
      largest = std::max(largest, std::abs(exact.loadings_of(k)[c]));
    }
    CHECK(worst < 1e-6 * largest);
  }
  CHECK(principal_components(image, {.components = 40, .method = pca_method::randomised, .passes = 1})
            .components() == 40);
  auto const again =
      principal_components(image, {.components = 5, .most = 5, .method = pca_method::randomised});
  CHECK(again.loadings == fast.loadings);
  CHECK(again.scores == fast.scores);
  // in the midst of the noise they are near, from below
  auto const many = principal_components(image, {.components = 5, .method = pca_method::randomised});
  for (std::size_t k = 5; k < 30; ++k) {
    CHECK(many.singular_values[k] <= exact.singular_values[k] * (1 + 1e-9));
    CHECK(many.singular_values[k] > exact.singular_values[k] * 0.99);
  }
}

TEST_CASE("noise alone has the singular values of large random matrices") {
  auto const image = counts::draw(50, 60, {0.2, 0.02, 150}, 3, [](std::size_t p, std::size_t c) {
    return (0.5 + double(p % 60) / 60) * (0.2 + std::exp(-double(c) / 50));
  });
  double const edge = std::sqrt(3000.0) + std::sqrt(150.0);  // Marchenko and Pastur
  for (auto const null : {pca_null::signs, pca_null::permuted}) {
    auto const p = principal_components(image, {.null = null});
    CHECK(p.components() == 1);
    CHECK(p.singular_values[1] == doctest::Approx(edge).epsilon(0.02));
    CHECK(p.noise_singular_value == doctest::Approx(edge).epsilon(0.03));
    CHECK(p.singular_values[1] < p.noise_singular_value);
  }
}

TEST_CASE("the number of phases is found at 10, 100 and 1000 counts a pixel") {
  for (double const per_pixel : {10., 100., 1000.})
    for (std::size_t const kinds : {1, 3, 5}) {
      CAPTURE(per_pixel);
      CAPTURE(kinds);
      auto const image = phases::make(40, 40, kinds, per_pixel).draw(7 + kinds);
      CHECK(principal_components(image).components() == kinds);
    }
}

TEST_CASE("a series has the components of its images side by side, in chosen channels only") {
  auto const specimen = phases::make(16, 15, 3, 200);
  std::vector const series{specimen.draw(1), specimen.draw(2)};
  std::vector<energy_range> const ranges{{2.0, 2.4}, {0.6, 1.0}, {0.9, 1.3}};
  auto const joint = principal_components(series, {.ranges = ranges, .components = 3});
  CHECK(joint.images == 2);
  CHECK(joint.pixels() == 480);
  for (std::uint16_t const c : joint.channels) {
    double const kev = specimen.energy.energy(c);
    CHECK(((kev > 0.6 - 1e-9 && kev < 1.3 + 1e-9) || (kev > 2 - 1e-9 && kev < 2.4 + 1e-9)));
  }
  CHECK(joint.channels.size() == 36 + 21);
  std::vector<double> rows;
  for (auto const& image : series) {
    auto const all = counts::dense<double>(image);
    for (std::size_t p = 0; p < image.pixels(); ++p)
      for (std::uint16_t const c : joint.channels) rows.push_back(all[p * image.energy.channels + c]);
  }
  auto const model = plain(rows, joint.channels.size(), pca_weighting::poisson).truncated(3);
  CHECK((product(joint) - model).cwiseAbs().maxCoeff() < 1e-5 * model.cwiseAbs().maxCoeff());
}

TEST_CASE("vacuum, channels without a count and a single count are no trouble") {
  auto const specimen = phases::make(20, 20, 2, 100);
  auto const image = counts::draw(20, 20, specimen.energy, 1, [&](std::size_t p, std::size_t c) {
    return p < 150 || c < 20 ? 0.0 : p < 200 ? 1e-4 : specimen.mean(p, c);
  });
  auto const p = principal_components(image);
  CHECK(p.components() == 2);
  for (float const v : p.scores) CHECK(std::isfinite(v));
  for (double const v : p.loadings) CHECK(std::isfinite(v));
  spectrum_image const one{1, 2, {0, 0.01, 3}, {0, 0, 1}, {1}, {2}, {}};
  for (auto const method : {pca_method::exact, pca_method::randomised}) {
    auto const single = principal_components(one, {.components = 1, .method = method});
    CHECK(product(single)(1, 1) == doctest::Approx(2));
    CHECK(product(single)(0, 1) == 0);
    for (auto const null : {pca_null::signs, pca_null::permuted})
      CHECK(principal_components(one, {.method = method, .null = null}).components() == 1);
  }
}

TEST_CASE("what cannot be taken apart is refused with the reason") {
  auto const image = phases::make(4, 4, 2, 50).draw(1);
  auto const refused = [&]<class E>(E const*, std::vector<spectrum_image> const& s, pca_options const& o) {
    return message_of<E>([&] { principal_components(s, o); });
  };
  shape_error const* const shape = nullptr;
  value_error const* const value = nullptr;
  CHECK(contains(refused(shape, {}, {}), "there is no image"));
  CHECK(contains(refused(shape, {image, phases::make(4, 5, 2, 50).draw(1)}, {}), "4 x 5"));
  auto broken = image;
  broken.count.pop_back();
  CHECK(contains(refused(shape, {broken}, {}), "counts for"));
  CHECK(contains(refused(value, {image}, {.ranges = {{20, 30}}}), "no channel between 20 and 30 keV"));
  CHECK(contains(refused(value, {image}, {.ranges = {{}}}), "no channel between"));
  CHECK(contains(refused(value, {image}, {.ranges = {{1, std::numeric_limits<double>::quiet_NaN()}}}),
                 "no channel between"));
  CHECK(contains(refused(value, {image}, {.components = 17}), "17 components"));
  CHECK(contains(refused(value, {image}, {.most = 0}), "to be positive"));
  CHECK(contains(refused(value, {image}, {.nulls = 0}), "to be positive"));
  CHECK(contains(refused(value, {image}, {.passes = 0}), "to be positive"));
  spectrum_image const empty{1, 1, {0, 0.01, 3}, {0, 0}, {}, {}, {}};
  CHECK(contains(refused(value, {empty}, {}), "no count"));
  spectrum_image const huge{1, 1, {0, 0.01, 3}, {0, 1}, {1}, {0xffffffff}, {}};
  CHECK(contains(refused(value, {huge}, {}), "too many"));
}
