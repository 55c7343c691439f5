// SPDX-License-Identifier: BSD-3-Clause
#ifdef TOMOEDX_HOST_LINKED  // with tomoedx::host, which holds the bodies
#include <Kokkos_Core.hpp>
#include <tomoedx/host.hpp>
#else
#include <tomoedx/host_impl.hpp>
#endif

#include "projectors/cases.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

namespace host = tomoedx::host;

namespace {

std::vector<float> floats(std::vector<double> const& v) {
  return {v.begin(), v.end()};
}

struct setup {
  std::size_t rows = 3;
  tomoedx::parallel_beam open{.tilts_deg = cases::every(-70, 70, 10), .axis_offset = 0.5};
  tomoedx::parallel_beam full = open;
  std::vector<float> volume, stack;

  setup() {
    full.width = 24, full.depth = 20, full.detector = 28;
    volume = floats(cases::random_values(full.voxels() * rows, 1, 0, 1));
    stack = floats(cases::random_values(full.rays() * rows, 2, 0, 3));
  }
  host::input volume_in(std::vector<float> const& v) const { return {v.data(), {20, rows, 24}}; }
  host::output volume_out(std::vector<float>& v) const { return {v.data(), {20, rows, 24}}; }
  host::input stack_in(std::vector<float> const& v) const { return {v.data(), {15, rows, 28}}; }
  host::output stack_out(std::vector<float>& v) const { return {v.data(), {15, rows, 28}}; }
};

}  // namespace

TEST_CASE("the facade projects and back-projects as the plain loops do") {
  setup const s;
  struct named {
    host::projector kind;
    tomoedx::reference::weight weight;
  };
  for (auto const& [kind, weight] : {named{host::projector::strip, tomoedx::reference::weight::strip},
                                     named{host::projector::joseph, tomoedx::reference::weight::joseph},
                                     named{host::projector::siddon, tomoedx::reference::weight::siddon}}) {
    std::vector<float> stack(s.stack.size()), volume(s.volume.size());
    host::project(s.open, kind, s.volume_in(s.volume), s.stack_out(stack));
    host::backproject(s.open, kind, s.stack_in(s.stack), s.volume_out(volume));
    std::vector<double> const x(s.volume.begin(), s.volume.end()), y(s.stack.begin(), s.stack.end());
    CHECK(cases::relative_l2({stack.begin(), stack.end()},
                             tomoedx::reference::project(s.full, weight, s.rows, x)) < 1e-6);
    CHECK(cases::relative_l2({volume.begin(), volume.end()},
                             tomoedx::reference::backproject(s.full, weight, s.rows, y)) < 1e-6);
  }
}

TEST_CASE("several series at once give what each gives alone, to the bit") {
  setup const s;
  auto const other = floats(cases::random_values(s.stack.size(), 8, 0, 5));
  std::vector<float> a(s.volume.size()), b(a), a_alone(a), b_alone(a);
  host::sirt(s.open, host::projector::strip, {s.stack_in(s.stack), s.stack_in(other)},
             {s.volume_out(a), s.volume_out(b)}, {.iterations = 9});
  host::sirt(s.open, host::projector::strip, {s.stack_in(s.stack)}, {s.volume_out(a_alone)},
             {.iterations = 9});
  host::sirt(s.open, host::projector::strip, {s.stack_in(other)}, {s.volume_out(b_alone)}, {.iterations = 9});
  CHECK(a == a_alone);
  CHECK(b == b_alone);
}

TEST_CASE("masks, bounds and warm starts reach the solvers through the facade") {
  setup const s;
  std::vector<float> mask(s.volume.size(), 1.0f), x(s.volume.size()), y(x);
  for (std::size_t i = 0; i < mask.size(); i += 3) mask[i] = 0;
  host::sirt(s.open, host::projector::joseph, {s.stack_in(s.stack)}, {s.volume_out(x)},
             {.iterations = 5, .upper = 0.1, .mask = s.volume_in(mask)});
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(x[i] <= 0.1f);
    if (mask[i] == 0) CHECK(x[i] == 0.0f);
  }
  host::em(s.open, host::projector::joseph, {s.stack_in(s.stack)}, {s.volume_out(x)}, {.iterations = 8});
  host::em(s.open, host::projector::joseph, {s.stack_in(s.stack)}, {s.volume_out(y)}, {.iterations = 3});
  host::em(s.open, host::projector::joseph, {s.stack_in(s.stack)}, {s.volume_out(y)},
           {.iterations = 5, .warm_start = true});
  CHECK(x == y);
}

TEST_CASE("HEBT through the facade reports every channel and can be stopped") {
  setup const s;
  std::vector<float> x(s.volume.size()), y(x);
  std::size_t calls = 0;
  auto const report = host::hebt(s.open, host::projector::strip, {s.stack_in(s.stack), s.stack_in(s.stack)},
                                 s.stack_in(s.stack), {s.volume_out(x), s.volume_out(y)},
                                 {.iterations = 30, .ratios = {0.5, 0.5}}, [&](tomoedx::progress const& p) {
                                   CHECK(p.by_channel.size() == 3);
                                   return ++calls == 6 ? tomoedx::decision::stop : tomoedx::decision::proceed;
                                 });
  CHECK(report.iterations == 6);
  CHECK(report.residuals.size() == 6);
  CHECK(report.by_channel.front().size() == 3);
  CHECK(x == y);  // both elements had the same map and ratio
}

