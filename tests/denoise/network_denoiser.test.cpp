// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/network_denoiser.hpp>

#include "network_models.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

using namespace network_models;
using filters::furthest;
using host = Kokkos::DefaultHostExecutionSpace;
using tomoedx_tests::activations_of;

static_assert(denoiser<network_denoiser<float>>);
static_assert(denoiser<network_denoiser<double>>);

namespace {

/// Frames through the whole network, in one plan.
template <class T>
std::vector<T> by_plan(nn::model const& m, std::vector<T const*> const& in, nn::triple const& extent,
                       nn::algorithm use) {
  nn::plan<host, T> plan(host{}, nn::network_of(m, extent), m.weights, nn::input_extents(m.about.net, extent),
                         {.use = use});
  std::vector<T> out(detail::count_of(extent) * static_cast<std::size_t>(plan.outputs()[0].channels));
  plan.run(in, {out.data()});
  return out;
}

template <class T>
std::vector<T> image_of(std::vector<T> const& stack, filters::shape const& s, std::size_t i) {
  auto const pixels = static_cast<std::ptrdiff_t>(s[1] * s[2]);
  auto const at = stack.begin() + static_cast<std::ptrdiff_t>(i) * pixels;
  return {at, at + pixels};
}

template <class T>
double rms(std::vector<T> const& v) {
  return filters::rms_distance(v, std::vector<double>(v.size(), 0.0));
}

nn::triple extent_of(filters::shape const& s) {
  return {1, static_cast<int>(s[1]), static_cast<int>(s[2])};
}

/// How much tiles may differ from the whole, over the root mean square: not at all where every position is computed by
/// itself, else by what blocks of positions round together.
template <class T>
double seam(nn::algorithm use) {
  return use == nn::algorithm::exact ? 0 : sizeof(T) == 4 ? 1e-5 : 1e-13;
}

/// Lower the bound on memory until images are cut into as many tiles as wanted, checking on the way that each bound
/// is kept; returns a denoiser for these tiles.
template <class T>
network_denoiser<T> in_tiles(nn::model const& m, network_options options, filters::shape const& s,
                             nn::triple const& wanted) {
  auto bound = network_denoiser<T>(m, options).prepare(s).total();
  std::size_t less = bound / 10;
  while (true) {
    options.memory = bound - less;
    network_denoiser<T> d(m, options);
    network_memory memory;
    try {
      memory = d.prepare(s);
    } catch (value_error const&) {  // too few bytes for any tiles
      REQUIRE(less > 1);
      less /= 4;
      continue;
    }
    REQUIRE(memory.total() <= options.memory);
    REQUIRE(memory.total() == memory.arena + memory.weights + memory.buffers);
    bound = memory.total();
    auto const n = d.tiles();
    if (n[0] >= wanted[0] && n[1] >= wanted[1] && n[2] >= wanted[2]) return d;
  }
}

}  // namespace

TEST_CASE_TEMPLATE("images in tiles are what whole images are", T, float, double) {
  filters::shape const s{1, 109, 125};
  auto const in = counts<T>(s);
  nn::unet filled{.base = 5, .depth = 3, .odd = nn::odd_sizes::fill};
  nn::residual_cnn cnn{.width = 5, .depth = 12, .residual = true};
  for (nn::architecture const& net :
       {nn::architecture(nn::unet{.base = 5, .depth = 3}), nn::architecture(filled), nn::architecture(cnn),
        nn::architecture(nn::laine{.encoder = 3, .decoder = 4, .poolings = 1})})
    for (auto const use : {nn::algorithm::exact, nn::algorithm::fast}) {
      auto const m = drawn(net, {.by = rule::mean});
      CAPTURE(nn::name_of(net));
      network_denoiser<T> whole(m, {.use = use});
      auto tiled = in_tiles<T>(m, {.use = use}, s, {1, 2, 3});
      auto const a = denoised(whole, in, s), b = denoised(tiled, in, s);
      CHECK(whole.tiles() == nn::triple{1, 1, 1});
      CHECK(furthest(a, b) <= seam<T>(use) * rms(a));
    }
}

