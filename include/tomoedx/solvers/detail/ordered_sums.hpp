// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_ORDERED_SUMS_HPP
#define TOMOEDX_SOLVERS_DETAIL_ORDERED_SUMS_HPP
// IWYU pragma: private, include "tomoedx/solvers/sirt.hpp" or another solver

#include <tomoedx/solvers/detail/flat.hpp>

#include <algorithm>

/// Sums over flat operands that come out the same whatever the number of threads: parts of a fixed length are
/// each summed in strands, and the strands then in order. One launch does the work of all channels.
namespace tomoedx::detail {

inline constexpr std::size_t sum_strands = 16;  ///< so many sums run beside each other: one vector loop

/// How channels of `values` values, in rows of `lanes`, are cut into parts.
struct sum_parts {
  std::size_t channels, values, lanes, length, parts;

  sum_parts(std::size_t channel_count, std::size_t per_channel, std::size_t row)
      : channels(channel_count),
        values(per_channel),
        lanes(row),
        length(std::max(lanes, whole_parts / lanes * lanes)),
        parts((per_channel + length - 1) / length) {}
  std::size_t scratch() const { return channels * parts * sum_strands; }
};

/// The strands of a part; on the host of n, elsewhere one strand of n / sum_strands.
template <class F, bool OnHost>
struct sum_of_part {
  F f;
  sum_parts cut;
  double* partial;

  KOKKOS_FUNCTION void operator()(std::size_t n) const {
    std::size_t const part = OnHost ? n : n / sum_strands, channel = part / cut.parts;
    std::size_t const first = channel * cut.values + part % cut.parts * cut.length;
    std::size_t const end = Kokkos::min(first + cut.length, (channel + 1) * cut.values);
    if constexpr (OnHost) {
      double sum[sum_strands] = {};
      for (std::size_t i = first; i < end; i += cut.lanes) {
        auto const shared = f.row(i / cut.lanes);
        std::size_t const row_end = Kokkos::min(i + cut.lanes, end);
        std::size_t j = i;
        for (; j + sum_strands <= row_end; j += sum_strands)
          for (std::size_t k = 0; k < sum_strands; ++k) sum[k] += f(j + k, shared);
        for (std::size_t k = 0; j + k < row_end; ++k) sum[k] += f(j + k, shared);
      }
      for (std::size_t k = 0; k < sum_strands; ++k) partial[n * sum_strands + k] = sum[k];
    } else {
      double sum = 0;
      for (std::size_t i = first + n % sum_strands; i < end; i += sum_strands)
        sum += f(i, f.row(i / cut.lanes));
      partial[n] = sum;
    }
  }
};

/// The sum of a channel's strands, handed to `finish(channel, sum)`.
template <class Space, class Finish>
struct sum_of_channel {
  Finish finish;
  double const* partial;
  std::size_t count;

  KOKKOS_FUNCTION void operator()(std::size_t channel) const {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += partial[channel * count + i];
    finish(channel, sum);
  }
  KOKKOS_FUNCTION void operator()(typename Kokkos::TeamPolicy<Space>::member_type const& team) const {
    std::size_t const channel = static_cast<std::size_t>(team.league_rank());
    double const* const from = partial + channel * count;
    double sum = 0;
    Kokkos::parallel_reduce(
        Kokkos::TeamThreadRange(team, count), [&](std::size_t i, double& s) { s += from[i]; }, sum);
    Kokkos::single(Kokkos::PerTeam(team), [&] { finish(channel, sum); });
  }
};

/// Memory for the strands of sums.
template <class Space>
using sum_scratch = Kokkos::View<double*, Kokkos::LayoutRight, typename Space::memory_space>;

template <class Space>
sum_scratch<Space> make_sum_scratch(Space const& space, std::size_t values) {
  return sum_scratch<Space>(Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::solvers::sums"),
                            values);
}

/// finish(c, sum) where the space computes, with the sum of f(i, f.row(i / lanes)) over channel c, for every channel.
///
/// requires lanes to divide the values of a channel, or f to share nothing; scratch of cut.scratch() values
template <class Space, class F, class Finish>
void sum_channels(Space const& space, char const* label, sum_parts const& cut,
                  sum_scratch<Space> const& scratch, F const& f, Finish const& finish) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  constexpr bool on_host = runs_on_host<Space>;
  Kokkos::parallel_for(label, policy(space, 0, cut.channels * cut.parts * (on_host ? 1 : sum_strands)),
                       sum_of_part<F, on_host>{f, cut, scratch.data()});
  sum_of_channel<Space, Finish> const total{finish, scratch.data(), cut.parts * sum_strands};
  if constexpr (on_host)
    Kokkos::parallel_for("tomoedx::solvers::sums", policy(space, 0, cut.channels), total);
  else
    Kokkos::parallel_for("tomoedx::solvers::sums",
                         Kokkos::TeamPolicy<Space>(space, static_cast<int>(cut.channels), 256), total);
}

/// Puts the sum of channel c at (row, c) of a history, or adds it there.
template <class History>
struct to_history {
  History norms;
  std::size_t row;
  bool add = false;

  KOKKOS_FUNCTION void operator()(std::size_t c, double sum) const {
    norms(row, c) = add ? norms(row, c) + sum : sum;
  }
};

}  // namespace tomoedx::detail

#endif
