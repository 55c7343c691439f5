// SPDX-License-Identifier: BSD-3-Clause
// The program as its user meets it: help, info, project, backproject, compare.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>
#include <tomoedx/version.hpp>

#include <cmath>
#include <limits>

using namespace cli_tests;
using nlohmann::json;

TEST_CASE("the program tells its version and how every command is used") {
  place const here;
  CHECK(here.done({"--version"}) == fmt::format("tomoedx {}\n", tomoedx::version));
  std::string const help = here.done({"--help"});
  for (words const& command :
       {words{"info"}, {"project"}, {"backproject"}, {"reconstruct"}, {"simulate", "phantom"}, {"compare"}}) {
    CHECK(contains(help, command[0]));
    std::string const own = here.done(command + words{"--help"});
    CHECK(contains(own, "Example"));
    CHECK(contains(own, "tomoedx " + fmt::format("{}", fmt::join(command, " "))));
  }
  CHECK(contains(here.done({"reconstruct", "--help"}), "; em 15; "));
  CHECK(here.names().empty());
}

TEST_CASE("a command line that is not understood is one line and exit code 2") {
  place const here;
  check_refused(here.run({}), "tomoedx", "give a command");
  check_refused(here.run({"invert"}), "tomoedx", "'invert'");
  check_refused(here.run({"--colour"}), "tomoedx", "'--colour'");
  check_refused(here.run({"info"}), "tomoedx info", "FILE is required");
  check_refused(here.run({"info", "a", "b"}), "tomoedx info", "'b'");
  check_refused(here.run({"simulate"}), "tomoedx simulate", "subcommand");
  check_refused(here.run({"simulate", "noise"}), "tomoedx simulate", "'noise'");
  check_refused(here.run({"compare", "a"}), "tomoedx compare", "RESULT");
  check_refused(here.run({"project", "v.npy", "-o", "s.npy"}), "tomoedx project", "--tilts");
  check_refused(here.run({"project", "v.npy", "--tilts", "1:2:1", "--detector", "-3", "-o", "s.npy"}),
                "tomoedx project", "--detector: give a number that is not negative");
  check_refused(here.run({"project", "v.npy", "--tilts", "1:2:1", "--detector", "many", "-o", "s.npy"}),
                "tomoedx project", "--detector = many");
  CHECK(here.names().empty());
}

TEST_CASE("info tells shape, range and defects of a file, as text and as JSON") {
  place const here;
  array a{{2, 3, 4}, std::vector<float>(24, 1.5f), {}};
  a.values[0] = -2;
  a.values[1] = 0;
  a.values[2] = std::numeric_limits<float>::quiet_NaN();
  a.values[3] = std::numeric_limits<float>::infinity();
  save(here / "a.npy", a);
  std::string const text = here.done({"info", "a.npy"});
  for (char const* line :
       {"format   npy\n", "shape    2 x 3 x 4\n", "type     f32", "min      -2\n", "max      1.5\n",
        "NaN      1\n", "infinite 1\n", "negative 1\n", "zero     1\n", "sum      28\n"})
    CHECK_MESSAGE(contains(text, line), line);
  auto const j = json::parse(here.done({"info", "a.npy", "--json"}));
  CHECK(j["shape"] == json({2, 3, 4}));
  CHECK(j["type"] == "f32");
  CHECK(j["values"]["mean"].get<double>() == doctest::Approx(28.0 / 22));
  CHECK(j["values"]["nan"] == 1);
  CHECK(j["axes"].size() == 3);
}

