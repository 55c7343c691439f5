// SPDX-License-Identifier: BSD-3-Clause
// Every method of `reconstruct` beyond SIRT, EM and HEBT: near the truth, told in the report, and refused what it does
// not know.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <thread>

using namespace cli_tests;
using nlohmann::json;

namespace {

words const maps{"--map", "Au=p/map_Au.npy", "--map", "Ag=p/map_Ag.npy"};
words const haadf{"--haadf", "p/haadf.npy"};
words const tilts{"--tilts", "p/tilts.txt"};

void simulate(place const& here, words const& more) {
  here.done(words{"simulate", "phantom", "-o", "p", "--no-figures", "--quiet", "--smooth", "0"} + more);
}

json reconstructed(place const& here, std::string const& directory, words const& arguments) {
  here.done(words{"reconstruct", "--no-figures", "--quiet", "-o", directory} + tilts + arguments);
  return json::parse(text_of(here / (directory + "/report.json")));
}

double ratio_of(place const& here, std::size_t element) {
  return json::parse(text_of(here / "p/parameters.json"))["elements"][element]["ratio"];
}

/// How far a volume is from its truth, at the scale that suits it best: counts and HAADF signal alike.
double error_of(place const& here, std::string const& directory, std::string const& name) {
  auto x = read(here / (directory + "/" + name + ".npy")).values;
  auto const truth = read(here / ("p/truth_" + name + ".npy")).values;
  auto const factor = static_cast<float>(dot(x, truth) / dot(x, x));
  for (float& v : x) v *= factor;
  return distance(x, truth);
}

}  // namespace

TEST_CASE("every method of series that stand alone comes near the truth, in counts") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "32", "--slices", "8", "--counts", "40"});
  reconstructed(here, "sirt", words{"--method", "sirt", "--iterations", "60"} + maps);
  double const sirt = error_of(here, "sirt", "Ag");
  CHECK(sirt < 0.35);
  struct expected {
    char const* method;
    double against_sirt;
  };
  double const counts =
      dot(read(here / "p/truth_Ag.npy").values, std::vector<float>(32 * 8 * 32, 1.0f)) / ratio_of(here, 1);
  for (auto const& [method, most] :
       {expected{"fbp", 2.5}, expected{"os-sirt", 1.2}, expected{"sart", 1.4}, expected{"cgls", 1.6},
        expected{"osem", 1.2}, expected{"tv", 0.8}, expected{"vtv", 0.8}, expected{"tnv", 0.8}}) {
    auto const r = reconstructed(here, method, words{"--method", method} + maps);
    INFO(method);
    CHECK(error_of(here, method, "Ag") < most * sirt);
    CHECK(r["method"] == method);
    CHECK(r["residuals_by_channel"]["Ag"].size() == r["iterations"].get<std::size_t>());
    double sum = 0;
    for (float const v : read(here / (std::string(method) + "/Ag.npy")).values) sum += static_cast<double>(v);
    CHECK(sum == doctest::Approx(counts).epsilon(0.15));
    CHECK(r["outputs"][1]["units"] == "counts per voxel edge");
  }
  auto const fbp = json::parse(text_of(here / "fbp/report.json"));
  CHECK(fbp["options"]["filter"] == "ram-lak");
  CHECK(fbp["options"]["cutoff"] == 1.0);
  CHECK(!fbp["options"].contains("iterations"));
  auto const osem = json::parse(text_of(here / "osem/report.json"));
  CHECK(osem["options"]["subsets"] == 5);
  auto const tv = json::parse(text_of(here / "tv/report.json"));
  CHECK(tv["ended"] == "solved");
  CHECK(tv["options"]["lambda"] == 1.0);
  CHECK(tv["options"]["noise"] == "poisson");
  CHECK(tv["options"]["dimensions"] == 3);
  auto const& gap = tv["convergence"]["gap"];
  CHECK(gap.back().get<double>() <= 0.01 * tv["convergence"]["objective"].back().get<double>());
  CHECK(gap.size() == tv["convergence"]["iterations"].size());
  CHECK(tv["units"].size() == 2);
}

