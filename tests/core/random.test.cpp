// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/array.hpp>
#include <tomoedx/core/random.hpp>

#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

using tomoedx::random_stream;

namespace {

/// SplitMix64 again, in 128-bit arithmetic with explicit remainders: nothing shared with the header.
struct plain_stream {
  __extension__ typedef unsigned __int128 wide;
  static constexpr wide two64 = wide(1) << 64;
  wide state;

  static wide times(wide a, wide b) { return a * b % two64; }
  static wide mix(wide z) {
    z = times(z ^ z / (wide(1) << 30), 0xBF58476D1CE4E5B9ull);
    z = times(z ^ z / (wide(1) << 27), 0x94D049BB133111EBull);
    return z ^ z / (wide(1) << 31);
  }
  plain_stream(std::uint64_t seed, std::uint64_t index)
      : state(mix((wide(seed) + 0x9E3779B97F4A7C15ull) % two64) ^
              mix((times(index, 0xD1342543DE82EF95ull) + 0x9E3779B97F4A7C15ull) % two64)) {}
  std::uint64_t bits() {
    state = (state + 0x9E3779B97F4A7C15ull) % two64;
    return static_cast<std::uint64_t>(mix(state));
  }
};

/// How far counts are from an equal share, in standard deviations of the chi-square distribution.
double chi_square_sigmas(std::vector<double> const& counts) {
  double total = 0, sum = 0;
  for (auto const c : counts) total += c;
  double const share = total / static_cast<double>(counts.size());
  for (auto const c : counts) sum += (c - share) * (c - share) / share;
  double const freedom = static_cast<double>(counts.size()) - 1;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

/// The correlation of pairs, in standard deviations of that of independent ones.
template <class Pair>
double correlation_sigmas(std::size_t n, Pair const& pair) {
  double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < n; ++i) {
    auto const [x, y] = pair(i);
    a += x, b += y, aa += x * x, bb += y * y, ab += x * y;
  }
  double const m = static_cast<double>(n);
  return (ab / m - a / m * b / m) / std::sqrt((aa / m - a / m * a / m) * (bb / m - b / m * b / m)) *
         std::sqrt(m);
}

constexpr std::size_t many = 100000;

template <class Space, class Out>
void draw(Space const& space, Out const& out) {
  Kokkos::parallel_for(
      "draw", Kokkos::RangePolicy<Space>(space, 0, out.extent(0)), KOKKOS_LAMBDA(std::size_t i) {
        random_stream s(9, i);
        out(i) = s.bits() ^ s.bits();
      });
}

}  // namespace

TEST_CASE("streams give the numbers they always gave") {
  struct golden {
    std::uint64_t seed, index;
    std::array<std::uint64_t, 3> bits;
  };
  // the first line is the published sequence of SplitMix64 from state 0
  for (auto const& g : {
           golden{0ull, 0ull, {0xE220A8397B1DCDAFull, 0x6E789E6AA1B965F4ull, 0x06C45D188009454Full}},
           golden{1ull, 0ull, {0xD300120A5EA35CACull, 0x9F4A3F874FECFD77ull, 0x4DAF7F017A52AA3Full}},
           golden{0ull, 1ull, {0x1130132E2EA7AB78ull, 0xD43B34D6E601580Full, 0x7078C4F76BC4F5F1ull}},
           golden{42ull, 7ull, {0xBF7926DE2E65266Full, 0x8FFB233C7A3E0AF7ull, 0x3E86E393854003DDull}},
           golden{~0ull, ~0ull, {0xB78BD1A35523B8F2ull, 0x04D6C106D2F1D544ull, 0x7313B9B5ED74C85Bull}},
           golden{20240607ull,
                  123456789ull,
                  {0x878780FCB0DE7734ull, 0xA582876157132E41ull, 0x0129641175B13BF1ull}},
       }) {
    random_stream s(g.seed, g.index);
    for (auto const b : g.bits) CHECK(s.bits() == b);
  }
}

TEST_CASE("streams follow their definition for any seed and index") {
  plain_stream pick(1, 2);
  for (int i = 0; i < 2000; ++i) {
    auto const seed = pick.bits() >> (i % 64), index = pick.bits() >> (i / 2 % 64);
    plain_stream expected(seed, index);
    random_stream s(seed, index);
    for (int k = 0; k < 5; ++k) REQUIRE(s.bits() == expected.bits());
  }
}

TEST_CASE_TEMPLATE("a stream is the same wherever it runs", Space, TOMOEDX_SPACES) {
  Space const space;
  auto const out = tomoedx::zeros<std::uint64_t>(space, tomoedx::extents<1>{1000});
  draw(space, out);
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), out);
  for (std::size_t i = 0; i < 1000; ++i) {
    plain_stream s(9, i);
    auto const first = s.bits(), second = s.bits();
    CHECK(host(i) == (first ^ second));
  }
}

