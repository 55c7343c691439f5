// SPDX-License-Identifier: BSD-3-Clause
// denoise: that filters and networks do to a file what they do to an array, and what stands in the report.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>
#include <tomoedx/version.hpp>

#include <cmath>
#include <random>
#include <set>
#include <thread>

#ifdef TOMOEDX_PNG
#include <png.h>
#endif

using namespace cli_tests;
using nlohmann::json;

namespace {

/// A disc and stripes on a background, a little different in each image.
array scene(std::vector<std::size_t> const& shape, float scale = 1) {
  array a{shape, std::vector<float>(tomoedx::io::count_of(shape).value()), {}};
  std::size_t const height = shape[shape.size() - 2], width = shape.back();
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    auto const n = static_cast<double>(i / width / height), y = static_cast<double>(i / width % height),
               x = static_cast<double>(i % width);
    bool const disc = std::hypot(x - 20 - n, y - 18) < 9;
    a.values[i] = scale * static_cast<float>(3 + 2 * std::sin(x / 5) + (disc ? 9 : 0));
  }
  return a;
}

array counts_of(array const& expected, unsigned seed = 1) {
  std::mt19937 engine(seed);
  array a = expected;
  for (float& v : a.values) v = static_cast<float>(std::poisson_distribution<int>(v)(engine));
  return a;
}

array noisy(array const& clean, float sigma, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> draw(0, sigma);
  array a = clean;
  for (float& v : a.values) v += draw(engine);
  return a;
}

double squared_error(array const& a, array const& b) {
  REQUIRE(a.shape == b.shape);
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    sum += std::pow(static_cast<double>(a.values[i]) - static_cast<double>(b.values[i]), 2);
  return sum / static_cast<double>(a.values.size());
}

json report_of(place const& here, std::string const& name) {
  return json::parse(text_of(here / (name + "_report.json")));
}

bool warns(json const& report, std::string_view part) {
  return std::ranges::any_of(report["warnings"],
                             [&](json const& w) { return contains(w.get<std::string>(), part); });
}

/// A folder with counts of a scene and the scene.
class counted : public place {
 public:
  counted() {
    save(*this / "truth.npy", truth);
    save(*this / "counts.npy", counts);
  }
  array const truth = scene({3, 40, 48}), counts = counts_of(truth);
};

}  // namespace

TEST_CASE("denoise explains itself: every option of filters and networks, and an example") {
  place const here;
  std::string const help = here.done({"denoise", "--help"});
  for (char const* part : {"--method gaussian|tv|bm3d|nlm",
                           "--sigma",
                           "--weight W",
                           "--auto",
                           "--noise",
                           "--reference",
                           "--network unet|udvd|laine|cnn|dcae",
                           "--weights",
                           "--blind",
                           "--no-final-relu",
                           "--no-residual",
                           "--borders exact|reflect",
                           "--normalize none|mean|model",
                           "--metadata KEY=VALUE",
                           "--algorithm exact|accurate|fast",
                           "--memory BYTES",
                           "--z-contrast",
                           "--passes",
                           "--clamp",
                           "Example"})
    CHECK_MESSAGE(contains(help, part), part);
  CHECK(contains(here.done({"--help"}), "denoise"));
}

