// SPDX-License-Identifier: BSD-3-Clause
// `run`: a small series from maps to fractions by a configuration, again, in parts, and everything that can be wrong.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>

using namespace cli_tests;

namespace {

/// A folder with a small simulated series, and configurations in it.
class series_place : public place {
 public:
  series_place() {
    done({"simulate", "phantom", "--kind", "cube-in-cube", "--size", "24", "--slices", "16", "--tilts",
          "-60:60:20", "--smooth", "0", "--no-figures", "--quiet", "-o", "series"});
    config("good.json", R"({
  "output": "result",  // beside this file
  "title": "a phantom",
  "tilts": "series/tilts.txt",
  "haadf": "series/haadf.npy",
  "align": {"map": {"Au": "series/map_Au.npy", "Ag": "series/map_Ag.npy"}, "steps": "none"},
  "reconstruct": {"map": {"Au": "series/map_Au.npy", "Ag": "series/map_Ag.npy"}, "method": "hebt", "iterations": 15},
  "quantify": {"beam": 100, "threshold": "auto"}
})");
  }

  void config(std::string const& name, std::string_view text) const { write(name, text); }

  nlohmann::json json(std::string_view file) const { return nlohmann::json::parse(text_of(*this / file)); }

  std::vector<bool> skipped() const {
    std::vector<bool> all;
    auto const report = json("result/report.json");
    for (auto const& stage : report["stages"]) all.push_back(stage["skipped"].get<bool>());
    return all;
  }
};

}  // namespace

TEST_CASE("run goes from a series to fractions, and does nothing twice") {
  series_place const here;
  here.done({"run", "good.json", "--quiet"});
  CHECK(here.skipped() == std::vector<bool>{false, false, false});
  auto const au = read(here / "result/quantify/weight_Au.npy"),
             ag = read(here / "result/quantify/weight_Ag.npy");
  auto const inside = read(here / "result/quantify/inside.npy");
  CHECK(au.shape == std::vector<std::size_t>{24, 16, 24});
  std::size_t voxels = 0;
  for (std::size_t i = 0; i < inside.values.size(); ++i) {
    bool const in = inside.values[i] != 0;
    voxels += in;
    CHECK(au.values[i] + ag.values[i] == doctest::Approx(in ? 1 : 0).epsilon(1e-5));
  }
  CHECK(voxels > 100);
  auto const report = here.json("result/report.json");
  CHECK(report["title"] == "a phantom");
  CHECK(report["configuration"]["sha256"].get<std::string>().size() == 64);
  CHECK(report["stages"].size() == 3);
  for (auto const& stage : report["stages"])
    for (auto const& input : stage["inputs"]) CHECK(input["sha256"].get<std::string>().size() == 64);
  auto const text = text_of(here / "result/report.md");
  for (char const* part : {"# a phantom", "## align", "## reconstruct", "## quantify", "series/map\\_Au.npy"})
    CHECK(contains(text, part));

  auto const before = text_of(here / "result/reconstruct/report.json");
  here.done({"run", "good.json", "--quiet"});
  CHECK(here.skipped() == std::vector<bool>{true, true, true});
  CHECK(text_of(here / "result/reconstruct/report.json") == before);
  here.done({"run", "good.json", "--quiet", "--from", "reconstruct"});
  CHECK(here.skipped() == std::vector<bool>{true, false, false});

  auto changed = text_of(here / "good.json");
  changed.replace(changed.find("\"iterations\": 15"), 16, "\"iterations\": 12");
  here.config("changed.json", changed);
  here.done({"run", "changed.json", "--quiet"});
  CHECK(here.skipped() == std::vector<bool>{true, false, false});

  auto au_map = read(here / "series/map_Au.npy");
  au_map.values[7] += 1;
  save(here / "series/map_Au.npy", au_map);
  here.done({"run", "changed.json", "--quiet"});
  CHECK(here.skipped() == std::vector<bool>{false, false, false});
}

