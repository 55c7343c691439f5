// SPDX-License-Identifier: BSD-3-Clause
#include "methods.hpp"

#include <limits>

// The methods of `reconstruct`, a row for each.
namespace tomoedx::cli {
namespace {

using task = reconstruction_task;
using report = host::convex_report;
using options = std::vector<known_option>;

constexpr double none = std::numeric_limits<double>::infinity();

options operator+(options a, options const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
options iterations(std::size_t n) {
  return {{option::iterations, n}};
}
options subsets(std::size_t n) {
  return {{option::subsets, n}};
}
options const relaxation{{option::relaxation, 1.0}};
options const background{{option::background, 0.0}};
options const bounds{{option::lower, 0.0}, {option::upper, none}};
options const mask{{option::mask}};
options const replicas{{option::uncertainty}, {option::seed, std::size_t{1}}};
options const iterative = mask +
                          options{{option::warm_start},
                                  {option::stop_change, 0.0},
                                  {option::stop_residual, 0.0},
                                  {option::checkpoint},
                                  {option::every, std::size_t{10}}} +
                          replicas;
options const slabs{{option::memory}};
options const ratios{{option::ratios}, {option::ratio_method, std::string("nnls")}};
options const variation{{option::lambda, 1.0}, {option::dimensions, std::size_t{3}}};
options const gap{{option::stop_gap, 0.01}};

report run_sirt(task const& t) {
  return {host::sirt(t.beam, t.kind, t.series, t.volumes,
                     {.iterations = t.whole(option::iterations),
                      .relaxation = t.number(option::relaxation),
                      .lower = t.number(option::lower),
                      .upper = t.number(option::upper),
                      .mask = t.mask,
                      .warm_start = t.warm_start(),
                      .stop = t.stop(),
                      .stored = t.stored()},
                     t.watch)};
}

report run_subsets(task const& t, std::size_t count) {
  return {host::os_sirt(t.beam, t.kind, t.series, t.volumes,
                        {.iterations = t.whole(option::iterations),
                         .subsets = count,
                         .relaxation = t.number(option::relaxation),
                         .lower = t.number(option::lower),
                         .upper = t.number(option::upper),
                         .mask = t.mask,
                         .warm_start = t.warm_start(),
                         .stop = t.stop(),
                         .stored = t.stored()},
                        t.watch)};
}
report run_os_sirt(task const& t) {
  return run_subsets(t, t.whole(option::subsets));
}
report run_sart(task const& t) {
  return run_subsets(t, t.beam.tilts());
}

report run_cgls(task const& t) {
  return {host::cgls(t.beam, t.kind, t.series, t.volumes,
                     {.iterations = t.whole(option::iterations),
                      .damping = t.number(option::damping),
                      .mask = t.mask,
                      .warm_start = t.warm_start(),
                      .stop = t.stop(),
                      .stored = t.stored()},
                     t.watch)};
}

report run_em(task const& t) {
  return {host::em(t.beam, t.kind, t.series, t.volumes,
                   {.iterations = t.whole(option::iterations),
                    .background = t.number(option::background),
                    .mask = t.mask,
                    .warm_start = t.warm_start(),
                    .stop = t.stop(),
                    .stored = t.stored()},
                   t.watch)};
}

report run_osem(task const& t) {
  return {host::osem(t.beam, t.kind, t.series, t.volumes,
                     {.iterations = t.whole(option::iterations),
                      .subsets = t.whole(option::subsets),
                      .background = t.number(option::background),
                      .mask = t.mask,
                      .warm_start = t.warm_start(),
                      .stop = t.stop(),
                      .stored = t.stored()},
                     t.watch)};
}

report run_fbp(task const& t) {
  auto const name = t.options.text(option::filter);
  auto const filter = name == "shepp-logan" ? host::filter::shepp_logan
                      : name == "hann"      ? host::filter::hann
                      : name == "cosine"    ? host::filter::cosine
                                            : host::filter::ram_lak;
  return {host::fbp(t.beam, t.kind, t.series, t.volumes,
                    {.filter = filter, .cutoff = t.number(option::cutoff), .mask = t.mask})};
}

report run_hebt(task const& t) {
  return {host::hebt(t.beam, t.kind, t.series, t.haadf, t.volumes,
                     {.iterations = t.whole(option::iterations),
                      .alpha = t.number(option::alpha),
                      .ratios = t.ratios,
                      .relaxation = t.number(option::relaxation),
                      .mask = t.mask,
                      .warm_start = t.warm_start(),
                      .stop = t.stop(),
                      .stored = t.stored()},
                     t.watch)};
}

report run_variational(task const& t, host::variation regularizer) {
  return host::variational(
      t.beam, t.kind, t.series, t.volumes,
      {.iterations = t.whole(option::iterations),
       .noise = t.options.text(option::noise) == "poisson" ? host::noise::poisson : host::noise::gaussian,
       .regularizer = regularizer,
       .lambda = t.number(option::lambda),
       .in_plane = t.whole(option::dimensions) == 2,
       .background = t.number(option::background),
       .lower = t.number(option::lower),
       .upper = t.number(option::upper),
       .mask = t.mask,
       .warm_start = t.warm_start(),
       .gap = t.number(option::stop_gap),
       .stop = t.stop_at_looks(),
       .stored = t.stored()},
      t.watch);
}
report run_tv(task const& t) {
  return run_variational(t, host::variation::tv);
}
report run_vtv(task const& t) {
  return run_variational(t, host::variation::vtv);
}
report run_tnv(task const& t) {
  return run_variational(t, host::variation::tnv);
}

report run_joint(task const& t) {
  auto const name = t.options.text(option::regularizer);
  return host::joint(t.beam, t.kind, t.series, t.haadf, t.volumes,
                     {.iterations = t.whole(option::iterations),
                      .ratios = t.ratios,
                      .regularizer = name == "tv"    ? host::variation::tv
                                     : name == "vtv" ? host::variation::vtv
                                                     : host::variation::tnv,
                      .lambda = t.number(option::lambda),
                      .in_plane = t.whole(option::dimensions) == 2,
                      .gamma = t.number(option::gamma),
                      .doses = t.doses,
                      .haadf_tilts = t.haadf_tilts,
                      .background = t.number(option::background),
                      .mask = t.mask,
                      .warm_start = t.warm_start(),
                      .gap = t.number(option::stop_gap),
                      .stop = t.stop_at_looks(),
                      .stored = t.stored()},
                     t.watch);
}

options const of_variational = iterations(1000) + variation +
                               options{{option::noise, std::string("poisson")}} + background + bounds + gap +
                               iterative;
options const of_joint = iterations(2000) + ratios + options{{option::regularizer, std::string("tnv")}} +
                         variation + options{{option::gamma, 1.0}, {option::doses}, {option::haadf_tilts}} +
                         background + gap + iterative;

}  // namespace

std::span<method_row const> method_rows() {
  constexpr auto channel = haadf_role::channel, joined = haadf_role::joined;
  static std::vector<method_row> const rows{
      {"fbp",
       "filtered back-projection",
       channel,
       false,
       {3, 1},
       options{{option::filter, std::string("ram-lak")}, {option::cutoff, 1.0}} + mask + replicas + slabs,
       run_fbp},
      {"sirt",
       "SIRT",
       channel,
       false,
       {2, 2},
       iterations(100) + relaxation + bounds + iterative + slabs,
       run_sirt},
      {"os-sirt",
       "SIRT over subsets of the tilts",
       channel,
       false,
       {4, 2},
       iterations(20) + subsets(5) + relaxation + bounds + iterative + slabs,
       run_os_sirt},
      {"sart",
       "SIRT tilt by tilt",
       channel,
       false,
       {4, 2},
       iterations(4) + relaxation + bounds + iterative + slabs,
       run_sart},
      {"cgls",
       "least squares by conjugate gradients",
       channel,
       false,
       {3, 4},
       iterations(10) + options{{option::damping, 0.0}} + iterative,
       run_cgls},
      {"em",
       "maximum likelihood of counts (EM)",
       channel,
       true,
       {2, 2},
       iterations(15) + background + iterative + slabs,
       run_em},
      {"osem",
       "EM over subsets of the tilts",
       channel,
       true,
       {4, 2},
       iterations(4) + subsets(5) + background + iterative + slabs,
       run_osem},
      {"tv", "total variation of each volume", channel, false, {7, 8}, of_variational, run_tv},
      {"vtv",
       "variation of all volumes together, edges in the same places",
       channel,
       false,
       {7, 8},
       of_variational,
       run_vtv},
      {"tnv",
       "variation of all volumes together, edges in the same places and directions",
       channel,
       false,
       {7, 8},
       of_variational,
       run_tnv},
      {"hebt",
       "HEBT: all maps together with HAADF, by SIRT",
       joined,
       false,
       {3, 2},
       iterations(200) + options{{option::alpha, 0.7}} + ratios + relaxation + iterative + slabs,
       run_hebt},
      {"joint", "counts, HAADF and variation in one problem", joined, false, {8, 9}, of_joint, run_joint},
  };
  return rows;
}

}  // namespace tomoedx::cli
