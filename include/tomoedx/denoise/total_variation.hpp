// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_TOTAL_VARIATION_HPP
#define TOMOEDX_DENOISE_TOTAL_VARIATION_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/denoise/detail/bregman_image.hpp>
#include <tomoedx/denoise/detail/stack.hpp>

#include <vector>

namespace tomoedx {

/// The length of a pixel's two differences: sqrt(dx^2 + dy^2), or |dx| + |dy|.
enum class tv_norm { isotropic, anisotropic };

/// Which minimiser split Bregman goes to; total_variation_denoiser says what differs.
enum class tv_model { exact, scikit_image };

/// Options of total variation by split Bregman, with scikit-image's names and defaults in our words.
struct total_variation_options {
  double weight = 5;             ///< [1 / value] of the data: the smaller, the smoother
  double tolerance = 1e-3;       ///< [value] stop when the rms change of an iteration is below; 0 for never
  std::size_t iterations = 100;  ///< at most
  tv_norm norm = tv_norm::isotropic;
  tv_model model = tv_model::exact;
  isa level = best_isa();  ///< instructions of the kernels
};

/// How far split Bregman came with an image.
struct total_variation_result {
  std::size_t iterations = 0;
  double change = 0;  ///< [value] rms change in the last iteration
};

/// The image u with the least TV(u) + weight / 2 |u - f|^2, by split Bregman with one red-black Gauss-Seidel sweep an
/// iteration and the splitting weight 2 * weight; each image of a stack by itself.
///
/// `weight` is that of scikit-image's denoise_tv_bregman (whose text says lambda / 2, but whose result is that of
/// weight = lambda: measured), `tolerance` its eps (the rms change, not the norm its text names: measured).
/// tv_model::exact goes to the true minimiser, with no differences across the borders: the mean stays, and the
/// result is that of tv_pdhg_denoiser with lambda = 1 / weight. tv_model::scikit_image goes to the fixed point of
/// denoise_tv_bregman, which differs in two ways (measured): the noisy border is held outside the image (its
/// second row and column before the first, its last ones behind), so the mean moves; and with the isotropic norm
/// small differences are rounded off, d = v |v| / (|v| + 1 / (2 weight)), which leaves more noise in flat
/// regions. The change is looked at every fourth iteration. Runs on the host; the same bits for any number of threads.
/// Models `denoiser`.
///
/// units    weight in 1 / values of the image: scale the image by s and the weight by 1 / s, and the result scales
/// source   Goldstein and Osher, SIAM J. Imaging Sci. 2 (2009) 323
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class total_variation_denoiser {
  static_assert(detail::runs_on_host<Space>, "total_variation_denoiser: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;

  /// throws   tomoedx::value_error for options out of range
  explicit total_variation_denoiser(total_variation_options const& options = {}, Space const& space = Space())
      : space_(space), options_(options) {
    expects<value_error>(options_.weight > 0 && std::isfinite(options_.weight),
                         "total_variation_denoiser: the weight is {}, give a positive number",
                         options_.weight);
    detail::check_stopping("total_variation_denoiser", options_.tolerance, options_.iterations);
    options_.level = detail::simd::usable(options_.level);
  }

  total_variation_options const& options() const { return options_; }
  Space const& space() const { return space_; }
  /// One for each image of the last stack.
  std::vector<total_variation_result> const& results() const { return results_; }

  /// Denoise the stack; the observer hears after each image.
  ///
  /// shapes   in and out (n, y, x)
  /// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("denoise_total_variation", space_, in, out, options_.level);
    std::size_t const n = in.extent(0), height = in.extent(1), width = in.extent(2), pixels = height * width;
    auto const workers = static_cast<std::size_t>(space_.concurrency());
    results_.assign(n, {});
    images_.resize(detail::share_images(n, pixels, workers) ? 1 : std::min(n, workers));
    for (auto& image : images_) {
      image.border =
          options_.model == tv_model::exact ? detail::bregman_border::none : detail::bregman_border::held;
      image.shrink = options_.norm == tv_norm::anisotropic ? detail::bregman_shrink::anisotropic
                     : options_.model == tv_model::exact   ? detail::bregman_shrink::isotropic
                                                           : detail::bregman_shrink::smooth;
      image.resize(height, width);
      image.prepare();
    }
    detail::rows_in_order const rows;
    detail::rows_in_bands<Space> const bands{space_};
    T const* const from = in.data();
    T* const to = out.data();
    detail::for_each_image(
        "denoise_total_variation", space_, n, pixels, observer,
        [=, this](std::size_t i, std::size_t worker) {
          solve<true>(images_[worker], from + i * pixels, to + i * pixels, results_[i], rows);
        },
        [&](std::size_t i) {
          solve<false>(images_[0], from + i * pixels, to + i * pixels, results_[i], bands);
        });
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

 private:
  static constexpr std::size_t between_checks = 4;

  /// `Sweep` several iterations through the rows at once, or go through the rows with one step at a time: the
  /// numbers are the same.
  template <bool Sweep, class Rows>
  void solve(detail::bregman_image<T>& image, T const* in, T* out, total_variation_result& result,
             Rows const& rows) const {
    std::size_t const height = image.height, pixels = height * image.width;
    auto const scale = detail::tv_scale_of(in, pixels);
    isa const level = options_.level;
    auto* const state = &image;
    image.threshold = static_cast<T>(0.5 / std::clamp(options_.weight * scale.scale, 1e-12, 1e12));
    rows(height, [=](std::size_t r) { state->load(in, scale, r); });
    while (result.iterations < options_.iterations) {
      std::size_t const now = std::min(between_checks, options_.iterations - result.iterations);
      if constexpr (Sweep) {
        image.sweep(level, now);
      } else {
        for (std::size_t k = 0; k < now; ++k) {
          rows(height, [=](std::size_t r) {
            state->changes[r] = 0;
            state->fit(level, r, 0, state->changes[r]);
          });
          rows(height, [=](std::size_t r) { state->fit(level, r, 1, state->changes[r]); });
          rows(height, [=](std::size_t r) { state->split(level, r); });
        }
      }
      result.iterations += now;
      result.change = scale.scale * std::sqrt(image.squared_change() / static_cast<double>(pixels));
      if (result.change < options_.tolerance) break;
    }
    rows(height, [=](std::size_t r) { state->store(out, scale, r); });
  }

  Space space_;
  total_variation_options options_;
  std::vector<detail::bregman_image<T>> images_;
  std::vector<total_variation_result> results_;
};

/// Denoise a row, an image, or each image of a stack by total variation.
///
///     denoise_total_variation(space, in, out, {.weight = 8});
///
/// shapes   in and out (x), (y, x) or (n, y, x)
/// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
/// returns  how far it came, for each image
template <execution_space Space, class In, class Out, class Observer = ignore>
requires detail::rows_on<In, Space> && detail::rows_on<Out, Space> &&
    (In::rank() == Out::rank()) std::vector<total_variation_result> denoise_total_variation(
        Space const& space, In const& in, Out const& out, total_variation_options const& options = {},
        Observer&& observer = {}) {
  total_variation_denoiser<typename In::non_const_value_type, Space> denoise(options, space);
  denoise(detail::as_stack("denoise_total_variation", in), detail::as_stack("denoise_total_variation", out),
          observer);
  return denoise.results();
}

}  // namespace tomoedx

#endif
