// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_TV_PDHG_HPP
#define TOMOEDX_DENOISE_TV_PDHG_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/denoise/detail/pdhg_image.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/neighbourhood.hpp>

#include <vector>

namespace tomoedx {

/// Options of total variation by the primal-dual method.
struct tv_pdhg_options {
  double lambda = 0.1;            ///< [value] weight of the total variation; 0 changes nothing
  double tolerance = 1e-2;        ///< largest distance from the minimiser, see tv_pdhg_denoiser; 0 for never
  std::size_t iterations = 1000;  ///< at most
  neighbourhood over = neighbourhood::image;
  isa level = best_isa();  ///< instructions of the kernels
};

/// How far the primal-dual method came with an image.
struct tv_pdhg_result {
  std::size_t iterations = 0;
  /// [value^2] primal minus dual value, an upper bound on how far the value is from the least.
  double gap = 0;
  /// Upper bound on the rms distance from the minimiser, in standard deviations of the input.
  double bound = 0;
};

/// The image (or volume) x with the least 1/2 |x - f|^2 + lambda TV(x), by the accelerated primal-dual method. TV is
/// isotropic: the sum of the lengths of the forward differences, which are 0 at the far borders, so the mean of
/// the image stays.
///
/// It stops when the duality gap proves that the rms distance from the exact minimiser is at most `tolerance`
/// times the standard deviation of f (the problem is strongly convex: 1/2 |x - x*|^2 <= gap). In float the gap
/// itself is good to about 1e-7 lambda TV(x): take double for tolerances below 1e-3. Runs on the host; the same
/// bits for any number of threads. Models `denoiser`.
///
/// units    lambda in values of the image: scale both, and the result scales
/// source   Chambolle and Pock, J. Math. Imaging Vis. 40 (2011) 120, algorithm 2. The minimiser is that of
///          scikit-image's denoise_tv_chambolle with weight = lambda (measured, run to convergence), and of
///          total_variation_denoiser with weight = 1 / lambda
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class tv_pdhg_denoiser {
  static_assert(detail::runs_on_host<Space>, "tv_pdhg_denoiser: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;

  /// throws   tomoedx::value_error for options out of range
  explicit tv_pdhg_denoiser(tv_pdhg_options const& options = {}, Space const& space = Space())
      : space_(space), options_(options) {
    expects<value_error>(options_.lambda >= 0 && std::isfinite(options_.lambda),
                         "tv_pdhg_denoiser: lambda is {}, give 0 or a positive number", options_.lambda);
    detail::check_stopping("tv_pdhg_denoiser", options_.tolerance, options_.iterations);
    options_.level = detail::simd::usable(options_.level);
  }

  tv_pdhg_options const& options() const { return options_; }
  Space const& space() const { return space_; }
  /// One for each image of the last stack, or one for its volume.
  std::vector<tv_pdhg_result> const& results() const { return results_; }

  /// Denoise the stack; the observer hears after each image. For a volume it hears every few iterations, with no
  /// image done and the bound on the distance as residual, and at the end.
  ///
  /// shapes   in and out (n, y, x)
  /// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("denoise_tv_pdhg", space_, in, out, options_.level);
    std::size_t const n = in.extent(0), height = in.extent(1), width = in.extent(2), pixels = height * width;
    auto const workers = static_cast<std::size_t>(space_.concurrency());
    auto const nothing = [](double) {};
    detail::rows_in_bands<Space> const bands{space_};
    detail::rows_in_order const rows;
    if (options_.over == neighbourhood::volume) {
      results_.assign(1, {});
      volume_.resize(n, height, width);
      auto const hear = [&](double bound) {
        detail::tell_observer("denoise_tv_pdhg", observer, 0, n, bound);
      };
      if (workers == 1 || n * pixels < detail::shared_pixels)
        solve<true>(volume_, in.data(), out.data(), results_[0], rows, hear);
      else
        solve<false>(volume_, in.data(), out.data(), results_[0], bands, hear);
      return detail::tell_observer("denoise_tv_pdhg", observer, n, n, results_[0].bound);
    }
    results_.assign(n, {});
    images_.resize(detail::share_images(n, pixels, workers) ? 1 : std::min(n, workers));
    for (auto& image : images_) image.resize(1, height, width);
    T const* const from = in.data();
    T* const to = out.data();
    detail::for_each_image(
        "denoise_tv_pdhg", space_, n, pixels, observer,
        [=, this](std::size_t i, std::size_t worker) {
          solve<true>(images_[worker], from + i * pixels, to + i * pixels, results_[i], rows, nothing);
        },
        [&](std::size_t i) {
          solve<false>(images_[0], from + i * pixels, to + i * pixels, results_[i], bands, nothing);
        });
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

 private:
  static constexpr std::size_t between_checks = 8;

  /// `Sweep` several iterations through the rows at once, or go through the rows with one step at a time: the
  /// numbers are the same.
  template <bool Sweep, class Image, class Rows, class Hear>
  void solve(Image& image, T const* in, T* out, tv_pdhg_result& result, Rows const& rows,
             Hear const& hear) const {
    std::size_t const pixels = image.rows() * image.layout.width;
    auto const scale = detail::tv_scale_of(in, pixels);
    double const deviation = detail::squared_deviation(in, pixels, scale);
    isa const level = options_.level;
    auto* const state = &image;
    // a multiple of the range that already makes the image constant
    double const most = 4 * static_cast<double>(pixels);
    image.lambda = static_cast<T>(std::min(options_.lambda / scale.scale, most));
    image.tau = 5;
    rows(image.rows(), [=](std::size_t r) { state->load(in, scale, r); });
    while (result.iterations < options_.iterations) {
      std::size_t const now = std::min(between_checks, options_.iterations - result.iterations);
      if constexpr (Sweep) {
        image.sweep(level, now);
      } else {
        for (std::size_t k = 0; k < now; ++k) {
          auto const steps = image.next_steps();
          rows(image.rows(), [=](std::size_t r) { state->dual(level, r, steps); });
          rows(image.rows(), [=](std::size_t r) { state->primal(level, r, steps); });
        }
      }
      result.iterations += now;
      rows(image.rows(), [=](std::size_t r) { state->gap(level, r); });
      double const gap = std::max(image.total_gap(), 0.0);
      result.gap = gap * scale.scale * scale.scale;
      result.bound = gap == 0 ? 0 : std::sqrt(2 * gap / deviation);
      if (result.bound <= options_.tolerance) break;
      hear(result.bound);
    }
    rows(image.rows(), [=](std::size_t r) { state->store(out, scale, r); });
  }

  Space space_;
  tv_pdhg_options options_;
  std::vector<detail::pdhg_image<T, false>> images_;
  detail::pdhg_image<T, true> volume_;
  std::vector<tv_pdhg_result> results_;
};

/// Denoise a row, an image, each image of a stack, or with neighbourhood::volume a volume by total variation.
///
///     denoise_tv_pdhg(space, in, out, {.lambda = 20});
///
/// shapes   in and out (x), (y, x) or (z, y, x)
/// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
/// returns  how far it came, for each image
template <execution_space Space, class In, class Out, class Observer = ignore>
requires detail::rows_on<In, Space> && detail::rows_on<Out, Space> &&
    (In::rank() ==
     Out::rank()) std::vector<tv_pdhg_result> denoise_tv_pdhg(Space const& space, In const& in,
                                                              Out const& out,
                                                              tv_pdhg_options const& options = {},
                                                              Observer&& observer = {}) {
  tv_pdhg_denoiser<typename In::non_const_value_type, Space> denoise(options, space);
  denoise(detail::as_stack("denoise_tv_pdhg", in), detail::as_stack("denoise_tv_pdhg", out), observer);
  return denoise.results();
}

}  // namespace tomoedx

#endif
