// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_DENOISE_RISK_SCENE_HPP
#define TOMOEDX_TESTS_DENOISE_RISK_SCENE_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

// What the tests of the risks share: a known scene, noise, and a filter whose parameter matters.
namespace risk_scene {

template <class T>
using stack = Kokkos::View<T***, Kokkos::LayoutRight, Kokkos::HostSpace>;

template <class T>
stack<T> empty(std::size_t n, std::size_t h, std::size_t w) {
  return stack<T>("scene", n, h, w);
}

/// A particle, its brighter core, and stripes: values from `level` to about 5 `level`.
template <class T>
stack<T> truth(std::size_t n, std::size_t h, std::size_t w, double level) {
  auto const s = empty<T>(n, h, w);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t y = 0; y < h; ++y)
      for (std::size_t x = 0; x < w; ++x) {
        double const r = std::hypot(double(y) - 0.45 * double(h), double(x) - 0.5 * double(w)) / double(h);
        double const stripes = y > 3 * h / 4 ? 0.5 * std::sin(0.4 * double(x + i)) : 0;
        s(i, y, x) = static_cast<T>(level * (1 + (r < 0.33 ? 2 : 0) + (r < 0.12 ? 2 : 0) + stripes));
      }
  return s;
}

inline double poisson(tomoedx::random_stream& random, double mean) {
  double const end = std::exp(-mean);
  double product = random.uniform();
  int count = 0;
  for (; product > end; ++count) product *= random.uniform();
  return count;
}

template <class T>
stack<T> with_counts(stack<T> const& clean, std::uint64_t seed, double gain = 1, double sigma = 0) {
  auto const s = empty<T>(clean.extent(0), clean.extent(1), clean.extent(2));
  for (std::size_t i = 0; i < s.size(); ++i) {
    tomoedx::random_stream random(seed, i);
    double const counts = gain * poisson(random, double(clean.data()[i]) / gain);
    s.data()[i] = static_cast<T>(counts + (sigma > 0 ? sigma * random.normal() : 0.0));
  }
  return s;
}

template <class T>
stack<T> with_gaussian(stack<T> const& clean, std::uint64_t seed, double sigma) {
  auto const s = empty<T>(clean.extent(0), clean.extent(1), clean.extent(2));
  for (std::size_t i = 0; i < s.size(); ++i)
    s.data()[i] = static_cast<T>(double(clean.data()[i]) + sigma * tomoedx::random_stream(seed, i).normal());
  return s;
}

/// A Gaussian filter in the plainest form, mirrored borders; it counts its runs.
template <class T>
struct blur {
  using execution_space = Kokkos::Serial;
  using value_type = T;
  double sigma = 1;
  int* runs = nullptr;

  template <class Watch>
  void operator()(stack<T const> const& in, stack<T> const& out, Watch&&) const {
    if (runs != nullptr) ++*runs;
    int const reach = static_cast<int>(std::ceil(4 * sigma));
    std::vector<double> taps;
    for (int k = -reach; k <= reach; ++k) taps.push_back(std::exp(-0.5 * k * k / (sigma * sigma)));
    double total = 0;
    for (double const t : taps) total += t;
    auto const inside = [](int i, int n) {
      int const period = 2 * n;
      i = ((i % period) + period) % period;
      return static_cast<std::size_t>(i < n ? i : period - 1 - i);
    };
    int const h = static_cast<int>(in.extent(1)), w = static_cast<int>(in.extent(2));
    std::vector<double> half(static_cast<std::size_t>(h) * static_cast<std::size_t>(w));
    for (std::size_t n = 0; n < in.extent(0); ++n) {
      for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
          double sum = 0;
          for (int k = -reach; k <= reach; ++k)
            sum += taps[static_cast<std::size_t>(k + reach)] * double(in(n, inside(y + k, h), x));
          half[static_cast<std::size_t>(y * w + x)] = sum / total;
        }
      for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
          double sum = 0;
          for (int k = -reach; k <= reach; ++k)
            sum += taps[static_cast<std::size_t>(k + reach)] *
                   half[static_cast<std::size_t>(y * w) + inside(x + k, w)];
          out(n, y, x) = static_cast<T>(sum / total);
        }
    }
  }
};

/// The denoiser that does nothing: its risk is known.
template <class T>
struct nothing {
  using execution_space = Kokkos::Serial;
  using value_type = T;
  template <class Watch>
  void operator()(stack<T const> const& in, stack<T> const& out, Watch&&) const {
    std::copy_n(in.data(), in.size(), out.data());
  }
};

template <class D, class T>
double true_mse(D&& denoise, stack<T> const& noisy, stack<T> const& clean) {
  auto const out = empty<T>(noisy.extent(0), noisy.extent(1), noisy.extent(2));
  tomoedx::ignore nobody;
  denoise(stack<T const>(noisy), out, nobody);
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    sum += std::pow(double(out.data()[i]) - double(clean.data()[i]), 2);
  return sum / double(out.size());
}

/// The lowest true error on a fine logarithmic grid.
template <class Make, class T>
double lowest_mse(Make&& make, stack<T> const& noisy, stack<T> const& clean, double low, double high,
                  int places) {
  double lowest = 1e300;
  for (int i = 0; i < places; ++i)
    lowest = std::min(lowest, true_mse(make(low * std::pow(high / low, i / (places - 1.0))), noisy, clean));
  return lowest;
}

}  // namespace risk_scene

#endif
