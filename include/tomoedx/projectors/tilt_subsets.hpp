// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_TILT_SUBSETS_HPP
#define TOMOEDX_PROJECTORS_TILT_SUBSETS_HPP

#include <tomoedx/projectors/tilt_projector.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

namespace tomoedx {

namespace detail {

/// The places 0 to n - 1 in golden-ratio order: place k has the rank of the fraction of k times the golden ratio.
/// Neighbours in the order are about 0.38 n apart, and any first few cover everything evenly.
inline std::vector<std::size_t> golden_order(std::size_t n) {
  std::vector<double> fraction(n);
  for (std::size_t k = 0; k < n; ++k) {
    double const turns = static_cast<double>(k) * std::numbers::phi;
    fraction[k] = turns - std::floor(turns);
  }
  std::vector<std::size_t> sorted(n), order(n);
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::sort(sorted.begin(), sorted.end(),
            [&](std::size_t a, std::size_t b) { return fraction[a] < fraction[b]; });
  for (std::size_t rank = 0; rank < n; ++rank) order[sorted[rank]] = rank;
  return order;
}

/// to(block, k, :) = from(block, tilts(k), :), rows of `row` values.
template <class T, class Tilts>
struct copy_tilts {
  T const* from;
  T* to;
  Tilts tilts;
  std::size_t from_tilts, row;

  KOKKOS_FUNCTION void operator()(std::size_t block, std::size_t k, std::size_t i) const {
    to[(block * tilts.extent(0) + k) * row + i] = from[(block * from_tilts + tilts(k)) * row + i];
  }
};

}  // namespace detail

/// Tilts in `n` ordered subsets, as indices into `g.tilts_deg`.
///
/// Tilts sorted by their direction (angle modulo 180 degrees) are dealt out to n hands in turn, so that each subset
/// covers the whole range with about equal steps. The hands follow each other in golden-ratio order, so that a subset
/// lies far from the one before it. With as many subsets as tilts this orders single tilts, for SART.
///
/// throws   tomoedx::value_error when n is 0 or more than there are tilts
/// source   golden-ratio order: Kohler, IEEE NSS conference record 2004
inline std::vector<std::vector<std::size_t>> ordered_subsets(parallel_beam const& g, std::size_t n) {
  validate(g, "ordered_subsets");
  expects<value_error>(n > 0 && n <= g.tilts(), "ordered_subsets: {} subsets of {} tilts; ask for 1 to {}", n,
                       g.tilts(), g.tilts());
  auto const direction = [&](std::size_t t) {
    double const d = std::remainder(g.tilts_deg[t], 180.0);
    return d < 90 ? d : d - 180;
  };
  std::vector<std::size_t> sorted(g.tilts());
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](std::size_t a, std::size_t b) { return direction(a) < direction(b); });
  if (n == 1) std::sort(sorted.begin(), sorted.end());  // as they came
  std::vector<std::vector<std::size_t>> subsets;
  for (std::size_t const hand : detail::golden_order(n)) {
    std::vector<std::size_t> tilts;
    for (std::size_t rank = hand; rank < sorted.size(); rank += n) tilts.push_back(sorted[rank]);
    std::sort(tilts.begin(), tilts.end());
    subsets.push_back(std::move(tilts));
  }
  return subsets;
}

/// The same geometry at some of its tilts.
///
/// throws   tomoedx::shape_error for a tilt that it has not
inline parallel_beam at_tilts(parallel_beam const& g, std::vector<std::size_t> const& tilts) {
  parallel_beam part = g;
  part.tilts_deg.clear();
  part.shifts.clear();
  for (std::size_t const t : tilts) {
    expects<shape_error>(t < g.tilts(), "at_tilts: tilt {} of {}", t, g.tilts());
    part.tilts_deg.push_back(g.tilts_deg[t]);
    if (!g.shifts.empty()) part.shifts.push_back(g.shift(t));
  }
  return part;
}

