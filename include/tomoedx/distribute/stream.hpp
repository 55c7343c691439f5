// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_STREAM_HPP
#define TOMOEDX_DISTRIBUTE_STREAM_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/distribute/detail/slab_transfer.hpp>
#include <tomoedx/distribute/detail/three_stages.hpp>
#include <tomoedx/distribute/slabs.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace tomoedx {

/// A slab while it is worked on. Stacks and volumes are flat arrays in host memory; their grids (core/grid.hpp) say
/// where a value is: channels are the sources and sinks in their order, lines tilts and z, rows the slab's rows.
struct slab {
  std::size_t index = 0, slabs = 1;
  slab_rows where;
  float* stacks = nullptr;  ///< may be overwritten
  float* volumes = nullptr;
  grid stack_grid, volume_grid;

  /// One stack (tilt, row, x) or volume (z, row, x), for computations without lanes.
  borrowed<float, 3> stack(std::size_t c) const {
    return borrow(stacks + c * stack_grid.channel_stride, stack_grid.lines, stack_grid.rows,
                  stack_grid.columns);
  }
  borrowed<float, 3> volume(std::size_t e) const {
    return borrow(volumes + e * volume_grid.channel_stride, volume_grid.lines, volume_grid.rows,
                  volume_grid.columns);
  }
};

/// What is done to a slab: every value of its volumes is to be written. Two members are optional:
/// 1. `lanes(rows)`: stacks and volumes come as slices side by side, so many lanes wide, for slabs of `rows` rows
///    (slicing_for); without it they are plain arrays.
/// 2. `bytes(rows)`: the memory it allocates itself for them; without it none.
template <class C>
concept slab_compute = requires(C& c, slab const& s) {
  c(s);
};

/// How a problem is streamed.
struct stream_options {
  std::size_t memory_bytes = std::size_t(4) << 30;  ///< all buffers and what the computation allocates
  std::size_t slab_rows = 0;                        ///< rows kept of a slab; 0: as the memory allows
  std::size_t halo = 0;                             ///< more rows on each side, computed and not kept
  bool overlap = true;                              ///< read and write while computing (needs TOMOEDX_TBB)
};

/// What streaming leaves behind beside the volumes.
struct stream_report {
  slab_plan plan;
  double read_seconds = 0, compute_seconds = 0, write_seconds = 0;  ///< in each stage
  double seconds = 0;                                               ///< on the clock
};

namespace detail {

/// Memory of a process that is nobody's array: the program, its libraries, the stacks of threads.
inline constexpr std::size_t program_bytes = std::size_t(64) << 20;

template <class Compute>
grid slab_grid([[maybe_unused]] Compute const& compute, std::size_t channels, io::shape3 const& shape,
               std::size_t rows) {
  if constexpr (requires { compute.lanes(rows); })
    return sliced_grid(channels, shape[0], rows, shape[2], compute.lanes(rows));
  else
    return plain_grid(channels, shape[0], rows, shape[2]);
}

/// Bytes that slabs of so many rows need, with `copies` buffers between the stages.
template <class Compute>
std::size_t slab_bytes(Compute const& compute, slab_sizes const& z, std::size_t rows, std::size_t copies) {
  std::size_t const values = slab_grid(compute, z.sources, z.stack, rows).size() +
                             slab_grid(compute, z.sinks, z.volume, rows).size();
  std::size_t bytes = program_bytes + values * sizeof(float) * copies + piece_bytes(z.stack, rows) +
                      piece_bytes(z.volume, rows);
  if constexpr (requires { compute.bytes(rows); }) bytes += compute.bytes(rows);
  return bytes;
}

/// Whether a watch takes over the iterations of one solver (with_checkpoints, collectively).
template <class Watch>
inline constexpr bool drives = requires {
  std::remove_reference_t<Watch>::drives_iterations;
};

/// Adds the time a call takes.
class stopwatch {
 public:
  explicit stopwatch(double& sum) : sum_(sum), begin_(clock::now()) {}
  stopwatch(stopwatch const&) = delete;
  ~stopwatch() { sum_ += std::chrono::duration<double>(clock::now() - begin_).count(); }

 private:
  using clock = std::chrono::steady_clock;
  double& sum_;
  clock::time_point begin_;
};

}  // namespace detail

/// The cut that `stream` makes of these sources and sinks.
///
/// throws   tomoedx::shape_error, value_error as stream()
template <class Sources, class Sinks, slab_compute Compute>
slab_plan plan_stream(Sources const& sources, Sinks const& sinks, Compute const& compute,
                      stream_options const& options = {}) {
  auto const sizes = detail::common_sizes(sources, sinks);
  bool const overlap = options.overlap && detail::stages_overlap;
  auto const bytes = [&](std::size_t rows) {
    std::size_t const copies = overlap && rows < sizes.rows() ? 2 : 1;
    return detail::slab_bytes(compute, sizes, rows, copies);
  };
  return options.slab_rows > 0
             ? plan_slabs_of(options.slab_rows, sizes.rows(), options.halo, options.memory_bytes, bytes)
             : plan_slabs(sizes.rows(), options.halo, options.memory_bytes, bytes);
}

