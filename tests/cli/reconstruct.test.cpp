// SPDX-License-Identifier: BSD-3-Clause
// simulate and reconstruct: what they write, and that it is right.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>
#include <tomoedx/version.hpp>

#include <cmath>
#include <thread>

using namespace cli_tests;
using nlohmann::json;

namespace {

words const both_maps{"--map", "Au=p/map_Au.npy", "--map", "Ag=p/map_Ag.npy"};
words const haadf{"--haadf", "p/haadf.npy"};
words const tilts{"--tilts", "p/tilts.txt"};

/// A simulated series in the folder p.
void simulate(place const& here, words const& more = {"--size", "32", "--slices", "3"}) {
  here.done(words{"simulate", "phantom", "-o", "p", "--no-figures"} + more);
}

json report_in(place const& here, std::string const& directory) {
  return json::parse(text_of(here / (directory + "/report.json")));
}

}  // namespace

TEST_CASE("simulate phantom writes a bimodal series that fits its own truth") {
  place const here;
  std::string const text = here.done({"simulate", "phantom", "--size", "48", "--slices", "2", "--tilts-range",
                                      "-60:60:20", "--smooth", "0", "--counts", "40", "-o", "p"});
  CHECK(contains(text, "p: truth_Au.npy"));
  array const au = read(here / "p/truth_Au.npy"), ag = read(here / "p/truth_Ag.npy");
  array const map = read(here / "p/map_Au.npy"), other = read(here / "p/map_Ag.npy"),
              h = read(here / "p/haadf.npy");
  CHECK(au.shape == std::vector<std::size_t>{48, 2, 48});
  CHECK(map.shape == std::vector<std::size_t>{7, 2, 48});
  CHECK(*std::ranges::max_element(au.values) == 791.5f);
  CHECK(*std::ranges::max_element(ag.values) == 471.5f);
  auto const mask = tomoedx::io::read<std::uint8_t>((here / "p/mask_Au.npy").string());
  bool same = true;
  for (std::size_t i = 0; i < mask.values.size(); ++i)
    same = same && (mask.values[i] != 0) == (au.values[i] > 0);
  CHECK(same);

  array sum = au;  // HAADF is the projection of the sum of the truths
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += ag.values[i];
  save(here / "sum.npy", sum);
  here.done({"project", "sum.npy", "--tilts", "p/tilts.txt", "-o", "projected.npy"});
  CHECK(distance(h.values, read(here / "projected.npy").values) < 1e-6);

  bool whole = true;
  double counts = 0;
  for (auto const* m : {&map, &other})
    for (float const v : m->values) whole = whole && v == std::floor(v), counts += static_cast<double>(v);
  CHECK(whole);
  double const pixels = static_cast<double>(2 * map.values.size());
  CHECK(std::abs(counts / pixels - 40) < 5 * std::sqrt(40 / pixels));

  auto const parameters = json::parse(text_of(here / "p/parameters.json"));
  double const ratio = parameters["elements"][0]["ratio"];
  CHECK(ratio == doctest::Approx(parameters["elements"][0]["z"].get<double>() /
                                 parameters["elements"][0]["zeta"].get<double>()));
  CHECK(contains(text_of(here / "p/ratios.txt"), fmt::format("{:.9g},", ratio)));
  CHECK(text_of(here / "p/tilts.txt") == "-60\n-40\n-20\n0\n20\n40\n60\n");
  CHECK(json(parameters["elements"][1]["zeta"]).get<double>() /
            json(parameters["elements"][0]["zeta"]).get<double>() ==
        doctest::Approx(2.4e-2 / 1.88e-2));
}

TEST_CASE("simulate phantom has the dose of the paper at its size, and the same seed gives the same data") {
  place const here;
  simulate(here, {"--size", "512", "--tilts", "0:10:10"});
  auto const p = json::parse(text_of(here / "p/parameters.json"));
  CHECK(p["elements"][0]["zeta"].get<double>() == doctest::Approx(1.88e-2));
  CHECK(p["elements"][1]["zeta"].get<double>() == doctest::Approx(2.4e-2));
  CHECK(p["options"]["smooth"] == 8.0);
  for (char const* name : {"a", "b", "c"})
    here.done({"simulate", "phantom", "--size", "24", "--seed", std::string(name) == "c" ? "8" : "7", "-o",
               name, "--quiet"});
  CHECK(text_of(here / "a/map_Au.npy") == text_of(here / "b/map_Au.npy"));
  CHECK(text_of(here / "a/map_Au.npy") != text_of(here / "c/map_Au.npy"));
  CHECK(text_of(here / "a/haadf.npy") == text_of(here / "c/haadf.npy"));
  here.done({"simulate", "phantom", "--kind", "core-shell", "--size", "16", "--format", "mrc",
             "--haadf-noise", "0.05", "--background", "2", "--tilts", "0:40:20", "-o", "d"});
  CHECK(read(here / "d/truth_Au.mrc").shape == std::vector<std::size_t>{16, 16, 16});
  CHECK(read(here / "d/map_Ag.mrc").axes[2].scale == doctest::Approx(145.5 / 16));
}

