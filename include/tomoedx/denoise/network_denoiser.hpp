// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_NETWORK_DENOISER_HPP
#define TOMOEDX_DENOISE_NETWORK_DENOISER_HPP

#include <tomoedx/denoise/image_network.hpp>
#include <tomoedx/denoise/movie_network.hpp>
#include <tomoedx/denoise/spectrum_network.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

namespace tomoedx {

/// A network as a denoiser: single images, movies, scans or spectrum images, as its architecture says. Counts in,
/// counts out.
///
///     auto model = nn::model_of(io::read_safetensors("unet.safetensors"));
///     network_denoiser<float> denoise(std::move(model), {.memory = std::size_t{4} << 30});
///     denoise(noisy, clean);
///
/// Runs on the host. Models `denoiser`; what each kind of image needs beside stacks stands with image_network (scans),
/// movie_network and spectrum_network.
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class network_denoiser {
 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;
  using image_view = Kokkos::View<T const**, Kokkos::LayoutRight, typename Space::memory_space>;

  /// What only some kinds of network need.
  struct particulars {
    std::size_t scan_width = 0;   ///< positions in a row of a scan, for networks of nine frames
    spectrum_options spectrum{};  ///< for spectrum images
  };

  /// throws   tomoedx::value_error, shape_error for incomplete descriptions and impossible options
  explicit network_denoiser(nn::model model, network_options options = {}, particulars more = {},
                            Space const& space = Space())
      : kind_(pick(std::move(model), std::move(options), more, space)) {}

  network_options const& options() const {
    return std::visit(
        [](auto const& k) -> auto const& { return k.options(); }, kind_);
  }
  Space const& space() const {
    return std::visit(
        [](auto const& k) -> auto const& { return k.space(); }, kind_);
  }

  /// What a stack of this shape needs, before any work: the network is compiled for it.
  ///
  /// throws   tomoedx::value_error when the bound on memory is too small, with the least that would do
  network_memory prepare(extents<3> const& stack) {
    if (auto* s = std::get_if<spectrum_network<T, Space>>(&kind_))
      return s->prepare(stack[0], stack[1], stack[2]);
    if (auto* m = std::get_if<movie_network<T, Space>>(&kind_)) return m->prepare(stack[1], stack[2]);
    return std::get<image_network<T, Space>>(kind_).prepare(stack[1], stack[2]);
  }
  /// Tiles (z, y, x) that images of the size last prepared are cut into.
  nn::triple tiles() const {
    return std::visit([](auto const& k) { return k.tiles(); }, kind_);
  }
  /// What is suspicious in the results of the last call, for a person; empty when nothing is.
  std::string warning() const {
    return std::visit([](auto const& k) { return k.warning(); }, kind_);
  }

  /// Denoise a stack of images, a movie, a scan or a spectrum image (energy, y, x). The observer is told of finished
  /// images (for a spectrum image, passes). After it has ended the work, `out` holds the images it was told of, of a
  /// spectrum image nothing; everything else in it is unspecified.
  ///
  /// shapes   in and out (n, y, x)
  /// throws   tomoedx::shape_error; tomoedx::value_error before anything is written, and later when a result
  ///          is not finite; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    std::visit([&](auto& k) { k(in, out, observer); }, kind_);
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

  /// Denoise images or a movie from a source into a sink: image_network::stream, movie_network::stream.
  ///
  /// throws   tomoedx::value_error for scans and spectrum images; as those
  /// returns  the number of images
  template <class Source, class Sink, class Observer = ignore>
  std::size_t stream(std::size_t height, std::size_t width, Source&& next, Sink&& put,
                     Observer&& observer = {}) {
    if (auto* m = std::get_if<movie_network<T, Space>>(&kind_))
      return m->stream(height, width, next, put, observer);
    auto* images = std::get_if<image_network<T, Space>>(&kind_);
    expects<value_error>(images != nullptr,
                         "network_denoiser: spectrum images cannot be streamed; give the whole one");
    return images->stream(height, width, next, put, observer);
  }

  /// Give the Z-contrast image of a spectrum image; see spectrum_network.
  void z_contrast(image_view const& image) {
    auto* s = std::get_if<spectrum_network<T, Space>>(&kind_);
    expects<value_error>(s != nullptr,
                         "network_denoiser: only networks for spectrum images take a Z-contrast image");
    s->z_contrast(image);
  }

 private:
  using kind = std::variant<image_network<T, Space>, movie_network<T, Space>, spectrum_network<T, Space>>;

  static kind pick(nn::model model, network_options options, particulars const& more, Space const& space) {
    auto const& net = model.about.net;
    auto const* u = std::get_if<nn::udvd>(&net);
    bool const movie = u != nullptr && (u->frames == 3 || u->frames == 5);
    bool const spectrum = std::holds_alternative<nn::autoencoder>(net);
    expects<value_error>(more.scan_width == 0 || (u != nullptr && u->frames == 9),
                         "network_denoiser: a scan of width {} is given, but this network is not for scans",
                         more.scan_width);
    if (spectrum)
      return spectrum_network<T, Space>(std::move(model), std::move(options), more.spectrum, space);
    if (movie) return movie_network<T, Space>(std::move(model), std::move(options), space);
    return image_network<T, Space>(std::move(model), std::move(options), more.scan_width, space);
  }

  kind kind_;
};

}  // namespace tomoedx

#endif
