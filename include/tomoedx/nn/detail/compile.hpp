// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_COMPILE_HPP
#define TOMOEDX_NN_DETAIL_COMPILE_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/compile_convolution.hpp>
#include <tomoedx/nn/detail/compile_points.hpp>
#include <tomoedx/nn/parameters.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// From a table of layers to a program, layer by layer.
namespace tomoedx::nn::detail {

template <class T, isa Level>
class network_compiler {
 public:
  network_compiler(network const& net, io::named_tensors const& weights, std::vector<triple> const& inputs,
                   compile_options const& options, weight_store<T>& store)
      : net_(net),
        weights_(weights),
        sizes_(sizes_of(net, inputs)),
        c_(options, store),
        values_(static_cast<std::size_t>(net.values())),
        readers_(readers_of(net)) {}

  program<T> compile() {
    for (std::size_t i = 0; i < net_.inputs().size(); ++i)
      set(static_cast<value>(i), compile_import(c_, static_cast<int>(i), sizes_[i]));
    for (auto const& f : fold(net_)) {
      if (values_[index(f.result)].has_value()) continue;  // a pool that its convolution has done
      if (readers_[index(f.result)] == 0) continue;        // nobody wants it
      std::visit([&](auto const& op) { row(f, op); }, f.row.op);
    }
    return c_.finish(static_cast<int>(net_.inputs().size() + net_.outputs().size()));
  }

 private:
  using frame = compilation<T, Level>;
  static constexpr int N = frame::N;
  static std::size_t index(value v) { return static_cast<std::size_t>(v); }

  parts_of_value const& in(folded_layer const& f, std::size_t i = 0) const {
    return *values_[index(f.row.inputs[i])];
  }
  triple const& out(folded_layer const& f) const { return sizes_[index(f.result)].extent; }

  void set(value v, parts_of_value p) {
    values_[index(v)] = std::move(p);
    for (std::size_t i = 0; i < net_.outputs().size(); ++i)
      if (net_.outputs()[i] == v)
        compile_export(c_, static_cast<int>(net_.inputs().size() + i), *values_[index(v)]);
  }

  /// Filters times the factors of folded batch norms, as (output, input, z, y, x).
  std::shared_ptr<filters const> filters_of(folded_layer const& f, int outputs, int inputs,
                                            triple const& kernel, int groups, bool transposed,
                                            std::vector<double> const& factor) const {
    auto const& w = weights_.tensors.at(f.row.name + ".weight");
    auto all = std::make_shared<filters>(filters{outputs, inputs, kernel, {}});
    std::size_t const taps = all->taps();
    all->values.assign(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(inputs) * taps, 0.0);
    int const in_group = inputs / groups, out_group = outputs / groups;
    for (int o = 0; o < outputs; ++o)
      for (int i = 0; i < in_group; ++i) {
        std::size_t const from =
            static_cast<std::size_t>(transposed ? i * outputs + o : o * in_group + i) * taps;
        std::size_t const to = (static_cast<std::size_t>(o) * static_cast<std::size_t>(inputs) +
                                static_cast<std::size_t>(o / out_group * in_group + i)) *
                               taps;
        for (std::size_t k = 0; k < taps; ++k)
          all->values[to + k] = w[from + k] * factor[static_cast<std::size_t>(o)];
      }
    return all;
  }

  /// The 2 x 2 pool that reads the result of a layer, if there is one.
  std::optional<value> pool_after(value result) const {
    for (std::size_t i = 0; i < net_.layers().size(); ++i) {
      auto const& row = net_.layers()[i];
      auto const* pool = std::get_if<max_pool>(&row.op);
      if (pool != nullptr && pool->window == triple{1, 2, 2} && row.inputs[0] == result)
        return net_.result_of(i);
    }
    return std::nullopt;
  }

