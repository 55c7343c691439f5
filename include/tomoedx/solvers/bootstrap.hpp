// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_BOOTSTRAP_HPP
#define TOMOEDX_SOLVERS_BOOTSTRAP_HPP

#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/core/operand.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/core/runtime.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/solvers/report.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomoedx {

/// How a channel of data scatters.
struct resampling {
  bool counts = true;  ///< Poisson, else Gaussian
  double scale =
      1;  ///< Poisson: counts that a unit of data stands for; Gaussian: standard deviation in that unit

  static constexpr resampling poisson(double counts_per_unit = 1) { return {true, counts_per_unit}; }
  static constexpr resampling gaussian(double sigma) { return {false, sigma}; }
};

/// Options of the bootstrap; `Range` is the operator's range_view.
template <class Range>
struct bootstrap_options {
  std::size_t replicas =
      50;  ///< at least 2; n of them give the standard deviation to a part of 1 / sqrt(2 n - 2)
  std::uint64_t seed = 1;
  std::vector<resampling> channels =
      {};  ///< one for each channel of data, or one for all; empty for plain counts
  Range around =
      {};  ///< expected data to scatter about, as the model A x of a fit; empty for the data themselves
  std::size_t first_row = 0;  ///< of a slab within the whole series, so that it scatters as it does there
};

/// What a bootstrap leaves behind beside its two volumes.
struct bootstrap_report {
  std::size_t replicas = 0;  ///< replicas done
  ending ended = ending::iterations_done;
};

namespace detail {

/// to <- a draw of every value around what is expected. A value owns the random stream of its place, row by row.
template <class T>
struct redraw {
  grid stack;
  T const* around;
  T* to;
  resampling const* channels;
  std::uint64_t seed;
  std::size_t first_row;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    std::size_t const lane = n % stack.lanes, column = n / stack.lanes % stack.columns;
    std::size_t const line = n / (stack.lanes * stack.columns) % stack.lines;
    std::size_t const block = n / (stack.lanes * stack.columns * stack.lines) % stack.blocks();
    std::size_t const channel = n / (stack.lanes * stack.columns * stack.lines * stack.blocks());
    std::size_t const row = block * stack.lanes + lane;
    std::size_t const at = channel * stack.channel_stride + block * stack.block_stride +
                           line * stack.line_stride + column * stack.lanes + lane;
    if (row >= stack.rows) {
      to[at] = T(0);
      return;
    }
    std::size_t const place =
        (((first_row + row) * stack.channels + channel) * stack.lines + line) * stack.columns + column;
    random_stream random(seed, place);
    resampling const how = channels[channel];
    double const expected = static_cast<double>(around[at]);
    double const drawn =
        how.counts ? static_cast<double>(simulate::poisson(random, expected * how.scale)) / how.scale
                   : expected + how.scale * random.normal();
    to[at] = static_cast<T>(drawn);
  }
};

/// Welford's running mean and sum of squares take in replica number `count`.
template <class T>
struct take_in {
  T const* x;
  double* mean;
  double* squares;
  double count;

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    double const value = static_cast<double>(x[i]), delta = value - mean[i];
    mean[i] += delta / count;
    squares[i] += delta * (value - mean[i]);
  }
};

template <class T>
struct write_moments {
  double const* running;
  double const* squares;
  T* mean;
  T* deviation;
  double inverse;  ///< of count - 1

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    mean[i] = static_cast<T>(running[i]);
    deviation[i] = static_cast<T>(Kokkos::sqrt(squares[i] * inverse));
  }
};

/// The grid of an operator's range, or its channels one after the other.
template <linear_operator Op>
grid range_grid_of(Op const& op, std::size_t size) {
  if constexpr (gridded_operator<Op>)
    return op.range_grid();
  else
    return plain_grid(range_channels(op), 1, 1, size / range_channels(op));
}

/// Refuse channels that cannot scatter as they are asked to.
template <class Space, class T>
void check_channels(Space const& space, grid const& stack, T const* around,
                    std::vector<resampling> const& channels) {
  for (std::size_t c = 0; c < stack.channels; ++c) {
    auto const [counts, scale] = channels[c];
    expects<value_error>(std::isfinite(scale) && (counts ? scale > 0 : scale >= 0),
                         "bootstrap: channel {} has a {} of {}; it is finite and {}", c,
                         counts ? "number of counts a unit" : "standard deviation", scale,
                         counts ? "above 0" : "not negative");
    T const* const values = around + c * stack.channel_stride;
    double sum = 0, least = 0, most = 0;
    Kokkos::parallel_reduce(
        "tomoedx::bootstrap::look_at_data",
        Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, stack.channel_stride),
        KOKKOS_LAMBDA(std::size_t i, double& s, double& low, double& high) {
          double const v = static_cast<double>(values[i]);
          s += v;
          low = v < low ? v : low;
          high = v > high ? v : high;
        },
        sum, Kokkos::Min<double>(least), Kokkos::Max<double>(most));
    expects<value_error>(std::isfinite(sum), "bootstrap: channel {} holds NaN or infinity", c);
    expects<value_error>(!counts || least >= 0, "bootstrap: channel {} holds {}; counts are not negative", c,
                         least);
    expects<value_error>(!counts || most * scale <= simulate::largest_poisson_mean,
                         "bootstrap: channel {} holds {} counts; at most {}", c, most * scale,
                         simulate::largest_poisson_mean);
  }
}

}  // namespace detail

