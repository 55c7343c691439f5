// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_UDVD_TILE_HPP
#define TOMOEDX_DENOISE_DETAIL_UDVD_TILE_HPP
// IWYU pragma: private, include "tomoedx/denoise/movie_network.hpp"

#include <tomoedx/denoise/detail/image_frame.hpp>
#include <tomoedx/denoise/detail/network_checks.hpp>
#include <tomoedx/denoise/detail/tiled_network.hpp>
#include <tomoedx/nn/udvd_stages.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace tomoedx::detail {

/// The two stages of UDVD for a tile of a movie, and the results of the first stage that neighbouring frames share.
template <execution_space Space, real T>
class udvd_tile {
 public:
  udvd_tile(Space const& space, nn::udvd const& u, io::named_tensors const& weights, nn::triple const& extent,
            nn::plan_options const& options)
      : groups_(static_cast<std::ptrdiff_t>(nn::groups_of(u).size())),
        extent_(extent),
        first_(space, nn::first_stage_of(u, extent), weights,
               std::vector(nn::groups_of(u).front().size(), extent), options, store_),
        second_(space, nn::second_stage_of(u, extent), weights, between(u, extent), options, store_) {
    frames_.assign(first_.inputs().size(), std::vector<T>(count_of(extent)));
    for (std::ptrdiff_t g = 0; g < groups_; ++g) {
      auto& results = shared_.emplace_back();
      for (auto const& s : first_.outputs())
        results.emplace_back(static_cast<std::size_t>(s.channels) * count_of(s.extent));
    }
    result_.resize(static_cast<std::size_t>(u.outputs) * count_of(extent));
    keys_.assign(shared_.size(), nothing);
  }

  nn::triple const& extent() const { return extent_; }
  /// The caller works on `block` frames at each tile and has so many `bytes` for them.
  void reserve(std::size_t block, std::size_t bytes) { block_ = block, buffers_ = bytes; }
  std::size_t block() const { return block_; }
  network_memory memory() const {
    std::size_t values = result_.size();
    for (auto const& v : frames_) values += v.size();
    for (auto const& results : shared_)
      for (auto const& v : results) values += v.size();
    return {first_.arena_bytes() + second_.arena_bytes(), second_.weight_bytes(),
            values * sizeof(T) + buffers_};
  }

  /// What was shared belongs to another place.
  void forget() { std::fill(keys_.begin(), keys_.end(), nothing); }

  /// The result for frame `target`; `load(frame, to)` reads the tile of a frame, which may lie before or after the
  /// movie's ends.
  template <class Load>
  T const* run(std::ptrdiff_t target, Load&& load) {
    std::vector<T const*> between;
    for (std::ptrdiff_t g = 0; g < groups_; ++g) {
      std::ptrdiff_t const key = target + g - groups_ / 2;
      auto const slot = static_cast<std::size_t>((key % groups_ + groups_) % groups_);
      if (keys_[slot] != key) {
        std::vector<T const*> in;
        std::vector<T*> out;
        for (std::size_t i = 0; i < frames_.size(); ++i) {
          load(key + static_cast<std::ptrdiff_t>(i) - 1, frames_[i].data());
          in.push_back(frames_[i].data());
        }
        for (auto& v : shared_[slot]) out.push_back(v.data());
        first_.run(in, out);
        keys_[slot] = key;
      }
      for (auto const& v : shared_[slot]) between.push_back(v.data());
    }
    second_.run(between, {result_.data()});
    return result_.data();
  }
  /// Room for a frame, between runs.
  T* frame() { return frames_[0].data(); }

 private:
  static constexpr std::ptrdiff_t nothing = std::numeric_limits<std::ptrdiff_t>::min();

  static std::vector<nn::triple> between(nn::udvd const& u, nn::triple const& extent) {
    std::vector<nn::triple> all;
    for (std::size_t g = 0; g < nn::groups_of(u).size(); ++g)
      for (auto const& e : nn::turned_extents(u, extent)) all.push_back(e);
    return all;
  }

  std::ptrdiff_t groups_;
  nn::triple extent_;
  std::size_t block_ = 1, buffers_ = 0;
  nn::packed_weights<T> store_;
  nn::plan<Space, T> first_, second_;
  std::vector<std::vector<T>> frames_;
  std::vector<std::vector<std::vector<T>>> shared_;  ///< of each group, for each quarter turn
  std::vector<std::ptrdiff_t> keys_;                 ///< the frame in the middle of each group
  std::vector<T> result_;
};

}  // namespace tomoedx::detail

#endif
