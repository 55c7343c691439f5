// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_RECOGNIZE_HPP
#define TOMOEDX_NN_RECOGNIZE_HPP

#include <tomoedx/nn/detail/recognizers.hpp>
#include <tomoedx/nn/metadata.hpp>

#include <set>

namespace tomoedx::nn {

namespace detail {

inline architecture recognize_keys(io::named_tensors const& file) {
  weight_keys const keys(file);
  if (auto const u = recognize_unet(keys)) return *u;
  if (auto const u = recognize_udvd(keys)) return *u;
  if (auto const l = recognize_laine(keys)) return *l;
  if (auto const a = recognize_autoencoder(keys)) return *a;
  if (auto const r = recognize_cnn(keys, file)) return *r;
  fail<value_error>(
      "weights: {} tensors{} belong to no network known here; looked for a U-net (down_path.0.block.0.weight "
      "or "
      "inc.double_conv.0.weight), UDVD (denoiser_1.enc1.conv1.conv.weight or unet.enc1.conv1.conv.weight), "
      "Laine's "
      "(encode_block_1.0.weight), an autoencoder (enc1.weight and bott.weight) and a chain of convolutions "
      "(NAME.0.weight, NAME.2.weight, ...)",
      file.tensors.size(),
      file.tensors.empty() ? std::string() : ", the first called '" + file.tensors.begin()->first + "',");
}

/// Everything the network needs is there in its shape, and everything that is there is needed.
inline void check_tensors(architecture const& net, io::named_tensors const& file) {
  auto const table = table_of_parameters(net);
  check_parameters(table, file);
  std::set<std::string> known{difference_key + std::string(".weight")};
  for (auto const& p : parameters_of(table)) known.insert(p.key);
  for (auto const& [key, tensor] : file.tensors) {
    if (known.contains(key) || key.ends_with(".num_batches_tracked")) continue;
    // files may hold one layer under two names
    auto const twin = key.starts_with("output_block.4") ? "output_conv" + key.substr(14) : std::string();
    auto const same = file.tensors.find(twin);
    expects<value_error>(
        same != file.tensors.end() && same->second == tensor,
        "weights: '{}' ({}) has no place in the {} that the other tensors make; this is another network", key,
        text_of(tensor.shape()), name_of(net));
  }
}

}  // namespace detail

/// What network a weight file belongs to: its architecture from keys and shapes, the rest from the metadata (see
/// nn/metadata.hpp). Nothing is guessed.
///
/// throws   tomoedx::value_error, shape_error when the tensors are no network known here, do not make a whole one, hold
///          what is not finite, or the metadata contradict them
inline description recognize(io::named_tensors const& file) {
  description d{.net = detail::recognize_keys(file)};
  detail::agree(file.metadata, "arch", std::string(name_of(d.net)));
  std::visit([&](auto& options) { detail::read_options(file.metadata, options); }, d.net);
  detail::check_tensors(d.net, file);
  d.normalize = detail::read_normalization(file.metadata);
  d.tensors = file.tensors.size();
  d.parameters = number_of_parameters(d.net);
  return d;
}

}  // namespace tomoedx::nn

#endif
