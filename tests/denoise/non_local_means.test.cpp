// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/non_local_means.hpp>

#include <tomoedx/core/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using tomoedx::isa;
using tomoedx::non_local_means_denoiser;
using tomoedx::non_local_means_options;
using tomoedx::patch_window;

static_assert(tomoedx::denoiser<non_local_means_denoiser<>>);
static_assert(tomoedx::denoiser<non_local_means_denoiser<double, Kokkos::Serial>>);

namespace {

struct size {
  int images, height, width;
  int values() const { return images * height * width; }
};

template <class T>
struct stack {
  size n;
  std::vector<T> v;
  explicit stack(size s) : n(s), v(static_cast<std::size_t>(s.values())) {}
  T& operator()(int i, int y, int x) { return v[(static_cast<std::size_t>(i) * n.height + y) * n.width + x]; }
  T operator()(int i, int y, int x) const {
    return v[(static_cast<std::size_t>(i) * n.height + y) * n.width + x];
  }
};

/// Edges, a slope, texture and noise of standard deviation 1; seen as T, so that float and double start equal.
template <class T>
stack<T> scene(size n, unsigned seed = 1) {
  stack<T> s(n);
  tomoedx::random_stream noise(seed, 0);
  for (int i = 0; i < n.images; ++i)
    for (int y = 0; y < n.height; ++y)
      for (int x = 0; x < n.width; ++x) {
        double const disc = std::hypot(y - 0.4 * n.height, x - 0.55 * n.width) < 0.25 * n.height ? 6 : 0;
        double const value = 10 + disc + 0.05 * x + 1.5 * std::sin(0.9 * y + i) + noise.normal();
        s(i, y, x) = static_cast<T>(static_cast<float>(value));
      }
  return s;
}

template <class Space = Kokkos::Serial, class T>
stack<T> denoise(stack<T> const& in, non_local_means_options const& o, Space const& space = Space()) {
  stack<T> out(in.n);
  tomoedx::denoise_non_local_means(space, tomoedx::borrow(in.v.data(), in.n.images, in.n.height, in.n.width),
                                   tomoedx::borrow(out.v.data(), in.n.images, in.n.height, in.n.width), o);
  return out;
}

/// The definition, in plain loops and double.
template <class T>
stack<double> plain(stack<T> const& in, non_local_means_options const& o) {
  auto const mirrored = [](int i, int n) {
    while (i < 0 || i >= n) i = n == 1 ? 0 : i < 0 ? -i : 2 * (n - 1) - i;
    return i;
  };
  auto const at = [&](int i, int y, int x) {
    return static_cast<double>(in(i, mirrored(y, in.n.height), mirrored(x, in.n.width)));
  };
  int const half = o.patch / 2;
  int const from = o.window == patch_window::centred || half == 0 ? -half : 1 - half;
  stack<double> out(in.n);
  for (int i = 0; i < in.n.images; ++i)
    for (int y = 0; y < in.n.height; ++y)
      for (int x = 0; x < in.n.width; ++x) {
        double sum = 0, weights = 0;
        for (int j = std::max(0, i - o.frames); j <= std::min(in.n.images - 1, i + o.frames); ++j)
          for (int ty = -o.distance; ty <= o.distance; ++ty)
            for (int tx = -o.distance; tx <= o.distance; ++tx) {
              double distance = 0;
              for (int dy = from; dy <= half; ++dy)
                for (int dx = from; dx <= half; ++dx) {
                  double const d = at(j, y + ty + dy, x + tx + dx) - at(i, y + dy, x + dx);
                  distance += d * d - 2 * o.sigma * o.sigma;
                }
              double const exponent = std::max(distance, 0.0) / (o.h * o.h * o.patch * o.patch);
              bool const itself = j == i && ty == 0 && tx == 0;
              if (exponent > 5 && !itself) continue;
              double const weight = std::exp(-exponent);
              weights += weight;
              sum += weight * at(j, y + ty, x + tx);
            }
        out(i, y, x) = sum / weights;
      }
  return out;
}

template <class A, class B>
double largest_difference(stack<A> const& a, stack<B> const& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.v.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(a.v[i]) - static_cast<double>(b.v[i])));
  return most;
}

template <class T>
double bound() {
  return sizeof(T) == 4 ? 1e-5 : 1e-12;  // the values are about 16
}

}  // namespace

TEST_CASE_TEMPLATE("non-local means agrees with its definition in plain loops", T, float, double) {
  auto const in = scene<T>({1, 29, 41});
  for (auto const window : {patch_window::scikit_image, patch_window::centred})
    for (auto const& [patch, distance] : {std::pair{1, 3}, {3, 1}, {3, 4}, {5, 6}, {7, 5}})
      for (double const sigma : {0.0, 0.8}) {
        non_local_means_options const o{
            .patch = patch, .distance = distance, .h = 0.9, .sigma = sigma, .window = window};
        CAPTURE(patch);
        CAPTURE(sigma);
        auto const out = denoise(in, o);
        CHECK(largest_difference(out, plain(in, o)) <= bound<T>());
        CHECK(largest_difference(out, in) > 0.5);  // it did something
      }
}

