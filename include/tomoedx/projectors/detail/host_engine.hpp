// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_HOST_ENGINE_HPP
#define TOMOEDX_PROJECTORS_DETAIL_HOST_ENGINE_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/projectors/detail/host_kernels.hpp>

#include <string_view>

/// How the tiles of a slice are shared out over the threads of a host execution space.
///
/// Forward: a work item is a chunk of tilts and a group of slice blocks, so no two threads write one ray
/// and every ray gathers its tiles in the same order whatever the number of threads. Adjoint: a work item
/// is a tile.
namespace tomoedx::detail {

/// A job for the host engine: what, over which arrays, with whose scratch.
template <class Footprint, class T, int Lanes>
struct host_job {
  using scratch = host_scratch<T, Footprint::taps, tile_edge * Footprint::ray_taps, Lanes>;

  slice_shape shape;
  tilt_shape<Footprint, T> const* tilts;
  int blocks;
  int workers;
  unsigned char* memory;  ///< scratch of all workers, one after the other
  T const* from;
  T* to;
  row_update<T> update = {};  ///< adjoint: what is done with the sums, instead of writing them to `to`

  scratch& scratch_of(int worker) const {
    return *reinterpret_cast<scratch*>(memory + worker * scratch_stride<scratch>);
  }
  /// The row of a voxel in the flat volume.
  std::size_t row_of(int block, int z, int x) const {
    return (static_cast<std::size_t>(block) * shape.depth + z) * shape.width + x;
  }
  std::size_t volume_block() const { return static_cast<std::size_t>(shape.width) * shape.depth * Lanes; }
  std::size_t stack_block() const { return static_cast<std::size_t>(shape.detector) * shape.tilts * Lanes; }
};

/// Into how many chunks of tilts and groups of blocks a forward projection is cut.
struct forward_cut {
  int chunks, groups;
};
inline forward_cut cut_forward(int tilts, int blocks, int workers) {
  int chunks = (tilts + tilt_chunk - 1) / tilt_chunk;
  if (chunks % workers != 0) {
    int const even = (chunks + workers - 1) / workers * workers;
    chunks = even * 4 <= tilts ? even : std::max(chunks, std::min(tilts / 4, workers));
  }
  int const groups = std::clamp((workers + chunks - 1) / chunks, 1, blocks);
  if (chunks * groups < workers) chunks = std::clamp((workers + groups - 1) / groups, chunks, tilts);
  return {chunks, groups};
}

template <int Bytes, class Footprint, class T, int Lanes>
[[gnu::always_inline]] inline void forward_items(host_job<Footprint, T, Lanes> const& job, int worker) {
  auto& s = job.scratch_of(worker);
  auto const cut = cut_forward(job.shape.tilts, job.blocks, job.workers);
  for (int item = worker; item < cut.chunks * cut.groups; item += job.workers) {
    int const chunk = item % cut.chunks, group = item / cut.chunks;
    int const first = job.shape.tilts * chunk / cut.chunks, end = job.shape.tilts * (chunk + 1) / cut.chunks;
    int const first_block = job.blocks * group / cut.groups,
              end_block = job.blocks * (group + 1) / cut.groups;
    for (int b = first_block; b < end_block; ++b)
      std::memset(
          job.to + b * job.stack_block() + static_cast<std::size_t>(first) * job.shape.detector * Lanes, 0,
          sizeof(T) * (end - first) * job.shape.detector * Lanes);
    for (int i = 0; i < tile_count(job.shape); ++i) {
      auto const tile = place_tile(job.shape, i);
      for (int t = first; t < end; ++t) {
        make_weights<Bytes>(job.tilts[t], job.shape, tile, s.weights[t - first]);
        if constexpr (gathers_rays<T, Lanes>) sort_by_ray(s, t - first, tile);
      }
      for (int b = first_block; b < end_block; ++b)
        if constexpr (gathers_rays<T, Lanes>)
          project_tile<Bytes>(s, job.shape, tile, first, end - first, job.from + b * job.volume_block(),
                              job.to + b * job.stack_block());
        else
          scatter_tile<Bytes>(s, job.shape, tile, first, end - first, job.from + b * job.volume_block(),
                              job.to + b * job.stack_block());
    }
  }
}

/// Gather a tile of one block at the tilts whose weights are held, chunk by chunk.
template <int Bytes, class Footprint, class T, int Lanes>
[[gnu::always_inline]] inline void gather_held(host_job<Footprint, T, Lanes> const& job,
                                               typename host_job<Footprint, T, Lanes>::scratch& s,
                                               tile_place const& tile, int block, int first, int end, T* out,
                                               std::size_t out_row) {
  int const chunks = (end - first + tilt_chunk - 1) / tilt_chunk;
  std::size_t const line = static_cast<std::size_t>(job.shape.width) * Lanes;
  T const* const ahead =
      job.update && first == 0 ? job.update.target(job.row_of(block, tile.z0, tile.x0)) : nullptr;
  for (int c = 0; c < chunks; ++c) {
    int const from = first + (end - first) * c / chunks, to = first + (end - first) * (c + 1) / chunks;
    backproject_tile<Bytes>(s, job.shape, tile, from, to - from, s.weights + from - first, from > 0,
                            job.from + block * job.stack_block(), out, out_row, c == 0 ? ahead : nullptr,
                            line);
  }
}

/// With an update the sums stay in scratch: nothing but what the update touches goes through memory. A block then has all
/// its tilts before the next one.
template <int Bytes, class Footprint, class T, int Lanes>
[[gnu::always_inline]] inline void adjoint_items(host_job<Footprint, T, Lanes> const& job, int worker) {
  auto& s = job.scratch_of(worker);
  bool const keep = !job.update;
  std::size_t const row = keep ? static_cast<std::size_t>(job.shape.width) * Lanes : tile_edge * Lanes;
  int const tilts = job.shape.tilts;
  int const together = keep || tilts <= held_tilts ? job.blocks : 1;  // blocks that share weights
  for (int i = worker; i < tile_count(job.shape); i += job.workers) {
    auto const tile = place_tile(job.shape, i);
    std::size_t const place = tile.z0 * row + static_cast<std::size_t>(tile.x0) * Lanes;
    for (int b0 = 0; b0 < job.blocks; b0 += together)
      for (int first = 0; first < tilts; first += held_tilts) {
        int const end = std::min(first + held_tilts, tilts);
        for (int t = first; t < end; ++t)
          make_weights<Bytes>(job.tilts[t], job.shape, tile, s.weights[t - first]);
        for (int b = b0; b < b0 + together; ++b) {
          gather_held<Bytes>(job, s, tile, b, first, end,
                             keep ? job.to + b * job.volume_block() + place : s.field, row);
          if (!keep && end == tilts)
            update_tile(s, tile, job.row_of(b, tile.z0, tile.x0), job.shape.width, job.update);
        }
      }
  }
}

/// Whether a launch on this host space returns when the work is done, so that it may point to the caller's objects.
template <class Space>
bool returns_when_done() {
  std::string_view const name = Space::name();
  return name == "Serial" || name == "OpenMP";
}

/// Which way a job goes.
enum class way { forward, adjoint };

/// One worker's share of a job: worker w takes items w, w + workers, ...
template <way Way, class Job>
struct host_share {
  Job const& job;
  int worker;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    if constexpr (Way == way::forward)
      forward_items<Bytes>(job, worker);
    else
      adjoint_items<Bytes>(job, worker);
  }
};

template <way Way, class Space, class Job>
void run_on_host(Space const& space, isa level, Job const& job) {
  Kokkos::parallel_for(Way == way::forward ? "tomoedx::projector::forward" : "tomoedx::projector::adjoint",
                       Kokkos::RangePolicy<Space, Kokkos::IndexType<int>>(space, 0, job.workers),
                       [=](int worker) {
                         simd::run_at(level, host_share<Way, Job>{job, worker});
                       });
}

}  // namespace tomoedx::detail

#endif
