// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_TILT_PROJECTOR_HPP
#define TOMOEDX_PROJECTORS_TILT_PROJECTOR_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/isa.hpp>
#include <tomoedx/core/operand.hpp>
#include <tomoedx/core/repeated_values.hpp>
#include <tomoedx/core/row_update.hpp>
#include <tomoedx/geometry/validate.hpp>
#include <tomoedx/projectors/detail/gather_engine.hpp>
#include <tomoedx/projectors/detail/host_dispatch.hpp>
#include <tomoedx/projectors/slices.hpp>

#include <algorithm>
#include <utility>

namespace tomoedx {

/// Which engine a projector runs on. `automatic` is `tiled` on the host and `gather` on devices.
enum class engine { automatic, tiled, gather };

/// How a projector is run; the defaults are right unless you are measuring.
struct projector_options {
  tomoedx::engine engine = tomoedx::engine::automatic;
  isa level = best_isa();  ///< instruction set of the tiled engine; lowered to what the processor has
};

/// The projector of a single-axis tilt series and its exact transpose, for many slices at once.
///
/// Weights are made on the fly, once for all slices; nothing is stored but their sums. The same weights serve
/// both ways, so <A x, y> = <x, A' y> up to rounding. Models `linear_operator` and `projector`.
///
/// shapes   volume (block, z, x, lane), stack (block, tilt, bin, lane); see projectors/slices.hpp
/// units    stack in [volume] x pixels
/// requires a copy shares scratch with its original: use one of them at a time
/// source   Zhong et al. 2017, eq. 3 and 5; footprints.hpp holds the weights
template <execution_space Space = Kokkos::DefaultExecutionSpace, real T = float, footprint Footprint = strip>
class tilt_projector {
 public:
  using execution_space = Space;
  using value_type = T;
  using domain_view = array_on<T, 4, Space>;
  using range_view = array_on<T, 4, Space>;
  using sums = repeated_values<T, typename Space::memory_space>;

  /// throws   tomoedx::error for a geometry that means nothing (geometry/parallel_beam.hpp) or no slices
  tilt_projector(Space const& space, parallel_beam geometry, std::size_t slices,
                 projector_options options = {})
      : space_(space), geometry_(std::move(geometry)), slices_(slices) {
    require_kokkos("tilt_projector");
    validate(geometry_, "tilt_projector");
    expects<shape_error>(slices > 0, "tilt_projector: there are no slices");
    expects<shape_error>(slices < (std::size_t{1} << 24), "tilt_projector: {} slices; at most 2^24 - 1",
                         slices);
    slicing_ = slicing_for(slices, sizeof(T));
    level_ = detail::simd::usable(options.level);
    tiled_ = detail::runs_on_host<Space> && options.engine != engine::gather;
    expects<value_error>(tiled_ || options.engine != engine::tiled,
                         "tilt_projector: the tiled engine works on host memory only; use engine::automatic");
    check_size();
    upload_tilts();
    if (tiled_) workers_ = detail::hire_workers<Footprint, T>(space_, slicing_.lanes);
    row_sums_ = own_sums(geometry_.tilts(), geometry_.detector, geometry_.depth, geometry_.width, true);
    column_sums_ = own_sums(geometry_.depth, geometry_.width, geometry_.tilts(), geometry_.detector, false);
  }

  /// The same projector for `copies` series side by side: the first index counts series, then blocks.
  tilt_projector repeated(std::size_t copies) const {
    expects<shape_error>(copies > 0, "tilt_projector: repeated zero times");
    tilt_projector other = *this;
    other.copies_ = count(extents<2>{copies, copies_});
    other.check_size();
    return other;
  }

  Space space() const { return space_; }
  parallel_beam const& geometry() const { return geometry_; }
  std::size_t slices() const { return slices_; }
  std::size_t channels() const { return copies_; }
  std::size_t lanes() const { return slicing_.lanes; }
  std::size_t blocks() const { return slicing_.blocks * copies_; }
  isa level() const { return level_; }

  Kokkos::LayoutRight domain_layout() const {
    return Kokkos::LayoutRight(blocks(), geometry_.depth, geometry_.width, lanes());
  }
  Kokkos::LayoutRight range_layout() const {
    return Kokkos::LayoutRight(blocks(), geometry_.tilts(), geometry_.detector, lanes());
  }

  grid domain_grid() const {
    return sliced_grid(copies_, geometry_.depth, slices_, geometry_.width, lanes());
  }
  grid range_grid() const {
    return sliced_grid(copies_, geometry_.tilts(), slices_, geometry_.detector, lanes());
  }

  /// stack = A volume.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  /// returns  at once: fence `space()` before reading `stack` on the host
  void forward(domain_view const& volume, range_view const& stack) const {
    check(volume, stack);
    apply<detail::way::forward>(volume, stack);
  }

  /// volume = A' stack, the plain back projection.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  /// returns  at once: fence `space()` before reading `volume` on the host
  void adjoint(range_view const& stack, domain_view const& volume) const {
    check(volume, stack);
    apply<detail::way::adjoint>(stack, volume);
  }

