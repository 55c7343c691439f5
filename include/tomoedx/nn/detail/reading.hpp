// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_READING_HPP
#define TOMOEDX_NN_DETAIL_READING_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

/// How layers read stored tensors. Borders, crops, shifts, nearest upsampling and concatenation move no data: they only
/// change which stored position, or zero, stands at each place of the image a layer sees. Along an axis that is a list
/// of stored positions, and since all of these act on the axes one by one, three lists describe any chain of them.
namespace tomoedx::nn::detail {

/// Where a tensor is stored: blocks of N channels, (item, block, z, y, x, lane).
template <class T>
struct stored {
  T* data = nullptr;
  std::ptrdiff_t item_step = 0, block_step = 0, plane_step = 0, row_step = 0;
};

/// One stored tensor as a layer sees it. Position i of an axis stands for stored position map[i], or zero if -1.
template <class T>
struct seen {
  stored<T const> from;
  int channels = 0, blocks = 0;
  std::int32_t const* z = nullptr;
  std::int32_t const* y = nullptr;
  std::int32_t const* x = nullptr;
};

/// The stored positions of one axis.
using axis_map = std::vector<std::int32_t>;

/// Every position itself.
inline axis_map identity_map(int n) {
  axis_map m(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) m[static_cast<std::size_t>(i)] = i;
  return m;
}

inline bool is_identity(axis_map const& m, int stored_extent) {
  if (static_cast<int>(m.size()) != stored_extent) return false;
  for (std::size_t i = 0; i < m.size(); ++i)
    if (m[i] != static_cast<std::int32_t>(i)) return false;
  return true;
}

/// Whether `n` positions from `first` on are all stored, and whether they are stored side by side too.
inline bool is_inside(axis_map const& m, int first, int n) {
  for (int i = first; i < first + n; ++i)
    if (m[static_cast<std::size_t>(i)] < 0) return false;
  return true;
}
inline bool is_together(axis_map const& m, int first, int n) {
  if (!is_inside(m, first, n)) return false;
  for (int i = first + 1; i < first + n; ++i)
    if (m[static_cast<std::size_t>(i)] != m[static_cast<std::size_t>(i - 1)] + 1) return false;
  return true;
}

}  // namespace tomoedx::nn::detail

#endif
