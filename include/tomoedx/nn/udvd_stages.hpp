// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_UDVD_STAGES_HPP
#define TOMOEDX_NN_UDVD_STAGES_HPP

#include <tomoedx/nn/udvd.hpp>

/// UDVD in two tables, for sequences: neighbouring frames share groups (groups_of), whose first stage is then computed
/// once. Both read the same weights, and one after the other give what the whole network gives.
namespace tomoedx::nn {

/// The first stage for one group of frames, one input each: four results, one for each quarter turn.
///
/// throws   as network_of
inline network first_stage_of(udvd const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("udvd", extent);
  auto const by = detail::udvd_margins(u, extent);
  auto const inside = detail::enlarged(extent, by);
  network net;
  std::vector<value> frames;
  for (std::size_t i = 0; i < groups_of(u).front().size(); ++i) frames.push_back(net.input(u.channels));
  for (auto& f : frames) f = detail::enlarge(net, f, extent, by);
  for (int quarters = 0; quarters < 4; ++quarters) {
    auto turned = frames;
    for (auto& f : turned) f = detail::turn(net, f, quarters);
    net.output(detail::first_stage(net, u, turned, detail::turned(inside, quarters)));
  }
  return net;
}

/// The extents of the four results of the first stage, and of the second stage's inputs four by four.
inline std::array<triple, 4> turned_extents(udvd const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("udvd", extent);
  auto const inside = detail::enlarged(extent, detail::udvd_margins(u, extent));
  auto const beside = detail::turned(inside, 1);
  return {inside, beside, inside, beside};
}

/// The rest of the network: the four results of the first group, then those of the next, in; the image out.
///
/// throws   as network_of
inline network second_stage_of(udvd const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("udvd", extent);
  auto const by = detail::udvd_margins(u, extent);
  auto const inside = detail::enlarged(extent, by);
  network net;
  std::vector<value> given, branches;
  std::size_t const groups = groups_of(u).size();
  for (std::size_t i = 0; i < 4 * groups; ++i) given.push_back(net.input(u.first.outputs));
  for (int quarters = 0; quarters < 4; ++quarters) {
    std::vector<value> branch;
    for (std::size_t g = 0; g < groups; ++g)
      branch.push_back(given[4 * g + static_cast<std::size_t>(quarters)]);
    branches.push_back(detail::second_stage(net, u, branch, inside, quarters, by));
  }
  net.output(detail::udvd_head(net, u, branches));
  return net;
}

/// The network of the noise level alone, all frames in, which the second stage does without.
///
/// throws   as network_of; tomoedx::value_error when there is none
inline network noise_level_of(udvd const& u, triple const& extent) {
  detail::check(u);
  detail::check_extent("udvd", extent);
  expects<value_error>(u.sigma_net != 0,
                       "udvd: this network has no part that estimates the noise level (sigma_net)");
  network net;
  std::vector<value> frames;
  for (int i = 0; i < u.frames; ++i) frames.push_back(net.input(u.channels));
  net.output(detail::noise_level(net, u, frames, extent));
  return net;
}

}  // namespace tomoedx::nn

#endif