TEST_CASE_TEMPLATE("non-local means agrees with plain loops across tiles and on every instruction set", T,
                   float, double) {
  auto const in = scene<T>({1, 75, 270});  // two tiles down, two across
  non_local_means_options o{.patch = 5, .distance = 3, .h = 0.8, .sigma = 0.5};
  auto const expected = plain(in, o);
  for (isa const level : {isa::baseline, isa::avx2, isa::avx512}) {
    o.level = level;
    CHECK(largest_difference(denoise(in, o), expected) <= bound<T>());
  }
}

TEST_CASE_TEMPLATE("the exponential of the weights is right to the last digits and ends where it should", T,
                   float, double) {
  using vector = tomoedx::detail::nlm_vector<T, 16>;
  double worst = 0;
  for (int i = 0; i <= 200000; ++i) {
    T const x = T(i) * T(5.5 / 200000);
    T lanes[vector::size];
    std::fill_n(lanes, vector::size, x);
    typename vector::type v = vector::at(static_cast<T const*>(lanes));
    vector::decay_up_to(v, T(5));
    vector::at(lanes) = v;
    for (T const lane : lanes)
      if (x > T(5))
        CHECK(lane == T(0));
      else
        worst = std::max(worst, std::abs(static_cast<double>(lane) * std::exp(static_cast<double>(x)) - 1));
  }
  CHECK(worst <= 2.5 * std::numeric_limits<T>::epsilon());
}

TEST_CASE_TEMPLATE("non-local means searches in neighbouring images of a stack when asked to", T, float,
                   double) {
  auto const in = scene<T>({4, 17, 22});
  non_local_means_options o{.patch = 5, .distance = 2, .h = 0.9, .frames = 0};
  auto const alone = denoise(in, o);
  CHECK(largest_difference(alone, plain(in, o)) <= bound<T>());
  for (int const frames : {1, 2, 9}) {
    o.frames = frames;
    auto const out = denoise(in, o);
    CHECK(largest_difference(out, plain(in, o)) <= bound<T>());
    CHECK(largest_difference(out, alone) > 0.1);
  }
}

TEST_CASE_TEMPLATE("non-local means takes images of any size, down to one pixel", T, float, double) {
  for (size const n : {size{1, 1, 1}, {1, 1, 9}, {1, 9, 1}, {2, 2, 2}, {1, 3, 2}, {3, 1, 300}, {1, 65, 2}}) {
    auto const in = scene<T>(n);
    for (int const frames : {0, 1})
      for (auto const window : {patch_window::scikit_image, patch_window::centred}) {
        non_local_means_options const o{
            .patch = 7, .distance = 5, .h = 0.7, .sigma = 0.3, .frames = frames, .window = window};
        CHECK(largest_difference(denoise(in, o), plain(in, o)) <= bound<T>());
      }
  }
}

TEST_CASE_TEMPLATE("a constant image comes back bit by bit, and any image when h tends to zero", T, float,
                   double) {
  stack<T> constant({2, 40, 33});
  for (T& v : constant.v) v = T(1234567.1);
  for (double const sigma : {0.0, 3.0})
    CHECK(denoise(constant, {.patch = 5, .distance = 4, .h = 0.1, .sigma = sigma, .frames = 1}).v ==
          constant.v);

  auto const in = scene<T>({1, 33, 47});
  for (double const h : {1e-3, 1e-30, 1e-200})
    CHECK(denoise(in, {.patch = 5, .distance = 4, .h = h}).v == in.v);
}

TEST_CASE("a very large h gives the plain mean of the search window") {
  auto const in = scene<double>({1, 20, 31});
  CHECK(largest_difference(denoise(in, {.patch = 3, .distance = 2, .h = 1e9}),
                           plain(in, {.patch = 1, .distance = 2, .h = 1e9})) <= 1e-12);
}

TEST_CASE_TEMPLATE("non-local means commutes with mirrors and transposition", T, float, double) {
  auto const in = scene<T>({1, 37, 52});
  non_local_means_options o{.patch = 5, .distance = 4, .h = 0.8, .sigma = 0.4};
  auto const turned = [](stack<T> const& s, int way) {
    auto const [n, h, w] = s.n;
    stack<T> t(way == 2 ? size{n, w, h} : s.n);
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x)
        (way == 0 ? t(0, h - 1 - y, x) : way == 1 ? t(0, y, w - 1 - x) : t(0, x, y)) = s(0, y, x);
    return t;
  };
  CHECK(largest_difference(denoise(turned(in, 2), o), turned(denoise(in, o), 2)) <= bound<T>());
  o.window = patch_window::centred;
  for (int const way : {0, 1, 2})
    CHECK(largest_difference(denoise(turned(in, way), o), turned(denoise(in, o), way)) <= bound<T>());
}

TEST_CASE_TEMPLATE("the result does not depend on the number of threads", T, float, double) {
  auto const in = scene<T>({5, 90, 300});
  non_local_means_options const o{.patch = 5, .distance = 3, .h = 0.8, .frames = 1};
  CHECK(denoise<Kokkos::Serial>(in, o).v == denoise<Kokkos::DefaultHostExecutionSpace>(in, o).v);
}