TEST_CASE("simulate phantom refuses what it cannot make") {
  place const here;
  auto const refused = [&](words const& arguments, std::string_view part) {
    check_refused(here.run(words{"simulate", "phantom"} + arguments), "tomoedx simulate phantom", part);
    CHECK(here.names().empty());
  };
  refused({"--kind", "teapot", "-o", "p"}, "known are square-in-cube, cube-in-cube, core-shell");
  refused({"--size", "4", "-o", "p"}, "--size 4");
  refused({"--size", "9000", "--slices", "9000", "-o", "p"}, "GiB of memory are needed");
  refused({"--counts", "-1", "-o", "p"}, "--counts -1");
  refused({"--smooth", "nan", "-o", "p"}, "--smooth nan");
  refused({"--tilts", "none.txt", "-o", "p"}, "none.txt");
  refused({"--format", "tif", "-o", "p"}, "--format tif");
  refused({"-o", "nowhere/p"}, "nowhere does not exist");
  refused({}, "--output");
}

TEST_CASE("HEBT wins all six figures over EDX-only SIRT, with estimated and with true ratios") {
  place const here;
  simulate(here, {"--size", "96"});
  here.done(words{"reconstruct", "--method", "sirt", "--iterations", "200", "-o", "sirt"} + both_maps +
            tilts);
  here.done(words{"reconstruct", "--method", "hebt", "-o", "estimated"} + both_maps + haadf + tilts);
  std::string ratios = text_of(here / "p/ratios.txt");
  ratios.pop_back();
  here.done(words{"reconstruct", "--method", "hebt", "--ratios", ratios, "-o", "true"} + both_maps + haadf +
            tilts);
  auto const j = json::parse(here.done({"compare", "p", "sirt", "estimated", "true", "--scale", "--json"}));
  for (char const* element : {"Au", "Ag"}) {
    auto const value = [&](char const* metric, int i) {
      return j["channels"][element][metric]["values"][i].get<double>();
    };
    for (int const hebt : {1, 2}) {
      CHECK(value("ssim", hebt) > value("ssim", 0));
      CHECK(value("ssim-structure", hebt) > value("ssim-structure", 0));
      CHECK(value("mse-scaled", hebt) <= 0.75 * value("mse-scaled", 0));
      CHECK(value("dp", hebt) < value("dp", 0));
    }
  }
  auto const report = report_in(here, "estimated");
  CHECK(report["ratios"].size() == 2);
  auto const parameters = json::parse(text_of(here / "p/parameters.json"));
  for (std::size_t e = 0; e < 2; ++e)
    CHECK(report["ratios"][e].get<double>() ==
          doctest::Approx(parameters["elements"][e]["ratio"].get<double>()).epsilon(0.15));
  CHECK(report["r_squared"].get<double>() > 0.85);
  auto const given = report_in(here, "true");
  CHECK(given["ratios"][0].get<double>() ==
        doctest::Approx(parameters["elements"][0]["ratio"].get<double>()));
  CHECK(given["r_squared"].get<double>() <
        report["r_squared"].get<double>() + 1e-9);  // least squares is the best there is
}

