// SPDX-License-Identifier: BSD-3-Clause
// SIRT on Views, watched: the observer prints the residual and ends the work when it has seen enough.
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <cstdio>

int main() {
  Kokkos::ScopeGuard const kokkos;
  Kokkos::DefaultExecutionSpace const space;
  tomoedx::parallel_beam const beam{
      .tilts_deg = {-60, -45, -30, -15, 0, 15, 30, 45, 60}, .width = 64, .depth = 64, .detector = 64};
  tomoedx::tilt_projector const op(space, beam, 8);  // float, strip, 8 slices

  // data: the projection of a bar, in every slice
  auto const truth = tomoedx::make_domain(op);
  auto const data = tomoedx::make_range(op);
  auto const bar = Kokkos::make_pair(20, 44);
  Kokkos::deep_copy(Kokkos::subview(truth, Kokkos::ALL, bar, Kokkos::make_pair(28, 36), Kokkos::ALL), 1.0f);
  op.forward(truth, data);

  auto const x = tomoedx::make_domain(op);
  double first = 0;
  auto const watch = [&](tomoedx::progress const& p) {
    if (p.iteration == 1) first = p.residual;
    std::printf("iteration %zu of %zu: residual %.3f\n", p.iteration, p.iterations, p.residual);
    return p.residual < 0.02 * first ? tomoedx::decision::stop : tomoedx::decision::proceed;
  };
  auto const report = tomoedx::sirt(op, data, x, {.iterations = 200, .upper = 1.5}, watch);

  std::printf("ended by %s after %zu iterations\n", tomoedx::name_of(report.ended), report.iterations);
  return report.ended == tomoedx::ending::observer && report.iterations < 200 ? 0 : 1;
}
