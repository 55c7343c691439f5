// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/event_list.hpp>

#include "scratch.hpp"

#ifdef TOMOEDX_HDF5

#include <tomoedx/io/hdf5.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/io/tilts.hpp>

#include <array>
#include <map>
#include <span>

using namespace tomoedx;
using io::detail::handle;
using scratch::contains;

namespace {

constexpr energy_axis energy{-0.5, 0.01, 300};

// An image in which about every other pixel has events.
spectrum_image random_image(std::size_t rows, std::size_t columns, unsigned seed, std::uint32_t most) {
  std::mt19937 random(seed);
  std::vector<std::uint32_t> dense(rows * columns * energy.channels, 0);
  for (std::size_t i = 0; i < dense.size() / 20; ++i)
    dense[random() % dense.size()] = 1 + static_cast<std::uint32_t>(random() % most);
  spectrum_image s = sparse<std::uint32_t>(dense, rows, columns, energy);
  s.how.tilt_deg = -10.0 * seed;
  return s;
}

// The tables of a list, written as another program would.
struct tables {
  std::vector<std::uint32_t> y{0, 1, 1}, x{2, 0, 2}, channel{5, 0, 299}, count{1, 2, 3};
  std::vector<std::int64_t> offsets{0, 2, 3}, shape{2, 2, 3, 300};
  double scale = 0.01;

  std::string save(std::string const& path) const {
    handle const file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    auto const table = [&](char const* name, std::vector<std::uint32_t> const& v) {
      io::detail::put_values(file, name, H5T_NATIVE_UINT32, {v.size()}, 0, v.data(), path);
    };
    table("y", y), table("x", x), table("channel", channel), table("count", count);
    io::detail::put_values(file, "offsets", H5T_NATIVE_INT64, {offsets.size()}, 0, offsets.data(), path);
    io::detail::put_number(file, "energy_offset_keV", -0.5, path);
    io::detail::put_number(file, "energy_scale_keV", scale, path);
    hsize_t const n = shape.size();
    handle const space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    handle const at(H5Acreate2(file, "shape_tyxE", H5T_NATIVE_INT64, space, H5P_DEFAULT, H5P_DEFAULT),
                    H5Aclose);
    H5Awrite(at, H5T_NATIVE_INT64, shape.data());
    return path;
  }
};

bool same_events(spectrum_image const& a, spectrum_image const& b) {
  return a.rows == b.rows && a.columns == b.columns && a.energy == b.energy && a.begin == b.begin &&
         a.channel == b.channel && a.count == b.count;
}

}  // namespace

TEST_CASE("a written series is read back event by event, with all that is known of it") {
  scratch::folder const f;
  for (auto const& [rows, columns, most] :
       {std::array{7u, 5u, 200u}, std::array{300u, 2u, 60000u}, std::array{1u, 400u, 4000000000u}}) {
    std::vector<spectrum_image> series;
    for (unsigned i = 0; i < 3; ++i) series.push_back(random_image(rows, columns, i + 1, most));
    series[0].how.pixel_nm = series[1].how.pixel_nm = series[2].how.pixel_nm = 2.5;
    series[1].how.live_time_s = 17.5;
    series[0].how.beam_kev = 200;
    series[0].how.solid_angle_sr = 0.7;
    series[0].how.azimuth_deg = 45;
    series[0].how.elements = {"Fe", "S", "Mg"};
    series[0].how.title = "a particle";
    io::write_event_list(f / "s.h5", series);
    CHECK(f.names() == std::vector<std::string>{"s.h5"});
    auto const what = io::inspect_event_list(f / "s.h5");
    CHECK(what.format == "event list");
    CHECK(what.images == 3);
    CHECK(what.rows == rows);
    CHECK(what.columns == columns);
    CHECK(what.energy == energy);
    CHECK(what.tilts == std::vector<double>{-10, -20, -30});
    for (std::size_t i = 0; i < 3; ++i) {
      auto const s = io::read_event_list(f / "s.h5", i);
      validate(s, "test");
      CHECK(same_events(s, series[i]));
      CHECK(s.how.tilt_deg == series[i].how.tilt_deg);
      CHECK(s.how.live_time_s == series[i].how.live_time_s);
      CHECK_FALSE(s.how.real_time_s.has_value());
      CHECK(s.how.pixel_nm == doctest::Approx(2.5));
      CHECK(s.how.beam_kev == 200);
      CHECK(s.how.solid_angle_sr == 0.7);
      CHECK(s.how.azimuth_deg == 45);
      CHECK(s.how.elements == std::vector<std::string>{"Fe", "S", "Mg"});
      CHECK(s.how.title == "a particle");
    }
  }
}