TEST_CASE("reconstruct writes its volumes, pictures and a report that tells all") {
  place const here;
  simulate(here);
  std::string const text =
      here.done(words{"reconstruct", "--method", "hebt", "--iterations", "20", "--pixel-size", "1.5",
                      "--format", "mrc", "--threads", "1", "-o", "out"} +
                both_maps + haadf + tilts);
  CHECK(contains(text, "hebt: 20 iterations"));
  CHECK(here.names() == words{"out", "p"});
  array const au = read(here / "out/Au.mrc");
  CHECK(au.shape == std::vector<std::size_t>{32, 3, 32});
  CHECK(au.axes[0].scale == doctest::Approx(1.5));
  CHECK(!fs::exists(here / "out/HAADF.mrc"));
  auto const r = report_in(here, "out");
  CHECK(r["method"] == "hebt");
  CHECK(r["version"] == tomoedx::version);
  CHECK(r["iterations"] == 20);
  CHECK(r["ended"] == "iterations");
  CHECK(r["options"]["alpha"] == 0.7);
  CHECK(r["options"]["projector"] == "strip");
  CHECK(r["machine"]["threads"] == 1);
  CHECK(r["seconds"].get<double>() > 0);
  CHECK(r["tilts"].size() == 31);
  CHECK(r["inputs"].size() == 3);
  CHECK(r["inputs"][0]["path"] == "p/map_Au.npy");
  CHECK(r["outputs"][1]["file"] == "Ag.mrc");
  CHECK(contains(r["outputs"][1]["units"].get<std::string>(), "z(e) rho(e)"));
  CHECK(r["steps"].size() >= 3);
  CHECK(r["residuals"].size() == 20);
  double last = 1e300;
  for (double const norm : r["residuals"]) {
    CHECK(norm < last * 1.0001);
    last = norm;
  }
  for (char const* channel : {"Au", "Ag", "HAADF"}) CHECK(r["residuals_by_channel"][channel].size() == 20);
  double squares = 0;
  for (char const* channel : {"Au", "Ag", "HAADF"})
    squares += std::pow(r["residuals_by_channel"][channel][7].get<double>(), 2);
  CHECK(std::sqrt(squares) == doctest::Approx(r["residuals"][7].get<double>()));
#ifdef TOMOEDX_PNG
  for (char const* name : {"out/slices.png", "out/residuals.png"})
    CHECK(text_of(here / name).starts_with("\x89PNG"));
#endif
}

TEST_CASE(
    "SIRT and EM reconstruct each channel, HAADF among them, and their residuals are those of the written "
    "volume") {
  place const here;
  simulate(here);
  for (std::string const method : {"sirt", "em"}) {
    here.done(words{"reconstruct", "--method", method, "--iterations", "30", "--no-figures", "--quiet", "-o",
                    method} +
              both_maps + haadf + tilts);
    auto const r = report_in(here, method);
    CHECK(r["ratios"].is_null());
    CHECK(r["pictures"].empty());
    for (std::string const name : {"Au", "Ag", "HAADF"}) {
      array const x = read(here / (method + "/" + name + ".npy"));
      CHECK(*std::ranges::min_element(x.values) >= 0);
      here.done({"project", method + "/" + name + ".npy", "--tilts", "p/tilts.txt", "-o", "model.npy"});
      array const data = read(here / (name == "HAADF" ? "p/haadf.npy" : "p/map_" + name + ".npy"));
      auto const& norms = r["residuals_by_channel"][name];
      double const left =
          distance(read(here / "model.npy").values, data.values) * std::sqrt(dot(data.values, data.values));
      CHECK(left < norms.back().get<double>());
      CHECK(left > 0.9 * norms.back().get<double>());
    }
  }
}

TEST_CASE("rows reconstructed alone are those of the whole, for HEBT with its ratios too") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "24", "--slices", "12"});
  for (std::string const method : {"sirt", "hebt"}) {
    auto const common =
        words{"reconstruct", "--method", method, "--iterations", "15", "--no-figures", "--quiet"} +
        both_maps + haadf + tilts;
    here.done(common + words{"-o", method + "_all"});
    here.done(common + words{"--rows", "4:9", "-o", method + "_some"});
    array const all = read(here / (method + "_all/Ag.npy")), some = read(here / (method + "_some/Ag.npy"));
    CHECK(some.shape == std::vector<std::size_t>{24, 5, 24});
    std::vector<float> part;
    for (std::size_t z = 0; z < 24; ++z)
      for (std::size_t i = 4 * 24; i < 9 * 24; ++i) part.push_back(all.values[z * 12 * 24 + i]);
    CHECK(distance(some.values, part) < 1e-5);
  }
}

