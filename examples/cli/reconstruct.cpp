// SPDX-License-Identifier: BSD-3-Clause
#include "reconstruct.hpp"

#include "progress.hpp"
#include "signals.hpp"

namespace tomoedx::cli {
namespace {

solve_report solve(reconstruction_plan const& p, reconstruction_data& d) {
  std::vector<host::input> series;
  std::vector<host::output> volumes;
  for (auto const& m : d.maps) series.push_back({m.data(), p.stack()});
  if (p.reconstructs_haadf()) series.push_back({d.haadf.data(), p.stack()});
  for (auto& v : d.volumes) volumes.push_back({v.data(), p.volume()});
  host::input const mask{d.mask.empty() ? nullptr : d.mask.data(), p.volume()};
  bool const warm = !p.warm_files.empty();
  stopping_rules const stop{.residual_below = p.asked.stop_residual, .relative_change = p.asked.stop_change};

  progress_display display(p.asked.method, p.asked.quiet);
  host::watch const watch = [&](progress const& now) { return display(now); };
  switch (p.how) {
    case method::em:
      return host::em(p.beam, p.kind, series, volumes,
                      {.iterations = p.iterations,
                       .background = p.background,
                       .mask = mask,
                       .warm_start = warm,
                       .stop = stop},
                      watch);
    case method::hebt:
      return host::hebt(p.beam, p.kind, series, {d.haadf.data(), p.stack()}, volumes,
                        {.iterations = p.iterations,
                         .alpha = p.alpha,
                         .ratios = d.link->ratios,
                         .relaxation = p.relaxation,
                         .mask = mask,
                         .warm_start = warm,
                         .stop = stop},
                        watch);
    default:
      return host::sirt(p.beam, p.kind, series, volumes,
                        {.iterations = p.iterations,
                         .relaxation = p.relaxation,
                         .lower = p.lower,
                         .upper = p.upper,
                         .mask = mask,
                         .warm_start = warm,
                         .stop = stop},
                        watch);
  }
}

void print_summary(reconstruction_plan const& p, reconstruction_data const& d, solve_report const& solved,
                   phase_times const& times, std::vector<std::string> const& files) {
  fmt::print("{}: {} iterations in {:.2f} s", p.asked.method, solved.iterations, times.iterate);
  if (solved.residuals.size() > 1)
    fmt::print(", residual {:.4g} -> {:.4g}", solved.residuals.front(), solved.residuals.back());
  fmt::print("\n");
  if (d.link) {
    fmt::print("response ratios");
    for (std::size_t e = 0; e < p.maps.size(); ++e)
      fmt::print("  {} {:.5g}", p.maps[e].name, d.link->ratios[e]);
    fmt::print("   R^2 {:.3f}\n", d.link->r_squared);
  }
  fmt::print("{}: {}\n", p.asked.output, fmt::join(files, " "));
}

}  // namespace

void run(reconstruct_command const& c) {
  stopwatch clock;
  phase_times times;
  auto const plan = plan_reconstruction(c);
  auto data = load_reconstruction(plan);
  for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx reconstruct: note: {}\n", warning);
  times.read = clock.lap();

  use_threads(c.threads);
  auto const solved = solve(plan, data);
  if (solved.ended == ending::observer)
    throw cancelled(fmt::format("interrupted after iteration {} of {}; nothing was written",
                                solved.iterations, plan.iterations));
  times.iterate = clock.lap();

  auto const files = write_reconstruction(plan, data, solved, times);
  times.write = clock.lap();
  if (!c.quiet) print_summary(plan, data, solved, times, files);
}

}  // namespace tomoedx::cli
