// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_OPERATOR_NORM_HPP
#define TOMOEDX_SOLVERS_OPERATOR_NORM_HPP

#include <tomoedx/core/operand.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/core/runtime.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tomoedx {

/// How to find the norm of an operator.
struct norm_options {
  std::size_t iterations = 30;  ///< at most; each is one forward and one adjoint
  std::uint64_t seed = 1;       ///< of the start for weights of either sign
  double tolerance = 1e-3;   ///< end when bound and estimate, or two estimates, differ by less than this part
  bool non_negative = true;  ///< no weight is below zero, as in every projector
  double margin = 0.05;      ///< what the bound of a general operator adds to the estimate, as a part of it
};

/// The largest singular value of an operator: estimate <= |A| <= bound.
struct norm_estimate {
  double estimate = 0;         ///< a lower bound that power iteration raises
  double bound = 0;            ///< an upper bound when `certain`, else estimate * (1 + margin)
  bool certain = false;        ///< the weights are not negative, so that `bound` is proven, up to rounding
  std::size_t iterations = 0;  ///< iterations done
};

namespace detail {

/// What a step of power iteration is judged by: |g|^2, |x|^2 and the range of g / x over x > 0.
struct power_sums {
  double image = 0, start = 0, least = std::numeric_limits<double>::infinity(), most = 0;
};

/// A part of the sums over g = A'A x. Parts are fixed, so that the result does not depend on the threads.
template <class T>
struct power_part {
  T const* x;
  T const* g;
  power_sums* parts;
  std::size_t count, part;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    power_sums s{};
    std::size_t const end = Kokkos::min(count, (n + 1) * part);
    for (std::size_t i = n * part; i < end; ++i) {
      double const from = static_cast<double>(x[i]), to = static_cast<double>(g[i]);
      s.start += from * from;
      s.image += to * to;
      if (from > 0) {
        double const ratio = to / from;
        s.most = ratio > s.most ? ratio : s.most;
        s.least = ratio < s.least ? ratio : s.least;
      }
    }
    parts[n] = s;
  }
};

/// x <- ones, or random values of either sign.
template <class T>
struct power_start {
  T* x;
  std::uint64_t seed;
  bool ones;

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    x[i] = ones ? T(1) : static_cast<T>(random_stream(seed, i).normal());
  }
};

/// x <- factor * g.
template <class T>
struct power_next {
  T const* g;
  T* x;
  T factor;

  KOKKOS_FUNCTION void operator()(std::size_t i) const { x[i] = factor * g[i]; }
};

/// The sums of a step, on the host.
template <class Space, class View, class Parts, class Host>
power_sums sums_of_step(Space const& space, View const& x, View const& g, Parts const& parts,
                        Host const& host) {
  using T = typename View::non_const_value_type;
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  std::size_t const part = (x.size() + parts.extent(0) - 1) / parts.extent(0);
  Kokkos::parallel_for("tomoedx::operator_norm::sums", policy(space, 0, parts.extent(0)),
                       power_part<T>{x.data(), g.data(), parts.data(), x.size(), part});
  Kokkos::deep_copy(space, host, parts);
  space.fence("tomoedx::operator_norm: sums of a step");
  power_sums all;
  for (std::size_t n = 0; n < host.extent(0); ++n) {
    all.image += host(n).image;
    all.start += host(n).start;
    all.most = std::max(all.most, host(n).most);
    all.least = std::min(all.least, host(n).least);
  }
  return all;
}

inline void validate(norm_options const& o) {
  expects<value_error>(o.iterations > 0, "operator_norm: iterations is 0; ask for at least one");
  expects<value_error>(o.tolerance >= 0 && o.tolerance < 1,
                       "operator_norm: the tolerance is {}; it is a fraction below 1", o.tolerance);
  expects<value_error>(o.margin >= 0 && std::isfinite(o.margin),
                       "operator_norm: the margin is {}; it is a part of the estimate, not negative",
                       o.margin);
}

}  // namespace detail

/// The norm |A| (the largest singular value) by power iteration on A'A.
///
/// With weights >= 0 and any x > 0, |A|^2 is at most the largest (A'A x) / x over the voxels. From x = 1 this is never
/// above the largest row sum times the largest column sum, and it falls with every iteration. Where an operator
/// proves to have negative weights after all, the result is that of a general operator.
/// requires memory for two domains and one range
/// throws   tomoedx::value_error for options that mean nothing, or an operator that gives NaN or infinity
/// source   Horn and Johnson, Matrix Analysis, 2nd ed., theorem 8.1.26 (Collatz and Wielandt)
template <linear_operator Op>
norm_estimate operator_norm(Op const& op, norm_options const& options = {}) {
  using T = typename Op::domain_view::value_type;
  using Space = typename Op::execution_space;
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  require_kokkos("operator_norm");
  detail::validate(options);
  auto const space = op.space();
  auto const x = make_domain(op), g = make_domain(op);
  auto const y = make_range(op);
  expects<shape_error>(x.size() > 0 && y.size() > 0, "operator_norm: the operator maps {} values to {}",
                       x.size(), y.size());
  Kokkos::View<detail::power_sums*, typename Space::memory_space> const parts(
      Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::operator_norm::parts"),
      std::min<std::size_t>(x.size(), 4096));
  auto const host = Kokkos::create_mirror_view(parts);

  norm_estimate norm{.certain = options.non_negative};
  Kokkos::parallel_for("tomoedx::operator_norm::start", policy(space, 0, x.size()),
                       detail::power_start<T>{x.data(), options.seed, norm.certain});
  clear_padding(op, x);
  double const rounding = 1 + 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
  double upper = std::numeric_limits<double>::infinity();
  for (norm.iterations = 1;; ++norm.iterations) {
    op.forward(x, y);
    op.adjoint(y, g);
    auto const sums = detail::sums_of_step(space, x, g, parts, host);
    expects<value_error>(
        std::isfinite(sums.image) && sums.start > 0,
        "operator_norm: step {} gives a squared norm of {} from one of {}; the operator makes "
        "NaN or infinity",
        norm.iterations, sums.image, sums.start);
    double const before = norm.estimate;
    norm.estimate = std::max(before, std::pow(sums.image / sums.start, 0.25));
    upper = std::min(upper, std::sqrt(sums.most) * rounding);
    // a negative image of positive values, beyond rounding, or a norm above its bound: some weight is negative
    if (norm.certain && (sums.least < -(rounding - 1) * sums.most || norm.estimate > upper)) {
      norm_options general = options;
      general.non_negative = false;
      return operator_norm(op, general);
    }
    norm.bound = norm.certain ? upper : norm.estimate * (1 + options.margin);
    double const apart = norm.certain ? norm.bound - norm.estimate : norm.estimate - before;
    if (sums.image == 0 || apart <= options.tolerance * norm.estimate ||
        norm.iterations == options.iterations)
      return norm;
    Kokkos::parallel_for(
        "tomoedx::operator_norm::next", policy(space, 0, x.size()),
        detail::power_next<T>{g.data(), x.data(), static_cast<T>(1 / std::sqrt(sums.image))});
  }
}

}  // namespace tomoedx

#endif
