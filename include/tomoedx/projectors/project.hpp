// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_PROJECT_HPP
#define TOMOEDX_PROJECTORS_PROJECT_HPP

#include <tomoedx/projectors/tilt_projector.hpp>

namespace tomoedx {

namespace detail {

/// The geometry with the sizes it leaves at 0 taken from plain arrays (z, y, x) and (tilt, y, x).
template <class Volume, class Stack>
parallel_beam fit_geometry(parallel_beam beam, Volume const& volume, Stack const& stack, char const* who) {
  if (beam.width == 0) beam.width = volume.extent(2);
  if (beam.depth == 0) beam.depth = volume.extent(0);
  if (beam.detector == 0) beam.detector = stack.extent(2);
  expects<shape_error>(stack.extent(0) == beam.tilts(), "{}: the stack has {} tilts, the geometry {}", who,
                       stack.extent(0), beam.tilts());
  expects<shape_error>(stack.extent(2) == beam.detector, "{}: the stack is {} wide, the detector {}", who,
                       stack.extent(2), beam.detector);
  expects<shape_error>(volume.extent(0) == beam.depth && volume.extent(2) == beam.width,
                       "{}: the volume is {} deep and {} wide, the geometry {} and {}", who, volume.extent(0),
                       volume.extent(2), beam.depth, beam.width);
  expects<shape_error>(stack.extent(1) == volume.extent(1), "{}: the stack has {} rows (y), the volume {}",
                       who, stack.extent(1), volume.extent(1));
  validate(beam, who);
  return beam;
}

}  // namespace detail

/// Project a volume along the beam, once per tilt. For repeated use keep a tilt_projector.
///
///     project<strip>(space, {.tilts_deg = tilts}, volume, stack);
///
/// shapes   volume (z, y, x), stack (tilt, y, x); y is the tilt axis and is shared. Width, depth and detector
///          of `beam` may stay 0: they are then taken from the arrays
/// units    tilts in degrees, stack in [volume] x pixels
/// requires both views reachable from `space`, of float or double
/// throws   tomoedx::shape_error or value_error before anything is launched
/// returns  when `stack` is complete
template <footprint Footprint = strip, execution_space Space, view_on<Space, 3> Volume,
          view_on<Space, 3> Stack>
void project(Space const& space, parallel_beam const& beam, Volume const& volume, Stack const& stack) {
  using T = typename Stack::non_const_value_type;
  tilt_projector<Space, T, Footprint> const op(space, detail::fit_geometry(beam, volume, stack, "project"),
                                               volume.extent(1));
  auto const x = make_domain(op);
  auto const y = make_range(op);
  pack(space, volume, x);
  op.forward(x, y);
  unpack(space, y, stack);
  space.fence("tomoedx::project");
}

/// Back-project a stack: the transpose of project, without filter or weights.
///
/// shapes   stack (tilt, y, x), volume (z, y, x), as for project
/// throws   tomoedx::shape_error or value_error before anything is launched
/// returns  when `volume` is complete
template <footprint Footprint = strip, execution_space Space, view_on<Space, 3> Stack,
          view_on<Space, 3> Volume>
void backproject(Space const& space, parallel_beam const& beam, Stack const& stack, Volume const& volume) {
  using T = typename Volume::non_const_value_type;
  tilt_projector<Space, T, Footprint> const op(
      space, detail::fit_geometry(beam, volume, stack, "backproject"), volume.extent(1));
  auto const x = make_domain(op);
  auto const y = make_range(op);
  pack(space, stack, y);
  op.adjoint(y, x);
  unpack(space, x, volume);
  space.fence("tomoedx::backproject");
}

}  // namespace tomoedx

#endif