TEST_CASE_TEMPLATE("movies in tiles, and streams of them, are what whole movies are", T, float, double) {
  for (auto const& [frames, s, wanted] :
       {std::tuple{3, filters::shape{1, 209, 227}, nn::triple{1, 2, 3}}, {5, {1, 357, 9}, {1, 2, 1}}})
    for (auto const use : {nn::algorithm::exact, nn::algorithm::fast}) {
      if (frames == 3 && (use == nn::algorithm::exact) != (sizeof(T) == 8))
        continue;  // for the time it takes
      auto const in = counts<T>(s);
      auto const m = drawn(narrow_udvd(frames));
      network_denoiser<T> whole(m, {.use = use});
      auto tiled = in_tiles<T>(m, {.use = use}, s, wanted);
      auto const a = denoised(whole, in, s), b = denoised(tiled, in, s);
      std::size_t const pixels = s[1] * s[2];
      network_options options{.use = use, .memory = tiled.options().memory + 6 * pixels * sizeof(T)};
      movie_network<T> streamed(m, options);
      CHECK(streamed.prepare(s[1], s[2], true).total() <= options.memory);
      CHECK(streamed.tiles()[1] * streamed.tiles()[2] > 1);
      std::size_t next = 0;
      std::vector<T> c;
      streamed.stream(
          s[1], s[2],
          [&](std::span<T> frame) {
            if (next == in.size() / pixels) return false;
            std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(next++ * pixels), pixels, frame.begin());
            return true;
          },
          [&](std::span<T const> frame) { c.insert(c.end(), frame.begin(), frame.end()); });
      double const bound = seam<T>(use) * rms(a);
      CHECK(furthest(a, b) <= bound);
      CHECK(furthest(a, c) <= bound);
    }
}

TEST_CASE_TEMPLATE("every frame of a movie is what the whole network makes of its neighbours", T, float,
                   double) {
  for (int const frames : {3, 5})
    for (auto const borders : {nn::blind_borders::exact, nn::blind_borders::reflect})
      for (std::size_t const n : {1u, 2u, 3u, 7u}) {
        filters::shape const s{n, n == 7 ? 3u : 17u, n == 7 ? 5u : 22u};
        auto const m = drawn(narrow_udvd(frames, borders, {3, 3}));
        auto const in = counts<T>(s);
        network_denoiser<T> denoise(m, {.use = nn::algorithm::exact});
        auto const out = denoised(denoise, in, s);
        for (std::size_t i = 0; i < n; ++i) {
          std::vector<T const*> window;
          for (int k = -(frames / 2); k <= frames / 2; ++k) {
            int const at = std::clamp(static_cast<int>(i) + k, 0, static_cast<int>(n) - 1);
            window.push_back(in.data() + static_cast<std::size_t>(at) * s[1] * s[2]);
          }
          CHECK(image_of(out, s, i) == by_plan(m, window, extent_of(s), nn::algorithm::exact));
        }
        std::size_t next = 0;
        std::vector<T> streamed;
        auto const source = [&](std::span<T> frame) {
          if (next == n) return false;
          auto const image = image_of(in, s, next++);
          std::copy(image.begin(), image.end(), frame.begin());
          return true;
        };
        auto const sink = [&](std::span<T const> frame) {
          streamed.insert(streamed.end(), frame.begin(), frame.end());
        };
        CHECK(denoise.stream(s[1], s[2], source, sink) == n);
        CHECK(streamed == out);
        CHECK(denoise.stream(s[1], s[2], source, sink) == 0);
      }
}

TEST_CASE("a stream holds a few frames, however long it is") {
  auto const m = drawn(narrow_udvd(5));
  movie_network<float> denoise(m);
  auto const stack = denoise.prepare(20, 30), stream = denoise.prepare(20, 30, true);
  CHECK(stream.buffers - stack.buffers == 6 * 20 * 30 * sizeof(float));  // five in, one out
  std::size_t given = 0, taken = 0, most = 0;
  denoise.stream(
      20, 30,
      [&](std::span<float> frame) {
        std::fill(frame.begin(), frame.end(), static_cast<float>(given));
        frame[given % 600] += 1;
        return given++ < 50;
      },
      [&](std::span<float const>) { most = std::max(most, given - ++taken); });
  CHECK(taken == 50);
  CHECK(most <= 3);
}

