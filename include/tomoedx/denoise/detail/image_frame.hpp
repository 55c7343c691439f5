// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_IMAGE_FRAME_HPP
#define TOMOEDX_DENOISE_DETAIL_IMAGE_FRAME_HPP
// IWYU pragma: private, include "tomoedx/denoise/image_network.hpp"

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/detail/mirror.hpp>
#include <tomoedx/core/error.hpp>
#include <tomoedx/denoise/normalization.hpp>
#include <tomoedx/denoise/tiling.hpp>
#include <tomoedx/nn/model.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <variant>
#include <vector>

/// From images to what networks read and back, tile by tile.
namespace tomoedx::detail {

/// A frame as a network is given it: the image itself, or the square it is mirrored to, which can then be cut into
/// tiles like any other image.
struct image_frame {
  int height = 0, width = 0;
  int top = 0, left = 0;           ///< where the image begins in the frame
  nn::triple extent{};             ///< of the frame
  std::vector<int> rows, columns;  ///< of the image, at each position of the frame
};

/// The frame of an image, and the network that works on it: mirrored borders are the frame's, not the network's.
inline image_frame frame_of(nn::architecture& net, std::size_t height, std::size_t width) {
  constexpr std::size_t most = std::numeric_limits<int>::max() / 8;
  expects<shape_error>(height >= 1 && width >= 1 && height <= most && width <= most,
                       "network: an image of {} x {} pixels cannot be; 1 to {} rows and columns are possible",
                       height, width, most);
  image_frame f;
  f.height = static_cast<int>(height), f.width = static_cast<int>(width);
  f.extent = {1, f.height, f.width};
  auto* u = std::get_if<nn::udvd>(&net);
  if (u != nullptr && u->borders == nn::blind_borders::reflect) {
    nn::detail::check(*u);
    auto const by = nn::detail::udvd_margins(*u, f.extent);
    f.extent = nn::detail::enlarged(f.extent, by);
    f.top = by.low[1], f.left = by.low[2];
    u->borders = nn::blind_borders::exact;
  }
  for (int y = 0; y < f.extent[1]; ++y) f.rows.push_back(mirrored(y - f.top, f.height));
  for (int x = 0; x < f.extent[2]; ++x) f.columns.push_back(mirrored(x - f.left, f.width));
  return f;
}

/// An image, and how it is scaled for the network.
template <real T>
struct scaled_image {
  T const* values = nullptr;
  image_scale<T> scale{};
};

/// What a network reads of an image at a tile.
template <class Space, real T>
void load_tile(Space const& space, image_frame const& f, scaled_image<T> const& image, tile const& at,
               nn::triple const& extent, T* to) {
  int const *const rows = f.rows.data() + at.start[1], *const columns = f.columns.data() + at.start[2];
  auto const width = static_cast<std::size_t>(f.width), wide = static_cast<std::size_t>(extent[2]);
  Kokkos::parallel_for("tomoedx::denoise::load_tile", Kokkos::RangePolicy<Space>(space, 0, extent[1]),
                       [=](std::size_t y) {
                         T const* const from = image.values + static_cast<std::size_t>(rows[y]) * width;
                         for (std::size_t x = 0; x < wide; ++x)
                           to[y * wide + x] = image.scale.to_network(from[columns[x]]);
                       });
  space.fence("tomoedx::denoise::load_tile");
}

/// Put what a tile gives into the image; returns how many values are not finite.
template <class Space, real T>
std::size_t store_tile(Space const& space, image_frame const& f, image_scale<T> const& scale, bool clamp,
                       tile const& at, nn::triple const& extent, T const* from, T* image) {
  int const top = std::max(at.first[1], f.top), bottom = std::min(at.end[1], f.top + f.height);
  int const left = std::max(at.first[2], f.left), right = std::min(at.end[2], f.left + f.width);
  std::size_t wrong = 0;
  if (top >= bottom || left >= right) return wrong;
  Kokkos::parallel_reduce(
      "tomoedx::denoise::store_tile", Kokkos::RangePolicy<Space>(space, top, bottom),
      [=, x0 = f.left, y0 = f.top, width = f.width](int y, std::size_t& bad) {
        T const* const row = from + std::ptrdiff_t{y - at.start[1]} * extent[2] - at.start[2];
        T* const to = image + std::ptrdiff_t{y - y0} * width - x0;
        T all = 0;
        for (int x = left; x < right; ++x) {
          T const value = scale.to_image(row[x]);
          all += value * T(0);
          to[x] = clamp && value < 0 ? T(0) : value;
        }
        bad += all == 0 ? 0 : 1;
      },
      wrong);
  return wrong;
}

/// Whether all values are the same.
template <real T>
bool is_constant(T const* values, std::size_t n) {
  for (std::size_t i = 1; i < n; ++i)
    if (values[i] != values[0]) return false;
  return true;
}

/// Watches for results that say nothing: constant ones of images that are not.
class constant_results {
 public:
  template <real T>
  void look(T const* in, T const* out, std::size_t n, std::size_t index) {
    ++images_;
    if (n < 2 || !is_constant(out, n) || is_constant(in, n)) return;
    if (number_++ == 0) first_ = index, value_ = static_cast<double>(out[0]);
  }
  std::string text() const {
    if (number_ == 0) return {};
    return fmt::format(
        "{} of {} results are constant (image {}: {} everywhere) though the images are not; the network may "
        "be dead "
        "behind its last ReLU: train it again, or say final_relu 0 if it has none",
        number_, images_, first_, value_);
  }

 private:
  std::size_t number_ = 0, images_ = 0, first_ = 0;
  double value_ = 0;
};

/// Refuse a result with values that are not finite.
inline void check_finite(char const* who, std::size_t wrong, std::size_t index) {
  expects<value_error>(
      wrong == 0,
      "{}: the result of image {} is not finite; its values are too large for the network, scale "
      "them down or normalise by 'mean'",
      who, index);
}

}  // namespace tomoedx::detail

#endif
