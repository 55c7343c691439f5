// SPDX-License-Identifier: BSD-3-Clause
// `maps`: a synthetic series of spectrum images whose counts are known.
#if defined(TOMOEDX_PROGRAM) && defined(TOMOEDX_HDF5)
#include "program.hpp"

#include <nlohmann/json.hpp>
#include <tomoedx/io/event_list.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/physics/families.hpp>
#include <tomoedx/spectra/resolution.hpp>

#include <cmath>

#include "../io/bcf_file.hpp"
#include "../shared.hpp"

using namespace cli_tests;
using namespace tomoedx;

namespace {

constexpr std::size_t rows = 12, columns = 16, tilts = 3;

/// Si in the left half, Fe in the right one, a thin background everywhere, some Cu of the grid; as Poisson counts.
/// `rest` is a background that falls with the energy.
std::vector<spectrum_image> series(double si, double fe, double rest = 0) {
  std::mt19937 engine(5);
  energy_axis const axis{-0.05, 0.01, 1000};
  detector_resolution const resolution{.mn_ka_ev = 130};
  auto const spectrum = [&](double si_counts, double fe_counts) {
    std::vector<double> mean(axis.channels, 0.0);
    auto const add = [&](char const* symbol, double counts) {
      for (auto const& m : physics::family(physics::element_named(symbol), 'K', kiloelectronvolt(200),
                                           physics::default_models())) {
        double const sigma = resolution.sigma_kev(m.energy_kev);
        for (std::size_t c = 0; c < mean.size(); ++c) {
          double const d = (axis.energy(static_cast<double>(c)) - m.energy_kev) / sigma;
          mean[c] += counts * m.weight * axis.width_kev / sigma / std::sqrt(2 * 3.14159265358979) *
                     std::exp(-0.5 * d * d);
        }
      }
    };
    add("Si", si_counts);
    add("Fe", fe_counts);
    add("Cu", 4);
    for (std::size_t c = 20; c < mean.size(); ++c)
      mean[c] += 0.01 + rest / axis.energy(static_cast<double>(c));
    return mean;
  };
  auto const left = spectrum(si, 0), right = spectrum(0, fe);
  std::vector<spectrum_image> all;
  for (std::size_t t = 0; t < tilts; ++t) {
    std::vector<std::uint32_t> counts(rows * columns * axis.channels);
    for (std::size_t p = 0; p < rows * columns; ++p)
      for (std::size_t c = 0; c < axis.channels; ++c)
        if (double const m = (p % columns < columns / 2 ? left : right)[c]; m > 1e-9)
          counts[p * axis.channels + c] = std::poisson_distribution<std::uint32_t>(m)(engine);
    acquisition how;
    how.pixel_nm = 5;
    how.beam_kev = 200;
    how.tilt_deg = 20.0 * static_cast<double>(t) - 20;
    all.push_back(sparse<std::uint32_t>(counts, rows, columns, axis, how));
  }
  return all;
}

class spectra_place : public place {
 public:
  spectra_place() {
    auto const images = series(60, 40);
    io::write_event_list((*this / "series.h5").string(), images);
    save(*this / "haadf.npy", random_array({tilts, rows, columns}, 4));
    save(*this / "other.npy", random_array({tilts, rows, columns + 1}, 4));
    write("tilts.txt", "30\n0\n-30\n");
    write("two.txt", "30\n0\n");
    write("words.h5", "no HDF5 at all");
    fs::create_directory(*this / "empty");
    before_ = names();
  }
  void refuses(words const& arguments, std::string_view part) const {
    outcome const o = run(words{"maps"} + arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    check_refused(o, "tomoedx maps", part);
    CHECK(names() == before_);
  }

 private:
  words before_;
};

double mean_of(array const& a, bool left) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    if ((i % columns < columns / 2) == left) sum += static_cast<double>(a.values[i]);
  return 2 * sum / static_cast<double>(a.values.size());
}

words const asked{"series.h5", "--elements", "Si,Fe", "--artefacts", "Cu", "--quiet", "-o", "out"};

}  // namespace

