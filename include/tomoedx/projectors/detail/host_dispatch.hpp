// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_HOST_DISPATCH_HPP
#define TOMOEDX_PROJECTORS_DETAIL_HOST_DISPATCH_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/projectors/detail/host_engine.hpp>

#include <cstddef>
#include <cstdint>

/// From the run-time number of lanes of an array to the kernel that was compiled for it.
namespace tomoedx::detail {

/// The block widths that kernels exist for: 16, 64 and 256 bytes (projectors/slices.hpp chooses).
template <class T>
inline constexpr int narrow_lanes = 16 / sizeof(T);
template <class T>
inline constexpr int middle_lanes = 64 / sizeof(T);
template <class T>
inline constexpr int wide_lanes = 256 / sizeof(T);

/// Scratch of a fixed number of workers.
struct host_workers {
  Kokkos::View<unsigned char*, Kokkos::HostSpace> memory;
  int number = 0;
};

/// Scratch for as many workers as `space` has threads now, for blocks of up to `lanes` lanes.
template <class Footprint, class T, class Space>
host_workers hire_workers(Space const& space, std::size_t lanes) {
  std::size_t const bytes =
      lanes <= narrow_lanes<T>   ? scratch_stride<typename host_job<Footprint, T, narrow_lanes<T>>::scratch>
      : lanes <= middle_lanes<T> ? scratch_stride<typename host_job<Footprint, T, middle_lanes<T>>::scratch>
                                 : scratch_stride<typename host_job<Footprint, T, wide_lanes<T>>::scratch>;
  int const number = static_cast<int>(space.concurrency());
  return {Kokkos::View<unsigned char*, Kokkos::HostSpace>(
              Kokkos::view_alloc(Kokkos::WithoutInitializing, "tomoedx::tilt_projector::scratch"),
              bytes * static_cast<std::size_t>(number) + 64),
          number};
}

template <way Way, int Lanes, class Footprint, class T, class Space, class Tilts, class View>
void run_tiled(Space const& space, isa level, slice_shape const& shape, Tilts const& tilts,
               host_workers const& workers, View const& from, View const& to,
               row_update<typename View::non_const_value_type> const& update) {
  using job = host_job<Footprint, T, Lanes>;
  auto const address = reinterpret_cast<std::uintptr_t>(workers.memory.data());
  auto* const aligned = reinterpret_cast<unsigned char*>((address + 63) / 64 * 64);
  run_on_host<Way>(space, level,
                   job{shape, tilts.data(), static_cast<int>(from.extent(0)), workers.number, aligned,
                       from.data(), to.data(), update});
}

/// Run the kernel for the lanes of `from`, and of `to` unless an update takes the sums.
template <way Way, class Footprint, class Space, class Tilts, class View>
void dispatch_tiled(Space const& space, isa level, slice_shape const& shape, Tilts const& tilts,
                    host_workers const& workers, View const& from, View const& to,
                    row_update<typename View::non_const_value_type> const& update) {
  using T = typename View::non_const_value_type;
  switch (from.extent(3)) {
    case narrow_lanes<T>:
      return run_tiled<Way, narrow_lanes<T>, Footprint, T>(space, level, shape, tilts, workers, from, to,
                                                           update);
    case middle_lanes<T>:
      return run_tiled<Way, middle_lanes<T>, Footprint, T>(space, level, shape, tilts, workers, from, to,
                                                           update);
    case wide_lanes<T>:
      return run_tiled<Way, wide_lanes<T>, Footprint, T>(space, level, shape, tilts, workers, from, to,
                                                         update);
    default:
      fail<shape_error>("tilt_projector: no kernel for blocks of {} lanes", from.extent(3));
  }
}

}  // namespace tomoedx::detail

#endif
