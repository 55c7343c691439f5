// SPDX-License-Identifier: BSD-3-Clause
// denoise --network and info FILE.safetensors: from weight files to files of images.
#ifdef TOMOEDX_PROGRAM
#include "weights.hpp"

#include <nlohmann/json.hpp>

using namespace cli_tests;
using nlohmann::json;

namespace {

json report_of(place const& here, std::string const& name) {
  return json::parse(text_of(here / (name + "_report.json")));
}

double largest_difference(array const& a, array const& b) {
  REQUIRE(a.shape == b.shape);
  double most = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    most = std::max(most, std::abs(static_cast<double>(a.values[i]) - static_cast<double>(b.values[i])));
  return most;
}

/// One image of a stack.
std::vector<float> image(array const& a, std::size_t i) {
  std::size_t const pixels = a.shape[a.shape.size() - 2] * a.shape.back();
  auto const first = a.values.begin() + static_cast<std::ptrdiff_t>(i * pixels);
  return {first, first + static_cast<std::ptrdiff_t>(pixels)};
}

words const quiet{"--quiet", "--no-figures"};

}  // namespace

TEST_CASE("denoise applies a network as it is described, in the units of the stack") {
  place const here;
  array const a = random_array({2, 13, 17}, 1);
  save(here / "a.npy", a);
  save_mean_network(here / "mean.safetensors", 1, {{"residual", "0"}, {"normalize", "mean"}});
  std::string const text =
      here.done({"denoise", "a.npy", "--network", "cnn", "--weights", "mean.safetensors", "-o", "b.npy"});
  CHECK(contains(text, "cnn: 2 images of 13 x 17"));
  array expected = a;
  for (int i = 0; i < 2 * 13 * 17; ++i) {
    int const n = i / 221, y = i / 17 % 13, x = i % 17;
    double sum = 0;
    for (int v = std::max(0, y - 1); v <= std::min(12, y + 1); ++v)
      for (int u = std::max(0, x - 1); u <= std::min(16, x + 1); ++u)
        sum += static_cast<double>(a.values[static_cast<std::size_t>((n * 13 + v) * 17 + u)]) / 9;
    expected.values[static_cast<std::size_t>(i)] = static_cast<float>(sum);
  }
  CHECK(largest_difference(read(here / "b.npy"), expected) < 1e-5);

  auto const j = report_of(here, "b");
  CHECK(j["method"] == "cnn");
  CHECK(j["network"]["architecture"] == "cnn");
  CHECK(j["network"]["weights"] == "mean.safetensors");
  CHECK(j["network"]["bytes"] == fs::file_size(here / "mean.safetensors"));
  CHECK(j["network"]["sha256"].get<std::string>().size() == 64);
  CHECK(j["network"]["metadata"]["normalize"] == "mean");
  CHECK(j["network"]["memory"]["total"].get<double>() > 0);
  CHECK(j["network"]["tiles"] == json({{"z", 1}, {"y", 1}, {"x", 1}}));
  CHECK(j["noise"]["model"] == "unknown");
  CHECK(!j.contains("parameter"));
#ifdef TOMOEDX_PNG
  CHECK(here.names() == words{"a.npy", "b.npy", "b.png", "b_report.json", "mean.safetensors"});
#endif

  // what the user says goes before what the file says, and is told
  here.done(words{"denoise", "a.npy", "--network", "cnn", "--weights", "mean.safetensors", "--residual",
                  "--normalize", "none", "-o", "noise.npy"} +
            quiet);
  for (std::size_t i = 0; i < expected.values.size(); ++i)
    expected.values[i] = a.values[i] - expected.values[i];
  CHECK(largest_difference(read(here / "noise.npy"), expected) < 1e-5);
  CHECK(report_of(here, "noise")["network"]["metadata"]["residual"] == "1");
  CHECK(contains(report_of(here, "noise")["warnings"].dump(),
                 "residual is 1 as you say, the weight file says 0"));
}

TEST_CASE("the hash in the report is the SHA-256 of the weight file") {
  place const here;
  save_weights(here / "unet.safetensors", nn::unet{.base = 2, .depth = 2});
  auto const j = json::parse(here.done({"info", "unet.safetensors", "--json"}));
  std::string const hash = j["sha256"];
  std::FILE* const pipe =
      popen(fmt::format("sha256sum {} 2>/dev/null", (here / "unet.safetensors").string()).c_str(), "r");
  REQUIRE(pipe != nullptr);
  char other[65] = {};
  bool const known = std::fread(other, 1, 64, pipe) == 64;
  pclose(pipe);
  if (known)
    CHECK(hash == other);
  else
    MESSAGE("no sha256sum here");
}

