// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_UNITS_HPP
#define TOMOEDX_CORE_UNITS_HPP

#include <compare>
#include <numbers>

/// Units where a plain number would be ambiguous at an interface. Inside the library angles are degrees and
/// lengths are pixels; a name carries any other unit (`pixel_nm`).
namespace tomoedx {

/// A number with a unit in its type. Only what keeps the unit is offered; `value` is the way out.
template <class Unit>
struct quantity {
  double value = 0;

  constexpr explicit quantity(double v = 0) : value(v) {}
  constexpr auto operator<=>(quantity const&) const = default;
  constexpr quantity operator-() const { return quantity(-value); }
  constexpr quantity& operator+=(quantity o) { return value += o.value, *this; }
  constexpr quantity& operator*=(double f) { return value *= f, *this; }
  friend constexpr quantity operator+(quantity a, quantity b) { return quantity(a.value + b.value); }
  friend constexpr quantity operator-(quantity a, quantity b) { return quantity(a.value - b.value); }
  friend constexpr quantity operator*(quantity a, double f) { return quantity(a.value * f); }
  friend constexpr quantity operator*(double f, quantity a) { return quantity(a.value * f); }
  friend constexpr double operator/(quantity a, quantity b) { return a.value / b.value; }
};

using nanometre = quantity<struct nanometre_unit>;                ///< a length
using degree = quantity<struct degree_unit>;                      ///< an angle
using radian = quantity<struct radian_unit>;                      ///< an angle
using kiloelectronvolt = quantity<struct kiloelectronvolt_unit>;  ///< an energy

constexpr radian to_radian(degree a) {
  return radian(a.value * std::numbers::pi / 180);
}
constexpr degree to_degree(radian a) {
  return degree(a.value * 180 / std::numbers::pi);
}

}  // namespace tomoedx

#endif