  /// The back projection row by row to an update (core/row_update.hpp), which saves a volume and a pass over it.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  /// returns  when the work is done
  void adjoint(range_view const& stack,
               row_update<T> const& update) const requires detail::runs_on_host<Space> {
    expect_operand(stack, range_layout(), "tilt_projector", "stack (block, tilt, bin, lane)");
    expects(update_lanes() > 0, "tilt_projector: only the tiled engine takes updates; see update_lanes()");
    expects<shape_error>(
        update && update.lanes() == lanes(),
        "tilt_projector: an update of rows of {} values, empty or not as long as the {} lanes",
        update.lanes(), lanes());
    detail::dispatch_tiled<detail::way::adjoint, Footprint>(space_, level_, shape(), tilts_, workers_, stack,
                                                            domain_view(), update);
  }
  /// The rows an update gets, 0 when it cannot be had.
  std::size_t update_lanes() const { return tiled_ && detail::returns_when_done<Space>() ? lanes() : 0; }

  /// Set the lanes beyond the last slice to zero, in a volume or a stack.
  void clear_padding(domain_view const& v) const { detail::clear_lanes(space_, v, slices_, slicing_.blocks); }

  /// A 1: the length of each ray in the volume.
  sums row_sums() const { return {row_sums_, lanes()}; }
  /// A' 1: what each voxel gives to all bins together.
  sums column_sums() const { return {column_sums_, lanes()}; }

 private:
  using tilt_shape = detail::tilt_shape<Footprint, T>;
  using values = Kokkos::View<T*, Kokkos::LayoutRight, typename Space::memory_space>;

  detail::slice_shape shape() const {
    return {static_cast<int>(geometry_.width), static_cast<int>(geometry_.depth),
            static_cast<int>(geometry_.detector), static_cast<int>(geometry_.tilts())};
  }

  /// Refuse arrays that memory cannot hold, and more teams than a device counts.
  void check_size() const {
    count(extents<4>{blocks(), geometry_.depth, geometry_.width, lanes()});
    count(extents<4>{blocks(), geometry_.tilts(), geometry_.detector, lanes()});
    std::size_t const lines =
        std::max(geometry_.tilts() * geometry_.detector, geometry_.depth * geometry_.width);
    expects<shape_error>(
        tiled_ || blocks() * lines < (std::size_t{1} << 31),
        "tilt_projector: {} blocks of {} rays or voxels are too many for a device; project parts", blocks(),
        lines);
  }

  void upload_tilts() {
    Kokkos::View<tilt_shape*, Kokkos::HostSpace> host("tomoedx::tilt_projector::tilts", geometry_.tilts());
    for (std::size_t t = 0; t < geometry_.tilts(); ++t)
      host(t) = detail::shape_of<Footprint, T>(geometry_, t);
    tilts_ = Kokkos::View<tilt_shape*, typename Space::memory_space>(
        Kokkos::view_alloc(space_, Kokkos::WithoutInitializing, "tomoedx::tilt_projector::tilts"),
        geometry_.tilts());
    Kokkos::deep_copy(space_, tilts_, host);
    space_.fence("tomoedx::tilt_projector: constants are in place");
  }

  /// A 1 or A' 1 of one slice, by projecting one block of ones.
  values own_sums(std::size_t lines, std::size_t columns, std::size_t from_lines, std::size_t from_columns,
                  bool forward) const {
    std::size_t const lanes = tiled_ ? detail::narrow_lanes<T> : 1;
    domain_view ones(Kokkos::view_alloc(space_, Kokkos::WithoutInitializing, "tomoedx::tilt_projector::ones"),
                     1, from_lines, from_columns, lanes);
    Kokkos::deep_copy(space_, ones, T(1));
    range_view out(Kokkos::view_alloc(space_, "tomoedx::tilt_projector::sums"), 1, lines, columns, lanes);
    if (forward)
      apply<detail::way::forward>(ones, out);
    else
      apply<detail::way::adjoint>(ones, out);
    values result(Kokkos::view_alloc(space_, Kokkos::WithoutInitializing, "tomoedx::tilt_projector::sums"),
                  lines * columns);
    Kokkos::deep_copy(space_, result,
                      Kokkos::subview(Kokkos::View<T**, Kokkos::LayoutRight, typename Space::memory_space>(
                                          out.data(), lines * columns, lanes),
                                      Kokkos::ALL, 0));
    space_.fence("tomoedx::tilt_projector: sums are in place");
    return result;
  }

  void check(domain_view const& volume, range_view const& stack) const {
    expect_operand(volume, domain_layout(), "tilt_projector", "volume (block, z, x, lane)");
    expect_operand(stack, range_layout(), "tilt_projector", "stack (block, tilt, bin, lane)");
  }

  template <detail::way Way>
  void apply(domain_view const& from, range_view const& to) const {
    if constexpr (detail::runs_on_host<Space>)
      if (tiled_)
        return detail::dispatch_tiled<Way, Footprint>(space_, level_, shape(), tilts_, workers_, from, to,
                                                      {});
    if constexpr (Way == detail::way::forward)
      detail::gather_forward(space_, shape(), tilts_, from, to);
    else
      detail::gather_adjoint(space_, shape(), tilts_, from, to);
  }

  Space space_;
  parallel_beam geometry_;
  std::size_t slices_, copies_ = 1;
  slicing slicing_;
  isa level_ = isa::baseline;
  bool tiled_ = true;
  Kokkos::View<tilt_shape*, typename Space::memory_space> tilts_;
  detail::host_workers workers_;
  values row_sums_, column_sums_;
};

}  // namespace tomoedx

#endif
