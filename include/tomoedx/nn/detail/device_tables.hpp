// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_TABLES_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_TABLES_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/nn/detail/curves.hpp>
#include <tomoedx/nn/detail/point_jobs.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

/// What the kernels of a device plan read beside the tensors: plain tables that refer to each other by numbers, so that
/// they can be uploaded as they are. Tensors are planar, (item, channel, z, y, x), in one arena.
namespace tomoedx::nn::detail {

/// Channels of one stored tensor as a layer sees them: position i of an axis stands for stored position maps[z + i],
/// or zero if -1.
struct device_part {
  std::ptrdiff_t data = 0;  ///< in the arena
  std::ptrdiff_t item_step = 0, channel_step = 0, plane_step = 0;
  int row_step = 0;
  int before = 0, channels = 0;  ///< channels of the parts before this one, and its own
  int z = 0, y = 0, x = 0;       ///< where its maps begin
  bool plain = false;            ///< whether positions are stored as they are seen
};

/// A value as a layer reads it: so many parts one after another.
struct device_value {
  int first = 0, parts = 0;
};

/// A tensor as a layer writes it.
struct device_target {
  std::ptrdiff_t data = -1, item_step = 0, channel_step = 0, plane_step = 0;
  int row_step = 0;
};

/// One tap of a filter over one part of the image.
struct filter_tap {
  int part, z, y, x;
};
/// One row of the image matrix: a channel (of its part) under a tap; tap -1 stands for zeros.
struct matrix_row {
  int tap, channel;
};

/// One matrix product of a convolution: pixels by rows, times rows by outputs. A plain convolution is one of them, a
/// transposed one has one for each phase, a grouped one for each group.
struct matrix_product {
  int first_row, rows;     ///< rows are a multiple of the depth of a tile
  std::ptrdiff_t filters;  ///< (row, output), in the weights
  int width;               ///< outputs with padding
  int outputs, first_output;
  int nz, ny, nx;  ///< the pixels of an item
  int z, y, x;     ///< where the first of them goes
  int pixels;      ///< of all items, counted as the kernel counts them
  int pixel_tiles, tiles;
};

/// The same tables on the host while they are made and in the memory of a space.
template <class T>
struct host_tables {
  std::vector<T> weights;
  std::vector<int> numbers;  ///< axis maps and other short lists
  std::vector<device_part> parts;
  std::vector<filter_tap> taps;
  std::vector<matrix_row> rows;
  std::vector<matrix_product> products;
  std::vector<between<T>> lines;
};

/// What a kernel takes with it.
template <class T>
struct device_pointers {
  T* arena;
  T const* weights;
  int const* numbers;
  device_part const* parts;
  filter_tap const* taps;
  matrix_row const* rows;
  matrix_product const* products;
  between<T> const* lines;

  /// Channel 0 of a position of a part, or null where that is a zero.
  KOKKOS_INLINE_FUNCTION T const* find(device_part const& p, int item, int z, int y, int x) const {
    if (!p.plain) {
      z = numbers[p.z + z], y = numbers[p.y + y], x = numbers[p.x + x];
      if (z < 0 || y < 0 || x < 0) return nullptr;
    }
    return arena +
           (p.data + item * p.item_step + z * p.plane_step + static_cast<std::ptrdiff_t>(y) * p.row_step + x);
  }
  /// A value at a position.
  KOKKOS_INLINE_FUNCTION T read(device_value const& v, int item, int channel, int z, int y, int x) const {
    int k = v.first;
    while (channel >= parts[k].before + parts[k].channels) ++k;
    device_part const& p = parts[k];
    T const* const at = find(p, item, z, y, x);
    return at == nullptr ? T(0) : at[(channel - p.before) * p.channel_step];
  }
};

template <class Space, class T>
class device_tables {
 public:
  device_tables() = default;
  device_tables(Space const& space, host_tables<T> const& from, std::size_t arena_values)
      : arena_(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::nn::arena"), arena_values),
        weights_(uploaded(space, from.weights)),
        numbers_(uploaded(space, from.numbers)),
        parts_(uploaded(space, from.parts)),
        taps_(uploaded(space, from.taps)),
        rows_(uploaded(space, from.rows)),
        products_(uploaded(space, from.products)),
        lines_(uploaded(space, from.lines)) {
    space.fence("tomoedx::nn::device_plan: tables");  // the host's copies may go
  }
  device_pointers<T> pointers() const {
    return {arena_.data(), weights_.data(), numbers_.data(),  parts_.data(),
            taps_.data(),  rows_.data(),    products_.data(), lines_.data()};
  }
  std::size_t arena_bytes() const { return arena_.size() * sizeof(T); }
  std::size_t weight_bytes() const { return weights_.size() * sizeof(T); }

 private:
  template <class X>
  using list = Kokkos::View<X*, typename Space::memory_space>;
  template <class X>
  static list<X> uploaded(Space const& space, std::vector<X> const& from) {
    list<X> to(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::nn::tables"), from.size());
    using host = Kokkos::View<X const*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
    if (!from.empty()) Kokkos::deep_copy(space, to, host(from.data(), from.size()));
    return to;
  }
  list<T> arena_, weights_;
  list<int> numbers_;
  list<device_part> parts_;
  list<filter_tap> taps_;
  list<matrix_row> rows_;
  list<matrix_product> products_;
  list<between<T>> lines_;
};

}  // namespace tomoedx::nn::detail

#endif
