// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NON_LOCAL_MEANS_HPP
#define TOMOEDX_DENOISE_NON_LOCAL_MEANS_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/denoise/detail/nlm_engine.hpp>
#include <tomoedx/denoise/detail/stack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tomoedx {

/// Which pixels around two pixels are compared, for a patch of p x p.
enum class patch_window {
  scikit_image,  ///< what its fast mode compares: (p - 1) x (p - 1), from -(p/2) + 1 to p/2; p = 1 as centred
  centred        ///< p x p, from -(p/2) to p/2: mirrored images give mirrored results
};

/// How non-local means searches and weighs.
struct non_local_means_options {
  int patch = 7;      ///< edge of the compared squares in pixels, odd
  int distance = 11;  ///< of the search in pixels: candidates are (2 distance + 1)^2
  double h = 0;       ///< decay of the weights [value], about 0.6 to 1 times sigma; must be given
  double sigma = 0;   ///< standard deviation of the noise: its share of the distances is taken off
  int frames = 0;  ///< search also in so many images of the stack on either side, for tilt series and movies
  patch_window window = patch_window::scikit_image;
  isa level = best_isa();  ///< the instruction set to use; for tests and benchmarks
};

/// Non-local means: each pixel becomes the mean of the pixels near it, weighted by how much their surroundings
/// resemble its own: exp(-max(0, S - 2 m sigma^2) / (h p)^2), where S sums the squared differences of the m pixels
/// of two windows of a p x p patch. Weights below exp(-5) are zero, borders mirror without repeating the
/// edge. So the results are those of scikit-image's denoise_nl_means(fast_mode=True), but for its
/// approximate exponential.
///
/// A constant image comes back bit by bit, and any image when h tends to 0. The result does not depend on the
/// number of threads. Copies share scratch memory: use one at a time.
///
/// requires an execution space of the host
/// source   Buades, Coll and Morel, CVPR 2005 (and, for `frames`, the same in IJCV 76 (2008) 123); the order of
///          loops after Darbon et al., ISBI 2008
template <real T = float, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class non_local_means_denoiser {
  static_assert(detail::runs_on_host<Space>, "non-local means runs on host execution spaces");

 public:
  using execution_space = Space;
  using value_type = T;
  using memory_space = typename Space::memory_space;
  using input_view = Kokkos::View<T const***, Kokkos::LayoutRight, memory_space>;
  using output_view = Kokkos::View<T***, Kokkos::LayoutRight, memory_space>;

  /// throws   tomoedx::value_error for an option out of range
  explicit non_local_means_denoiser(non_local_means_options const& options, Space const& space = Space())
      : space_(space), options_(options) {
    require_kokkos("non_local_means");
    expects<value_error>(
        options.patch >= 1 && options.patch <= 99 && options.patch % 2 == 1,
        "non_local_means: patch is {} pixels; it must be an odd number from 1 to 99, such as 5 or 7",
        options.patch);
    expects<value_error>(options.distance >= 0 && options.distance <= 500,
                         "non_local_means: distance is {} pixels; it must be 0 to 500", options.distance);
    expects<value_error>(
        options.h > 0 && std::isfinite(options.h),
        "non_local_means: h is {}; give a positive number, about 0.8 times the noise's sigma", options.h);
    expects<value_error>(options.sigma >= 0 && std::isfinite(options.sigma),
                         "non_local_means: sigma is {}; it is a standard deviation, 0 when unknown",
                         options.sigma);
    expects<value_error>(options.frames >= 0 && options.frames <= 1000,
                         "non_local_means: frames is {}; it must be 0 to 1000", options.frames);
    options_.level = detail::simd::usable(options.level);
    int const half = options.patch / 2;
    bool const shortened = options.window == patch_window::scikit_image && half > 0;
    reach_ = {options.distance, shortened ? half - 1 : half, half, options.frames};
    double const p = options.patch, taps = reach_.taps();
    constexpr double largest = std::numeric_limits<T>::max();
    weighting_.noise = static_cast<T>(std::min(2 * options.sigma * options.sigma * taps * taps, largest));
    weighting_.scale = static_cast<T>(std::min(1 / (options.h * p) / (options.h * p), largest));
    memory_ = Kokkos::View<T*, memory_space>(
        Kokkos::view_alloc(space, "tomoedx::non_local_means::scratch"),
        static_cast<std::size_t>(space.concurrency()) * detail::nlm_scratch<T>::size(reach_));
    space.fence("tomoedx::non_local_means::scratch");
  }

  non_local_means_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Denoise every image of a stack.
  ///
  /// shapes   both (n, y, x), of the same extents
  /// requires arrays that do not overlap
  /// throws   shape_error for extents that differ or are 0; value_error for a value that is not finite, or
  ///          values whose squares or squared differences near the ends of T's range; cancelled when the
  ///          observer stops it
  template <observer Watch>
  void operator()(input_view const& in, output_view const& out, Watch&& watch) const {
    check(in, out);
    int const n = static_cast<int>(in.extent(0));
    auto const shape = detail::nlm_cut(n, static_cast<int>(in.extent(1)), static_cast<int>(in.extent(2)));
    int const workers = space_.concurrency();
    int const together =
        (4 * workers + shape.tiles() - 1) / shape.tiles();  // small images keep no thread waiting
    for (int done = 0; done < n;) {
      int const now = std::min(together, n - done);
      detail::nlm_run(space_, options_.level,
                      detail::nlm_job<T>{shape, reach_, weighting_, in.data(), out.data(), memory_.data(),
                                         workers, done, now});
      done += now;
      detail::tell_observer("non_local_means", watch, static_cast<std::size_t>(done), in.extent(0));
    }
  }
  void operator()(input_view const& in, output_view const& out) const { (*this)(in, out, ignore{}); }

 private:
  void check(input_view const& in, output_view const& out) const {
    detail::check_images("non_local_means", space_, in, out, options_.level);
    detail::check_int_extents("non_local_means", in);
    T const limit = std::sqrt(std::numeric_limits<T>::max()) / T(1e3);
    for (std::size_t i = 0; i < in.size(); ++i)
      expects<value_error>(std::abs(in.data()[i]) <= limit,
                           "non_local_means: value {} of the stack is {}, the most is {}; scale the stack", i,
                           static_cast<double>(in.data()[i]), static_cast<double>(limit));
    auto const [low, high] = std::minmax_element(in.data(), in.data() + in.size());
    T const least = std::sqrt(std::numeric_limits<T>::min()) * T(1e3);
    expects<value_error>(*low == *high || *high - *low >= least,
                         "non_local_means: the values range over {}, the least is {}; scale the stack",
                         static_cast<double>(*high - *low), static_cast<double>(least));
  }

  Space space_;
  non_local_means_options options_;
  detail::nlm_reach reach_{};
  detail::nlm_weighting<T> weighting_{};
  Kokkos::View<T*, memory_space> memory_;
};

/// Denoise a stack (n, y, x) by non-local means; see non_local_means_denoiser.
template <execution_space Space, class In, class Out, observer Watch = ignore>
requires view_on<In, Space, 3> && view_on<Out, Space, 3>
void denoise_non_local_means(Space const& space, In const& in, Out const& out,
                             non_local_means_options const& options, Watch&& watch = {}) {
  non_local_means_denoiser<typename Out::value_type, Space>(options, space)(in, out, watch);
}

}  // namespace tomoedx

#endif