  void row(folded_layer const& f, convolution const& k) {
    auto const scale = scale_of(f, weights_, k.outputs, k.bias);
    int const channels = sizes_[index(f.row.inputs[0])].channels;
    convolution_task t{f.row.name,
                       key_of(f),
                       with_margins(in(f), k.padding),
                       filters_of(f, k.outputs, channels, k.kernel, k.groups, false, scale.factor),
                       scale.shift,
                       factor_below_zero(k.act),
                       out(f),
                       0};
    bool const bends = !is_piecewise_linear(k.act);
    if (bends) t.below = 1;
    t.multiply_adds = double(c_.items()) * t.out[0] * t.out[1] * t.out[2] * k.outputs *
                      (channels / k.groups) * k.kernel[0] * k.kernel[1] * k.kernel[2];
    int outputs = 0;
    if (k.kernel == triple{1, 3, 3} && k.stride == triple{1, 1, 1} && k.dilation == triple{1, 1, 1} &&
        k.groups == 1)
      outputs = choose_outputs(
          {c_.items() * t.out[0], t.out[1], t.out[2], static_cast<int>(block_depths<N>(t.in).size()),
           channels, (k.outputs + N - 1) / N, N * sizeof(T)},
          c_.options().use);
    auto const pooled = outputs != 0 && !bends ? pool_after(f.result) : std::nullopt;
    int const wanted = readers_[index(f.result)] - (pooled ? 1 : 0);
    int const tensor = wanted > 0 ? c_.new_tensor(k.outputs, t.out) : -1;
    triple const half = pooled ? sizes_[index(*pooled)].extent : triple{};
    int const small = pooled ? c_.new_tensor(k.outputs, half) : -1;
    if (outputs == 4)
      compile_winograd<toom_cook<4>>(c_, t, tensor, small, half);
    else if (outputs == 2)
      compile_winograd<toom_cook<2>>(c_, t, tensor, small, half);
    else
      compile_direct(c_, t, taps_of(k, t.out), k.stride, {1, 1, 1}, tensor);
    if (pooled) set(*pooled, c_.whole(small));
    if (tensor < 0) return;
    finish(f, c_.whole(tensor), k.act);
  }

  void row(folded_layer const& f, transposed_convolution const& k) {
    auto const scale = scale_of(f, weights_, k.outputs, k.bias);
    auto const& from = sizes_[index(f.row.inputs[0])];
    margins around;
    auto const plans = taps_of(k, from.extent, out(f), around);
    convolution_task t{f.row.name,
                       key_of(f),
                       with_margins(in(f), around),
                       filters_of(f, k.outputs, from.channels, k.kernel, 1, true, scale.factor),
                       scale.shift,
                       is_piecewise_linear(k.act) ? factor_below_zero(k.act) : 1,
                       out(f),
                       0};
    t.multiply_adds = double(c_.items()) * from.extent[0] * from.extent[1] * from.extent[2] * from.channels *
                      k.outputs * k.kernel[0] * k.kernel[1] * k.kernel[2];
    int const tensor = c_.new_tensor(k.outputs, t.out);
    compile_direct(c_, t, plans, {1, 1, 1}, k.stride, tensor);
    finish(f, c_.whole(tensor), k.act);
  }

  /// Give the result of a layer, bent first when its kernel could not do that.
  void finish(folded_layer const& f, parts_of_value v, activation const& act) {
    if (!is_piecewise_linear(act)) v = points_of(f, point_operation::activate, {v}, act);
    set(f.result, std::move(v));
  }

  parts_of_value points_of(folded_layer const& f, point_operation what,
                           std::vector<parts_of_value> const& from, activation const& act = {},
                           point_job<T> pattern = {}, channel_scale const& scale = {}, double epsilon = 0) {
    pattern.what = what, pattern.act = act;
    auto const key = fmt::format("{}/{}", f.row.name, epsilon);
    return compile_points(c_, f.row.name, key, pattern, from, out(f), scale);
  }

