// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_COMPILE_CONVOLUTION_HPP
#define TOMOEDX_NN_DETAIL_COMPILE_CONVOLUTION_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/compiler.hpp>
#include <tomoedx/nn/detail/direct_job.hpp>
#include <tomoedx/nn/detail/taps.hpp>
#include <tomoedx/nn/detail/winograd_job.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// How a convolution becomes stages: which algorithm, cut into which tasks.
namespace tomoedx::nn::detail {

/// A convolution to compile: what it reads (borders included), its filters, and what follows each sum.
struct convolution_task {
  std::string name;  ///< for reports
  std::string key;   ///< of its packed weights: the layer's name and all that was folded into it
  parts_of_value in;
  std::shared_ptr<filters const> weights;
  std::vector<double> shift;
  double below;
  triple out;  ///< extents of the result
  double multiply_adds;

  int channels_in() const { return weights->inputs; }
  /// Names the filters packed for minimal filtering with so many outputs, or for sums over some taps.
  std::string packed_for(std::string const& algorithm) const {
    return fmt::format("{}:{}|{}", key, weights->inputs, algorithm);
  }
};

template <class T, isa Level>
T const* packed_bias(compilation<T, Level>& c, program<T>& p, convolution_task const& t) {
  if (std::all_of(t.shift.begin(), t.shift.end(), [](double s) { return s == 0; })) return nullptr;
  return c.packed(p, t.key + "|shift", [&] { return pack_channels<T, Level>(t.shift); });
}

/// Blocks of channels of all parts together, and the channels of each block.
template <int N>
std::vector<int> block_depths(parts_of_value const& v) {
  std::vector<int> depths;
  for (auto const& p : v.parts)
    for (int c = 0; c < p.channels; c += N) depths.push_back(std::min(N, p.channels - c));
  return depths;
}

/// How many tiles a block has, and whether all workers share it.
struct tile_cut {
  int block_tiles, blocks;
  bool shared;
};

/// Blocks of tiles whose transforms stay in a worker's second-level cache; where filters are so many that they would be
/// read too often, one large block for all workers.
template <class Tables, class T, isa Level>
tile_cut cut_tiles(int tiles, int blocks_in, int blocks_out, int workers) {
  constexpr int N = block_of<T, Level>;
  constexpr double near = 512 * 1024, planes = Tables::points * Tables::points;
  double const tile = planes * N * sizeof(T) * (blocks_in + std::min(blocks_out, registers<Level>::vectors));
  int const fits = std::clamp(static_cast<int>(near / tile), 1, 96);
  int const rows = registers<Level>::rows(std::min(blocks_out, registers<Level>::vectors));
  if (fits >= std::min(2 * rows, tiles) && tiles >= fits * workers) {
    int blocks = (tiles + fits - 1) / fits;
    if (blocks < 8 * workers) blocks = (blocks + workers - 1) / workers * workers;
    return {(tiles + blocks - 1) / blocks, blocks, false};
  }
  constexpr double far = 4 * 1024 * 1024;
  double const shared_tile = planes * N * sizeof(T) * (blocks_in + blocks_out);
  int const most = std::clamp(static_cast<int>(far / shared_tile), 4 * rows, 256);
  int const blocks = (tiles + most - 1) / most;
  return {(tiles + blocks - 1) / blocks, blocks, true};
}

/// A 3 x 3 convolution by minimal filtering into `out` and, with 2 x 2 pooling, into `pooled` (-1: not wanted).
template <class Tables, class T, isa Level>
void compile_winograd(compilation<T, Level>& c, convolution_task t, int out, int pooled,
                      triple const& pooled_extent) {
  constexpr int N = block_of<T, Level>, m = Tables::outputs;
  using kernels = winograd<Tables, T, Level>;
  using job = winograd_job<T>;
  int const tiles_y = (t.out[1] + m - 1) / m, tiles_x = (t.out[2] + m - 1) / m;
  int const tiles = c.items() * t.out[0] * tiles_y * tiles_x;
  auto const depths = block_depths<N>(t.in);
  int const blocks_in = static_cast<int>(depths.size()), blocks_out = (t.weights->outputs + N - 1) / N;
  auto const cut = cut_tiles<Tables, T, Level>(tiles, blocks_in, blocks_out, c.options().workers);
  winograd_layout<Tables, T, N> const layout(blocks_in, cut.block_tiles);
  int inputs = -1, products = -1;
  if (cut.shared) {
    inputs = c.new_piece(static_cast<std::size_t>(layout.inputs()) * sizeof(T));
    products = c.new_piece(static_cast<std::size_t>(layout.products(blocks_out)) * sizeof(T));
    c.needs_scratch(sizeof(term<T>) * depths.size());
  } else {
    c.needs_scratch(kernels::scratch_bytes(blocks_in, blocks_out, cut.block_tiles));
  }

  auto in = t.in;  // tiles at the far ends reach beyond the image
  in = with_margins(std::move(in),
                    {{0, 0, 0}, {0, tiles_y * m + 2 - in.extent[1], tiles_x * m + 2 - in.extent[2]}, {}});
  auto const what = t;
  c.step({&t.in}, [=, in = std::move(in)](compilation<T, Level>& where, program<T>& p) {
    auto j = std::make_shared<job>();
    for (auto const& part : in.parts) {
      tiled_source<T> s;
      s.image = where.see(p, part);
      for (int y = 0; y < tiles_y; ++y) s.plain_y.push_back(is_inside(part.axis[1], y * m, m + 2));
      for (int x = 0; x < tiles_x; ++x) s.plain_x.push_back(is_together(part.axis[2], x * m, m + 2));
      j->sources.push_back(std::move(s));
    }
    j->depth = what.out[0], j->tiles_y = tiles_y, j->tiles_x = tiles_x, j->tiles = tiles;
    j->blocks_in = blocks_in, j->channels_in = what.channels_in(), j->depths = depths,
    j->blocks_out = blocks_out;
    j->weights = where.packed(p, what.packed_for(fmt::format("F{}", m)),
                              [&] { return pack_winograd<Tables, T, Level>(*what.weights); });
    j->bias = packed_bias(where, p, what);
    j->below = static_cast<T>(what.below);
    if (out >= 0) j->out = where.address(out);
    j->height = what.out[1], j->width = what.out[2];
    if (pooled >= 0) j->pooled = where.address(pooled);
    j->pooled_height = pooled_extent[1], j->pooled_width = pooled_extent[2];
    j->block_tiles = cut.block_tiles, j->tile_blocks = cut.blocks;
    if (!cut.shared) {
      p.stages.push_back(make_stage<Level, typename kernels::whole_block, job>(j, cut.blocks, what.name,
                                                                               what.multiply_adds));
      return;
    }
    j->inputs = where.piece_at(inputs), j->products = where.piece_at(products);
    using shared = typename kernels::shared_job;
    int const runs = std::max(1, std::min(cut.block_tiles / 8, 4));
    for (int b = 0; b < cut.blocks; ++b) {
      auto const s = std::make_shared<shared const>(shared{j, b, runs});
      p.stages.push_back(
          make_stage<Level, typename kernels::shared_in, shared>(s, blocks_in * runs, what.name + " (in)"));
      p.stages.push_back(make_stage<Level, typename kernels::shared_multiply, shared>(
          s, layout.planes * kernels::groups(*j), what.name, what.multiply_adds / cut.blocks));
      p.stages.push_back(make_stage<Level, typename kernels::shared_out, shared>(s, blocks_out * runs,
                                                                                 what.name + " (out)"));
    }
  });
}

/// Sums over taps into `out`; `step` of the image, `out_step` of the results.
template <class T, isa Level>
void compile_direct(compilation<T, Level>& c, convolution_task t, std::vector<tap_plan> const& plans,
                    triple const& step, triple const& out_step, int out) {
  constexpr int N = block_of<T, Level>;
  using job = direct_job<T>;
  auto j = std::make_shared<job>();
  j->step = step, j->out_step = out_step, j->image = t.in.extent;
  j->channels_in = t.channels_in(), j->blocks_out = (t.weights->outputs + N - 1) / N;
  j->reach = {1, 1, 1}, j->number = {0, 0, 0};
  bool point = step == triple{1, 1, 1};
  for (auto const& s : plans) {
    for (std::size_t a = 0; a < 3; ++a) {
      for (auto const& tap : s.positions) j->reach[a] = std::max(j->reach[a], tap[a] + 1);
      j->number[a] = std::max(j->number[a], s.number[a]);
    }
    point = point && s.positions.size() == 1 && s.positions[0] == triple{0, 0, 0};
  }
  for (auto const& p : t.in.parts) point = point && c.is_plain(p);
  j->gather = !point;
  j->close = j->gather && t.in.parts.size() == 1 && 2 * t.channels_in() <= N ? t.channels_in() : N;
  bool const flat = point && out_step == triple{1, 1, 1};
  if (flat) j->number = {1, 1, j->number[0] * j->number[1] * j->number[2]};

  // Blocks that stay in the second-level cache with what they need, yet are enough for all workers.
  for (auto const& p : t.in.parts) {
    seen<T> s;
    s.channels = p.channels, s.blocks = (p.channels + N - 1) / N;
    j->sources.push_back(s);
  }
  using kernels = direct<T, Level>;
  int const near = static_cast<int>(256 * 1024 / sizeof(T)) / (N * kernels::blocks_in(*j));
  int const wide = flat ? std::clamp(near, 64, 512) : 64;
  int const columns = (j->number[2] + wide - 1) / wide;
  j->block = {1, 1, (j->number[2] + columns - 1) / columns};
  while (!flat && j->block[1] < std::min(16, j->number[1])) {
    ++j->block[1];
    int const tasks = (j->number[1] + j->block[1] - 1) / j->block[1] * columns * j->number[0] * c.items();
    bool const large =
        kernels::gathered_block(*j) * kernels::blocks_in(*j) * static_cast<int>(sizeof(T)) > 320 * 1024;
    if (large || tasks < 4 * c.options().workers) {
      --j->block[1];
      break;
    }
  }
  for (std::size_t a = 0; a < 3; ++a) j->blocks[a] = (j->number[a] + j->block[a] - 1) / j->block[a];
  for (auto const& s : plans)
    j->sums.push_back({s.positions, nullptr, s.first_out, flat ? j->number : s.number});
  c.needs_scratch(kernels::scratch_bytes(*j));

  auto const in = t.in;
  auto const what = t;
  c.step({&t.in}, [=](compilation<T, Level>& where, program<T>& p) {
    j->sources = where.see(p, in);
    j->bias = packed_bias(where, p, what);
    j->below = static_cast<T>(what.below);
    j->out = where.address(out);
    for (std::size_t s = 0; s < plans.size(); ++s)
      j->sums[s].weights = where.packed(p, what.packed_for(text_of(plans[s].filter)), [&] {
        return pack_direct<T, Level>(*what.weights, plans[s].filter);
      });
    p.stages.push_back(make_stage<Level, kernels, job>(j, j->tasks_of_item() * where.items(), what.name,
                                                       what.multiply_adds));
  });
}

}  // namespace tomoedx::nn::detail

#endif
