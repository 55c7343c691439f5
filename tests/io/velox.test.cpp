// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/velox.hpp>

#include "scratch.hpp"

#if defined(TOMOEDX_HDF5) && defined(TOMOEDX_JSON)

#include "velox_file.hpp"

#include <functional>

namespace io = tomoedx::io;
using scratch::contains;
using tomoedx::spectrum_image;
using velox_file::description;
using velox_file::frame;

namespace {

frame random_frame(description const& d, std::mt19937& random) {
  frame f(d.rows * d.columns * d.channels);
  for (auto& n : f)
    if (random() % 8 == 0) n = 1 + std::uint32_t(random() % 3);
  return f;
}

/// The plain way: add up, then look for what is not 0.
spectrum_image added(description const& d, std::vector<std::vector<frame>> const& streams, std::size_t first,
                     std::size_t end) {
  frame sum(d.rows * d.columns * d.channels);
  for (auto const& s : streams)
    for (std::size_t f = first; f < end; ++f)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += s[f][i];
  return tomoedx::sparse(std::span<std::uint32_t const>(sum), d.rows, d.columns,
                         tomoedx::energy_axis{-0.25, 0.01, d.channels});
}

void check_same(spectrum_image const& a, spectrum_image const& b) {
  validate(a, "test");
  CHECK(a.rows == b.rows);
  CHECK(a.columns == b.columns);
  CHECK(a.energy == b.energy);
  CHECK(a.begin == b.begin);
  CHECK(a.channel == b.channel);
  CHECK(a.count == b.count);
}

/// A stream in memory.
io::detail::velox_stream in_memory(std::vector<std::uint16_t> const& values,
                                   std::vector<std::uint64_t> frames = {}) {
  return {"memory", values.size(), std::move(frames),
          [values](std::uint64_t first, std::size_t count, std::uint16_t* to) {
            std::copy_n(values.begin() + long(first), count, to);
          }};
}

spectrum_image gathered(std::vector<io::detail::velox_stream> const& streams, std::size_t rows,
                        std::size_t columns, std::size_t channels, io::detail::velox_frames frames = {}) {
  spectrum_image s;
  s.rows = rows;
  s.columns = columns;
  s.energy = {0, 0.01, channels};
  io::detail::gather(streams, frames, s);
  validate(s, "test");
  return s;
}

constexpr std::uint16_t next = 65535;

}  // namespace

TEST_CASE("streams of several detectors and frames add up to the same counts however they are stored") {
  scratch::folder const f;
  std::mt19937 random(7);
  description d;
  std::vector<std::vector<frame>> streams(3);
  for (auto& s : streams)
    for (int i = 0; i < 5; ++i) s.push_back(random_frame(d, random));
  for (bool const table : {true, false})
    for (bool const packed : {false, true}) {
      d.table = table;
      d.packed = packed;
      d.column = packed;
      {
        velox_file::writer w(f / "a.emd");
        for (std::size_t i = 0; i < 3; ++i) w.add(d, fmt::format("SuperXG2{}", i + 1), streams[i]);
      }
      CAPTURE(table);
      CAPTURE(packed);
      check_same(io::read_velox(f / "a.emd"), added(d, streams, 0, 5));
      check_same(io::read_velox(f / "a.emd", {.first_frame = 1, .frames = 3}), added(d, streams, 1, 4));
      check_same(io::read_velox(f / "a.emd", {.first_frame = 4}), added(d, streams, 4, 5));
      check_same(io::read_velox(f / "a.emd", {.frames = 1}), added(d, streams, 0, 1));
      check_same(io::read_velox(f / "a.emd", {.detectors = {1}}), added(d, {streams[1]}, 0, 5));
      check_same(io::read_velox(f / "a.emd", {.detectors = {2, 0}, .first_frame = 3, .frames = 2}),
                 added(d, {streams[0], streams[2]}, 3, 5));
      // groups are in the other order than the detectors' names
      CHECK(io::velox_detectors(f / "a.emd") ==
            std::vector<std::string>{"SuperXG21", "SuperXG22", "SuperXG23"});
      auto const complaint = [&](io::velox_options const& o) {
        return scratch::complaint([&] { io::read_velox(f / "a.emd", o); });
      };
      CHECK(contains(complaint({.first_frame = 5}), "all frames from frame 5 are wanted, there are 5"));
      CHECK(contains(complaint({.first_frame = 3, .frames = 3}),
                     "3 frames from frame 3 are wanted, there are 5"));
      CHECK(contains(complaint({.frames = std::size_t(-1)}), "are wanted, there are 5"));
      CHECK(contains(complaint({.detectors = {3}}), "detector 3 is wanted, there are 3"));
      CHECK(contains(complaint({.detectors = {1, 1}}), "detector 1 is wanted twice"));
    }
}

