// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_FBP_HPP
#define TOMOEDX_SOLVERS_FBP_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/isa.hpp>
#include <tomoedx/core/operand.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/solvers/detail/fbp_rows.hpp>
#include <tomoedx/solvers/detail/flat.hpp>
#include <tomoedx/solvers/fbp_filters.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tomoedx {

/// Options of filtered back-projection.
struct fbp_options {
  fbp_filter filter = fbp_filter::ram_lak;
  double cutoff = 1;   ///< where the filter ends, as a part of the Nyquist frequency; in (0, 1]
  tilt_range range{};  ///< whether the widest gap between tilts is a missing wedge
  isa level = best_isa();
};

/// An operator that knows its tilt series and where bins and tilts lie in its range.
template <class Op>
concept beam_operator = gridded_operator<Op> && requires(Op const& op) {
  { op.geometry() } -> std::convertible_to<parallel_beam const&>;
};

/// Filtered (weighted) back-projection, ready to run many times: x = A'( arc(tilt) * (h convolved with data) ).
///
/// A series all round gives back the density of what lies within the detector at every tilt; a missing wedge takes its
/// share away. It assumes that A' gives each voxel one unit of a detector row, as footprints do. Values may be
/// negative. The filter costs 8 % of the adjoint for Ram-Lak at full cutoff, whose even taps are zero, and 15 % for
/// all others (512 bins, 31 tilts, 64 slices, AVX-512).
/// units    data in [volume] x pixels, as tilt_projector makes them
/// requires a copy shares scratch with its original, a stack: use one of them at a time
/// source   Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, section 3.3
template <beam_operator Op>
class filtered_back_projection {
 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename range_view::value_type;

  /// throws   tomoedx::value_error for a cutoff outside (0, 1], shape_error for an operator whose grid is not its own
  explicit filtered_back_projection(Op const& op, fbp_options const& options = {})
      : op_(op), level_(detail::simd::usable(options.level)) {
    require_kokkos("fbp");
    parallel_beam const& beam = op.geometry();
    grid const stack = op.range_grid();
    filtered_ = make_range(op);
    expects<shape_error>(stack.columns == beam.detector && stack.lines == beam.tilts() && stack.lanes > 0,
                         "fbp: the grid has {} tilts of {} bins, the geometry {} of {}", stack.lines,
                         stack.columns, beam.tilts(), beam.detector);
    expects<shape_error>(stack.size() == filtered_.size(), "fbp: the grid holds {} values, the range {}",
                         stack.size(), filtered_.size());
    auto const half = fbp_kernel(options.filter, options.cutoff, beam.detector);
    auto const arcs = tilt_arcs(beam.tilts_deg, options.range);
    for (std::size_t n = 2; n < half.size(); n += 2) odd_taps_ = odd_taps_ && half[n] == 0;
    std::vector<double> whole(half.rbegin(), half.rend());
    whole.insert(whole.end(), half.begin() + 1, half.end());
    whole.resize(whole.size() + 2 * detail::fbp_most_bins);
    kernel_ = constants(whole);
    arcs_ = constants(arcs);
  }

  auto space() const { return op_.space(); }

  /// filtered = arc(tilt) * (h convolved with data), which A' makes the volume of. Only launches work.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void filter(range_view const& data, range_view const& filtered) const {
    expect_operand(data, op_.range_layout(), "fbp", "data");
    expect_operand(filtered, op_.range_layout(), "fbp", "filtered data");
    expects<value_error>(data.data() != filtered.data(), "fbp: data cannot be filtered in place");
    detail::filter_rows(op_.space(), level_,
                        detail::fbp_rows<value_type>{
                            op_.range_grid(), kernel_.data() + (op_.range_grid().columns - 1), arcs_.data(),
                            odd_taps_ ? std::size_t{2} : std::size_t{1}, data.data(), filtered.data()});
  }

  /// Reconstruct x from data. Only launches work, allocates nothing.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void operator()(range_view const& data, domain_view const& x) const {
    expect_operand(x, op_.domain_layout(), "fbp", "volume");
    filter(data, filtered_);
    op_.adjoint(filtered_, x);
  }

 private:
  using constant_view = Kokkos::View<value_type*, Kokkos::LayoutRight, typename range_view::memory_space>;

  constant_view constants(std::vector<double> const& values) const {
    std::vector<value_type> const host(values.begin(), values.end());
    auto const there = upload(op_.space(), borrow(host.data(), host.size()));
    op_.space().fence("tomoedx::fbp: constants are in place");
    return there;
  }

  Op op_;
  isa level_;
  bool odd_taps_ = true;
  range_view filtered_;
  constant_view kernel_, arcs_;
};

/// Reconstruct x from data by filtered back-projection with the projector of a tilt series.
///
/// shapes   data as op.range_layout(), x as op.domain_layout(); the two do not overlap
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete
template <beam_operator Op>
void fbp(Op const& op, typename Op::range_view const& data, typename Op::domain_view const& x,
         fbp_options const& options = {}) {
  require_kokkos("fbp");
  expect_operand(data, op.range_layout(), "fbp", "data");
  expect_operand(x, op.domain_layout(), "fbp", "volume");
  filtered_back_projection<Op> const method(op, options);
  expects<value_error>(std::isfinite(detail::sum_and_least(op.space(), data).sum),
                       "fbp: the data hold NaN or infinity");
  method(data, x);
  op.space().fence("tomoedx::fbp: done");
}

}  // namespace tomoedx

#endif
