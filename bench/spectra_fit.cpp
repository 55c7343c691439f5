// SPDX-License-Identifier: BSD-3-Clause
// Fitting line families: every pixel of a 256 x 256 image of 2048 channels with each estimator, on one thread (start with
// OMP_NUM_THREADS=1), and the calibration on its sum; seconds for a million pixels (us for one) beside the time.
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/spectra/fit_lines.hpp>

#include "machine.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace {

using namespace tomoedx;

constexpr std::size_t edge = 256;
energy_axis const axis{-0.47, 0.01, 2048};

spectral_model const& model() {
  static spectral_model const m = make_model(axis, {"C", "O", "Mg", "Al", "Si", "S", "Ca", "Ti", "Fe", "Ni"},
                                             {.artefacts = {"Cu", "Ga", "Pt"}});
  return m;
}

/// Two phases in stripes, all of a model's components in one or the other.
spectrum_image const& image(double counts) {
  static std::map<double, spectrum_image> made;
  if (auto const found = made.find(counts); found != made.end()) return found->second;
  auto const rows = rows_of(spectra_of(model()));
  std::vector<double> sums[2];
  for (std::size_t phase = 0; phase < 2; ++phase) {
    double total = 0;
    for (std::size_t c = 0; c < rows.channels; ++c) {
      double mu = 0;
      for (std::size_t i = rows.begin[c]; i < rows.begin[c + 1]; ++i)
        mu += rows.value[i] * (rows.index[i] % 3 == phase ? 0.2 : 1.0);
      sums[phase].push_back(total += mu);
    }
  }
  spectrum_image s{edge, edge, axis, {0}, {}, {}, {}};
  std::vector<std::uint16_t> events;
  for (std::size_t p = 0; p < s.pixels(); ++p) {
    auto const& sum = sums[p / 32 % 2];
    random_stream stream(1, p);
    events.resize(simulate::poisson(stream, counts));
    for (auto& e : events)
      e = static_cast<std::uint16_t>(
          model().range.begin +
          static_cast<std::size_t>(std::ranges::upper_bound(sum, stream.uniform() * sum.back()) -
                                   sum.begin()));
    std::ranges::sort(events);
    for (std::size_t i = 0; i < events.size(); ++i)
      if (i > 0 && events[i] == events[i - 1]) {
        ++s.count.back();
      } else {
        s.channel.push_back(events[i]);
        s.count.push_back(1);
      }
    s.begin.push_back(s.channel.size());
  }
  return made.emplace(counts, std::move(s)).first->second;
}

void calibrate(benchmark::State& state) {
  auto const sum = sum_spectrum(image(100));
  for (auto _ : state) benchmark::DoNotOptimize(calibrate_spectrum(model(), sum));
  state.counters["components"] = static_cast<double>(model().size());
}

template <line_estimator How>
void fit(benchmark::State& state) {
  auto const& s = image(static_cast<double>(state.range(0)));
  auto const calibrated = calibrate_spectrum(model(), sum_spectrum(s)).model;
  for (auto _ : state) benchmark::DoNotOptimize(fit_lines(calibrated, s, {.estimator = How}));
  state.counters["components"] = static_cast<double>(calibrated.size());
  state.counters["per_Mpixel"] =
      benchmark::Counter(1e-6 * static_cast<double>(s.pixels()),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("calibrate", calibrate)->Unit(benchmark::kMillisecond);
  auto const add = [](char const* name, auto* run) {
    benchmark::RegisterBenchmark(name, run)->ArgName("counts")->Arg(10)->Arg(100)->Arg(1000)->Unit(
        benchmark::kSecond);
  };
  add("local", fit<line_estimator::local>);
  add("linear", fit<line_estimator::linear>);
  add("likelihood", fit<line_estimator::likelihood>);
  return bench::run(argc, argv);
}
