// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/image_network.hpp>

#include "network_models.hpp"

// What it computes is tested in network_denoiser.test.cpp, where the engine is compiled once for all.

using namespace network_models;

static_assert(denoiser<image_network<float>>);
static_assert(denoiser<image_network<double>>);

namespace {

std::string refusal(nn::model m, network_options const& o = {}, std::size_t scan_width = 0) {
  return filters::message_of<error>([&] { image_network<float>(std::move(m), o, scan_width); });
}

}  // namespace

TEST_CASE("image_network takes networks of single images and of scans only") {
  CHECK(refusal(drawn(nn::unet{.base = 2, .depth = 2})) == "no error");
  CHECK(refusal(drawn(nn::laine{.encoder = 2, .decoder = 2})) == "no error");
  CHECK(refusal(drawn(nn::residual_cnn{.width = 2, .depth = 3, .residual = true})) == "no error");
  CHECK(refusal(drawn(narrow_udvd(1))) == "no error");
  CHECK(refusal(drawn(narrow_udvd(9)), {}, 4) == "no error");
  CHECK(refusal(drawn(narrow_udvd(5))) ==
        "image_network: the model is for movies, 5 frames together; use movie_network");
  CHECK(refusal(drawn(nn::autoencoder{.base = 2})) ==
        "image_network: the model is for spectrum images; use spectrum_network");
  CHECK(filters::contains(refusal(drawn(narrow_udvd(9))), "give the scan's width"));
  CHECK(filters::contains(refusal(drawn(narrow_udvd(1)), {}, 4), "takes images one by one"));
}

TEST_CASE("image_network refuses options that cannot be") {
  auto const m = drawn(nn::unet{.base = 2, .depth = 2});
  CHECK(refusal(m, {.batch = 0}) == "image_network: a batch of 0 images asked for; 1 to 65536 are possible");
  CHECK(filters::contains(refusal(m, {.noise = 1.0}), "gives no distribution"));
  auto u = narrow_udvd(1);
  u.outputs = 2;
  CHECK(refusal(drawn(u), {.noise = 1.0}) == "no error");
  CHECK(filters::contains(refusal(drawn(u), {.noise = -1.0}), "standard deviation of -1"));
  CHECK(filters::contains(refusal(drawn(u), {.noise = std::nan("")}), "standard deviation of nan"));
}