TEST_CASE_TEMPLATE("scans see their neighbours, and themselves beyond the edge", T, float, double) {
  std::size_t const rows = 3, columns = 4;
  filters::shape const s{rows * columns, 9, 14};
  auto const m = drawn(narrow_udvd(9, nn::blind_borders::exact, {3, 3}));
  auto const in = counts<T>(s);
  network_denoiser<T> denoise(m, {.use = nn::algorithm::exact}, {.scan_width = columns});
  auto const out = denoised(denoise, in, s);
  for (int b = 0; b < 3; ++b)
    for (int a = 0; a < 4; ++a) {
      std::vector<T const*> window;
      for (int db = -1; db <= 1; ++db)
        for (int da = -1; da <= 1; ++da) {
          bool const inside = b + db >= 0 && b + db < 3 && a + da >= 0 && a + da < 4;
          int const at = inside ? (b + db) * 4 + a + da : b * 4 + a;
          window.push_back(in.data() + static_cast<std::size_t>(at) * s[1] * s[2]);
        }
      CHECK(image_of(out, s, static_cast<std::size_t>(b * 4 + a)) ==
            by_plan(m, window, extent_of(s), nn::algorithm::exact));
    }
  CHECK_THROWS_AS(network_denoiser<T>{m}, value_error);
  network_denoiser<T> wrong(m, {}, {.scan_width = 5});
  CHECK_THROWS_AS(denoised(wrong, in, s), shape_error);
}

TEST_CASE("no pixel of a movie sees itself in any frame, up to the movie's ends") {
  for (auto const& [n, blind] :
       {std::pair{6, nn::blind_spot{1, 1}}, {2, nn::blind_spot{3, 3}}, {1, nn::blind_spot{1, 3}}}) {
    filters::shape const s{static_cast<std::size_t>(n), 15, 26};
    network_denoiser<float> denoise(drawn(narrow_udvd(5, nn::blind_borders::exact, blind)),
                                    {.use = nn::algorithm::exact});
    auto const in = counts<float>(s);
    auto const before = denoised(denoise, in, s);
    for (auto const& [y, x] : {std::pair{1, 1}, {7, 20}, {13, 3}, {2, 24}}) {
      auto touched = in;
      for (std::size_t i = 0; i < s[0]; ++i)
        for (int dy = -(blind.rows / 2); dy <= blind.rows / 2; ++dy)
          for (int dx = -(blind.columns / 2); dx <= blind.columns / 2; ++dx)
            touched[(i * 15 + static_cast<std::size_t>(y + dy)) * 26 + static_cast<std::size_t>(x + dx)] +=
                40;
      auto const after = denoised(denoise, touched, s);
      bool same = true, seen = false;
      for (std::size_t i = 0; i < s[0]; ++i) {
        std::size_t const at = (i * 15 + static_cast<std::size_t>(y)) * 26 + static_cast<std::size_t>(x);
        same = same && before[at] == after[at];
        seen = seen || before != after;
      }
      CHECK(same);
      CHECK(seen);
    }
  }
}

TEST_CASE("published results come out of the denoiser, borders mirrored") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/udvd5_small");
  auto file = io::read_safetensors(set / "weights.safetensors");
  file.metadata["normalize"] = "none";
  file.metadata["borders"] = "reflect";
  for (char const* variant : {"linear", "relu1px", "relu3x3"}) {
    file.metadata["blind"] = std::string(variant) == "relu3x3" ? "3" : "1";
    file.metadata["final_relu"] = std::string(variant) == "linear" ? "0" : "1";
    network_denoiser<double> exact(nn::model_of(file));
    network_denoiser<float> fast(nn::model_of(file));
    for (char const* size : {"48x80", "37x53"}) {
      auto const in = activations_of(set / (std::string("in_") + size + ".npy"));
      auto const out = activations_of(set / (std::string("out64_") + variant + "_" + size + ".npy"));
      filters::shape const s{5, static_cast<std::size_t>(in.size.extent[1]),
                             static_cast<std::size_t>(in.size.extent[2])};
      std::size_t const pixels = s[1] * s[2];
      for (std::size_t item = 0; item < in.items; ++item) {
        std::vector<double> const movie(
            in.values.begin() + static_cast<std::ptrdiff_t>(item * 5 * pixels),
            in.values.begin() + static_cast<std::ptrdiff_t>((item + 1) * 5 * pixels));
        std::vector<double> const expected(
            out.values.begin() + static_cast<std::ptrdiff_t>(item * pixels),
            out.values.begin() + static_cast<std::ptrdiff_t>((item + 1) * pixels));
        CHECK(furthest(image_of(denoised(exact, movie, s), s, 2), expected) < 1e-10 * rms(expected));
        std::vector<float> const single(movie.begin(), movie.end());
        CHECK(furthest(image_of(denoised(fast, single, s), s, 2), expected) < 5e-5 * rms(expected));
      }
    }
  }
}