TEST_CASE("subsets of tilts, conjugate gradients and back-projection through the facade") {
  setup const s;
  auto const kind = host::projector::strip;
  std::vector<host::input> const stacks{s.stack_in(s.stack)};
  std::vector<float> x(s.volume.size()), y(x), z(x), sirt(x);
  auto const plain = host::sirt(s.open, kind, stacks, {s.volume_out(sirt)}, {.iterations = 6});
  host::os_sirt(s.open, kind, stacks, {s.volume_out(y)}, {.iterations = 6, .subsets = 1});
  CHECK(y == sirt);
  auto const sart = host::os_sirt(s.open, kind, stacks, {s.volume_out(y)}, {.iterations = 6, .subsets = 15});
  auto const cgls = host::cgls(s.open, kind, stacks, {s.volume_out(x)}, {.iterations = 6});
  CHECK(sart.residuals.size() == 6);
  CHECK(cgls.residuals.back() < plain.residuals.back());
  host::em(s.open, kind, stacks, {s.volume_out(x)}, {.iterations = 6});
  host::osem(s.open, kind, stacks, {s.volume_out(y)}, {.iterations = 6, .subsets = 1});
  CHECK(x == y);
  CHECK_THROWS_AS(host::osem(s.open, kind, stacks, {s.volume_out(y)}, {.subsets = 16}), tomoedx::value_error);

  // twice the data give twice the volume, and the residual is that of the result
  std::vector<float> twice = s.stack, model(s.stack.size());
  for (float& v : twice) v *= 2;
  auto const one = host::fbp(s.open, kind, stacks, {s.volume_out(x)}, {.filter = host::filter::hann});
  host::fbp(s.open, kind, {s.stack_in(twice)}, {s.volume_out(y)}, {.filter = host::filter::hann});
  double squares = 0;
  bool doubled = true;
  for (std::size_t i = 0; i < x.size(); ++i) doubled = doubled && std::abs(y[i] - 2 * x[i]) <= 1e-5f;
  CHECK(doubled);
  host::project(s.open, kind, s.volume_in(x), s.stack_out(model));
  for (std::size_t i = 0; i < model.size(); ++i) {
    double const d = static_cast<double>(s.stack[i]) - static_cast<double>(model[i]);
    squares += d * d;
  }
  CHECK(one.residuals.at(0) == doctest::Approx(std::sqrt(squares)).epsilon(1e-5));
  std::vector<float> mask(s.volume.size(), 1.0f);
  for (std::size_t i = 0; i < mask.size(); i += 2) mask[i] = 0;
  host::fbp(s.open, kind, stacks, {s.volume_out(z)},
            {.filter = host::filter::hann, .mask = s.volume_in(mask)});
  bool masked = true;
  for (std::size_t i = 0; i < z.size(); ++i) masked = masked && z[i] == (i % 2 == 0 ? 0.0f : x[i]);
  CHECK(masked);
}

TEST_CASE("the facade goes on from a checkpoint with the same bits, and from no other") {
  setup const s;
  auto const file = std::filesystem::temp_directory_path() / "tomoedx-host-test.state";
  std::filesystem::remove(file);
  std::vector<float> x(s.volume.size()), y(x);
  auto const run = [&](std::vector<float>& to, std::size_t iterations, double relaxation, bool stored) {
    host::sirt(s.open, host::projector::siddon, {s.stack_in(s.stack)}, {s.volume_out(to)},
               {.iterations = iterations,
                .relaxation = relaxation,
                .stored = {.file = stored ? file.string() : "", .every = 3}});
  };
  run(x, 10, 0.9, false);
  run(y, 4, 0.9, true);
  std::vector<float> const early = y;
  CHECK_THROWS_AS(run(y, 10, 0.8, true), tomoedx::file_error);
  CHECK(y == early);
  run(y, 10, 0.9, true);
  CHECK(x == y);
  std::filesystem::remove(file);
}

TEST_CASE("the facade says what does not fit and leaves the output alone") {
  setup const s;
  std::vector<float> x(s.volume.size(), 7.0f);
  auto const untouched = x;
  auto const kind = host::projector::strip;
  CHECK_THROWS_WITH_AS(host::backproject({.tilts_deg = {0, 1}}, kind, s.stack_in(s.stack), s.volume_out(x)),
                       doctest::Contains("15 tilts, the geometry 2"), tomoedx::shape_error);
  CHECK_THROWS_AS(host::backproject(s.open, kind, {nullptr, {15, 3, 28}}, s.volume_out(x)), tomoedx::error);
  CHECK_THROWS_AS(host::sirt(s.open, kind, {}, {}), tomoedx::shape_error);
  CHECK_THROWS_AS(host::sirt(s.open, kind, {s.stack_in(s.stack)}, {s.volume_out(x)}, {.relaxation = -1}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(host::hebt(s.open, kind, {s.stack_in(s.stack)}, {}, {s.volume_out(x)}, {.ratios = {1}}),
                  tomoedx::shape_error);
  CHECK_THROWS_AS(host::hebt(s.open, kind, {s.stack_in(s.stack)}, s.stack_in(s.stack), {s.volume_out(x)}, {}),
                  tomoedx::shape_error);
  auto bad = s.stack;
  bad[100] = -1;
  CHECK_THROWS_AS(host::em(s.open, kind, {s.stack_in(bad)}, {s.volume_out(x)}), tomoedx::value_error);
  bad[100] = NAN;
  CHECK_THROWS_AS(host::sirt(s.open, kind, {s.stack_in(bad)}, {s.volume_out(x)}), tomoedx::value_error);
  CHECK(x == untouched);
}

TEST_CASE("the facade names the machine") {
  auto const machine = host::describe_machine();
  CHECK(machine.threads >= 1);
  CHECK(std::string(machine.backend) == Kokkos::DefaultExecutionSpace::name());
}
