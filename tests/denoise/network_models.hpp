// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_DENOISE_NETWORK_MODELS_HPP
#define TOMOEDX_TESTS_DENOISE_NETWORK_MODELS_HPP

#include <tomoedx/nn/model.hpp>

#include "../nn/networks.hpp"
#include "filters.hpp"

#include <utility>
#include <vector>

/// Small networks with drawn weights, and stacks for them.
namespace network_models {

using namespace tomoedx;
using rule = nn::normalization::rule;

inline nn::model drawn(nn::architecture const& net, nn::normalization const& normalize = {},
                       std::uint64_t seed = 1) {
  nn::model m{.about = {.net = net, .normalize = normalize},
              .weights = tomoedx_tests::drawn_weights(nn::parameters_of(net), seed)};
  if (auto const* r = std::get_if<nn::residual_cnn>(&net)) nn::add_constants(*r, m.weights);
  return m;
}

inline nn::udvd narrow_udvd(int frames, nn::blind_borders borders = nn::blind_borders::exact,
                            nn::blind_spot blind = {}) {
  return {.frames = frames,
          .first = {3, 2},
          .second = {3, 4},
          .head = {8, 5},
          .bias = true,
          .borders = borders,
          .blind = blind,
          .final_relu = false};
}

/// Counts of a scene, all of them positive.
template <class T>
std::vector<T> counts(filters::shape const& s, std::uint64_t seed = 1) {
  std::vector<T> values(s[0] * s[1] * s[2]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto const x = static_cast<double>(i % s[2]);
    values[i] =
        static_cast<T>(1 + std::floor(6 * random_stream(seed, i).uniform() + 2 + 2 * std::sin(0.3 * x)));
  }
  return values;
}

/// A stack through a denoiser that stays with the caller.
template <class D, class T = typename D::value_type>
std::vector<T> denoised(D& denoise, std::vector<T> const& in, filters::shape const& s) {
  std::vector<T> out(in.size(), T(-77));
  denoise(borrow(in.data(), s[0], s[1], s[2]), borrow(out.data(), s[0], s[1], s[2]));
  return out;
}

}  // namespace network_models

#endif
