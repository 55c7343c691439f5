// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_COMPILE_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_COMPILE_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/nn/detail/device_products.hpp>
#include <tomoedx/nn/detail/device_tiles.hpp>
#include <tomoedx/nn/detail/fold.hpp>
#include <tomoedx/nn/detail/interpolation.hpp>
#include <tomoedx/nn/parameters.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// From a table of layers to a device program, layer by layer: as detail/compile.hpp does for hosts.
namespace tomoedx::nn::detail {

template <class Space, class T, class Tiles>
class device_compiler {
 public:
  device_compiler(Space const& space, network const& net, io::named_tensors const& weights,
                  std::vector<triple> const& inputs, int items)
      : net_(net),
        weights_(weights),
        sizes_(sizes_of(net, inputs)),
        frame_(space, items),
        processors_(processors_of(space)),
        values_(static_cast<std::size_t>(net.values())),
        readers_(readers_of(net)) {}

  std::unique_ptr<device_program<Space, T>> compile() {
    for (std::size_t i = 0; i < net_.inputs().size(); ++i) import(i);
    for (auto const& f : fold(net_)) {
      if (values_[index(f.result)].has_value()) continue;  // a pool that its convolution has done
      std::visit([&](auto const& op) { row(f, op); }, f.row.op);
    }
    for (std::size_t i = 0; i < net_.outputs().size(); ++i) give(i);
    return frame_.finish();
  }

 private:
  static constexpr int group = Tiles::group;
  static std::size_t index(value v) { return static_cast<std::size_t>(v); }

  /// Multiprocessors of a device; Kokkos counts the threads they can hold.
  static int processors_of(Space const& space) {
    constexpr int threads_of_processor = tomoedx::detail::runs_on_host<Space> ? 1 : 2048;
    return std::max(1, static_cast<int>(space.concurrency()) / threads_of_processor);
  }

  parts_of_value const& in(folded_layer const& f, std::size_t i = 0) const {
    return *values_[index(f.row.inputs[i])];
  }
  triple const& out(folded_layer const& f) const { return sizes_[index(f.result)].extent; }
  void set(value v, parts_of_value p) { values_[index(v)] = std::move(p); }

  // ---- both ends ---------------------------------------------------------------------------------------------------
  void import(std::size_t slot) {
    auto const& s = sizes_[slot];
    int const tensor = frame_.new_tensor(s.channels, s.extent);
    auto const e = s.extent;
    frame_.at_ends([=, this, channels = s.channels](device_pointers<T> const& memory, auto& program) {
      program.imports.push_back({slot, points(memory, make_import<T>{nullptr, channels, e[0], e[1], e[2]}, {},
                                              tensor, channels, e)});
    });
    set(static_cast<value>(slot), frame_.whole(tensor));
  }
  void give(std::size_t slot) {
    auto const v = net_.outputs()[slot];
    auto const& s = sizes_[index(v)];
    make_copy<T> const make{frame_.see(*values_[index(v)], true)};
    frame_.at_ends(
        [=, this, channels = s.channels, e = s.extent](device_pointers<T> const& memory, auto& program) {
          program.exports.push_back({slot, points(memory, make, {}, -1, channels, e)});
        });
  }

  // ---- value by value ----------------------------------------------------------------------------------------------
  template <class Make>
  point_kernel<T, Make> points(device_pointers<T> const& memory, Make const& make, activation const& act,
                               int tensor, int channels, triple const& e) const {
    T* const to = tensor < 0 ? nullptr : memory.arena + frame_.target(tensor).data;
    return {memory, make, {act.shape, static_cast<T>(act.slope)}, to, channels, e[0], e[1], e[2]};
  }
  /// A new tensor of these channels and extents filled by a kernel.
  template <class Make>
  parts_of_value made(std::string const& what, folded_layer const& f, Make const& make, activation const& act,
                      int channels) {
    triple const e = out(f);
    int const tensor = frame_.new_tensor(channels, e);
    frame_.step([=, this, label = "tomoedx::nn::" + what + " " + f.row.name](device_pointers<T> const& memory,
                                                                             auto& program) {
      auto const kernel = points(memory, make, act, tensor, channels, e);
      std::int64_t const teams = std::int64_t{frame_.items()} * channels * kernel.stretches();
      frame_.template add_stage<group, resident_of<group>>(program, frame_.space(), label, teams, 0, kernel);
    });
    return frame_.whole(tensor);
  }
  int channels(folded_layer const& f) const { return sizes_[index(f.row.inputs[0])].channels; }

