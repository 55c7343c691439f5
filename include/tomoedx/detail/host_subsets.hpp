// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_SUBSETS_HPP
#define TOMOEDX_DETAIL_HOST_SUBSETS_HPP

#include <tomoedx/detail/host_series.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>

#include <algorithm>

namespace tomoedx::host::detail {

/// Series in ordered subsets of their tilts, each with an operator of its own.
struct subset_list {
  using op_type = series_set::op_type;

  subset_list(any_projector const& whole, std::vector<input> const& stacks, std::size_t count) {
    for (auto const& tilts : ordered_subsets(whole.geometry(), count)) {
      any_projector const op(whole.kind(), at_tilts(whole.geometry(), tilts), whole.slices());
      operators.emplace_back(op, separate_channels(stacks.size()));
      data.push_back(make_range(operators.back()));
      for (std::size_t c = 0; c < stacks.size(); ++c) send_tilts(tilts, stacks[c], c);
    }
  }

  std::vector<op_type> operators;
  std::vector<op_type::range_view> data;

 private:
  void send_tilts(std::vector<std::size_t> const& tilts, input const& stack, std::size_t channel) const {
    std::size_t const frame = stack.shape[1] * stack.shape[2];
    std::vector<float> some(tilts.size() * frame);
    for (std::size_t k = 0; k < tilts.size(); ++k)
      std::copy_n(stack.data + tilts[k] * frame, frame, some.data() + k * frame);
    send(operators.back().space(),
         view(input{some.data(), {tilts.size(), stack.shape[1], stack.shape[2]}}, "series"),
         operators.back().channel(data.back(), channel));
  }
};

}  // namespace tomoedx::host::detail

#endif
