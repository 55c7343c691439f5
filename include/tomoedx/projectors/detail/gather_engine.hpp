// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_DETAIL_GATHER_ENGINE_HPP
#define TOMOEDX_PROJECTORS_DETAIL_GATHER_ENGINE_HPP
// IWYU pragma: private, include "tomoedx/projectors/tilt_projector.hpp"

#include <tomoedx/projectors/detail/tile.hpp>

#include <algorithm>

/// The engine for devices: each team gathers a few neighbouring rays (forward) or voxels (adjoint) of a slice
/// block. It makes their weights once in team scratch, then every lane of the block uses them. Both ways
/// evaluate the same footprint at the same distances as the host engine.
namespace tomoedx::detail {

// Kokkos::min takes references, and device code has no object behind these constants: pass +gather_group.
inline constexpr int gather_group = 8;   ///< rays or voxels of a team
inline constexpr int gather_steps = 32;  ///< rows walked, or tilts gathered, between two barriers

/// Team scratch: for each member of the group and each step, where its neighbours start and their weights.
template <class T, int Taps>
struct gather_scratch {
  struct item {
    std::int32_t first;
    T weight[Taps];
  };
  item items[gather_group * gather_steps];
};

/// A voxel or bin index of double precision, rounded up.
KOKKOS_INLINE_FUNCTION std::int32_t round_up(double v) {
  auto const whole = static_cast<std::int32_t>(v);
  return whole + (v > static_cast<double>(whole));
}

/// The voxels that ray `bin` meets in line `step` across the driving axis: their first index and weights.
template <class Footprint, class T>
KOKKOS_INLINE_FUNCTION void weigh_ray(tilt_shape<Footprint, T> const& tilt, slice_shape const& shape, int bin,
                                      int step, typename gather_scratch<T, Footprint::ray_taps>::item& out) {
  bool const along_z = Kokkos::abs(tilt.cos) >= Kokkos::abs(tilt.sin);
  int const extent = along_z ? shape.width : shape.depth;
  double const across = along_z ? tilt.cos : tilt.sin;
  double const half_x = 0.5 * (shape.width - 1), half_z = 0.5 * (shape.depth - 1);
  double const start = along_z ? tilt.bin_of(-half_x, step - half_z) : tilt.bin_of(step - half_x, -half_z);
  // |bin - (start + j across)| <= reach, from the end where the index is least
  double const least = (bin - start) / across - tilt.reach / Kokkos::abs(across);
  double const bounded = Kokkos::fmin(Kokkos::fmax(least, -8.0), extent + 8.0);
  out.first = round_up(bounded + 16.0 - 1e-9) - 16;
  for (int k = 0; k < Footprint::ray_taps; ++k) {
    int const j = out.first + k;
    out.weight[k] = j >= 0 && j < extent ? tilt.profile(static_cast<T>(bin - (start + j * across))) : T(0);
  }
}

/// The bins that voxel (x, z) reaches at a tilt: the first index and the weights, zero beyond the detector.
template <class Footprint, class T>
KOKKOS_INLINE_FUNCTION void weigh_voxel(tilt_shape<Footprint, T> const& tilt, slice_shape const& shape, int x,
                                        int z, typename gather_scratch<T, Footprint::taps>::item& out) {
  double const centre = tilt.bin_of(x - 0.5 * (shape.width - 1), z - 0.5 * (shape.depth - 1));
  double const bounded = Kokkos::fmin(Kokkos::fmax(centre - tilt.reach, -8.0), shape.detector + 8.0);
  out.first = round_up(bounded + 16.0) - 16;
  T w[Footprint::taps];
  tilt.profile.spread(static_cast<T>(out.first - centre), w);
  for (int k = 0; k < Footprint::taps; ++k)
    out.weight[k] = out.first + k >= 0 && out.first + k < shape.detector ? w[k] : T(0);
}

/// y = A x for blocks (block, z, x, lane) of any number of lanes.
template <class Space, class Tilts, class View>
void gather_forward(Space const& space, slice_shape const& shape, Tilts const& tilts, View const& x,
                    View const& y) {
  using shape_t = typename Tilts::non_const_value_type;
  using T = typename View::non_const_value_type;
  constexpr int taps = shape_t::ray_taps;
  using scratch = gather_scratch<T, taps>;
  int const lanes = static_cast<int>(x.extent(3)), blocks = static_cast<int>(x.extent(0));
  int const groups = (shape.detector + gather_group - 1) / gather_group;
  using policy = Kokkos::TeamPolicy<Space>;
  using member = typename policy::member_type;
  Kokkos::parallel_for(
      "tomoedx::projector::forward",
      policy(space, blocks * shape.tilts * groups, Kokkos::AUTO, std::min(lanes, policy::vector_length_max()))
          .set_scratch_size(0, Kokkos::PerTeam(sizeof(scratch) + 16)),
      KOKKOS_LAMBDA(member const& team) {
        int const group = team.league_rank() % groups, rest = team.league_rank() / groups;
        int const t = rest % shape.tilts, b = rest / shape.tilts;
        auto& s = *static_cast<scratch*>(team.team_scratch(0).get_shmem_aligned(sizeof(scratch), 16));
        auto const& tilt = tilts(t);
        bool const along_z = Kokkos::abs(tilt.cos) >= Kokkos::abs(tilt.sin);
        int const steps = along_z ? shape.depth : shape.width, extent = along_z ? shape.width : shape.depth;
        std::size_t const step_stride = static_cast<std::size_t>(along_z ? shape.width : 1) * lanes;
        std::size_t const tap_stride = static_cast<std::size_t>(along_z ? 1 : shape.width) * lanes;
        T const* const volume = &x(b, 0, 0, 0);
        int const rays = Kokkos::min(+gather_group, shape.detector - group * gather_group);
        for (int from = 0; from < steps; from += gather_steps) {
          int const here = Kokkos::min(+gather_steps, steps - from);
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamVectorRange(team, rays * here), [&](int i) {
            weigh_ray(tilt, shape, group * gather_group + i / here, from + i % here,
                      s.items[i / here * gather_steps + i % here]);
          });
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamThreadRange(team, rays), [&](int r) {
            Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, lanes), [&](int lane) {
              T sum = from == 0 ? T(0) : y(b, t, group * gather_group + r, lane);
              for (int i = 0; i < here; ++i) {
                auto const& item = s.items[r * gather_steps + i];
                T const* const line = volume + (from + i) * step_stride + lane;
                for (int k = 0; k < taps; ++k)
                  if (item.first + k >= 0 && item.first + k < extent)
                    sum += item.weight[k] * line[(item.first + k) * tap_stride];
              }
              y(b, t, group * gather_group + r, lane) = sum;
            });
          });
        }
      });
}

