// SPDX-License-Identifier: BSD-3-Clause
#ifdef TOMOEDX_HOST_LINKED  // with tomoedx::host, which holds the bodies
#include <tomoedx/host_convex.hpp>
#else
#include <tomoedx/host_convex_impl.hpp>
#include <tomoedx/host_impl.hpp>
#endif

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace host = tomoedx::host;

namespace {

constexpr std::size_t edge = 24, rows = 4, tilts = 13;

/// Two nested blocks of two elements, their counts and their HAADF signal.
struct scene {
  tomoedx::parallel_beam beam;
  std::vector<float> core = std::vector<float>(edge * rows * edge), shell = core;
  std::vector<float> core_map, shell_map, haadf;
  std::vector<double> const ratios{2, 1};

  explicit scene(double counts) {
    for (std::size_t t = 0; t < tilts; ++t) beam.tilts_deg.push_back(-72 + 12 * static_cast<double>(t));
    for (std::size_t z = 0; z < edge; ++z)
      for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < edge; ++x) {
          auto const within = [&](std::size_t from, std::size_t to) {
            return z >= from && z < to && x >= from && x < to;
          };
          std::size_t const i = (z * rows + y) * edge + x;
          if (within(9, 15))
            core[i] = static_cast<float>(counts);
          else if (within(5, 19))
            shell[i] = static_cast<float>(counts);
        }
    std::mt19937 engine(3);
    auto const counted = [&](std::vector<float> const& volume) {
      auto stack = projected(volume);
      for (float& v : stack)
        v = v > 0 ? static_cast<float>(std::poisson_distribution<int>(static_cast<double>(v))(engine)) : 0.0f;
      return stack;
    };
    core_map = counted(core);
    shell_map = counted(shell);
    haadf = projected(core);
    auto const other = projected(shell);
    for (std::size_t i = 0; i < haadf.size(); ++i) haadf[i] = 2 * haadf[i] + other[i];
    std::normal_distribution<float> noise(0, 0.03f * *std::ranges::max_element(haadf));
    for (float& h : haadf) h += noise(engine);
  }

  std::vector<float> projected(std::vector<float> const& volume) const {
    std::vector<float> stack(tilts * rows * edge);
    host::project(beam, host::projector::strip, {volume.data(), {edge, rows, edge}}, {stack.data(), shape()});
    return stack;
  }
  static std::array<std::size_t, 3> shape() { return {tilts, rows, edge}; }
  std::vector<host::input> maps() const { return {{core_map.data(), shape()}, {shell_map.data(), shape()}}; }
};

struct result {
  std::vector<float> core = std::vector<float>(edge * rows * edge), shell = core;
  std::vector<host::output> out() {
    return {{core.data(), {edge, rows, edge}}, {shell.data(), {edge, rows, edge}}};
  }
};

double distance(std::vector<float> const& a, std::vector<float> const& b, double scale = 1) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const truth = scale * static_cast<double>(b[i]), d = static_cast<double>(a[i]) - truth;
    difference += d * d, norm += truth * truth;
  }
  return std::sqrt(difference / norm);
}

}  // namespace

TEST_CASE(
    "regularised methods close their gap, and edges in common bring them nearer to the truth than SIRT") {
  scene const s(3);
  result sirt, tv, tnv;
  auto const kind = host::projector::strip;
  host::sirt(s.beam, kind, s.maps(), sirt.out(), {.iterations = 40});
  auto const alone = host::variational(s.beam, kind, s.maps(), tv.out(), {.iterations = 1500, .gap = 0.01});
  auto const together =
      host::variational(s.beam, kind, s.maps(), tnv.out(),
                        {.iterations = 1500, .regularizer = host::variation::tnv, .gap = 0.01});
  for (auto const* r : {&alone, &together}) {
    CHECK(r->ended == tomoedx::ending::solved);
    CHECK(r->gap.back() <= 0.01 * r->objective.back());
    CHECK(r->gap.size() == r->looked.size());
    CHECK(r->units.size() == 2);
    CHECK(r->by_channel.front().size() == 2);
  }
  CHECK(distance(tv.shell, s.shell) < 0.8 * distance(sirt.shell, s.shell));
  CHECK(distance(tnv.shell, s.shell) < 0.8 * distance(sirt.shell, s.shell));
}

TEST_CASE("lambda has no unit: data of another scale give the volume of that scale") {
  scene const s(3);
  std::vector<float> large = s.haadf, x(edge * rows * edge), y(x);
  for (float& v : large) v *= 1000;
  auto const run = [&](std::vector<float> const& data, std::vector<float>& to) {
    return host::variational(s.beam, host::projector::joseph, {{data.data(), s.shape()}},
                             {{to.data(), {edge, rows, edge}}},
                             {.iterations = 600, .noise = host::noise::gaussian});
  };
  auto const one = run(s.haadf, x), thousand = run(large, y);
  CHECK(distance(y, x, 1000) < 1e-2);
  CHECK(thousand.sigmas.at(0) == doctest::Approx(1000 * one.sigmas.at(0)).epsilon(1e-3));
}

