// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_IMPL_HPP
#define TOMOEDX_HOST_IMPL_HPP

// The bodies of tomoedx/host.hpp: include this in exactly one file of a program, compiled as Kokkos was.

#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/detail/host_buffers.hpp>
#include <tomoedx/host.hpp>
#include <tomoedx/projectors/project.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

namespace tomoedx::host {

namespace detail {

using space = Kokkos::DefaultExecutionSpace;

/// f(operator) with the operator of this kind.
template <class F>
auto with_projector(projector kind, parallel_beam const& beam, std::size_t slices, F&& f) {
  space const s;
  switch (kind) {
    case projector::joseph:
      return f(tilt_projector<space, float, joseph>(s, beam, slices));
    case projector::siddon:
      return f(tilt_projector<space, float, siddon>(s, beam, slices));
    default:
      return f(tilt_projector<space, float, strip>(s, beam, slices));
  }
}

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
  if (mask.data != nullptr)
    expects<shape_error>(mask.shape == volumes[0].shape,
                         "{}: the mask is ({}, {}, {}), the volume ({}, {}, {})", who, mask.shape[0],
                         mask.shape[1], mask.shape[2], volumes[0].shape[0], volumes[0].shape[1],
                         volumes[0].shape[2]);
  return tomoedx::detail::fit_geometry(beam, view(volumes[0], who), view(stacks[0], who), who);
}

/// Run `solve(operator, data, x, mask)` on the series side by side and bring the volumes back.
template <class Op, class Solve>
solve_report run(Op const& stacked, std::vector<input> const& stacks, std::vector<output> const& volumes,
                 input const& mask, bool warm_start, Solve&& solve) {
  auto const s = stacked.space();
  auto const data = make_range(stacked);
  auto const x = make_domain(stacked);
  for (std::size_t c = 0; c < stacks.size(); ++c)
    send(s, view(stacks[c], "series"), stacked.channel(data, c));
  typename Op::domain_view where;
  if (mask.data != nullptr) where = make_domain(stacked);
  for (std::size_t e = 0; e < volumes.size(); ++e) {
    if (mask.data != nullptr) send(s, view(mask, "mask"), stacked.element(where, e));
    if (warm_start) send(s, view(input{volumes[e].data, volumes[e].shape}, "volume"), stacked.element(x, e));
  }
  solve_report const report = solve(data, x, where);
  for (std::size_t e = 0; e < volumes.size(); ++e)
    receive(s, stacked.element(x, e), view(volumes[e], "volume"));
  return report;
}

}  // namespace detail

void project(parallel_beam const& beam, projector kind, input const& volume, output const& stack) {
  detail::start();
  auto const from = detail::view(volume, "project: volume");
  auto const to = detail::view(stack, "project: stack");
  auto const fitted = tomoedx::detail::fit_geometry(beam, from, to, "project");
  detail::with_projector(kind, fitted, volume.shape[1], [&](auto const& op) {
    auto const x = make_domain(op);
    auto const y = make_range(op);
    detail::send(op.space(), from, x);
    op.forward(x, y);
    detail::receive(op.space(), y, to);
  });
}

void backproject(parallel_beam const& beam, projector kind, input const& stack, output const& volume) {
  detail::start();
  auto const from = detail::view(stack, "backproject: stack");
  auto const to = detail::view(volume, "backproject: volume");
  auto const fitted = tomoedx::detail::fit_geometry(beam, to, from, "backproject");
  detail::with_projector(kind, fitted, volume.shape[1], [&](auto const& op) {
    auto const x = make_domain(op);
    auto const y = make_range(op);
    detail::send(op.space(), from, y);
    op.adjoint(y, x);
    detail::receive(op.space(), x, to);
  });
}

solve_report sirt(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, sirt_options const& options, watch const& on) {
  detail::start();
  auto const fitted = detail::fit_all(beam, stacks, volumes, options.mask, "sirt");
  return detail::with_projector(kind, fitted, stacks[0].shape[1], [&](auto const& op) {
    mixed_operator const all(op, separate_channels(stacks.size()));
    return detail::run(all, stacks, volumes, options.mask, options.warm_start,
                       [&](auto const& data, auto const& x, auto const& mask) {
                         return tomoedx::sirt(all, data, x,
                                              {.iterations = options.iterations,
                                               .relaxation = options.relaxation,
                                               .lower = options.lower,
                                               .upper = options.upper,
                                               .mask = mask,
                                               .warm_start = options.warm_start,
                                               .stop = options.stop},
                                              detail::watcher(on));
                       });
  });
}

solve_report em(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                std::vector<output> const& volumes, em_options const& options, watch const& on) {
  detail::start();
  auto const fitted = detail::fit_all(beam, stacks, volumes, options.mask, "em");
  return detail::with_projector(kind, fitted, stacks[0].shape[1], [&](auto const& op) {
    mixed_operator const all(op, separate_channels(stacks.size()));
    return detail::run(all, stacks, volumes, options.mask, options.warm_start,
                       [&](auto const& data, auto const& x, auto const& mask) {
                         return tomoedx::em(all, data, x,
                                            {.iterations = options.iterations,
                                             .background = options.background,
                                             .mask = mask,
                                             .warm_start = options.warm_start,
                                             .stop = options.stop},
                                            detail::watcher(on));
                       });
  });
}

solve_report hebt(parallel_beam const& beam, projector kind, std::vector<input> const& maps,
                  input const& haadf, std::vector<output> const& volumes, hebt_options const& options,
                  watch const& on) {
  detail::start();
  expects<shape_error>(haadf.data != nullptr, "hebt: the HAADF series is missing");
  auto const fitted = detail::fit_all(beam, maps, volumes, options.mask, "hebt");
  expects<shape_error>(haadf.shape == maps[0].shape, "hebt: HAADF is ({}, {}, {}), the maps ({}, {}, {})",
                       haadf.shape[0], haadf.shape[1], haadf.shape[2], maps[0].shape[0], maps[0].shape[1],
                       maps[0].shape[2]);
  std::vector<input> series = maps;
  series.push_back(haadf);
  return detail::with_projector(kind, fitted, haadf.shape[1], [&](auto const& op) {
    mixed_operator const stacked(op, hebt_mixing(maps.size(), options.alpha));
    return detail::run(stacked, series, volumes, options.mask, options.warm_start,
                       [&](auto const& data, auto const& x, auto const& mask) {
                         return tomoedx::hebt(op, data, x,
                                              {.iterations = options.iterations,
                                               .alpha = options.alpha,
                                               .ratios = options.ratios,
                                               .relaxation = options.relaxation,
                                               .upper = options.upper,
                                               .mask = mask,
                                               .warm_start = options.warm_start,
                                               .stop = options.stop},
                                              detail::watcher(on));
                       });
  });
}

machine describe_machine() {
  detail::start();
  return {detail::space::name(), static_cast<int>(detail::space().concurrency()), name_of(best_isa())};
}

}  // namespace tomoedx::host

#endif
