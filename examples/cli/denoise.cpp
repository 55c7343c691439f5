// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"

#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/core/error.hpp>

namespace tomoedx::cli {
namespace {

void denoise_stack(denoising_plan const& p, chosen_parameter const& parameter, denoising_data& d) {
  progress_display display(p.name(), p.asked.quiet, "image");
  std::size_t done = 0;
  auto const watch = [&](progress const& now) {
    done = now.iteration;
    return display(now);
  };
  try {
    if (p.network)
      p.network->denoise(d.stack, d.result, watch);
    else
      filter_stack(p, parameter, d, watch);
  } catch (cancelled const&) {
    throw cancelled(fmt::format("interrupted after {} of {} images; nothing was written", done, p.shape[0]));
  }
  stop_if_asked();
}

std::string number_of(settings const& list, std::string const& name) {
  for (auto const& [key, value] : list)
    if (auto const* v = std::get_if<double>(&value); key == name && v != nullptr)
      return fmt::format("{:.5g}", *v);
  return "";
}

void print_summary(denoising_plan const& p, chosen_parameter const& parameter, judgement const& found,
                   denoising_times const& times, std::vector<std::string> const& files) {
  fmt::print("{}: {} image{} of {} x {} in {:.2f} s", p.name(), p.shape[0], p.shape[0] == 1 ? "" : "s",
             p.shape[1], p.shape[2], times.denoise);
  if (parameter.value)
    fmt::print(", {} {:.4g} ({})", parameter.name, *parameter.value, parameter.chosen);
  else if (!parameter.name.empty())
    fmt::print(", {} {}", parameter.name, parameter.chosen);
  fmt::print("\nresidual: mean {}, standard deviation {}", number_of(found.residual, "mean"),
             number_of(found.residual, "standard_deviation"));
  if (auto const ratio = number_of(found.residual, "variance_over_counts"); !ratio.empty())
    fmt::print(", variance / counts {}", ratio);
  fmt::print("\n");
  if (auto const before = number_of(found.reference, "psnr_before"); !before.empty())
    fmt::print("PSNR {} -> {} dB\n", before, number_of(found.reference, "psnr_after"));
  fmt::print("{}\n", fmt::join(files, " "));
}

}  // namespace

void run(denoise_command const& c) {
  stopwatch clock;
  denoising_times times;
  auto const plan = plan_denoising(c);
  auto data = load_denoising(plan);
  auto const machine = start_host(c.threads);
  times.read = clock.lap();

  chosen_parameter parameter;
  if (!plan.network) parameter = choose_parameter(plan, data);
  times.choose = clock.lap();

  denoise_stack(plan, parameter, data);
  times.denoise = clock.lap();

  auto const found = judge_denoising(plan, data);
  times.judge = clock.lap();
  for (auto const& warning : data.warnings) fmt::print(stderr, "tomoedx denoise: note: {}\n", warning);
  auto const files = write_denoising(plan, data, parameter, found, machine, times);
  if (!c.quiet) print_summary(plan, parameter, found, times, files);
}

}  // namespace tomoedx::cli
