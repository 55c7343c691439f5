// SPDX-License-Identifier: BSD-3-Clause
// The joint problem against HEBT on Zhong's phantom: mean squared error, structure term of the SSIM and mean error of
// the gold fraction, at each dose.
//
//     joint_phantom --size 128 --realisations 4 --doses 0.1,0.316,1,3.16,10 --seed 1000
//
// Dose 1 is the paper's counts a pixel at any size; slices are noise realisations and are not regularised together. HEBT is the
// paper's: smoothed maps, alpha 0.7, 200 iterations, response ratios estimated. Prints a table.
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/joint.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/metrics/metrics.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/simulate/gaussian.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <fmt/core.h>

#include <cmath>
#include <ctime>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using space = Kokkos::DefaultExecutionSpace;
using projector = tomoedx::tilt_projector<space, float, tomoedx::strip>;
using microscope = tomoedx::calibrated_operator<projector>;
using values = std::vector<float>;

struct arguments {
  std::map<std::string, std::string> given{
      {"size", "128"},     {"realisations", "4"}, {"doses", "0.1,0.316,1,3.16,10"},
      {"seed", "1000"},    {"iterations", "600"}, {"lambda", "1"},
      {"haadf-noise", "0"}};

  arguments(int count, char** words) {
    for (int i = 1; i + 1 < count; i += 2) given.at(std::string(words[i]).substr(2)) = words[i + 1];
  }
  double number(char const* key) const { return std::stod(given.at(key)); }
  std::size_t count(char const* key) const { return std::stoul(given.at(key)); }
};

struct experiment {
  std::size_t n, slices;
  tomoedx::simulate::phantom phantom;
  tomoedx::parallel_beam beam;
  projector op;
  tomoedx::calibration units;
  values counts[2], haadf;  ///< stacks (tilt, y, x)

  experiment(arguments const& a, double dose)
      : n(a.count("size")),
        slices(a.count("realisations")),
        phantom(tomoedx::simulate::square_in_cube({.size = n, .slices = slices})),
        beam{.tilts_deg = {}, .width = n, .depth = n, .detector = n},
        op(space(), with_tilts(beam), slices) {
    for (auto const& e : phantom.elements) {
      units.sensitivity.push_back(e.eds_response * dose * 512 / static_cast<double>(n));
      units.haadf.push_back(e.haadf_response);
    }
    microscope const both(op, units);
    auto const truth = tomoedx::make_domain(both);
    auto const series = tomoedx::make_range(both);
    for (std::size_t e = 0; e < 2; ++e)
      tomoedx::pack(
          space(), tomoedx::upload(space(), tomoedx::borrow(phantom.elements[e].values.data(), n, slices, n)),
          both.element(truth, e));
    both.forward(truth, series);
    for (std::size_t e = 0; e < 2; ++e) {
      counts[e] = plain<3>(both.edx_channel(series, e), {beam.tilts(), slices, n});
      tomoedx::simulate::poisson_counts(counts[e], a.count("seed") + e, counts[e]);
    }
    haadf = plain<3>(both.haadf_channel(series), {beam.tilts(), slices, n});
    float const deviation =
        static_cast<float>(a.number("haadf-noise")) * *std::max_element(haadf.begin(), haadf.end());
    for (std::size_t i = 0; deviation > 0 && i < haadf.size(); ++i)
      haadf[i] += deviation * static_cast<float>(tomoedx::random_stream(a.count("seed") + 2, i).normal());
  }

  static tomoedx::parallel_beam const& with_tilts(tomoedx::parallel_beam& b) {
    for (int t = -75; t <= 75; t += 5) b.tilts_deg.push_back(t);
    return b;
  }
  template <int Rank, class View>
  static values plain(View const& from, tomoedx::extents<Rank> const& shape) {
    values v(shape[0] * shape[1] * shape[2]);
    auto const to = tomoedx::zeros<float>(space(), shape);
    tomoedx::unpack(space(), from, to);
    tomoedx::download(space(), to, tomoedx::borrow(v.data(), shape[0], shape[1], shape[2]));
    return v;
  }
  template <class View>
  void send(values const& stack, View const& to) const {
    tomoedx::pack(space(), tomoedx::upload(space(), tomoedx::borrow(stack.data(), beam.tilts(), slices, n)),
                  to);
  }

