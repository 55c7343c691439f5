// SPDX-License-Identifier: BSD-3-Clause
// The Gaussian and total variation on one thread (Serial), on images of compare_filters.py or a scene of discs.
#include <tomoedx/denoise/gaussian.hpp>
#include <tomoedx/denoise/total_variation.hpp>
#include <tomoedx/denoise/tv_pdhg.hpp>

#include "images.hpp"
#include "machine.hpp"

namespace {

using namespace tomoedx;
using one = Kokkos::Serial;

void gaussian(std::string const& name, std::string const& on, gaussian_options const& options) {
  bench::add_filter<gaussian_denoiser<float, one>>("gaussian/" + name, on, options);
}
void bregman(std::string const& name, std::string const& on, total_variation_options const& options) {
  bench::add_filter<total_variation_denoiser<float, one>>("bregman/" + name, on, options);
}
void pdhg(std::string const& name, std::string const& on, tv_pdhg_options const& options) {
  bench::add_filter<tv_pdhg_denoiser<float, one>>("pdhg/" + name, on, options);
}

}  // namespace

int main(int argc, char** argv) {
  for (char const* const on : {"image", "stack"}) {
    gaussian("sigma:1", on, {.sigma = {1.0}});
    gaussian("sigma:2", on, {.sigma = {2.0}});
    gaussian("sigma:5", on, {.sigma = {5.0}});
    bregman("scikit", on, {.weight = 10, .model = tv_model::scikit_image});
    bregman("scikit_anisotropic", on,
            {.weight = 10, .norm = tv_norm::anisotropic, .model = tv_model::scikit_image});
    bregman("exact", on, {.weight = 10});
    bregman("exact_50", on, {.weight = 10, .tolerance = 0, .iterations = 50});
    pdhg("100", on, {.lambda = 0.1, .tolerance = 0, .iterations = 100});
    pdhg("tolerance:0.06", on, {.lambda = 0.1, .tolerance = 0.06});
    pdhg("tolerance:0.01", on, {.lambda = 0.1, .tolerance = 0.01});
  }
  gaussian("volume", "stack", {.sigma = {2.0}, .over = neighbourhood::volume});
  pdhg("volume_100", "stack",
       {.lambda = 0.1, .tolerance = 0, .iterations = 100, .over = neighbourhood::volume});
  // for the values, not the times
  auto const converged = [](tv_norm norm, tv_model model) {
    return total_variation_options{
        .weight = 10, .tolerance = 0, .iterations = 3000, .norm = norm, .model = model};
  };
  bregman("converged_scikit", "small", converged(tv_norm::isotropic, tv_model::scikit_image));
  bregman("converged_scikit_anisotropic", "small", converged(tv_norm::anisotropic, tv_model::scikit_image));
  bregman("converged_exact", "small", converged(tv_norm::isotropic, tv_model::exact));
  pdhg("converged", "small", {.lambda = 0.1, .tolerance = 5e-4, .iterations = 20'000});
  return bench::run(argc, argv);
}