TEST_CASE("a stream longer than a piece is read whole") {
  std::mt19937 random(8);
  std::size_t const rows = 60, columns = 70, frames = 400;  // 1.7 million pixels, 4200 of them different
  std::vector<std::uint16_t> values;
  std::vector<std::uint64_t> begins;
  std::vector<std::uint32_t> sum(rows * columns * 8);
  for (std::size_t f = 0; f < frames; ++f) {
    begins.push_back(values.size());
    for (std::size_t p = 0; p < rows * columns; ++p) {
      if (random() % 8 == 0) {
        values.push_back(static_cast<std::uint16_t>(random() % 8));
        if (f >= 100) ++sum[p * 8 + values.back()];
      }
      values.push_back(next);
    }
  }
  REQUIRE(values.size() > (1u << 20) + (1u << 19));
  spectrum_image const truth =
      tomoedx::sparse(std::span<std::uint32_t const>(sum), rows, columns, tomoedx::energy_axis{0, 0.01, 8});
  check_same(gathered({in_memory(values, begins)}, rows, columns, 8, {100}), truth);
  check_same(gathered({in_memory(values)}, rows, columns, 8, {100}), truth);
}

TEST_CASE("frames that lack pixels are read and told of, those with too many are refused") {
  std::vector<std::uint16_t> const two{1, next, next, 2, next, 3, 3, next, next, next};  // 1 x 3, two frames
  auto const whole = gathered({in_memory(two)}, 1, 3, 4);
  CHECK(whole.begin == std::vector<std::size_t>{0, 2, 2, 3});
  CHECK(whole.channel == std::vector<std::uint16_t>{1, 3, 2});
  CHECK(whole.count == std::vector<std::uint32_t>{1, 2, 1});
  CHECK(whole.how.notes.empty());
  // ends in the second pixel of the second frame
  auto const some = gathered({in_memory({1, next, next, 2, next, 3, next, 1})}, 1, 3, 4);
  CHECK(some.channel == std::vector<std::uint16_t>{1, 3, 1, 2});
  CHECK(some.how.notes == std::vector<std::string>{"1 frames end before their last pixel"});
  // where frames begin is known, so the second is not put where the first ended; the third is empty
  auto const early = gathered({in_memory({1, next, 2, next, 3, next, next, next}, {0, 2, 7, 7})}, 1, 3, 4);
  CHECK(early.how.notes == std::vector<std::string>{"3 frames end before their last pixel"});
  CHECK(early.begin == std::vector<std::size_t>{0, 2, 3, 3});
  CHECK(early.channel == std::vector<std::uint16_t>{1, 2, 3});
  auto const refused = [](std::vector<std::uint16_t> const& values,
                          std::vector<std::uint64_t> const& frames) {
    return scratch::complaint([&] { gathered({in_memory(values, frames)}, 1, 3, 4); });
  };
  CHECK(contains(refused({next, next, next, 1, next}, {0}), "frame 0 goes on at value 3 after its 3 pixels"));
  CHECK(contains(refused({next, 4}, {}), "channel 4 at value 1; there are 4"));
  // tables that go beyond the end, back, or into a pixel are left aside
  using table = std::vector<std::uint64_t>;
  for (table const& wrong : {table{0, 11}, table{0, 5, 2}, table{0, 4}}) {
    auto const s = gathered({in_memory(two, wrong)}, 1, 3, 4);
    CHECK(s.channel == whole.channel);
    CHECK(s.begin == whole.begin);
    REQUIRE(s.how.notes.size() == 1);
    CHECK(contains(s.how.notes[0], "the table of frames does not fit its stream"));
  }
  CHECK(contains(refused({}, {}), "all frames from frame 0 are wanted, there are 0"));
  CHECK(gathered({in_memory({}, {0})}, 1, 3, 4).events() == 0);
  int calls = 0;
  io::detail::velox_stream changing = in_memory({1, next, next, next});
  changing.read = [&](std::uint64_t, std::size_t count, std::uint16_t* to) {
    std::fill_n(to, count, calls++ == 0 ? next : 1);
  };
  CHECK(contains(scratch::complaint([&] { gathered({changing}, 1, 4, 4); }), "changed while it was read"));
}

