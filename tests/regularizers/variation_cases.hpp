// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_REGULARIZERS_VARIATION_CASES_HPP
#define TOMOEDX_TESTS_REGULARIZERS_VARIATION_CASES_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/reference/regularizers.hpp>
#include <tomoedx/regularizers/total_variation.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

// Grids, and the regularisers of differences beside their plain loops, for all three of their tests.
namespace variation_cases {

using tomoedx::grid;
using tomoedx::variation_options;

struct named_grid {
  std::string name;
  grid at;
};

/// Plain and sliced; rows that fill no block, whole blocks, one row, one column, one line, lanes of every kind.
inline std::vector<named_grid> grids(std::size_t channels) {
  using tomoedx::plain_grid;
  using tomoedx::sliced_grid;
  return {
      {"plain", plain_grid(channels, 5, 7, 39)},
      {"plain, one row", plain_grid(channels, 4, 1, 21)},
      {"plain, one voxel", plain_grid(channels, 1, 1, 1)},
      {"16 lanes, 37 rows", sliced_grid(channels, 4, 37, 9, 16)},
      {"4 lanes, 13 rows", sliced_grid(channels, 3, 13, 11, 4)},
      {"64 lanes, 128 rows", sliced_grid(channels, 3, 128, 3, 64)},
      {"64 lanes, 65 rows, one column", sliced_grid(channels, 3, 65, 1, 64)},
      {"16 lanes, 1 row, one line", sliced_grid(channels, 1, 1, 6, 16)},
      {"6 lanes, 13 rows", sliced_grid(channels, 3, 13, 5, 6)},
      {"32 lanes, 33 rows, two columns", sliced_grid(channels, 2, 33, 2, 32)},
  };
}

inline std::vector<double> random_values(std::size_t n, std::uint64_t seed, double low = -1,
                                         double high = 1) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = low + (high - low) * tomoedx::random_stream(seed, i).uniform();
  return v;
}

inline double dot(std::vector<double> const& a, std::vector<double> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// A regulariser with arrays for it, filled from plain ones and read into them.
template <class R>
struct under_test {
  using T = typename R::value_type;
  using Space = typename R::execution_space;
  using flat = tomoedx::flat_on<T, Space>;

  grid at;
  R regularizer;
  tomoedx::reference::variation plain;
  flat x, p;

  under_test(grid const& g, variation_options const& o, tomoedx::reference::difference_norm norm)
      : at(g),
        regularizer(Space(), g, o),
        plain{norm, g.channels, g.lines, g.rows, g.columns, o},
        x("x", regularizer.size()),
        p("p", regularizer.dual_size()) {}

  std::size_t directions() const { return plain.options.in_plane || at.rows == 1 ? 2 : 3; }

  template <class F>
  void for_each_voxel(F const& f) const {
    std::size_t i = 0;
    for (std::size_t c = 0; c < at.channels; ++c)
      for (std::size_t z = 0; z < at.lines; ++z)
        for (std::size_t y = 0; y < at.rows; ++y)
          for (std::size_t column = 0; column < at.columns; ++column) f(c, i++, at(c, z, y, column));
  }
  void set(flat const& to, std::vector<double> const& from, bool dual) const {
    auto const host = Kokkos::create_mirror_view(to);
    Kokkos::deep_copy(host, T(0));
    std::size_t const stride = regularizer.dual_size() / directions(), voxels = plain.voxels();
    for_each_voxel([&](std::size_t c, std::size_t i, std::size_t place) {
      if (!dual) host(place) = static_cast<T>(from[i]);
      for (std::size_t d = 0; dual && d < directions(); ++d)
        host(d * stride + place) = static_cast<T>(from[(2 * c + d) * voxels + i]);
    });
    Kokkos::deep_copy(to, host);
  }
  std::vector<double> get(flat const& from, bool dual) const {
    auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), from);
    std::size_t const stride = regularizer.dual_size() / directions(), voxels = plain.voxels();
    std::vector<double> to(dual ? 3 * plain.size() : plain.size());
    double inside = 0, all = 0;
    for_each_voxel([&](std::size_t c, std::size_t i, std::size_t place) {
      for (std::size_t d = 0; d < (dual ? directions() : 1); ++d) {
        double const v = static_cast<double>(host(d * stride + place));
        to[dual ? (2 * c + d) * voxels + i : i] = v;
        inside += std::abs(v);
      }
    });
    for (std::size_t i = 0; i < host.size(); ++i) all += std::abs(static_cast<double>(host(i)));
    CHECK(all == doctest::Approx(inside).epsilon(1e-12));  // whatever pads stays zero
    return to;
  }
  double value() const {
    Kokkos::View<double, typename Space::memory_space> f("f");
    regularizer.value(x, f);
    double host = 0;
    Kokkos::deep_copy(host, f);
    return host;
  }
};