/// Work on a problem slab by slab, within a bound of memory: rows of all sources are read, `compute` makes rows of all
/// volumes of them, these are written; while one slab is computed the next is read and the one before written.
///
///     std::vector<io::part_reader> in;  in.emplace_back("haadf.mrc");
///     std::vector<io::part_writer> out; out.emplace_back("volume.mrc", io::shape3{512, in[0].shape()[1], 512});
///     stream(in, out, [](slab const& s) { ... }, {.memory_bytes = 4ull << 30});
///
/// Right for what treats each row y by itself; where rows are coupled (total variation in 3D) it is an approximation
/// that a halo makes better. `compute` is called on the calling thread, slab after slab from row 0 on; the watch is
/// asked after each of them, with the slabs done as iterations.
///
/// shapes   sources (tilt, y, x) all alike, sinks (z, y, x) all alike, the same y
/// throws   tomoedx::shape_error for sizes that differ; value_error for a bound that is too small, two sinks of one file,
///          NaN or infinity (which source, tilt, row and column); cancelled when the watch says stop; what sources, sinks and `compute`
///          throw. Nothing is committed then.
template <class Sources, class Sinks, slab_compute Compute, observer Watch = ignore>
stream_report stream(Sources& sources, Sinks& sinks, Compute&& compute, stream_options const& options = {},
                     Watch&& watch = {}) {
  static_assert(!detail::drives<Watch>, "a stream is no solver: it can neither be stored nor shared");
  using buffer = Kokkos::View<float*, Kokkos::HostSpace>;
  require_kokkos("stream");
  auto const sizes = detail::common_sizes(sources, sinks);
  stream_report report;
  report.plan = plan_stream(sources, sinks, compute, options);
  slab_plan const& plan = report.plan;
  std::size_t const largest = detail::largest_slab(plan.rows, plan.keep, plan.halo);
  bool const overlap = options.overlap && detail::stages_overlap && largest < plan.rows;
  std::size_t const copies = overlap ? 2 : 1;
  std::array<buffer, 2> stacks, volumes;
  for (std::size_t b = 0; b < copies; ++b) {
    auto const room = [&](std::string const& label, std::size_t channels, io::shape3 const& shape) {
      std::size_t values = 0;  // fewer rows may take wider lanes
      for (std::size_t const rows : {largest, plan[plan.slabs() - 1].rows, plan[0].rows})
        values = std::max(values, detail::slab_grid(compute, channels, shape, rows).size());
      return buffer(Kokkos::view_alloc(Kokkos::WithoutInitializing, label), values);
    };
    stacks[b] = room("tomoedx::stream::stacks", sizes.sources, sizes.stack);
    volumes[b] = room("tomoedx::stream::volumes", sizes.sinks, sizes.volume);
  }
  auto const slab_at = [&](std::size_t i) {
    slab s{i, plan.slabs(), plan[i], stacks[i % copies].data(), volumes[i % copies].data(), {}, {}};
    s.stack_grid = detail::slab_grid(compute, sizes.sources, sizes.stack, s.where.rows);
    s.volume_grid = detail::slab_grid(compute, sizes.sinks, sizes.volume, s.where.rows);
    return s;
  };
  {
    detail::stopwatch const all(report.seconds);
    detail::run_stages(
        plan.slabs(), overlap,
        [&](std::size_t i) {
          detail::stopwatch const time(report.read_seconds);
          slab const s = slab_at(i);
          detail::read_slab(sources, s.where, s.stack_grid, stacks[i % copies].data());
        },
        [&](std::size_t i) {
          {
            detail::stopwatch const time(report.compute_seconds);
            slab const s = slab_at(i);
            compute(s);
          }
          bool const stop = watch(progress{i + 1, plan.slabs(), 0, {}}) == decision::stop;
          if (stop)
            fail<cancelled>("stream: stopped after {} of {} slabs; nothing was written", i + 1, plan.slabs());
        },
        [&](std::size_t i) {
          detail::stopwatch const time(report.write_seconds);
          slab const s = slab_at(i);
          detail::write_slab(s.volumes, s.where, s.volume_grid, sinks);
        });
    detail::stopwatch const time(report.write_seconds);
    for (auto& sink : sinks) sink.commit();
  }
  return report;
}

}  // namespace tomoedx

#endif