TEST_CASE("the metadata tell of energies, pixels, times and angles") {
  scratch::folder const f;
  std::mt19937 random(9);
  description d;
  {
    velox_file::writer w(f / "a.emd");
    w.add(d, "SuperXG22", {random_frame(d, random)});
    w.add(d, "SuperXG21", {random_frame(d, random)});
  }
  auto const s = io::inspect_velox(f / "a.emd");
  CHECK(s.format == "velox");
  CHECK(s.images == 1);
  CHECK(s.rows == 3);
  CHECK(s.columns == 4);
  CHECK(s.energy == tomoedx::energy_axis{-0.25, 0.01, 64});
  CHECK(s.how.pixel_nm.value() == doctest::Approx(1.5));
  CHECK(s.how.beam_kev == 200);
  CHECK(s.how.beam_na.value() == doctest::Approx(0.5));
  CHECK(s.how.live_time_s == 9.5);
  CHECK(s.how.real_time_s == 10.5);
  CHECK(s.how.tilt_deg.value() == doctest::Approx(10));
  CHECK(s.how.resolution_ev == 137);
  CHECK(s.how.elevation_deg.value() == doctest::Approx(22));
  CHECK_FALSE(s.how.azimuth_deg.has_value());  // of two detectors
  CHECK(s.how.solid_angle_sr.value() == doctest::Approx(0.35));
  CHECK(s.how.instrument == "Themis");
  CHECK(s.how.date == "2017-11-06 20:26:40 UTC");
  auto const one = io::inspect_velox(f / "a.emd", {.detectors = {1}});
  CHECK(one.how.azimuth_deg.value() == doctest::Approx(45));
  CHECK(one.how.solid_angle_sr == 0.175);
}

TEST_CASE("images are read with their frames first, complex ones left out") {
  scratch::folder const f;
  description const d;
  std::vector<std::uint16_t> one{1, 2, 3, 4, 5, 65535}, two(12);
  for (std::size_t i = 0; i < 12; ++i) two[i] = static_cast<std::uint16_t>(i);
  {
    velox_file::writer w(f / "a.emd");
    w.add_image(d, "HAADF", H5T_NATIVE_UINT16, {2, 3, 1}, one);
    w.add_image(d, "BF", H5T_NATIVE_UINT16, {3, 2, 2}, two);
    w.add_image(d, "", H5T_NATIVE_FLOAT, {1, 2}, std::vector<float>{0.5f, 1.5f});
    hid_t const complex = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(complex, "realFloatHalfEven", 0, H5T_NATIVE_FLOAT);
    H5Tinsert(complex, "imagFloatHalfEven", 4, H5T_NATIVE_FLOAT);
    w.add_image(d, "FFT", complex, {1, 1, 1}, std::vector<float>{1, 2});
    H5Tclose(complex);
  }
  auto const all = io::read_velox_images(f / "a.emd");
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "HAADF");
  CHECK(all[0].image.shape == std::vector<std::size_t>{2, 3});
  CHECK(all[0].image.values == std::vector<float>{1, 2, 3, 4, 5, 65535});
  CHECK(all[0].pixel_nm().value() == doctest::Approx(1.5));
  CHECK(all[1].image.shape == std::vector<std::size_t>{2, 3, 2});
  CHECK(all[1].image.values == std::vector<float>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
  CHECK(all[1].image.axes.size() == 3);
  CHECK(all[2].name == "image");
  CHECK(all[2].image.values == std::vector<float>{0.5f, 1.5f});
  CHECK(contains(scratch::complaint([&] { io::read_velox_images<std::int8_t>(f / "a.emd"); }),
                 "does not fit i8"));
  CHECK(contains(scratch::complaint([&] { io::read_velox(f / "a.emd"); }), "holds no spectra"));
}