TEST_CASE("denoise gives the same with tiles in little memory, and refuses memory that is too little") {
  place const here;
  save(here / "a.npy", random_array({2, 320, 280}, 2));
  save_weights(here / "unet.safetensors", nn::unet{.base = 4, .depth = 3}, {{"normalize", "none"}});
  words const base = words{"denoise", "a.npy", "--network", "unet", "--weights", "unet.safetensors"};
  here.done(base + quiet + words{"-o", "whole.npy"});
  auto const whole = report_of(here, "whole");
  CHECK(whole["network"]["tiles"]["y"] == 1);
  std::size_t const total = whole["network"]["memory"]["total"];
  here.done(base + quiet + words{"-o", "tiled.npy", "--memory", fmt::format("{}", total / 2)});
  auto const tiled = report_of(here, "tiled");
  CHECK(tiled["network"]["memory"]["total"].get<std::size_t>() <= total / 2);
  CHECK(tiled["network"]["tiles"]["y"].get<int>() * tiled["network"]["tiles"]["x"].get<int>() > 1);
  array const a = read(here / "whole.npy"), b = read(here / "tiled.npy");
  CHECK(distance(b.values, a.values) < 1e-5);
  here.done(base + quiet + words{"-o", "exact.npy", "--algorithm", "exact"});
  CHECK(distance(read(here / "exact.npy").values, a.values) < 1e-4);
  CHECK(text_of(here / "exact.npy") != text_of(here / "whole.npy"));
  auto const before = here.names();
  check_refused(here.run(base + words{"-o", "none.npy", "--memory", "1000"}), "tomoedx denoise",
                "with --memory 1000");
  CHECK(here.names() == before);
}

TEST_CASE("denoise warns of a network that gives a constant") {
  place const here;
  save(here / "a.npy", random_array({1, 16, 16}, 2));
  save_mean_network(here / "zero.safetensors", 0, {{"residual", "0"}, {"normalize", "none"}});
  outcome const o = here.run(
      words{"denoise", "a.npy", "--network", "cnn", "--weights", "zero.safetensors", "-o", "b.npy"} + quiet);
  CHECK(o.code == 0);
  CHECK(contains(o.err, "tomoedx denoise: note: "));
  CHECK(contains(o.err, "constant"));
  CHECK(report_of(here, "b")["warnings"].size() >= 1);
}

TEST_CASE(
    "denoise speaks of blind spots only to networks that have one, and of counts only where there are some") {
  place const here;
  array noise = random_array({1, 40, 40}, 2);
  for (float& v : noise.values) v -= 0.5f;  // zeros outside then leave no edges
  save(here / "a.npy", noise);
  save(here / "zero.npy", {{1, 16, 16}, std::vector<float>(256, 0.0f), {}});
  save(here / "tiny.npy", random_array({3, 4, 9}, 2));
  save_mean_network(here / "mean.safetensors", 1, {{"residual", "1"}, {"normalize", "none"}});
  save_weights(here / "udvd.safetensors", narrow_udvd(5),
               {{"blind", "5"}, {"final_relu", "0"}, {"normalize", "none"}});
  auto const warnings = [&](words const& more) {
    here.done(words{"denoise", "-o", "out.npy"} + quiet + more);
    return report_of(here, "out")["warnings"].dump();
  };
  auto const smooth = warnings({"a.npy", "--network", "cnn", "--weights", "mean.safetensors"});
  CHECK(contains(smooth, "structure was taken off, or noise spreads over pixels"));
  CHECK(!contains(smooth, "blind spot"));
  auto weights = tomoedx::io::read_safetensors(here / "mean.safetensors");
  for (auto& [key, tensor] : weights.tensors)  // the network now gives -1 everywhere
    if (tensor.shape().size() == 1)
      tensor = tomoedx::io::tensor(tensor.shape(), std::vector<float>(tensor.size(), 1.0f));
  tomoedx::io::write_safetensors(here / "bias.safetensors", weights);
  auto const zero = warnings({"zero.npy", "--network", "cnn", "--weights", "bias.safetensors"});
  CHECK(read(here / "out.npy").values[0] != 0);
  CHECK(!contains(zero, "times the counts"));
  words const udvd{"--network", "udvd", "--weights", "udvd.safetensors"};
  CHECK(contains(warnings(words{"tiny.npy"} + udvd),
                 "the blind spot is 5 x 5, larger than the images of 4 x 9 (y x)"));
  CHECK(!contains(warnings(words{"a.npy"} + udvd), "larger than the images"));
}

