// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_IMAGE_NETWORK_HPP
#define TOMOEDX_DENOISE_IMAGE_NETWORK_HPP

#include <tomoedx/denoise/detail/image_frame.hpp>
#include <tomoedx/denoise/detail/network_checks.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/detail/tiled_network.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// A network that denoises images one by one: U-net, Laine's, residual CNN, UDVD for one frame; and UDVD for nine
/// frames, for scans of diffraction patterns or the like, where the neighbours of a frame in the scan help it and those
/// outside the scan are replaced by the frame itself. Runs on the host. Models `denoiser`.
///
/// With normalisation by the mean, a pixel still has its share in the mean of its image, blind spot or not.
/// source   Wang et al. 2025 for scans
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class image_network {
  static_assert(detail::runs_on_host<Space>, "image_network: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;

  /// `scan_width` is the number of positions in a row of the scan; only for nine frames, and needed there.
  ///
  /// throws   tomoedx::value_error, shape_error for models of another kind, incomplete descriptions, impossible options
  explicit image_network(nn::model model, network_options options = {}, std::size_t scan_width = 0,
                         Space const& space = Space())
      : space_(space),
        options_(std::move(options)),
        scan_width_(scan_width),
        model_(std::move(model)),
        normalize_(normalization_of(options_.normalize, model_.about)) {
    auto const* u = std::get_if<nn::udvd>(&model_.about.net);
    int const frames = u ? u->frames : 1;
    expects<value_error>(!std::holds_alternative<nn::autoencoder>(model_.about.net),
                         "image_network: the model is for spectrum images; use spectrum_network");
    expects<value_error>(frames == 1 || frames == 9,
                         "image_network: the model is for movies, {} frames together; use movie_network",
                         frames);
    expects<value_error>(
        frames == 9 || scan_width == 0,
        "image_network: a scan of width {} is given, but this network takes images one by one", scan_width);
    expects<value_error>(
        frames == 1 || scan_width >= 1,
        "image_network: the network looks at 3 x 3 neighbours in a scan; give the scan's width");
    detail::check_model("image_network", model_, options_);
    scan_ = frames == 9;
  }

  network_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Compile the network for images of this size, as the first of them would; says what it takes.
  ///
  /// throws   tomoedx::value_error when the bound on memory is too small, with the least that would do
  network_memory prepare(std::size_t height, std::size_t width) { return prepare(height, width, 0); }
  /// Tiles (z, y, x) that images of the size last prepared are cut into.
  nn::triple tiles() const { return network_ ? network_->tiles().counts() : nn::triple{}; }
  /// What is suspicious in the results of the last call; empty when nothing is.
  std::string warning() const { return constant_.text(); }

  /// Denoise a stack. The observer is told how many images are done after each image or, within images cut into tiles,
  /// each tile; once it has ended the work, `out` holds the images it was told of, the others are unspecified.
  ///
  /// shapes   in and out (n, y, x); for scans n = rows of the scan times its width
  /// throws   tomoedx::shape_error; tomoedx::value_error before anything is written, and later when a result
  ///          is not finite; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("image_network", space_, in, out, options_.level);
    std::size_t const n = in.extent(0), pixels = in.extent(1) * in.extent(2);
    expects<shape_error>(!scan_ || n % scan_width_ == 0,
                         "image_network: {} frames do not make a scan of width {}; give the scan's width", n,
                         scan_width_);
    std::vector<detail::scaled_image<T>> images(n);
    for (std::size_t i = 0; i < n; ++i) {
      T const* const values = in.data() + i * pixels;
      images[i] = {values, scale_of(normalize_, std::span<T const>(values, pixels), i)};
    }
    prepare(in.extent(1), in.extent(2));
    constant_ = {};
    for (std::size_t i = 0; i < n;) {
      auto const now = std::min(n - i, static_cast<std::size_t>(network_->items()));
      auto const after = [&](std::size_t t) {
        if (t + 1 < network_->tiles().size()) detail::tell_observer("image_network", observer, i, n);
      };
      compute(
          now, [&](std::size_t item, std::size_t k) { return images[neighbour(i + item, k, n)]; },
          [&](std::size_t item) { return out.data() + (i + item) * pixels; }, i, after);
      for (std::size_t end = i + now; i < end;) {
        constant_.look(in.data() + i * pixels, out.data() + i * pixels, pixels, i);
        detail::tell_observer("image_network", observer, ++i, n);
      }
    }
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

  /// Denoise images from a source into a sink, one at a time, in memory that does not grow with their number.
  /// `next(std::span<T>)` fills in an image or returns false at the end; `put(std::span<T const>)` takes a result.
  ///
  /// throws   tomoedx::value_error naming an image that cannot be taken or whose result is not finite, after
  ///          those before it; tomoedx::cancelled; what source and sink throw
  /// returns  the number of images
  template <class Source, class Sink, class Observer = ignore>
  std::size_t stream(std::size_t height, std::size_t width, Source&& next, Sink&& put,
                     Observer&& observer = {}) {
    expects<value_error>(!scan_, "image_network: scans cannot be streamed; give the whole stack");
    std::size_t const pixels = count(extents<2>{height, width});
    prepare(height, width, 2 * pixels * sizeof(T));
    std::vector<T> in(pixels), out(pixels);
    constant_ = {};
    std::size_t done = 0;
    for (; next(std::span<T>(in)); ++done) {
      detail::check_image("image_network", in, done);
      detail::scaled_image<T> const image{in.data(), scale_of(normalize_, std::span<T const>(in), done)};
      auto const after = [&](std::size_t t) {
        if (t + 1 < network_->tiles().size()) detail::tell_observer("image_network", observer, done, 0);
      };
      compute(
          1, [&](std::size_t, std::size_t) { return image; }, [&](std::size_t) { return out.data(); }, done,
          after);
      constant_.look(in.data(), out.data(), pixels, done);
      put(std::span<T const>(out));
      detail::tell_observer("image_network", observer, done + 1, 0);
    }
    return done;
  }

 private:
  /// `reserved` bytes of the bound are for images beside the network's own tiles.
  network_memory prepare(std::size_t height, std::size_t width, std::size_t reserved) {
    require_kokkos("image_network");
    std::array<std::size_t, 3> const now{height, width, reserved};
    if (network_ && made_for_ == now) return network_->memory();
    auto net = detail::without_noise_level(model_.about.net);
    auto const frame = detail::frame_of(net, height, width);
    auto const table = nn::network_of(net, frame.extent);
    auto const sizes = nn::sizes_of(table, nn::input_extents(net, frame.extent));
    auto const& gives = sizes[static_cast<std::size_t>(table.outputs()[0])].extent;
    expects<shape_error>(gives == frame.extent,
                         "image_network: the network gives {} x {} pixels for images of {} x {}; mirror them "
                         "(metadata or option 'odd_sizes': mirror)",
                         gives[1], gives[2], height, width);
    network_.reset();
    network_.emplace("image_network", space_, net, model_.weights, frame.extent, options_, reserved);
    frame_ = frame;
    made_for_ = now;
    return network_->memory();
  }

  /// The frame that input k of the network reads for frame i of n.
  std::size_t neighbour(std::size_t i, std::size_t k, std::size_t n) const {
    if (!scan_) return i;
    auto const width = static_cast<std::ptrdiff_t>(scan_width_);
    auto const rows = static_cast<std::ptrdiff_t>(n) / width;
    auto const b = static_cast<std::ptrdiff_t>(i) / width + static_cast<std::ptrdiff_t>(k / 3) - 1;
    auto const a = static_cast<std::ptrdiff_t>(i) % width + static_cast<std::ptrdiff_t>(k % 3) - 1;
    return b < 0 || b >= rows || a < 0 || a >= width ? i : static_cast<std::size_t>(b * width + a);
  }

  template <class ImageOf, class OutOf, class After>
  void compute(std::size_t items, ImageOf&& image_of, OutOf&& out_of, std::size_t first, After&& after) {
    std::size_t const inputs = scan_ ? 9 : 1, centre = scan_ ? 4 : 0;
    auto const& extent = network_->tiles().extent();
    network_->run(
        static_cast<int>(items), inputs,
        [&](std::size_t item, std::size_t k, tile const& at, T* to) {
          detail::load_tile<Space, T>(space_, frame_, image_of(item, k), at, extent, to);
        },
        [&](std::size_t item, tile const& at, T const* from) {
          auto const scale = image_of(item, centre).scale;
          from = detail::result_of_tile(from, network_->input(centre, item), detail::count_of(extent),
                                        options_.noise, scale.scale);
          auto const wrong = detail::store_tile<Space, T>(space_, frame_, scale, options_.clamp, at, extent,
                                                          from, out_of(item));
          detail::check_finite("image_network", wrong, first + item);
        },
        after);
  }

  Space space_;
  network_options options_;
  std::size_t scan_width_;
  nn::model model_;
  nn::normalization normalize_;
  bool scan_ = false;
  detail::image_frame frame_;
  std::optional<detail::tiled_network<Space, T>> network_;
  std::array<std::size_t, 3> made_for_{};
  detail::constant_results constant_;
};

}  // namespace tomoedx

#endif
