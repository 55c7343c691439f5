// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_J_INVARIANT_HPP
#define TOMOEDX_DENOISE_J_INVARIANT_HPP

#include <tomoedx/denoise/detail/masked_grid.hpp>
#include <tomoedx/denoise/detail/risk.hpp>
#include <tomoedx/denoise/detail/stack.hpp>

#include <utility>
#include <vector>

namespace tomoedx {

/// Which pixels are hidden at a time.
struct j_invariant_options {
  int grid = 4;    ///< one pixel in grid x grid is hidden, at least 2
  int phases = 0;  ///< how many of the grid * grid placements are tried, spread evenly; 0 for all
};

/// The self-supervised risk of a denoiser: hide a grid of pixels behind the mean of their neighbours, denoise,
/// compare there with what was hidden; again for other placements of the grid. On average this is the mean
/// squared error of the denoiser that never sees the pixel itself, plus the variance of the noise, whatever the
/// noise is, as long as it is independent between pixels and has no bias.
///
/// Only differences between risks mean something: the lowest belongs to the best parameter of the blinded denoiser,
/// which is close to that of the plain one. Each call runs the denoiser once for each placement.
/// shapes   noisy (n, y, x), on the host; must live as long as this
/// source   Batson and Royer, ICML 2019, section 3; neighbours weigh 1 beside and 1/2 across the corner, renormalised
///          at the borders
template <real T>
class j_invariant_risk {
 public:
  using value_type = T;

  /// throws   shape_error for no values or gaps; value_error for a value that is not finite, or an option out of range
  explicit j_invariant_risk(detail::host_stack<T const> const& noisy, j_invariant_options const& options = {})
      : noisy_(noisy), hidden_(detail::same_stack<T>(noisy)), out_(detail::same_stack<T>(noisy)) {
    detail::check_grid("j_invariant_risk", options.grid, options.phases);
    detail::check_risk_input("j_invariant_risk", "noisy stack", noisy);
    phases_ = detail::grid_phases(options.grid, options.phases, noisy.extent(1), noisy.extent(2));
  }

  template <denoiser D>
  requires detail::host_denoiser<D, T>
  double operator()(D& denoise) {
    double sum = 0;
    std::size_t hidden = 0;
    for (auto const& phase : phases_) {
      detail::hide_pixels(noisy_, phase, hidden_);
      detail::run_denoiser(denoise, detail::host_stack<T const>(hidden_), out_);
      detail::for_hidden(noisy_, phase, [&](std::size_t i) {
        double const d = static_cast<double>(out_.data()[i]) - static_cast<double>(noisy_.data()[i]);
        sum += d * d;
        ++hidden;
      });
    }
    return sum / static_cast<double>(hidden);
  }

 private:
  detail::host_stack<T const> noisy_;
  detail::host_stack<T> hidden_, out_;
  std::vector<detail::grid_phase> phases_;
};

template <class V>
j_invariant_risk(V const&, j_invariant_options const& = {})
    -> j_invariant_risk<typename V::non_const_value_type>;

/// A denoiser whose result at a pixel does not depend on that pixel: every pixel is hidden once, grid by grid, and
/// taken from the run in which it was hidden. Models `denoiser`; costs grid^2 runs of the one it is made from.
///
/// source   Batson and Royer, ICML 2019
template <denoiser D>
requires detail::host_denoiser<D, typename D::value_type>
class j_invariant_denoiser {
 public:
  using execution_space = typename D::execution_space;
  using value_type = typename D::value_type;

  /// throws   value_error for a grid below 2
  explicit j_invariant_denoiser(D denoise, int grid = 4) : denoise_(std::move(denoise)), grid_(grid) {
    detail::check_grid("j_invariant_denoiser", grid, 0);
  }

  /// The space of the denoiser it is made from, or the default where that has none to show.
  execution_space space() const {
    if constexpr (requires { denoise_.space(); })
      return denoise_.space();
    else
      return execution_space();
  }
  /// The options of the denoiser it is made from.
  auto const& options() const requires requires(D const& d) { d.options(); }
  { return denoise_.options(); }

  /// throws   what the denoiser throws; shape_error and value_error before anything is written; cancelled: `out`
  ///          is unspecified then
  template <observer Watch>
  void operator()(detail::host_stack<value_type const> const& in, detail::host_stack<value_type> const& out,
                  Watch&& watch) {
    detail::check_images("j_invariant_denoiser", space(), in, out);
    auto const hidden = detail::same_stack<value_type>(in), cleaned = detail::same_stack<value_type>(in);
    auto const phases = detail::grid_phases(grid_, 0, in.extent(1), in.extent(2));
    std::size_t runs = 0;
    for (auto const& phase : phases) {
      detail::hide_pixels(in, phase, hidden);
      detail::run_denoiser(denoise_, detail::host_stack<value_type const>(hidden), cleaned);
      detail::for_hidden(in, phase, [&](std::size_t i) { out.data()[i] = cleaned.data()[i]; });
      ++runs;  // the images are done together: tell the share
      detail::tell_observer("j_invariant_denoiser", watch, runs * in.extent(0) / phases.size(), in.extent(0));
    }
  }

 private:
  D denoise_;
  int grid_;
};

}  // namespace tomoedx

#endif
