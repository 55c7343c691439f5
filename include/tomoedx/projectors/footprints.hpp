// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_FOOTPRINTS_HPP
#define TOMOEDX_PROJECTORS_FOOTPRINTS_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>

/// The three projectors are three shapes of a voxel's shadow. At one tilt the weight w_ij of ray i and voxel
/// j depends on nothing but the signed distance d between the ray and the voxel's centre on the detector, so
/// a footprint is an even function of d, zero beyond its `reach`, and one engine serves all three.
///
/// Every formula stands twice: for numbers, wherever work runs, and as a template for vectors of numbers on the host,
/// which compilers for devices must not see as theirs.
///
/// Below, c and s are the larger and the smaller of |cos t| and |sin t|.
///
/// source   Zhong et al. 2017, eq. 3; for the names: joseph is ASTRA's `linear`, siddon its `line`, strip its
///          `strip`
namespace tomoedx {

/// Linear interpolation along the driving axis: a triangle of half-width c and area 1.
struct joseph {
  static constexpr int taps = 2;      ///< bins that a voxel can reach
  static constexpr int ray_taps = 3;  ///< voxels that a ray can meet in a row, ends with weight zero included
  static constexpr char const* name = "joseph";

  template <real T>
  struct at_tilt {
    double reach = 0;
    T c = 0, slope = 0;

    at_tilt() = default;
    explicit at_tilt(direction const& t) {
      reach = std::max(std::abs(t.cos), std::abs(t.sin));
      c = static_cast<T>(reach);
      slope = static_cast<T>(1 / (reach * reach));
    }
    KOKKOS_INLINE_FUNCTION T operator()(T d) const {
      T const rest = c - (d < T(0) ? -d : d);
      return (rest < T(0) ? T(0) : rest) * slope;
    }
    /// The weights of `taps` neighbouring bins, the first at distance d.
    KOKKOS_INLINE_FUNCTION void spread(T d, T (&w)[taps]) const {
      w[0] = (*this)(d);
      w[1] = (*this)(d + T(1));
    }
    template <class V>
    [[gnu::always_inline]] void spread(V const& d, V (&w)[taps]) const {
      weigh(d, w[0]);
      weigh(d + T(1), w[1]);
    }
    template <class V>
    [[gnu::always_inline]] void weigh(V const& d, V& w) const {
      V const zero{}, rest = c - (d < zero ? -d : d);
      w = (rest < zero ? zero : rest) * slope;
    }
  };
};

/// The length of the ray inside the voxel: a trapezoid of height 1/c and area 1. A ray that runs along the
/// edge between two voxels gives half its length to each.
struct siddon {
  static constexpr int taps = 2;
  static constexpr int ray_taps = 3;
  static constexpr char const* name = "siddon";

  template <real T>
  struct at_tilt {
    double reach = 0;
    T middle = 0, steep = 0, height = 0;

    at_tilt() = default;
    explicit at_tilt(direction const& t) {
      double const c = std::max(std::abs(t.cos), std::abs(t.sin));
      double const s = std::min(std::abs(t.cos), std::abs(t.sin));
      reach = 0.5 * (c + s);
      middle = static_cast<T>(0.5 * c);
      height = static_cast<T>(1 / c);
      steep = static_cast<T>(1 / std::max(s, 1e-12));  // a box is a trapezoid of finite, enormous slope
    }
    KOKKOS_INLINE_FUNCTION T operator()(T d) const {
      T const ramp = T(0.5) + (middle - (d < T(0) ? -d : d)) * steep;
      T const rising = ramp < T(0) ? T(0) : ramp;
      return height * (rising > T(1) ? T(1) : rising);
    }
    KOKKOS_INLINE_FUNCTION void spread(T d, T (&w)[taps]) const {
      w[0] = (*this)(d);
      w[1] = (*this)(d + T(1));
    }
    template <class V>
    [[gnu::always_inline]] void spread(V const& d, V (&w)[taps]) const {
      weigh(d, w[0]);
      weigh(d + T(1), w[1]);
    }
    template <class V>
    [[gnu::always_inline]] void weigh(V const& d, V& w) const {
      V const zero{}, one = T(1) - zero;
      V const ramp = T(0.5) + (middle - (d < zero ? -d : d)) * steep;
      V const rising = ramp < zero ? zero : ramp;
      w = height * (rising > one ? one : rising);
    }
  };
};

/// The area of the bin-wide strip inside the voxel: siddon's trapezoid averaged over the bin. The bins share
/// a voxel out exactly, so every projection conserves mass.
struct strip {
  static constexpr int taps = 3;
  static constexpr int ray_taps = 4;
  static constexpr char const* name = "strip";

