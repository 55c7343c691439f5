// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_NOISE_CHECKS_HPP
#define TOMOEDX_TESTS_NOISE_CHECKS_HPP

#include <tomoedx/core/repeated_values.hpp>

#include "../solvers/plain.hpp"

#include <doctest/doctest.h>

#include <functional>

// What every noise model promises, checked against a plain function of one datum.
namespace noise_checks {

using plain::vector;

template <class Noise>
typename Noise::flat put(vector const& v) {
  typename Noise::flat const to("values", v.size());
  auto const host = Kokkos::create_mirror_view(to);
  for (std::size_t i = 0; i < v.size(); ++i) host(i) = static_cast<typename Noise::value_type>(v[i]);
  Kokkos::deep_copy(to, host);
  return to;
}
template <class Space>
double get(tomoedx::number_on<Space> const& f) {
  return *Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), f).data();
}

/// F(m) of a datum i in plain double.
using law = std::function<double(std::size_t i, double m)>;

/// The m with the largest concave g(m), by golden section between two numbers.
template <class G>
double argmax(G const& g, double low, double high) {
  double const ratio = (std::sqrt(5.0) - 1) / 2;
  double a = high - ratio * (high - low), b = low + ratio * (high - low);
  for (int k = 0; k < 200; ++k) {
    if (g(a) > g(b))
      high = b;
    else
      low = a;
    a = high - ratio * (high - low), b = low + ratio * (high - low);
  }
  return (low + high) / 2;
}

/// Value, gradient, conjugate and dual step at models m, against the law. `low(i)` is where its domain begins.
template <class Noise>
void check(Noise const& noise, law const& f, std::function<double(std::size_t)> const& low, vector const& m,
           vector const& sigma, double tolerance) {
  using T = typename Noise::value_type;
  using Space = typename Noise::execution_space;
  std::size_t const n = m.size();
  tomoedx::number_on<Space> const number("number");
  auto const approx = [&](double v) { return doctest::Approx(v).epsilon(tolerance).scale(1); };

  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += f(i, m[i]);
  noise.value(put<Noise>(m), number);
  CHECK(get<Space>(number) == approx(sum));

  auto const q = put<Noise>(m);
  noise.gradient(q, number);
  CHECK(get<Space>(number) == approx(sum));
  auto const slope = plain::flat(q);
  for (std::size_t i = 0; i < n; ++i) {
    double const h = 1e-5 * (1 + std::abs(m[i]));
    CAPTURE(i);
    CHECK(slope[i] == doctest::Approx((f(i, m[i] + h) - f(i, m[i] - h)) / (2 * h))
                          .epsilon(100 * tolerance + 1e-6)
                          .scale(1));
  }
  // Fenchel and Young: F(m) + F*(F'(m)) = <m, F'(m)>
  double product = 0, conjugate = 0;
  for (std::size_t i = 0; i < n; ++i) {
    product += m[i] * slope[i];
    double const at = argmax([&](double u) { return u * slope[i] - f(i, u); }, low(i), low(i) + 1e3);
    conjugate += at * slope[i] - f(i, at);
  }
  noise.conjugate(q, number);
  CHECK(get<Space>(number) == doctest::Approx(product - sum).epsilon(tolerance).scale(std::abs(product)));
  CHECK(get<Space>(number) ==
        doctest::Approx(conjugate).epsilon(10 * tolerance).scale(std::abs(product) + sum));

  // Moreau: z - prox of sigma F* at z = sigma (prox of F / sigma at z / sigma)
  vector start(n);
  for (std::size_t i = 0; i < n; ++i) start[i] = 0.9 * std::sin(static_cast<double>(7 * i));
  auto const p = put<Noise>(start);
  tomoedx::repeated_values<T, typename Space::memory_space> const steps{.values = put<Noise>(sigma)};
  auto const first = plain::flat(p), at = plain::flat(put<Noise>(m));
  noise.dual_step(p, put<Noise>(m), steps);
  auto const after = plain::flat(p);
  for (std::size_t i = 0; i < n; ++i) {
    double const s = plain::flat(steps.values)[i % sigma.size()], z = first[i] + s * at[i];
    double const u =
        argmax([&](double v) { return -f(i, v) - s / 2 * (v - z / s) * (v - z / s); }, low(i), low(i) + 2e3);
    CAPTURE(i);
    CAPTURE(s);
    CHECK(after[i] == doctest::Approx(z - s * u).epsilon(10 * tolerance + 1e-7).scale(1 + std::abs(z)));
  }
  noise.conjugate(p, number);
  CHECK(std::isfinite(get<Space>(number)));
}

}  // namespace noise_checks

#endif