TEST_CASE("denoise takes movies through UDVD, as many frames out as in") {
  place const here;
  array movie = random_array({4, 21, 18}, 3), doubled = movie, still = movie;
  for (float& v : doubled.values) v *= 2;
  for (std::size_t i = 0; i < still.values.size(); ++i) still.values[i] = movie.values[i % (21 * 18)];
  save(here / "movie.npy", movie);
  save(here / "doubled.npy", doubled);
  save(here / "still.npy", still);
  save_weights(here / "bare.safetensors", narrow_udvd(5));
  save_weights(here / "said.safetensors", narrow_udvd(5),
               {{"blind", "3x3"}, {"final_relu", "0"}, {"normalize", "none"}, {"arch", "udvd"}});
  auto const run = [&](char const* stack, char const* weights, words const& more = {}) {
    here.done(words{"denoise", stack, "--network", "udvd", "--weights", weights, "-o", "out.npy"} + quiet +
              more);
    return read(here / "out.npy");
  };
  words const told{"--blind", "3", "--no-final-relu", "--normalize", "none"};
  array const out = run("movie.npy", "said.safetensors");
  CHECK(out.shape == movie.shape);
  CHECK(out.values == run("movie.npy", "bare.safetensors", told).values);
  CHECK(report_of(here, "out")["network"]["metadata"]["blind"] == "3x3");
  array const twice = run("doubled.npy", "said.safetensors");
  bool linear = true;
  for (std::size_t i = 0; i < out.values.size(); ++i) linear = linear && twice.values[i] == 2 * out.values[i];
  CHECK(linear);
  array const same = run("still.npy", "said.safetensors");
  for (std::size_t i = 1; i < 4; ++i) CHECK(image(same, i) == image(same, 0));
  CHECK(out.values !=
        run("movie.npy", "bare.safetensors", {"--blind", "1", "--no-final-relu", "--normalize", "none"})
            .values);
  array const cut = run("movie.npy", "said.safetensors", {"--final-relu"});
  bool positive = true;
  for (std::size_t i = 0; i < out.values.size(); ++i)
    positive = positive && cut.values[i] == std::max(0.0f, out.values[i]);
  CHECK(positive);
  // the same file again is no contradiction
  run("movie.npy", "said.safetensors", told);
  CHECK(!contains(report_of(here, "out")["warnings"].dump(), "as you say"));

  auto const missing = [&](words const& more, std::string_view part) {
    check_refused(here.run(words{"denoise", "movie.npy", "--network", "udvd", "--weights", "bare.safetensors",
                                 "-o", "none.npy"} +
                           more),
                  "tomoedx denoise", part);
    CHECK(!fs::exists(here / "none.npy"));
  };
  missing({}, "give --blind 1, 3 or 5, and --final-relu or --no-final-relu, and --normalize none or mean");
  missing({"--final-relu", "--normalize", "none"}, "give --blind 1, 3 or 5");
  missing({"--blind", "3", "--normalize", "none"}, "give --final-relu or --no-final-relu");
  missing({"--blind", "2", "--final-relu", "--normalize", "none"}, "odd");
  missing({"--blind", "3", "--final-relu", "--normalize", "model"}, "'offset' is not there");
}

TEST_CASE("denoise takes scans through UDVD for nine frames: neighbours in the scan count, others do not") {
  place const here;
  array scan = random_array({3, 4, 12, 14}, 4);
  save(here / "scan.npy", scan);
  for (std::size_t i = 0; i < 12 * 14; ++i) scan.values[i] += 1;  // frame (0, 0)
  save(here / "other.npy", scan);
  save_weights(here / "nine.safetensors", narrow_udvd(9),
               {{"blind", "1"}, {"final_relu", "0"}, {"normalize", "none"}});
  words const with = words{"--network", "udvd", "--weights", "nine.safetensors"} + quiet;
  here.done(words{"denoise", "scan.npy", "-o", "a.npy"} + with);
  here.done(words{"denoise", "other.npy", "-o", "b.npy"} + with);
  array const a = read(here / "a.npy"), b = read(here / "b.npy");
  CHECK(a.shape == scan.shape);
  for (std::size_t i = 0; i < 12; ++i) {
    CAPTURE(i);
    bool const neighbour = i / 4 <= 1 && i % 4 <= 1;
    CHECK((image(a, i) != image(b, i)) == neighbour);
  }
  save(here / "stack.npy", random_array({4, 12, 14}, 4));
  check_refused(here.run(words{"denoise", "stack.npy", "-o", "none.npy"} + with), "tomoedx denoise",
                "takes a scan (b, a, y, x)");
}