TEST_CASE("filters, damping, subsets and lambda do what their names say") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "32", "--slices", "4", "--counts", "10"});
  auto const roughness = [&](std::string const& directory) {
    array const a = read(here / (directory + "/Ag.npy"));
    double sum = 0;
    for (std::size_t i = 1; i < a.values.size(); ++i)
      sum += std::abs(static_cast<double>(a.values[i]) - static_cast<double>(a.values[i - 1]));
    return sum;
  };
  words const ag{"--map", "Ag=p/map_Ag.npy"};
  double last = 1e300;
  for (std::string const filter : {"ram-lak", "shepp-logan", "cosine", "hann"}) {
    reconstructed(here, filter, words{"--method", "fbp", "--filter", filter} + ag);
    CHECK(roughness(filter) < last);
    last = roughness(filter);
  }
  reconstructed(here, "cut", words{"--method", "fbp", "--filter", "hann", "--cutoff", "0.5"} + ag);
  CHECK(roughness("cut") < last);
  reconstructed(here, "damped", words{"--method", "cgls", "--damping", "20"} + ag);
  reconstructed(here, "free", words{"--method", "cgls"} + ag);
  CHECK(roughness("damped") < 0.7 * roughness("free"));
  reconstructed(here, "one", words{"--method", "os-sirt", "--subsets", "1", "--iterations", "9"} + ag);
  reconstructed(here, "plain", words{"--method", "sirt", "--iterations", "9"} + ag);
  CHECK(text_of(here / "one/Ag.npy") == text_of(here / "plain/Ag.npy"));
  reconstructed(here, "each", words{"--method", "os-sirt", "--subsets", "31", "--iterations", "2"} + ag);
  reconstructed(here, "sart", words{"--method", "sart", "--iterations", "2"} + ag);
  CHECK(text_of(here / "each/Ag.npy") == text_of(here / "sart/Ag.npy"));
  for (std::string const lambda : {"0.5", "2", "8"})
    reconstructed(here, "tv" + lambda, words{"--method", "tv", "--lambda", lambda, "--dimensions", "2"} + ag);
  CHECK(roughness("tv2") < roughness("tv0.5"));
  CHECK(roughness("tv8") < roughness("tv2"));
  // slices that are regularised one by one do not know of each other
  reconstructed(here, "some",
                words{"--method", "tv", "--lambda", "2", "--dimensions", "2", "--noise", "gaussian",
                      "--upper", "0.2", "--mask", "p/mask_Ag.npy"} +
                    ag);
  array const x = read(here / "some/Ag.npy"), mask = read(here / "p/mask_Ag.npy");
  bool inside = true;
  for (std::size_t i = 0; i < x.values.size(); ++i)
    inside = inside && x.values[i] >= 0 && x.values[i] <= 0.2f && (mask.values[i] != 0 || x.values[i] == 0);
  CHECK(inside);
}

