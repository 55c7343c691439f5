// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_MOVIE_NETWORK_HPP
#define TOMOEDX_DENOISE_MOVIE_NETWORK_HPP

#include <tomoedx/denoise/detail/image_frame.hpp>
#include <tomoedx/denoise/detail/network_checks.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/detail/udvd_tile.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// UDVD for movies, three or five frames together: as many frames out as in, the first and the last one repeated
/// beyond the ends. What neighbouring frames share of the first stage is computed once, with the same bits as the whole
/// network. Runs on the host. Models `denoiser`.
///
/// With normalisation by the mean each frame is divided by its own, in which a pixel still has its share.
/// source   Sheth et al. 2021
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class movie_network {
  static_assert(detail::runs_on_host<Space>, "movie_network: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;

  /// throws   tomoedx::value_error, shape_error for models of another kind, incomplete descriptions, impossible options
  explicit movie_network(nn::model model, network_options options = {}, Space const& space = Space())
      : space_(space),
        options_(std::move(options)),
        model_(std::move(model)),
        normalize_(normalization_of(options_.normalize, model_.about)) {
    auto const* u = std::get_if<nn::udvd>(&model_.about.net);
    expects<value_error>(
        u != nullptr && (u->frames == 3 || u->frames == 5),
        "movie_network: the model is not UDVD for 3 or 5 frames; use network_denoiser, which takes "
        "all");
    detail::check_model("movie_network", model_, options_);
    reach_ = static_cast<std::size_t>(u->frames / 2);
  }

  network_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Compile the network for frames of this size, as the first of them would; says what it takes. A stream holds some
  /// frames too.
  ///
  /// throws   tomoedx::value_error when the bound on memory is too small, with the least that would do
  network_memory prepare(std::size_t height, std::size_t width, bool streamed = false) {
    require_kokkos("movie_network");
    std::array<std::size_t, 3> const now{height, width, streamed};
    if (tile_ && made_for_ == now) return tile_->memory();
    auto net = detail::without_noise_level(model_.about.net);
    auto const frame = detail::frame_of(net, height, width);
    auto const& u = std::get<nn::udvd>(net);
    auto const sees = field_of_view_of(nn::network_of(net, frame.extent),
                                       nn::input_extents(net, frame.extent), options_.use);
    std::size_t const image = count(extents<2>{height, width}) * sizeof(T);
    auto const build = [&](nn::triple const& extent) {
      nn::plan_options const how{.use = options_.use, .level = options_.level};
      std::size_t const most = extent == frame.extent ? 1 : most_frames;
      auto made = std::make_unique<detail::udvd_tile<Space, T>>(space_, u, model_.weights, extent, how);
      std::size_t const used = made->memory().total();
      std::size_t block = most;
      auto const buffers = [&] { return streamed ? (2 * block + 2 * reach_) * image : 0; };
      while (block > 1 && options_.memory != 0 && used + buffers() > options_.memory) block /= 2;
      made->reserve(block, buffers());
      return made;
    };
    tile_.reset();
    tile_ = detail::fit_tiles("movie_network", frame.extent, sees, options_.memory, build);
    tiles_ = tiling(frame.extent, tile_->extent(), sees);
    frame_ = frame;
    made_for_ = now;
    return tile_->memory();
  }
  /// Tiles (z, y, x) that frames of the size last prepared are cut into.
  nn::triple tiles() const { return tile_ ? tiles_.counts() : nn::triple{}; }
  /// What is suspicious in the results of the last call; empty when nothing is.
  std::string warning() const { return constant_.text(); }

  /// Denoise a movie. The observer is told how many frames are done after each frame or, with frames cut into tiles,
  /// each of their tiles; once it has ended the work, `out` holds the frames it was told of, the others are
  /// unspecified.
  ///
  /// shapes   in and out (n, y, x)
  /// throws   tomoedx::shape_error; tomoedx::value_error before anything is written, and later when a result
  ///          is not finite; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("movie_network", space_, in, out, options_.level);
    std::size_t const n = in.extent(0), pixels = in.extent(1) * in.extent(2);
    std::vector<detail::scaled_image<T>> frames(n);
    for (std::size_t i = 0; i < n; ++i) {
      T const* const values = in.data() + i * pixels;
      frames[i] = {values, scale_of(normalize_, std::span<T const>(values, pixels), i)};
    }
    prepare(in.extent(1), in.extent(2));
    begin();
    for (std::size_t first = 0; first < n; first += tile_->block()) {
      block(
          first, std::min(n, first + tile_->block()), n - 1, [&](std::size_t i) { return frames[i]; },
          [&](std::size_t i) { return out.data() + i * pixels; },
          [&](std::size_t i, bool finished) {
            if (finished) constant_.look(in.data() + i * pixels, out.data() + i * pixels, pixels, i);
            detail::tell_observer("movie_network", observer, finished ? i + 1 : first, n);
          });
    }
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

  /// Denoise a movie from a source into a sink, in memory that does not grow with its length.
  /// `next(std::span<T>)` fills in a frame or returns false at the end; `put(std::span<T const>)` takes a result, which
  /// comes some frames later.
  ///
  /// throws   tomoedx::value_error naming a frame that cannot be taken; tomoedx::cancelled; what source and sink throw.
  ///          The sink then has all frames the observer was told of
  /// returns  the number of frames
  template <class Source, class Sink, class Observer = ignore>
  std::size_t stream(std::size_t height, std::size_t width, Source&& next, Sink&& put,
                     Observer&& observer = {}) {
    prepare(height, width, true);
    begin();
    std::size_t const pixels = height * width, together = tile_->block(), places = together + 2 * reach_;
    std::vector<std::vector<T>> in(places, std::vector<T>(pixels)), out(together, std::vector<T>(pixels));
    std::vector<image_scale<T>> scales(places);
    std::size_t read = 0, done = 0;
    for (bool more = true; true;) {
      while (more && read < done + together + reach_) {
        auto& frame = in[read % places];
        if (!(more = next(std::span<T>(frame)))) break;
        detail::check_image("movie_network", frame, read);
        scales[read % places] = scale_of(normalize_, std::span<T const>(frame), read);
        ++read;
      }
      std::size_t const end = std::min(read, done + together);
      if (end == done) return done;
      block(
          done, end, read - 1,
          [&](std::size_t i) {
            return detail::scaled_image<T>{in[i % places].data(), scales[i % places]};
          },
          [&](std::size_t i) { return out[i - done].data(); },
          [&](std::size_t, bool finished) {
            if (!finished) detail::tell_observer("movie_network", observer, done, 0);
          });
      for (std::size_t first = done; done < end;) {
        auto const& result = out[done - first];
        constant_.look(in[done % places].data(), result.data(), pixels, done);
        put(std::span<T const>(result));
        detail::tell_observer("movie_network", observer, ++done, 0);
      }
    }
  }

 private:
  static constexpr std::size_t most_frames = 16;  ///< worked on at one tile before the next

  void begin() {
    constant_ = {};
    tile_->forget();
  }

  /// Frames `first` to `end` of a movie whose last known frame is `last`; `after(frame, whether it is finished)`.
  template <class ImageOf, class OutOf, class After>
  void block(std::size_t first, std::size_t end, std::size_t last, ImageOf&& image_of, OutOf&& out_of,
             After&& after) {
    auto const& extent = tile_->extent();
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      auto const at = tiles_[t];
      if (tiles_.size() > 1) tile_->forget();
      for (std::size_t i = first; i < end; ++i) {
        auto const load = [&](std::ptrdiff_t frame, T* to) {
          auto const there = std::clamp<std::ptrdiff_t>(frame, 0, static_cast<std::ptrdiff_t>(last));
          detail::load_tile<Space, T>(space_, frame_, image_of(static_cast<std::size_t>(there)), at, extent,
                                      to);
        };
        T const* result = tile_->run(static_cast<std::ptrdiff_t>(i), load);
        auto const scale = image_of(i).scale;
        if (options_.noise) load(static_cast<std::ptrdiff_t>(i), tile_->frame());
        result = detail::result_of_tile(result, tile_->frame(), detail::count_of(extent), options_.noise,
                                        scale.scale);
        detail::check_finite("movie_network",
                             detail::store_tile<Space, T>(space_, frame_, scale, options_.clamp, at, extent,
                                                          result, out_of(i)),
                             i);
        after(i, t + 1 == tiles_.size());
      }
    }
  }

  Space space_;
  network_options options_;
  nn::model model_;
  nn::normalization normalize_;
  std::size_t reach_ = 0;
  detail::image_frame frame_;
  std::unique_ptr<detail::udvd_tile<Space, T>> tile_;
  tiling tiles_;
  std::array<std::size_t, 3> made_for_{};
  detail::constant_results constant_;
};

}  // namespace tomoedx

#endif
