// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_MODEL_HPP
#define TOMOEDX_NN_MODEL_HPP

#include <tomoedx/nn/recognize.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace tomoedx::nn {

/// A network with its weights, ready to be built for any extents. What files do not tell may be filled in:
///
///     auto m = nn::model_of(io::read_safetensors("movie.safetensors"));
///     std::get<nn::udvd>(m.about.net).blind = nn::blind_spot{3, 3};
struct model {
  description about;
  io::named_tensors weights;
};

namespace detail {

/// Without the prefix that training on several devices leaves before every key.
inline void strip_module(io::named_tensors& file) {
  constexpr std::string_view prefix = "module.";
  auto const has = [&](auto const& entry) { return entry.first.starts_with(prefix); };
  if (file.tensors.empty() || !std::all_of(file.tensors.begin(), file.tensors.end(), has)) return;
  decltype(file.tensors) stripped;
  while (!file.tensors.empty()) {
    auto node = file.tensors.extract(file.tensors.begin());
    node.key().erase(0, prefix.size());
    stripped.insert(std::move(node));
  }
  file.tensors = std::move(stripped);
}

}  // namespace detail

/// The model of a weight file.
///
/// throws   as recognize
inline model model_of(io::named_tensors file) {
  detail::strip_module(file);
  model m{.about = recognize(file), .weights = std::move(file)};
  if (auto const* r = std::get_if<residual_cnn>(&m.about.net)) add_constants(*r, m.weights);
  return m;
}

/// The table of a model for images of these extents.
///
/// throws   as network_of(architecture, extent)
inline network network_of(model const& m, triple const& extent) {
  return network_of(m.about.net, extent);
}

}  // namespace tomoedx::nn

#endif