TEST_CASE("shifts bring a displaced series into register, along x and along y") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "32", "--slices", "24", "--tilts", "-60:60:10"});
  array map = read(here / "p/map_Ag.npy");
  std::string shifts = "# x y\n";
  array moved = map;
  for (std::size_t t = 0; t < 13; ++t) {
    int const dx = static_cast<int>(t % 4) - 2, dy = static_cast<int>(t % 3) - 1;  // what brings it back
    shifts += fmt::format("{} {}\n", dx, dy);
    for (int y = 0; y < 24; ++y)
      for (int x = 0; x < 32; ++x) {
        int const from_x = x + dx, from_y = y + dy;
        bool const in = from_x >= 0 && from_x < 32 && from_y >= 0 && from_y < 24;
        moved.values[(t * 24 + static_cast<std::size_t>(y)) * 32 + static_cast<std::size_t>(x)] =
            in ? map.values[(t * 24 + static_cast<std::size_t>(from_y)) * 32 +
                            static_cast<std::size_t>(from_x)]
               : 0.0f;
      }
  }
  save(here / "moved.npy", moved);
  here.write("shifts.txt", shifts);
  auto const common =
      words{"reconstruct", "--method", "sirt", "--iterations", "40", "--no-figures", "--quiet"} + tilts;
  here.done(common + words{"--map", "Ag=p/map_Ag.npy", "-o", "still"});
  here.done(common + words{"--map", "Ag=moved.npy", "--shifts", "shifts.txt", "-o", "back"});
  here.done(common + words{"--map", "Ag=moved.npy", "-o", "blurred"});
  array const still = read(here / "still/Ag.npy");
  double const back = distance(read(here / "back/Ag.npy").values, still.values);
  CHECK(back < 0.08);  // the detector sees other borders of the volume
  CHECK(distance(read(here / "blurred/Ag.npy").values, still.values) > 4 * back);
  auto const r = report_in(here, "back");
  CHECK(r["shifts"].size() == 13);
  CHECK(r["shifts"][3] == json({1.0, -1.0}));
  CHECK(contains(r["steps"].dump(), "moved each tilt along y"));
}

TEST_CASE("HAADF tilts that were stretched one by one come back to the scale of the maps") {
  place const here;
  simulate(here, {"--size", "32", "--counts", "500"});
  array const h = read(here / "p/haadf.npy");
  array stretched = h;
  std::size_t const frame = 32;
  for (std::size_t i = 0; i < h.values.size(); ++i) {
    auto const t = static_cast<float>(i / frame % 7);
    stretched.values[i] = (1 + 0.3f * t) * h.values[i] + 1000 * t;
  }
  save(here / "stretched.npy", stretched);
  std::string ratios = text_of(here / "p/ratios.txt");
  ratios.pop_back();
  auto const common =
      words{"reconstruct", "--method", "hebt", "--iterations", "30", "--no-figures", "--quiet"} + both_maps +
      tilts;
  here.done(common + words{"--haadf", "p/haadf.npy", "--ratios", ratios, "-o", "plain"});
  here.done(common +
            words{"--haadf", "stretched.npy", "--ratios", ratios, "--normalize-haadf", "-o", "given"});
  here.done(common + words{"--haadf", "stretched.npy", "--normalize-haadf", "-o", "estimated"});
  array const plain = read(here / "plain/Ag.npy");
  CHECK(distance(read(here / "given/Ag.npy").values, plain.values) < 0.05);
  auto const r = report_in(here, "estimated");
  CHECK(r["r_squared"].get<double>() > 0.98);
  CHECK(r["haadf_gain"].size() == 31);
  CHECK(r["haadf_gain"][0].get<double>() > 2 * r["haadf_gain"][6].get<double>());
  CHECK(contains(r["steps"].dump(), "normalised each HAADF tilt"));
}

TEST_CASE("averaging before maps and HAADF are linked undoes the bias of noisy maps") {
  place const here;
  simulate(here, {"--kind", "cube-in-cube", "--size", "48", "--counts", "0.15", "--smooth", "0", "--tilts",
                  "-60:60:10"});
  double const truth = json::parse(text_of(here / "p/parameters.json"))["elements"][1]["ratio"];
  auto const common =
      words{"reconstruct", "--method", "hebt", "--iterations", "1", "--no-figures", "--quiet"} + both_maps +
      haadf + tilts;
  outcome const fine = here.run(common + words{"-o", "fine"});
  CHECK(fine.code == 0);
  CHECK(contains(fine.err, "--link-bin"));  // the user is told
  here.done(common + words{"--link-bin", "8", "-o", "binned"});
  double const biased = report_in(here, "fine")["ratios"][1], better = report_in(here, "binned")["ratios"][1];
  CHECK(biased < 0.7 * truth);
  CHECK(std::abs(better - truth) < 0.15 * truth);
}

