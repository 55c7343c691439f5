// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_SUBSETS_HPP
#define TOMOEDX_SOLVERS_DETAIL_SUBSETS_HPP
// IWYU pragma: private, include "tomoedx/solvers/os_sirt.hpp" or "tomoedx/solvers/osem.hpp"

#include <tomoedx/core/operand.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tomoedx::detail {

template <linear_operator Op>
Op const& first_subset(std::vector<Op> const& subsets, char const* who) {
  expects<shape_error>(!subsets.empty(), "{}: there are no subsets; give at least one operator", who);
  return subsets.front();
}

/// Refuse operators that do not map from the same volume, or not to the same number of channels.
template <linear_operator Op, class Data>
void expect_subsets(std::vector<Op> const& subsets, std::vector<Data> const& data, char const* who) {
  Op const& first = first_subset(subsets, who);
  expects<shape_error>(data.size() == subsets.size(),
                       "{}: {} arrays of data for {} subsets; give one for each", who, data.size(),
                       subsets.size());
  Kokkos::LayoutRight const volume = first.domain_layout();
  for (std::size_t s = 1; s < subsets.size(); ++s) {
    Kokkos::LayoutRight const other = subsets[s].domain_layout();
    for (std::size_t r = 0; r < Op::domain_view::rank(); ++r)
      expects<shape_error>(other.dimension[r] == volume.dimension[r],
                           "{}: extent {} of the volume is {} in subset 0 and {} in subset {}", who, r,
                           volume.dimension[r], other.dimension[r], s);
    expects<shape_error>(range_channels(subsets[s]) == range_channels(first),
                         "{}: subset 0 has {} channels, subset {} has {}", who, range_channels(first), s,
                         range_channels(subsets[s]));
  }
}

/// A range for each operator, all in the same memory: for one at a time.
template <linear_operator Op>
struct shared_ranges {
  using range_view = typename Op::range_view;
  Kokkos::View<typename range_view::value_type*, Kokkos::LayoutRight, typename range_view::memory_space>
      memory;
  std::vector<range_view> views;
};

template <linear_operator Op>
shared_ranges<Op> ranges_in_one_buffer(std::vector<Op> const& subsets) {
  auto const size_of = [](Op const& op) {
    Kokkos::LayoutRight const layout = op.range_layout();
    std::size_t n = 1;
    for (std::size_t r = 0; r < Op::range_view::rank(); ++r) n *= layout.dimension[r];
    return n;
  };
  std::size_t most = 0;
  for (auto const& op : subsets) most = std::max(most, size_of(op));
  shared_ranges<Op> ranges;
  ranges.memory =
      decltype(ranges.memory)(Kokkos::view_alloc(subsets.front().space(), "tomoedx::solvers::models"), most);
  for (auto const& op : subsets) ranges.views.emplace_back(ranges.memory.data(), op.range_layout());
  return ranges;
}

}  // namespace tomoedx::detail

#endif