/// The mean and the standard deviation of every voxel when data scatter: n replicas of the data are drawn and each is
/// reconstructed by `reconstruct(data, x)`, which writes x or queues that on op.space(). x is zero before.
///
///     bootstrap(op, counts, mean, deviation,
///               [&](auto const& b, auto const& x) { em(op, b, x, {.iterations = 15}); }, {.replicas = 100});
///
/// What a method leaves out by intent or by stopping early (its bias) is not in the standard deviation. The draws
/// depend on the seed, the replica and the place of a value in the series, not on threads or slices side by side.
/// shapes   data as op.range_layout(), mean and deviation as op.domain_layout(); none overlap
/// units    mean and deviation in the unit of what `reconstruct` gives
/// requires two doubles a voxel and a copy of the data, beside what `reconstruct` needs
/// throws   tomoedx::shape_error or value_error before anything is computed, and what `reconstruct` throws
/// returns  when both volumes are complete; after the observer ended it they are those of the replicas done, of one
///          replica the deviation is 0. The observer is told of replicas; its residual is 0
/// source   Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 6.5; Welford, Technometrics 4, 1962
template <linear_operator Op, class Reconstruct, observer Watch = ignore>
requires std::invocable<Reconstruct&, typename Op::range_view const&, typename Op::domain_view const&>
    bootstrap_report bootstrap(Op const& op, typename Op::range_view const& data,
                               typename Op::domain_view const& mean,
                               typename Op::domain_view const& deviation, Reconstruct&& reconstruct,
                               bootstrap_options<typename Op::range_view> const& options = {},
                               Watch&& watch = {}) {
  using T = typename Op::domain_view::value_type;
  using Space = typename Op::execution_space;
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  require_kokkos("bootstrap");
  expect_operand(data, op.range_layout(), "bootstrap", "data");
  expect_operand(mean, op.domain_layout(), "bootstrap", "mean");
  expect_operand(deviation, op.domain_layout(), "bootstrap", "standard deviation");
  auto const around = options.around.data() != nullptr ? options.around : data;
  expect_operand(around, op.range_layout(), "bootstrap", "expected data");
  expects<value_error>(options.replicas >= 2 && options.replicas <= 10'000'000,
                       "bootstrap: {} replicas; ask for 2 to 10000000", options.replicas);
  auto const space = op.space();
  grid const stack = detail::range_grid_of(op, data.size());
  expects<shape_error>(stack.size() == data.size(), "bootstrap: the grid holds {} values, the data {}",
                       stack.size(), data.size());
  std::vector<resampling> channels = options.channels;
  if (channels.empty()) channels.push_back({});
  if (channels.size() == 1) channels.resize(stack.channels, channels.front());
  expects<shape_error>(channels.size() == stack.channels,
                       "bootstrap: {} kinds of noise for {} channels; give one for each, or one for all",
                       channels.size(), stack.channels);
  detail::check_channels(space, stack, around.data(), channels);

  Kokkos::View<resampling*, typename Space::memory_space> const kinds("tomoedx::bootstrap::channels",
                                                                      stack.channels);
  Kokkos::deep_copy(
      kinds, Kokkos::View<resampling const*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
                 channels.data(), channels.size()));
  Kokkos::View<double*, typename Space::memory_space> const running(
      Kokkos::view_alloc(space, "tomoedx::bootstrap::mean"), mean.size()),
      squares(Kokkos::view_alloc(space, "tomoedx::bootstrap::squares"), mean.size());
  auto const drawn = make_range(op);

  bootstrap_report report;
  while (report.replicas < options.replicas && report.ended != ending::observer) {
    std::uint64_t const seed = random_stream(options.seed, report.replicas).bits();
    Kokkos::parallel_for(
        "tomoedx::bootstrap::draw",
        policy(space, 0, stack.channels * stack.blocks() * stack.lines * stack.columns * stack.lanes),
        detail::redraw<T>{stack, around.data(), drawn.data(), kinds.data(), seed, options.first_row});
    clear_padding(op, drawn);
    Kokkos::deep_copy(space, mean, T(0));
    reconstruct(drawn, mean);
    ++report.replicas;
    Kokkos::parallel_for("tomoedx::bootstrap::take_in", policy(space, 0, mean.size()),
                         detail::take_in<T>{mean.data(), running.data(), squares.data(),
                                            static_cast<double>(report.replicas)});
    space.fence("tomoedx::bootstrap: a replica is done");
    if (watch(progress{report.replicas, options.replicas}) == decision::stop) report.ended = ending::observer;
  }
  double const freedom = static_cast<double>(report.replicas) - 1;
  Kokkos::parallel_for("tomoedx::bootstrap::write", policy(space, 0, mean.size()),
                       detail::write_moments<T>{running.data(), squares.data(), mean.data(), deviation.data(),
                                                freedom > 0 ? 1 / freedom : 0.0});
  space.fence("tomoedx::bootstrap: done");
  return report;
}

}  // namespace tomoedx

#endif