/// x = A' y for blocks (block, tilt, bin, lane) of any number of lanes.
template <class Space, class Tilts, class View>
void gather_adjoint(Space const& space, slice_shape const& shape, Tilts const& tilts, View const& y,
                    View const& x) {
  using shape_t = typename Tilts::non_const_value_type;
  using T = typename View::non_const_value_type;
  constexpr int taps = shape_t::taps;
  using scratch = gather_scratch<T, taps>;
  int const lanes = static_cast<int>(y.extent(3)), blocks = static_cast<int>(y.extent(0));
  int const groups = (shape.width + gather_group - 1) / gather_group;
  using policy = Kokkos::TeamPolicy<Space>;
  using member = typename policy::member_type;
  Kokkos::parallel_for(
      "tomoedx::projector::adjoint",
      policy(space, blocks * shape.depth * groups, Kokkos::AUTO, std::min(lanes, policy::vector_length_max()))
          .set_scratch_size(0, Kokkos::PerTeam(sizeof(scratch) + 16)),
      KOKKOS_LAMBDA(member const& team) {
        int const group = team.league_rank() % groups, rest = team.league_rank() / groups;
        int const z = rest % shape.depth, b = rest / shape.depth;
        auto& s = *static_cast<scratch*>(team.team_scratch(0).get_shmem_aligned(sizeof(scratch), 16));
        int const voxels = Kokkos::min(+gather_group, shape.width - group * gather_group);
        for (int from = 0; from < shape.tilts; from += gather_steps) {
          int const here = Kokkos::min(+gather_steps, shape.tilts - from);
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamVectorRange(team, voxels * here), [&](int i) {
            weigh_voxel(tilts(from + i % here), shape, group * gather_group + i / here, z,
                        s.items[i / here * gather_steps + i % here]);
          });
          team.team_barrier();
          Kokkos::parallel_for(Kokkos::TeamThreadRange(team, voxels), [&](int v) {
            Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, lanes), [&](int lane) {
              T sum = from == 0 ? T(0) : x(b, z, group * gather_group + v, lane);
              for (int i = 0; i < here; ++i) {
                auto const& item = s.items[v * gather_steps + i];
                for (int k = 0; k < taps; ++k)
                  if (item.first + k >= 0 && item.first + k < shape.detector)
                    sum += item.weight[k] * y(b, from + i, item.first + k, lane);
              }
              x(b, z, group * gather_group + v, lane) = sum;
            });
          });
        }
      });
}

}  // namespace tomoedx::detail

#endif