  template <real T>
  struct at_tilt {
    double reach = 0;
    T outer = 0, inner = 0, s = 0, per_c = 0, per_2cs = 0;

    at_tilt() = default;
    explicit at_tilt(direction const& t) {
      double const big = std::max(std::abs(t.cos), std::abs(t.sin));
      double const small = std::min(std::abs(t.cos), std::abs(t.sin));
      reach = 0.5 * (big + small) + 0.5;
      outer = static_cast<T>(0.5 * (big + small));
      inner = static_cast<T>(0.5 * (big - small));
      s = static_cast<T>(small);
      per_c = static_cast<T>(1 / big);
      per_2cs = small > 1e-12 ? static_cast<T>(0.5 / (big * small)) : T(0);
    }
    /// The share of the voxel at positions below e.
    template <class V>
    [[gnu::always_inline]] void below(V const& e, V& share) const {
      V const zero{}, most = s - zero, a = e < zero ? -e : e;
      V const rest = outer - a, positive = rest < zero ? zero : rest;
      V const ramp = positive > most ? most : positive;
      V const flat = inner - a;
      V const tail = ramp * ramp * per_2cs + (flat < zero ? zero : flat) * per_c;
      share = e < zero ? tail : T(1) - tail;
    }
    KOKKOS_INLINE_FUNCTION T below(T e) const {
      T const a = e < T(0) ? -e : e;
      T const rest = outer - a, positive = rest < T(0) ? T(0) : rest;
      T const ramp = positive > s ? s : positive, flat = inner - a;
      T const tail = ramp * ramp * per_2cs + (flat < T(0) ? T(0) : flat) * per_c;
      return e < T(0) ? tail : T(1) - tail;
    }
    KOKKOS_INLINE_FUNCTION T operator()(T d) const { return below(d + T(0.5)) - below(d - T(0.5)); }
    KOKKOS_INLINE_FUNCTION void spread(T d, T (&w)[taps]) const {
      T const first = below(d + T(0.5)), second = below(d + T(1.5));
      w[0] = first;
      w[1] = second - first;
      w[2] = T(1) - second;
    }
    template <class V>
    [[gnu::always_inline]] void spread(V const& d, V (&w)[taps]) const {
      V second;
      below(d + T(0.5), w[0]);
      below(d + T(1.5), second);
      w[1] = second - w[0];
      w[2] = T(1) - second;
    }
  };
};

/// A voxel's shadow, as the three above: its number of taps, and for a tilt the weights at a distance.
template <class F>
concept footprint = std::constructible_from<typename F::template at_tilt<float>, direction> &&
    requires(typename F::template at_tilt<double> const& p, double d, double (&w)[F::taps]) {
  { F::taps } -> std::convertible_to<int>;
  { F::ray_taps } -> std::convertible_to<int>;
  { F::name } -> std::convertible_to<char const*>;
  { p.reach } -> std::convertible_to<double>;
  { p(d) } -> std::same_as<double>;
  p.spread(d, w);
};
static_assert(footprint<joseph> && footprint<siddon> && footprint<strip>);

}  // namespace tomoedx

#endif
