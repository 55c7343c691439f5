// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_CONVEX_IMPL_HPP
#define TOMOEDX_HOST_CONVEX_IMPL_HPP

// The bodies of tomoedx/host_convex.hpp: include this in exactly one file of a program, compiled as Kokkos was.

#include <tomoedx/bimodal/joint.hpp>
#include <tomoedx/detail/host_bootstrap.hpp>
#include <tomoedx/detail/host_variational.hpp>
#include <tomoedx/detail/host_watch.hpp>
#include <tomoedx/host_convex.hpp>

namespace tomoedx::host {

convex_report variational(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                          std::vector<output> const& volumes, variational_options const& o, watch const& on) {
  convex_report report;
  detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "variational", [&](detail::series_set const& set) {
        auto const noise =
            o.noise == noise::poisson ? detail::counted(set, o.background) : detail::measured(set);
        detail::library_regularizer const penalty(
            set.all.space(), detail::library_coupling(o.regularizer), set.all.domain_grid(),
            {.lambda = o.lambda, .in_plane = o.in_plane, .weights = noise.gradient});
        detail::bounds_in_mask const bounds{detail::single(o.lower), detail::single(o.upper),
                                            set.mask.data()};
        auto const done = tomoedx::pdhg(set.all, noise.model, penalty, set.x,
                                        pdhg_options<detail::bounds_in_mask>{.iterations = o.iterations,
                                                                             .bounds = bounds,
                                                                             .warm_start = o.warm_start,
                                                                             .until = {.gap_below = o.gap},
                                                                             .stop = o.stop},
                                        detail::watching(on, o.stored, "variational", set, o.warm_start,
                                                         {{"noise", static_cast<double>(o.noise)},
                                                          {"regularizer", static_cast<double>(o.regularizer)},
                                                          {"lambda", o.lambda},
                                                          {"in_plane", o.in_plane ? 1.0 : 0.0},
                                                          {"background", o.background},
                                                          {"lower", o.lower},
                                                          {"upper", o.upper}}));
        std::vector<double> units;
        for (double const n : noise.gradient) units.push_back(1 / n);
        report = detail::report_of(done, units, noise.sigmas);
        return solve_report(done);
      });
  return report;
}

convex_report joint(parallel_beam const& beam, projector kind, std::vector<input> const& maps,
                    input const& haadf, std::vector<output> const& volumes, joint_options const& o,
                    watch const& on) {
  using problem = joint_problem<detail::any_projector>;
  detail::start();
  expects<shape_error>(haadf.data != nullptr, "joint: the HAADF series is missing");
  auto const fitted = detail::fit_all(beam, maps, volumes, o.mask, "joint");
  expects<shape_error>(o.ratios.size() == maps.size(), "joint: {} response ratios for {} elements",
                       o.ratios.size(), maps.size());
  for (std::size_t e = 0; e < o.ratios.size(); ++e)
    expects<value_error>(o.ratios[e] > 0 && std::isfinite(o.ratios[e]),
                         "joint: the response ratio of element {} is {}; it is finite and above 0", e,
                         o.ratios[e]);
  expects<value_error>(o.stored.file.empty() || o.gamma == 1,
                       "joint: no state is stored with gamma {}; leave the checkpoint out", o.gamma);
  detail::any_projector const op(kind, fitted, maps[0].shape[1]);
  auto at_haadf = fitted;
  if (!o.haadf_tilts.empty()) at_haadf.tilts_deg = o.haadf_tilts, at_haadf.shifts.clear();
  detail::expect_shape(haadf.shape, {at_haadf.tilts(), maps[0].shape[1], fitted.detector}, "joint", "HAADF",
                       "its tilts and the maps ask for");
  detail::any_projector const haadf_op =
      o.haadf_tilts.empty() ? op : detail::any_projector(kind, at_haadf, op.slices());
  detail::series_set const set(mixed_operator(op, separate_channels(maps.size())), maps, volumes, o.mask,
                               o.warm_start);
  auto const signal = make_range(haadf_op);
  detail::send(op.space(), detail::view(haadf, "joint: HAADF"), signal);

  // in HAADF signal: counts of map e are W x(e) / r(e)
  calibration factors{
      .sensitivity = {}, .haadf = std::vector<double>(maps.size(), 1.0), .gamma = o.gamma, .dose = o.doses};
  for (double const r : o.ratios) factors.sensitivity.push_back(1 / r);
  problem::options const how{
      .iterations = o.iterations,
      .lambda = o.lambda,
      .coupling = detail::library_coupling(o.regularizer),
      .in_plane = o.in_plane,
      .background = o.background > 0 ? std::vector<double>(maps.size(), o.background) : std::vector<double>(),
      .mask = set.mask,
      .warm_start = o.warm_start,
      .until = {.gap_below = o.gap},
      .stop = o.stop};
  auto watch_it = detail::watching(on, o.stored, "joint", set, o.warm_start,
                                   {{"regularizer", static_cast<double>(o.regularizer)},
                                    {"lambda", o.lambda},
                                    {"in_plane", o.in_plane ? 1.0 : 0.0},
                                    {"background", o.background}});
  if (!o.stored.file.empty()) watch_it.tell_apart("HAADF", op.space(), signal);
  for (std::size_t e = 0; e < o.ratios.size(); ++e) watch_it.tell_apart("ratio", e, o.ratios[e]);
  for (std::size_t t = 0; t < o.doses.size(); ++t) watch_it.tell_apart("dose", t, o.doses[t]);
  for (std::size_t t = 0; t < o.haadf_tilts.size(); ++t)
    watch_it.tell_apart("HAADF tilt", t, o.haadf_tilts[t]);
  problem const posed = o.haadf_tilts.empty() ? problem(op, factors, set.data, signal, how)
                                              : problem(op, haadf_op, factors, set.data, signal, how);
  auto const done = tomoedx::joint(posed, set.x, how, watch_it);
  set.receive_all(volumes);
  return detail::report_of(done, done.units, {done.haadf_sigma});
}

std::size_t bootstrap(std::vector<input> const& stacks, std::vector<output> const& deviations,
                      reconstruction const& reconstruct, bootstrap_options const& o, watch const& on) {
  detail::start();
  expects<shape_error>(!stacks.empty() && !deviations.empty(),
                       "bootstrap: there are no series or no volumes");
  expects(static_cast<bool>(reconstruct), "bootstrap: there is nothing that reconstructs");
  detail::plain_series const op(stacks, deviations, o.series);
  auto const data = make_range(op);
  auto const mean = make_domain(op), deviation = make_domain(op);
  op.send(stacks, data);
  auto const report = tomoedx::bootstrap(
      op, data, mean, deviation, [&](auto const& drawn, auto const& x) { op.run(reconstruct, drawn, x); },
      {.replicas = o.replicas, .seed = o.seed, .channels = op.channels_of(data)},
      [&](progress const& p) { return on ? on(p) : decision::proceed; });
  op.receive(deviation, deviations);
  return report.replicas;
}

}  // namespace tomoedx::host

#endif
