// SPDX-License-Identifier: BSD-3-Clause
#include "reconstruct.hpp"

#include "progress.hpp"
#include "ranks.hpp"
#include "signals.hpp"

#include <cmath>

namespace tomoedx::cli {
namespace {

std::vector<host::output> outputs_of(std::vector<std::vector<float>>& volumes, shape3 const& shape) {
  std::vector<host::output> out;
  for (auto& v : volumes) out.push_back({v.data(), shape});
  return out;
}

/// The series as they are, or drawn anew: maps, then HAADF.
std::vector<host::input> series_of(reconstruction_plan const& p, reconstruction_data const& d) {
  std::vector<host::input> series;
  for (auto const& m : d.maps) series.push_back({m.data(), p.stack()});
  if (p.haadf) series.push_back({d.haadf.data(), p.haadf_stack()});
  return series;
}

host::convex_report solve(reconstruction_plan const& p, reconstruction_data const& d,
                          std::vector<host::input> series, std::vector<host::output> volumes,
                          option_values const& options, host::watch watch) {
  host::input haadf{};
  if (p.joins_haadf()) {
    haadf = series.back();
    series.pop_back();
  }
  return p.how->solve({.beam = p.beam,
                       .kind = p.kind,
                       .series = std::move(series),
                       .volumes = std::move(volumes),
                       .haadf = haadf,
                       .mask = {d.mask.empty() ? nullptr : d.mask.data(), p.volume()},
                       .ratios = d.link ? d.link->ratios : std::vector<double>(),
                       .doses = p.doses,
                       .haadf_tilts = p.haadf_tilts,
                       .options = options,
                       .watch = std::move(watch)});
}

host::convex_report reconstruct(reconstruction_plan const& p, reconstruction_data& d) {
  progress_display display(p.asked.method, p.asked.quiet);
  auto solved = solve(p, d, series_of(p, d), outputs_of(d.volumes, p.volume()), p.options,
                      [&](progress const& now) { return display(now); });
  if (solved.ended != ending::observer) return solved;
  auto const file = p.options.text(option::checkpoint);
  throw cancelled(
      fmt::format("interrupted after iteration {} of {}; nothing was written{}", solved.iterations,
                  p.options.whole(option::iterations),
                  file.empty() ? "" : " but the state, to " + file + ": the same command goes on from it"));
}

/// Standard deviations by reconstructions of series that are drawn anew.
void scatter(reconstruction_plan const& p, reconstruction_data& d) {
  auto const replicas = p.options.whole(option::uncertainty);
  if (replicas == 0) return;
  auto once = p.options;
  once.forget(option::warm_start);
  once.forget(option::checkpoint);
  d.sigmas.assign(d.volumes.size(), std::vector<float>(count_of(p.volume())));
  std::vector<host::scatter> how(p.maps.size());
  if (p.haadf) how.push_back({.counts = false});
  progress_display display("uncertainty", p.asked.quiet, "replica");
  auto const quiet = [](progress const&) {
    return caught_signal() != 0 ? decision::stop : decision::proceed;
  };
  auto const done = host::bootstrap(
      series_of(p, d), outputs_of(d.sigmas, p.volume()),
      [&](std::vector<host::input> const& series, std::vector<host::output> const& volumes) {
        solve(p, d, series, volumes, once, quiet);
      },
      {.replicas = replicas, .seed = p.options.whole(option::seed), .series = how},
      [&](progress const& now) { return display(now); });
  if (done < replicas || caught_signal() != 0)
    throw cancelled(fmt::format("interrupted in replica {} of {}; nothing was written", done, replicas));
  d.steps.push_back(
      fmt::format("standard deviations from {} reconstructions of maps drawn anew as counts{}; what the "
                  "method itself leaves out "
                  "is not in them",
                  replicas, p.haadf ? " and HAADF with its measured noise" : ""));
}

void print_summary(reconstruction_plan const& p, reconstruction_data const& d,
                   host::convex_report const& solved, phase_times const& times,
                   std::vector<std::string> const& files) {
  fmt::print("{}: ", p.asked.method);
  if (p.how->knows(option::iterations)) fmt::print("{} iterations in ", solved.iterations);
  fmt::print("{:.2f} s", times.iterate);
  if (solved.residuals.size() > 1)
    fmt::print(", residual {:.4g} -> {:.4g}", solved.residuals.front(), solved.residuals.back());
  if (!solved.gap.empty() && std::isfinite(solved.gap.back() / solved.objective.back()))
    fmt::print(", duality gap {:.2g} of the objective", solved.gap.back() / solved.objective.back());
  fmt::print("\n");
  if (d.link) {
    fmt::print("response ratios");
    for (std::size_t e = 0; e < p.maps.size(); ++e)
      fmt::print("  {} {:.5g}", p.maps[e].name, d.link->ratios[e]);
    if (d.link->pixels > 0) fmt::print("   R^2 {:.3f}", d.link->r_squared);
    fmt::print("\n");
  }
  fmt::print("{}: {}\n", p.asked.output, fmt::join(files, " "));
}

}  // namespace

void run(reconstruct_command const& c) {
  stopwatch clock;
  phase_times times;
  auto const plan = plan_reconstruction(c);
  bool const spread = world().size() > 1;
  if (spread) check_spread(plan);
  if (plan.options.has(option::memory)) {
    use_threads(c.threads);
    return stream_reconstruction(plan);
  }
  auto data = load_reconstruction(plan);
  if (leads())
    for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx reconstruct: note: {}\n", warning);
  if (plan.resumes && !c.quiet && leads())
    fmt::print(stderr, "tomoedx reconstruct: going on from {}\n", plan.options.text(option::checkpoint));
  times.read = clock.lap();

  use_threads(c.threads);
  auto const own = spread ? own_rows(plan) : plan;
  if (spread) keep_own_rows(plan, own, data);
  auto const solved = reconstruct(own, data);
  if (spread) {
    gather_volumes(plan, data);
    data.steps.push_back(fmt::format("{} rows spread over {} ranks", plan.rows.count(), world().size()));
  }
  times.iterate = clock.lap();
  scatter(plan, data);
  times.scatter = clock.lap();
  if (!leads()) return;

  auto const files = write_reconstruction(plan, data, solved, times);
  times.write = clock.lap();
  if (!c.quiet) print_summary(plan, data, solved, times, files);
}

}  // namespace tomoedx::cli