TEST_CASE("a published U-net comes out of the denoiser as it is") {
  TOMOEDX_SHARED_OR_SKIP(set, "reference/denoise/unet_b8");
  auto file = io::read_safetensors(set / "weights.safetensors");
  file.metadata["normalize"] = "none";
  network_denoiser<double> exact(nn::model_of(file));
  network_denoiser<float> fast(nn::model_of(file), {.batch = 2});
  for (char const* size : {"64x64", "48x80", "80x48"}) {
    auto const in = activations_of(set / (std::string("in_") + size + ".npy"));
    auto const expected = activations_of(set / (std::string("out64_") + size + ".npy")).values;
    filters::shape const s{in.items, static_cast<std::size_t>(in.size.extent[1]),
                           static_cast<std::size_t>(in.size.extent[2])};
    CHECK(furthest(denoised(exact, in.values, s), expected) < 1e-10 * rms(expected));
    std::vector<float> const single(in.values.begin(), in.values.end());
    CHECK(furthest(denoised(fast, single, s), expected) < 5e-5 * rms(expected));
  }
}

TEST_CASE_TEMPLATE("what is done to images before the network is undone after it", T, float, double) {
  filters::shape const s{5, 13, 18};
  auto in = counts<T>(s);
  std::fill_n(in.begin() + 2 * 13 * 18, 13 * 18, T(0));
  auto const m = drawn(nn::unet{.base = 4, .depth = 2});
  auto const with = [&](nn::normalization const& n, std::vector<T> const& stack, network_options o = {}) {
    o.normalize = n, o.use = nn::algorithm::exact;
    network_denoiser<T> d(m, o);
    return denoised(d, stack, s);
  };
  auto const plain = with({}, in);
  auto const model = with({.by = rule::model, .offset = 2, .scale = 4}, filters::scaled(in, 4, 2));
  CHECK(furthest(model, filters::scaled(plain, 4, 2)) < 100 * std::numeric_limits<T>::epsilon() * rms(model));
  auto const mean = with({.by = rule::mean}, in), twice = with({.by = rule::mean}, filters::scaled(in, 2));
  CHECK(twice == filters::scaled(mean, 2));
  CHECK(mean != plain);
  CHECK(image_of(mean, s, 2) == std::vector<T>(13 * 18, T(0)));
  CHECK(image_of(plain, s, 2) != std::vector<T>(13 * 18, T(0)));
  CHECK(*std::min_element(mean.begin(), mean.end()) < 0);
  auto clamped = with({.by = rule::mean}, in, {.clamp = true}), expected = mean;
  for (T& v : expected) v = std::max(v, T(0));
  CHECK(clamped == expected);
  CHECK(with({.by = rule::mean}, in, {.batch = 3}) == mean);
  network_denoiser<T> movie(drawn(narrow_udvd(3), {.by = rule::mean}), {.use = nn::algorithm::exact});
  auto const once = denoised(movie, in, s), again = denoised(movie, filters::scaled(in, 2), s);
  CHECK(again == filters::scaled(once, 2));
  CHECK(image_of(once, s, 2) == std::vector<T>(13 * 18, T(0)));
}

