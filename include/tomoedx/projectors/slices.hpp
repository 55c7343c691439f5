// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_SLICES_HPP
#define TOMOEDX_PROJECTORS_SLICES_HPP

#include <tomoedx/core/array.hpp>

#include <algorithm>

/// Slices in blocks, and the way there and back.
///
/// Plain arrays are (z, y, x) and (tilt, y, x). Slices y share every weight, so operators store them side by
/// side, `lanes` at a time: (block, z, x, lane) and (block, tilt, bin, lane) with y = block * lanes + lane.
/// Lanes beyond the last slice hold zeros.
namespace tomoedx {

namespace detail {

template <class Space, class Plain, class Sliced>
void pack_lanes(Space const& space, Plain const& plain, Sliced const& sliced) {
  using T = typename Sliced::non_const_value_type;
  int const lines = static_cast<int>(sliced.extent(1)), columns = static_cast<int>(sliced.extent(2));
  int const lanes = static_cast<int>(sliced.extent(3)), slices = static_cast<int>(plain.extent(1));
  constexpr int run = 16;
  int const runs = (columns + run - 1) / run;
  Kokkos::parallel_for(
      "tomoedx::slices::pack",
      Kokkos::MDRangePolicy<Space, Kokkos::Rank<3>>(space, {0, 0, 0},
                                                    {static_cast<int>(sliced.extent(0)), lines, runs}),
      KOKKOS_LAMBDA(int b, int a, int r) {
        int const end = Kokkos::min(columns, (r + 1) * run);
        for (int lane = 0; lane < lanes; ++lane) {
          int const y = b * lanes + lane;
          for (int c = r * run; c < end; ++c)
            sliced(b, a, c, lane) = y < slices ? static_cast<T>(plain(a, y, c)) : T(0);
        }
      });
}

template <class Space, class Sliced, class Plain>
void unpack_lanes(Space const& space, Sliced const& sliced, Plain const& plain) {
  using T = typename Plain::non_const_value_type;
  int const lines = static_cast<int>(sliced.extent(1)), columns = static_cast<int>(sliced.extent(2));
  int const lanes = static_cast<int>(sliced.extent(3)), slices = static_cast<int>(plain.extent(1));
  constexpr int run = 16;
  int const runs = (columns + run - 1) / run;
  Kokkos::parallel_for(
      "tomoedx::slices::unpack",
      Kokkos::MDRangePolicy<Space, Kokkos::Rank<3>>(space, {0, 0, 0},
                                                    {static_cast<int>(sliced.extent(0)), lines, runs}),
      KOKKOS_LAMBDA(int b, int a, int r) {
        int const end = Kokkos::min(columns, (r + 1) * run);
        for (int lane = 0; lane < lanes && b * lanes + lane < slices; ++lane)
          for (int c = r * run; c < end; ++c)
            plain(a, b * lanes + lane, c) = static_cast<T>(sliced(b, a, c, lane));
      });
}

/// Zero the lanes beyond the last slice of each series of `blocks` blocks.
template <class Space, class Sliced>
void clear_lanes(Space const& space, Sliced const& sliced, std::size_t slices, std::size_t blocks) {
  using T = typename Sliced::non_const_value_type;
  std::size_t const lanes = sliced.extent(3);
  if (blocks * lanes == slices) return;
  Kokkos::parallel_for(
      "tomoedx::slices::clear",
      Kokkos::MDRangePolicy<Space, Kokkos::Rank<3>>(
          space, {0, 0, 0},
          {static_cast<int>(sliced.extent(0) / blocks), static_cast<int>(sliced.extent(1)),
           static_cast<int>(sliced.extent(2))}),
      KOKKOS_LAMBDA(int series, int a, int c) {
        // only the last block of a series is not full
        std::size_t const b = (static_cast<std::size_t>(series) + 1) * blocks - 1;
        for (std::size_t lane = slices - (blocks - 1) * lanes; lane < lanes; ++lane)
          sliced(b, a, c, lane) = T(0);
      });
}

template <class Plain, class Sliced>
void expect_same_slices(Plain const& plain, Sliced const& sliced, char const* who) {
  std::size_t const lanes = sliced.extent(3), blocks = sliced.extent(0);
  expects<shape_error>(plain.extent(0) == sliced.extent(1) && plain.extent(2) == sliced.extent(2),
                       "{}: the plain array has {} lines of {}, the sliced one {} of {}", who,
                       plain.extent(0), plain.extent(2), sliced.extent(1), sliced.extent(2));
  expects<shape_error>(plain.extent(1) <= lanes * blocks && plain.extent(1) + lanes > lanes * blocks,
                       "{}: {} slices do not fill {} blocks of {}", who, plain.extent(1), blocks, lanes);
}

}  // namespace detail

/// Copy a plain array (z | tilt, y, x) into slices side by side.
///
/// throws   tomoedx::shape_error before anything is launched
/// returns  at once: fence `space` before changing `plain`
template <execution_space Space, view_on<Space, 3> Plain, view_on<Space, 4> Sliced>
void pack(Space const& space, Plain const& plain, Sliced const& sliced) {
  detail::expect_same_slices(plain, sliced, "pack");
  detail::pack_lanes(space, plain, sliced);
}

/// Copy slices side by side back into a plain array (z | tilt, y, x).
///
/// throws   tomoedx::shape_error before anything is launched
/// returns  at once: fence `space` before reading `plain`
template <execution_space Space, view_on<Space, 4> Sliced, view_on<Space, 3> Plain>
void unpack(Space const& space, Sliced const& sliced, Plain const& plain) {
  detail::expect_same_slices(plain, sliced, "unpack");
  detail::unpack_lanes(space, sliced, plain);
}

/// How many slices lie side by side, and in how many blocks.
struct slicing {
  std::size_t lanes = 1, blocks = 1;
};

/// The slicing for `slices` slices of `bytes` per value: blocks of 256, 64 or 16 bytes, whichever costs least
/// with its padding. Weights are made once for all blocks, so wide blocks are cheaper per slice.
inline slicing slicing_for(std::size_t slices, std::size_t bytes) {
  slicing best;
  double least = 0;
  struct candidate {
    std::size_t width;
    double per_lane;  // time per slice against the widest, measured with bench/projectors
  };
  for (auto const [width, per_lane] : {candidate{256, 1.0}, candidate{64, 1.35}, candidate{16, 3.0}}) {
    std::size_t const lanes = width / bytes, blocks = (slices + lanes - 1) / lanes;
    double const cost = static_cast<double>(lanes * blocks) * per_lane;
    if (least == 0 || cost < least) best = {lanes, blocks}, least = cost;
  }
  return best;
}

}  // namespace tomoedx

#endif