TEST_CASE("run gives the same as the commands one after the other") {
  series_place const here;
  here.done({"run", "good.json", "--quiet"});
  here.done({"reconstruct", "--map", "Au=series/map_Au.npy", "--map", "Ag=series/map_Ag.npy", "--haadf",
             "series/haadf.npy", "--tilts", "series/tilts.txt", "--method", "hebt", "--iterations", "15",
             "--quiet", "-o", "alone"});
  here.done({"quantify", "alone", "--beam", "100", "--quiet", "-o", "fractions"});
  for (char const* name : {"weight_Au.npy", "atomic_Ag.npy"})
    CHECK(read(here / fmt::format("fractions/{}", name)).values ==
          read(here / fmt::format("result/quantify/{}", name)).values);
}

TEST_CASE("the stage denoise brings maps and HAADF nearer to what they are without noise") {
  place const here;
  words const phantom{"simulate", "phantom",  "--kind",       "cube-in-cube", "--size",
                      "24",       "--slices", "10",           "--tilts",      "-60:60:30",
                      "--smooth", "0",        "--no-figures", "--quiet"};
  here.done(phantom + words{"--counts", "20", "--haadf-noise", "0.1", "-o", "noisy"});
  here.done(phantom + words{"--counts", "2e7", "-o", "clean"});
  auto const apart = [&](std::string const& file, std::string const& truth, float scale) {
    auto exact = read(here / truth).values;
    for (float& v : exact) v *= scale;
    return distance(read(here / file).values, exact);
  };
  for (std::string const method : {"gaussian", "tv", "bm3d"}) {
    INFO(method);
    here.write("run.json", fmt::format(R"({{
  "output": "{0}", "tilts": "noisy/tilts.txt", "haadf": "noisy/haadf.npy",
  "align": {{"map": {{"Au": "noisy/map_Au.npy", "Ag": "noisy/map_Ag.npy"}}, "steps": "none"}},
  "denoise": {{"method": "{0}", "auto": true}},
  "reconstruct": {{"method": "hebt", "iterations": 3}}
}})",
                                       method));
    here.done({"run", "run.json", "--quiet"});
    for (std::string const name : {"Au", "Ag"})
      CHECK(apart(method + "/denoise/" + name + ".npy", "clean/map_" + name + ".npy", 1e-6f) <
            0.9 * apart("noisy/map_" + name + ".npy", "clean/map_" + name + ".npy", 1e-6f));
    CHECK(apart(method + "/denoise/HAADF.npy", "clean/haadf.npy", 1) <
          0.75 * apart("noisy/haadf.npy", "clean/haadf.npy", 1));
    auto const report = nlohmann::json::parse(text_of(here / (method + "/denoise/HAADF_report.json")));
    CHECK(report["noise"]["model"] == "gaussian");
    auto const used =
        nlohmann::json::parse(text_of(here / (method + "/report.json")))["stages"][2]["options"];
    CHECK(used["map"] ==
          nlohmann::json({"Au=" + method + "/denoise/Au.npy", "Ag=" + method + "/denoise/Ag.npy"}));
    CHECK(used["haadf"] == nlohmann::json({method + "/denoise/HAADF.npy"}));
  }
  // files of one's own are maps by their names; a sigma in their unit leaves HAADF alone
  here.write("own.json", R"({
  "output": "own", "tilts": "noisy/tilts.txt",
  "denoise": {"input": ["noisy/map_Au.npy", "noisy/map_Ag.npy"], "method": "gaussian", "sigma": 1},
  "reconstruct": {"method": "em", "iterations": 2}
})");
  here.done({"run", "own.json", "--quiet"});
  CHECK(fs::exists(here / "own/reconstruct/Au.npy"));
  CHECK(fs::exists(here / "own/denoise/Ag.npy"));
  CHECK(!fs::exists(here / "own/denoise/HAADF.npy"));
  auto const names = here.names();
  here.write("twice.json", R"({"output": "x", "denoise": {"input": ["noisy/map_Au.npy", "noisy/map_Au.npy"],
  "method": "gaussian", "auto": true}})");
  check_refused(here.run({"run", "twice.json"}), "tomoedx run", "there is a series Au already");
  here.write("nothing.json", R"({"output": "x", "denoise": {"method": "bm3d"}})");
  check_refused(here.run({"run", "nothing.json"}), "tomoedx run", "there is nothing to denoise");
  fs::remove(here / "twice.json"), fs::remove(here / "nothing.json");
  CHECK(here.names() == names);
}

