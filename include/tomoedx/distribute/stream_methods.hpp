// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_STREAM_METHODS_HPP
#define TOMOEDX_DISTRIBUTE_STREAM_METHODS_HPP

#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/distribute/slab_solver.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/fbp.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

// The library's methods for slices, streamed. Series and volumes as the methods have them, one source for each series
// and one sink for each volume; the same bits as the whole problem at once.
//
//     std::vector<io::part_reader> in;  in.emplace_back("iron.mrc");
//     std::vector<io::part_writer> out; out.emplace_back("volume.h5", io::shape3{2048, in[0].shape()[1], 2048});
//     stream_sirt(space, {.tilts_deg = tilts}, in, out, {.iterations = 50}, {.memory_bytes = 4ull << 30});

namespace tomoedx {

/// Options of the streamed methods: those of sirt, em and hebt.
template <execution_space Space>
using stream_sirt_options = sirt_options<array_on<float, 2, Space>>;
template <execution_space Space>
using stream_em_options = em_options<array_on<float, 2, Space>, array_on<float, 2, Space>>;
template <execution_space Space>
using stream_hebt_options = hebt_options<array_on<float, 2, Space>>;

namespace detail {

/// Refuse what needs all slices at once.
template <class Options>
void expect_streamable(Options const& o, char const* who) {
  expects<value_error>(
      o.stop.residual_below == 0 && o.stop.relative_change == 0,
      "{}: residual_below {} and relative_change {} look at all slices at once; give the number of "
      "iterations instead",
      who, o.stop.residual_below, o.stop.relative_change);
  expects<value_error>(o.mask.data() == nullptr && !o.warm_start,
                       "{}: a mask or a volume to start from would have to be streamed too; leave them away",
                       who);
}

/// The watch inside a slab, counting iterations through all slabs. Remembers that it was told to stop.
template <class Watch>
struct slab_watch {
  static_assert(!drives<Watch>,
                "a stream solves each slab anew: its iterations can neither be stored nor shared");
  Watch& watch;
  slab const& s;

  decision operator()(progress const& p) const {
    return watch(
        progress{s.index * p.iterations + p.iteration, s.slabs * p.iterations, p.residual, p.by_channel});
  }
};

/// Volumes that an update from the adjoint needs beside its own: none where it is made tile by tile.
template <class Space>
double stored_gradients() {
  if constexpr (runs_on_host<Space>) return returns_when_done<Space>() ? 0 : 1;
  return 1;
}

/// Pass a report on unless the watch ended the work.
inline solve_report unless_stopped(solve_report report, slab const& s, char const* who) {
  if (report.ended == ending::observer)
    fail<cancelled>("{}: stopped in slab {} of {}; nothing was written", who, s.index + 1, s.slabs);
  return report;
}

}  // namespace detail

/// sirt() for each series, slab by slab. The watch hears of every iteration of every slab.
template <footprint Footprint = strip, execution_space Space, class Sources, class Sinks,
          observer Watch = ignore>
streamed_solve stream_sirt(Space const& space, parallel_beam const& beam, Sources& sources, Sinks& sinks,
                           stream_sirt_options<Space> const& options, stream_options const& how = {},
                           Watch&& watch = {}) {
  detail::expect_streamable(options, "stream_sirt");
  auto const solve = [&](auto const& op, auto const& data, auto const& x, slab const& s) {
    mixed_operator const all(op, separate_channels(data.extent(0)));
    return detail::unless_stopped(sirt(all, data, x, options, detail::slab_watch<Watch>{watch, s}), s,
                                  "stream_sirt");
  };
  return stream_slices<Footprint>(space, beam, sources, sinks, solve, {detail::stored_gradients<Space>(), 1},
                                  how);
}

/// The constant that em() starts all slices from, which is what couples them: counts of all data over the counts that a
/// volume of ones would give. Reads every source once.
///
/// throws   tomoedx::shape_error for no series, or series that do not fit the geometry; value_error for counts that are
///          negative or not finite: which source, tilt, row and column
template <footprint Footprint = strip, execution_space Space, class Sources>
double em_start(Space const& space, parallel_beam const& beam, Sources& sources) {
  expects<shape_error>(std::size(sources) > 0, "em_start: there are no series");
  io::shape3 const stack = detail::common_shape(sources);
  expects<shape_error>(
      stack[0] == beam.tilts() && stack[2] == beam.detector,
      "em_start: the series have {} tilts, {} wide; the geometry has {} and a detector of {}", stack[0],
      stack[2], beam.tilts(), beam.detector);
  double counts = 0, rays = 0;
  tilt_projector<Space, float, Footprint> const one(space, beam, 1);
  auto const sums = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), one.row_sums().values);
  for (std::size_t i = 0; i < sums.extent(0); ++i) rays += static_cast<double>(sums(i));
  for (auto& source : sources)
    detail::each_piece(source, [&](std::vector<float> const& values, io::part const& p) {
      detail::check_not_negative(values.data(), p, source.shape()[2], source.name());
      for (std::size_t i = 0; i < io::count_of(p, source.shape()); ++i)
        counts += static_cast<double>(values[i]);
    });
  rays *= static_cast<double>(std::size(sources) * stack[1]);
  return rays > 0 && counts > 0 ? counts / rays : 1;
}