TEST_CASE("info tells what spectrum images hold") {
  spectra_place const here;
  double sum = 0;
  for (auto const& image : series(60, 40))
    for (auto const n : image.count) sum += n;
  auto const j = nlohmann::json::parse(here.done({"info", "series.h5", "--json"}));
  CHECK(j["format"] == "event list");
  CHECK(j["images"] == tilts);
  CHECK(j["rows"] == rows);
  CHECK(j["columns"] == columns);
  CHECK(j["energy"]["channels"] == 1000);
  CHECK(j["energy"]["first_kev"].get<double>() == doctest::Approx(-0.05));
  CHECK(j["tilts_deg"] == std::vector<double>{-20, 0, 20});
  CHECK(j["acquisition"]["beam"] == 200);
  CHECK(j["counts"] == sum);
  std::string const text = here.done({"info", "series.h5"});
  CHECK(text.find("3 of 12 x 16 pixels") != text.npos);
  CHECK(text.find(fmt::format("counts   {:.0f},", sum)) != text.npos);
}

TEST_CASE("maps counts lines by fits and in windows without bias, with their uncertainty") {
  spectra_place const here;
  for (words const& method : {words{}, words{"--estimator", "linear"}, words{"--method", "windows"}}) {
    here.done(words{"maps"} + asked + method + words{"--force", "--negative", "keep"});
    auto const si = read(here / "out/map_Si.npy"), fe = read(here / "out/map_Fe.npy");
    auto const sigma = read(here / "out/sigma_Si.npy");
    CHECK(si.shape == std::vector<std::size_t>{tilts, rows, columns});
    CHECK(sigma.shape == si.shape);
    // 288 pixels a half, 60 and 40 counts: 0.5 and 0.4 of noise in the means
    double const share = method.size() == 2 && method[1] == "windows" ? 0.05 : 0;  // Si Kb within the window
    CHECK(mean_of(si, true) == doctest::Approx(60).epsilon(0.05 + share));
    CHECK(mean_of(fe, false) == doctest::Approx(40).epsilon(0.06));
    CHECK(std::abs(mean_of(si, false)) < 1.5);
    CHECK(std::abs(mean_of(fe, true)) < 1.5);
    CHECK(mean_of(sigma, true) == doctest::Approx(std::sqrt(60.0)).epsilon(0.25));
    auto const report = nlohmann::json::parse(text_of(here / "out/report.json"));
    CHECK(report["maps"][1]["line"] == "Fe_Ka");
    CHECK(report["pixel_nm"] == 5.0);
    CHECK(report["tilts"] == nlohmann::json({-20.0, 0.0, 20.0}));
    CHECK(report["inputs"][0]["sha256"].get<std::string>().size() == 64);
  }
}

TEST_CASE("maps joins pixels, drops images, takes HAADF along and brings tilts in order") {
  spectra_place const here;
  here.done(words{"maps"} + asked +
            words{"--bin", "2", "--drop", "1", "--haadf", "haadf.npy", "--tilts", "tilts.txt", "--negative",
                  "keep"});
  auto const si = read(here / "out/map_Si.npy"), haadf = read(here / "out/HAADF.npy");
  CHECK(si.shape == std::vector<std::size_t>{2, rows / 2, columns / 2});
  CHECK(text_of(here / "out/tilts.txt") == "-30\n30\n");
  auto const whole = read(here / "haadf.npy");
  double sum = 0;  // of the first square of the last image, now the first
  for (std::size_t y = 0; y < 2; ++y)
    for (std::size_t x = 0; x < 2; ++x)
      sum += static_cast<double>(whole.values[(2 * rows + y) * columns + x]);
  CHECK(haadf.values[0] == doctest::Approx(sum / 4));
  double total = 0;
  for (float const v : si.values) total += static_cast<double>(v);
  CHECK(total / static_cast<double>(2 * rows * columns / 2) == doctest::Approx(60).epsilon(0.06));
}

