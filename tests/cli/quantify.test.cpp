// SPDX-License-Identifier: BSD-3-Clause
// `quantify`: volumes and maps of known composition.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

using namespace cli_tests;

namespace {

/// A ball of two elements in vacuum: masses 3 and 1 in its upper half, 1 and 1 below.
class ball_place : public place {
 public:
  static constexpr std::size_t n = 24;

  ball_place() {
    array au{{n, n, n}, std::vector<float>(n * n * n), {}}, ag = au;
    for (std::size_t z = 0; z < n; ++z)
      for (std::size_t y = 0; y < n; ++y)
        for (std::size_t x = 0; x < n; ++x) {
          if (!in(z, y, x)) continue;
          au.values[(z * n + y) * n + x] = z < n / 2 ? 6.0f : 2.0f;  // counts, at k = 0.5
          ag.values[(z * n + y) * n + x] = 1;
        }
    save(*this / "au.npy", au);
    save(*this / "ag.npy", ag);
    save(*this / "small.npy", random_array({n, n, n - 1}, 1));
    save(*this / "zero.npy", {{n, n, n}, std::vector<float>(n * n * n), {}});
    au.values[3] = std::numeric_limits<float>::quiet_NaN();
    save(*this / "nan.npy", au);
    array flat{{2, 3}, {4, 2, 0, 4, 2, 0}, {}};
    save(*this / "flat_au.npy", flat);
    save(*this / "flat_ag.npy", array{{2, 3}, {2, 3, 0, 2, 3, 0}, {}});
    write("k.json", R"({"kind": "k-weight", "reference": "Ag", "factors": {"Au": 0.5, "Ag": 1}})");
    write("zeta.json", R"({"kind": "zeta", "factors": {"Au": 500, "Ag": 1000}, "uncertainty": {"Au": 0.1}})");
    write("bare.json", R"({"kind": "k-weight", "factors": {"Au": 0.5, "Ag": 1}})");
    write("missing.json", R"({"kind": "zeta", "factors": {"Au": 0.5}})");
    write("below.json", R"({"kind": "zeta", "factors": {"Au": -0.5, "Ag": 1}})");
    write("odd.json", R"({"kind": "zeta", "fuctors": {"Au": 0.5, "Ag": 1}})");
    before_ = names();
  }
  static bool in(std::size_t z, std::size_t y, std::size_t x) {
    auto const square = [](std::size_t i) { return std::pow(static_cast<double>(i) - 11.5, 2); };
    return square(z) + square(y) + square(x) < 81;
  }
  void refuses(words const& arguments, std::string_view part) const {
    outcome const o = run(words{"quantify"} + arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    check_refused(o, "tomoedx quantify", part);
    CHECK(names() == before_);
  }

 private:
  words before_;
};

words const volumes{"Au=au.npy", "Ag=ag.npy"};
words const out{"--beam", "200", "-o", "out", "--quiet"};
words const edx{"--kind", "edx"};

}  // namespace

TEST_CASE("quantify gives the weight and atomic fractions that were put in") {
  ball_place const here;
  here.done(words{"quantify"} + volumes + out + edx + words{"--factors", "k.json", "--threshold", "0.5"});
  auto const au = read(here / "out/weight_Au.npy"), atoms = read(here / "out/atomic_Au.npy");
  auto const at = [&](array const& a, std::size_t z) {
    return a.values[(z * ball_place::n + 12) * ball_place::n + 12];
  };
  CHECK(at(au, 8) == doctest::Approx(0.75));
  CHECK(at(au, 16) == doctest::Approx(0.5));
  double const n_au = 0.75 / 196.966570, n_ag = 0.25 / 107.8682;
  CHECK(at(atoms, 8) == doctest::Approx(n_au / (n_au + n_ag)).epsilon(1e-4));
  CHECK(au.values[0] == 0);
  auto const report = nlohmann::json::parse(text_of(here / "out/report.json"));
  CHECK(report["options"]["by"] == "k by weight");
  CHECK(report["table"][0]["weight % mean"].get<double>() == doctest::Approx(62.5).epsilon(1e-3));
  std::size_t voxels = 0;
  for (std::size_t i = 0; i < au.values.size(); ++i)
    voxels += ball_place::in(i / ball_place::n / ball_place::n, i / ball_place::n % ball_place::n,
                             i % ball_place::n);
  CHECK(report["inside"] == voxels);
}

TEST_CASE(
    "quantify finds the surface by itself, takes a mask, and knows densities where zeta and a dose are "
    "given") {
  ball_place const here;
  here.done(words{"quantify"} + volumes + out + edx + words{"--factors", "k.json", "--smooth", "1"});
  auto report = nlohmann::json::parse(text_of(here / "out/report.json"));
  CHECK(report["inside"].get<double>() == doctest::Approx(4.0 / 3 * 3.14159 * 729).epsilon(0.25));
  here.done(words{"quantify", "--force", "--mask", "au.npy"} + volumes + out + edx +
            words{"--factors", "k.json"});
  report = nlohmann::json::parse(text_of(here / "out/report.json"));
  CHECK(report["inside"].get<double>() == doctest::Approx(4.0 / 3 * 3.14159 * 729).epsilon(0.03));
  here.done(words{"quantify", "--force", "--dose", "1e9", "--pixel-size", "2", "--threshold", "0"} + volumes +
            out + edx + words{"--factors", "zeta.json"});
  auto const density = read(here / "out/density.npy");
  // zeta X / (dose x edge): (500 x 6 + 1000) kg/m2 / 1e9 / 2e-9 m = 2000 kg/m3
  CHECK(density.values[(8 * ball_place::n + 12) * ball_place::n + 12] == doctest::Approx(2.0));
  auto const sigma = read(here / "out/sigma_Au.npy");  // 10 % of the factor: c (1 - c) 0.1
  CHECK(sigma.values[(8 * ball_place::n + 12) * ball_place::n + 12] ==
        doctest::Approx(0.75 * 0.25 * 0.1).epsilon(1e-3));
}

TEST_CASE("quantify undoes what the specimen absorbs of its own X-rays") {
  ball_place const here;
  words const oxide{"quantify",    "O=au.npy", "Fe=ag.npy",    "--kind", "edx",
                    "--threshold", "0",        "--pixel-size", "20",     "--force"};
  here.done(oxide + out);
  auto const thin = read(here / "out/weight_O.npy");
  here.done(oxide + out + words{"--absorption", "--density", "5", "--tilts", "-40:40:20"});
  auto const thick = read(here / "out/weight_O.npy");
  auto const report = nlohmann::json::parse(text_of(here / "out/report.json"));
  double const o = report["absorption"]["O"], fe = report["absorption"]["Fe"];
  CHECK(o > 0.1);
  CHECK(o < 0.9);
  CHECK(fe > 0.95);
  CHECK(fe < 1);
  // the soft line comes from nearer to the surface: the middle of the ball gains most
  auto const gain = [&](std::size_t z) {
    std::size_t const i = (z * ball_place::n + 12) * ball_place::n + 12;
    return thick.values[i] - thin.values[i];
  };
  CHECK(gain(4) > 0);
  CHECK(gain(11) > gain(4));
  // a mass of counts as before: what came through is what was measured
  auto const inside = read(here / "out/inside.npy");
  double counted = 0, emitted = 0;
  auto const before = read(here / "au.npy");
  for (std::size_t i = 0; i < inside.values.size(); ++i)
    counted += inside.values[i] != 0, emitted += before.values[i] > 0;
  CHECK(counted == emitted);
}

TEST_CASE("quantify takes maps, pixel for pixel, and leaves vacuum alone") {
  ball_place const here;
  here.done(words{"quantify", "Au=flat_au.npy", "Ag=flat_ag.npy", "--kind", "maps", "--factors", "k.json"} +
            out);
  auto const au = read(here / "out/weight_Au.npy");
  CHECK(au.shape == std::vector<std::size_t>{1, 2, 3});
  CHECK(au.values[0] == doctest::Approx(0.5));
  CHECK(au.values[1] == doctest::Approx(0.25));
  CHECK(au.values[2] == 0);
  auto const report = nlohmann::json::parse(text_of(here / "out/report.json"));
  CHECK(report["inside"] == 4);
}

TEST_CASE("quantify knows what reconstruct made, and quantifies HAADF signal by z") {
  place const here;
  here.done({"simulate", "phantom", "--kind", "cube-in-cube", "--size", "24", "--slices", "12", "--tilts",
             "-60:60:20", "--smooth", "0", "--no-figures", "--quiet", "-o", "series"});
  words const maps{"--map",   "Au=series/map_Au.npy", "--map",        "Ag=series/map_Ag.npy",
                   "--tilts", "series/tilts.txt",     "--iterations", "20",
                   "--quiet"};
  here.done(words{"reconstruct", "--method", "hebt", "--haadf", "series/haadf.npy", "-o", "hebt"} + maps);
  here.done(words{"reconstruct", "--method", "em", "-o", "em"} + maps);
  for (auto const& [folder, by] : {std::pair("hebt", "z"), std::pair("em", "f")}) {
    here.done({"quantify", folder, "--beam", "100", "--threshold", "0", "--quiet", "--force", "-o", "out"});
    auto const report = nlohmann::json::parse(text_of(here / "out/report.json"));
    CHECK(report["options"]["kind"] == (std::string(folder) == "em" ? "edx" : "hebt"));
    CHECK(report["options"]["by"] == by);
    auto const x = read(here / fmt::format("{}/Au.npy", folder)),
               y = read(here / fmt::format("{}/Ag.npy", folder));
    auto const w = read(here / "out/weight_Au.npy");
    double const f = report["table"][0]["factor"], g = report["table"][1]["factor"];
    for (std::size_t i = 0; i < w.values.size(); i += 97) {
      double const a = std::max(0.0f, x.values[i]) / f, b = std::max(0.0f, y.values[i]) / g;
      CHECK(w.values[i] == doctest::Approx(a + b > 0 ? a / (a + b) : 0).epsilon(1e-4));
    }
  }
}

TEST_CASE("quantify refuses everything that means nothing") {
  ball_place const here;
  auto const with = [](words const& more) { return volumes + out + edx + more; };
  here.refuses(out, "INPUT is required");
  here.refuses(words{"Au=au.npy"} + out + edx, "fractions need two elements or more, there is 1");
  here.refuses(words{"au.npy"} + out + edx, "give a directory of reconstruct or maps, or NAME=FILE");
  here.refuses(words{"Au=au.npy", "Au=ag.npy"} + out + edx, "Au is named twice");
  here.refuses(words{"Au=au.npy", "Xx=ag.npy"} + out + edx, "Xx");
  here.refuses(words{"Au=au.npy", "Ag=small.npy"} + out + edx, "all have the same shape");
  here.refuses(words{"Au=au.npy", "Ag=none.npy"} + out + edx, "none.npy");
  here.refuses(words{"Au=nan.npy", "Ag=ag.npy"} + out + edx, "is nan");
  here.refuses(words{"Au=zero.npy", "Ag=zero.npy"} + out + edx + words{"--threshold", "0"},
               "nothing is inside");
  here.refuses(volumes + out, "--kind is missing");
  here.refuses(volumes + out + words{"--kind", "film"}, "--kind film");
  here.refuses(volumes + words{"--kind", "edx", "-o", "out"}, "--beam is missing");
  here.refuses(with({"--by", "z"}), "z factors are for HAADF signal");
  here.refuses(with({"--by", "magic"}), "--by magic");
  here.refuses(volumes + out + words{"--kind", "hebt", "--by", "f"}, "that of Au is not known");
  here.refuses(with({"--elements", "Au"}), "fractions need two elements or more");
  here.refuses(with({"--elements", "Au,Fe"}), "--elements Fe: the list holds Au, Ag");
  here.refuses(with({"--lines", "Au"}), "give NAME=LINE");
  here.refuses(with({"--lines", "Fe=Fe_Ka"}), "there is no Fe to quantify");
  here.refuses(with({"--lines", "Au=Ag_La"}), "are both Ag");
  here.refuses(with({"--factors", "none.json"}), "none.json: no such file");
  here.refuses(with({"--factors", "bare.json"}), "\"reference\" is missing");
  here.refuses(with({"--factors", "missing.json"}), "there is none for Ag");
  here.refuses(with({"--factors", "below.json"}), "that of Au is -0.5");
  here.refuses(with({"--factors", "odd.json"}), "\"fuctors\" is none of");
  here.refuses(with({"--factors", "k.json", "--by", "f"}), "leave it out");
  here.refuses(with({"--threshold", "-1"}), "--threshold -1");
  here.refuses(with({"--threshold", "much"}), "--threshold much");
  here.refuses(with({"--mask", "small.npy"}), "mask (small.npy)");
  here.refuses(with({"--mask", "au.npy", "--threshold", "1"}), "--mask says what is inside");
  here.refuses(with({"--shape", "cube"}), "--shape cube");
  here.refuses(with({"--smooth", "-1"}), "--smooth -1");
  here.refuses(with({"--dose", "0"}), "--dose 0");
  here.refuses(with({"--dose", "10"}), "densities need the size of a voxel");
  here.refuses(with({"--absorption"}), "--absorption needs the size of a pixel");
  here.refuses(with({"--absorption", "--pixel-size", "2"}), "--absorption needs the tilts");
  here.refuses(with({"--absorption", "--pixel-size", "2", "--tilts", "0:10:5"}), "give --density G");
  here.refuses(with({"--side", "left"}), "--side left");
  here.refuses(with({"--format", "tif"}), "--format tif");
  here.refuses(with({"--annulus", "9"}), "--annulus");
}
#endif
