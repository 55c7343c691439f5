// SPDX-License-Identifier: BSD-3-Clause
// What an iteration of a solver costs beyond its projections: `ratio` is the time of an iteration over that of one
// forward and one back projection (of the sum of its parts for HEBT: as many of both as there are elements, and the
// mixing), taken in turns in the same run. 512 x 512, 31 tilts, 64 slices, one thread (Serial).
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/projectors/tilt_subsets.hpp>
#include <tomoedx/solvers/cgls.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/os_sirt.hpp>
#include <tomoedx/solvers/osem.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "machine.hpp"

#include <ctime>

namespace {

using space = Kokkos::Serial;
using op_t = tomoedx::tilt_projector<space, float, tomoedx::strip>;
using mixed_t = tomoedx::mixed_operator<op_t>;
constexpr std::size_t endless = 100'000;

tomoedx::parallel_beam beam() {
  tomoedx::parallel_beam g{.tilts_deg = {}, .width = 512, .depth = 512, .detector = 512};
  for (int t = 0; t < 31; ++t) g.tilts_deg.push_back(-75 + 5.0 * t);
  return g;
}

op_t projector() {
  return op_t(space(), beam(), 64);
}

/// Data that a volume of ones makes.
template <class Op>
typename Op::range_view data_of(Op const& op) {
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  Kokkos::deep_copy(x, 1.0f);
  tomoedx::clear_padding(op, x);
  op.forward(x, y);
  op.space().fence();
  return y;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Time `step`, and in turns with it the projections that it cannot do without.
template <class Op, class Step>
void against_projections(benchmark::State& state, Op const& op, Step const& step) {
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  Kokkos::deep_copy(x, 1.0f);
  double steps = 0, projections = 0;
  step();  // what is touched for the first time costs more
  for (auto _ : state) {
    double const start = processor_seconds();
    step();
    op.space().fence();
    double const middle = processor_seconds();
    op.forward(x, y);
    op.adjoint(y, x);
    op.space().fence();
    double const end = processor_seconds();
    Kokkos::deep_copy(x, 1.0f);
    steps += middle - start;
    projections += end - middle;
    state.SetIterationTime(middle - start);
  }
  state.counters["ratio"] = steps / projections;
}

void sirt(benchmark::State& state) {
  op_t const op = projector();
  auto const x = tomoedx::make_domain(op);
  tomoedx::sirt_solver<op_t> method(op, data_of(op), x, {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

void em(benchmark::State& state) {
  op_t const op = projector();
  auto const x = tomoedx::make_domain(op);
  tomoedx::em_solver<op_t> method(op, data_of(op), x, {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

void cgls(benchmark::State& state) {
  op_t const op = projector();
  auto const x = tomoedx::make_domain(op);
  tomoedx::cgls_solver<op_t> method(op, data_of(op), x, {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

void os_sirt(benchmark::State& state) {
  op_t const op = projector();
  auto const x = tomoedx::make_domain(op);
  tomoedx::tilt_subsets const parts(op, static_cast<std::size_t>(state.range(0)));
  tomoedx::os_sirt_solver<op_t> method(parts.operators(), parts.split(data_of(op)), x,
                                       {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

void osem(benchmark::State& state) {
  op_t const op = projector();
  auto const x = tomoedx::make_domain(op);
  tomoedx::tilt_subsets const parts(op, static_cast<std::size_t>(state.range(0)));
  tomoedx::osem_solver<op_t> method(parts.operators(), parts.split(data_of(op)), x, {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

/// HEBT's step on two elements; its parts are the projections of both and the two ways of mixing.
void hebt(benchmark::State& state) {
  mixed_t const op(projector(), tomoedx::hebt_mixing(2, 0.7));
  auto const x = tomoedx::make_domain(op);
  tomoedx::sirt_solver<mixed_t> method(op, data_of(op), x, {.iterations = endless});
  against_projections(state, op, [&] { method.step(); });
}

void once(benchmark::internal::Benchmark* b) {
  b->Unit(benchmark::kMillisecond)->UseManualTime()->MinTime(2.0);
}

BENCHMARK(sirt)->Apply(once);
BENCHMARK(em)->Apply(once);
BENCHMARK(cgls)->Apply(once);
BENCHMARK(os_sirt)->ArgName("subsets")->Arg(4)->Arg(31)->Apply(once);
BENCHMARK(osem)->ArgName("subsets")->Arg(4)->Apply(once);
BENCHMARK(hebt)->Apply(once);

}  // namespace

int main(int argc, char** argv) {
  return bench::run(argc, argv);
}