TEST_CASE("denoise brings counts nearer to the truth with every filter, and reports how") {
  counted const here;
  for (std::string const method : {"gaussian", "tv", "bm3d", "nlm"}) {
    CAPTURE(method);
    std::string const text = here.done({"denoise", "counts.npy", "--method", method, "--auto", "--reference",
                                        "truth.npy", "-o", method + ".npy"});
    CHECK(contains(text, method + ".npy " + method + "_report.json"));
    CHECK(contains(text, "PSNR"));
    array const clean = read(here / (method + ".npy"));
    auto const j = report_of(here, method);
    double const before = squared_error(here.counts, here.truth), after = squared_error(clean, here.truth);
    CHECK(after < before / 4);
    CHECK(j["reference"]["mse_before"].get<double>() == doctest::Approx(before));
    CHECK(j["reference"]["mse_after"].get<double>() == doctest::Approx(after).epsilon(1e-5));
    CHECK(j["reference"]["psnr_after"].get<double>() - j["reference"]["psnr_before"].get<double>() ==
          doctest::Approx(10 * std::log10(before / after)).epsilon(1e-5));
    CHECK(j["version"] == tomoedx::version);
    CHECK(j["method"] == method);
    CHECK(j["noise"]["model"] == "poisson");
    CHECK(j["parameter"]["chosen"] == "least Poisson unbiased risk");
    CHECK(j["parameter"]["tried"].size() >= 6);
    CHECK(j["input"]["shape"] == json({3, 40, 48}));
    CHECK(j["output"]["max"].get<float>() == *std::ranges::max_element(clean.values));
    CHECK(j["residual"]["variance_over_counts"].get<double>() == doctest::Approx(1).epsilon(0.3));
    CHECK(j["autocorrelation"]["values"].size() == 11);
    CHECK(j["autocorrelation"]["values"][5][5] == 1.0);
    if (method != "nlm") CHECK(j["blind_spot"]["rows"] == 1);  // which leaves some structure of so few pixels
    CHECK(j["machine"]["threads"].get<int>() >= 1);
    CHECK(j["phases"].contains("denoise"));
  }
}

TEST_CASE("denoise with a parameter that --auto chose does the same again, bit by bit") {
  counted const here;
  save(here / "values.npy", noisy(here.truth, 1.5f));
  for (auto const& [stack, method, option] : {std::tuple("counts", "gaussian", "--sigma"),
                                              {"counts", "tv", "--weight"},
                                              {"counts", "bm3d", "--sigma"},
                                              {"values", "nlm", "--sigma"}}) {
    CAPTURE(method);
    std::string const file = std::string(stack) + ".npy";
    here.done({"denoise", file, "--method", method, "--auto", "-o", "auto.npy", "--quiet", "--no-figures"});
    auto const j = report_of(here, "auto");
    words again{"denoise",  file,
                "--method", method,
                option,     fmt::format("{:.17g}", j["parameter"]["value"].get<double>()),
                "--noise",  j["noise"]["model"],
                "-o",       "again.npy",
                "--quiet",  "--no-figures"};
    CHECK(here.done(again).empty());
    CHECK(text_of(here / "auto.npy") == text_of(here / "again.npy"));
    CHECK(report_of(here, "again")["parameter"]["chosen"] == "given");
  }
  CHECK(report_of(here, "auto")["parameter"]["chosen"] == "least J-invariant risk");
}

TEST_CASE("denoise chooses by the reference when nothing else is said, and no worse than without") {
  counted const here;
  for (std::string const method : {"gaussian", "tv", "bm3d", "nlm"}) {
    CAPTURE(method);
    words const base{"denoise",     "counts.npy", "--method", method,
                     "--reference", "truth.npy",  "--quiet",  "--no-figures"};
    here.done(base + words{"-o", "best.npy"});
    here.done(base + words{"--auto", "-o", "auto.npy"});
    auto const best = report_of(here, "best"), automatic = report_of(here, "auto");
    CHECK(best["parameter"]["chosen"] == "least mean squared error against the reference");
    double const least = best["reference"]["mse_after"], found = automatic["reference"]["mse_after"];
    CHECK(least <= 1.01 * found);
    CHECK(found <= 1.3 * least);
  }
}