TEST_CASE("a bound that is too small is refused with the least that would do, which does") {
  auto const text_for = [](nn::model const& m, std::size_t bound, filters::shape const& s) {
    network_denoiser<float> d(m, {.memory = bound});
    return filters::message_of<value_error>([&] { d.prepare(s); });
  };
  for (auto const& [net, s] :
       {std::pair{nn::architecture(nn::unet{.base = 4, .depth = 3}), filters::shape{1, 190, 120}},
        {nn::architecture(narrow_udvd(3)), filters::shape{1, 20, 420}},
        {nn::architecture(nn::autoencoder{.base = 2}), filters::shape{130, 40, 40}}}) {
    auto const m = drawn(net);
    auto const said = text_for(m, 1000, s);
    REQUIRE(filters::contains(said, "1000 bytes are too few even for tiles of"));
    std::size_t const least = std::stoull(said.substr(said.find("give ") + 5));
    CHECK(filters::contains(text_for(m, least - 1, s), "too few"));
    network_denoiser<float> d(m, {.memory = least});
    CHECK(d.prepare(s).total() <= least);
    CHECK(d.tiles()[0] * d.tiles()[1] * d.tiles()[2] > 1);
    CHECK(least < network_denoiser<float>(m).prepare(s).total());
  }
  nn::unet bilinear = nn::double_conv_unet();
  bilinear.base = 4, bilinear.depth = 2, bilinear.up = nn::unet_upsampling::bilinear;
  CHECK(filters::contains(text_for(drawn(bilinear), 1000, {1, 200, 200}),
                          "does not work on tiles, because its upsampling stretches"));
}

TEST_CASE("published borders of a frame that is not square are cut into tiles too") {
  filters::shape const s{1, 160, 173};
  auto const m = drawn(narrow_udvd(1, nn::blind_borders::reflect));
  network_denoiser<double> whole(m, {.use = nn::algorithm::exact});
  auto tiled = in_tiles<double>(m, {.use = nn::algorithm::exact}, s, {1, 2, 2});
  auto const in = counts<double>(s);
  auto const a = denoised(whole, in, s);
  CHECK(denoised(tiled, in, s) == a);
  CHECK(a == by_plan<double>(m, {in.data()}, extent_of(s), nn::algorithm::exact));
}

TEST_CASE_TEMPLATE("hidden voxels of a spectrum image are kept, each once, and do not see themselves", T,
                   float, double) {
  filters::shape const s{11, 9, 10};
  auto const in = counts<T>(s);
  nn::triple const extent{11, 9, 10};
  auto const m = drawn(nn::autoencoder{.base = 3});
  for (auto const by : {rule::none, rule::mean}) {
    network_denoiser<T> denoise(m, {.normalize = nn::normalization{.by = by}}, {.spectrum = {.seed = 5}});
    auto const out = denoised(denoise, in, s);
    spectrum_masks const masks(s, 0.3, 5);
    if (by == rule::none)
      for (std::size_t k = 0; k < masks.number(); ++k) {  // by hand
        auto const hidden = [&](std::size_t i) { return masks[i] == k; };
        auto filled = in;
        for (std::size_t i = 0; i < in.size(); ++i)
          if (hidden(i))
            filled[i] = static_cast<T>(mean_of_neighbours(s, i / 90, i / 10 % 9, i % 10, hidden,
                                                          [&](std::size_t j) { return double(in[j]); }));
        auto const pass = by_plan<T>(m, {filled.data()}, extent, nn::algorithm::fast);
        bool same = true;
        for (std::size_t i = 0; i < in.size(); ++i) same = same && (!hidden(i) || out[i] == pass[i]);
        CHECK(same);
      }
    for (std::size_t const at : {0u, 123u, 517u, 989u}) {
      auto touched = in;
      touched[at] += 30;
      auto const after = denoised(denoise, touched, s);
      CHECK(after[at] == out[at]);
      CHECK(after != out);
    }
    CHECK(denoised(denoise, in, s) == out);
  }
  network_denoiser<T> single(m, {}, {.spectrum = {.passes = spectrum_passes::single}});
  auto const once = denoised(single, in, s);
  CHECK(once == by_plan<T>(m, {in.data()}, extent, nn::algorithm::fast));
  spectrum_network<T> mixed(m, {}, {.passes = spectrum_passes::mixed, .seed = 5});
  spectrum_network<T> masked(m, {}, {.seed = 5});
  auto const both = denoised(mixed, in, s), blind = denoised(masked, in, s);
  CHECK(mixed.share() >= 0);
  CHECK(mixed.share() <= 1);
  double wrong = 0;
  for (std::size_t i = 0; i < in.size(); ++i)
    wrong = std::max(wrong, std::abs((1 - mixed.share()) * double(blind[i]) +
                                     mixed.share() * double(once[i]) - double(both[i])));
  CHECK(wrong < 1e-5 * rms(both));
}