TEST_CASE("hostile Velox files are refused for what is wrong with them") {
  scratch::folder const f;
  std::mt19937 random(10);
  description const d;
  std::string const path = f / "a.emd";
  auto const of = [&](std::function<void(velox_file::writer&)> const& write) {
    {
      velox_file::writer w(path);
      write(w);
    }
    auto const text = scratch::complaint([&] { io::read_velox(path); });
    CHECK((text.empty() || text.starts_with(path)));
    CHECK(text.find('\n') == text.npos);
    return text;
  };
  auto const with = [&](std::string const& settings, std::string const& metadata) {
    return of([&](velox_file::writer& w) {
      std::string const g = "/Data/SpectrumStream/a";
      w.values(g + "/Data", H5T_NATIVE_UINT16, {12, 1}, std::vector<std::uint16_t>(12, next));
      w.text(g + "/AcquisitionSettings", settings);
      w.metadata(g + "/Metadata", metadata);
    });
  };
  auto const instead = [](std::string text, std::string const& what, std::string const& now) {
    return text.replace(text.find(what), what.size(), now);
  };
  std::string const settings = d.settings(), metadata = d.metadata("SuperXG21");
  CHECK(with(settings, metadata).empty());
  CHECK(with(settings, d.metadata("unknown")).empty());  // then the first detector with energies counts
  for (std::string const tilt : {"1e308", "nan", "", "1 rad"}) {  // no angle
    CHECK(with(settings, instead(metadata, "0.17453292519943295", tilt)).empty());
    CHECK_FALSE(io::inspect_velox(path).how.tilt_deg.has_value());
  }
  CHECK(contains(with("[]", metadata), "AcquisitionSettings: its 2 bytes are no JSON object"));
  CHECK(contains(with("{", metadata), "no JSON object"));
  CHECK(contains(with(settings, "{\"a\":"), "Metadata: its 5 bytes are no JSON object"));
  CHECK(contains(with(settings, std::string(5999, '[')), "no JSON object"));
  CHECK(contains(with(settings, "{}"), "lacks the energies of its detector"));
  CHECK(contains(with(settings, instead(metadata, R"("10")", R"("0")")), "channels are 0 keV wide"));
  CHECK(contains(with(settings, instead(metadata, R"("10")", R"("1e400")")), "lacks the energies"));
  CHECK(contains(with(instead(settings, R"(StreamEncoding":"uint16)", R"(StreamEncoding":"lz4)"), metadata),
                 "a stream of 'lz4'; streams of uint16 are read"));
  CHECK(contains(with(instead(settings, R"("64")", R"("65536")"), metadata),
                 "the number of channels is 65536"));
  CHECK(contains(with(instead(settings, R"("64")", R"("6.4")"), metadata), "the number of channels is 6.4"));
  CHECK(
      contains(with(instead(settings, "bincount", "count"), metadata), "the number of channels is missing"));
  CHECK(contains(with(instead(settings, R"("4")", R"("-4")"), metadata), "the width of the scan is -4"));
  CHECK(contains(with(instead(instead(settings, R"("4")", R"("65536")"), ":3}", ":65536}"), metadata),
                 "12 values for 65536 x 65536 pixels"));
  auto const wide = instead(instead(settings, R"("4")", R"("16000")"), ":3}", ":2000}");
  CHECK(contains(of([&](velox_file::writer& w) {  // two million values packed in a few kB
                   std::string const g = "/Data/SpectrumStream/a";
                   w.values(g + "/Data", H5T_NATIVE_UINT16, {hsize_t(1) << 21, 1},
                            std::vector<std::uint16_t>(1 << 21, next), true);
                   w.text(g + "/AcquisitionSettings", wide);
                   w.metadata(g + "/Metadata", metadata);
                 }),
                 "2097152 values for 2000 x 16000 pixels, in"));
  CHECK(contains(of([](velox_file::writer&) {}), "holds no spectra"));
  CHECK(contains(of([](velox_file::writer& w) { w.make_group("/Data/SpectrumImage/b"); }), "was pruned"));
  CHECK(contains(of([](velox_file::writer& w) { w.make_group("/Data/SpectrumStream/b"); }),
                 "there is no /Data/Sp"));
  CHECK(contains(of([&](velox_file::writer& w) {
                   auto const g = w.add(d, "SuperXG21", {random_frame(d, random)});
                   w.text(g.substr(0, g.size() - 1) + "f/Data", "no numbers");
                   w.text(g.substr(0, g.size() - 1) + "f/AcquisitionSettings", settings);
                   w.metadata(g.substr(0, g.size() - 1) + "f/Metadata", metadata);
                 }),
                 "holds text, not numbers"));
  CHECK(contains(of([&](velox_file::writer& w) {
                   std::string const g = "/Data/SpectrumStream/a";
                   w.values(g + "/Data", H5T_NATIVE_UINT16, {6, 2}, std::vector<std::uint16_t>(12, next));
                   w.text(g + "/AcquisitionSettings", settings);
                   w.metadata(g + "/Metadata", metadata);
                 }),
                 "u16 of shape 6 x 2; one column of u16 is wanted"));
  CHECK(contains(
      of([&](velox_file::writer& w) {
        std::string const g = "/Data/SpectrumStream/a";
        w.values(g + "/Data", H5T_NATIVE_UINT16, {hsize_t(1) << 27, 1}, std::vector<std::uint16_t>{}, true);
        w.text(g + "/AcquisitionSettings", settings);
        w.metadata(g + "/Metadata", metadata);
      }),
      "were never written"));
  CHECK(contains(of([&](velox_file::writer& w) {
                   w.add(d, "SuperXG21", {random_frame(d, random)});
                   description other = d;
                   other.channels = 32;
                   w.add(other, "SuperXG22", {random_frame(other, random)});
                 }),
                 "3 x 4 pixels of 64 channels and 3 x 4 of 32; choose one"));
  CHECK(contains(of([&](velox_file::writer& w) {
                   w.add(d, "SuperXG21", {random_frame(d, random)});
                   description other = d;
                   other.offset = "-300";
                   w.add(other, "SuperXG22", {random_frame(other, random)});
                 }),
                 "at -0.25 and -0.3 keV"));
  CHECK(io::is_velox(path));
  { velox_file::writer const w(path); }
  CHECK_FALSE(io::is_velox(path));  // /Data holds nothing
  scratch::save(path, "no HDF5");
  CHECK_FALSE(io::is_velox(path));
  CHECK(contains(scratch::complaint([&] { io::read_velox(path); }), "is not an HDF5 file"));
  CHECK(contains(scratch::complaint([&] { io::read_velox(f / "none.emd"); }), "there is no such file"));
}

