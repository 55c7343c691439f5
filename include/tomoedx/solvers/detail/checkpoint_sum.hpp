// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_SUM_HPP
#define TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_SUM_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tomoedx::detail {

/// A 64 bit sum of a stream of bytes, however it is cut into pieces: one changed word always changes it. Four words are
/// taken side by side, so it keeps up with memory. Not against forgery.
class checkpoint_sum {
 public:
  void add(void const* data, std::size_t bytes) {
    auto const* from = static_cast<unsigned char const*>(data);
    length_ += bytes;
    while (bytes > 0) {
      if (held_ == 0 && bytes >= block) {
        take(from);
        from += block, bytes -= block;
        continue;
      }
      std::size_t const n = std::min(bytes, block - held_);
      std::memcpy(rest_.data() + held_, from, n);
      held_ += n, from += n, bytes -= n;
      if (held_ == block) take(rest_.data()), held_ = 0;
    }
  }

  std::uint64_t value() const {
    checkpoint_sum last = *this;
    std::fill(last.rest_.begin() + static_cast<std::ptrdiff_t>(held_), last.rest_.end(), 0);
    last.take(last.rest_.data());
    std::uint64_t h = length_;
    for (auto const lane : last.lanes_) h = mixed(h, lane);
    return h ^ (h >> 31);
  }

 private:
  static constexpr std::size_t block = 32;

  /// One to one in h and in word.
  static constexpr std::uint64_t mixed(std::uint64_t h, std::uint64_t word) {
    return std::rotl((h ^ word) * 0x9e3779b97f4a7c15u, 29);
  }
  void take(unsigned char const* from) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), from, block);
    for (std::size_t l = 0; l < words.size(); ++l) lanes_[l] = mixed(lanes_[l], words[l]);
  }

  std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
  std::array<unsigned char, block> rest_{};
  std::size_t held_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace tomoedx::detail

#endif
