// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/bm3d.hpp>
#include <tomoedx/denoise/for_counts.hpp>
#include <tomoedx/denoise/non_local_means.hpp>

#include <doctest/doctest.h>

#include <limits>

namespace {

/// The plainest denoiser: every pixel becomes the mean of its image.
template <class T>
struct mean_of_image {
  using execution_space = Kokkos::Serial;
  using value_type = T;
  Kokkos::View<T const***, Kokkos::LayoutRight, Kokkos::HostSpace>* seen = nullptr;

  template <class In, class Out, class Watch>
  void operator()(In const& in, Out const& out, Watch&& watch) const {
    if (seen) *seen = in;
    for (std::size_t i = 0; i < in.extent(0); ++i) {
      double sum = 0;
      std::size_t const pixels = in.extent(1) * in.extent(2);
      for (std::size_t j = 0; j < pixels; ++j) sum += static_cast<double>(in.data()[i * pixels + j]);
      std::fill_n(out.data() + i * pixels, pixels, static_cast<T>(sum / static_cast<double>(pixels)));
      watch(tomoedx::progress{.iteration = i + 1, .iterations = in.extent(0)});
    }
  }
};
static_assert(tomoedx::denoiser<mean_of_image<float>>);
static_assert(tomoedx::denoiser<tomoedx::for_counts<mean_of_image<double>>>);
static_assert(tomoedx::denoiser<tomoedx::for_counts<tomoedx::bm3d_denoiser<>>>);

/// Counts of mean m, by inversion of the distribution.
int draw(double m, std::uint64_t index) {
  double u = tomoedx::random_stream(8, index).uniform(), p = std::exp(-m);
  int k = 0;
  for (; u > p && k < 1000; p *= m / ++k) u -= p;
  return k;
}

}  // namespace

TEST_CASE_TEMPLATE("the mean of counts comes back without bias, where squaring back is far off", T, float,
                   double) {
  constexpr int n = 300;
  for (double const m : {0.2, 1.0, 4.0}) {
    std::vector<T> counts(n * n), out(n * n);
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] = static_cast<T>(draw(m, i));
      sum += static_cast<double>(counts[i]);
    }
    tomoedx::for_counts denoise(mean_of_image<T>{});
    denoise(tomoedx::borrow(static_cast<T const*>(counts.data()), 1, n, n),
            tomoedx::borrow(out.data(), 1, n, n));
    CAPTURE(m);
    CHECK(static_cast<double>(out[0]) == doctest::Approx(sum / (n * n)).epsilon(0.02));
    double stable = 0;
    for (T const c : counts) stable += denoise.transform().forward(static_cast<double>(c)) / (n * n);
    CHECK(stable * stable / 4 - 0.375 < 0.97 * sum / (n * n));
  }
}

TEST_CASE("what the inner denoiser sees is stabilised, and gain and offset are undone") {
  std::vector<double> const v{40, 45, 60, 42.5};
  std::vector<double> out(4);
  Kokkos::View<double const***, Kokkos::LayoutRight, Kokkos::HostSpace> seen;
  tomoedx::for_counts denoise(mean_of_image<double>{&seen}, {.gain = 2.5, .offset = 40});
  denoise(tomoedx::borrow(v.data(), 1, 2, 2), tomoedx::borrow(out.data(), 1, 2, 2));
  double mean = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(seen.data()[i] == doctest::Approx(2 * std::sqrt((v[i] - 40) / 2.5 + 0.375)).epsilon(1e-14));
    mean += seen.data()[i] / 4;
  }
  CHECK(out[2] == doctest::Approx(40 + 2.5 * tomoedx::anscombe_transform().inverse(mean)).epsilon(1e-14));
}

TEST_CASE("negative counts are refused before anything is written, with read noise they are allowed") {
  std::vector<float> const v{1, 2, -1, 3};
  std::vector<float> out(4, 77);
  tomoedx::for_counts strict(mean_of_image<float>{});
  CHECK_THROWS_AS(strict(tomoedx::borrow(v.data(), 1, 2, 2), tomoedx::borrow(out.data(), 1, 2, 2)),
                  tomoedx::value_error);
  CHECK(out == std::vector<float>(4, 77));
  tomoedx::for_counts lenient(mean_of_image<float>{}, {.read_noise = 1});
  lenient(tomoedx::borrow(v.data(), 1, 2, 2), tomoedx::borrow(out.data(), 1, 2, 2));
  CHECK(out[0] == out[3]);
  CHECK(out[0] < 3);
}

TEST_CASE_TEMPLATE("no counts at all come back as none, with gain and offset too", T, float, double) {
  for (tomoedx::count_model const& model :
       {tomoedx::count_model{}, {.gain = 2.5}, {.gain = 0.3, .offset = 40.7}, {.offset = -3}}) {
    std::vector<T> const v(2 * 16 * 16, static_cast<T>(model.offset));
    std::vector<T> out(v.size(), T(77));
    auto const from = tomoedx::borrow(v.data(), 2, 16, 16);
    auto const to = tomoedx::borrow(out.data(), 2, 16, 16);
    tomoedx::for_counts(mean_of_image<T>{}, model)(from, to);
    CHECK(out == v);
    out.assign(v.size(), T(77));
    tomoedx::for_counts(tomoedx::bm3d_denoiser<T>({.sigma = 1}), model)(from, to);
    CHECK(out == v);
    out.assign(v.size(), T(77));
    tomoedx::for_counts(tomoedx::non_local_means_denoiser<T>({.h = 0.8, .sigma = 1}), model)(from, to);
    CHECK(out == v);
  }
}

TEST_CASE("space and options are those of the inner denoiser") {
  tomoedx::for_counts const denoise(tomoedx::non_local_means_denoiser<float, Kokkos::Serial>({.h = 0.75}));
  CHECK(denoise.options().h == 0.75);
  CHECK(denoise.space() == Kokkos::Serial());
  CHECK(tomoedx::for_counts(mean_of_image<float>{}).space() == Kokkos::Serial());  // which has none to show
}

TEST_CASE("the observer is passed on") {
  std::vector<float> const v(12, 3);
  std::vector<float> out(12);
  std::vector<std::size_t> heard;
  tomoedx::for_counts denoise(mean_of_image<float>{});
  denoise(tomoedx::borrow(v.data(), 3, 2, 2), tomoedx::borrow(out.data(), 3, 2, 2),
          [&](tomoedx::progress const& p) {
            heard.push_back(p.iteration);
            return tomoedx::decision::proceed;
          });
  CHECK(heard == std::vector<std::size_t>{1, 2, 3});
}