TEST_CASE(
    "joint reconstruction is in HAADF signal and nearer to the truth than HEBT, also with HAADF tilts of its "
    "own") {
  scene const s(1);
  result hebt, joint, own;
  auto const kind = host::projector::strip;
  host::input const haadf{s.haadf.data(), s.shape()};
  host::hebt(s.beam, kind, s.maps(), haadf, hebt.out(), {.iterations = 100, .ratios = s.ratios});
  auto const report = host::joint(s.beam, kind, s.maps(), haadf, joint.out(),
                                  {.iterations = 2000, .ratios = s.ratios, .gap = 0.02});
  host::joint(s.beam, kind, s.maps(), haadf, own.out(),
              {.iterations = 2000, .ratios = s.ratios, .haadf_tilts = s.beam.tilts_deg, .gap = 0.02});
  CHECK(report.sigmas.size() == 1);
  CHECK(report.by_channel.front().size() == 3);
  CHECK(distance(joint.core, s.core, 2) < 0.7 * distance(hebt.core, s.core, 2));
  CHECK(distance(joint.shell, s.shell) < 0.7 * distance(hebt.shell, s.shell));
  CHECK(distance(own.core, joint.core) < 0.05);
}

TEST_CASE("bootstrap measures how a result scatters, and can be stopped") {
  scene const s(20);
  std::vector<float> sigma(edge * rows * edge);
  std::vector<host::output> const out{{sigma.data(), {edge, rows, edge}}};
  // the result is the series of one tilt: its standard deviation is the root of the counts
  std::size_t const frame = rows * edge;
  auto const first_tilt = [&](std::vector<host::input> const& series,
                              std::vector<host::output> const& volumes) {
    for (std::size_t i = 0; i < frame; ++i) volumes[0].data[i] = series[0].data[6 * frame + i];
  };
  CHECK(host::bootstrap({{s.core_map.data(), s.shape()}}, out, first_tilt, {.replicas = 400}) == 400);
  double found = 0, expected = 0;
  for (std::size_t i = 0; i < frame; ++i) {
    found += static_cast<double>(sigma[i]) * static_cast<double>(sigma[i]);
    expected += static_cast<double>(s.core_map[6 * frame + i]);
  }
  CHECK(found == doctest::Approx(expected).epsilon(0.05));
  CHECK(sigma[frame] == 0.0f);
  host::bootstrap({{s.core_map.data(), s.shape()}}, out, first_tilt,
                  {.replicas = 400, .series = {{.counts = false, .sigma = 0.5}}});
  CHECK(sigma[frame / 2] == doctest::Approx(0.5).epsilon(0.2));
  std::size_t calls = 0;
  CHECK(host::bootstrap({{s.core_map.data(), s.shape()}}, out, first_tilt, {.replicas = 400},
                        [&](tomoedx::progress const&) {
                          return ++calls == 5 ? tomoedx::decision::stop : tomoedx::decision::proceed;
                        }) == 5);
}

TEST_CASE("the convex part of the facade says what does not fit") {
  scene const s(1);
  result r;
  auto const kind = host::projector::strip;
  host::input const haadf{s.haadf.data(), s.shape()};
  CHECK_THROWS_AS(host::variational(s.beam, kind, s.maps(), r.out(), {.lambda = -1}), tomoedx::value_error);
  CHECK_THROWS_AS(host::variational(s.beam, kind, s.maps(), r.out(), {.lower = 2, .upper = 1}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(host::joint(s.beam, kind, s.maps(), haadf, r.out(), {.ratios = {1}}), tomoedx::shape_error);
  CHECK_THROWS_AS(host::joint(s.beam, kind, s.maps(), haadf, r.out(), {.ratios = {1, 0}}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(
      host::joint(s.beam, kind, s.maps(), haadf, r.out(), {.ratios = {1, 1}, .haadf_tilts = {0, 10}}),
      tomoedx::shape_error);
  CHECK_THROWS_AS(host::joint(s.beam, kind, s.maps(), haadf, r.out(), {.ratios = {1, 1}, .gamma = 5}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(host::joint(s.beam, kind, s.maps(), haadf, r.out(),
                              {.ratios = {1, 1}, .gamma = 1.5, .stored = {.file = "no.state"}}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(host::bootstrap(s.maps(), r.out(), {}), tomoedx::error);
  CHECK(r.core == std::vector<float>(edge * rows * edge));
}