inline double largest_difference(std::vector<double> const& a, std::vector<double> const& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const d = std::abs(a[i] - b[i]);
    most = d > most || std::isnan(d) ? d : most;
  }
  return most;
}

/// All operations against the plain loops on one grid.
template <class R>
void compare_with_plain(grid const& g, variation_options const& o, tomoedx::reference::difference_norm norm) {
  using T = typename R::value_type;
  double const eps = std::is_same_v<T, float> ? 2e-6 : 5e-14;
  under_test<R> t(g, o, norm);
  auto const& plain = t.plain;
  auto const round = [](std::vector<double> v) {
    for (double& each : v) each = static_cast<double>(static_cast<T>(each));
    return v;
  };
  auto const x = round(random_values(plain.size(), 1, -1, 2));
  auto p = round(random_values(3 * plain.size(), 2));
  for (std::size_t i = 0; i < p.size(); ++i)  // directions that do not exist
    if (i / plain.voxels() % 3 == 2 && t.directions() == 2) p[i] = 0;

  t.set(t.x, x, false);
  CHECK(t.value() == doctest::Approx(plain.value(x)).epsilon(eps));

  t.set(t.p, p, true);
  auto expected = plain.dual_step(p, x, 0.7);
  t.regularizer.dual_step(t.p, t.x, T(0.7));
  CHECK(largest_difference(t.get(t.p, true), expected) < 3 * eps);
  t.regularizer.dual_step(t.p, t.x, T(0));  // projecting again changes nothing
  CHECK(largest_difference(t.get(t.p, true), expected) < 4 * eps);

  t.set(t.p, p, true);
  auto transposed = plain.transposed(p);
  t.regularizer.adjoint(t.p, t.x);
  CHECK(largest_difference(t.get(t.x, false), transposed) < 10 * eps);
  t.set(t.x, x, false);
  t.regularizer.add_adjoint(t.p, t.x);
  for (std::size_t i = 0; i < x.size(); ++i) transposed[i] += x[i];
  CHECK(largest_difference(t.get(t.x, false), transposed) < 10 * eps);
}

template <class R>
void compare_with_plain_everywhere(std::size_t channels, tomoedx::reference::difference_norm norm) {
  std::vector<double> weights(channels);
  for (std::size_t c = 0; c < channels; ++c) weights[c] = 1.5 / static_cast<double>(c + 1);
  for (auto const& g : grids(channels)) {
    CAPTURE(g.name);
    for (bool const in_plane : {false, true}) {
      CAPTURE(in_plane);
      compare_with_plain<R>(g.at, {.lambda = 0.8, .in_plane = in_plane}, norm);
    }
    compare_with_plain<R>(g.at, {.lambda = 0.3, .spacing = {1.5, 0.8, 0.9}, .weights = weights}, norm);
  }
}

/// |K|^2 from the loops, K'K applied often enough.
inline double squared_norm_by_power(tomoedx::reference::variation const& plain) {
  auto x = random_values(plain.size(), 3);
  double norm = 0;
  for (int k = 0; k < 3000; ++k) {
    x = plain.transposed(plain.differences(x));
    norm = std::sqrt(dot(x, x));
    for (double& v : x) v /= norm;
  }
  return norm;
}

/// The bounds that step sizes are made of: the squared norm is the norm itself, the sums are those of |K|.
template <class R>
void check_norms(std::size_t channels, tomoedx::reference::difference_norm norm) {
  for (auto const& g : {tomoedx::plain_grid(channels, 5, 4, 6), tomoedx::plain_grid(channels, 2, 3, 1)})
    for (bool const in_plane : {false, true}) {
      std::vector<double> weights(channels, 0.5);
      weights.back() = 2;
      under_test<R> const t(
          g, {.lambda = 1, .in_plane = in_plane, .spacing = {1, 2.5, 0.8}, .weights = weights}, norm);
      double const expected = squared_norm_by_power(t.plain);
      CHECK(t.regularizer.squared_norm() >= expected * (1 - 1e-12));
      CHECK(t.regularizer.squared_norm() <= expected * 1.001);
      std::vector<double> columns(t.plain.size()), rows(3 * t.plain.size());
      t.plain.for_each_difference([&](double w, std::size_t p, std::size_t here, std::size_t next) {
        columns[here] += w, columns[next] += w, rows[p] += 2 * w;
      });
      CHECK(t.regularizer.column_sum() ==
            doctest::Approx(*std::max_element(columns.begin(), columns.end())).epsilon(1e-12));
      CHECK(t.regularizer.row_sum() ==
            doctest::Approx(*std::max_element(rows.begin(), rows.end())).epsilon(1e-12));
    }
}

