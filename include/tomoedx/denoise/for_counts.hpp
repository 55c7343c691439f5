// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_FOR_COUNTS_HPP
#define TOMOEDX_DENOISE_FOR_COUNTS_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/denoise/anscombe.hpp>
#include <tomoedx/denoise/detail/stack.hpp>

#include <limits>
#include <utility>

namespace tomoedx {

/// A denoiser for white Gaussian noise of standard deviation 1, put to work on counts: they are stabilised, denoised
/// and brought back by the exact unbiased inverse. Counts in, counts out, never below zero counts.
///
///     for_counts denoise(bm3d_denoiser<float>({.sigma = 1}));
///
/// Itself a denoiser.
///
/// source   Makitalo and Foi, IEEE TIP 20 (2011) 99
template <denoiser Denoiser>
class for_counts {
 public:
  using execution_space = typename Denoiser::execution_space;
  using value_type = typename Denoiser::value_type;
  using memory_space = typename execution_space::memory_space;
  using input_view = Kokkos::View<value_type const***, Kokkos::LayoutRight, memory_space>;
  using output_view = Kokkos::View<value_type***, Kokkos::LayoutRight, memory_space>;
  static_assert(detail::runs_on_host<execution_space>, "for_counts runs on host execution spaces");

  /// `gaussian` must be set up for noise of standard deviation 1.
  ///
  /// throws   tomoedx::value_error for a count model out of range
  explicit for_counts(Denoiser gaussian, count_model const& model = {})
      : gaussian_(std::move(gaussian)), transform_(model) {}

  anscombe_transform const& transform() const { return transform_; }
  /// The space of the denoiser it is made from, or the default where that has none to show.
  execution_space space() const {
    if constexpr (requires { gaussian_.space(); })
      return gaussian_.space();
    else
      return execution_space();
  }
  /// The options of the denoiser it is made from.
  auto const& options() const requires requires(Denoiser const& d) { d.options(); }
  { return gaussian_.options(); }

  /// Denoise every image of a stack.
  ///
  /// shapes   both (n, y, x), of the same extents
  /// throws   shape_error for extents that differ or are 0; value_error for a value that is not finite or,
  ///          without read noise, stands for less than no count; cancelled when the observer stops it: `out` is
  ///          unspecified then
  template <observer Watch>
  void operator()(input_view const& in, output_view const& out, Watch&& watch) {
    execution_space const space = this->space();
    detail::check_images("for_counts", space, in, out);
    auto const& model = transform_.model();
    auto const least = static_cast<value_type>(model.offset);
    for (std::size_t i = 0; i < in.size() && model.read_noise == 0; ++i)
      expects<value_error>(in.data()[i] >= least,
                           "for_counts: value {} of the stack is {}, counts are never below {}; give the "
                           "counts as recorded, or an offset or read noise",
                           i, static_cast<double>(in.data()[i]), static_cast<double>(least));
    output_view const stable(Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::for_counts::stable"),
                             in.extent(0), in.extent(1), in.extent(2));
    Kokkos::RangePolicy<execution_space> const all(space, 0, in.size());
    auto const transform = transform_;
    // no count, as it was rounded on the way in; with read noise the mean of no count lies lower
    auto const none = model.read_noise == 0 ? static_cast<value_type>(transform.forward(model.offset))
                                            : std::numeric_limits<value_type>::lowest();
    Kokkos::parallel_for("tomoedx::for_counts::forward", all, [=](std::size_t i) {
      stable.data()[i] = static_cast<value_type>(transform.forward(static_cast<double>(in.data()[i])));
    });
    space.fence("tomoedx::for_counts::forward");
    gaussian_(input_view(stable), out, watch);
    Kokkos::parallel_for("tomoedx::for_counts::inverse", all, [=](std::size_t i) {
      value_type const d = out.data()[i];
      out.data()[i] = d <= none ? least : static_cast<value_type>(transform.inverse(static_cast<double>(d)));
    });
    space.fence("tomoedx::for_counts::inverse");
  }
  void operator()(input_view const& in, output_view const& out) { (*this)(in, out, ignore{}); }

 private:
  Denoiser gaussian_;
  anscombe_transform transform_;
};

}  // namespace tomoedx

#endif
