// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_NETWORK_CHECKS_HPP
#define TOMOEDX_DENOISE_DETAIL_NETWORK_CHECKS_HPP
// IWYU pragma: private, include "tomoedx/denoise/image_network.hpp"

#include <tomoedx/denoise/network_options.hpp>
#include <tomoedx/nn/likelihood.hpp>
#include <tomoedx/nn/model.hpp>
#include <tomoedx/nn/parameters.hpp>

#include <cmath>
#include <cstddef>
#include <span>

/// What networks for grey images share before and after they run.
namespace tomoedx::detail {

/// The network of a model as it is used here: a part that estimates the noise level is not run.
inline nn::architecture without_noise_level(nn::architecture net) {
  if (auto* u = std::get_if<nn::udvd>(&net)) u->sigma_net = 0;
  return net;
}

/// Refuse a model that cannot make one grey image of grey images, or options that cannot be.
///
/// throws   tomoedx::value_error, shape_error
inline void check_model(char const* who, nn::model const& m, network_options const& options) {
  auto const net = nn::network_of(without_noise_level(m.about.net), {8, 4096, 4096});
  nn::check_parameters(net, m.weights);
  for (int const channels : net.inputs())
    expects<value_error>(channels == 1,
                         "{}: the network takes images of {} channels, only grey ones are denoised here", who,
                         channels);
  int const outputs = nn::detail::channels_of(net)[static_cast<std::size_t>(net.outputs()[0])];
  bool const likelihood =
      outputs == nn::likelihood_outputs(1) &&
      (std::holds_alternative<nn::udvd>(m.about.net) || std::holds_alternative<nn::laine>(m.about.net));
  expects<value_error>(outputs == 1 || likelihood, "{}: the network gives {} channels, one is needed", who,
                       outputs);
  expects<value_error>(options.batch >= 1 && options.batch <= 65536,
                       "{}: a batch of {} images asked for; 1 to 65536 are possible", who, options.batch);
  expects<value_error>(!options.noise || likelihood,
                       "{}: a noise level is given, but this network gives no distribution to use it with",
                       who);
  expects<value_error>(!options.noise || (std::isfinite(*options.noise) && *options.noise >= 0),
                       "{}: the noise has a standard deviation of {}; it must be 0 or positive", who,
                       options.noise.value_or(0));
  expects<value_error>(options.level <= best_isa(), "{}: this processor has no {}", who,
                       name_of(options.level));
}

/// The result of a tile: the network's mean or, with a noise level in its units, the posterior mean, which takes the
/// place of the noisy values.
template <real T>
T const* result_of_tile(T const* outputs, T* noisy, std::size_t values, std::optional<double> const& noise,
                        T scale) {
  if (!noise) return outputs;
  nn::posterior_mean<T>(1, *noise / static_cast<double>(scale), std::span(outputs, 2 * values),
                        std::span<T const>(noisy, values), std::span(noisy, values));
  return noisy;
}

}  // namespace tomoedx::detail

#endif