/// R(x) is the largest <K x, p> over the ball: no p of the ball exceeds it, and p from a long dual step reaches it.
template <class R>
void check_duality(std::size_t channels, tomoedx::reference::difference_norm norm) {
  using T = typename R::value_type;
  under_test<R> t(tomoedx::sliced_grid(channels, 6, 21, 7, 16), {.lambda = 0.6}, norm);
  auto const x = random_values(t.plain.size(), 4, 0, 3);
  auto const k = t.plain.differences(x);
  t.set(t.x, x, false);
  double const value = t.value();
  REQUIRE(value > 0);
  for (std::uint64_t seed = 5; seed < 8; ++seed) {
    t.set(t.p, random_values(3 * t.plain.size(), seed, -3, 3), true);
    t.regularizer.dual_step(t.p, t.x, T(0.05));
    CHECK(dot(k, t.get(t.p, true)) < value);
  }
  Kokkos::deep_copy(t.p, T(0));
  t.regularizer.dual_step(t.p, t.x, T(1e5));
  double const reached = dot(k, t.get(t.p, true));
  CHECK(reached == doctest::Approx(value).epsilon(std::is_same_v<T, float> ? 1e-5 : 1e-8));
  // and K' is the transpose: <K x, p> = <x, K' p>
  auto const long_p = t.get(t.p, true);
  t.regularizer.adjoint(t.p, t.x);
  CHECK(dot(x, t.get(t.x, false)) ==
        doctest::Approx(dot(k, long_p)).epsilon(std::is_same_v<T, float> ? 1e-5 : 1e-12));
}

/// Zeros, and values so unlike that squares of some are nothing beside others, give finite duals inside the ball.
template <class R>
void check_extremes(std::size_t channels, tomoedx::reference::difference_norm norm) {
  using T = typename R::value_type;
  under_test<R> t(tomoedx::plain_grid(channels, 3, 4, 40), {.lambda = 0.5}, norm);
  t.regularizer.dual_step(t.p, t.x, T(1));
  CHECK(largest_difference(t.get(t.p, true), std::vector<double>(3 * t.plain.size())) == 0);
  CHECK(t.value() == 0);
  auto x = random_values(t.plain.size(), 9);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= std::pow(10.0, static_cast<double>(i % 25) - 17);
  t.set(t.x, x, false);
  t.regularizer.dual_step(t.p, t.x, T(1));
  for (double const v : t.get(t.p, true)) {
    CHECK(std::isfinite(v));
    CHECK(std::abs(v) <= 0.5 * (1 + 1e-5));
  }
  CHECK(t.value() == doctest::Approx(t.plain.value(x)).epsilon(1e-5));
  // lambda 0: nothing is left of the dual, and nothing counts
  under_test<R> none(t.at, {.lambda = 0}, norm);
  none.set(none.x, x, false);
  none.set(none.p, random_values(3 * t.plain.size(), 3), true);
  none.regularizer.dual_step(none.p, none.x, T(1));
  CHECK(largest_difference(none.get(none.p, true), std::vector<double>(3 * t.plain.size())) < 1e-6);
  CHECK(none.value() == 0);
}

