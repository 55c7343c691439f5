// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_BM3D_ROWS_HPP
#define TOMOEDX_DENOISE_DETAIL_BM3D_ROWS_HPP
// IWYU pragma: private, include "tomoedx/denoise/bm3d.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/detail/mirror.hpp>
#include <tomoedx/denoise/detail/bm3d_engine.hpp>

#include <vector>

/// What happens to whole rows before, between and after the stages of BM3D, and the memory it happens in.
namespace tomoedx::detail {

/// An image to be denoised: its pixels become (value - centre) / sigma.
template <class T>
struct bm3d_task {
  T const* from;
  T* to;
  double centre, sigma;
};

/// The memory of a batch of images. Sides shorter than a block are mirrored until they hold one.
template <class T>
class bm3d_memory {
 public:
  bm3d_memory(int batch, int height, int width, int radius)
      : user_height(height),
        user_width(width),
        height_(std::max(height, bm3d_edge)),
        width_(std::max(width, bm3d_edge)),
        margin_(bm3d_margin(radius)),
        search_(Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::bm3d::search"),
                static_cast<std::size_t>(batch) * height_ * stride()),
        values_(Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::bm3d::images"),
                4 * static_cast<std::size_t>(batch) * height_ * width_),
        images_(static_cast<std::size_t>(batch)) {
    std::size_t const pixels = static_cast<std::size_t>(height_) * width_;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      T* const v = values_.data() + 4 * i * pixels;
      images_[i] = {{search_.data() + i * height_ * stride() + margin_, static_cast<std::ptrdiff_t>(stride()),
                     height_, width_},
                    v,
                    v + pixels,
                    v + 2 * pixels,
                    v + 3 * pixels};
    }
  }

  int height() const { return height_; }
  int width() const { return width_; }
  int margin() const { return margin_; }
  std::size_t stride() const { return static_cast<std::size_t>(width_ + 2 * margin_); }
  bm3d_image<T> const* images() const { return images_.data(); }

  int const user_height, user_width;

 private:
  int height_, width_, margin_;
  Kokkos::View<float*, Kokkos::HostSpace> search_;
  Kokkos::View<T*, Kokkos::HostSpace> values_;
  std::vector<bm3d_image<T>> images_;
};

/// Row y of the search image is a copy of `from`, between columns of infinity.
template <class T>
void fill_search_row(bm3d_image<T> const& image, int margin, int y, T const* from) {
  auto* const row = const_cast<float*>(image.search.values) + y * image.search.stride;
  int const width = image.search.width;
  std::fill(row - margin, row, bm3d_infinity);
  for (int x = 0; x < width; ++x) row[x] = static_cast<float>(from[x]);
  std::fill(row + width, row + width + margin, bm3d_infinity);
}

template <class T>
void clear_sums(bm3d_image<T> const& image, int y) {
  std::ptrdiff_t const at = static_cast<std::ptrdiff_t>(y) * image.search.width;
  std::fill_n(image.sum + at, image.search.width, T(0));
  std::fill_n(image.weight + at, image.search.width, T(0));
}

/// A row of the user's image comes in.
template <class T>
void prepare_row(bm3d_memory<T> const& memory, bm3d_task<T> const& task, int slot, int y) {
  auto const& image = memory.images()[slot];
  T const* const from =
      task.from + static_cast<std::ptrdiff_t>(reflected(y, memory.user_height)) * memory.user_width;
  T* const to = image.noisy + static_cast<std::ptrdiff_t>(y) * memory.width();
  for (int x = 0; x < memory.width(); ++x)
    to[x] = static_cast<T>((static_cast<double>(from[reflected(x, memory.user_width)]) - task.centre) /
                           task.sigma);
  fill_search_row(image, memory.margin(), y, to);
  clear_sums(image, y);
}

