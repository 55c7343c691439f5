// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_DENOISE_FILTERS_HPP
#define TOMOEDX_TESTS_DENOISE_FILTERS_HPP

#include "../messages.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace filters {

using tomoedx_tests::contains, tomoedx_tests::message_of;

using shape = tomoedx::extents<3>;

/// A step, a ramp and noise: something every filter has work with.
template <class T>
std::vector<T> scene(shape const& s, unsigned seed, double noise = 0.2) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, noise);
  std::vector<T> values;
  for (std::size_t z = 0; z < s[0]; ++z)
    for (std::size_t y = 0; y < s[1]; ++y)
      for (std::size_t x = 0; x < s[2]; ++x)
        values.push_back(static_cast<T>((3 * x > s[2] ? 1.0 : 0.0) + (2 * (y + z) > s[1] + s[0] ? 0.5 : 0.0) +
                                        0.02 * static_cast<double>(x) + normal(engine)));
  return values;
}

/// Run a denoiser on the host over a vector.
template <class D, class T = typename D::value_type>
std::vector<T> run(D denoise, std::vector<T> const& in, shape const& s) {
  std::vector<T> out(in.size(), T(-7));
  denoise(tomoedx::borrow(in.data(), s[0], s[1], s[2]), tomoedx::borrow(out.data(), s[0], s[1], s[2]));
  return out;
}

template <class A, class B>
double furthest(std::vector<A> const& a, std::vector<B> const& b) {
  double d = a.size() == b.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    double const e = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    d = e <= d ? d : e;  // NaN counts
  }
  return d;
}
template <class A, class B>
double rms_distance(std::vector<A> const& a, std::vector<B> const& b) {
  double sum = a.size() == b.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

template <class T>
double mean(std::vector<T> const& a) {
  double sum = 0;
  for (T const v : a) sum += static_cast<double>(v);
  return sum / static_cast<double>(a.size());
}
template <class T>
double deviation(std::vector<T> const& a) {
  return rms_distance(a, std::vector<double>(a.size(), mean(a)));
}

template <class T>
std::vector<T> scaled(std::vector<T> a, double factor, double offset = 0) {
  for (T& v : a) v = static_cast<T>(static_cast<double>(v) * factor + offset);
  return a;
}

/// Axes in another order: result(i0, i1, i2) is a with axis order[k] in place k.
template <class T>
std::vector<T> transposed(std::vector<T> const& a, shape const& s, std::array<std::size_t, 3> const& order) {
  std::vector<T> b;
  shape i{};
  auto& [p, q, r] = i;
  for (p = 0; p < s[order[0]]; ++p)
    for (q = 0; q < s[order[1]]; ++q)
      for (r = 0; r < s[order[2]]; ++r) {
        shape at{};
        for (std::size_t k = 0; k < 3; ++k) at[order[k]] = i[k];
        b.push_back(a[(at[0] * s[1] + at[1]) * s[2] + at[2]]);
      }
  return b;
}
inline constexpr std::array<std::size_t, 3> swap_yx = {0, 2, 1};

template <class T>
std::vector<T> mirrored_x(std::vector<T> a, shape const& s) {
  for (std::size_t i = 0; i < a.size(); i += s[2])
    std::reverse(a.begin() + static_cast<std::ptrdiff_t>(i),
                 a.begin() + static_cast<std::ptrdiff_t>(i + s[2]));
  return a;
}

/// Sum of the lengths of the forward differences over all axes given.
template <class T>
double total_variation(std::vector<T> const& a, shape const& s, bool isotropic = true) {
  std::array<std::size_t, 3> const stride = {s[1] * s[2], s[2], 1};
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::array<std::size_t, 3> const at = {i / stride[0], i / s[2] % s[1], i % s[2]};
    double squares = 0, lengths = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      double const d =
          at[k] + 1 < s[k] ? static_cast<double>(a[i + stride[k]]) - static_cast<double>(a[i]) : 0;
      squares += d * d;
      lengths += std::abs(d);
    }
    sum += isotropic ? std::sqrt(squares) : lengths;
  }
  return sum;
}

/// The minimiser of 1/2 |x - f|^2 + lambda TV(x) in plain loops and double, from the dual by projected gradients
/// with Nesterov's momentum; and the duality gap it was left at.
///
/// source   Beck and Teboulle, IEEE Trans. Image Process. 18 (2009) 2419
struct plain_rof {
  std::vector<double> x;
  double gap = 0;

  plain_rof(std::vector<double> const& f, shape const& s, double lambda, bool isotropic = true,
            int iterations = 4000) {
    std::array<std::size_t, 3> const stride = {s[1] * s[2], s[2], 1};
    std::size_t const n = f.size();
    std::array<std::vector<double>, 3> p, q, g;
    for (auto* a : {&p, &q, &g}) a->fill(std::vector<double>(n, 0.0));
    auto const inside = [&](std::size_t i, std::size_t k) { return i / stride[k] % s[k] + 1 < s[k]; };
    auto const primal = [&](auto const& dual) {
      x = f;
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < n; ++i)
          if (inside(i, k)) x[i] += dual[k][i], x[i + stride[k]] -= dual[k][i];
    };
    auto const gradient = [&] {
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < n; ++i) g[k][i] = inside(i, k) ? x[i + stride[k]] - x[i] : 0;
    };
    double const step = 1.0 / (s[0] > 1 ? 12 : 8);
    double t = 1;
    for (int it = 0; it < iterations; ++it) {
      primal(q);
      gradient();
      double const next = (1 + std::sqrt(1 + 4 * t * t)) / 2, momentum = (t - 1) / next;
      t = next;
      for (std::size_t i = 0; i < n; ++i) {
        double squares = 0;
        for (std::size_t k = 0; k < 3; ++k) squares += std::pow(q[k][i] + step * g[k][i], 2);
        for (std::size_t k = 0; k < 3; ++k) {
          double const moved = q[k][i] + step * g[k][i];
          double const length = isotropic ? std::sqrt(squares) : std::abs(moved);
          double const now = length > lambda ? moved * lambda / length : moved;
          q[k][i] = now + momentum * (now - p[k][i]);
          p[k][i] = now;
        }
      }
    }
    primal(p);
    gradient();
    gap = lambda * total_variation(x, s, isotropic);
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < n; ++i) gap -= p[k][i] * g[k][i];
  }
};

/// Give a filter what none takes. Returns what was not refused, or written to; empty when all is well.
template <class D>
std::string not_refused(D denoise) {
  using T = typename D::value_type;
  std::vector<T> in(24, T(1)), out(24, T(-7));
  auto const good = tomoedx::borrow(out.data(), 2, 3, 4);
  auto const says = [&](auto const& from, auto const& to, char const* part) {
    return contains(message_of<tomoedx::error>([&] { denoise(from, to); }), part);
  };
  if (!says(tomoedx::borrow(in.data(), 2, 4, 3), good, "extent 1 is 4 in the input and 3")) return "extents";
  if (!says(tomoedx::borrow(in.data(), 0, 3, 4), tomoedx::borrow(out.data(), 0, 3, 4), "nothing to denoise"))
    return "empty";
  if (!says(tomoedx::borrow(out.data(), 2, 3, 4), good, "overlap")) return "overlap";
  for (double const bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    in[17] = static_cast<T>(bad);
    if (!says(tomoedx::borrow(in.data(), 2, 3, 4), good, "value 5 of image 1 is")) return "not finite";
  }
  return furthest(out, std::vector<double>(24, -7.0)) == 0 ? "" : "the output was written";
}

}  // namespace filters

#endif
