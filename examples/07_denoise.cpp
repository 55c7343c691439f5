// SPDX-License-Identifier: BSD-3-Clause
// Counts in plain buffers, denoised three ways: a Gaussian whose width the data choose, BM3D, and a network.
#include <tomoedx/core/array.hpp>
#include <tomoedx/denoise/best_parameter.hpp>
#include <tomoedx/denoise/bm3d.hpp>
#include <tomoedx/denoise/gaussian.hpp>
#include <tomoedx/denoise/network_denoiser.hpp>
#include <tomoedx/denoise/unbiased_risk.hpp>
#include <tomoedx/metrics/psnr.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

namespace nn = tomoedx::nn;

int main() {
  Kokkos::ScopeGuard const kokkos;
  using space = Kokkos::DefaultHostExecutionSpace;
  space const s;

  // three images of a disc on a slope: expected counts of 2 to 30 a pixel, and what a detector counts
  std::size_t const n = 3, height = 60, width = 64;
  std::vector<float> truth(n * height * width), counts(truth.size()), clean(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    auto const x = static_cast<double>(i % width), y = static_cast<double>(i / width % height);
    truth[i] = static_cast<float>(2 + x / 8 + (std::hypot(x - 30, y - 28) < 14 ? 20 : 0));
    tomoedx::random_stream draw(7, i);
    counts[i] = static_cast<float>(tomoedx::simulate::poisson(draw, static_cast<double>(truth[i])));
  }
  auto const in = tomoedx::borrow(static_cast<float const*>(counts.data()), n, height, width);
  auto const out = tomoedx::borrow(clean.data(), n, height, width);
  double const before = tomoedx::metrics::psnr(truth, counts);

  // no truth is needed to choose: counts tell the risk of each width
  auto const make = [&](double sigma) { return tomoedx::gaussian_denoiser<float>({.sigma = {sigma}}, s); };
  auto const best = tomoedx::best_parameter(make, tomoedx::poisson_risk(in), {.low = 0.3, .high = 8});
  make(best.parameter)(in, out);
  double const gaussian = tomoedx::metrics::psnr(truth, clean);

  tomoedx::denoise_bm3d(s, in, out, {.noise = tomoedx::bm3d_noise::poisson});
  double const bm3d = tomoedx::metrics::psnr(truth, clean);

  // a network made on the fly, two convolutions that blur; yours come from nn::model_of(io::read_safetensors(file))
  nn::residual_cnn const blur{.width = 1, .depth = 2, .kernel = 3, .residual = false};
  nn::model model{.about = {.net = blur, .normalize = nn::normalization{.by = nn::normalization::rule::mean}},
                  .weights = {}};
  for (auto const& p : nn::parameters_of(blur)) {
    std::size_t const values = p.key.ends_with("bias") ? 1 : 9;
    float const each = values == 1 ? 0.0f : 1 / 9.0f;
    model.weights.tensors.emplace(p.key, tomoedx::io::tensor(p.shape, std::vector<float>(values, each)));
  }
  tomoedx::network_denoiser<float> denoise(std::move(model));
  denoise(in, out);
  double const network = tomoedx::metrics::psnr(truth, clean);

  std::printf(
      "PSNR of the counts %.1f dB; Gaussian of %.2f pixels %.1f, BM3D %.1f, a network that blurs %.1f\n",
      before, best.parameter, gaussian, bm3d, network);
  return gaussian > before + 4 && bm3d > gaussian + 3 && network > before + 3 ? 0 : 1;
}