TEST_CASE("info tells the pixel size of an MRC file and lists what an HDF5 file holds") {
  place const here;
  array a{{2, 3, 4},
          std::vector<float>(24, 1.0f),
          {{"z", "nm", 2.5, 0}, {"y", "nm", 2.5, 0}, {"x", "nm", 2.5, 0}}};
  save(here / "a.mrc", a);
  auto const j = json::parse(here.done({"info", "a.mrc", "--json"}));
  CHECK(j["format"] == "mrc");
  CHECK(j["axes"][2]["scale"].get<double>() == doctest::Approx(2.5));
  CHECK(j["axes"][2]["units"] == "nm");
#ifdef TOMOEDX_HDF5
  save(here / "a.h5", a);
  CHECK(json::parse(here.done({"info", "a.h5", "--json"}))["format"] == "emd");
  hid_t const file = H5Fcreate((here / "two.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  hsize_t const extent = 5;
  hid_t const space = H5Screate_simple(1, &extent, nullptr);
  for (char const* name : {"/one", "/other"}) {
    hid_t const set = H5Dcreate2(file, name, H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int const values[5] = {1, 2, 3, 4, 5};
    H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
  }
  H5Sclose(space);
  H5Fclose(file);
  std::string const list = here.done({"info", "two.h5"});
  CHECK(contains(list, "two.h5:/one  5"));
  CHECK(contains(list, "two.h5:/other  5"));
  CHECK(json::parse(here.done({"info", "two.h5:/other", "--json"}))["values"]["sum"] == 15);
#endif
}

TEST_CASE("info refuses files that are missing, empty, truncated or of no known kind") {
  place const here;
  check_refused(here.run({"info", "none.npy"}), "tomoedx info", "none.npy: there is no such file");
  here.write("empty.npy", "");
  check_refused(here.run({"info", "empty.npy"}), "tomoedx info", "empty");
  here.write("text.txt", "hello, this is no array");
  check_refused(here.run({"info", "text.txt"}), "tomoedx info", "no format we know");
  save(here / "a.npy", random_array({4, 5, 6}, 1));
  auto const whole = text_of(here / "a.npy");
  here.write("cut.npy", std::string_view(whole).substr(0, whole.size() - 7));
  check_refused(here.run({"info", "cut.npy"}), "tomoedx info", "cut.npy");
}

TEST_CASE("project and backproject are adjoint, for every projector and with sizes that all differ") {
  place const here;
  here.write("tilts.txt", "-61.5\n-20\n0\n7\n45\n90\n");
  here.write("shifts.txt", "0\n1.25\n-2\n0.5\n0\n-1\n");
  array const x = random_array({9, 5, 14}, 1), y = random_array({6, 5, 17}, 2);
  save(here / "x.npy", x);
  save(here / "y.npy", y);
  for (std::string const projector : {"strip", "joseph", "siddon"}) {
    words const geometry{"--tilts",       "tilts.txt", "--shifts",    "shifts.txt",
                         "--axis-offset", "-0.75",     "--projector", projector};
    here.done(words{"project", "x.npy", "--detector", "17", "-o", "ax.npy"} + geometry);
    here.done(words{"backproject", "y.npy", "--width", "14", "--depth", "9", "-o", "aty.npy"} + geometry);
    array const ax = read(here / "ax.npy"), aty = read(here / "aty.npy");
    CHECK(ax.shape == y.shape);
    CHECK(aty.shape == x.shape);
    double const left = dot(ax.values, y.values), right = dot(x.values, aty.values);
    CHECK(left > 100);
    CHECK(std::abs(left - right) <= 1e-6 * left);
  }
}

TEST_CASE(
    "project takes sizes from the volume, backproject from the stack, and both carry the pixel size over") {
  place const here;
  array x = random_array({7, 3, 8}, 3);
  x.axes = {{"z", "nm", 0.5, 0}, {"y", "nm", 0.5, 0}, {"x", "nm", 0.5, 0}};
  save(here / "x.mrc", x);
  here.done({"project", "x.mrc", "--tilts", "-30:30:15", "-o", "s.mrc"});
  array const s = read(here / "s.mrc");
  CHECK(s.shape == std::vector<std::size_t>{5, 3, 8});
  CHECK(s.axes[2].units == "nm");
  CHECK(s.axes[2].scale == doctest::Approx(0.5));
  here.done({"backproject", "s.mrc", "--tilts", "-30:30:15", "-o", "b.mrc"});
  array const b = read(here / "b.mrc");
  CHECK(b.shape == std::vector<std::size_t>{8, 3, 8});
  CHECK(b.axes[0].scale == doctest::Approx(0.5));
  CHECK(b.axes[2].scale == doctest::Approx(0.5));
}

TEST_CASE("project and backproject refuse before they compute, and write nothing then") {
  place const here;
  save(here / "x.npy", random_array({4, 2, 4}, 1));
  save(here / "flat.npy", random_array({4, 4}, 1));
  here.write("tilts.txt", "0\n10\n");
  here.write("shifts.txt", "0\n");
  auto bad = random_array({4, 2, 4}, 1);
  bad.values[11] = std::numeric_limits<float>::quiet_NaN();
  save(here / "nan.npy", bad);
  auto const before = here.names();
  auto const refused = [&](words const& arguments, std::string_view part) {
    check_refused(here.run(arguments), "tomoedx " + arguments[0], part);
    CHECK(here.names() == before);
  };
  refused({"project", "none.npy", "--tilts", "tilts.txt", "-o", "s.npy"}, "none.npy: there is no such file");
  refused({"project", "x.npy", "--tilts", "none.txt", "-o", "s.npy"}, "none.txt");
  refused({"project", "x.npy", "--tilts", "0:10", "-o", "s.npy"}, "0:10");
  refused({"project", "x.npy", "--tilts", "0:10:-1", "-o", "s.npy"}, "FROM:TO:STEP");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "-o", "s.tif"},
          "s.tif: the extension names no format we know");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "-o", "nowhere/s.npy"},
          "the folder nowhere does not exist");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "-o", "x.npy"}, "would replace the input x.npy");
  refused({"project", "flat.npy", "--tilts", "tilts.txt", "-o", "s.npy"}, "2 indices (4 x 4)");
  refused({"project", "nan.npy", "--tilts", "tilts.txt", "-o", "s.npy"}, "(z 1, y 0, x 3) is nan");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "--projector", "wavelet", "-o", "s.npy"}, "wavelet");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "--shifts", "shifts.txt", "-o", "s.npy"},
          "1 shifts for 2 tilts");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "--detector", "0", "-o", "s.npy"}, "detector 0");
  refused({"project", "x.npy", "--tilts", "tilts.txt", "--axis-offset", "nan", "-o", "s.npy"}, "axis offset");
  refused({"backproject", "x.npy", "--tilts", "tilts.txt", "-o", "b.npy"}, "has 4 tilts");
  refused({"backproject", "x.npy", "-o", "b.npy"}, "--tilts is missing");
  refused({"backproject", "x.npy", "--tilts", "0:3:1", "--width", "16000000", "--depth", "16000000", "-o",
           "b.npy"},
          "GiB of memory are needed");
}