TEST_CASE("joint comes nearer to the truth than HEBT, and takes doses and HAADF at tilts of its own") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "24", "--slices", "4", "--counts", "4", "--haadf-noise",
                  "0.03"});
  auto const h =
      reconstructed(here, "hebt", words{"--method", "hebt", "--ratio-method", "poisson"} + maps + haadf);
  auto const j =
      reconstructed(here, "joint", words{"--method", "joint", "--ratio-method", "poisson"} + maps + haadf);
  for (char const* name : {"Au", "Ag"})
    CHECK(error_of(here, "joint", name) < 0.7 * error_of(here, "hebt", name));
  for (std::size_t e = 0; e < 2; ++e) {
    CHECK(j["ratios"][e].get<double>() == doctest::Approx(ratio_of(here, e)).epsilon(0.1));
    CHECK(j["ratios"][e] == h["ratios"][e]);
  }
  CHECK(contains(j["outputs"][0]["units"].get<std::string>(), "z(e) rho(e)"));
  CHECK(j["measured_sigmas"].size() == 1);
  CHECK(j["options"]["regularizer"] == "tnv");
  CHECK(j["residuals_by_channel"].contains("HAADF"));

  // tilts of the maps with unlike doses: counts thinned where the dose is low
  array au = read(here / "p/map_Au.npy"), ag = read(here / "p/map_Ag.npy");
  std::string doses;
  std::size_t const frame = 4 * 24;
  for (std::size_t t = 0; t < au.shape[0]; ++t) {
    bool const more = t % 2 == 0;
    doses += more ? "3\n" : "1\n";
    for (std::size_t i = t * frame; more && i < (t + 1) * frame; ++i) au.values[i] *= 3, ag.values[i] *= 3;
  }
  save(here / "au.npy", au);
  save(here / "ag.npy", ag);
  here.write("doses.txt", doses);
  std::string ratios = text_of(here / "p/ratios.txt");
  ratios.pop_back();
  words const uneven{"--map", "Au=au.npy", "--map", "Ag=ag.npy", "--ratios", ratios};
  auto const d =
      reconstructed(here, "doses", words{"--method", "joint", "--doses", "doses.txt"} + uneven + haadf);
  CHECK(d["doses"].size() == au.shape[0]);
  reconstructed(here, "blind", words{"--method", "joint"} + uneven + haadf);
  CHECK(error_of(here, "doses", "Ag") < error_of(here, "blind", "Ag"));

  // HAADF at every second tilt only
  array const signal = read(here / "p/haadf.npy");
  array some{{0, 4, 24}, {}, {}};
  std::string angles;
  for (std::size_t t = 0; t < signal.shape[0]; t += 2, ++some.shape[0]) {
    some.values.insert(some.values.end(), signal.values.begin() + static_cast<std::ptrdiff_t>(t * frame),
                       signal.values.begin() + static_cast<std::ptrdiff_t>((t + 1) * frame));
    angles += fmt::format("{}\n", -75 + 5 * static_cast<int>(t));
  }
  save(here / "some.npy", some);
  here.write("angles.txt", angles);
  auto const o = reconstructed(
      here, "own",
      words{"--method", "joint", "--haadf", "some.npy", "--haadf-tilts", "angles.txt", "--ratios", ratios} +
          maps);
  CHECK(o["haadf_tilts"].size() == 16);
  CHECK(o["r_squared"].is_null());
  CHECK(error_of(here, "own", "Ag") < error_of(here, "hebt", "Ag"));
  check_refused(here.run(words{"reconstruct", "--method", "joint", "--haadf", "some.npy", "--haadf-tilts",
                               "angles.txt", "-o", "no"} +
                         maps + tilts),
                "tomoedx reconstruct", "give --ratios");
}

TEST_CASE("the uncertainty is how reconstructions of repeated measurements scatter") {
  place const here;
  words const size{"--kind", "cube-in-cube", "--size", "24", "--slices", "4", "--counts", "30"};
  constexpr int repeats = 12;
  std::vector<double> sum(24 * 4 * 24), squares(sum);
  words const ag{"--map", "Ag=p/map_Ag.npy"};
  for (int n = 0; n < repeats; ++n) {
    simulate(here, size + words{"--seed", std::to_string(40 + n), "--force"});
    reconstructed(here, "again", words{"--method", "fbp", "--filter", "hann", "--force"} + ag);
    auto const x = read(here / "again/Ag.npy").values;
    for (std::size_t i = 0; i < x.size(); ++i) {
      double const v = static_cast<double>(x[i]);
      sum[i] += v, squares[i] += v * v;
    }
  }
  double truth = 0;
  for (std::size_t i = 0; i < sum.size(); ++i)
    truth += (squares[i] - sum[i] * sum[i] / repeats) / (repeats - 1);
  words const scattered{"--method", "fbp", "--filter", "hann", "--uncertainty", "30"};
  auto const r = reconstructed(here, "sigma", scattered + ag);
  CHECK(fs::exists(here / "sigma/Ag.npy"));
  auto const sigma = read(here / "sigma/sigma_Ag.npy").values;
  double const found = dot(sigma, sigma);
  CHECK(found == doctest::Approx(truth).epsilon(0.15));
  CHECK(r["options"]["uncertainty"] == 30);
  CHECK(r["outputs"][1]["file"] == "sigma_Ag.npy");
  CHECK(r["phases"].contains("uncertainty"));
  CHECK(contains(r["steps"].dump(), "30 reconstructions"));
  reconstructed(here, "same", scattered + ag);
  CHECK(text_of(here / "sigma/sigma_Ag.npy") == text_of(here / "same/sigma_Ag.npy"));
  reconstructed(here, "other", scattered + ag + words{"--seed", "7"});
  CHECK(text_of(here / "sigma/sigma_Ag.npy") != text_of(here / "other/sigma_Ag.npy"));
  // all series of a joint method scatter, HAADF with its noise
  auto const h = reconstructed(
      here, "hebt", words{"--method", "hebt", "--iterations", "5", "--uncertainty", "3"} + maps + haadf);
  CHECK(h["outputs"].size() == 4);
}

