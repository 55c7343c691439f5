// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_TILES_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_TILES_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/core/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// How large a piece of a matrix product a team makes, and how its members share it.
namespace tomoedx::nn::detail {

/// Pixels and outputs of a team, and of each of its members; rows staged at a time.
template <int Pixels, int Outputs, int MemberPixels, int MemberOutputs, int Depth>
struct tile {
  static constexpr int pixels = Pixels, outputs = Outputs, depth = Depth;
  static constexpr int member_pixels = MemberPixels, member_outputs = MemberOutputs;
  static constexpr int across = Pixels / MemberPixels;  ///< members side by side over the pixels
  static constexpr int members = across * (Outputs / MemberOutputs);
  static constexpr int slots = std::max(1, Pixels / members);  ///< pixels a member reads
  static constexpr int rows_at_once = std::max(1, members / Pixels);
  static constexpr int rows = Depth / rows_at_once;  ///< rows a member reads of each pixel
  static constexpr int filters = (Depth * Outputs + members - 1) / members;
  static_assert(MemberPixels % 4 == 0 && MemberOutputs % 4 == 0, "members hold whole quads");
  static_assert(Pixels % MemberPixels == 0 && Outputs % MemberOutputs == 0, "members share evenly");
  static_assert(Pixels % members == 0 || members % Pixels == 0,
                "a member reads the same pixels of every row");
  static_assert(Depth % rows_at_once == 0, "members read as many rows");

  /// Values staged in team scratch: two turns of image and filters.
  static constexpr std::size_t staged = 2 * std::size_t{Depth} * (Pixels + Outputs);

  /// What a product of so many pixels and outputs costs on so many processors of a device: rounds of teams, each the
  /// multiply-adds of its members, the values these load from scratch and, four times as dear, those they bring there.
  /// At least 256 members keep a processor busy.
  static constexpr double cost(std::int64_t all_pixels, int all_outputs, int processors) {
    std::int64_t const teams = (all_pixels + Pixels - 1) / Pixels * ((all_outputs + Outputs - 1) / Outputs);
    auto const rounds = static_cast<double>((teams + processors - 1) / processors);
    double const staging = 4.0 * (Pixels + Outputs) / members;
    double const work = MemberPixels * MemberOutputs + MemberPixels + MemberOutputs + staging;
    return std::max(rounds * members, 256.0) * work;
  }
};

/// The tile with the least cost.
template <class First, class... Rest>
struct cheapest {
  template <class Use>
  static void choose(std::int64_t pixels, int outputs, int processors, Use const& use) {
    double const cost = First::cost(pixels, outputs, processors);
    if constexpr (sizeof...(Rest) == 0)
      use(First{});
    else if (cost <= std::min({Rest::cost(pixels, outputs, processors)...}))
      use(First{});
    else
      cheapest<Rest...>::choose(pixels, outputs, processors, use);
  }
};

/// Teams of 64 or 128.
struct device_tiles : cheapest<tile<128, 64, 8, 8, 8>, tile<64, 64, 4, 8, 8>, tile<128, 32, 8, 4, 8>,
                               tile<32, 32, 4, 4, 16>, tile<128, 16, 8, 4, 8>, tile<128, 8, 4, 4, 8>> {
  static constexpr int group = 256;  ///< members of a team of memory-bound kernels
};
/// Teams of one.
struct host_tiles : cheapest<tile<32, 8, 32, 8, 8>> {
  static constexpr int group = 1;
};

template <class Space>
using tiles_of = std::conditional_t<tomoedx::detail::runs_on_host<Space>, host_tiles, device_tiles>;

}  // namespace tomoedx::nn::detail

#endif
