// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/spectrum_network.hpp>

#include "network_models.hpp"

// What it computes is tested in network_denoiser.test.cpp, where the engine is compiled once for all.

using namespace network_models;

static_assert(denoiser<spectrum_network<float>>);
static_assert(denoiser<spectrum_network<double>>);

TEST_CASE("spectrum_network takes the autoencoder only, and masks that can be") {
  auto const refusal = [](nn::model m, spectrum_options const& o = {}) {
    return filters::message_of<error>([&] { spectrum_network<double>(std::move(m), {}, o); });
  };
  auto const m = drawn(nn::autoencoder{.base = 2});
  CHECK(refusal(m) == "no error");
  CHECK(filters::contains(refusal(drawn(narrow_udvd(5))), "not for spectrum images"));
  CHECK(filters::contains(refusal(m, {.masked_fraction = 0}), "a masked fraction of 0 asked for"));
  CHECK(refusal(m, {.passes = spectrum_passes::single, .masked_fraction = 0}) == "no error");
}

TEST_CASE("spectrum_network refuses Z-contrast images it cannot take") {
  spectrum_network<float> without(drawn(nn::autoencoder{.base = 2})),
      with(drawn(nn::autoencoder{.inputs = 2, .base = 2}));
  std::vector<float> z = {1, 2, 3, 4};
  auto const given = [&](auto& d, std::size_t rows) {
    return filters::message_of<error>([&] { d.z_contrast(borrow(z.data(), rows, 2)); });
  };
  CHECK(filters::contains(given(without, 2), "takes no Z-contrast image"));
  CHECK(given(with, 2) == "no error");
  CHECK(filters::contains(given(with, 0), "is empty"));
  z[3] = HUGE_VALF;
  CHECK(filters::contains(given(with, 2), "value 3"));
}