TEST_CASE("mutated texts and streams of Velox are taken or refused") {
  std::mt19937 random(13);
  description const d;
  std::string const settings = d.settings(), metadata = d.metadata("SuperXG21");
  auto const values = velox_file::stream({random_frame(d, random), random_frame(d, random)}, d.channels);
  int taken = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    try {
      if (i % 3 == 0) {
        io::detail::velox_scan_of({scratch::mutated(settings, settings.size(), random), "test"});
      } else if (i % 3 == 1) {
        io::detail::velox_json const m(scratch::mutated(metadata, metadata.size(), random), "test");
        validate(io::detail::velox_energy(m, 64), "test");
        io::detail::velox_acquisition(m);
      } else {
        auto v = values;
        for (int k = 0; k < 3; ++k)
          v[random() % v.size()] = std::uint16_t(random() % 3 == 0 ? 65535 : random() % 70);
        gathered({in_memory(v, {0, random() % v.size()})}, d.rows, d.columns, d.channels);
      }
      ++taken;
    } catch (tomoedx::error const& e) {
      REQUIRE(std::string(e.what()).find('\n') == std::string::npos);
      ++refused;
    }
  }
  CHECK(taken > 50);
  CHECK(refused > 500);
}

#else
TEST_CASE("without HDF5 and JSON there are no Velox files") {
  MESSAGE("skipped: this build has not both of HDF5 and nlohmann-json");
}
#endif
