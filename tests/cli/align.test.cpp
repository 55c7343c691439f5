// SPDX-License-Identifier: BSD-3-Clause
// `align`: a simulated series moved on purpose.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

using namespace cli_tests;

namespace {

constexpr std::size_t tilts = 7, rows = 20, columns = 32;

/// Some blobs seen from several angles, each image moved by whole pixels.
array moved_series(std::vector<int> const& dx, std::vector<int> const& dy, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> along(-4, 4), up(-5, 5), weight(200, 1000);
  struct blob {
    double x, z, y, counts;
  };
  std::vector<blob> blobs;
  for (int i = 0; i < 8; ++i) blobs.push_back({along(engine), along(engine), up(engine), weight(engine)});
  array a{{tilts, rows, columns}, std::vector<float>(tilts * rows * columns), {}};
  for (std::size_t t = 0; t < tilts; ++t) {
    double const angle = (20.0 * static_cast<double>(t) - 60) * 3.14159265358979 / 180;
    for (std::size_t y = 0; y < rows; ++y)
      for (std::size_t x = 0; x < columns; ++x) {
        double sum = 0;
        for (auto const& b : blobs) {
          double const s = b.x * std::cos(angle) + b.z * std::sin(angle) + 15.5 + dx[t],
                       h = b.y + 9.5 + dy[t];
          double const u = static_cast<double>(x) - s, v = static_cast<double>(y) - h;
          sum += b.counts * std::exp(-(u * u + v * v) / 4.5);
        }
        a.values[(t * rows + y) * columns + x] = static_cast<float>(std::floor(sum));
      }
  }
  return a;
}

std::vector<int> const dx{2, -1, 0, 0, 1, -2, 3}, dy{-1, 0, 2, 0, 1, -2, 1};

class drifted_place : public place {
 public:
  drifted_place() {
    save(*this / "fe.npy", moved_series(dx, dy, 3));
    save(*this / "haadf.npy", moved_series(dx, dy, 3));
    save(*this / "small.npy", random_array({tilts, rows, columns - 1}, 3));
    save(*this / "one.npy", random_array({1, rows, columns}, 3));
    auto negative = moved_series(dx, dy, 3);
    negative.values[5] = -1;
    save(*this / "negative.npy", negative);
    write("tilts.txt", "-60\n-40\n-20\n0\n20\n40\n60\n");
    write("two.txt", "1\n2\n");
    before_ = names();
  }
  void refuses(words const& arguments, std::string_view part) const {
    outcome const o = run(words{"align"} + arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    check_refused(o, "tomoedx align", part);
    CHECK(names() == before_);
  }

 private:
  words before_;
};

words const fe{"--map", "Fe=fe.npy", "--tilts", "tilts.txt", "-o", "out"};

}  // namespace

TEST_CASE("align finds the way back, and reconstruct takes it") {
  drifted_place const here;
  for (words const& how :
       {words{"--steps", "mass"}, words{"--steps", "mass,reprojection", "--rounds", "5"}}) {
    here.done(words{"align", "--quiet", "--force"} + fe + how);
    auto const found = nlohmann::json::parse(text_of(here / "out/alignment.json"));
    double rms = 0;
    // A shift of the whole specimen is nobody's to know: it is a cosine and a sine of the tilt, here taken out by the
    // mass, which was in the middle; and one shift along y.
    std::vector<double> x, y;
    for (std::size_t t = 0; t < tilts; ++t) {
      x.push_back(found["dx"][t].get<double>() + dx[t]);
      y.push_back(found["dy"][t].get<double>() + dy[t]);
    }
    double mean = 0;
    for (double const v : y) mean += v / tilts;
    for (double& v : y) v -= mean;
    // least squares of a cosine and a sine
    double cc = 0, cs = 0, ss = 0, c = 0, s = 0;
    auto const angle = [](std::size_t t) {
      return (20.0 * static_cast<double>(t) - 60) * 3.14159265358979 / 180;
    };
    for (std::size_t t = 0; t < tilts; ++t) {
      double const u = std::cos(angle(t)), v = std::sin(angle(t));
      cc += u * u, cs += u * v, ss += v * v, c += u * x[t], s += v * x[t];
    }
    double const a = (ss * c - cs * s) / (cc * ss - cs * cs), b = (cc * s - cs * c) / (cc * ss - cs * cs);
    for (std::size_t t = 0; t < tilts; ++t) {
      double const rest = x[t] - a * std::cos(angle(t)) - b * std::sin(angle(t));
      rms += (rest * rest + y[t] * y[t]) / tilts;
    }
    CHECK(std::sqrt(rms) < 0.3);
    CHECK(std::sqrt(rms) < 0.2 * std::sqrt(19.0 / tilts));  // of what there was
  }
  here.done({"reconstruct", "--map", "Fe=fe.npy", "--tilts", "tilts.txt", "--shifts", "out/shifts.txt",
             "--method", "em", "--iterations", "2", "--quiet", "-o", "volume"});
  CHECK(fs::exists(here / "volume/Fe.npy"));
}

TEST_CASE("align writes stacks in register whose counts are whole and none is lost inside") {
  drifted_place const here;
  here.done(words{"align", "--quiet", "--write", "--steps", "mass"} + fe);
  auto const before = read(here / "fe.npy"), after = read(here / "out/Fe.npy");
  CHECK(after.shape == before.shape);
  double a = 0, b = 0;
  for (std::size_t i = 0; i < after.values.size(); ++i) {
    a += static_cast<double>(after.values[i]), b += static_cast<double>(before.values[i]);
    CHECK(after.values[i] == std::floor(after.values[i]));
  }
  CHECK(a == doctest::Approx(b).epsilon(0.01));
  auto const report = nlohmann::json::parse(text_of(here / "out/alignment.json"));
  CHECK(report["stacks"][0]["file"] == "Fe.npy");
}

TEST_CASE("align moves HAADF onto the maps of its tilts") {
  drifted_place const here;
  std::vector<int> const still(tilts, 0);
  save(here / "fe.npy", moved_series(still, still, 3));
  here.done(words{"align", "--quiet", "--steps", "none", "--haadf", "haadf.npy", "--haadf-to-maps"} + fe);
  auto const maps = read(here / "fe.npy"), before = read(here / "haadf.npy"),
             after = read(here / "out/HAADF.npy");
  CHECK(distance(before.values, maps.values) > 0.5);
  CHECK(distance(after.values, maps.values) < 0.05);
  CHECK(read(here / "out/Fe.npy").values == maps.values);
}

namespace {

/// Small particles seen from 17 angles, the axis `offset` pixels from the middle; turned back by `rotation` it is upright.
array turned_series(double offset, double rotation) {
  constexpr std::size_t angles = 17, high = 32, wide = 40;
  constexpr double radian = 3.14159265358979 / 180;
  std::mt19937 engine(1);
  std::uniform_real_distribution<double> across(-7, 7), along(-9, 9), weight(200, 1000);
  std::vector<double> sums(angles * high * wide);
  double const c = std::cos(rotation * radian), s = std::sin(rotation * radian);
  for (int i = 0; i < 14; ++i) {
    double const x = across(engine), z = across(engine), y = along(engine), counts = weight(engine);
    for (std::size_t t = 0; t < angles; ++t) {
      double const tilt = (8.0 * static_cast<double>(t) - 64) * radian;
      double const u = x * std::cos(tilt) + z * std::sin(tilt) + offset;
      double const at_x = 19.5 + c * u + s * y, at_y = 15.5 - s * u + c * y;
      for (std::size_t p = 0; p < high * wide; ++p) {
        double const a = static_cast<double>(p % wide) - at_x, b = static_cast<double>(p / wide) - at_y;
        sums[t * high * wide + p] += counts * std::exp(-(a * a + b * b) / 4.5);
      }
    }
  }
  array a{{angles, high, wide}, {}, {}};
  for (double const v : sums) a.values.push_back(static_cast<float>(std::floor(v)));
  return a;
}

}  // namespace

TEST_CASE("align finds offset and rotation of the axis, and run hands them to reconstruct") {
  place const here;
  auto const recorded = turned_series(2.3, 1.5), upright = turned_series(2.3, 0);
  save(here / "fe.npy", recorded);
  here.write("run.json", R"({
  "output": "out", "tilts": "-64:64:8",
  "align": {"map": {"Fe": "fe.npy"}, "steps": "axis", "max_offset": 4, "max_rotation": 3},
  "reconstruct": {"method": "em", "iterations": 2}
})");
  here.done({"run", "run.json", "--quiet"});
  auto const found = nlohmann::json::parse(text_of(here / "out/align/alignment.json"));
  auto const offset = found["axis_offset"].get<double>(), rotation = found["rotation_deg"].get<double>();
  MESSAGE("offset " << offset << " of 2.3 pixels, rotation " << rotation << " of 1.5 degrees");
  CHECK(std::abs(offset - 2.3) < 0.4);
  CHECK(std::abs(rotation - 1.5) < 0.35);  // which moves the outermost rows by less than 0.1 pixels
  auto const stage = nlohmann::json::parse(text_of(here / "out/report.json"))["stages"][1];
  CHECK(stage["options"]["map"] == nlohmann::json({"Fe=out/align/Fe.npy"}));
  CHECK(std::stod(stage["options"]["axis_offset"][0].get<std::string>()) == offset);
  auto const report = nlohmann::json::parse(text_of(here / "out/reconstruct/report.json"));
  CHECK(report["options"]["axis_offset"] == offset);
  auto const turned = read(here / "out/align/Fe.npy");
  CHECK(distance(turned.values, upright.values) < 0.5 * distance(recorded.values, upright.values));
  double before = 0, after = 0;
  for (float const v : recorded.values) before += static_cast<double>(v);
  for (float const v : turned.values) after += static_cast<double>(v);
  CHECK(after == doctest::Approx(before).epsilon(0.005));
}