TEST_CASE("counts are stored as the narrowest integers that hold them, packed") {
  scratch::folder const f;
  std::vector<spectrum_image> const small{random_image(40, 40, 1, 200)},
      large{random_image(40, 40, 1, 70000)};
  io::write_event_list(f / "a.h5", small);
  io::write_event_list(f / "b.h5", large);
  CHECK(io::inspect_hdf5(f / "a.h5", "/count").type == io::scalar_type::u8);
  CHECK(io::inspect_hdf5(f / "a.h5", "/y").type == io::scalar_type::u8);
  CHECK(io::inspect_hdf5(f / "a.h5", "/channel").type == io::scalar_type::u16);
  CHECK(io::inspect_hdf5(f / "b.h5", "/count").type == io::scalar_type::u32);
  CHECK(scratch::load(f / "a.h5").size() < 4 * small[0].events());
}

TEST_CASE("an image without any event is one, of its size") {
  scratch::folder const f;
  std::vector<spectrum_image> const none{
      spectrum_image{3, 4, energy, std::vector<std::size_t>(13, 0), {}, {}, {}}};
  io::write_event_list(f / "n.h5", none);
  CHECK(same_events(io::read_event_list(f / "n.h5", 0), none[0]));
  CHECK(io::inspect_event_list(f / "n.h5").tilts.empty());
}

TEST_CASE("events in any order are sorted, those of one channel added, those of no photons left out") {
  std::mt19937 random(3);
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::size_t const n = random() % 500;
    std::array<std::vector<std::uint32_t>, 4> table;
    std::map<std::array<std::uint32_t, 3>, std::uint32_t> plain;
    for (std::size_t i = 0; i < n; ++i) {
      std::array<std::uint32_t, 3> const at{std::uint32_t(random() % 4), std::uint32_t(random() % 5),
                                            std::uint32_t(random() % 9)};
      auto const count = static_cast<std::uint32_t>(random() % 3);
      for (std::size_t c = 0; c < 3; ++c) table[c].push_back(at[c]);
      table[3].push_back(count);
      if (count > 0) plain[at] += count;
    }
    io::detail::event_gatherer gatherer(4, 5, {0, 0.01, 9}, "test");
    for (std::size_t at = 0; at < n; at += 7) {
      auto const some = [&](std::size_t c) {
        return std::span<std::uint32_t const>(table[c]).subspan(at, std::min<std::size_t>(7, n - at));
      };
      gatherer.add({some(0), some(1), some(2), some(3)});
    }
    spectrum_image const s = gatherer.finish();
    validate(s, "test");
    REQUIRE(s.events() == plain.size());
    std::size_t k = 0;
    for (auto const& [at, count] : plain) {
      std::size_t const p = at[0] * 5 + at[1];
      CHECK((k >= s.begin[p] && k < s.begin[p + 1]));
      CHECK(s.channel[k] == at[2]);
      CHECK(s.count[k] == count);
      ++k;
    }
  }
}

