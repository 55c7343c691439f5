// SPDX-License-Identifier: BSD-3-Clause
// The simulation of Zhong et al. 2017, section 4.1 and table 1, as a whole: phantom, counts, response ratios,
// HEBT and EDX-only SIRT, metrics. Four noise realisations lie side by side as slices.
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/metrics/metrics.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/simulate/gaussian.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include "../projectors/cases.hpp"

#include <doctest/doctest.h>

namespace {

using space = Kokkos::DefaultExecutionSpace;
using projector = tomoedx::tilt_projector<space, float, tomoedx::strip>;
using stacked = tomoedx::mixed_operator<projector>;

struct figures {
  double structure[2], mse[2], differing[2];
};

struct experiment {
  std::size_t size = 512, slices = 4;
  tomoedx::simulate::phantom phantom;
  tomoedx::parallel_beam beam;
  projector op;
  std::vector<float> counts[2], haadf;
  std::vector<double> true_ratios;

  experiment()
      : phantom(tomoedx::simulate::square_in_cube({.size = size, .slices = slices})),
        beam{.tilts_deg = cases::every(-75, 75, 5), .width = size, .depth = size, .detector = size},
        op(space(), beam, slices),
        haadf(beam.rays() * slices) {
    for (std::size_t e = 0; e < 2; ++e) {
      auto const& element = phantom.elements[e];
      counts[e] = project(element.values);
      for (std::size_t i = 0; i < haadf.size(); ++i) {
        haadf[i] += static_cast<float>(element.haadf_response) * counts[e][i];
        counts[e][i] *= static_cast<float>(element.eds_response);
      }
      tomoedx::simulate::poisson_counts(counts[e], 100 + e, counts[e]);
      tomoedx::simulate::gaussian_along_x(counts[e], size, tomoedx::simulate::zhong_filter_sigma);
      true_ratios.push_back(element.haadf_response / element.eds_response);
    }
  }

  std::vector<float> project(std::vector<float> const& volume) const {
    std::vector<float> stack(beam.rays() * slices);
    auto const x = tomoedx::make_domain(op);
    auto const y = tomoedx::make_range(op);
    tomoedx::pack(space(), tomoedx::upload(space(), tomoedx::borrow(volume.data(), size, slices, size)), x);
    op.forward(x, y);
    auto const plain = tomoedx::zeros<float>(space(), tomoedx::extents<3>{beam.tilts(), slices, size});
    tomoedx::unpack(space(), y, plain);
    tomoedx::download(space(), plain, tomoedx::borrow(stack.data(), beam.tilts(), slices, size));
    return stack;
  }

  /// The metrics of table 1 of what `solve(x)` leaves in x.
  template <class Solve>
  figures run(stacked const& channels, Solve const& solve) const {
    auto const x = tomoedx::make_domain(channels);
    solve(x);
    figures f{};
    for (std::size_t e = 0; e < 2; ++e) {
      std::vector<float> result(beam.voxels() * slices);
      auto const plain = tomoedx::zeros<float>(space(), tomoedx::extents<3>{size, slices, size});
      tomoedx::unpack(space(), channels.element(x, e), plain);
      tomoedx::download(space(), plain, tomoedx::borrow(result.data(), size, slices, size));
      auto const& truth = phantom.elements[e];
      f.structure[e] = tomoedx::metrics::ssim_structure(truth.values, result);
      f.mse[e] = tomoedx::metrics::mse_scaled(truth.values, result);
      f.differing[e] = static_cast<double>(tomoedx::metrics::difference_pixels(truth.mask, result));
    }
    return f;
  }

  void send(stacked const& channels, stacked::range_view const& data, std::size_t c,
            std::vector<float> const& stack) const {
    tomoedx::pack(space(),
                  tomoedx::upload(space(), tomoedx::borrow(stack.data(), beam.tilts(), slices, size)),
                  channels.channel(data, c));
  }
};

}  // namespace

TEST_CASE("HEBT beats EDX-only SIRT in all six figures of Zhong's table 1, with either response ratios") {
  experiment const zhong;
  stacked const separate(zhong.op, tomoedx::separate_channels(2));
  stacked const joint(zhong.op, tomoedx::hebt_mixing(2, 0.7));
  auto const maps = tomoedx::make_range(separate);
  auto const all = tomoedx::make_range(joint);
  for (std::size_t e = 0; e < 2; ++e) {
    zhong.send(separate, maps, e, zhong.counts[e]);
    zhong.send(joint, all, e, zhong.counts[e]);
  }
  zhong.send(joint, all, 2, zhong.haadf);

  auto const estimated =
      tomoedx::estimate_response_ratios<float, float>({zhong.counts[0], zhong.counts[1]}, zhong.haadf);
  CHECK(estimated.r_squared > 0.8);  // 0.91 in the paper
  for (std::size_t e = 0; e < 2; ++e)
    CHECK(estimated.ratios[e] == doctest::Approx(zhong.true_ratios[e]).epsilon(0.25));  // -11 and +17 % there

  auto const edx =
      zhong.run(separate, [&](auto const& x) { tomoedx::sirt(separate, maps, x, {.iterations = 200}); });
  for (auto const& ratios : {estimated.ratios, zhong.true_ratios}) {
    auto const hebt = zhong.run(joint, [&](auto const& x) {
      tomoedx::hebt(zhong.op, all, x, {.iterations = 200, .alpha = 0.7, .ratios = ratios});
    });
    for (std::size_t e = 0; e < 2; ++e) {
      MESSAGE(zhong.phantom.elements[e].name << " HEBT / EDX: SSIM " << hebt.structure[e] << " / "
                                             << edx.structure[e] << ", MSE " << hebt.mse[e] << " / "
                                             << edx.mse[e] << ", DP " << hebt.differing[e] / 4 << " / "
                                             << edx.differing[e] / 4);
      CHECK(hebt.structure[e] > edx.structure[e]);
      CHECK(hebt.mse[e] <= 0.75 * edx.mse[e]);
      CHECK(hebt.differing[e] < edx.differing[e]);
    }
  }
}
