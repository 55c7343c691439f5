// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_OBSERVER_HPP
#define TOMOEDX_CORE_OBSERVER_HPP

#include <concepts>
#include <cstddef>
#include <span>

namespace tomoedx {

/// What an iterative method tells about itself after an iteration.
struct progress {
  std::size_t iteration = 0;             ///< iterations finished, from 1
  std::size_t iterations = 0;            ///< iterations asked for
  double residual = 0;                   ///< norm of data - model before this iteration's update
  std::span<double const> by_channel{};  ///< the same norm for each channel of the data
};

/// What the observer wants to happen next.
enum class decision { proceed, stop };

/// Anything that watches a long computation and may end it.
/// 1. It is called with a `progress`, on the calling thread, after the iteration is complete.
/// 2. It returns a `decision`; after `stop` the method returns what it has, in a valid state.
template <class O>
concept observer = requires(O& o, progress const& p) {
  { o(p) } -> std::same_as<decision>;
};

/// The observer that looks away.
struct ignore {
  decision operator()(progress const&) const noexcept { return decision::proceed; }
};
static_assert(observer<ignore>);

}  // namespace tomoedx

#endif