TEST_CASE("maps in windows take a background off that falls by a power") {
  spectra_place const here;
  io::write_event_list((here / "series.h5").string(), series(60, 40, 0.4));
  double empty[2] = {};
  for (int i = 0; i < 2; ++i) {
    here.done(words{"maps"} + asked +
              words{"--method", "windows", "--negative", "keep", "--force", "--background",
                    i == 0 ? "none" : "power"});
    auto const si = read(here / "out/map_Si.npy"), fe = read(here / "out/map_Fe.npy");
    empty[i] = mean_of(si, false);
    if (i == 0) continue;
    CHECK(mean_of(si, true) == doctest::Approx(60).epsilon(0.1));
    CHECK(mean_of(fe, false) == doctest::Approx(40).epsilon(0.06));
  }
  CHECK(empty[0] > 3);
  CHECK(std::abs(empty[1]) < 1);
}

TEST_CASE("maps in principal components have the same means and less noise") {
  spectra_place const here;
  double noise[3] = {};
  for (int i = 0; i < 3; ++i) {
    words how{"--method", "windows", "--negative", "keep", "--force"};
    if (i > 0) how = how + words{"--pca", i == 1 ? "2" : "auto"};
    here.done(words{"maps"} + asked + how);
    auto const si = read(here / "out/map_Si.npy"), fe = read(here / "out/map_Fe.npy");
    double const mean = mean_of(si, true);
    CHECK(mean == doctest::Approx(60).epsilon(0.1));
    CHECK(mean_of(fe, false) == doctest::Approx(40).epsilon(0.06));
    for (std::size_t p = 0; p < fe.values.size(); ++p)  // where there is none
      if (p % columns < columns / 2) noise[i] += std::pow(static_cast<double>(fe.values[p]), 2);
  }
  CHECK(noise[1] < 0.5 * noise[0]);
  CHECK(noise[2] < 0.5 * noise[0]);
}

namespace {

/// A composite file of 4 x 6 pixels with 20 counts of Si Ka in each, and images.
void write_bcf(fs::path const& file, std::string const& images) {
  bcf_file::header h{.rows = 4, .columns = 6, .channels = 1024};
  h.more = images;
  std::vector<std::vector<std::string>> lines(4);
  for (std::uint32_t p = 0; p < 24; ++p)
    lines[p / 6].push_back(bcf_file::as_pulses16(p % 6, std::vector<std::uint16_t>(20, 181)));  // 1.74 keV
  std::ofstream(file, std::ios::binary)
      << bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", bcf_file::map(6, lines)}});
}

std::string bytes_of_image(int first) {
  std::string bytes;
  for (int p = 0; p < 24; ++p) bytes.push_back(static_cast<char>(first + p));
  return bytes;
}

}  // namespace

TEST_CASE("maps takes HAADF out of the files of the spectra") {
  place const here;
  fs::create_directory(here / "bcf");
  auto const image = [](char const* name, int first) {
    return bcf_file::image(4, 6, 1, name, bytes_of_image(first));
  };
  write_bcf(here / "bcf/10.bcf", image("SE", 3) + image("HAADF", 100));
  write_bcf(here / "bcf/-10.bcf",
            image("HAADF", 50) + image("SE", 7) + bcf_file::image(2, 2, 1, "HAADF", "abcd"));
  words const si{"maps",         "bcf",  "--elements", "Si",      "--method", "windows",
                 "--background", "none", "--quiet",    "--force", "-o",       "out"};
  if (auto const o = here.run(si); o.code != 0) {  // a build without pugixml
    MESSAGE("skipped: " << o.err);
    return;
  }
  here.done(si + words{"--haadf", "inputs", "--bin", "2"});
  auto const haadf = read(here / "out/HAADF.npy");
  CHECK(haadf.shape == std::vector<std::size_t>{2, 2, 3});
  for (std::size_t i = 0; i < 12; ++i)  // the mean of four pixels of a ramp, -10 degrees first
    CHECK(haadf.values[i] == 3.5f + static_cast<float>((i < 6 ? 50 : 100) + 2 * (i % 3) + 12 * (i % 6 / 3)));
  here.done(si + words{"--haadf", "inputs:SE", "--drop", "0"});
  // inputs are in the order of their names: -10 is left out
  CHECK(text_of(here / "out/tilts.txt") == "10\n");
  CHECK(read(here / "out/HAADF.npy").values ==
        array{{1, 4, 6},
              {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26},
              {}}
            .values);
  auto const names = here.names();
  auto const refuses = [&](words const& more, std::string_view part) {
    check_refused(here.run(si + more), "tomoedx maps", part);
    CHECK(here.names() == names);
  };
  refuses({"--haadf", "inputs:BF"}, "none of its images is called BF; there are ");
  write_bcf(here / "bcf/10.bcf", image("SE", 3));
  refuses({"--haadf", "inputs"}, "10.bcf: none of its images is called HAADF; there are SE (4 x 6)");
  write_bcf(here / "bcf/10.bcf", image("HAADF", 3) + image("HAADF 2", 4));
  refuses({"--haadf", "inputs"},
          "10.bcf: --haadf inputs: 2 of its images could be meant (HAADF (4 x 6), HAADF 2 (4 x 6))");
  write_bcf(here / "bcf/10.bcf", bcf_file::image(2, 2, 1, "HAADF", "abcd"));
  refuses({"--haadf", "inputs"}, "10.bcf: its image HAADF is 2 x 2, its spectra are 4 x 6 pixels");
  write_bcf(here / "bcf/10.bcf", "");
  refuses({"--haadf", "inputs"}, "10.bcf: holds no image");
}

