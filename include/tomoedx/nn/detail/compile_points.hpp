// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_COMPILE_POINTS_HPP
#define TOMOEDX_NN_DETAIL_COMPILE_POINTS_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/compiler.hpp>
#include <tomoedx/nn/detail/point_jobs.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// How layers that work value by value become stages. They keep the cut of their input into stored tensors.
namespace tomoedx::nn::detail {

/// One stored tensor for each part of `in[0]`, of the given extents, filled by a copy of `pattern`.
template <class T, isa Level>
parts_of_value compile_points(compilation<T, Level>& c, std::string const& name, std::string const& scale_key,
                              point_job<T> const& pattern, std::vector<parts_of_value> const& in,
                              triple const& extent, channel_scale const& scale = {}) {
  parts_of_value out{{}, extent};
  int channel = 0;
  for (std::size_t i = 0; i < in[0].parts.size(); ++i) {
    int const channels = in[0].parts[i].channels, tensor = c.new_tensor(channels, extent);
    std::vector<part> from;
    std::vector<parts_of_value const*> reads;
    for (auto const& v : in) from.push_back(v.parts[i]), reads.push_back(&v);
    std::vector<double> factor, shift;
    if (!scale.factor.empty()) {
      factor.assign(scale.factor.begin() + channel, scale.factor.begin() + channel + channels);
      shift.assign(scale.shift.begin() + channel, scale.shift.begin() + channel + channels);
    }
    auto const first = channel;
    channel += channels;
    c.step(reads, [=](compilation<T, Level>& where, program<T>& p) {
      auto j = std::make_shared<point_job<T>>(pattern);
      for (auto const& f : from) j->from.push_back(where.see(p, f));
      j->out = where.address(tensor);
      j->items = where.items(), j->blocks = j->from[0].blocks, j->extent = extent;
      j->rows = std::clamp(4096 / std::max(1, extent[2]), 1, std::max(1, extent[1]));
      if (!factor.empty()) {
        auto const key = fmt::format("{}|{}+{}", scale_key, first, channels);
        j->factor = where.packed(p, key + "|factor", [&] { return pack_channels<T, Level>(factor); });
        j->shift = where.packed(p, key + "|shift", [&] { return pack_channels<T, Level>(shift); });
      }
      int const tasks = j->tasks();
      p.stages.push_back(make_stage<Level, points<T, Level>, point_job<T>>(std::move(j), tasks, name));
    });
    out.parts.push_back(c.whole(tensor).parts[0]);
  }
  return out;
}

/// A stored tensor made from the caller's planar array number `slot`.
template <class T, isa Level>
parts_of_value compile_import(compilation<T, Level>& c, int slot, size const& s) {
  int const tensor = c.new_tensor(s.channels, s.extent);
  c.step({}, [=](compilation<T, Level>& where, program<T>& p) {
    auto j = std::make_shared<border_job<T>>();
    j->to = where.address(tensor), j->slot = &p.slots[static_cast<std::size_t>(slot)];
    j->items = where.items(), j->channels = s.channels, j->extent = s.extent;
    p.stages.push_back(make_stage<Level, import_planar<T, Level>, border_job<T>>(j, j->tasks(), "input"));
  });
  return c.whole(tensor);
}

/// The caller's planar array number `slot` made from a value.
template <class T, isa Level>
void compile_export(compilation<T, Level>& c, int slot, parts_of_value const& v) {
  c.step({&v}, [=](compilation<T, Level>& where, program<T>& p) {
    auto j = std::make_shared<border_job<T>>();
    j->from = where.see(p, v), j->slot = &p.slots[static_cast<std::size_t>(slot)];
    j->items = where.items(), j->channels = 0, j->extent = v.extent;
    for (auto const& part : v.parts) j->channels += part.channels;
    p.stages.push_back(make_stage<Level, export_planar<T, Level>, border_job<T>>(j, j->tasks(), "output"));
  });
}

}  // namespace tomoedx::nn::detail

#endif