TEST_CASE("run --dry-run checks all stages and writes nothing") {
  series_place const here;
  auto const names = here.names();
  CHECK(contains(here.done({"run", "good.json", "--dry-run"}), "tomoedx reconstruct"));
  CHECK(here.names() == names);
}

TEST_CASE("run refuses what is no configuration, before anything is computed") {
  series_place const here;
  auto const names = here.names();
  auto const refuses = [&](std::string_view text, std::string_view part, words const& more = {}) {
    here.config("bad.json", text);
    INFO(text);
    check_refused(here.run(words{"run", "bad.json"} + more), "tomoedx run", part);
    fs::remove(here / "bad.json");
    CHECK(here.names() == names);
  };
  auto const with = [&](std::string_view from, std::string_view to) {
    auto text = text_of(here / "good.json");
    auto const at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
  };
  check_refused(here.run({"run"}), "tomoedx run", "CONFIG is required");
  check_refused(here.run({"run", "none.json"}), "tomoedx run", "none.json: no such file");
  check_refused(here.run({"run", "series"}), "tomoedx run", "series: is no file");
  refuses("", "bad.json: line 1, column 0: is no JSON");
  refuses("{\"output\": \"x\"\n \"maps\": 1}", "line 2");
  refuses("[1]", "bad.json: is a list; a configuration is an object");
  refuses("{}", "\"output\" is missing");
  refuses("{\"output\": \"x\"}", "has no stage");
  refuses("{\"output\": 3, \"quantify\": {}}", "bad.json: output: is a number; give text");
  refuses("{\"output\": \"x\", \"output\": \"y\"}", "\"output\" is there twice");
  refuses(std::string(100, '['), "is nested more than 64 deep");
  refuses(with("\"reconstruct\"", "\"recunstruct\""),
          "recunstruct: is neither a stage nor an option that stages share; "
          "did you mean \"reconstruct\"?");
  refuses(with("\"iterations\"", "\"iteration\""),
          "reconstruct.iteration: is no option of reconstruct; did you mean "
          "\"iterations\"?");
  refuses(with("\"iterations\": 15", "\"iterations\": 0"),
          "bad.json: reconstruct: --iterations 0: give 1 to");
  refuses(with("\"iterations\": 15", "\"iterations\": [1, 2]"),
          "reconstruct.iterations: is a list; give one value");
  refuses(with("\"iterations\": 15", "\"iterations\": \"ten\""), "bad.json: reconstruct: ");
  refuses(with("\"iterations\": 15", "\"normalize_haadf\": 1"),
          "reconstruct.normalize_haadf: is a number; give true or "
          "false");
  refuses(with("\"method\": \"hebt\"", "\"method\": \"magic\""), "bad.json: reconstruct: --method magic");
  refuses(with("\"quantify\": {", "\"quantify\": {\"by\": \"f\", "), "bad.json: quantify: --by f");
  refuses(with("\"quantify\": {\"beam\": 100, ", "\"quantify\": {"), "bad.json: quantify: --beam is missing");
  refuses(with("{\"beam\": 100, \"threshold\": \"auto\"}", "7"), "quantify: is a number; give an object");
  refuses(with("series/haadf.npy", "series/none.npy"), "none.npy");
  refuses(with("series/tilts.txt", "series/none.txt"), "none.txt");
  refuses(with("\"output\": \"result\"", "\"output\": \"good.json\""), "is a file; give a folder");
  refuses(with("\"output\": \"result\"", "\"output\": \"none/result\""), "cannot be made in");
  refuses(with("\"output\": \"result\"", "\"output\": \"series\""), "holds files that no run has made");
  refuses(with("\"tilts\"", "\"lambda\": 1, \"tilts\""), "bad.json: ");
  refuses(text_of(here / "good.json"), "--from maps: is no stage of bad.json", {"--from", "maps"});
}
#endif
