// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_PRODUCTS_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_PRODUCTS_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/nn/detail/device_convolution.hpp>
#include <tomoedx/nn/detail/device_frame.hpp>
#include <tomoedx/nn/detail/fold.hpp>
#include <tomoedx/nn/detail/pack.hpp>
#include <tomoedx/nn/detail/taps.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// How a convolution of any kind becomes matrix products and the stage that makes them.
namespace tomoedx::nn::detail {

/// A convolution to compile: what it reads (borders included), its filters, where its results go.
struct product_task {
  std::string name, key;  ///< the layer, and all its weights depend on
  parts_of_value in;
  io::tensor const& filters;
  bool transposed;  ///< filters (input, output, taps) instead of (output, input of a group, taps)
  triple kernel;
  int inputs, outputs, groups;
  channel_scale scale;
  double below;
  std::vector<tap_plan> plans;
  triple step, out_step;
  int out, pooled;  ///< tensors, -1 if not wanted

  double filter(int output, int input_of_group, triple const& tap) const {
    auto const index = [](int a) { return static_cast<std::size_t>(a); };
    std::size_t const row = transposed ? index(input_of_group) * index(outputs) + index(output)
                                       : index(output) * index(inputs / groups) + index(input_of_group);
    return filters[((row * index(kernel[0]) + index(tap[0])) * index(kernel[1]) + index(tap[1])) *
                       index(kernel[2]) +
                   index(tap[2])];
  }
};

/// A row of a product with the weights it meets: an input of the group under a tap.
struct described_row {
  matrix_row row;
  int input;
  triple tap;
};

/// The rows of one group: parts, then taps, then channels, so that addresses change rarely.
inline std::vector<described_row> rows_of(product_task const& t, tap_plan const& plan, int first_tap,
                                          int group) {
  std::vector<described_row> rows;
  int const each = t.inputs / t.groups, first = group * each;
  int before = 0, number = first_tap;
  for (auto const& p : t.in.parts) {
    for (auto const& tap : plan.filter) {
      for (int c = std::max(0, first - before); c < std::min(p.channels, first + each - before); ++c)
        rows.push_back({{number, c}, before + c - first, tap});
      ++number;
    }
    before += p.channels;
  }
  return rows;
}

/// Describe all products of a convolution in the tables; the stage that makes them follows as a step.
template <class Tile, class Space, class T>
void add_products(device_frame<Space, T>& frame, product_task const& t) {
  auto& tables = frame.tables();
  device_value const seen = frame.see(t.in);
  convolution_job<T> j{};
  j.first_product = static_cast<int>(tables.products.size());
  j.step_z = t.step[0], j.step_y = t.step[1], j.step_x = t.step[2];
  j.out_step_z = t.out_step[0], j.out_step_y = t.out_step[1], j.out_step_x = t.out_step[2];
  j.below = static_cast<T>(t.below);
  j.windows = t.pooled >= 0;
  j.dense = t.out >= 0 && !j.windows && t.plans.size() == 1 && t.out_step == triple{1, 1, 1};
  int const each = t.outputs / t.groups, width = (each + Tile::outputs - 1) / Tile::outputs * Tile::outputs;
  std::string cut;
  for (auto const& p : t.in.parts) cut += fmt::format(":{}", p.channels);

  for (auto const& plan : t.plans) {
    int const first_tap = static_cast<int>(tables.taps.size());
    for (int p = 0; p < seen.parts; ++p)
      for (auto const& at : plan.positions) tables.taps.push_back({seen.first + p, at[0], at[1], at[2]});
    auto const& n = plan.number;
    int const item = j.windows ? n[0] * ((n[1] + 1) / 2) * ((n[2] + 1) / 2) * 4 : n[0] * n[1] * n[2];
    j.dense = j.dense && item % 4 == 0;

    for (int g = 0; g < t.groups; ++g) {
      auto const rows = rows_of(t, plan, first_tap, g);
      matrix_product p{};
      p.first_row = static_cast<int>(tables.rows.size());
      p.rows = std::max(1, static_cast<int>((rows.size() + Tile::depth - 1) / Tile::depth)) * Tile::depth;
      for (auto const& r : rows) tables.rows.push_back(r.row);
      tables.rows.resize(static_cast<std::size_t>(p.first_row + p.rows), {-1, 0});
      p.width = width, p.outputs = each, p.first_output = g * each;
      p.nz = n[0], p.ny = n[1], p.nx = n[2];
      p.z = plan.first_out[0], p.y = plan.first_out[1], p.x = plan.first_out[2];
      p.pixels = frame.items() * item;
      p.pixel_tiles = (p.pixels + Tile::pixels - 1) / Tile::pixels;
      p.tiles = p.pixel_tiles * (width / Tile::outputs);
      j.teams = std::max(j.teams, p.tiles);
      auto const key = fmt::format("{}{};{}|{}|{} x {}", t.key, cut, text_of(plan.filter), g, p.rows, width);
      p.filters = frame.packed(key, [&] {
        std::vector<T> packed(static_cast<std::size_t>(p.rows) * static_cast<std::size_t>(width), T(0));
        for (std::size_t r = 0; r < rows.size(); ++r)
          for (int o = 0; o < each; ++o) {
            int const output = p.first_output + o;
            packed[r * static_cast<std::size_t>(width) + static_cast<std::size_t>(o)] =
                static_cast<T>(t.filter(output, rows[r].input, rows[r].tap) *
                               t.scale.factor[static_cast<std::size_t>(output)]);
          }
        return packed;
      });
      tables.products.push_back(p);
    }
  }
  bool const biased =
      std::any_of(t.scale.shift.begin(), t.scale.shift.end(), [](double s) { return s != 0; });
  j.bias = !biased ? -1 : frame.packed(t.key + "|shift", [&] {
    return std::vector<T>(t.scale.shift.begin(), t.scale.shift.end());
  });

  std::int64_t const teams = std::int64_t{j.teams} * static_cast<int>(t.plans.size()) * t.groups;
  frame.step([=, &frame, label = "tomoedx::nn::convolution " + t.name, out = t.out, pooled = t.pooled](
                 device_pointers<T> const& memory, device_program<Space, T>& program) mutable {
    j.memory = memory, j.out = frame.target(out), j.pooled = frame.target(pooled);
    using kernel = convolution_kernel<T, Tile>;
    frame.template add_stage<Tile::members, kernel::resident>(program, frame.space(), label, teams,
                                                              kernel::scratch_bytes, kernel{j});
  });
}

}  // namespace tomoedx::nn::detail

#endif
