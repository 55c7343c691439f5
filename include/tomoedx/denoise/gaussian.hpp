// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_GAUSSIAN_HPP
#define TOMOEDX_DENOISE_GAUSSIAN_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/denoise/detail/gaussian_kernel.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/neighbourhood.hpp>

#include <utility>
#include <vector>

namespace tomoedx {

/// Options of the Gaussian filter.
struct gaussian_options {
  std::vector<double> sigma = {
      1.0};             ///< [pixel] one for all axes, or one for each, slowest first; 0 for none
  double truncate = 4;  ///< the kernel ends at int(truncate * sigma + 0.5) pixels
  neighbourhood over = neighbourhood::image;
  isa level = best_isa();  ///< instructions of the kernels
};

/// A separable Gaussian with normalised weights and reflected borders (d c b a | a b c d | d c b a): the mean
/// of every image stays. Runs on the host. Models `denoiser`.
///
/// units    sigma in pixels
/// source   agrees with scipy.ndimage.gaussian_filter at its defaults
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class gaussian_denoiser {
  static_assert(detail::runs_on_host<Space>, "gaussian_denoiser: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;

  /// throws   tomoedx::value_error for sigmas that are negative, not finite or above 1e6, or of a wrong number
  explicit gaussian_denoiser(gaussian_options options = {}, Space const& space = Space())
      : space_(space), options_(std::move(options)) {
    std::size_t const axes = axes_of(options_.over, 3);
    expects<value_error>(options_.sigma.size() == 1 || options_.sigma.size() == axes,
                         "gaussian_denoiser: {} sigmas for {} axes; give one, or one for each axis",
                         options_.sigma.size(), axes);
    for (double const s : options_.sigma)
      expects<value_error>(s >= 0 && s <= 1e6, "gaussian_denoiser: sigma is {}, give 0 to 1e6 pixels", s);
    expects<value_error>(options_.truncate > 0 && options_.truncate <= 100,
                         "gaussian_denoiser: truncate is {}, give a number above 0 and up to 100",
                         options_.truncate);
    options_.level = detail::simd::usable(options_.level);
  }

  gaussian_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Filter the stack; the observer hears after each image, or plane of a volume.
  ///
  /// shapes   in and out (n, y, x)
  /// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("denoise_gaussian", space_, in, out, options_.level);
    std::size_t const depth = in.extent(0), height = in.extent(1), width = in.extent(2);
    prepare(depth, height, width);
    T const* const from = in.data();
    T* const to = out.data();
    std::size_t const pixels = height * width;
    auto const* const taps = &taps_;
    auto* const scratch = scratch_.data();
    isa const level = options_.level;
    if (options_.over == neighbourhood::volume) {
      auto const plane = [=](std::size_t z, std::size_t worker) {
        detail::gaussian_plane(level, *taps, scratch[worker], from, to, depth, height, width, z);
      };
      return detail::for_each_image("denoise_gaussian", space_, depth,
                                    std::min(pixels, detail::shared_pixels - 1), observer, plane,
                                    [](std::size_t) {});
    }
    auto const rows = [=](std::size_t image, std::size_t first, std::size_t end, std::size_t worker) {
      detail::gaussian_rows(level, *taps, scratch[worker], from + image * pixels, to + image * pixels, height,
                            width, first, end);
    };
    detail::for_each_image(
        "denoise_gaussian", space_, depth, pixels, observer,
        [=](std::size_t image, std::size_t worker) { rows(image, 0, height, worker); },
        [&](std::size_t image) {
          detail::for_each_band(space_, height, [=](std::size_t first, std::size_t end, std::size_t worker) {
            rows(image, first, end, worker);
          });
        });
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

 private:
  void prepare(std::size_t depth, std::size_t height, std::size_t width) {
    bool const volume = options_.over == neighbourhood::volume;
    auto const taps = [&](std::size_t axis, std::size_t extent) {
      double const sigma = options_.sigma[options_.sigma.size() == 1 ? 0 : axis];
      return detail::gaussian_taps<T>(sigma, options_.truncate, extent);
    };
    taps_ = {volume ? taps(0, depth) : std::vector<T>{T(1)}, taps(volume ? 1 : 0, height),
             taps(volume ? 2 : 1, width)};
    scratch_.resize(static_cast<std::size_t>(space_.concurrency()));
    for (auto& s : scratch_) {
      s.row.resize(width + 2 * taps_.x.size() + 128 / sizeof(T));
      s.meeting.resize(2 * std::max(taps_.y.size(), taps_.z.size()));
      s.plane.resize(volume ? height * width : 0);
    }
  }

  Space space_;
  gaussian_options options_;
  detail::gaussian_taps_of<T> taps_;
  std::vector<detail::gaussian_scratch<T>> scratch_;
};

/// Smooth a row, an image, or a stack with a Gaussian.
///
///     denoise_gaussian(space, in, out, {.sigma = {1.5}});
///
/// shapes   in and out (x), (y, x) or (z, y, x); three axes are filtered together with neighbourhood::volume
/// throws   tomoedx::shape_error, tomoedx::value_error before anything is written; tomoedx::cancelled
template <execution_space Space, class In, class Out, class Observer = ignore>
requires detail::rows_on<In, Space> && detail::rows_on<Out, Space> &&
    (In::rank() == Out::rank()) void denoise_gaussian(Space const& space, In const& in, Out const& out,
                                                      gaussian_options options = {},
                                                      Observer&& observer = {}) {
  std::size_t const axes = axes_of(options.over, In::rank());
  expects<value_error>(options.sigma.size() == 1 || options.sigma.size() == axes,
                       "denoise_gaussian: {} sigmas for {} axes; give one, or one for each axis",
                       options.sigma.size(), axes);
  if (In::rank() < 3) options.over = neighbourhood::image;
  if (In::rank() == 1) options.sigma.insert(options.sigma.begin(), 0.0);
  gaussian_denoiser<typename In::non_const_value_type, Space> denoise(std::move(options), space);
  denoise(detail::as_stack("denoise_gaussian", in), detail::as_stack("denoise_gaussian", out), observer);
}

}  // namespace tomoedx

#endif
