// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_RECOGNIZERS_HPP
#define TOMOEDX_NN_DETAIL_RECOGNIZERS_HPP

#include <tomoedx/io/tensor.hpp>
#include <tomoedx/nn/architecture.hpp>
#include <tomoedx/nn/parameters.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

/// Each network's options from the keys and shapes of its tensors; nothing when the keys are another network's.
namespace tomoedx::nn::detail {

class weight_keys {
 public:
  explicit weight_keys(io::named_tensors const& file) : file_(file) {}

  bool has(std::string const& key) const { return file_.tensors.contains(key); }

  // Extents of a layer's weights; errors name the key.
  int outputs(std::string const& stem) const { return extent(stem + ".weight", 0); }
  int inputs(std::string const& stem) const { return extent(stem + ".weight", 1); }
  int kernel(std::string const& stem) const { return extent(stem + ".weight", -1); }  ///< along x

  /// How many of stem(first), stem(first + 1), ... there are.
  template <class F>
  int count(int first, F&& stem) const {
    int n = 0;
    while (has(stem(first + n) + ".weight")) ++n;
    return n;
  }

 private:
  int extent(std::string const& key, int axis) const {
    auto const at = file_.tensors.find(key);
    expects<value_error>(at != file_.tensors.end(), "weights: the network needs '{}', it is not there", key);
    auto const& shape = at->second.shape();
    expects<shape_error>(shape.size() == 4 || shape.size() == 5,
                         "weights: '{}' should be (output, input, y, x), the file has {}", key,
                         text_of(shape));
    auto const n = axis < 0 ? shape.back() : shape[static_cast<std::size_t>(axis)];
    expects<shape_error>(n >= 1 && n <= most_channels,
                         "weights: '{}' has the shape {}; extents of 1 to {} are possible", key,
                         text_of(shape), most_channels);
    return static_cast<int>(n);
  }

  io::named_tensors const& file_;
};

inline std::optional<unet> recognize_unet(weight_keys const& keys) {
  bool const path = keys.has("down_path.0.block.0.weight");
  if (!path && !keys.has("inc.double_conv.0.weight")) return {};
  auto u = path ? unet{} : double_conv_unet();
  auto const level = [&](int i) { return down_stem(u, i) + "0"; };
  auto const top = down_stem(u, 0);
  u.depth = keys.count(0, level);
  u.base = keys.outputs(level(0));
  u.inputs = keys.inputs(level(0));
  u.outputs = keys.outputs(path ? "last" : "outc.conv");
  u.bias = keys.has(top + "0.bias");
  u.batch_norm = keys.has(top + (path ? "2.running_mean" : "1.running_mean"));
  bool const up = keys.has(path ? "up_path.0.up.weight" : "up1.up.weight");
  u.up = up || u.depth == 1 ? unet_upsampling::transposed : unet_upsampling::bilinear;
  return u;
}

inline std::optional<udvd> recognize_udvd(weight_keys const& keys) {
  bool const single = keys.has("unet.enc1.conv1.conv.weight");
  if (!single && !keys.has("denoiser_1.enc1.conv1.conv.weight")) return {};
  std::string const stem = single ? "unet" : "denoiser_1";
  udvd u;
  u.first = {keys.outputs(stem + ".enc1.conv1.conv"), keys.outputs(stem + ".dec1.conv4.conv")};
  int const in = keys.inputs(stem + ".enc1.conv1.conv");
  u.frames = single ? 1 : 3;
  if (!single) {
    expects<shape_error>(in % 3 == 0,
                         "weights: '{}.enc1.conv1.conv.weight' reads {} channels; UDVD reads three frames",
                         stem, in);
    if (keys.has("denoiser_2.enc1.conv1.conv.weight")) {
      u.second = {keys.outputs("denoiser_2.enc1.conv1.conv"), keys.outputs("denoiser_2.dec1.conv4.conv")};
      int const joined = keys.inputs("denoiser_2.enc1.conv1.conv");
      expects<shape_error>(
          joined == 3 * u.first.outputs || joined == 4 * u.first.outputs,
          "weights: 'denoiser_2.enc1.conv1.conv.weight' reads {} channels; it should be three (5 "
          "frames) or four times (9 frames) the {} of denoiser_1",
          joined, u.first.outputs);
      u.frames = joined == 3 * u.first.outputs ? 5 : 9;
    }
  }
  u.channels = single ? in : in / 3;
  u.head = {keys.outputs("nin_A"), keys.outputs("nin_B")};
  u.outputs = keys.outputs("nin_C");
  u.bias = keys.has("nin_A.bias");
  if (keys.has("sigma_net.enc1.conv1.conv.weight")) u.sigma_net = keys.outputs("sigma_net.enc1.conv1.conv");
  return u;
}

inline std::optional<laine> recognize_laine(weight_keys const& keys) {
  if (!keys.has("encode_block_1.0.weight")) return {};
  laine l;
  l.encoder = keys.outputs("encode_block_1.0");
  l.inputs = keys.inputs("encode_block_1.0");
  l.poolings = keys.count(1, [](int i) { return fmt::format("encode_block_{}.0", i); }) - 1;
  l.decoder = keys.outputs("decode_block_1.0");
  if (!keys.has(l.last + ".weight")) l.last = "output_block.4";
  l.outputs = keys.outputs(l.last);
  expects<value_error>(
      keys.inputs("output_block.0") != l.decoder,
      "weights: 'output_block.0.weight' reads {} channels, one branch; this is Laine's network without "
      "a blind spot, which is not offered",
      l.decoder);
  return l;
}

/// A chain of layers with numbers behind one stem.
inline std::optional<residual_cnn> recognize_cnn(weight_keys const& keys, io::named_tensors const& file) {
  residual_cnn r;
  std::vector<int> places;
  for (auto const& [key, tensor] : file.tensors) {
    if (!key.ends_with(".weight") || tensor.shape().size() < 4) continue;
    auto const name = std::string_view(key).substr(0, key.size() - 7);
    if (name == difference_key) continue;
    auto digits = name.size();
    while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1]))) --digits;
    int place = 0;
    if (digits == name.size() || name.size() - digits > 6) return {};
    for (auto const c : name.substr(digits)) place = 10 * place + (c - '0');
    if (!places.empty() && name.substr(0, digits) != r.stem) return {};
    r.stem = std::string(name.substr(0, digits));
    places.push_back(place);
  }
  std::sort(places.begin(), places.end());
  if (places.size() < 2 || places[0] != 0 || places[1] != 2) return {};
  if (!r.stem.empty() && r.stem.back() != '.') return {};
  auto const at = [&](std::size_t i) { return r.stem + std::to_string(places[i]); };
  auto const last = at(places.size() - 1);
  r.depth = static_cast<int>(places.size());
  r.inputs = keys.inputs(at(0));
  r.width = keys.outputs(at(0));
  r.outputs = keys.outputs(last);
  r.kernel = keys.kernel(at(0));
  r.batch_norm = r.depth > 2 && keys.has(r.stem + "3.running_mean");
  r.first_bias = keys.has(at(0) + ".bias");
  r.middle_bias = r.depth > 2 ? keys.has(at(1) + ".bias") : r.middle_bias;
  r.last_bias = keys.has(last + ".bias");
  return r;
}

inline std::optional<autoencoder> recognize_autoencoder(weight_keys const& keys) {
  if (!keys.has("enc1.weight") || !keys.has("bott.weight")) return {};
  return autoencoder{keys.inputs("enc1"), keys.outputs("enc1")};
}

}  // namespace tomoedx::nn::detail

#endif