TEST_CASE("tables of another program are read, and refused for the reason when they do not fit") {
  scratch::folder const f;
  auto const s = io::read_event_list(tables{}.save(f / "t.h5"), 1);
  CHECK(s.events() == 1);
  CHECK(s.begin == std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 1});
  CHECK(s.channel[0] == 299);
  CHECK(s.count[0] == 3);

  auto const refusal = [&](auto change, std::size_t index = 0) {
    tables t;
    change(t);
    t.save(f / "t.h5");
    auto const text = scratch::complaint([&] { io::read_event_list(f / "t.h5", index); });
    CHECK(text.starts_with(f / "t.h5"));
    return text;
  };
  CHECK(contains(refusal([](tables&) {}, 2), "image 2 is wanted, there are 2"));
  CHECK(contains(refusal([](tables& t) { t.y[1] = 2; }),
                 "event 1 lies at row 2, column 0, channel 0, outside"));
  CHECK(contains(refusal([](tables& t) { t.channel[0] = 300; }),
                 "channel 300, outside the image of 2 x 3 x 300"));
  CHECK(contains(refusal([](tables& t) { t.x.pop_back(); }), "/x: is 2 of u32"));
  CHECK(contains(refusal([](tables& t) {
                   t.offsets = {0, 2, 4};
                 }),
                 "its offsets go from 0 to 4, its events from 0 to 3"));
  CHECK(contains(refusal([](tables& t) { t.offsets = {0, 9, 3}; }), "offset 1 (9) is behind the next (3)"));
  CHECK(contains(refusal([](tables& t) { t.offsets = {0, 3}; }), "has 2 offsets for 2 images"));
  CHECK(contains(refusal([](tables& t) { t.shape = {2, 2, 3}; }), "is not four integers"));
  CHECK(contains(refusal([](tables& t) { t.shape[1] = 0; }), "2 x 0 x 3 x 300 is not possible"));
  CHECK(contains(refusal([](tables& t) { t.shape[1] = t.shape[2] = 65536; }),
                 "claims 65536 x 65536 pixels for the 2 events"));
  CHECK(contains(refusal([](tables& t) { t.scale = -1; }), "channels are -1 keV wide"));
  // a million events of the same pixel are packed in a few kB, which do not make an image of a thousand million
  std::vector<spectrum_image> series(1);
  series[0] = {1000, 1000, {0, 0.01, 1}, {}, {}, {}, {}};
  series[0].begin.resize(1000001);
  std::iota(series[0].begin.begin(), series[0].begin.end(), std::size_t(0));
  series[0].channel.assign(1000000, 0);
  series[0].count.assign(1000000, 1);
  io::write_event_list(f / "p.h5", series);
  {
    io::detail::handle const file(H5Fopen((f / "p.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    io::detail::handle const at(H5Aopen(file, "shape_tyxE", H5P_DEFAULT), H5Aclose);
    std::int64_t const shape[] = {1, 30000, 30000, 1};
    H5Awrite(at, H5T_NATIVE_INT64, shape);
  }
  CHECK(contains(scratch::complaint([&] { io::read_event_list(f / "p.h5", 0); }),
                 "claims 30000 x 30000 pixels and has"));
  io::write_hdf5(f / "o.h5", io::array<float>{{2}, {1, 2}, {}}, {.name = "v"});
  CHECK(contains(scratch::complaint([&] { io::inspect_event_list(f / "o.h5"); }),
                 "there is no /offsets in this file"));
}

TEST_CASE("images that do not fit each other are refused, and nothing is left behind") {
  scratch::folder const f;
  auto const refusal = [&](auto change) {
    std::vector<spectrum_image> series{random_image(3, 4, 1, 5), random_image(3, 4, 2, 5)};
    change(series);
    return scratch::complaint([&] { io::write_event_list(f / "s.h5", series); });
  };
  CHECK(contains(refusal([](auto& s) { s.clear(); }), "0 images"));
  CHECK(contains(refusal([](auto& s) { s[1] = random_image(4, 3, 1, 5); }),
                 "image 1 has 4 x 3 pixels, the first 3 x 4"));
  CHECK(contains(refusal([](auto& s) { s[1].energy.width_kev = 0.02; }),
                 "image 1 has 300 channels of 0.02 keV"));
  CHECK(contains(refusal([](auto& s) { s[1].how.pixel_nm = 3; }),
                 "image 1 has pixels of 3 nm, the first of 0 nm"));
  CHECK(contains(refusal([](auto& s) { s[1].channel[0] = 400; }), "is in channel 400"));
  CHECK(contains(scratch::complaint([&] {
                   std::vector<spectrum_image> const one{random_image(3, 4, 1, 5)};
                   io::write_event_list(f / "no/s.h5", one);
                 }),
                 "does not exist"));
  CHECK(f.names().empty());
}

TEST_CASE("the real series has the sums of its spectra, its angles and its pixels") {
  auto const path = scratch::real("idp/idp_events.h5");
  auto const sums = scratch::real("idp/sum_spectra_tE_u32.npy");
  auto const tilts = scratch::real("idp/tilt_angles_deg.npy");
  if (!path || !sums || !tilts) return;
  auto const what = io::inspect_event_list(*path);
  CHECK(what.tilts == io::read_tilts(*tilts));
  CHECK(what.how.pixel_nm == doctest::Approx(13.08).epsilon(1e-3));
  auto const wanted = io::read_npy<double>(*sums);
  for (std::size_t const tilt : {0, 7, 15}) {
    auto const s = io::read_event_list(*path, tilt);
    validate(s, "test");
    auto const found = sum_spectrum(s);
    CHECK(std::equal(found.begin(), found.end(), wanted.values.begin() + std::ptrdiff_t(2048 * tilt)));
    CHECK(s.how.tilt_deg == what.tilts[tilt]);
  }
}

#endif
