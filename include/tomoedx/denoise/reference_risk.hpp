// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_REFERENCE_RISK_HPP
#define TOMOEDX_DENOISE_REFERENCE_RISK_HPP

#include <tomoedx/denoise/detail/risk.hpp>

namespace tomoedx {

/// The mean squared error of a denoiser against a known truth.
///
///     reference_risk risk(noisy, truth);
///     double mse = risk(denoiser);
///
/// shapes   noisy and truth (n, y, x), on the host; both must live as long as this
template <real T>
class reference_risk {
 public:
  using value_type = T;

  /// throws   shape_error for no values, gaps, or extents that differ; value_error for a value that is not finite
  reference_risk(detail::host_stack<T const> const& noisy, detail::host_stack<T const> const& truth)
      : noisy_(noisy), truth_(truth), out_(detail::same_stack<T>(noisy)) {
    detail::check_risk_input("reference_risk", "noisy stack", noisy);
    detail::check_risk_input("reference_risk", "truth", truth);
    for (std::size_t r = 0; r < 3; ++r)
      expects<shape_error>(noisy.extent(r) == truth.extent(r),
                           "reference_risk: extent {} of the noisy stack is {}, of the truth {}", r,
                           noisy.extent(r), truth.extent(r));
  }

  template <denoiser D>
  requires detail::host_denoiser<D, T>
  double operator()(D& denoise) {
    detail::run_denoiser(denoise, noisy_, out_);
    return detail::squared_distance(out_, truth_) / static_cast<double>(out_.size());
  }

 private:
  detail::host_stack<T const> noisy_, truth_;
  detail::host_stack<T> out_;
};

template <class V>
reference_risk(V const&, V const&) -> reference_risk<typename V::non_const_value_type>;
template <class V, class W>
reference_risk(V const&, W const&) -> reference_risk<typename V::non_const_value_type>;

}  // namespace tomoedx

#endif