TEST_CASE("spectrum images in tiles are whole ones, with their Z-contrast image") {
  filters::shape const s{100, 38, 45};
  auto const m = drawn(nn::autoencoder{.inputs = 2, .base = 2});
  network_options const options{.use = nn::algorithm::exact};
  auto const in = counts<double>(s);
  auto const z = counts<double>({1, 38, 45}, 9);
  network_denoiser<double> whole(m, options);
  auto tiled = in_tiles<double>(m, options, s, {2, 1, 1});
  CHECK(filters::contains(filters::message_of<value_error>([&] { denoised(whole, in, s); }),
                          "give it by z_contrast"));
  whole.z_contrast(borrow(z.data(), 38, 45));
  tiled.z_contrast(borrow(z.data(), 38, 45));
  auto const a = denoised(whole, in, s);
  CHECK(denoised(tiled, in, s) == a);
  auto const doubled = filters::scaled(z, 2, 7);
  whole.z_contrast(borrow(doubled.data(), 38, 45));
  CHECK(furthest(denoised(whole, in, s), a) < 1e-12 * rms(a));
  auto const other = counts<double>({1, 38, 45}, 10);
  whole.z_contrast(borrow(other.data(), 38, 45));
  CHECK(denoised(whole, in, s) != a);
  whole.z_contrast(borrow(z.data(), 45, 38));
  CHECK_THROWS_AS(denoised(whole, in, s), shape_error);
}

TEST_CASE("a dead network is reported, a living one is not") {
  filters::shape const s{3, 12, 15};
  auto u = narrow_udvd(5);
  u.final_relu = true, u.bias = false;
  auto m = drawn(u);
  auto& last = m.weights.tensors.at("nin_C.weight");
  last = io::tensor(last.shape(), std::vector<float>(last.size(), 0.0f));
  auto in = counts<float>(s);
  network_denoiser<float> dead(m), alive(drawn(narrow_udvd(5)));
  denoised(dead, in, s);
  CHECK(filters::contains(dead.warning(), "3 of 3 results are constant (image 0: 0 everywhere)"));
  denoised(alive, in, s);
  CHECK(alive.warning().empty());
  std::fill(in.begin(), in.end(), 2.0f);
  denoised(dead, in, s);
  CHECK(dead.warning().empty());  // there is nothing to see in such images
}

TEST_CASE("a likelihood network gives its mean or, with the noise level, uses the noisy pixel") {
  filters::shape const s{2, 12, 15};
  auto const in = counts<double>(s);
  for (int const frames : {1, 3}) {
    auto u = narrow_udvd(frames);
    u.outputs = 2;
    auto const m = drawn(u, {.by = rule::model, .offset = 1, .scale = 2});
    network_denoiser<double> mean(m), posterior(m, {.noise = 0.6});
    auto const a = denoised(mean, in, s), b = denoised(posterior, in, s);
    for (std::size_t i = 0; i < 2; ++i) {
      auto scaled = filters::scaled(in, 0.5, -0.5);
      std::vector<double const*> window;
      for (int k = -(frames / 2); k <= frames / 2; ++k)
        window.push_back(scaled.data() + std::clamp(static_cast<int>(i) + k, 0, 1) * 180);
      auto const outputs = by_plan<double>(m, window, extent_of(s), nn::algorithm::fast);
      auto clean = image_of(scaled, s, i);
      CHECK(furthest(image_of(a, s, i),
                     filters::scaled(std::vector(outputs.begin(), outputs.begin() + 180), 2, 1)) < 1e-12);
      nn::posterior_mean<double>(1, 0.3, outputs, clean, clean);
      CHECK(furthest(image_of(b, s, i), filters::scaled(clean, 2, 1)) < 1e-12);
    }
  }
  CHECK_THROWS_AS(network_denoiser<double>(drawn(narrow_udvd(3)), {.noise = 1}), value_error);
}