  void run_hebt() const {
    tomoedx::mixed_operator<projector> const stacked(op, tomoedx::hebt_mixing(2, 0.7));
    auto const data = tomoedx::make_range(stacked);
    auto smooth = std::vector{counts[0], counts[1]};
    for (std::size_t e = 0; e < 2; ++e) {
      tomoedx::simulate::gaussian_along_x(smooth[e], n, tomoedx::simulate::zhong_filter_sigma);
      send(smooth[e], stacked.channel(data, e));
    }
    send(haadf, stacked.channel(data, 2));
    auto const ratios = tomoedx::estimate_response_ratios<float, float>({smooth[0], smooth[1]}, haadf).ratios;
    auto const x = tomoedx::make_domain(stacked);
    std::clock_t const start = std::clock();
    tomoedx::hebt(op, data, x, {.iterations = 200, .ratios = ratios});
    double const seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::vector<values> found;
    for (std::size_t e = 0; e < 2; ++e) {
      found.push_back(plain<3>(stacked.element(x, e), {n, slices, n}));
      for (float& v : found[e]) v /= static_cast<float>(ratios[e] * units.sensitivity[e]);
    }
    print("HEBT", found, fmt::format("{:.0f} s CPU", seconds));
  }

  void run_joint(arguments const& a) const {
    microscope const both(op, units);
    auto const series = tomoedx::make_range(both);
    for (std::size_t e = 0; e < 2; ++e) send(counts[e], both.edx_channel(series, e));
    send(haadf, both.haadf_channel(series));
    auto const x = tomoedx::make_domain(both);
    auto const maps = Kokkos::subview(series, Kokkos::make_pair(0, 2), Kokkos::ALL);
    std::clock_t const start = std::clock();
    auto const report = tomoedx::joint(op, units, maps, both.haadf_channel(series), x,
                                       {.iterations = a.count("iterations"),
                                        .lambda = a.number("lambda"),
                                        .in_plane = true,
                                        .stop = {.look_every = 100}});
    double const seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::vector<values> found;
    for (std::size_t e = 0; e < 2; ++e) found.push_back(plain<3>(both.element(x, e), {n, slices, n}));
    print("joint", found,
          fmt::format("{:.0f} s CPU, {} iterations, gap {:.2g} of the objective", seconds, report.iterations,
                      report.relative_gap()));
  }

  void print(char const* name, std::vector<values> const& found, std::string const& how) const {
    double error = 0;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < found[0].size(); ++i) {
      double const gold = phantom.elements[0].values[i], all = gold + phantom.elements[1].values[i];
      if (all < 0.5) continue;
      double const sum = static_cast<double>(found[0][i]) + static_cast<double>(found[1][i]);
      error += std::abs((sum > 0 ? static_cast<double>(found[0][i]) / sum : 0.5) - gold / all);
      ++inside;
    }
    fmt::print("{:<6}", name);
    for (std::size_t e = 0; e < 2; ++e)
      fmt::print("  {:>8.5f} {:>6.4f}", tomoedx::metrics::mse(phantom.elements[e].values, found[e]),
                 tomoedx::metrics::ssim_structure(phantom.elements[e].values, found[e]));
    fmt::print("  {:>8.4f}  {}\n", error / static_cast<double>(inside), how);
  }
};

}  // namespace

int main(int count, char** words) try {
  Kokkos::ScopeGuard const kokkos;
  arguments const a(count, words);
  fmt::print("{} x {} pixels, {} realisations, seed {}\n{:<6}  {:>8} {:>6}  {:>8} {:>6}  {:>8}\n",
             a.given.at("size"), a.given.at("size"), a.given.at("realisations"), a.given.at("seed"), "",
             "Au MSE", "S", "Ag MSE", "S", "fraction");
  std::istringstream doses(a.given.at("doses"));
  for (std::string dose; std::getline(doses, dose, ',');) {
    experiment const e(a, std::stod(dose));
    fmt::print("dose {}\n", dose);
    e.run_hebt();
    e.run_joint(a);
    std::fflush(stdout);
  }
  return 0;
} catch (std::exception const& e) {
  fmt::print(stderr, "joint_phantom: {}\n", e.what());
  return 1;
}