TEST_CASE(
    "denoise filters with a Gaussian of a given width as a plain sum does, and keeps what it does not know") {
  place const here;
  array a = random_array({2, 9, 12}, 3);
  a.axes = {{"tilt", "", 1, 0}, {"y", "nm", 0.5, 0}, {"x", "nm", 0.5, 2}};
  save(here / "a.h5", a);
  here.done({"denoise", "a.h5", "--method", "gaussian", "--sigma", "0.8", "-o", "b.h5:/clean"});
  array const b = read(here / "b.h5");
  REQUIRE(b.shape == a.shape);
  CHECK(b.axes[2].scale == 0.5);
  CHECK(b.axes[2].units == "nm");
  double weights[7], sum = 0;
  for (int k = -3; k <= 3; ++k) sum += weights[k + 3] = std::exp(-k * k / (2 * 0.8 * 0.8));
  auto const mirrored = [](int i, int n) { return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i; };
  for (int i = 0; i < 2 * 9 * 12; ++i) {
    int const n = i / 108, y = i / 12 % 9, x = i % 12;
    double expected = 0;
    for (int dy = -3; dy <= 3; ++dy)
      for (int dx = -3; dx <= 3; ++dx)
        expected += weights[dy + 3] * weights[dx + 3] / sum / sum *
                    static_cast<double>(a.values[static_cast<std::size_t>((n * 9 + mirrored(y + dy, 9)) * 12 +
                                                                          mirrored(x + dx, 12))]);
    CHECK(static_cast<double>(b.values[static_cast<std::size_t>(i)]) ==
          doctest::Approx(expected).epsilon(1e-5));
  }
  CHECK(here.names() == words{"a.h5", "b.h5", "b.png", "b_report.json"});
}

TEST_CASE("denoise takes single images and scans, and returns their shape") {
  place const here;
  array const clean = scene({2, 3, 24, 30});
  array scan = counts_of(clean), flat = scan, one = scan;
  flat.shape = {6, 24, 30};
  one.shape = {24, 30};
  one.values.resize(24 * 30);
  save(here / "scan.npy", scan);
  save(here / "flat.npy", flat);
  save(here / "one.mrc", one);
  words const with{"--method", "tv", "--weight", "0.4", "--quiet", "--no-figures"};
  for (char const* name : {"scan.npy", "flat.npy", "one.mrc"})
    here.done(words{"denoise", name, "-o", std::string("clean_") + name} + with);
  CHECK(read(here / "clean_scan.npy").shape == scan.shape);
  CHECK(read(here / "clean_scan.npy").values == read(here / "clean_flat.npy").values);
  array const image = read(here / "clean_one.mrc");
  CHECK(image.shape == read(here / "one.mrc").shape);
  CHECK(std::equal(image.values.begin(), image.values.end(), read(here / "clean_flat.npy").values.begin()));
}

TEST_CASE("denoise warns of images that look like no images, with energies or elements last") {
  place const here;
  save(here / "maps.npy", random_array({4, 40, 40, 3}, 1));
  words const with{"--method", "gaussian", "--sigma", "1", "--quiet", "--no-figures", "-o", "out.npy"};
  here.done(words{"denoise", "maps.npy"} + with);
  CHECK(
      warns(report_of(here, "out"), "the images are 40 x 3 (y x), the last two indices of 4 x 40 x 40 x 3"));
}

TEST_CASE("denoise takes for counts what has their noise, and says what it did otherwise") {
  counted const here;
  array stretched = here.counts, whole = noisy(scene({2, 40, 48}, 100), 9);
  for (float& v : stretched.values) v *= 40;
  for (float& v : whole.values) v = std::max(0.0f, std::round(v));
  save(here / "stretched.npy", stretched);
  save(here / "whole.npy", whole);
  save(here / "values.npy", noisy(scene({2, 64, 64}, 20), 5));
  auto const report = [&](words const& more) {
    here.done(words{"denoise", "-o", "out.npy", "--quiet", "--no-figures"} + more);
    return report_of(here, "out");
  };
  auto const j = report({"stretched.npy", "--method", "bm3d"});
  CHECK(j["noise"]["model"] == "gaussian");
  CHECK(contains(j["noise"]["why"].get<std::string>(), "times the noise of counts"));
  CHECK(report({"whole.npy", "--method", "bm3d"})["noise"]["model"] == "gaussian");
  CHECK(report({"counts.npy", "--method", "bm3d"})["parameter"]["chosen"] == "that of stabilised counts");
  CHECK(report({"counts.npy", "--method", "bm3d", "--noise", "gaussian"})["noise"]["why"] ==
        "--noise gaussian");
  CHECK(warns(report({"stretched.npy", "--method", "bm3d", "--noise", "poisson"}), "may be scaled"));
  auto const measured = report({"values.npy", "--method", "nlm"});
  CHECK(measured["parameter"]["value"].get<double>() == doctest::Approx(5).epsilon(0.2));
  CHECK(report({"values.npy", "--method", "bm3d"})["parameter"]["value"].is_null());
  words const given{"--method", "bm3d", "--sigma", "1"};
  std::string const in_unit = "the values look like counts; --sigma is in their unit";
  CHECK(warns(report(words{"counts.npy"} + given), in_unit));
  CHECK(!warns(report(words{"counts.npy", "--noise", "poisson"} + given), in_unit));
  CHECK(!warns(report(words{"counts.npy", "--noise", "gaussian"} + given), in_unit));
  CHECK(!warns(report(words{"stretched.npy"} + given), in_unit));
}