TEST_CASE("HAADF out of Bruker's files is what was exported from them") {
  TOMOEDX_SHARED_OR_SKIP(folder, "realdata/idp");
  place const here;
  auto const o = here.run({"maps", (folder / "bcf").string(), "--elements", "Fe", "--method", "windows",
                           "--haadf", "inputs", "--quiet", "--no-figures", "-o", "out"});
  if (contains(o.err, "TOMOEDX_XML")) {
    MESSAGE("skipped: " << o.err);
    return;
  }
  INFO(o.err);
  REQUIRE(o.code == 0);
  CHECK(text_of(here / "out/tilts.txt") == "-10\n0\n");
  auto const haadf = read(here / "out/HAADF.npy");
  auto const known = io::read_npy<float>((folder / "haadf_tyx_u16.npy").string());
  REQUIRE(haadf.values.size() == 2 * 65536);
  for (std::size_t row : {6u, 8u})  // of -40, -35, ...
    CHECK(std::equal(haadf.values.begin() + (row == 6 ? 0 : 65536),
                     haadf.values.begin() + (row == 6 ? 65536 : 131072),
                     known.values.begin() + static_cast<std::ptrdiff_t>(row * 65536)));
}

TEST_CASE("maps without values below zero keep their sums where there are counts") {
  spectra_place const here;
  here.done(words{"maps"} + asked + words{"--negative", "keep"});
  auto const kept = read(here / "out/map_Fe.npy");
  here.done(words{"maps"} + asked + words{"--force"});
  auto const spread = read(here / "out/map_Fe.npy");
  here.done(words{"maps"} + asked + words{"--force", "--negative", "clip"});
  auto const clipped = read(here / "out/map_Fe.npy");
  auto const sum = [](array const& a) {
    double s = 0;
    for (float const v : a.values) s += static_cast<double>(v);
    return s;
  };
  CHECK(std::ranges::min(kept.values) < 0);
  CHECK(std::ranges::min(spread.values) >= 0);
  CHECK(std::ranges::min(clipped.values) == 0);
  CHECK(sum(spread) == doctest::Approx(sum(kept)).epsilon(0.01));
  CHECK(sum(clipped) > sum(spread));
}