TEST_CASE("the observer hears of every image and may end the work") {
  filters::shape const s{4, 10, 12};
  auto const in = counts<float>(s);
  for (nn::architecture const& net :
       {nn::architecture(narrow_udvd(5)), nn::architecture(nn::unet{.base = 3, .depth = 2})}) {
    network_denoiser<float> denoise(drawn(net));
    auto const all = denoised(denoise, in, s);
    std::vector<float> out(in.size(), -77);
    std::vector<std::size_t> heard;
    auto const watch = [&](std::size_t stop) {
      return [&heard, stop](progress const& p) {
        CHECK(p.iterations == 4);
        heard.push_back(p.iteration);
        return p.iteration == stop ? decision::stop : decision::proceed;
      };
    };
    denoise(borrow(in.data(), 4, 10, 12), borrow(out.data(), 4, 10, 12), watch(4));
    CHECK(heard == std::vector<std::size_t>{1, 2, 3, 4});
    CHECK(out == all);
    std::fill(out.begin(), out.end(), -77.0f);
    CHECK_THROWS_AS(denoise(borrow(in.data(), 4, 10, 12), borrow(out.data(), 4, 10, 12), watch(2)),
                    cancelled);
    CHECK(std::equal(out.begin(), out.begin() + 240, all.begin()));
  }
}

TEST_CASE("what no network takes is refused before anything is written") {
  CHECK(filters::not_refused(network_denoiser<float>(drawn(narrow_udvd(5)))) == "");
  CHECK(filters::not_refused(network_denoiser<double>(drawn(nn::unet{.base = 3, .depth = 2}))) == "");
  CHECK(filters::not_refused(network_denoiser<float>(drawn(nn::autoencoder{.base = 2}))) == "");
  auto const refuses = [](nn::model m, network_options const& o = {}) {
    return filters::message_of<error>([&] { network_denoiser<float>(std::move(m), o); });
  };
  auto const unet = drawn(nn::unet{.base = 3, .depth = 2});
  CHECK(filters::contains(refuses(drawn(nn::unet{.inputs = 3, .base = 3, .depth = 2})),
                          "images of 3 channels"));
  CHECK(filters::contains(refuses(drawn(nn::unet{.outputs = 2, .base = 3, .depth = 2})), "gives 2 channels"));
  CHECK(filters::contains(refuses(unet, {.batch = 0}), "a batch of 0"));
  auto unknown = unet;
  unknown.about.normalize.reset();
  CHECK(filters::contains(refuses(unknown), "'normalize'"));
  auto blind = drawn(narrow_udvd(5));
  std::get<nn::udvd>(blind.about.net).blind.reset();
  CHECK(filters::contains(refuses(blind), "the size of the blind spot"));
  auto missing = unet;
  missing.weights.tensors.erase("last.weight");
  CHECK(filters::contains(refuses(missing), "last.weight"));
  CHECK_THROWS_AS(network_denoiser<float>(unet, {}, {.scan_width = 4}), value_error);
  CHECK_THROWS_AS(
      network_denoiser<float>(drawn(nn::autoencoder{.base = 2}), {}, {.spectrum = {.masked_fraction = 0.9}}),
      value_error);
  network_denoiser<float> crops(drawn(nn::unet{.base = 3, .depth = 3, .odd = nn::odd_sizes::crop}));
  CHECK(filters::contains(filters::message_of<shape_error>([&] {
                            crops.prepare({1, 18, 16});
                          }),
                          "gives 16 x 16 pixels for images of 18 x 16"));
  network_denoiser<float> huge(unet);
  std::vector<float> in(64, 3e38f), out(64, -7);
  CHECK(filters::contains(filters::message_of<value_error>(
                              [&] { huge(borrow(in.data(), 1, 8, 8), borrow(out.data(), 1, 8, 8)); }),
                          "not finite"));
}
