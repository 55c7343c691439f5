// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/host_denoise_impl.hpp>

#include <tomoedx/core/random.hpp>
#include <tomoedx/nn/unet.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace host = tomoedx::host;

namespace {

constexpr std::size_t n = 2, height = 40, width = 33;

/// A bright square on a dim ground, and counts drawn from it.
struct scene {
  std::vector<float> clean, noisy;

  scene() {
    tomoedx::random_stream draw(5, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x) {
          bool const inside = y > 9 && y < 28 && x > 8 && x < 24;
          clean.push_back(inside ? 40.0f : 10.0f);
          float const noise = std::sqrt(clean.back()) * static_cast<float>(draw.normal());
          noisy.push_back(std::max(0.0f, clean.back() + noise));
        }
  }
  host::input in() const { return {noisy.data(), {n, height, width}}; }
  static host::output out(std::vector<float>& v) { return {v.data(), {n, height, width}}; }
  double error_of(std::vector<float> const& v) const {
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) sum += (v[i] - clean[i]) * double(v[i] - clean[i]);
    return sum / static_cast<double>(v.size());
  }
};

/// A weight file that is gone at the end.
struct weight_file {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "tomoedx_host_denoise.safetensors";

  weight_file() {
    tomoedx::io::named_tensors weights;
    tomoedx::random_stream draw(1, 1);
    for (auto const& p :
         tomoedx::nn::parameters_of(network_of(tomoedx::nn::unet{.base = 4, .depth = 2}, {1, 8, 8}))) {
      std::size_t count = 1;
      for (auto const e : p.shape) count *= e;
      std::vector<float> values(count);
      for (auto& v : values) v = 0.2f * static_cast<float>(draw.normal());
      weights.tensors.emplace(p.key, tomoedx::io::tensor(p.shape, values));
    }
    tomoedx::io::write_safetensors(path, weights);
  }
  ~weight_file() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE("every classical filter of the facade brings the image nearer to the truth") {
  scene const s;
  double const before = s.error_of(s.noisy);
  std::vector<float> result(s.noisy.size());
  auto const gain = [&](auto const& filter) {
    std::size_t told = 0;
    host::denoise(s.in(), scene::out(result), filter, [&](tomoedx::progress const& p) {
      told = p.iteration;
      return tomoedx::decision::proceed;
    });
    CHECK(told == n);
    return before / s.error_of(result);
  };
  CHECK(gain(host::gaussian_filter{.sigma = 0.8}) > 1.4);
  CHECK(gain(host::total_variation_filter{.weight = 0.2}) > 4);
  CHECK(gain(host::bm3d_filter{}) > 4);
  CHECK(gain(host::non_local_means_filter{.h = 6}) > 2);
  CHECK(gain(host::non_local_means_filter{.h = 3, .sigma = 4}) > 2);
  CHECK(gain(host::non_local_means_filter{.h = 0.8, .sigma = 1, .counts = true}) > 4);
  double const counts = gain(host::bm3d_filter{.counts = true});
  CHECK(counts > 4);
  CHECK(gain(host::bm3d_filter{.sigma = 3.0, .counts = true}) == counts);  // sigma plays no part
}

TEST_CASE("a network out of a file runs on plain buffers, whole or in tiles") {
  scene const s;
  weight_file const file;
  host::network whole(file.path.string(), {.metadata = {{"normalize", "mean"}}});
  CHECK(whole.summary().find("U-net") != std::string::npos);
  std::vector<float> a(s.noisy.size()), b(s.noisy.size());
  whole(s.in(), scene::out(a));
  CHECK(whole.warning() == "");
  host::network tiled(
      file.path.string(),
      {.metadata = {{"normalize", "mean"}}, .use = host::accuracy::exact, .memory = std::size_t{1} << 20});
  tiled(s.in(), scene::out(b));
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-4f * (1 + std::abs(a[i])));
}

TEST_CASE("the facade refuses what cannot be denoised") {
  scene s;
  std::vector<float> result(s.noisy.size(), -1.0f);
  CHECK_THROWS_AS(host::denoise({}, scene::out(result), host::gaussian_filter{}), tomoedx::shape_error);
  CHECK_THROWS_AS(host::denoise({nullptr, {n, height, width}}, scene::out(result), host::gaussian_filter{}),
                  tomoedx::error);
  CHECK_THROWS_AS(host::denoise(s.in(), scene::out(result), host::gaussian_filter{.sigma = -1}),
                  tomoedx::value_error);
  CHECK_THROWS_AS(host::denoise(s.in(), scene::out(result), host::non_local_means_filter{}),
                  tomoedx::value_error);
  s.noisy[77] = std::nanf("");
  CHECK_THROWS_AS(host::denoise(s.in(), scene::out(result), host::bm3d_filter{}), tomoedx::value_error);
  CHECK(result == std::vector<float>(result.size(), -1.0f));
  CHECK_THROWS_AS(host::network("no such file.safetensors"), tomoedx::file_error);
  weight_file const file;
  CHECK_THROWS_AS(host::network(file.path.string()),
                  tomoedx::value_error);  // how images are scaled is not said
  std::string refusal;
  try {
    host::network(file.path.string(), {.metadata = {{"normalize", "mean"}, {"final_rely", "1"}}});
  } catch (tomoedx::value_error const& e) {
    refusal = e.what();
  }
  CHECK(refusal.find("'final_rely' is not known") != std::string::npos);
  CHECK(refusal.find("final_relu, borders") != std::string::npos);
}