TEST_CASE("maps refuses everything that means nothing") {
  spectra_place const here;
  auto const with = [](words const& more) { return words{"series.h5", "-o", "out"} + more; };
  words const fe{"--elements", "Fe"};
  here.refuses({"-o", "out", "--elements", "Fe"}, "INPUT is required");
  here.refuses(words{"series.h5"} + fe, "--output is required");
  here.refuses(with({}), "which maps?");
  here.refuses(with({"--elements", "Xy"}), "--elements Xy");
  here.refuses(with({"--elements", "Fe,Fe"}), "--elements Fe: there is that line already");
  here.refuses(with({"--lines", "Fe_Kx"}), "--lines Fe_Kx");
  here.refuses(with(fe + words{"--artefacts", "Fe"}), "--artefacts Fe: is among the elements");
  here.refuses(with(fe + words{"--method", "magic"}), "--method magic");
  here.refuses(with(fe + words{"--estimator", "best"}), "--estimator best");
  here.refuses(with(fe + words{"--method", "windows", "--estimator", "local"}),
               "--estimator is for --method fit");
  here.refuses(with(fe + words{"--background", "linear"}), "--background is for --method windows");
  here.refuses(with(fe + words{"--pca", "3"}), "--pca is for --method windows");
  here.refuses(with(fe + words{"--method", "windows", "--pca", "0"}), "--pca 0");
  here.refuses(with(fe + words{"--resolution", "3"}), "--resolution 3");
  here.refuses(with(fe + words{"--range", "5"}), "--range 5: give FROM:TO");
  here.refuses(with({"--lines", "Fe_Ka", "--range", "0.2:3"}), "Fe_Ka: at 6.4");
  here.refuses(with(fe + words{"--negative", "maybe"}), "--negative maybe");
  here.refuses(with(fe + words{"--bin", "0"}), "--bin 0");
  here.refuses(with(fe + words{"--bin", "13"}), "--bin 13: the images have 12 x 16 pixels");
  here.refuses(with(fe + words{"--drop", "3"}), "--drop 3: there are 3 images, 0 to 2");
  here.refuses(with(fe + words{"--drop", "0,1,2"}), "leaves none");
  here.refuses(with(fe + words{"--tilts", "two.txt"}), "2 angles for 3 spectrum images");
  here.refuses(with(fe + words{"--tilts", "none.txt"}), "none.txt");
  here.refuses(with(fe + words{"--haadf", "other.npy"}), "HAADF (other.npy): is 3 x 12 x 17");
  here.refuses(with(fe + words{"--haadf", "inputs"}), "series.h5: --haadf inputs: it holds several");
  here.refuses(with(fe + words{"--haadf", "none.npy"}), "none.npy");
  here.refuses(with(fe + words{"--pixel-size", "-1"}), "--pixel-size -1");
  here.refuses(with(fe + words{"--threads", "100000"}), "--threads 100000");
  here.refuses(words{"none.h5", "-o", "out"} + fe, "none.h5");
  here.refuses(words{"words.h5", "-o", "out"} + fe, "words.h5");
  here.refuses(words{"tilts.txt", "-o", "out"} + fe, "tilts.txt");
  here.refuses(words{"empty", "-o", "out"} + fe, "empty: holds no file of spectra");
  here.refuses(words{"series.h5", "-o", "none/out"} + fe, "none");
}

TEST_CASE("run goes the whole way from spectra to fractions by one file") {
  spectra_place const here;
  here.write("run.json", R"({
  "output": "result",
  "beam": 200,
  "maps": {"input": "series.h5", "elements": ["Si", "Fe"], "artefacts": ["Cu"], "haadf": "haadf.npy"},
  "align": {"steps": "none"},
  "reconstruct": {"method": "em", "iterations": 3},
  "quantify": {"threshold": 0}
})");
  CHECK(here.done({"run", "run.json", "--dry-run", "--quiet"}).empty());
  CHECK(!fs::exists(here / "result"));
  here.done({"run", "run.json", "--quiet"});
  CHECK(fs::exists(here / "result/maps/HAADF.npy"));
  CHECK(!fs::exists(here / "result/reconstruct/HAADF.npy"));
  auto const report = nlohmann::json::parse(text_of(here / "result/reconstruct/report.json"));
  CHECK(report["pixel_nm"] == 5.0);
  auto const si = read(here / "result/quantify/weight_Si.npy");
  double const left = mean_of(si, true), right = mean_of(si, false);
  CHECK(left > right + 0.3);
}
#endif