TEST_CASE(
    "compare finds equal volumes perfect, marks the better of two, and knows when a figure is not defined") {
  place const here;
  for (char const* d : {"truth", "near", "far"}) fs::create_directory(here / d);
  array truth{{12, 2, 13}, std::vector<float>(312, 0.0f), {}};
  for (std::size_t i = 100; i < 200; ++i) truth.values[i] = 3;
  array const noise = random_array(truth.shape, 5);
  auto near = truth, far = truth;
  for (std::size_t i = 0; i < noise.values.size(); ++i) {
    near.values[i] += 0.5f * noise.values[i];
    far.values[i] += 3.5f * noise.values[i];
  }
  save(here / "truth/truth_Au.npy", truth);
  save(here / "truth/map_Au.npy", noise);
  save(here / "near/Au.npy", near);
  save(here / "far/Au.mrc", far);

  auto const same = json::parse(here.done({"compare", "truth/truth_Au.npy", "truth/truth_Au.npy", "--json"}));
  auto const value = [](json const& j, char const* metric, int i = 0) {
    return j["channels"]["Au"][metric]["values"][i];
  };
  CHECK(value(same, "nmae") == 0.0);
  CHECK(value(same, "mse") == 0.0);
  CHECK(value(same, "mse-scaled") == 0.0);
  CHECK(value(same, "dp") == 0.0);
  CHECK(value(same, "ssim").get<double>() == doctest::Approx(1));
  CHECK(value(same, "ssim-structure").get<double>() == doctest::Approx(1));
  CHECK(value(same, "r2").get<double>() == doctest::Approx(1));

  auto const j = json::parse(here.done({"compare", "truth", "far", "near/", "--json"}));
  CHECK(j["results"] == json({"far", "near"}));
  CHECK(j["channels"].size() == 1);
  for (auto const& [metric, entry] : j["channels"]["Au"].items())
    CHECK_MESSAGE(entry["best"] == json({"near"}), metric);
  CHECK(value(j, "dp", 1) == 0.0);
  CHECK(value(j, "dp", 0).get<double>() > 0);

  std::string const table = here.done({"compare", "truth", "far", "near", "--metrics", "dp,mse"});
  CHECK(std::ranges::count(table.substr(0, table.find("* best")), '\n') == 3);
  CHECK(contains(table, "DP"));
  CHECK(contains(table, "* best of the row"));
  CHECK(!contains(table, "PSNR"));

  auto const unclear = json::parse(here.done({"compare", "near/Au.npy", "far/Au.mrc", "--json"}));
  CHECK(value(unclear, "dp").is_null());
  CHECK(contains(unclear["notes"].dump(), "not binary"));
  CHECK(!value(unclear, "mse").is_null());
}