  void row(folded_layer const& f, batch_norm const& b) {
    auto const s = scale_of(weights_, f.row.name, b.epsilon);
    make_copy<T> make{frame_.see(in(f))};
    auto const key = fmt::format("{} {}", f.row.name, b.epsilon);
    make.factor =
        frame_.packed(key + "|factor", [&] { return std::vector<T>(s.factor.begin(), s.factor.end()); });
    make.shift =
        frame_.packed(key + "|shift", [&] { return std::vector<T>(s.shift.begin(), s.shift.end()); });
    set(f.result, made("batch_norm", f, make, b.act, channels(f)));
  }
  void row(folded_layer const& f, activate const& a) {
    set(f.result, made("activate", f, make_copy<T>{frame_.see(in(f))}, a.act, channels(f)));
  }
  void row(folded_layer const& f, max_pool const& m) { pool(f, m.window, false); }
  void row(folded_layer const& f, average_pool const& m) { pool(f, m.window, true); }
  void pool(folded_layer const& f, triple const& w, bool mean) {
    make_pool<T> const make{frame_.see(in(f)), w[0], w[1], w[2], mean};
    set(f.result, made("pool", f, make, {}, channels(f)));
  }
  void row(folded_layer const& f, linear_upsample const& u) {
    make_interpolation<T> make{frame_.see(in(f)), 0, 0, 0};
    int* const first[3] = {&make.z_lines, &make.y_lines, &make.x_lines};
    auto& lines = frame_.tables().lines;
    for (std::size_t a = 0; a < 3; ++a) {
      *first[a] = static_cast<int>(lines.size());
      for (auto const& l : interpolation<T>(in(f).extent[a], u.factor[a], u.aligned)) lines.push_back(l);
    }
    set(f.result, made("linear_upsample", f, make, {}, channels(f)));
  }
  void row(folded_layer const& f, nn::add const& a) {
    std::vector<int> list;
    for (std::size_t i = 0; i < f.row.inputs.size(); ++i) {
      auto const v = frame_.see(in(f, i));
      list.push_back(v.first), list.push_back(v.parts);
    }
    make_sum<T> const make{frame_.numbers(list), static_cast<int>(f.row.inputs.size())};
    set(f.result, made("add", f, make, a.act, channels(f)));
  }
  void row(folded_layer const& f, quarter_turn const& q) {
    int const quarters = ((q.quarters % 4) + 4) % 4;
    if (quarters == 0) return set(f.result, in(f));
    triple const e = out(f);
    int const c = channels(f), tensor = frame_.new_tensor(c, e);
    auto const from = frame_.see(in(f));
    frame_.step([=, this](device_pointers<T> const& memory, auto& program) {
      turn_kernel<T> const kernel{memory, from, memory.arena + frame_.target(tensor).data, quarters, c, e[0],
                                  e[1],   e[2]};
      std::int64_t const teams =
          std::int64_t{frame_.items()} * c * e[0] * kernel.squares_y() * kernel.squares_x();
      frame_.template add_stage<group, resident_of<group>>(
          program, frame_.space(), "tomoedx::nn::quarter_turn", teams, turn_kernel<T>::scratch_bytes, kernel);
    });
    set(f.result, frame_.whole(tensor));
  }

