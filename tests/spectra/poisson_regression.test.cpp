// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/poisson_regression.hpp>

#include <tomoedx/core/random.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace tomoedx;

namespace {

struct problem {
  Eigen::MatrixXd spectra;
  component_spectra rows;
  std::vector<std::uint16_t> channel;
  std::vector<double> count;

  /// Peaks on a slope, and Poisson counts of what the amplitudes expect.
  problem(std::vector<double> const& amplitude, std::uint64_t seed)
      : spectra(60, Eigen::Index(amplitude.size())) {
    for (Eigen::Index j = 0; j < spectra.cols(); ++j)
      for (Eigen::Index c = 0; c < 60; ++c) {
        double const x = (static_cast<double>(c) - 8 - 7 * static_cast<double>(j)) / 4;
        spectra(c, j) =
            j + 1 < spectra.cols() ? std::exp(-x * x / 2) / 10 : (90.0 - static_cast<double>(c)) / 3630;
      }
    rows = rows_of(spectra);
    random_stream stream(seed, 0);
    for (std::size_t c = 0; c < 60; ++c)
      if (auto const n = simulate::poisson(stream, rows.expected(c, amplitude)); n > 0) {
        channel.push_back(static_cast<std::uint16_t>(c));
        count.push_back(static_cast<double>(n));
      }
  }

  double total() const {
    double sum = 0;
    for (double const n : count) sum += n;
    return sum;
  }

  std::vector<double> gradient(std::vector<double> const& a) const {
    auto g = rows.total;
    for (std::size_t e = 0; e < channel.size(); ++e)
      for (std::size_t j = 0; j < g.size(); ++j)
        g[j] -= count[e] / rows.expected(channel[e], a) * spectra(channel[e], Eigen::Index(j));
    return g;
  }
};

}  // namespace

TEST_CASE("rows keep the components that are not zero, and their totals") {
  problem const p({5, 5, 5, 5}, 1);
  for (std::size_t c = 0; c < 60; ++c)
    CHECK(p.rows.expected(c, std::vector<double>{1, 2, 3, 4}) ==
          doctest::Approx(p.spectra.row(Eigen::Index(c)) * Eigen::Vector4d(1, 2, 3, 4)));
  for (Eigen::Index j = 0; j < 4; ++j)
    CHECK(p.rows.total[std::size_t(j)] == doctest::Approx(p.spectra.col(j).sum()));
  CHECK(p.rows.index.size() < 60 * 4);
  Eigen::MatrixXd bad = p.spectra;
  bad(3, 1) = -1;
  CHECK_THROWS_AS(rows_of(bad), value_error);
  bad(3, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(rows_of(bad), value_error);
  bad.col(1).setZero();
  CHECK_THROWS_AS(rows_of(bad), value_error);
}

TEST_CASE("the likeliest amplitudes of zero and above are where expectation maximisation goes") {
  for (std::uint64_t const seed : {1u, 2u, 3u}) {
    problem const p({40, 0, 25, 3, 0, 60}, seed);
    std::vector<double> a(6, 1), em(6, 20);
    auto const end = poisson_regression(p.rows).fit(p.channel, p.count, a);
    CHECK(end.converged);
    CHECK(end.iterations < 40);
    for (int i = 0; i < 20000; ++i) {
      auto const g = p.gradient(em);
      for (std::size_t j = 0; j < 6; ++j) em[j] *= 1 - g[j] / p.rows.total[j];
    }
    for (std::size_t j = 0; j < 6; ++j) CHECK(a[j] == doctest::Approx(em[j]).epsilon(1e-3).scale(1));
    auto const g = p.gradient(a);  // Karush, Kuhn and Tucker
    for (std::size_t j = 0; j < 6; ++j) {
      CHECK(g[j] > -1e-4);
      if (a[j] > 0) CHECK(std::abs(g[j]) < 1e-4);
    }
    double expected = 0;  // the likeliest model expects as many counts as there are
    for (std::size_t j = 0; j < 6; ++j) expected += a[j] * p.rows.total[j];
    CHECK(expected == doctest::Approx(p.total()));
  }
}

TEST_CASE("the minimum does not depend on the start, and few counts do no harm") {
  for (std::uint64_t seed = 10; seed < 30; ++seed) {
    problem const p({2, 0, 1, 0, 0, 3}, seed);
    if (p.count.empty()) continue;
    std::vector<double> a(6, 1), b{100, 0.01, 5, 70, 2, 0.5};
    poisson_regression r(p.rows);
    CHECK(r.fit(p.channel, p.count, a).converged);
    CHECK(r.fit(p.channel, p.count, b).converged);
    for (std::size_t e = 0; e < p.channel.size(); ++e)  // the spectrum is unique where it counted
      CHECK(p.rows.expected(p.channel[e], a) ==
            doctest::Approx(p.rows.expected(p.channel[e], b)).epsilon(2e-3));
  }
}

TEST_CASE("without bounds an absent line comes out on either side of zero, where the gradient vanishes") {
  int negative = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    problem const p({400, 0, 250, 2000}, seed);
    std::vector<double> a(4, 100);
    poisson_regression r(p.rows);
    CHECK(r.fit(p.channel, p.count, a, 3).converged);
    negative += a[1] < 0;
    for (double const g : p.gradient(a)) CHECK(std::abs(g) < 1e-4);
  }
  CHECK(negative > 3);
  CHECK(negative < 17);
}

TEST_CASE("without bounds the model stays positive where nothing was counted") {
  problem const p({50, 0, 0, 1}, 5);
  std::vector<double> a(4, 1);
  poisson_regression(p.rows).fit(p.channel, p.count, a, 3);
  for (std::size_t c = 0; c < 60; ++c) CHECK(p.rows.expected(c, a) >= 0);
}

TEST_CASE("one component takes all counts; nothing and what no component explains give nothing") {
  Eigen::MatrixXd one(4, 1);
  one << 0, 1, 2, 1;
  auto const rows = rows_of(one);
  poisson_regression r(rows);
  std::vector<double> a{0.1};
  std::vector<std::uint16_t> const channel{0, 2, 3};
  CHECK(r.fit(channel, std::vector<double>{7, 5, 3}, a).converged);
  CHECK(a[0] == doctest::Approx(2));  // the 7 lie where the model is 0 everywhere
  CHECK(r.fit({}, {}, a).converged);
  CHECK(a[0] == 0);
}
