// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_PACK_HPP
#define TOMOEDX_NN_DETAIL_PACK_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/gemm.hpp>
#include <tomoedx/nn/detail/memory.hpp>
#include <tomoedx/nn/detail/winograd.hpp>
#include <tomoedx/nn/layers.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Weights in the order in which the kernels read them, made once and shared by all layers and plans that use them.
namespace tomoedx::nn::detail {

/// The weights of a layer as (output, input, z, y, x), whatever its kind: groups are spelt out as zeros.
struct filters {
  int outputs, inputs;
  triple kernel;
  std::vector<double> values;

  double const* of(int o, int i) const {
    return values.data() +
           (static_cast<std::size_t>(o) * static_cast<std::size_t>(inputs) + static_cast<std::size_t>(i)) *
               taps();
  }
  std::size_t taps() const { return static_cast<std::size_t>(kernel[0] * kernel[1] * kernel[2]); }
};

/// Packed weights by a text that says all they depend on.
template <class T>
using weight_store = std::map<std::string, std::shared_ptr<pages const>>;

template <class T>
T const* values_of(pages const& p) {
  return reinterpret_cast<T const*>(p.data());
}

/// Weights transformed for minimal filtering: (plane, vector group, input channel, vector of the group, lane).
template <class Tables, class T, isa Level>
std::shared_ptr<pages const> pack_winograd(filters const& f) {
  constexpr int N = block_of<T, Level>, planes = Tables::points * Tables::points;
  int const blocks = (f.outputs + N - 1) / N;
  even_cut const groups(blocks, registers<Level>::vectors);
  std::size_t const plane = static_cast<std::size_t>(blocks * N) * static_cast<std::size_t>(f.inputs);
  auto packed = std::make_shared<pages>(plane * planes * sizeof(T));
  auto* const to = reinterpret_cast<T*>(packed->data());
  std::vector<double> u(static_cast<std::size_t>(planes * N * registers<Level>::vectors));  // (output, plane)
  for (int g = 0; g < groups.runs; ++g) {
    int const v0 = groups.begin(g), outputs = (groups.begin(g + 1) - v0) * N;
    for (int i = 0; i < f.inputs; ++i) {
      std::fill(u.begin(), u.end(), 0.0);
      for (int o = 0; o < outputs && v0 * N + o < f.outputs; ++o)
        transform_filter<Tables>(f.of(v0 * N + o, i), u.data() + o * planes);
      T* row = to + static_cast<std::size_t>(v0 * N) * static_cast<std::size_t>(f.inputs) +
               static_cast<std::size_t>(i * outputs);
      for (int p = 0; p < planes; ++p, row += plane)
        for (int o = 0; o < outputs; ++o)
          row[o] = static_cast<T>(u[static_cast<std::size_t>(o * planes + p)]);
    }
  }
  return packed;
}

/// Weights of some taps of a filter: (vector group, tap, input channel, vector of the group, lane).
template <class T, isa Level>
std::shared_ptr<pages const> pack_direct(filters const& f, std::vector<triple> const& taps) {
  constexpr int N = block_of<T, Level>;
  int const blocks = (f.outputs + N - 1) / N;
  even_cut const groups(blocks, registers<Level>::vectors);
  auto packed =
      std::make_shared<pages>(std::max<std::size_t>(1, static_cast<std::size_t>(blocks * N) *
                                                           static_cast<std::size_t>(f.inputs) * taps.size()) *
                              sizeof(T));
  auto* to = reinterpret_cast<T*>(packed->data());
  for (int g = 0; g < groups.runs; ++g)
    for (auto const& k : taps)
      for (int i = 0; i < f.inputs; ++i)
        for (int o = groups.begin(g) * N; o < groups.begin(g + 1) * N; ++o)
          *to++ = o < f.outputs ? static_cast<T>(f.of(o, i)[(k[0] * f.kernel[1] + k[1]) * f.kernel[2] + k[2]])
                                : T(0);
  return packed;
}

/// One value for each channel, blocks filled with zeros.
template <class T, isa Level>
std::shared_ptr<pages const> pack_channels(std::vector<double> const& values) {
  constexpr std::size_t N = block_of<T, Level>;
  std::size_t const whole = (values.size() + N - 1) / N * N;
  auto packed = std::make_shared<pages>(whole * sizeof(T));
  auto* const to = reinterpret_cast<T*>(packed->data());
  for (std::size_t i = 0; i < whole; ++i) to[i] = i < values.size() ? static_cast<T>(values[i]) : T(0);
  return packed;
}

}  // namespace tomoedx::nn::detail

#endif
