// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_SLAB_SOLVER_HPP
#define TOMOEDX_DISTRIBUTE_SLAB_SOLVER_HPP

#include <tomoedx/distribute/stream.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/report.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tomoedx {

/// What a method allocates beside its data and its result, in copies of them.
struct method_memory {
  double volumes = 1;  ///< arrays as large as all volumes of the slab
  double stacks = 1;   ///< arrays as large as all stacks of the slab
};

namespace detail {

/// The geometry with the sizes it leaves at 0 taken from the series and volumes.
inline parallel_beam fit_geometry(parallel_beam beam, slab_sizes const& z, char const* who) {
  if (beam.width == 0) beam.width = z.volume[2];
  if (beam.depth == 0) beam.depth = z.volume[0];
  if (beam.detector == 0) beam.detector = z.stack[2];
  expects<shape_error>(z.stack[0] == beam.tilts(), "{}: the series have {} tilts, the geometry {}", who,
                       z.stack[0], beam.tilts());
  expects<shape_error>(z.stack[2] == beam.detector, "{}: the series are {} wide, the detector {}", who,
                       z.stack[2], beam.detector);
  expects<shape_error>(z.volume[0] == beam.depth && z.volume[2] == beam.width,
                       "{}: the volumes are {} deep and {} wide, the geometry {} and {}", who, z.volume[0],
                       z.volume[2], beam.depth, beam.width);
  validate(beam, who);
  return beam;
}

/// Add the squared norms of one slab's report to those of all slabs before; `finish` makes norms of them.
class norm_sums {
 public:
  void add(solve_report const& r) {
    sum_.iterations = std::max(sum_.iterations, r.iterations);
    sum_.ended = r.ended;
    if (sum_.residuals.size() < r.residuals.size()) {
      sum_.residuals.resize(r.residuals.size());
      sum_.by_channel.resize(r.residuals.size());
    }
    for (std::size_t i = 0; i < r.residuals.size(); ++i) {
      sum_.residuals[i] += r.residuals[i] * r.residuals[i];
      if (i >= r.by_channel.size()) continue;  // a method that tells no channels apart
      sum_.by_channel[i].resize(r.by_channel[i].size());
      for (std::size_t c = 0; c < r.by_channel[i].size(); ++c)
        sum_.by_channel[i][c] += r.by_channel[i][c] * r.by_channel[i][c];
    }
  }
  solve_report finish() const {
    solve_report all = sum_;
    for (double& v : all.residuals) v = std::sqrt(v);
    for (auto& channels : all.by_channel)
      for (double& v : channels) v = std::sqrt(v);
    return all;
  }

 private:
  solve_report sum_;
};

}  // namespace detail

/// A method for slices as the computation of a stream: makes the projector of each slab and calls
///
///     solve_report report = solve(op, data, x, slab);
///
/// with the slab's projector, the series `data` (source; op's range flat) and the volumes `x` (sink; op's domain flat),
/// both where `Space` computes; on the host they are the stream's own buffers. Models `slab_compute`.
template <execution_space Space, footprint Footprint, class Solve>
class slab_solver {
 public:
  using projector_type = tilt_projector<Space, float, Footprint>;
  using series = array_on<float, 2, Space>;

  slab_solver(Space const& space, parallel_beam beam, std::size_t sources, std::size_t sinks,
              method_memory memory, Solve solve)
      : space_(space),
        beam_(std::move(beam)),
        sources_(sources),
        sinks_(sinks),
        memory_(memory),
        solve_(std::move(solve)) {}

  std::size_t lanes(std::size_t rows) const { return slicing_for(rows, sizeof(float)).lanes; }

  std::size_t bytes(std::size_t rows) const {
    auto const [lanes, blocks] = slicing_for(rows, sizeof(float));
    double const slices = static_cast<double>(lanes * blocks);
    double const volume = static_cast<double>(beam_.voxels()), stack = static_cast<double>(beam_.rays());
    double const volumes = static_cast<double>(sinks_) * volume * slices;
    double const stacks = static_cast<double>(sources_) * stack * slices;
    double const sums = 2 * (volume + stack);
    double const constructing = detail::narrow_lanes<float> * (volume + stack);
    double solving = memory_.volumes * volumes + memory_.stacks * stacks;
    if (!detail::runs_on_host<Space>) solving += volumes + stacks;
    return static_cast<std::size_t>(sizeof(float) * (sums + std::max(constructing, solving)));
  }

  void operator()(slab const& s) {
    if (op_ == nullptr || op_->slices() != s.where.rows) {
      op_.reset();
      op_ = std::make_unique<projector_type>(space_, beam_, s.where.rows);
    }
    series const data = on_space(s.stacks, sources_, s.stack_grid.channel_stride);
    series const x = on_space(s.volumes, sinks_, s.volume_grid.channel_stride);
    if constexpr (!detail::runs_on_host<Space>)
      Kokkos::deep_copy(space_, data, borrow(s.stacks, sources_, s.stack_grid.channel_stride));
    norms_.add(solve_(std::as_const(*op_), data, x, s));
    if constexpr (!detail::runs_on_host<Space>)
      Kokkos::deep_copy(space_, borrow(s.volumes, sinks_, s.volume_grid.channel_stride), x);
    space_.fence("tomoedx::stream: the slab is complete");
  }

  /// The norms of all slabs together.
  solve_report report() const { return norms_.finish(); }

 private:
  series on_space(float* buffer, std::size_t channels, std::size_t values) const {
    if constexpr (detail::runs_on_host<Space>)
      return series(buffer, channels, values);
    else
      return series(Kokkos::view_alloc(space_, Kokkos::WithoutInitializing, "tomoedx::stream::slab"),
                    channels, values);
  }

  Space space_;
  parallel_beam beam_;
  std::size_t sources_, sinks_;
  method_memory memory_;
  Solve solve_;
  std::unique_ptr<projector_type> op_;
  detail::norm_sums norms_;
};

/// What a streamed method leaves behind beside its volumes.
struct streamed_solve {
  solve_report solve;  ///< of all slices together
  stream_report stream;
};

/// Stream any method for slices: `solve(op, data, x, slab)` as slab_solver calls it. Where `beam` leaves sizes at 0 they
/// are taken from the series and volumes.
///
/// throws   as stream(), and for a geometry that does not fit
template <footprint Footprint = strip, execution_space Space, class Sources, class Sinks, class Solve,
          observer Watch = ignore>
streamed_solve stream_slices(Space const& space, parallel_beam const& beam, Sources& sources, Sinks& sinks,
                             Solve&& solve, method_memory const& memory, stream_options const& options = {},
                             Watch&& watch = {}) {
  auto const sizes = detail::common_sizes(sources, sinks);
  slab_solver<Space, Footprint, std::decay_t<Solve>> method(
      space, detail::fit_geometry(beam, sizes, "stream"), sizes.sources, sizes.sinks, memory,
      std::forward<Solve>(solve));
  auto const report = stream(sources, sinks, method, options, watch);
  return {method.report(), report};
}

}  // namespace tomoedx

#endif
