// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_SERIES_HPP
#define TOMOEDX_DETAIL_HOST_SERIES_HPP

#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/detail/host_buffers.hpp>
#include <tomoedx/detail/host_projector.hpp>
#include <tomoedx/projectors/project.hpp>

/// Plain series and volumes of the facade on their way to slices side by side and back.
namespace tomoedx::host::detail {

using space = Kokkos::DefaultExecutionSpace;

/// Bring a plain host array into slices side by side.
template <class Sliced>
void send(space const& s, plain_input const& from, Sliced const& to) {
  if constexpr (tomoedx::detail::runs_on_host<space>)
    pack(s, from, to);
  else
    pack(s, upload(s, from), to);
  s.fence("tomoedx::host: data are in place");
}
template <class Sliced>
void receive(space const& s, Sliced const& from, plain_output const& to) {
  if constexpr (tomoedx::detail::runs_on_host<space>) {
    unpack(s, from, to);
    s.fence("tomoedx::host: results are in place");
  } else {
    auto const plain = zeros<float>(s, extents<3>{to.extent(0), to.extent(1), to.extent(2)});
    unpack(s, from, plain);
    download(s, plain, to);
  }
}

inline void expect_shape(std::array<std::size_t, 3> const& shape, std::array<std::size_t, 3> const& wanted,
                         char const* who, char const* what, char const* like) {
  expects<shape_error>(shape == wanted, "{}: {} is ({}, {}, {}), {} ({}, {}, {})", who, what, shape[0],
                       shape[1], shape[2], like, wanted[0], wanted[1], wanted[2]);
}

/// Refuse a list of buffers that do not go together, and give back the geometry that all of them share.
inline parallel_beam fit_all(parallel_beam const& beam, std::vector<input> const& stacks,
                             std::vector<output> const& volumes, input const& mask, char const* who) {
  expects<shape_error>(!stacks.empty(), "{}: there are no series", who);
  expects<shape_error>(stacks.size() == volumes.size(), "{}: {} series for {} volumes", who, stacks.size(),
                       volumes.size());
  for (std::size_t e = 0; e < stacks.size(); ++e) {
    view(stacks[e], who);
    view(volumes[e], who);
    expects<shape_error>(stacks[e].shape == stacks[0].shape && volumes[e].shape == volumes[0].shape,
                         "{}: series {} differs in shape from the first", who, e);
  }
  if (mask.data != nullptr) expect_shape(mask.shape, volumes[0].shape, who, "the mask", "the volume");
  return tomoedx::detail::fit_geometry(beam, view(volumes[0], who), view(stacks[0], who), who);
}

/// Several series of one geometry on the device: data, volumes and a mask, as a mixed operator maps them.
struct series_set {
  using op_type = mixed_operator<any_projector>;

  /// Bring series and mask over, and volumes too where they are what to start from.
  series_set(op_type const& op, std::vector<input> const& stacks, std::vector<output> const& volumes,
             input const& mask_buffer, bool warm_start)
      : all(op), data(make_range(op)), x(make_domain(op)) {
    auto const s = all.space();
    for (std::size_t c = 0; c < stacks.size(); ++c) send(s, view(stacks[c], "series"), all.channel(data, c));
    if (mask_buffer.data != nullptr) mask = make_domain(all);
    for (std::size_t e = 0; e < volumes.size(); ++e) {
      if (mask_buffer.data != nullptr) send(s, view(mask_buffer, "mask"), all.element(mask, e));
      if (warm_start) send(s, view(input{volumes[e].data, volumes[e].shape}, "volume"), all.element(x, e));
    }
  }

  void receive_all(std::vector<output> const& volumes) const {
    for (std::size_t e = 0; e < volumes.size(); ++e)
      receive(all.space(), all.element(x, e), view(volumes[e], "volume"));
  }

  op_type all;
  op_type::range_view data;
  op_type::domain_view x, mask{};
};

/// Run `solve(series_set)` on series that do not mix, and bring the volumes back.
template <class Solve>
solve_report reconstruct(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                         std::vector<output> const& volumes, input const& mask, bool warm_start,
                         char const* who, Solve&& solve) {
  start();
  auto const fitted = fit_all(beam, stacks, volumes, mask, who);
  any_projector const op(kind, fitted, stacks[0].shape[1]);
  series_set const set(mixed_operator(op, separate_channels(stacks.size())), stacks, volumes, mask,
                       warm_start);
  solve_report report = solve(set);
  set.receive_all(volumes);
  return report;
}

}  // namespace tomoedx::host::detail

#endif