TEST_CASE("denoise takes spectrum images through the autoencoder, with a Z-contrast image if it wants one") {
  place const here;
  save(here / "cube.npy", random_array({16, 12, 20}, 5));
  save(here / "z.npy", random_array({12, 20}, 6));
  save(here / "wide.npy", random_array({12, 21}, 6));
  save_weights(here / "one.safetensors", nn::autoencoder{.inputs = 1, .base = 2}, {{"normalize", "mean"}});
  save_weights(here / "two.safetensors", nn::autoencoder{.inputs = 2, .base = 2}, {{"normalize", "mean"}});
  words const base{"denoise", "cube.npy", "--network", "dcae", "--weights"};
  here.done(base + words{"one.safetensors", "-o", "a.npy"} + quiet);
  CHECK(read(here / "a.npy").shape == std::vector<std::size_t>{16, 12, 20});
  CHECK(report_of(here, "a")["network"]["passes"] == "masked");
  here.done(base + words{"one.safetensors", "-o", "b.npy", "--passes", "single"} + quiet);
  CHECK(text_of(here / "a.npy") != text_of(here / "b.npy"));
  here.done(base + words{"two.safetensors", "--z-contrast", "z.npy", "-o", "c.npy"} + quiet);
  auto const refused = [&](words const& more, std::string_view part) {
    check_refused(here.run(base + more + words{"-o", "none.npy"}), "tomoedx denoise", part);
  };
  refused({"two.safetensors"}, "give --z-contrast FILE");
  refused({"one.safetensors", "--z-contrast", "z.npy"}, "takes none; leave it out");
  refused({"two.safetensors", "--z-contrast", "wide.npy"},
          "is 12 x 21, the spectra are on a grid of 12 x 20");
}

TEST_CASE("info names the network of a weight file, what must still be said, and its tensors") {
  place const here;
  save_weights(here / "udvd.safetensors", narrow_udvd(5), {{"blind", "3"}, {"licence", "none"}});
  std::string const text = here.done({"info", "udvd.safetensors"});
  for (char const* line : {"network  udvd: UDVD for 5 frames", "blind spot 3 x 3", "say      --final-relu or",
                           "metadata licence: none", "tensor   nin_A.weight  F32  8 x 16 x 1 x 1\n"})
    CHECK_MESSAGE(contains(text, line), text);
  CHECK(!contains(text, "say      --blind"));
  auto const j = json::parse(here.done({"info", "udvd.safetensors", "--json"}));
  CHECK(j["architecture"] == "udvd");
  CHECK(j["wanted"].size() == 2);
  CHECK(j["metadata"]["blind"] == "3");
  std::size_t parameters = 0;
  for (auto const& t : j["tensors"]) {
    std::size_t count = 1;
    for (std::size_t const extent : t["shape"]) count *= extent;
    parameters += count;
  }
  CHECK(j["parameters"] == parameters);
  CHECK(j["tensors"].size() == nn::parameters_of(narrow_udvd(5)).size());

  tomoedx::io::write_safetensors(here / "other.safetensors",
                                 {{{"strange", tomoedx::io::tensor({2, 3}, std::vector<float>(6))}}, {}});
  std::string const other = here.done({"info", "other.safetensors"});
  CHECK(contains(other, "network  none known here"));
  CHECK(contains(other, "holds    1 tensors, 6 parameters"));
  fs::copy_file(here / "udvd.safetensors", here / "UDVD.SafeTensors");
  CHECK(contains(here.done({"info", "UDVD.SafeTensors"}), "network  udvd"));
  here.write("bad.safetensors", "no weights at all, but text");
  check_refused(here.run({"info", "bad.safetensors"}), "tomoedx info", "bad.safetensors");
  check_refused(here.run({"info", "none.safetensors"}), "tomoedx info", "none.safetensors");
}
#endif