/// A row of the estimate: weighted sums divided by weights, those of all blocks that cover a pixel.
template <class T>
void finish_row(bm3d_memory<T> const& memory, int slot, int y) {
  auto const& image = memory.images()[slot];
  static constexpr auto window = kaiser_window();
  int const width = memory.width();
  std::ptrdiff_t const at = static_cast<std::ptrdiff_t>(y) * width;
  T* const row = image.estimate + at;
  std::fill_n(row, width, T(0));
  for (int k = 0; k < bm3d_edge && k <= y; ++k) {
    T const* const weight = image.weight + at - static_cast<std::ptrdiff_t>(k) * width;
    T const w = static_cast<T>(window[static_cast<std::size_t>(k)]);
    for (int x = 0; x < width; ++x) row[x] += w * weight[x];
  }
  for (int x = width - 1; x >= 0; --x) {  // from the right: what is still to be read lies left
    T sum = 0;
    for (int k = 0; k < bm3d_edge && k <= x; ++k)
      sum += static_cast<T>(window[static_cast<std::size_t>(k)]) * row[x - k];
    row[x] = image.sum[at + x] / sum;
  }
}

/// The first estimate becomes what the second stage matches in.
template <class T>
void renew_row(bm3d_memory<T> const& memory, int slot, int y) {
  auto const& image = memory.images()[slot];
  fill_search_row(image, memory.margin(), y,
                  image.estimate + static_cast<std::ptrdiff_t>(y) * memory.width());
  clear_sums(image, y);
}

/// A row goes out to the user.
template <class T>
void return_row(bm3d_memory<T> const& memory, bm3d_task<T> const& task, int slot, int y) {
  if (y >= memory.user_height) return;
  T const* const from = memory.images()[slot].estimate + static_cast<std::ptrdiff_t>(y) * memory.width();
  T* const to = task.to + static_cast<std::ptrdiff_t>(y) * memory.user_width;
  for (int x = 0; x < memory.user_width; ++x)
    to[x] = static_cast<T>(task.centre + task.sigma * static_cast<double>(from[x]));
}

/// Do something with every row of the first `batch` images.
template <class Space, class T, class Row>
void for_each_row(Space const& space, char const* label, bm3d_memory<T> const& memory, int batch, Row row) {
  int const height = memory.height();
  Kokkos::parallel_for(label, Kokkos::RangePolicy<Space, Kokkos::IndexType<int>>(space, 0, batch * height),
                       [=](int i) { row(i / height, i % height); });
}

/// Denoise the images of a batch.
template <class Space, class T>
void run_bm3d(Space const& space, bm3d_memory<T> const& memory, std::vector<bm3d_task<T>> const& tasks,
              bm3d_tiling const& tiling, bm3d_search const& first, bm3d_search const& second, bool both,
              isa level) {
  int const batch = static_cast<int>(tasks.size());
  auto const* const m = &memory;
  auto const* const t = tasks.data();
  for_each_row(space, "tomoedx::bm3d::prepare", memory, batch,
               [=](int slot, int y) { prepare_row(*m, t[slot], slot, y); });
  run_bm3d_stage<bm3d_stage::threshold, bior15>(space, memory.images(), batch, tiling, first, level);
  for_each_row(space, "tomoedx::bm3d::finish", memory, batch,
               [=](int slot, int y) { finish_row(*m, slot, y); });
  if (both) {
    for_each_row(space, "tomoedx::bm3d::renew", memory, batch,
                 [=](int slot, int y) { renew_row(*m, slot, y); });
    run_bm3d_stage<bm3d_stage::wiener, dct8>(space, memory.images(), batch, tiling, second, level);
    for_each_row(space, "tomoedx::bm3d::finish", memory, batch,
                 [=](int slot, int y) { finish_row(*m, slot, y); });
  }
  for_each_row(space, "tomoedx::bm3d::return", memory, batch,
               [=](int slot, int y) { return_row(*m, t[slot], slot, y); });
  space.fence("tomoedx::bm3d");
}

}  // namespace tomoedx::detail

#endif
