// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NOISE_POISSON_HPP
#define TOMOEDX_NOISE_POISSON_HPP

#include <tomoedx/noise/detail/separable.hpp>

#include <limits>

namespace tomoedx {

/// What is known beside counts; `View` is flat for a part of the data, the operator's range_view for all of them.
template <class View>
struct poisson_noise_options {
  double background = 0;     ///< [counts] known counts in every bin that the volume did not give
  View background_map = {};  ///< [counts] the same bin by bin, added to `background`; empty for none
  View exposure = {};        ///< e: e m counts are expected of a model m; 0 leaves a datum out; empty for 1
};

namespace detail {

/// Minus the logarithm of a Poisson likelihood, less its least value: u - b + b log(b / u) of u = e m + s.
template <class T>
struct poisson_law {
  using value_type = T;
  T const* b;
  T const* s;  ///< background; null for none
  T const* e;  ///< exposure; null for 1

  KOKKOS_FUNCTION T background(std::size_t i) const { return s != nullptr ? s[i] : T(0); }
  KOKKOS_FUNCTION T exposure(std::size_t i) const { return e != nullptr ? e[i] : T(1); }
  KOKKOS_FUNCTION bool takes_part(std::size_t i) const { return exposure(i) != T(0); }
  KOKKOS_FUNCTION double curvature(std::size_t i) const {
    double const w = static_cast<double>(exposure(i)), h = static_cast<double>(background(i));
    if (b[i] == T(0) || w == 0) return 0;
    return h > 0 ? w * w * static_cast<double>(b[i]) / (h * h) : std::numeric_limits<double>::infinity();
  }
  /// In terms of u - b, so that nothing cancels near the best u.
  KOKKOS_FUNCTION static double divergence(double u, double counts) {
    if (u < 0) return std::numeric_limits<double>::infinity();
    double const d = u - counts;
    return counts > 0 ? d - counts * Kokkos::log1p(d / counts) : u;
  }
  KOKKOS_FUNCTION double value(std::size_t i, T m) const {
    double const w = static_cast<double>(exposure(i));
    return w == 0 ? 0
                  : divergence(w * static_cast<double>(m) + static_cast<double>(background(i)),
                               static_cast<double>(b[i]));
  }
  /// Below m = 0, where the curvature is no longer bounded, it goes on as the parabola of 0.
  KOKKOS_FUNCTION T gradient(std::size_t i, T m, double& f) const {
    double const w = static_cast<double>(exposure(i)), h = static_cast<double>(background(i));
    double const counts = static_cast<double>(b[i]), at = static_cast<double>(m);
    if (w == 0) return T(0);
    double const u = at >= 0 ? w * at + h : h;
    double const slope = counts > 0 ? w * (1 - counts / u) : w;
    f = divergence(u, counts);
    if (at >= 0) return static_cast<T>(slope);
    double const bend = counts > 0 ? w * w * counts / (u * u) : 0;
    f += at * (slope + bend * at / 2);
    return static_cast<T>(slope + bend * at);
  }
  /// The root q of (q - z - sigma s)(1 - q) + sigma b = 0 that is at most 1.
  KOKKOS_FUNCTION T dual(std::size_t i, T z, T sigma) const {
    T const w = exposure(i);
    if (e != nullptr) {
      T const inverse = w > T(0) ? T(1) / w : T(0);
      z *= inverse, sigma *= inverse * inverse;
    }
    constexpr T below_one = T(1) - std::numeric_limits<T>::epsilon() / 2;
    T const d = z + sigma * background(i), gain = sigma * b[i];
    T const root = Kokkos::sqrt((T(1) - d) * (T(1) - d) + T(4) * gain), a = T(1) + d;
    T q = a > T(0) ? T(2) * (d - gain) / (a + root) : (a - root) / T(2);
    T const most = b[i] > T(0) ? below_one : T(1);
    q = q < most ? q : most;
    return w * q;
  }
  KOKKOS_FUNCTION double conjugate(std::size_t i, T q) const {
    constexpr double rounding = 2 * static_cast<double>(std::numeric_limits<T>::epsilon());
    double const w = static_cast<double>(exposure(i)), counts = static_cast<double>(b[i]);
    if (w == 0) return q == T(0) ? 0 : std::numeric_limits<double>::infinity();
    double p = static_cast<double>(q) / w;
    if (p > 1 + rounding) return std::numeric_limits<double>::infinity();
    double const value = -p * static_cast<double>(background(i));
    p = p < 1 - rounding / 4 ? p : 1 - rounding / 4;  // the most that `dual` gives
    return counts > 0 ? value - counts * Kokkos::log1p(-p) : value;
  }
  KOKKOS_FUNCTION double residual(std::size_t i, T m) const {
    double const w = static_cast<double>(exposure(i));
    return w == 0
               ? 0
               : static_cast<double>(b[i]) - w * static_cast<double>(m) - static_cast<double>(background(i));
  }
};

/// to <- to + from.
template <class T>
struct add_map {
  T const* from;
  T* to;