/// A tilt series in ordered subsets of its tilts, each with a projector of its own: what ordered-subsets methods take.
///
///     tilt_subsets const parts(op, 5);
///     os_sirt(parts.operators(), parts.split(data), x);
///
/// For several series, give each projector its mixing and split the data (channel, flat) in the same way:
///
///     for (auto const& part : parts.operators()) joint.emplace_back(part, m);  // mixed_operator
///     os_sirt(joint, parts.split(series), volumes);
template <execution_space Space, real T, footprint Footprint>
class tilt_subsets {
 public:
  using operator_type = tilt_projector<Space, T, Footprint>;
  using range_view = typename operator_type::range_view;

  /// `n` subsets as ordered_subsets chooses them.
  ///
  /// throws   tomoedx::value_error when n is 0 or more than there are tilts
  tilt_subsets(operator_type const& whole, std::size_t n)
      : tilt_subsets(whole, ordered_subsets(whole.geometry(), n)) {}

  /// Subsets of your own choice, in your order.
  ///
  /// throws   tomoedx::shape_error for an empty subset or a tilt that the projector has not
  tilt_subsets(operator_type const& whole, std::vector<std::vector<std::size_t>> subsets)
      : whole_(whole), tilts_(std::move(subsets)) {
    for (auto const& part : tilts_) {
      expects<shape_error>(!part.empty(), "tilt_subsets: subset {} of {} has no tilts", operators_.size(),
                           tilts_.size());
      operator_type const op(whole.space(), at_tilts(whole.geometry(), part), whole.slices(),
                             {.level = whole.level()});
      operators_.push_back(whole.channels() > 1 ? op.repeated(whole.channels()) : op);
    }
  }

  std::size_t size() const { return operators_.size(); }
  std::vector<std::vector<std::size_t>> const& tilts() const { return tilts_; }
  std::vector<operator_type> const& operators() const { return operators_; }

  /// Copies of the parts of a stack, one for each operator.
  ///
  /// throws   tomoedx::shape_error for another stack than the whole projector's
  std::vector<range_view> split(range_view const& stack) const {
    expect_operand(stack, whole_.range_layout(), "tilt_subsets", "stack (block, tilt, bin, lane)");
    std::vector<range_view> parts;
    for (std::size_t s = 0; s < size(); ++s) {
      parts.push_back(make_range(operators_[s]));
      copy(stack.data(), parts.back().data(), whole_.blocks(), s);
    }
    return parts;
  }

  /// The same of several series (channel, flat), as mixed_operator has them over the whole projector.
  std::vector<array_on<T, 2, Space>> split(array_on<T, 2, Space> const& series) const {
    std::size_t const values = values_of(whole_);
    expect_operand(series, Kokkos::LayoutRight(series.extent(0), values), "tilt_subsets",
                   "series (channel, flat)");
    std::vector<array_on<T, 2, Space>> parts;
    for (std::size_t s = 0; s < size(); ++s) {
      parts.emplace_back(Kokkos::view_alloc(whole_.space(), "tomoedx::tilt_subsets::series"),
                         series.extent(0), values_of(operators_[s]));
      copy(series.data(), parts.back().data(), series.extent(0) * whole_.blocks(), s);
    }
    return parts;
  }

 private:
  using indices = Kokkos::View<std::size_t*, Kokkos::LayoutRight, typename Space::memory_space>;

  static std::size_t values_of(operator_type const& op) {
    return op.blocks() * op.geometry().rays() * op.lanes();
  }

  void copy(T const* from, T* to, std::size_t blocks, std::size_t subset) const {
    auto const& part = tilts_[subset];
    auto const space = whole_.space();
    std::size_t const row = whole_.geometry().detector * whole_.lanes();
    indices const tilts = upload(space, borrow(part.data(), part.size()));
    Kokkos::parallel_for("tomoedx::tilt_subsets::split",
                         Kokkos::MDRangePolicy<Space, Kokkos::Rank<3>, Kokkos::IndexType<std::size_t>>(
                             space, {0, 0, 0}, {blocks, part.size(), row}),
                         detail::copy_tilts<T, indices>{from, to, tilts, whole_.geometry().tilts(), row});
    space.fence("tomoedx::tilt_subsets: a part is in place");
  }

  operator_type whole_;
  std::vector<std::vector<std::size_t>> tilts_;
  std::vector<operator_type> operators_;
};

}  // namespace tomoedx

#endif
