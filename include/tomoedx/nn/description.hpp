// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DESCRIPTION_HPP
#define TOMOEDX_NN_DESCRIPTION_HPP

#include <tomoedx/nn/architecture.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace tomoedx::nn {

/// What is done to images before a network and undone after it.
struct normalization {
  enum class rule {
    none,  ///< values go in as they are
    mean,  ///< each image is divided by its own mean
    model  ///< (value - offset) / scale, with the numbers the network was trained with
  };
  rule by = rule::none;
  double offset = 0;
  double scale = 1;
  friend bool operator==(normalization const&, normalization const&) = default;
};

/// What is known of a weight file. Options that neither the tensors nor the metadata tell are empty; building the
/// network asks for them.
struct description {
  architecture net;
  std::optional<normalization> normalize{};
  std::size_t tensors = 0;     ///< in the file
  std::size_t parameters = 0;  ///< trained numbers, as they are usually counted: without running statistics
  friend bool operator==(description const&, description const&) = default;
};

/// The number of trained values of an architecture; running statistics of batch norm are not trained.
inline std::size_t number_of_parameters(architecture const& a) {
  std::size_t all = 0;
  for (auto const& p : parameters_of(a)) {
    if (p.key.ends_with(".running_mean") || p.key.ends_with(".running_var")) continue;
    std::size_t n = 1;
    for (auto const extent : p.shape) n *= extent;
    all += n;
  }
  return all;
}

namespace detail {

inline std::string count_of(int n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

inline std::string sentence(unet const& u) {
  return fmt::format(
      "U-net ({} keys), base width {}, depth {}: {} in, {} out; {} upsampling, {}batch norm, {} first in its "
      "concatenations; {}",
      u.keys == unet_keys::down_path ? "down_path" : "double_conv", u.base, u.depth,
      count_of(u.inputs, "channel"), u.outputs,
      u.up == unet_upsampling::transposed ? "transposed-convolution" : "bilinear", u.batch_norm ? "" : "no ",
      u.order == concat_order::skip_first ? "skip" : "upsampled",
      u.odd == odd_sizes::mirror ? "images are mirrored to a multiple of its poolings"
      : u.odd == odd_sizes::fill ? "odd sizes are filled with zeros"
                                 : "skips are cropped");
}

inline std::string sentence(udvd const& u) {
  auto text = fmt::format("UDVD for {} of {}, {} out; U-nets of width {} to {}", count_of(u.frames, "frame"),
                          count_of(u.channels, "channel"), u.outputs, u.first.width, u.first.outputs);
  if (u.frames > 3) text += fmt::format(", then {} to {}", u.second.width, u.second.outputs);
  if (has_likelihood_head(u)) text += "; means and covariances out";
  text += fmt::format("; {} biases; {}", u.bias ? "with" : "no",
                      u.blind ? fmt::format("blind spot {} x {}", u.blind->rows, u.blind->columns)
                              : std::string("blind spot unknown (tell it by 'blind')"));
  text += !u.final_relu   ? "; final ReLU unknown (tell it by 'final_relu')"
          : *u.final_relu ? "; final ReLU"
                          : "; linear output";
  if (u.sigma_net) text += fmt::format("; noise-level network of width {}", u.sigma_net);
  return text + (u.borders == blind_borders::exact ? "; exact borders" : "; borders mirrored to a square");
}

inline std::string sentence(laine const& l) {
  return fmt::format(
      "Laine's blind-spot network with {} poolings: {} in, {} out; width {}, then {}; blind spot {} x {}",
      l.poolings, count_of(l.inputs, "channel"), l.outputs, l.encoder, l.decoder, l.blind, l.blind);
}

inline std::string sentence(residual_cnn const& r) {
  return fmt::format("CNN of {} convolutions {} x {}: {} in, {} out; width {}, {}batch norm; {}", r.depth,
                     r.kernel, r.kernel, count_of(r.inputs, "channel"), r.outputs, r.width,
                     r.batch_norm ? "" : "no ",
                     !r.residual   ? "noise or clean image unknown (tell it by 'residual')"
                     : *r.residual ? "gives the noise, which is taken from the image"
                                   : "gives the clean image");
}

inline std::string sentence(autoencoder const& a) {
  return fmt::format("3D autoencoder for spectrum images, base width {}; {}", a.base,
                     a.inputs == 2 ? "with a Z-contrast image" : "no Z-contrast image");
}

inline std::string sentence(std::optional<normalization> const& n) {
  if (!n) return "normalisation unknown (tell it by 'normalize')";
  if (n->by == normalization::rule::none) return "values are not scaled";
  if (n->by == normalization::rule::mean) return "each image is divided by its mean";
  return fmt::format("values are scaled: minus {}, by {}", n->offset, n->scale);
}

}  // namespace detail

/// One line about it for a person.
inline std::string summary(description const& d) {
  auto const net = std::visit([](auto const& options) { return detail::sentence(options); }, d.net);
  return fmt::format("{}; {}; {} tensors, {} parameters", net, detail::sentence(d.normalize), d.tensors,
                     d.parameters);
}

}  // namespace tomoedx::nn

#endif