TEST_CASE("float agrees with double next to a spike that running sums would not survive") {
  auto single = scene<float>({1, 60, 60});
  auto precise = scene<double>({1, 60, 60});
  for (int const y : {3, 20, 41}) single(0, y, 30) = 3e6f, precise(0, y, 30) = 3e6;
  non_local_means_options const o{.patch = 5, .distance = 6, .h = 0.9, .sigma = 0.7};
  auto const a = denoise(single, o);
  auto const b = denoise(precise, o);
  for (std::size_t i = 0; i < a.v.size(); ++i) CHECK(a.v[i] == doctest::Approx(b.v[i]).epsilon(2e-5));
}

TEST_CASE("non-local means takes off noise and keeps edges") {
  size const n{1, 64, 64};
  stack<float> clean(n), noisy(n);
  tomoedx::random_stream noise(5, 0);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) {
      clean(0, y, x) = (x / 16 + y / 16) % 2 == 0 ? 10.f : 2.f;
      noisy(0, y, x) = clean(0, y, x) + static_cast<float>(noise.normal());
    }
  auto const mse = [&](stack<float> const& s) {
    double sum = 0;
    for (std::size_t i = 0; i < s.v.size(); ++i) sum += std::pow(s.v[i] - clean.v[i], 2);
    return sum / static_cast<double>(s.v.size());
  };
  CHECK(mse(denoise(noisy, {.patch = 5, .distance = 9, .h = 0.8, .sigma = 1})) < 0.08 * mse(noisy));
}

TEST_CASE("the observer hears of every image and can end the work") {
  auto const in = scene<float>({30, 66, 20});
  stack<float> out(in.n);
  auto const from = tomoedx::borrow(in.v.data(), 30, 66, 20);
  auto const to = tomoedx::borrow(out.v.data(), 30, 66, 20);
  non_local_means_options const o{.patch = 3, .distance = 1, .h = 1};
  std::vector<std::size_t> done;
  tomoedx::denoise_non_local_means(Kokkos::Serial(), from, to, o, [&](tomoedx::progress const& p) {
    CHECK(p.iterations == 30);
    done.push_back(p.iteration);
    return tomoedx::decision::proceed;
  });
  CHECK(std::is_sorted(done.begin(), done.end()));
  CHECK(done.size() > 1);
  CHECK(done.back() == 30);
  CHECK_THROWS_AS(
      tomoedx::denoise_non_local_means(Kokkos::Serial(), from, to, o,
                                       [](tomoedx::progress const&) { return tomoedx::decision::stop; }),
      tomoedx::cancelled);
}

TEST_CASE_TEMPLATE("non-local means refuses what it cannot take, before it writes", T, float, double) {
  using tomoedx::value_error;
  auto in = scene<T>({1, 8, 8});
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (non_local_means_options const& bad : {non_local_means_options{.h = 0},
                                             {.h = -1},
                                             {.h = nan},
                                             {.patch = 4, .h = 1},
                                             {.patch = 0, .h = 1},
                                             {.patch = -3, .h = 1},
                                             {.patch = 101, .h = 1},
                                             {.distance = -1, .h = 1},
                                             {.distance = 501, .h = 1},
                                             {.h = 1, .sigma = -1},
                                             {.h = 1, .sigma = nan},
                                             {.h = 1, .frames = -1}})
    CHECK_THROWS_AS(denoise(in, bad), value_error);

  non_local_means_denoiser<T, Kokkos::Serial> const d({.patch = 3, .distance = 1, .h = 1});
  std::vector<T> out(64, T(-7));
  auto const view = [](auto& v, int n, int y, int x) { return tomoedx::borrow(v.data(), n, y, x); };
  CHECK_THROWS_AS(d(view(in.v, 1, 8, 8), view(out, 1, 4, 16)), tomoedx::shape_error);
  CHECK_THROWS_AS(d(view(in.v, 0, 8, 8), view(out, 0, 8, 8)), tomoedx::shape_error);
  CHECK_THROWS_AS(d(view(in.v, 1, 8, 8), view(in.v, 1, 8, 8)), value_error);
  for (double const bad : {nan, std::numeric_limits<double>::infinity(), sizeof(T) == 4 ? 1e18 : 1e152}) {
    in.v[63] = static_cast<T>(bad);
    CHECK_THROWS_AS(d(view(in.v, 1, 8, 8), view(out, 1, 8, 8)), value_error);
  }
  double const dim =
      sizeof(T) == 4 ? 1e-17 : 1e-152;  // the squares of such differences are no numbers any more
  for (std::size_t i = 0; i < in.v.size(); ++i) in.v[i] = static_cast<T>(dim * static_cast<double>(i) / 64);
  CHECK_THROWS_AS(d(view(in.v, 1, 8, 8), view(out, 1, 8, 8)), value_error);
  CHECK(std::all_of(out.begin(), out.end(), [](T v) { return v == T(-7); }));
  std::fill(in.v.begin(), in.v.end(), static_cast<T>(dim));
  d(view(in.v, 1, 8, 8), view(out, 1, 8, 8));
  CHECK(out == in.v);
}