TEST_CASE("a run with checkpoints ends with the bits of one without, and is refused to another problem") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "24", "--slices", "4", "--counts", "30"});
  for (std::string const method : {"sirt", "cgls", "os-sirt", "osem", "tv"}) {
    words const common = words{"--method", method, "--no-figures"} + maps;
    words const store{"--checkpoint", method + ".state", "--every", "10"};
    words const whole = method == "tv" ? words{"--stop-gap", "0"} : words{};
    reconstructed(here, method + "_whole", common + whole + words{"--iterations", "40"});
    reconstructed(here, method + "_part", common + whole + store + words{"--iterations", "20"});
    CHECK(fs::exists(here / (method + ".state")));
    auto const r =
        reconstructed(here, method + "_rest", common + whole + store + words{"--iterations", "40"});
    INFO(method);
    CHECK(text_of(here / (method + "_rest/Ag.npy")) == text_of(here / (method + "_whole/Ag.npy")));
    CHECK(r["residuals"].size() == 40);
    CHECK(contains(r["steps"].dump(), "went on from the checkpoint"));
  }
  words const sirt{"reconstruct", "--method", "sirt", "-o", "no", "--checkpoint", "sirt.state"};
  check_refused(here.run(sirt + maps + tilts + words{"--relaxation", "0.5", "--quiet"}),
                "tomoedx reconstruct", "relaxation");
  check_refused(here.run(sirt + words{"--map", "Au=p/map_Au.npy"} + tilts + words{"--quiet"}),
                "tomoedx reconstruct", "sirt.state");
  CHECK(!fs::exists(here / "no"));
}

TEST_CASE("Ctrl-C keeps the state of a run with checkpoints and nothing else") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "48", "--slices", "8"});
  words const command =
      words{"reconstruct", "--method", "sirt", "--iterations", "100000", "--quiet", "--checkpoint",
            "long.state",  "--every",  "5",    "-o",           "out"} +
      maps + tilts;
  pid_t const child = here.start(command);
  for (int i = 0; i < 3000 && !fs::exists(here / "long.state"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGINT);
  outcome const o = here.finish(child);
  INFO(o.err);
  CHECK(o.code == 130);
  CHECK(std::ranges::count(o.err, '\n') == 1);
  CHECK(contains(o.err, "nothing was written but the state, to long.state"));
  CHECK(here.names() == words{"long.state", "p"});
}

TEST_CASE("with a bound of memory rows go from files to files, with the same result") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "40", "--slices", "40", "--tilts", "-60:60:10"});
  std::string ratios = text_of(here / "p/ratios.txt");
  ratios.pop_back();
  for (std::string const method : {"fbp", "sirt", "sart", "em", "hebt"}) {
    words common = words{"--method", method} + maps;
    if (method != "fbp") common = common + words{"--iterations", "6"};
    if (method == "hebt") common = common + haadf + words{"--ratios", ratios};
    auto const whole = reconstructed(here, method, common);
    auto const r = reconstructed(here, method + "_slabs", common + words{"--memory", "70M"});
    INFO(method);
    CHECK(distance(read(here / (method + "_slabs/Ag.npy")).values, read(here / (method + "/Ag.npy")).values) <
          1e-5);
    CHECK(contains(r["steps"].dump(), "slabs"));
    CHECK(r["residuals"].back().get<double>() ==
          doctest::Approx(whole["residuals"].back().get<double>()).epsilon(1e-4));
    CHECK(r["outputs"][0]["sum"].get<double>() ==
          doctest::Approx(whole["outputs"][0]["sum"].get<double>()).epsilon(1e-4));
  }
  auto const refused = [&](words const& more, std::string_view part) {
    check_refused(here.run(words{"reconstruct", "--quiet", "-o", "no"} + maps + tilts + more),
                  "tomoedx reconstruct", part);
    CHECK(!fs::exists(here / "no"));
  };
  refused({"--method", "sirt", "--memory", "70M", "--mask", "p/mask_Ag.npy"}, "--memory: --mask");
  refused({"--method", "sirt", "--memory", "70M", "--rows", "1:3"}, "--memory: --rows");
  refused({"--method", "hebt", "--memory", "70M", "--haadf", "p/haadf.npy"}, "give --ratios");
  refused({"--method", "sirt", "--memory", "1M"}, "allow more memory");
  refused({"--method", "sirt", "--memory", "much"}, "much");
  refused({"--method", "tnv", "--memory", "70M"}, "--memory is for --method");
}

