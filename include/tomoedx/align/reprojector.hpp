// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_REPROJECTOR_HPP
#define TOMOEDX_ALIGN_REPROJECTOR_HPP

#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace tomoedx {

/// Anything that reconstructs a series and projects the result again: what alignment by consistency asks of a
/// reconstruction. `model(from, series, rows, onto, result)` reconstructs `series` (tilts of `from`, rows,
/// detector) and projects it into `result` (tilts of `onto`, rows, detector).
template <class M>
concept reprojector = requires(M& model, parallel_beam const& beam, std::span<float const> series,
                               std::size_t rows, std::span<float> result) {
  model(beam, series, rows, beam, result);
};

/// By which method a series is reconstructed for its alignment.
enum class reprojection_method { sirt, em };

/// Options of reprojection. Few iterations keep the noise of the data out of the model it is compared with.
struct reprojection_options {
  reprojection_method method = reprojection_method::em;
  std::size_t iterations = 10;
};

/// The reprojector of this library: SIRT (not negative) or EM (which takes what is below 0 for 0) on the host.
class host_reprojector {
 public:
  explicit host_reprojector(reprojection_options const& options = {}) : options_(options) {}

  /// shapes   series (tilts of from, rows, detector), result (tilts of onto, rows, detector); width and depth
  ///          of 0 are the
  ///          detector's size
  /// throws   tomoedx::shape_error for sizes that differ, value_error from the geometry and the method
  void operator()(parallel_beam const& from, std::span<float const> series, std::size_t rows,
                  parallel_beam const& onto, std::span<float> result) const {
    using space = Kokkos::DefaultHostExecutionSpace;
    using plain =
        Kokkos::View<float const***, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>;
    expects<shape_error>(series.size() == from.tilts() * rows * from.detector &&
                             result.size() == onto.tilts() * rows * onto.detector &&
                             onto.detector == from.detector,
                         "reprojection: {} values for {} tilts, {} for {}, of {} rows and {} bins",
                         series.size(), from.tilts(), result.size(), onto.tilts(), rows, from.detector);
    tilt_projector<space, float> const op(space(), filled(from), rows);
    auto const data = make_range(op);
    auto const x = make_domain(op);
    std::vector<float> counts;
    if (options_.method == reprojection_method::em) {
      counts.assign(series.begin(), series.end());
      for (float& v : counts) v = std::max(v, 0.0f);
      series = counts;
    }
    pack(op.space(), plain(series.data(), from.tilts(), rows, from.detector), data);
    if (options_.method == reprojection_method::em)
      em(op, data, x, {.iterations = options_.iterations});
    else
      sirt(op, data, x, {.iterations = options_.iterations});
    tilt_projector<space, float> const out(space(), filled(onto), rows);
    auto const model = make_range(out);
    out.forward(x, model);
    unpack(op.space(), model,
           Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(
               result.data(), onto.tilts(), rows, onto.detector));
    op.space().fence("tomoedx::reprojector");
  }

 private:
  static parallel_beam filled(parallel_beam beam) {
    if (beam.width == 0) beam.width = beam.detector;
    if (beam.depth == 0) beam.depth = beam.detector;
    return beam;
  }

  reprojection_options options_;
};
static_assert(reprojector<host_reprojector>);

}  // namespace tomoedx

#endif