TEST_CASE("compare looks inside a mask only, and brings results of other units to scale when asked") {
  place const here;
  array truth{{12, 1, 12}, std::vector<float>(144, 1.0f), {}};
  for (std::size_t i = 0; i < 72; ++i) truth.values[i] = 2;
  auto half = truth, mask = truth;
  for (std::size_t i = 0; i < 144; ++i) half.values[i] = i % 2 == 0 ? truth.values[i] * 10 : 50.0f;
  for (std::size_t i = 0; i < 144; ++i) mask.values[i] = i % 2 == 0;
  save(here / "truth.npy", truth);
  save(here / "half.npy", half);
  save(here / "mask.npy", mask);
  auto const mse = [&](words const& more) {
    auto const j = json::parse(
        here.done(words{"compare", "truth.npy", "half.npy", "--metrics", "mse", "--json"} + more));
    return std::pair(j["channels"]["truth"]["mse"]["values"][0].get<double>(), j["notes"].dump());
  };
  CHECK(mse({}).first > 100);
  CHECK(contains(mse({}).second, "--scale"));
  CHECK(mse({"--mask", "mask.npy"}).first == doctest::Approx(81 * 2.5));
  CHECK(mse({"--mask", "mask.npy", "--scale"}).first == doctest::Approx(0).epsilon(1e-9));
}

TEST_CASE("compare refuses what cannot be compared") {
  place const here;
  save(here / "a.npy", random_array({4, 2, 4}, 1));
  save(here / "b.npy", random_array({4, 2, 5}, 1));
  auto bad = random_array({4, 2, 4}, 1);
  bad.values[9] = std::numeric_limits<float>::infinity();
  save(here / "inf.npy", bad);
  fs::create_directory(here / "void");
  fs::create_directory(here / "other");
  save(here / "other/Fe.npy", random_array({4, 2, 4}, 1));
  auto const refused = [&](words const& arguments, std::string_view part) {
    check_refused(here.run(words{"compare"} + arguments), "tomoedx compare", part);
  };
  refused({"a.npy", "none.npy"}, "none.npy: there is no such file");
  refused({"a.npy", "b.npy"}, "b.npy is 4 x 2 x 5");
  refused({"a.npy", "inf.npy"}, "(z 1, y 0, x 1) is inf");
  refused({"a.npy", "a.npy", "--metrics", "beauty"}, "beauty");
  refused({"a.npy", "a.npy", "--mask", "b.npy"}, "mask (b.npy): is 4 x 2 x 5");
  refused({"void", "a.npy"}, "holds no volume");
  refused({"other", "a.npy"}, "a.npy: is a file");
  refused({"a.npy", "other"}, "nothing to compare");
}
#else
#include <doctest/doctest.h>
TEST_CASE("the program is tested when it is built") {
  MESSAGE("skipped: built without the program; configure with TOMOEDX_EXAMPLES=ON");
}
#endif
