// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/movie_network.hpp>

#include "network_models.hpp"

// What it computes is tested in network_denoiser.test.cpp, where the engine is compiled once for all.

using namespace network_models;

static_assert(denoiser<movie_network<float>>);
static_assert(denoiser<movie_network<double>>);

TEST_CASE("movie_network takes UDVD for three and five frames only") {
  auto const refusal = [](nn::model m) {
    return filters::message_of<error>([&] { movie_network<double>(std::move(m)); });
  };
  CHECK(refusal(drawn(narrow_udvd(3))) == "no error");
  CHECK(refusal(drawn(narrow_udvd(5))) == "no error");
  for (auto const& net : {nn::architecture(narrow_udvd(1)), nn::architecture(narrow_udvd(9)),
                          nn::architecture(nn::unet{.base = 2, .depth = 2})})
    CHECK(filters::contains(refusal(drawn(net)), "not UDVD for 3 or 5 frames"));
  auto colour = narrow_udvd(3);
  colour.channels = colour.outputs = 3;
  CHECK(filters::contains(refusal(drawn(colour)), "images of 3 channels"));
}
