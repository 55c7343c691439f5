// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <tomoedx/simulate/poisson.hpp>

namespace s = tomoedx::simulate;

namespace {

// Probability of a count, from the definition.
double pmf(double count, double mean) {
  return static_cast<double>(
      std::exp(static_cast<long double>(count) * std::log(static_cast<long double>(mean)) - mean -
               std::lgamma(static_cast<long double>(count) + 1)));
}

struct fit {
  double chi_square = 0;
  int freedom = 0;
  // Standard normal in good approximation (Wilson and Hilferty).
  double score() const {
    double const k = freedom;
    return (std::cbrt(chi_square / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
  }
};

// Pearson's statistic over bins that expect 20 or more of the draws.
fit goodness(std::vector<double> draws, double mean) {
  std::sort(draws.begin(), draws.end());
  fit result;
  double const total = static_cast<double>(draws.size());
  double expected = 0, expected_so_far = 0;
  std::size_t seen = 0, next = 0;
  auto const close = [&](double e) {
    double const d = static_cast<double>(next - seen) - e;
    result.chi_square += d * d / e;
    ++result.freedom;
    seen = next;
  };
  double const low = std::max(0.0, std::floor(mean - 8 * std::sqrt(mean)));
  for (double k = low; total - expected_so_far > 40; ++k) {
    expected += total * pmf(k, mean);
    while (next < draws.size() && draws[next] <= k) ++next;
    if (expected >= 20) {
      close(expected);
      expected_so_far += expected;
      expected = 0;
    }
  }
  next = draws.size();
  close(total - expected_so_far);
  --result.freedom;
  return result;
}

}  // namespace

TEST_CASE("poisson numbers have the mean, the variance and the distribution they should") {
  // One-sided significance 1e-5 for the distribution (score 4.26), 5 standard errors for the moments.
  std::size_t const n = 200000;
  for (double const mean : {0.1, 1.0, 5.0, 9.99, 10.0, 30.0, 1000.0, 1e6}) {
    CAPTURE(mean);
    std::vector<double> const expected(n, mean);
    auto const draws = s::poisson_counts(expected, 20170101);
    double sum = 0, squares = 0;
    for (double const v : draws) sum += v;
    double const average = sum / static_cast<double>(n);
    for (double const v : draws) squares += (v - average) * (v - average);
    double const variance = squares / static_cast<double>(n - 1);
    CHECK(std::abs(average - mean) < 5 * std::sqrt(mean / static_cast<double>(n)));
    CHECK(std::abs(variance - mean) < 5 * std::sqrt((mean + 2 * mean * mean) / static_cast<double>(n)));
    fit const f = goodness(draws, mean);
    CAPTURE(f.chi_square);
    CAPTURE(f.freedom);
    CHECK(f.freedom >= 2);
    CHECK(f.score() < 4.26);
  }
}

TEST_CASE("the test of the distribution notices a mean that is wrong by one part in a hundred") {
  std::vector<double> const expected(200000, 30.0);
  CHECK(goodness(s::poisson_counts(expected, 3), 30.3).score() > 4.26);
  CHECK(goodness(s::poisson_counts(expected, 3), 29.7).score() > 4.26);
}

TEST_CASE("the logarithm of the probability agrees with its definition") {
  for (double const mean : {10.0, 16.5, 100.0, 12345.0})
    for (double const count : {0.0, 5.0, 15.0, 16.0, 17.0, 40.0, 100.0, 12000.0}) {
      long double const exact = static_cast<long double>(count) * std::log(static_cast<long double>(mean)) -
                                mean - std::lgamma(static_cast<long double>(count) + 1);
      CHECK(s::detail::poisson_log_pmf(count, mean) ==
            doctest::Approx(static_cast<double>(exact)).epsilon(1e-12));
    }
}

TEST_CASE("poisson numbers of very large means keep their width") {
  std::size_t const n = 20000;
  for (double const mean : {1e10, 1e14, 0x1p53}) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      tomoedx::random_stream stream(5, i);
      double const d = (static_cast<double>(s::poisson(stream, mean)) - mean) / std::sqrt(mean);
      sum += d;
      squares += d * d;
    }
    CHECK(std::abs(sum / static_cast<double>(n)) < 5 / std::sqrt(static_cast<double>(n)));
    CHECK(std::abs(squares / static_cast<double>(n) - 1) < 5 * std::sqrt(2 / static_cast<double>(n)));
  }
}

TEST_CASE("a mean of zero gives zero, and means that are none do not hang") {
  tomoedx::random_stream stream(1, 1);
  CHECK(s::poisson(stream, 0.0) == 0);
  CHECK(s::poisson(stream, -1.0) == 0);
  CHECK(s::poisson(stream, std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(s::poisson(stream, std::numeric_limits<double>::infinity()) > std::uint64_t{1} << 52);
  CHECK(s::poisson(stream, 5e-324) == 0);
}

TEST_CASE("a seed gives its counts again, in slabs and on any threads; another seed gives others") {
  std::vector<float> expected(3000);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<float>(i % 50) * 0.7f;
  auto const counts = s::poisson_counts(expected, 42);
  CHECK(counts == s::poisson_counts(expected, 42));
  CHECK(counts != s::poisson_counts(expected, 43));

  std::vector<float> slabs(expected.size());
  for (std::size_t start : {2000u, 0u, 1000u})
    s::poisson_counts(std::span(expected).subspan(start, 1000), 42, std::span(slabs).subspan(start, 1000),
                      start);
  CHECK(counts == slabs);

  std::vector<float> threads(expected.size());
  float const* from = expected.data();
  float* to = threads.data();
  Kokkos::parallel_for(
      "tomoedx::test::poisson",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, static_cast<int>(expected.size())),
      [=](int i) {
        tomoedx::random_stream stream(42, static_cast<std::uint64_t>(i));
        to[i] = static_cast<float>(s::poisson(stream, static_cast<double>(from[i])));
      });
  Kokkos::fence("tomoedx::test::poisson");
  CHECK(counts == threads);

  auto in_place = expected;
  s::poisson_counts(in_place, 42, in_place);
  CHECK(counts == in_place);
}

TEST_CASE("neighbouring pixels and neighbouring seeds are not correlated") {
  std::size_t const n = 100000;
  std::vector<double> const expected(n, 4.0);
  auto const a = s::poisson_counts(expected, 7), b = s::poisson_counts(expected, 8);
  double next = 0, other = 0;
  for (std::size_t i = 0; i + 1 < n; ++i) {
    next += (a[i] - 4) * (a[i + 1] - 4) / 4;
    other += (a[i] - 4) * (b[i] - 4) / 4;
  }
  CHECK(std::abs(next) < 5 * std::sqrt(static_cast<double>(n)));
  CHECK(std::abs(other) < 5 * std::sqrt(static_cast<double>(n)));
}

TEST_CASE("poisson_counts refuses what is not an expected count, before it writes") {
  std::vector<float> out(2, -7.f);
  for (float const bad :
       {-0.5f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e17f}) {
    std::vector<float> const expected{1.f, bad};
    CHECK_THROWS_AS(s::poisson_counts(expected, 1, out), tomoedx::value_error);
    CHECK(out == std::vector<float>(2, -7.f));
  }
  CHECK_THROWS_AS(s::poisson_counts(std::vector<float>(3, 1.f), 1, out), tomoedx::shape_error);
  CHECK(s::poisson_counts(std::vector<float>{}, 1).empty());
}