TEST_CASE("denoise warns of results that tell nothing and of residuals that hold structure") {
  place const here;
  array const clean = scene({1, 40, 48}, 30);
  save(here / "a.npy", noisy(clean, 1));
  auto const report = [&](words const& more) {
    here.done(words{"denoise", "a.npy", "-o", "out.npy", "--quiet", "--no-figures"} + more);
    return report_of(here, "out");
  };
  auto const smooth = report({"--method", "gaussian", "--sigma", "8"});
  CHECK(smooth["blind_spot"]["beyond_lags"] == true);
  CHECK(warns(smooth, "structure of the images was taken off"));
  auto const same = report({"--method", "nlm", "--sigma", "1e-6"});
  CHECK(warns(same, "nothing was taken off"));
  CHECK(!same.contains("autocorrelation"));
  CHECK(warns(report({"--method", "gaussian", "--sigma", "1000"}), "came out constant"));
  array spread = noisy({{1, 64, 64}, std::vector<float>(4096, 50), {}}, 3);
  for (std::size_t i = spread.values.size() - 1; i > 0; --i)
    spread.values[i] = (spread.values[i] + spread.values[i - 1]) / 2;  // along x
  save(here / "a.npy", spread);
  auto const wide = report({"--method", "gaussian", "--sigma", "6"});
  CHECK(wide["blind_spot"]["rows"] == 1);
  CHECK(wide["blind_spot"]["columns"] == 3);
  CHECK(warns(wide, "weights trained with a blind spot of 1 x 3 (rows x columns)"));
  CHECK(!warns(wide, "--blind"));
}

#ifdef TOMOEDX_PNG
TEST_CASE("denoise draws the middle image before and after and what was taken off") {
  counted const here;
  here.done({"denoise", "counts.npy", "--method", "gaussian", "--sigma", "1", "-o", "out.mrc"});
  CHECK(report_of(here, "out")["pictures"] == json({"out.png"}));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, (here / "out.png").c_str()) != 0);
  image.format = PNG_FORMAT_RGB;
  std::vector<unsigned char> bytes(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, bytes.data(), 0, nullptr) != 0);
  std::set<unsigned> colors;
  for (std::size_t i = 0; i < bytes.size(); i += 3)
    colors.insert(bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
  CHECK(image.width > 600);
  CHECK(image.height > 250);
  CHECK(colors.size() > 100);
}
#endif

TEST_CASE("Ctrl-C ends denoise cleanly: nothing is written, one line says so, and the code is 130") {
  place const here;
  save(here / "a.npy", random_array({300, 128, 128}, 1));
  for (words const& more : {words{"--sigma", "0.2"}, words{"--auto"}}) {
    pid_t const child =
        here.start(words{"denoise", "a.npy", "--method", "bm3d", "-o", "out.npy", "--quiet"} + more);
    auto const listens = [&] {
      std::istringstream status(text_of("/proc/" + std::to_string(child) + "/status"));
      for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigCgt:"))
          return (std::stoull(line.substr(7), nullptr, 16) & (1u << (SIGINT - 1))) != 0;
      return false;
    };
    for (int i = 0; i < 500 && !listens(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    kill(child, SIGINT);
    outcome const o = here.finish(child);
    INFO(o.err);
    CHECK(o.code == 130);
    CHECK(std::ranges::count(o.err, '\n') == 1);
    CHECK(contains(o.err, "tomoedx denoise: interrupted"));
    CHECK(contains(o.err, "nothing was written"));
    CHECK(here.names() == words{"a.npy"});
  }
}
#endif