TEST_CASE("options of other methods and values that mean nothing are refused") {
  place const here;
  simulate(here, {"--size", "16", "--slices", "2", "--tilts", "-60:60:30"});
  auto const refused = [&](words const& more, std::string_view part) {
    outcome const o = here.run(words{"reconstruct", "-o", "no", "--map", "Au=p/map_Au.npy"} + tilts + more);
    INFO(fmt::format("{}", fmt::join(more, " ")));
    check_refused(o, "tomoedx reconstruct", part);
    CHECK(!fs::exists(here / "no"));
  };
  refused({"--method", "fbp", "--iterations", "5"}, "--iterations is for --method sirt, os-sirt,");
  refused({"--method", "fbp", "--filter", "box"}, "--filter box: is none of ram-lak|shepp-logan|cosine|hann");
  refused({"--method", "fbp", "--cutoff", "1.5"}, "--cutoff 1.5");
  refused({"--method", "sirt", "--filter", "hann"}, "--filter is for --method fbp, not sirt");
  refused({"--method", "cgls", "--damping", "-1"}, "--damping -1");
  refused({"--method", "cgls", "--lower", "0"}, "--lower is for --method sirt");
  refused({"--method", "os-sirt", "--subsets", "6"}, "subsets of 5 tilts");
  refused({"--method", "os-sirt", "--subsets", "0"}, "--subsets 0");
  refused({"--method", "sart", "--subsets", "2"}, "--subsets is for --method os-sirt and osem, not sart");
  refused({"--method", "tv", "--lambda", "-1"}, "--lambda -1");
  refused({"--method", "tv", "--lambda", "nan"}, "--lambda nan");
  refused({"--method", "tv", "--noise", "salt"}, "--noise salt: is none of gaussian|poisson");
  refused({"--method", "tv", "--dimensions", "4"}, "--dimensions 4");
  refused({"--method", "tv", "--haadf", "p/haadf.npy"}, "--noise poisson is for counts");
  refused({"--method", "tv", "--stop-gap", "2"}, "--stop-gap 2");
  refused({"--method", "hebt", "--haadf", "p/haadf.npy", "--lambda", "1"},
          "--lambda is for --method tv, vtv, tnv and joint");
  refused({"--method", "joint"}, "--haadf is missing: joint joins");
  words const joint{"--method", "joint", "--haadf", "p/haadf.npy"};
  refused(joint + words{"--gamma", "0.5"}, "--gamma 0.5");
  refused(joint + words{"--ratios", "0"}, "the response ratio of Au is 0");
  refused(joint + words{"--ratios", "40", "--ratio-method", "poisson"}, "leave it or --ratios out");
  refused(joint + words{"--ratio-method", "poisson", "--link-bin", "4"}, "take --ratio-method nnls");
  refused(joint + words{"--ratio-method", "guess"}, "is none of nnls|poisson");
  refused(joint + words{"--doses", "none.txt"}, "none.txt");
  refused(joint + words{"--haadf-tilts", "0:10:10", "--ratios", "40"}, "2 angles for the 5 tilts");
  refused(joint + words{"--regularizer", "ridge"}, "is none of tv|vtv|tnv");
  refused({"--method", "sirt", "--uncertainty", "1"}, "--uncertainty 1");
  refused({"--method", "sirt", "--seed", "1"}, "give --uncertainty N too");
  refused({"--method", "sirt", "--every", "4"}, "give --checkpoint FILE too");
  refused({"--method", "sirt", "--checkpoint", "nowhere/state"}, "nowhere does not exist");
  refused({"--method", "sirt", "--checkpoint", "p/map_Au.npy"}, "is the input");
  refused({"--method", "sirt", "--checkpoint", "no/state"}, "which is made anew");
  refused({"--method", "fbp", "--checkpoint", "state"}, "--checkpoint is for --method sirt");
}
#endif
