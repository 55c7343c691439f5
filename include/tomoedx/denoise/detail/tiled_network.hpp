// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_TILED_NETWORK_HPP
#define TOMOEDX_DENOISE_DETAIL_TILED_NETWORK_HPP
// IWYU pragma: private, include "tomoedx/denoise/image_network.hpp"

#include <tomoedx/denoise/detail/fit_tiles.hpp>
#include <tomoedx/nn/architecture.hpp>
#include <tomoedx/nn/plan.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace tomoedx::detail {

inline std::size_t count_of(nn::triple const& e) {
  return static_cast<std::size_t>(e[0]) * static_cast<std::size_t>(e[1]) * static_cast<std::size_t>(e[2]);
}

/// A network compiled for one tile, with what the tile reads and gives.
template <execution_space Space, real T>
class network_tile {
 public:
  network_tile(Space const& space, nn::architecture const& net, io::named_tensors const& weights,
               nn::triple const& extent, nn::plan_options const& options)
      : extent_(extent),
        plan_(space, nn::network_of(net, extent), weights, nn::input_extents(net, extent), options) {
    auto const items = static_cast<std::size_t>(options.items);
    for (auto const& e : nn::input_extents(net, extent)) in_.emplace_back(items * count_of(e), T(0));
    for (auto const& s : plan_.outputs())
      out_.emplace_back(items * static_cast<std::size_t>(s.channels) * count_of(s.extent));
    for (auto const& v : in_) from_.push_back(v.data());
    for (auto& v : out_) to_.push_back(v.data());
  }
  nn::triple const& extent() const { return extent_; }
  int items() const { return plan_.items(); }
  network_memory memory() const {
    network_memory m{plan_.arena_bytes(), plan_.weight_bytes(), 0};
    for (auto const* all : {&in_, &out_})
      for (auto const& v : *all) m.buffers += v.size() * sizeof(T);
    return m;
  }
  T* input(std::size_t input, std::size_t item) {
    return in_[input].data() + item * (in_[input].size() / static_cast<std::size_t>(items()));
  }
  /// The first output, which has all channels of an item together.
  T const* output(std::size_t item) const {
    return out_[0].data() + item * (out_[0].size() / static_cast<std::size_t>(items()));
  }
  void run() { plan_.run(from_, to_); }

 private:
  nn::triple extent_;
  nn::plan<Space, T> plan_;
  std::vector<std::vector<T>> in_, out_;
  std::vector<T const*> from_;
  std::vector<T*> to_;
};

/// A network for frames of given extents, run whole or in tiles within a bound of bytes.
template <execution_space Space, real T>
class tiled_network {
 public:
  /// `reserved` bytes of the bound belong to the caller.
  tiled_network(char const* who, Space const& space, nn::architecture const& net,
                io::named_tensors const& weights, nn::triple const& frame, network_options const& options,
                std::size_t reserved = 0) {
    auto const view =
        field_of_view_of(nn::network_of(net, frame), nn::input_extents(net, frame), options.use);
    auto const build = [&](nn::triple const& extent, int items) {
      nn::plan_options const how{.use = options.use, .items = items, .level = options.level};
      return std::make_unique<measured>(space, net, weights, extent, how, reserved);
    };
    auto const one = [&](nn::triple const& extent) { return build(extent, 1); };
    if (options.memory == 0) {
      tile_ = build(frame, options.batch);
    } else {
      tile_ = fit_tiles(who, frame, view, options.memory, one);
      if (options.batch > 1 && tile_->extent() == frame) {
        auto const m = tile_->memory();
        auto const room = (options.memory - m.weights - reserved) / (m.total() - m.weights - reserved);
        int items = static_cast<int>(std::min<std::size_t>(room, static_cast<std::size_t>(options.batch)));
        for (; items > 1; items /= 2) {
          tile_.reset();
          tile_ = build(frame, items);
          if (tile_->memory().total() <= options.memory) break;
        }
        if (items <= 1 && tile_->items() > 1) tile_.reset(), tile_ = build(frame, 1);
      }
    }
    tiles_ = tiling(frame, tile_->extent(), view);
  }

  tiling const& tiles() const { return tiles_; }
  int items() const { return tile_->items(); }
  network_memory memory() const { return tile_->memory(); }
  T* input(std::size_t input, std::size_t item) { return tile_->input(input, item); }

  /// The network at all tiles of `items` images (at most those it was made for): `read(item, input, tile, to)` before and
  /// `write(item, tile, from)` after each, `after(tile number)` at the end of each.
  template <class Read, class Write, class After>
  void run(int items, std::size_t inputs, Read&& read, Write&& write, After&& after) {
    for (std::size_t t = 0; t < tiles_.size(); ++t) {
      auto const at = tiles_[t];
      for (std::size_t i = 0; i < static_cast<std::size_t>(items); ++i)
        for (std::size_t k = 0; k < inputs; ++k) read(i, k, at, tile_->input(k, i));
      tile_->run();
      for (std::size_t i = 0; i < static_cast<std::size_t>(items); ++i) write(i, at, tile_->output(i));
      after(t);
    }
  }

 private:
  /// With the caller's share of the bound.
  struct measured : network_tile<Space, T> {
    measured(Space const& space, nn::architecture const& net, io::named_tensors const& weights,
             nn::triple const& extent, nn::plan_options const& options, std::size_t more)
        : network_tile<Space, T>(space, net, weights, extent, options), reserved(more) {}
    network_memory memory() const {
      auto m = network_tile<Space, T>::memory();
      m.buffers += reserved;
      return m;
    }
    std::size_t reserved;
  };

  std::unique_ptr<measured> tile_;
  tiling tiles_;
};

}  // namespace tomoedx::detail

#endif