TEST_CASE("every bit and every byte is uniform, along a stream, across streams and across seeds") {
  auto const check = [](auto const& next) {
    std::vector<double> ones(64);
    std::vector<std::vector<double>> bytes(8, std::vector<double>(256));
    for (std::size_t i = 0; i < many; ++i) {
      auto const b = next(i);
      for (std::size_t k = 0; k < 64; ++k) ones[k] += static_cast<double>(b >> k & 1u);
      for (std::size_t k = 0; k < 8; ++k) ++bytes[k][b >> 8 * k & 255u];
    }
    double sum = 0;
    for (auto const n : ones) {
      double const sigmas = (n - many / 2.0) / std::sqrt(many / 4.0);
      CHECK(std::abs(sigmas) < 4.5);
      sum += sigmas * sigmas;
    }
    CHECK(std::abs(sum - 64) < 5 * std::sqrt(2.0 * 64));
    for (auto const& b : bytes) CHECK(std::abs(chi_square_sigmas(b)) < 5);
  };
  random_stream one(3, 5);
  check([&](std::size_t) { return one.bits(); });
  check([](std::size_t i) { return random_stream(3, i).bits(); });
  check([](std::size_t i) { return random_stream(i, 3).bits(); });
  check([](std::size_t i) { return random_stream(3, i << 20).bits(); });  // a row of every image
  check([](std::size_t i) {                                               // the second draw
    random_stream s(3, i);
    s.bits();
    return s.bits();
  });
}

TEST_CASE("neighbouring streams and neighbouring draws know nothing of each other") {
  struct pair {
    double a, b;
  };
  for (std::uint64_t const apart : {1ull, 2ull, 64ull, 512ull, 1ull << 18, 1ull << 32}) {
    CAPTURE(apart);
    CHECK(std::abs(correlation_sigmas(many, [&](std::size_t i) {
            return pair{random_stream(11, i).uniform(), random_stream(11, i + apart).uniform()};
          })) < 4.5);
    CHECK(std::abs(correlation_sigmas(many, [&](std::size_t i) {
            return pair{random_stream(11, i).uniform(), random_stream(11 + apart, i).uniform()};
          })) < 4.5);
    // the second draw of one against the first of the other
    CHECK(std::abs(correlation_sigmas(many, [&](std::size_t i) {
            random_stream s(11, i);
            s.uniform();
            return pair{s.uniform(), random_stream(11, i + apart).uniform()};
          })) < 4.5);
  }
  random_stream s(12, 0);
  double last = s.uniform();
  CHECK(std::abs(correlation_sigmas(many, [&](std::size_t) {
          double const before = last;
          last = s.uniform();
          return pair{before, last};
        })) < 4.5);
  // a step of the index, as of the seed, turns half the bits
  double turned_by_index = 0, turned_by_seed = 0;
  for (std::size_t i = 0; i < many; ++i) {
    auto const b = random_stream(13, i).bits();
    turned_by_index += std::popcount(b ^ random_stream(13, i + 1).bits());
    turned_by_seed += std::popcount(b ^ random_stream(14, i).bits());
  }
  double const sigma = 4 * std::sqrt(static_cast<double>(many));  // 64 coins a draw
  CHECK(std::abs(turned_by_index - 32.0 * many) < 4.5 * sigma);
  CHECK(std::abs(turned_by_seed - 32.0 * many) < 4.5 * sigma);
}

TEST_CASE("no two streams of a large image begin alike") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 200000; ++i) seen.insert(random_stream(5, i).bits());
  CHECK(seen.size() == 200000);
}

TEST_CASE("uniform numbers fill (0, 1) evenly and touch no end") {
  std::vector<double> bins(1000);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < many; ++i) {
    double const u = random_stream(21, i).uniform();
    REQUIRE(u > 0);
    REQUIRE(u < 1);
    ++bins[static_cast<std::size_t>(u * 1000)];
    sum += u, squares += u * u;
  }
  CHECK(std::abs(chi_square_sigmas(bins)) < 5);
  CHECK(sum / many == doctest::Approx(0.5).epsilon(0.01));
  CHECK(squares / many == doctest::Approx(1.0 / 3).epsilon(0.01));
}

TEST_CASE("normal numbers have the moments and the distribution of the normal law") {
  std::size_t const n = 400000, bins = 200;
  std::vector<double> share(bins);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, furthest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const x = random_stream(22, i).normal();
    REQUIRE(std::isfinite(x));
    m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
    furthest = std::max(furthest, std::abs(x));
    // by the distribution function the numbers are uniform
    double const u = 0.5 * std::erfc(-x / std::sqrt(2.0));
    ++share[std::min(bins - 1, static_cast<std::size_t>(u * static_cast<double>(bins)))];
  }
  double const count = static_cast<double>(n), root = std::sqrt(count);
  // standard errors of the sample moments: 1, sqrt 2, sqrt 15, sqrt 96 over sqrt n
  CHECK(std::abs(m1 / count) < 4.5 / root);
  CHECK(std::abs(m2 / count - 1) < 4.5 * std::sqrt(2.0) / root);
  CHECK(std::abs(m3 / count) < 4.5 * std::sqrt(15.0) / root);
  CHECK(std::abs(m4 / count - 3) < 4.5 * std::sqrt(96.0) / root);
  CHECK(std::abs(chi_square_sigmas(share)) < 5);
  CHECK(furthest > 4);
  CHECK(furthest < 6.5);
}
