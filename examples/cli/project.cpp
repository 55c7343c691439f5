// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "files.hpp"
#include "geometry.hpp"
#include "signals.hpp"

#include <tomoedx/geometry/validate.hpp>
#include <tomoedx/io/tilts.hpp>

#include <algorithm>

namespace tomoedx::cli {
namespace {

/// The geometry both directions share; sizes are still open.
parallel_beam beam_of(geometry_arguments const& g, io::info const* stack) {
  parallel_beam beam;
  beam.tilts_deg = read_tilts(g.tilts, stack);
  beam.axis_offset = g.axis_offset;
  if (g.shifts.empty()) return beam;
  auto const shifts = io::read_shifts(g.shifts);
  expects<shape_error>(shifts.size() == beam.tilts(),
                       "{}: holds {} shifts for {} tilts; give one line for each tilt", g.shifts,
                       shifts.size(), beam.tilts());
  for (auto const& s : shifts) {
    expects<value_error>(s.y == 0,
                         "{}: a shift along y is {}; shifts along the tilt axis are for reconstruct, leave "
                         "the second column out",
                         g.shifts, s.y);
    beam.shifts.push_back(s.x);
  }
  return beam;
}

/// Host copies and the facade's own, once each; the operator's slices are padded.
void check_memory_for(shape3 const& a, shape3 const& b) {
  check_memory(2.2 * sizeof(float) *
                   (static_cast<double>(a[0]) * static_cast<double>(a[1]) * static_cast<double>(a[2]) +
                    static_cast<double>(b[0]) * static_cast<double>(b[1]) * static_cast<double>(b[2])),
               "take smaller arrays, or fewer rows at a time");
}

}  // namespace

void run(project_command const& c) {
  auto const kind = projector_named(c.geometry.projector);
  check_threads(c.threads);
  auto const what = look_at_three(c.volume, "volume");
  auto beam = beam_of(c.geometry, nullptr);
  auto const from = shape_of(what);
  beam.width = from[2];
  beam.depth = from[0];
  beam.detector = c.detector.value_or(from[2]);
  validate(beam, "project");
  check_output_file(c.output, {c.volume, c.geometry.tilts, c.geometry.shifts});
  shape3 const to{beam.tilts(), from[1], beam.detector};
  check_memory_for(from, to);

  auto const volume = load(c.volume);
  check_values(volume.values, from, "volume (" + c.volume + ")", "z", allowed::finite);
  stop_if_asked();
  use_threads(c.threads);
  std::vector<float> stack(count_of(to));
  host::project(beam, kind, {volume.values.data(), from}, {stack.data(), to});
  stop_if_asked();
  save(c.output, to, stack, stack_axes(nanometres_along(what.axes, 2), nanometres_along(what.axes, 1)));
}

void run(backproject_command const& c) {
  auto const kind = projector_named(c.geometry.projector);
  check_threads(c.threads);
  auto const what = look_at_three(c.stack, "stack");
  auto beam = beam_of(c.geometry, &what);
  auto const from = shape_of(what);
  expects<shape_error>(from[0] == beam.tilts(),
                       "{}: has {} tilts ({}), {} angles are given; one angle for each tilt", c.stack,
                       from[0], text_of(from), beam.tilts());
  beam.detector = from[2];
  beam.width = c.width.value_or(from[2]);
  beam.depth = c.depth.value_or(beam.width);
  validate(beam, "backproject");
  check_output_file(c.output, {c.stack, c.geometry.tilts, c.geometry.shifts});
  shape3 const to{beam.depth, from[1], beam.width};
  check_memory_for(from, to);

  auto const stack = load(c.stack);
  check_values(stack.values, from, "stack (" + c.stack + ")", "tilt", allowed::finite);
  stop_if_asked();
  use_threads(c.threads);
  std::vector<float> volume(count_of(to));
  host::backproject(beam, kind, {stack.values.data(), from}, {volume.data(), to});
  stop_if_asked();
  save(c.output, to, volume, volume_axes(nanometres_along(what.axes, 2), nanometres_along(what.axes, 1)));
}

}  // namespace tomoedx::cli
