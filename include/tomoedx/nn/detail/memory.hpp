// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_MEMORY_HPP
#define TOMOEDX_NN_DETAIL_MEMORY_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/core/array.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

/// The memory of a plan: one piece, in which tensors that do not live at the same time share their places.
namespace tomoedx::nn::detail {

/// Host memory that begins on a cache line, on a large page where the system has them.
class pages {
 public:
  static constexpr std::size_t page = std::size_t{1} << 21;

  pages() = default;
  explicit pages(std::size_t bytes) : bytes_(bytes) {
    std::size_t const unit = bytes >= 2 * page ? page : 64;
    memory_ = decltype(memory_)(Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::nn::pages"),
                                bytes + unit);
    auto const address = reinterpret_cast<std::uintptr_t>(memory_.data());
    data_ = memory_.data() + ((address + unit - 1) / unit * unit - address);
#if defined(__linux__)
    if (unit == page) ::madvise(data_, bytes / page * page, MADV_HUGEPAGE);  // a wish: it may be refused
#endif
  }
  std::byte* data() const {
    return reinterpret_cast<std::byte*>(data_);
  }
  std::size_t bytes() const {
    return bytes_;
  }

 private:
  Kokkos::View<unsigned char*, Kokkos::HostSpace> memory_;
  unsigned char* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A piece of the arena: how large, and from the first to the last step that uses it.
struct piece {
  std::size_t bytes = 0;
  int first = 0, last = 0;
  std::size_t offset = 0;
};

/// Places for all pieces such that none overlap while both live; returns the bytes needed. The largest are placed
/// first, each as low as it fits.
inline std::size_t place_pieces(std::vector<piece>& pieces) {
  std::vector<std::size_t> order(pieces.size()), placed;
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return pieces[a].bytes > pieces[b].bytes; });
  std::size_t whole = 0;
  for (auto const i : order) {
    auto& p = pieces[i];
    std::vector<piece const*> beside;
    for (auto const k : placed)
      if (pieces[k].first <= p.last && p.first <= pieces[k].last) beside.push_back(&pieces[k]);
    std::sort(beside.begin(), beside.end(),
              [](auto const* a, auto const* b) { return a->offset < b->offset; });
    p.offset = 0;
    for (auto const* other : beside)
      if (p.offset < other->offset + other->bytes && other->offset < p.offset + p.bytes)
        p.offset = other->offset + other->bytes;
    placed.push_back(i);
    whole = std::max(whole, p.offset + p.bytes);
  }
  return whole;
}

}  // namespace tomoedx::nn::detail

#endif