  KOKKOS_FUNCTION int row(std::size_t) const { return 0; }
  KOKKOS_FUNCTION void operator()(std::size_t i, int) const { to[i] += from[i]; }
};

}  // namespace detail

/// Counts b of Poisson's law with u = e m + s expected: F(m) = sum u - b + b log(b / u), half the deviance.
/// `gradient` goes on as a parabola below m = 0. Models `noise_model`.
///
/// source   F* and its proximal map in closed form: Chambolle and Pock, Acta Numerica 25 (2016), section 3.4 for the
///          way; q = 1 - b / u at the best u gives -q s - b log(1 - q)
template <execution_space Space, real T>
class poisson : public detail::separable_noise<Space, detail::poisson_law<T>> {
  using base = detail::separable_noise<Space, detail::poisson_law<T>>;

 public:
  using flat = typename base::flat;
  using options = poisson_noise_options<flat>;

  /// Flat data of so many channels one after the other, kept by reference with the arrays of the options. `real` is 0
  /// where an operator pads its range, and empty for nowhere; it is read here only.
  ///
  /// throws   tomoedx::shape_error or value_error
  poisson(Space const& space, flat const& counts, std::size_t channels = 1, options const& o = {},
          flat const& real = {})
      : base(space, counts.size(), channels, "poisson"), counts_(counts), exposure_(o.exposure) {
    constexpr double most = static_cast<double>(std::numeric_limits<T>::max());
    detail::expect_per_datum(space, counts, counts.size(), "poisson", "the array of counts");
    expects<value_error>(o.background >= 0 && o.background < most,
                         "poisson: the background is {}; it is a finite number of counts, not negative",
                         o.background);
    if (o.background_map.data() != nullptr)
      detail::expect_per_datum(space, o.background_map, counts.size(), "poisson", "the background map");
    if (exposure_.data() != nullptr)
      detail::expect_per_datum(space, exposure_, counts.size(), "poisson", "the exposure");
    background_ = o.background_map;
    if (o.background > 0) add_background(static_cast<T>(o.background), real);
    this->set_law({counts_.data(), background_.data(), exposure_.data()}, real);
  }

 private:
  void add_background(T constant, flat const& real) {
    flat const sum(
        Kokkos::view_alloc(this->space_, Kokkos::WithoutInitializing, "tomoedx::poisson::background"),
        this->size_);
    Kokkos::deep_copy(this->space_, sum, constant);
    detail::apply_mask(this->space_, real, sum);
    if (background_.data() != nullptr)
      detail::for_each_value(this->space_, "tomoedx::poisson::background", this->size_, 1,
                             detail::add_map<T>{background_.data(), sum.data()});
    background_ = sum;
  }

  flat counts_, exposure_, background_;
};

/// The Poisson model of an operator's data, or of some of their channels; what the operator pads takes no part.
///
/// throws   tomoedx::shape_error or value_error
template <linear_operator Op>
poisson<typename Op::execution_space, typename Op::range_view::value_type> make_poisson(
    Op const& op, typename Op::range_view const& counts,
    poisson_noise_options<typename Op::range_view> const& options = {}, channel_span span = {}) {
  using noise = poisson<typename Op::execution_space, typename Op::range_view::value_type>;
  auto const part = [&](typename Op::range_view const& v, char const* what) {
    return v.data() == nullptr ? typename noise::flat{}
                               : detail::channels_of(op, v, span, "make_poisson", what);
  };
  auto const data = part(counts, "counts");
  auto const ones = detail::ones_of_range(op);
  noise model(op.space(), data, span.count,
              {.background = options.background,
               .background_map = part(options.background_map, "background map"),
               .exposure = part(options.exposure, "exposure")},
              part(ones, "range"));
  model.keep(counts), model.keep(options.background_map), model.keep(options.exposure);
  return model;
}

}  // namespace tomoedx

#endif