/// em() for each series, slab by slab, from the constant `start`; 0 asks em_start(). Another start than em_start's
/// gives other volumes as long as EM has not converged, so keep to one for parts that shall fit each other.
template <footprint Footprint = strip, execution_space Space, class Sources, class Sinks,
          observer Watch = ignore>
streamed_solve stream_em(Space const& space, parallel_beam const& beam, Sources& sources, Sinks& sinks,
                         stream_em_options<Space> options, stream_options const& how = {}, Watch&& watch = {},
                         double start = 0) {
  detail::expect_streamable(options, "stream_em");
  expects<value_error>(
      options.background_map.data() == nullptr,
      "stream_em: a background map would have to be streamed too; give a constant background");
  expects<value_error>(start >= 0 && std::isfinite(start), "stream_em: the start is {}; it is positive",
                       start);
  if (start == 0)
    start = em_start<Footprint>(
        space, detail::fit_geometry(beam, detail::common_sizes(sources, sinks), "stream_em"), sources);
  options.warm_start = true;
  auto const solve = [&](auto const& op, auto const& data, auto const& x, slab const& s) {
    mixed_operator const all(op, separate_channels(data.extent(0)));
    Kokkos::deep_copy(op.space(), x, static_cast<float>(start));
    all.clear_padding(x);
    return detail::unless_stopped(em(all, data, x, options, detail::slab_watch<Watch>{watch, s}), s,
                                  "stream_em");
  };
  return stream_slices<Footprint>(space, beam, sources, sinks, solve,
                                  {detail::stored_gradients<Space>(), options.background > 0 ? 2. : 1.}, how);
}

/// hebt(), slab by slab: sources are the element maps, then HAADF. The ratios come from the whole series, before.
template <footprint Footprint = strip, execution_space Space, class Sources, class Sinks,
          observer Watch = ignore>
streamed_solve stream_hebt(Space const& space, parallel_beam const& beam, Sources& sources, Sinks& sinks,
                           stream_hebt_options<Space> const& options, stream_options const& how = {},
                           Watch&& watch = {}) {
  detail::expect_streamable(options, "stream_hebt");
  expects<shape_error>(std::size(sources) == std::size(sinks) + 1,
                       "stream_hebt: {} sources for {} volumes; give one map for each volume, then HAADF",
                       std::size(sources), std::size(sinks));
  auto const solve = [&](auto const& op, auto const& data, auto const& x, slab const& s) {
    return detail::unless_stopped(hebt(op, data, x, options, detail::slab_watch<Watch>{watch, s}), s,
                                  "stream_hebt");
  };
  return stream_slices<Footprint>(space, beam, sources, sinks, solve, {detail::stored_gradients<Space>(), 3},
                                  how);
}

/// fbp() for each series, slab by slab. The watch hears of every slab.
template <footprint Footprint = strip, execution_space Space, class Sources, class Sinks,
          observer Watch = ignore>
streamed_solve stream_fbp(Space const& space, parallel_beam const& beam, Sources& sources, Sinks& sinks,
                          fbp_options const& options = {}, stream_options const& how = {},
                          Watch&& watch = {}) {
  auto const solve = [&](auto const& op, auto const& data, auto const& x, slab const&) {
    auto const all = op.repeated(data.extent(0));
    using view = typename std::decay_t<decltype(all)>::range_view;
    fbp(all, view(data.data(), all.range_layout()), view(x.data(), all.domain_layout()), options);
    return solve_report{};
  };
  return stream_slices<Footprint>(space, beam, sources, sinks, solve, {0, 1}, how, watch);
}

}  // namespace tomoedx

#endif