  // ---- layers that only change how others read ---------------------------------------------------------------------
  void row(folded_layer const& f, nearest_upsample const& u) {
    set(f.result, with_axes(in(f), [&](axis_map const& m, int a) {
          return repeated(m, u.factor[static_cast<std::size_t>(a)]);
        }));
  }
  void row(folded_layer const& f, concat const&) {
    parts_of_value joined{{}, out(f)};
    for (std::size_t i = 0; i < f.row.inputs.size(); ++i)
      joined.parts.insert(joined.parts.end(), in(f, i).parts.begin(), in(f, i).parts.end());
    set(f.result, std::move(joined));
  }
  void row(folded_layer const& f, pad const& p) { set(f.result, with_margins(in(f), p.by)); }
  void row(folded_layer const& f, fit_to const& p) {
    set(f.result, with_margins(in(f), fitting(in(f).extent, out(f), p.centered)));
  }

  // ---- convolutions ------------------------------------------------------------------------------------------------
  /// The number of the 2 x 2 pool that reads the result of a layer, or -1.
  int pool_after(value result) const {
    for (std::size_t i = 0; i < net_.layers().size(); ++i) {
      auto const& next = net_.layers()[i];
      auto const* pool = std::get_if<max_pool>(&next.op);
      if (pool != nullptr && pool->window == triple{1, 2, 2} && next.inputs[0] == result)
        return static_cast<int>(net_.result_of(i));
    }
    return -1;
  }
  void row(folded_layer const& f, convolution const& k) {
    int const pooled = is_piecewise_linear(k.act) ? pool_after(f.result) : -1;
    bool const wanted = readers_[index(f.result)] > (pooled >= 0 ? 1 : 0);
    product_task t{
        f.row.name,
        key_of(f),
        with_margins(in(f), k.padding),
        weights_.tensors.at(f.row.name + ".weight"),
        false,
        k.kernel,
        channels(f),
        k.outputs,
        k.groups,
        scale_of(f, weights_, k.outputs, k.bias),
        1,
        taps_of(k, out(f)),
        k.stride,
        {1, 1, 1},
        wanted ? frame_.new_tensor(k.outputs, out(f)) : -1,
        pooled >= 0 ? frame_.new_tensor(k.outputs, sizes_[static_cast<std::size_t>(pooled)].extent) : -1};
    products(f, t, k.act);
    if (pooled >= 0) set(static_cast<value>(pooled), frame_.whole(t.pooled));
  }
  void row(folded_layer const& f, transposed_convolution const& k) {
    margins around;
    auto plans = taps_of(k, in(f).extent, out(f), around);
    product_task const t{f.row.name,
                         key_of(f),
                         with_margins(in(f), around),
                         weights_.tensors.at(f.row.name + ".weight"),
                         true,
                         k.kernel,
                         channels(f),
                         k.outputs,
                         1,
                         scale_of(f, weights_, k.outputs, k.bias),
                         1,
                         std::move(plans),
                         {1, 1, 1},
                         k.stride,
                         frame_.new_tensor(k.outputs, out(f)),
                         -1};
    products(f, t, k.act);
  }
  void products(folded_layer const& f, product_task t, activation const& act) {
    bool const bends = !is_piecewise_linear(act);
    if (!bends) t.below = factor_below_zero(act);
    std::int64_t pixels = 0;
    for (auto const& p : t.plans)
      pixels += std::int64_t{frame_.items()} * p.number[0] * p.number[1] * p.number[2] * t.groups;
    Tiles::choose(pixels, t.outputs / t.groups, processors_,
                  [&](auto tile) { add_products<decltype(tile)>(frame_, t); });
    if (t.out < 0) return;
    auto v = frame_.whole(t.out);
    if (bends) v = made("activate", f, make_copy<T>{frame_.see(v)}, act, t.outputs);
    set(f.result, std::move(v));
  }

  network const& net_;
  io::named_tensors const& weights_;
  std::vector<size> sizes_;
  device_frame<Space, T> frame_;
  int processors_;
  std::vector<std::optional<parts_of_value>> values_;
  std::vector<int> readers_;
};

}  // namespace tomoedx::nn::detail

#endif