  void row(folded_layer const& f, batch_norm const& b) {
    set(f.result, points_of(f, point_operation::scale, {in(f)}, b.act, {},
                            scale_of(weights_, f.row.name, b.epsilon), b.epsilon));
  }
  void row(folded_layer const& f, activate const& a) {
    set(f.result, points_of(f, point_operation::activate, {in(f)}, a.act));
  }
  void row(folded_layer const& f, max_pool const& m) {
    point_job<T> pattern{};
    pattern.window = m.window;
    set(f.result, points_of(f, point_operation::max_pool, {in(f)}, {}, pattern));
  }
  void row(folded_layer const& f, average_pool const& m) {
    point_job<T> pattern{};
    pattern.window = m.window;
    set(f.result, points_of(f, point_operation::average_pool, {in(f)}, {}, pattern));
  }
  void row(folded_layer const& f, nearest_upsample const& u) {
    set(f.result, with_axes(in(f), [&](axis_map const& m, int a) {
          return repeated(m, u.factor[static_cast<std::size_t>(a)]);
        }));
  }
  void row(folded_layer const& f, linear_upsample const& u) {
    point_job<T> pattern{};
    for (std::size_t a = 0; a < 3; ++a)
      pattern.axis[a] = interpolation<T>(in(f).extent[a], u.factor[a], u.aligned);
    set(f.result, points_of(f, point_operation::interpolate, {in(f)}, {}, pattern));
  }
  void row(folded_layer const& f, concat const&) {
    parts_of_value joined{{}, out(f)};
    for (std::size_t i = 0; i < f.row.inputs.size(); ++i)
      joined.parts.insert(joined.parts.end(), in(f, i).parts.begin(), in(f, i).parts.end());
    set(f.result, std::move(joined));
  }
  void row(folded_layer const& f, nn::add const& a) {
    std::vector<parts_of_value> from;
    for (std::size_t i = 0; i < f.row.inputs.size(); ++i) from.push_back(in(f, i));
    auto const alike = [&](parts_of_value const& v) {
      return std::equal(v.parts.begin(), v.parts.end(), from[0].parts.begin(), from[0].parts.end(),
                        [](part const& p, part const& q) { return p.channels == q.channels; });
    };
    if (!std::all_of(from.begin(), from.end(), alike))
      for (auto& v : from) v = merged(v);
    set(f.result, points_of(f, point_operation::add, from, a.act));
  }
  void row(folded_layer const& f, pad const& p) { set(f.result, with_margins(in(f), p.by)); }
  void row(folded_layer const& f, fit_to const& p) {
    set(f.result, with_margins(in(f), fitting(in(f).extent, out(f), p.centered)));
  }
  void row(folded_layer const& f, quarter_turn const& q) {
    point_job<T> pattern{};
    pattern.quarters = ((q.quarters % 4) + 4) % 4;
    pattern.image = in(f).extent;
    if (pattern.quarters == 0) return set(f.result, in(f));
    set(f.result, points_of(f, point_operation::turn, {in(f)}, {}, pattern));
  }

  /// A value in one stored tensor, by a convolution with the identity.
  parts_of_value merged(parts_of_value const& v) {
    if (v.parts.size() == 1) return v;
    int channels = 0;
    for (auto const& p : v.parts) channels += p.channels;
    auto one = std::make_shared<filters>(filters{channels, channels, {1, 1, 1}, {}});
    one->values.assign(static_cast<std::size_t>(channels * channels), 0.0);
    for (int i = 0; i < channels; ++i) one->values[static_cast<std::size_t>(i * channels + i)] = 1;
    int const tensor = c_.new_tensor(channels, v.extent);
    nn::convolution const k{.outputs = channels, .kernel = {1, 1, 1}};
    compile_direct(c_, {"identity", fmt::format(".identity {}", channels), v, one, {}, 1, v.extent, 0},
                   taps_of(k, v.extent), {1, 1, 1}, {1, 1, 1}, tensor);
    return c_.whole(tensor);
  }

  network const& net_;
  io::named_tensors const& weights_;
  std::vector<size> sizes_;
  frame c_;
  std::vector<std::optional<parts_of_value>> values_;
  std::vector<int> readers_;
};

}  // namespace tomoedx::nn::detail

#endif