TEST_CASE(
    "a mask keeps the result zero outside, bounds are kept, and a warm start goes on where it was left") {
  place const here;
  simulate(here);
  auto const common = words{"reconstruct", "--method", "sirt", "--no-figures", "--quiet"} + both_maps + tilts;
  here.done(common + words{"--iterations", "10", "--mask", "p/mask_Ag.npy", "--upper", "3", "-o", "masked"});
  array const x = read(here / "masked/Ag.npy"), mask = read(here / "p/mask_Ag.npy");
  bool zero = true;
  for (std::size_t i = 0; i < x.values.size(); ++i) zero = zero && (mask.values[i] != 0 || x.values[i] == 0);
  CHECK(zero);
  CHECK(*std::ranges::max_element(x.values) == 3.0f);

  here.done(common + words{"--iterations", "12", "-o", "twelve"});
  here.done(common + words{"--iterations", "5", "-o", "five"});
  here.done(common + words{"--iterations", "7", "--warm-start", "five", "-o", "seven"});
  CHECK(distance(read(here / "seven/Au.npy").values, read(here / "twelve/Au.npy").values) < 1e-5);
  CHECK(report_in(here, "seven")["residuals"][0].get<double>() ==
        doctest::Approx(report_in(here, "twelve")["residuals"][5].get<double>()).epsilon(1e-5));
}

TEST_CASE("stopping rules end early and the report says so") {
  place const here;
  simulate(here);
  auto const common =
      words{"reconstruct", "--method", "em", "--iterations", "500", "--no-figures", "--quiet"} + both_maps +
      tilts;
  here.done(common + words{"--stop-change", "0.05", "-o", "change"});
  auto const r = report_in(here, "change");
  CHECK(r["ended"] == "relative_change");
  CHECK(r["iterations"].get<int>() < 100);
  double const level = r["residuals"][3];
  here.done(common + words{"--stop-residual", fmt::format("{}", level), "-o", "level"});
  CHECK(report_in(here, "level")["ended"] == "residual_below");
}

TEST_CASE("an older result stays until --force, and then until the new one is complete") {
  place const here;
  simulate(here);
  auto const common =
      words{"reconstruct", "--method", "em", "--iterations", "2", "--no-figures", "--quiet", "-o", "out"} +
      both_maps + tilts;
  here.done(common);
  here.write("out/notes.txt", "mine");
  check_refused(here.run(common), "tomoedx reconstruct", "--force");
  CHECK(text_of(here / "out/notes.txt") == "mine");
  check_refused(here.run(common + words{"--force", "--map", "Fe=none.npy"}), "tomoedx reconstruct",
                "none.npy");
  CHECK(fs::exists(here / "out/notes.txt"));
  here.done(common + words{"--force"});
  CHECK(!fs::exists(here / "out/notes.txt"));
  CHECK(fs::exists(here / "out/Au.npy"));
  CHECK(here.names() == words{"out", "p"});
  check_refused(here.run({"reconstruct", "--method", "em", "--map", "Au=p/map_Au.npy", "--tilts",
                          "p/tilts.txt", "--force", "-o", "p"}),
                "tomoedx reconstruct", "which --force would remove");
  CHECK(fs::exists(here / "p/map_Au.npy"));
}

TEST_CASE("Ctrl-C ends cleanly: nothing is written, one line says so, and the code is 130") {
  place const here;
  simulate(here, {"--size", "64", "--slices", "8"});
  for (int const signal : {SIGINT, SIGTERM}) {
    pid_t const child = here.start(
        words{"reconstruct", "--method", "sirt", "--iterations", "1000000", "--quiet", "-o", "out"} +
        both_maps + tilts);
    // The program is asked to stop once it listens, and has had time for some iterations.
    auto const listens = [&] {
      std::istringstream status(text_of("/proc/" + std::to_string(child) + "/status"));
      for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigCgt:"))
          return (std::stoull(line.substr(7), nullptr, 16) & (1u << (SIGINT - 1))) != 0;
      return false;
    };
    for (int i = 0; i < 500 && !listens(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    kill(child, signal);
    outcome const o = here.finish(child);
    INFO(o.err);
    CHECK(o.code == 128 + signal);
    CHECK(std::ranges::count(o.err, '\n') == 1);
    CHECK(contains(o.err, "tomoedx reconstruct: interrupted"));
    CHECK(contains(o.err, "nothing was written"));
    CHECK(here.names() == words{"p"});
  }
}
#endif
