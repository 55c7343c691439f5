// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_ARCHITECTURE_HPP
#define TOMOEDX_NN_ARCHITECTURE_HPP

#include <tomoedx/nn/autoencoder.hpp>
#include <tomoedx/nn/laine.hpp>
#include <tomoedx/nn/parameters.hpp>
#include <tomoedx/nn/residual_cnn.hpp>
#include <tomoedx/nn/sizes.hpp>
#include <tomoedx/nn/udvd.hpp>
#include <tomoedx/nn/unet.hpp>

#include <string_view>
#include <variant>
#include <vector>

namespace tomoedx::nn {

/// One of the networks this library knows, with its options.
using architecture = std::variant<unet, udvd, laine, residual_cnn, autoencoder>;

/// What weight files call it in their metadata: unet, udvd, laine, cnn or dcae.
inline std::string_view name_of(architecture const& a) {
  constexpr std::string_view names[] = {"unet", "udvd", "laine", "cnn", "dcae"};
  return names[a.index()];
}

/// The table for images of these extents (z, y, x), or a spectrum image (energy, y, x).
///
/// throws   tomoedx::value_error, shape_error for impossible options or extents, or an option without a value
inline network network_of(architecture const& a, triple const& extent) {
  return std::visit([&](auto const& options) { return network_of(options, extent); }, a);
}

/// The extents of each of its inputs: those of the image, and one plane for the Z-contrast image.
inline std::vector<triple> input_extents(architecture const& a, triple const& extent) {
  if (auto const* u = std::get_if<udvd>(&a))
    return std::vector<triple>(static_cast<std::size_t>(u->frames), extent);
  std::vector<triple> all{extent};
  if (auto const* d = std::get_if<autoencoder>(&a); d && d->inputs == 2)
    all.push_back({1, extent[1], extent[2]});
  return all;
}

namespace detail {

/// A table with the parameters of `a`, whatever else is not known of it. Parameters know no extents; these suit any
/// depth.
inline network table_of_parameters(architecture a) {
  if (auto* u = std::get_if<udvd>(&a)) {
    u->blind = u->blind.value_or(blind_spot{});
    u->final_relu = u->final_relu.value_or(false);
  }
  if (auto* r = std::get_if<residual_cnn>(&a)) r->residual = false;
  return network_of(a, {8, 4096, 4096});
}

}  // namespace detail

/// What its weight file must hold, whether or not everything else is known.
///
/// throws   tomoedx::value_error for impossible options
inline std::vector<parameter> parameters_of(architecture const& a) {
  return parameters_of(detail::table_of_parameters(a));
}

}  // namespace tomoedx::nn

#endif
