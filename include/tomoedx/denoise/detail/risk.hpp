// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_RISK_HPP
#define TOMOEDX_DENOISE_DETAIL_RISK_HPP
// IWYU pragma: private, include "tomoedx/denoise/best_parameter.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>

/// What the risks of denoisers share. All work on stacks in the host's memory.
namespace tomoedx::detail {

template <class T>
using host_stack = Kokkos::View<T***, Kokkos::LayoutRight, Kokkos::HostSpace>;

/// A denoiser of T that works in the host's memory.
template <class D, class T>
concept host_denoiser = std::same_as<typename D::value_type, T> &&
    std::same_as<typename D::execution_space::memory_space, Kokkos::HostSpace>;

template <class T, class V>
host_stack<T> same_stack(V const& like) {
  require_kokkos("risk of a denoiser");
  return host_stack<T>(Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::risk"), like.extent(0),
                       like.extent(1), like.extent(2));
}

template <class D, class In, class Out>
void run_denoiser(D& denoise, In const& in, Out const& out) {
  ignore nobody;
  denoise(in, out, nobody);
}

template <class V>
void check_risk_input(char const* who, char const* which, V const& v) {
  expects<shape_error>(v.size() > 0, "{}: the {} is {} x {} x {}, it holds no value", who, which, v.extent(0),
                       v.extent(1), v.extent(2));
  expects<shape_error>(v.span_is_contiguous(), "{}: the {} has gaps between its rows; copy it first", who,
                       which);
  for (std::size_t i = 0; i < v.size(); ++i)
    expects<value_error>(std::isfinite(v.data()[i]), "{}: value {} of the {} is {}; clean it first", who, i,
                         which, static_cast<double>(v.data()[i]));
}

template <class A, class B>
double squared_distance(A const& a, B const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const d = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]);
    sum += d * d;
  }
  return sum;
}

}  // namespace tomoedx::detail

#endif
