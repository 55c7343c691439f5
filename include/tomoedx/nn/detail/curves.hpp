// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_CURVES_HPP
#define TOMOEDX_NN_DETAIL_CURVES_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/layers.hpp>

#include <Kokkos_Macros.hpp>

#include <cmath>

namespace tomoedx::nn::detail {

/// The value of an activation.
template <class T>
KOKKOS_INLINE_FUNCTION T value_of(activation const& a, T x) {
  T const zero = 0, one = 1;
  switch (a.shape) {
    case curve::identity:
      return x;
    case curve::relu:
      return x < zero ? zero : x;
    case curve::leaky_relu:
      return x > zero ? x : static_cast<T>(a.slope) * x;
    case curve::softplus:
      return x > T(20) ? x : std::log1p(std::exp(x));
    case curve::sigmoid:
      return one / (one + std::exp(-x));
    case curve::tanh:
      return std::tanh(x);
    case curve::elu:
      return x > zero ? x : std::expm1(x);
    case curve::selu:
      return static_cast<T>(1.0507009873554804934193349852946) *
             (x > zero ? x : static_cast<T>(1.6732632423543772848170429916717) * std::expm1(x));
    case curve::gelu:
      return x * T(0.5) * (one + std::erf(x * static_cast<T>(0.70710678118654752440)));
  }
  return x;
}

/// Whether an activation only multiplies what is below zero, and by how much: what convolutions apply on the way out.
constexpr bool is_piecewise_linear(activation const& a) {
  return a.shape == curve::identity || a.shape == curve::relu || a.shape == curve::leaky_relu;
}
constexpr double factor_below_zero(activation const& a) {
  return a.shape == curve::identity ? 1 : a.shape == curve::relu ? 0 : a.slope;
}

}  // namespace tomoedx::nn::detail

#endif
