// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_BM3D_HPP
#define TOMOEDX_DENOISE_BM3D_HPP

#include <tomoedx/core/observer.hpp>
#include <tomoedx/denoise/detail/bm3d_rows.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/for_counts.hpp>
#include <tomoedx/denoise/noise_level.hpp>

#include <optional>

namespace tomoedx {

/// What the noise of a stack is like.
enum class bm3d_noise {
  gaussian,  ///< white, of one standard deviation
  poisson    ///< counts: stabilised, denoised at sigma 1, returned by the exact unbiased inverse
};

/// How far BM3D goes: to the first estimate (hard thresholding) or to the second (Wiener).
enum class bm3d_stages { first, both };

struct bm3d_options {
  /// Of the noise, in the unit of the images; measured in each image if absent.
  std::optional<double> sigma{};
  bm3d_noise noise = bm3d_noise::gaussian;
  bm3d_stages stages = bm3d_stages::both;
  int step = 3;            ///< pixels from one reference block to the next, 1 to 8
  int search_window = 39;  ///< edge of the square that similar blocks are looked for in; odd, 1 to 79
  isa level = best_isa();  ///< the instruction set to use; for tests and benchmarks
};

/// BM3D: blocks of 8 x 8 that look alike are stacked, transformed and shrunk together; first by a threshold
/// (biorthogonal wavelet 1.5 and Haar), then by a Wiener filter that the first estimate steers (cosine and
/// Haar). Groups hold up to 16 and 32 blocks; that blocks of a group share noise where they overlap is
/// taken into account.
///
/// The mean of a group is always kept: adding a constant to an image adds it to the result, and a factor on
/// image and sigma is a factor on the result. Images with a side below 8 are mirrored to 8. With sigma zero
/// (given or measured) an image comes back unchanged; a sigma below 1e-8 of the range is raised to that. The
/// result does not depend on the number of threads.
///
/// requires an execution space of the host
/// source   Dabov, Foi, Katkovnik and Egiazarian, IEEE TIP 16 (2007) 2080; Lebrun, IPOL 2 (2012) 175;
///          Makinen, Azzari and Foi, IEEE TIP 29 (2020) 8339 (variances)
template <real T = float, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class bm3d_denoiser {
  static_assert(detail::runs_on_host<Space>, "BM3D runs on host execution spaces");

 public:
  using execution_space = Space;
  using value_type = T;
  using memory_space = typename Space::memory_space;
  using input_view = Kokkos::View<T const***, Kokkos::LayoutRight, memory_space>;
  using output_view = Kokkos::View<T***, Kokkos::LayoutRight, memory_space>;

  /// throws   tomoedx::value_error for an option out of range
  explicit bm3d_denoiser(bm3d_options const& options = {}, Space const& space = Space())
      : space_(space), options_(options) {
    require_kokkos("bm3d");
    expects<value_error>(!options.sigma || (std::isfinite(*options.sigma) && *options.sigma >= 0),
                         "bm3d: sigma is {}; it is the standard deviation of the noise, 0 or more",
                         options.sigma.value_or(0));
    expects<value_error>(!options.sigma || options.noise == bm3d_noise::gaussian,
                         "bm3d: sigma is {} but the noise is Poisson's, which has none; leave sigma out",
                         options.sigma.value_or(0));
    expects<value_error>(options.step >= 1 && options.step <= detail::bm3d_edge,
                         "bm3d: step is {} pixels; it must be 1 to {}, such as 3", options.step,
                         detail::bm3d_edge);
    expects<value_error>(options.search_window % 2 == 1 && options.search_window >= 1 &&
                             options.search_window <= 2 * detail::bm3d_farthest + 1,
                         "bm3d: search_window is {} pixels; it must be an odd number from 1 to {}",
                         options.search_window, 2 * detail::bm3d_farthest + 1);
    options_.level = detail::simd::usable(options.level);
  }

  bm3d_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Denoise every image of a stack.
  ///
  /// shapes   both (n, y, x), of the same extents
  /// requires arrays that do not overlap
  /// throws   shape_error for extents that differ or are 0, value_error for a value that is not finite (counts: or
  ///          negative), cancelled when the observer stops it
  template <observer Watch>
  void operator()(input_view const& in, output_view const& out, Watch&& watch) const {
    if (options_.noise == bm3d_noise::poisson) {
      auto gaussian = options_;
      gaussian.noise = bm3d_noise::gaussian;
      gaussian.sigma = 1;
      for_counts(bm3d_denoiser(gaussian, space_))(in, out, watch);
    } else {
      detail::check_images("bm3d", space_, in, out, options_.level);
      detail::check_int_extents("bm3d", in);
      denoise(in, out, watch);
    }
  }
  void operator()(input_view const& in, output_view const& out) const { (*this)(in, out, ignore{}); }

 private:
  template <class Watch>
  void denoise(input_view const& in, output_view const& out, Watch& watch) const {
    int const radius = options_.search_window / 2;
    std::size_t const n = in.extent(0), pixels = in.extent(1) * in.extent(2);
    int const height = static_cast<int>(in.extent(1)), width = static_cast<int>(in.extent(2));
    auto const tiling = detail::make_bm3d_tiling(std::max(height, detail::bm3d_edge),
                                                 std::max(width, detail::bm3d_edge), options_.step, radius);
    // small images keep no thread waiting: several of them are worked on together
    std::size_t const wanted =
        (static_cast<std::size_t>(2 * space_.concurrency()) + tiling.count(0) - 1) / tiling.count(0);
    std::size_t const together = space_.concurrency() == 1 ? 1 : std::min(n, wanted);
    detail::bm3d_memory<T> const memory(static_cast<int>(together), height, width, radius);
    detail::bm3d_search const first{radius, 16, detail::bm3d_first_limit * detail::bm3d_block};
    detail::bm3d_search const second{radius, 32, detail::bm3d_second_limit * detail::bm3d_block};
    std::vector<detail::bm3d_task<T>> tasks;
    for (std::size_t done = 0; done < n;) {
      tasks.clear();
      std::size_t const begin = done;
      for (; done < n && tasks.size() < together; ++done) {
        auto const task = make_task(in, out, done);
        if (task.sigma > 0)
          tasks.push_back(task);
        else
          std::copy_n(task.from, pixels, task.to);
      }
      detail::run_bm3d(space_, memory, tasks, tiling, first, second, options_.stages == bm3d_stages::both,
                       options_.level);
      for (std::size_t i = begin + 1; i <= done; ++i) detail::tell_observer("bm3d", watch, i, n);
    }
  }

  /// How image i is brought to noise of variance 1. A sigma below the precision of the search is raised to it.
  detail::bm3d_task<T> make_task(input_view const& in, output_view const& out, std::size_t i) const {
    auto const image = Kokkos::subview(in, i, Kokkos::ALL, Kokkos::ALL);
    auto const [least, most] = std::minmax_element(image.data(), image.data() + image.size());
    double const low = static_cast<double>(*least), high = static_cast<double>(*most);
    double const sigma = options_.sigma ? *options_.sigma : noise_level(image);
    bool const noisy = sigma > 0 && high > low;
    return {image.data(), out.data() + i * image.size(), low / 2 + high / 2,
            noisy ? std::max(sigma, 1e-8 * (high / 2 - low / 2)) : 0};
  }

  Space space_;
  bm3d_options options_;
};

/// Denoise a stack (n, y, x) by BM3D; see bm3d_denoiser.
template <execution_space Space, class In, class Out, observer Watch = ignore>
requires view_on<In, Space, 3> && view_on<Out, Space, 3>
void denoise_bm3d(Space const& space, In const& in, Out const& out, bm3d_options const& options = {},
                  Watch&& watch = {}) {
  bm3d_denoiser<typename Out::value_type, Space>(options, space)(in, out, watch);
}

}  // namespace tomoedx

#endif