TEST_CASE("align refuses everything that means nothing") {
  drifted_place const here;
  words const out{"--tilts", "tilts.txt", "-o", "out"};
  here.refuses(out, "nothing to align");
  here.refuses({"--map", "Fe=fe.npy", "-o", "out"}, "--tilts is missing");
  here.refuses({"--map", "Fe=fe.npy", "--tilts", "two.txt", "-o", "out"}, "2 angles for the 7 tilts");
  here.refuses({"--map", "Fe=one.npy", "--tilts", "0:0:1", "-o", "out"}, "one tilt is no series");
  here.refuses(out + words{"--map", "fe.npy"}, "give NAME=FILE");
  here.refuses(fe + words{"--map", "Fe=haadf.npy"}, "Fe is the name of another series");
  here.refuses(fe + words{"--haadf", "small.npy"}, "all series have the same shape");
  here.refuses(out + words{"--map", "Fe=none.npy"}, "none.npy");
  here.refuses(out + words{"--map", "Fe=negative.npy"}, "counts are not negative");
  here.refuses(fe + words{"--by", "haadf"}, "--by haadf: --haadf is missing");
  here.refuses(fe + words{"--by", "Cu"}, "--by Cu: is neither");
  here.refuses(fe + words{"--steps", "magic"}, "--steps magic");
  here.refuses(fe + words{"--steps", "none,drift"}, "none does not go with others");
  here.refuses(fe + words{"--prepare", "magic"}, "--prepare magic");
  here.refuses(fe + words{"--rows", "half"}, "--rows half");
  here.refuses(fe + words{"--bin", "9"}, "--bin 9: leaves less than 8");
  here.refuses(fe + words{"--rounds", "0"}, "--rounds 0");
  here.refuses(fe + words{"--max-shift", "0"}, "--max-shift 0");
  here.refuses(fe + words{"--max-offset", "nan"}, "--max-offset nan");
  here.refuses(fe + words{"--max-rotation", "3"}, "--max-rotation is for the step axis");
  here.refuses(fe + words{"--steps", "axis", "--max-rotation", "90"}, "--max-rotation 90");
  here.refuses(fe + words{"--shifts", "two.txt"}, "2 shifts for 7 tilts");
  here.refuses(fe + words{"--haadf-to-maps"}, "--haadf-to-maps needs --haadf");
  here.refuses(fe + words{"--threads", "100000"}, "--threads 100000");
}
#endif
