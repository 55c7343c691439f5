// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/spectrum_file.hpp>

#include <tomoedx/io/hdf5.hpp>

#include "dm_writer.hpp"
#include "scratch.hpp"

using namespace tomoedx;
using scratch::contains;
namespace dm = dm_writer;

namespace {

constexpr energy_axis energy{-0.1, 0.01, 4};

// 2 x 3 pixels of 4 channels, and what they are as events.
std::vector<std::uint16_t> const dense{0, 1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0,
                                       0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 7};
spectrum_image const wanted = sparse<std::uint16_t>(dense, 2, 3, energy);

bool same(spectrum_image const& a, spectrum_image const& b) {
  return a.rows == b.rows && a.columns == b.columns && a.begin == b.begin && a.channel == b.channel &&
         a.count == b.count && std::abs(a.energy.first_kev - b.energy.first_kev) < 1e-6 &&
         std::abs(a.energy.width_kev - b.energy.width_kev) < 1e-6;
}

std::string refusal(std::string const& path, io::spectrum_options const& options = {}) {
  return scratch::complaint([&] { io::read_spectrum_image(path, options); });
}

}  // namespace

TEST_CASE_TEMPLATE("arrays (y, x, channel) of .npy need their energies", T, std::uint8_t, std::int32_t, float,
                   double) {
  scratch::folder const f;
  std::vector<T> const values(dense.begin(), dense.end());
  io::write_npy(f / "a.npy", io::array<T>{{2, 3, 4}, values, {}});
  io::spectrum_options const known{.energy = energy_axis{-0.1, 0.01, 0}};
  CHECK(same(io::read_spectrum_image(f / "a.npy", known), wanted));
  auto const what = io::inspect_spectrum(f / "a.npy", known);
  CHECK(what.format == "npy");
  CHECK(what.energy == energy);
  CHECK(contains(refusal(f / "a.npy"), "files do not say their energies; give them"));
  CHECK(contains(refusal(f / "a.npy", {.energy = energy_axis{0, 0.01, 5}}),
                 "energies of 5 channels are given, the file has 4"));
  CHECK(contains(refusal(f / "a.npy", {.energy = energy_axis{0, -1, 0}}), "channels are -1 keV wide"));
  CHECK(contains(refusal(f / "a.npy", {.index = 1, .energy = energy}), "image 1 is wanted, there are 1"));
  io::write_npy(f / "b.npy", io::array<T>{{6, 4}, values, {}});
  CHECK(contains(refusal(f / "b.npy", known), "(y, x, channel) or (image, y, x, channel) is wanted"));
  std::vector<T> twice = values;
  twice.insert(twice.end(), values.rbegin(), values.rend());
  io::write_npy(f / "c.npy", io::array<T>{{2, 2, 3, 4}, twice, {}});
  auto const series = io::read_spectrum_series(f / "c.npy", known);
  REQUIRE(series.size() == 2);
  CHECK(same(series[0], wanted));
  CHECK(series[1].count == std::vector<std::uint32_t>(wanted.count.rbegin(), wanted.count.rend()));
}

TEST_CASE("Gatan's files are known by their content") {
  scratch::folder const f;
  std::vector<std::uint16_t> values;  // (channel, y, x)
  for (std::size_t c = 0; c < 4; ++c)
    for (std::size_t p = 0; p < 6; ++p) values.push_back(dense[4 * p + c]);
  for (int const version : {3, 4}) {
    auto const image =
        dm::image(u"SI", {3, 2, 4}, values, {{0, 1, u"nm"}, {0, 1, u"nm"}, {10, 0.01f, u"keV"}});
    scratch::save(f / "unnamed", dm::file(dm::document({image}), version, std::endian::little));
    CHECK(same(io::read_spectrum_image(f / "unnamed"), wanted));
    CHECK(io::inspect_spectrum(f / "unnamed").format == (version == 3 ? "dm3" : "dm4"));
    CHECK(io::read_spectrum_series(f / "unnamed").size() == 1);
    auto const moved = io::read_spectrum_image(f / "unnamed", {.energy = energy_axis{1, 0.02, 0}});
    CHECK(moved.energy == energy_axis{1, 0.02, 4});
    CHECK(moved.count == wanted.count);
  }
}

#ifdef TOMOEDX_HDF5
TEST_CASE("event lists and dense HDF5 are known by their content, a colon chooses a dataset") {
  scratch::folder const f;
  std::vector<spectrum_image> series{wanted, wanted};
  series[0].how.tilt_deg = -5, series[1].how.tilt_deg = 5;
  io::write_event_list(f / "unnamed", series);
  CHECK(io::inspect_spectrum(f / "unnamed").format == "event list");
  auto const read = io::read_spectrum_series(f / "unnamed");
  REQUIRE(read.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(same(read[i], wanted));
    CHECK(read[i].how.tilt_deg == series[i].how.tilt_deg);
  }
  io::write_hdf5(f / "d.h5",
                 io::array<std::uint16_t>{
                     {2, 3, 4}, dense, {{"y", "nm", 1, 0}, {"x", "nm", 1, 0}, {"E", "eV", 10, -100}}},
                 {.name = "map"});
  CHECK(same(io::read_spectrum_image(f / "d.h5"), wanted));
  CHECK(same(io::read_spectrum_image(f / "d.h5:/data/map/data"), wanted));
  CHECK(contains(refusal(f / "d.h5:/data/other"), "there is no /data/other in this file"));
}
#endif

TEST_CASE("files without spectra are refused for the reason") {
  scratch::folder const f;
  CHECK(contains(refusal(f / "no.hspy"), "there is no such file"));
  scratch::save(f / "a.xyz", "what is this");
  CHECK(contains(refusal(f / "a.xyz"), "of no format we know"));
  scratch::save(f / "a.mrc", std::string(208, '\0') + "MAP " + std::string(812, '\0'));
  CHECK(contains(refusal(f / "a.mrc"), "is an image without spectra; we read them from .bcf"));
  scratch::save(f / "a.bcf", "AAMVHFSS and so on");
  CHECK(refusal(f / "a.bcf").starts_with(f / "a.bcf"));
  scratch::save(f / "a.emd", "\x89HDF\r\n\x1a\n and nothing more");
  CHECK(contains(refusal(f / "a.emd"), "HDF5"));
}

#if defined(TOMOEDX_XML) && defined(TOMOEDX_ZLIB)
TEST_CASE("the real files of one session agree, as event list and as Bruker's own") {
  auto const events = scratch::real("idp/idp_events.h5");
  auto const folder = scratch::real("idp/bcf");
  if (!events || !folder) return;
  auto const what = io::inspect_spectrum(*events);
  std::size_t found = 0;
  for (auto const& file : std::filesystem::directory_iterator(*folder)) {
    double const tilt = std::stod(file.path().stem().string());
    auto const at = std::ranges::find(what.tilts, tilt);
    if (file.path().extension() != ".bcf" || at == what.tilts.end()) continue;
    auto const a = io::read_spectrum_image(file.path().string());
    auto const b = io::read_spectrum_image(*events, {.index = std::size_t(at - what.tilts.begin())});
    CHECK(a.begin == b.begin);
    CHECK(a.channel == b.channel);
    CHECK(a.count == b.count);
    ++found;
  }
  CHECK(found > 0);
}
#endif
