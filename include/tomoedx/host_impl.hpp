// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_IMPL_HPP
#define TOMOEDX_HOST_IMPL_HPP

// The bodies of tomoedx/host.hpp: include this in exactly one file of a program, compiled as Kokkos was.

#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/detail/host_fbp.hpp>
#include <tomoedx/detail/host_subsets.hpp>
#include <tomoedx/detail/host_watch.hpp>
#include <tomoedx/distribute/mpi_em.hpp>
#include <tomoedx/host.hpp>
#include <tomoedx/solvers/cgls.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/os_sirt.hpp>
#include <tomoedx/solvers/osem.hpp>
#include <tomoedx/solvers/sirt.hpp>

namespace tomoedx::host {

void project(parallel_beam const& beam, projector kind, input const& volume, output const& stack) {
  detail::start();
  auto const from = detail::view(volume, "project: volume");
  auto const to = detail::view(stack, "project: stack");
  auto const fitted = tomoedx::detail::fit_geometry(beam, from, to, "project");
  detail::any_projector const op(kind, fitted, volume.shape[1]);
  auto const x = make_domain(op);
  auto const y = make_range(op);
  detail::send(op.space(), from, x);
  op.forward(x, y);
  detail::receive(op.space(), y, to);
}

void backproject(parallel_beam const& beam, projector kind, input const& stack, output const& volume) {
  detail::start();
  auto const from = detail::view(stack, "backproject: stack");
  auto const to = detail::view(volume, "backproject: volume");
  auto const fitted = tomoedx::detail::fit_geometry(beam, to, from, "backproject");
  detail::any_projector const op(kind, fitted, volume.shape[1]);
  auto const x = make_domain(op);
  auto const y = make_range(op);
  detail::send(op.space(), from, y);
  op.adjoint(y, x);
  detail::receive(op.space(), x, to);
}

solve_report sirt(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, sirt_options const& o, watch const& on) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "sirt", [&](detail::series_set const& set) {
        return tomoedx::sirt(
            set.all, set.data, set.x,
            {.iterations = o.iterations,
             .relaxation = o.relaxation,
             .lower = o.lower,
             .upper = o.upper,
             .mask = set.mask,
             .warm_start = o.warm_start,
             .stop = o.stop},
            detail::watching(on, o.stored, "sirt", set, o.warm_start,
                             {{"relaxation", o.relaxation}, {"lower", o.lower}, {"upper", o.upper}}));
      });
}

solve_report os_sirt(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                     std::vector<output> const& volumes, os_sirt_options const& o, watch const& on) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "os_sirt", [&](detail::series_set const& set) {
        detail::subset_list const parts(set.all.inner(), stacks, o.subsets);
        return tomoedx::os_sirt(parts.operators, parts.data, set.x,
                                {.iterations = o.iterations,
                                 .relaxation = o.relaxation,
                                 .decay = o.decay,
                                 .lower = o.lower,
                                 .upper = o.upper,
                                 .mask = set.mask,
                                 .warm_start = o.warm_start,
                                 .stop = o.stop},
                                detail::watching(on, o.stored, "os_sirt", set, o.warm_start,
                                                 {{"subsets", static_cast<double>(o.subsets)},
                                                  {"relaxation", o.relaxation},
                                                  {"decay", o.decay},
                                                  {"lower", o.lower},
                                                  {"upper", o.upper}}));
      });
}

solve_report cgls(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, cgls_options const& o, watch const& on) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "cgls", [&](detail::series_set const& set) {
        return tomoedx::cgls(
            set.all, set.data, set.x,
            {.iterations = o.iterations,
             .damping = o.damping,
             .mask = set.mask,
             .warm_start = o.warm_start,
             .stop = o.stop},
            detail::watching(on, o.stored, "cgls", set, o.warm_start, {{"damping", o.damping}}));
      });
}

solve_report em(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                std::vector<output> const& volumes, em_options const& o, watch const& on) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "em", [&](detail::series_set const& set) {
        return tomoedx::em(
            detail::ranks_of_calls(), set.all, set.data, set.x,
            {.iterations = o.iterations,
             .background = o.background,
             .mask = set.mask,
             .warm_start = o.warm_start,
             .stop = o.stop},
            detail::watching(on, o.stored, "em", set, o.warm_start, {{"background", o.background}}));
      });
}

solve_report osem(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, osem_options const& o, watch const& on) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, o.warm_start, "osem", [&](detail::series_set const& set) {
        detail::subset_list const parts(set.all.inner(), stacks, o.subsets);
        return tomoedx::osem(
            detail::ranks_of_calls(), parts.operators, parts.data, set.x,
            {.iterations = o.iterations,
             .background = o.background,
             .mask = set.mask,
             .warm_start = o.warm_start,
             .stop = o.stop},
            detail::watching(on, o.stored, "osem", set, o.warm_start,
                             {{"subsets", static_cast<double>(o.subsets)}, {"background", o.background}}));
      });
}

solve_report fbp(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                 std::vector<output> const& volumes, fbp_options const& o) {
  return detail::reconstruct(
      beam, kind, stacks, volumes, o.mask, false, "fbp", [&](detail::series_set const& set) {
        auto const many = set.all.inner().repeated(stacks.size());
        detail::any_projector::range_view const data(set.data.data(), many.range_layout());
        detail::any_projector::domain_view const x(set.x.data(), many.domain_layout());
        tomoedx::fbp(many, data, x, {.filter = detail::library_filter(o.filter), .cutoff = o.cutoff});
        tomoedx::detail::apply_mask(set.all.space(), set.mask, set.x);
        return detail::residual_of(set, make_range(set.all));
      });
}

solve_report hebt(parallel_beam const& beam, projector kind, std::vector<input> const& maps,
                  input const& haadf, std::vector<output> const& volumes, hebt_options const& o,
                  watch const& on) {
  detail::start();
  expects<shape_error>(haadf.data != nullptr, "hebt: the HAADF series is missing");
  auto const fitted = detail::fit_all(beam, maps, volumes, o.mask, "hebt");
  detail::expect_shape(haadf.shape, maps[0].shape, "hebt", "HAADF", "the maps");
  std::vector<input> series = maps;
  series.push_back(haadf);
  detail::any_projector const op(kind, fitted, haadf.shape[1]);
  detail::series_set const set(mixed_operator(op, hebt_mixing(maps.size(), o.alpha)), series, volumes, o.mask,
                               o.warm_start);
  auto watch_it = detail::watching(on, o.stored, "hebt", set, o.warm_start,
                                   {{"alpha", o.alpha}, {"relaxation", o.relaxation}, {"upper", o.upper}});
  for (std::size_t e = 0; e < o.ratios.size(); ++e) watch_it.tell_apart("ratio", e, o.ratios[e]);
  auto const report = tomoedx::hebt(op, set.data, set.x,
                                    {.iterations = o.iterations,
                                     .alpha = o.alpha,
                                     .ratios = o.ratios,
                                     .relaxation = o.relaxation,
                                     .upper = o.upper,
                                     .mask = set.mask,
                                     .warm_start = o.warm_start,
                                     .stop = o.stop},
                                    watch_it);
  set.receive_all(volumes);
  return report;
}

void share_slices_over_mpi() {
#ifdef TOMOEDX_MPI
  detail::ranks_of_calls() = communicator(MPI_COMM_WORLD);
#else
  fail("share_slices_over_mpi: this build has no MPI; configure with TOMOEDX_MPI=ON");
#endif
}

machine describe_machine() {
  detail::start();
  return {detail::space::name(), static_cast<int>(detail::space().concurrency()), name_of(best_isa())};
}

}  // namespace tomoedx::host

#endif