/// The kernel of devices, and the instructions a processor may lack, do the same arithmetic.
template <class R, class Norm>
void check_variants(std::size_t channels, tomoedx::reference::difference_norm norm) {
  using T = typename R::value_type;
  auto const g = tomoedx::sliced_grid(channels, 3, 21, 5, 16);
  under_test<R> best(g, {.lambda = 0.4}, norm);
  auto const x = random_values(best.plain.size(), 11), p = random_values(3 * best.plain.size(), 12);
  best.set(best.x, x, false);
  best.set(best.p, p, true);
  best.regularizer.dual_step(best.p, best.x, T(0.3));
  auto const expected = best.get(best.p, true);
  best.regularizer.adjoint(best.p, best.x);
  auto const transposed = best.get(best.x, false);
  best.set(best.x, x, false);
  double const value = best.value();

  for (auto const level : {tomoedx::isa::baseline, tomoedx::isa::avx2}) {
    under_test<R> t(g, {.lambda = 0.4, .level = level}, norm);
    t.set(t.x, x, false);
    t.set(t.p, p, true);
    CHECK(t.value() == doctest::Approx(value).epsilon(1e-6));
    t.regularizer.dual_step(t.p, t.x, T(0.3));
    CHECK(largest_difference(t.get(t.p, true), expected) < 2e-6);
  }

  constexpr bool joint = !std::is_same_v<R, tomoedx::total_variation<T, typename R::execution_space>>;
  std::vector<T> factors(3 * channels, T(1));
  tomoedx::detail::variation_shape<T> const shape{g, joint ? channels : 1, best.regularizer.dual_size() / 3,
                                                  factors.data()};
  best.set(best.p, p, true);
  tomoedx::detail::dual_step_kernel<Norm, 3, 0, T> const step{shape, best.x.data(), best.p.data(), T(0.3),
                                                              T(0.4)};
  tomoedx::detail::value_kernel<Norm, 3, 0, T> const length{shape, best.x.data()};
  double sum = 0;
  std::size_t const run = g.columns * g.lanes;
  for (std::size_t i = 0; i < shape.runs() * run; ++i) {
    step.voxel(i / run, i % run);
    sum += length.voxel(i / run, i % run);
  }
  CHECK(largest_difference(best.get(best.p, true), expected) < 2e-6);
  CHECK(0.4 * sum == doctest::Approx(value).epsilon(1e-6));
  auto each = shape;
  each.joint = 1;
  tomoedx::detail::transposed_kernel<3, false, T> const back{each, best.p.data(), best.x.data()};
  for (std::size_t i = 0; i < each.runs() * run; ++i) back.voxel(i / run, i % run);
  CHECK(largest_difference(best.get(best.x, false), transposed) < 1e-5);
}

/// R of channels that are these multiples of one image, over the sum of the lengths of its gradients.
template <class R>
double of_multiples(std::vector<double> const& multiples, tomoedx::reference::difference_norm norm) {
  under_test<R> t(tomoedx::sliced_grid(multiples.size(), 5, 9, 6, 4), {.lambda = 1}, norm);
  tomoedx::reference::variation one{
      tomoedx::reference::difference_norm::each_channel, 1, 5, 9, 6, {.lambda = 1}};
  auto const image = random_values(one.size(), 21);
  std::vector<double> x;
  for (double const m : multiples)
    for (double const v : image) x.push_back(m * v);
  t.set(t.x, x, false);
  return t.value() / one.value(image);
}

/// Channels turned into each other by a rotation have the same value, and their dual step is turned in the same way.
template <class R>
void check_rotated_channels(tomoedx::reference::difference_norm norm) {
  using T = typename R::value_type;
  under_test<R> t(tomoedx::plain_grid(2, 4, 5, 6), {.lambda = 0.5}, norm);
  double const cos = 0.8, sin = 0.6;
  auto const turned = [&](std::vector<double> const& v) {
    std::vector<double> r(v.size());
    for (std::size_t i = 0, half = v.size() / 2; i < half; ++i) {
      r[i] = cos * v[i] + sin * v[half + i];
      r[half + i] = cos * v[half + i] - sin * v[i];
    }
    return r;
  };
  auto const x = random_values(t.plain.size(), 31), p = random_values(3 * t.plain.size(), 32);
  t.set(t.x, x, false);
  t.set(t.p, p, true);
  double const value = t.value();
  t.regularizer.dual_step(t.p, t.x, T(1));
  auto const expected = turned(t.get(t.p, true));
  t.set(t.x, turned(x), false);
  t.set(t.p, turned(p), true);
  CHECK(t.value() == doctest::Approx(value).epsilon(1e-12));
  t.regularizer.dual_step(t.p, t.x, T(1));
  CHECK(largest_difference(t.get(t.p, true), expected) < 1e-12);
}

/// What is not of the right size is refused.
template <class R>
void check_sizes() {
  using T = typename R::value_type;
  using Space = typename R::execution_space;
  R const r(Space(), tomoedx::plain_grid(2, 3, 4, 5));
  tomoedx::flat_on<T, Space> const x("x", r.size()), p("p", r.dual_size()), wrong("wrong", r.size() - 1);
  tomoedx::number_on<Space> const f("f");
  CHECK_THROWS_AS(r.value(wrong, f), tomoedx::shape_error);
  CHECK_THROWS_AS(r.dual_step(wrong, x, T(1)), tomoedx::shape_error);
  CHECK_THROWS_AS(r.dual_step(p, wrong, T(1)), tomoedx::shape_error);
  CHECK_THROWS_AS(r.add_adjoint(p, wrong), tomoedx::shape_error);
  CHECK_THROWS_AS(r.add_adjoint(x, x), tomoedx::shape_error);
  CHECK_THROWS_AS(R(Space(), tomoedx::plain_grid(2, 3, 4, 5), {.lambda = -1}), tomoedx::value_error);
}

}  // namespace variation_cases

#endif
