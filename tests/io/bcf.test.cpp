// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/bcf.hpp>

#include "scratch.hpp"

#ifdef TOMOEDX_XML

#include <tomoedx/io/npy.hpp>
#ifdef TOMOEDX_HDF5
#include <tomoedx/io/hdf5.hpp>
#endif

#include "bcf_file.hpp"

#include <charconv>
#include <cmath>

namespace io = tomoedx::io;
using scratch::contains;
using tomoedx::spectrum_image;

namespace {

/// Random counts, most of them 0, some of them large.
std::vector<std::uint32_t> random_counts(std::size_t size, std::uint32_t large, std::mt19937& random) {
  std::vector<std::uint32_t> c(size);
  for (auto& n : c) {
    if (random() % 4 == 0) n = std::uint32_t(random() % 4);
    if (random() % 50 == 0) n = std::uint32_t(random() % large);
  }
  return c;
}

void check_same(spectrum_image const& a, spectrum_image const& b) {
  validate(a, "test");
  CHECK(a.rows == b.rows);
  CHECK(a.columns == b.columns);
  CHECK(a.begin == b.begin);
  CHECK(a.channel == b.channel);
  CHECK(a.count == b.count);
}

std::string write(scratch::folder const& f, bcf_file::header const& h, std::string const& map) {
  scratch::save(f / "a.bcf", bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", map}}));
  return f / "a.bcf";
}

std::string one_pixel(std::string const& pixel) {
  return bcf_file::map(1, {{pixel}});
}

}  // namespace

TEST_CASE("every packing of spectra gives the same image") {
  scratch::folder const f;
  std::mt19937 random(3);
  bcf_file::header const h{.rows = 5, .columns = 7, .channels = 300};
  for (std::uint32_t const large : {9u, 300u, 70000u, 0xFFFFFFFFu}) {
    auto const all = random_counts(h.rows * h.columns * h.channels, large, random);
    spectrum_image const truth =
        tomoedx::sparse(std::span(all), h.rows, h.columns, tomoedx::energy_axis{0, 0.01, h.channels});
    for (int const how : {0, 1, 2, 3, 4, 5}) {
      if (how != 2 && how != 5 && large > 300) continue;  // as many pulses as counts
      std::vector<std::vector<std::string>> lines(h.rows);
      for (std::size_t p = 0; p < h.rows * h.columns; ++p) {
        bcf_file::counts c(all.begin() + long(p * h.channels), all.begin() + long((p + 1) * h.channels));
        auto pulses = bcf_file::pulses_of(how == 2 || how == 5 ? bcf_file::counts{} : c);
        auto const x = std::uint32_t(p % h.columns);
        auto& line = lines[p / h.columns];
        if (how == 0) line.push_back(bcf_file::as_pulses16(x, pulses));
        if (how == 1) line.push_back(bcf_file::as_pulses12(x, pulses));
        if (how == 2) line.push_back(bcf_file::as_runs(x, c));
        if (how == 5) line.push_back(bcf_file::as_runs(x, c, {}, 1 + random() % 7));
        if (how == 3) {  // some counts as runs, the others as pulses after them
          std::shuffle(pulses.begin(), pulses.end(), random);
          auto const some = pulses.size() / 3;
          std::vector<std::uint16_t> const later(pulses.begin(), pulses.begin() + long(some));
          for (auto const p16 : later) --c[p16];
          line.push_back(bcf_file::as_runs(x, c, later));
        }
        if (how == 4) {  // in pieces that come in any order
          std::shuffle(pulses.begin(), pulses.end(), random);
          auto const some = long(pulses.size() / 2);
          line.push_back(bcf_file::as_pulses16(x, {pulses.begin(), pulses.begin() + some}));
          line.push_back(bcf_file::as_pulses12(x, {pulses.begin() + some, pulses.end()}));
        }
      }
      if (how == 4)
        for (auto& line : lines) std::shuffle(line.begin(), line.end(), random);
      auto const path = write(f, h, bcf_file::map(h.columns, lines));
      CAPTURE(how);
      CAPTURE(large);
      check_same(io::read_bcf(path), truth);
    }
  }
}

TEST_CASE("a container is read whatever the size and order of its chunks, packed or not") {
  scratch::folder const f;
  std::mt19937 random(4);
  bcf_file::header const h{.rows = 40, .columns = 50, .channels = 64};
  auto const all = random_counts(h.rows * h.columns * h.channels, 20, random);
  spectrum_image const truth =
      tomoedx::sparse(std::span(all), h.rows, h.columns, tomoedx::energy_axis{0, 0.01, 64});
  std::vector<std::vector<std::string>> lines(h.rows);
  for (std::size_t p = 0; p < h.rows * h.columns; ++p)
    lines[p / h.columns].push_back(bcf_file::as_pulses12(
        std::uint32_t(p % h.columns),
        bcf_file::pulses_of({all.begin() + long(p * 64), all.begin() + long((p + 1) * 64)})));
  std::string const map = bcf_file::map(h.columns, lines), text = h.text();
  REQUIRE(map.size() > 480 * 120);  // so its table needs more than one chunk of 512 bytes
  for (std::size_t const chunk : {512u, 4096u, 100000u})
    for (unsigned const order : {0u, 1u, 2u}) {
      scratch::save(
          f / "a.bcf",
          bcf_file::container({{"Other", "x"}, {"SpectrumData0", map}, {"HeaderData", text}}, chunk, order));
      check_same(io::read_bcf(f / "a.bcf"), truth);
#ifdef TOMOEDX_ZLIB
      scratch::save(f / "p.bcf",
                    bcf_file::container({{"HeaderData", bcf_file::packed(text)},
                                         {"SpectrumData0", bcf_file::packed(map, 1000 + chunk / 2)}},
                                        chunk, order));
      check_same(io::read_bcf(f / "p.bcf"), truth);
      CHECK(io::inspect_bcf(f / "p.bcf").columns == 50);
#endif
    }
}

TEST_CASE("the header tells of energies, pixels, times, elements and angles") {
  scratch::folder const f;
  bcf_file::header h{.rows = 2, .columns = 3, .channels = 64};
  h.version = 2;
  h.maps = 2;
  std::string const first = bcf_file::map(3, {{bcf_file::as_pulses16(2, {5, 63, 64, 70})}, {}}),
                    second = bcf_file::map(3, {{}, {bcf_file::as_pulses16(0, {6})}});
  scratch::save(
      f / "a.bcf",
      bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", first}, {"SpectrumData1", second}}));
  auto const s = io::read_bcf(f / "a.bcf");
  CHECK(s.energy.first_kev == -0.07);
  CHECK(s.energy.width_kev == 0.01);
  CHECK(s.energy.channels == 64);
  CHECK(s.how.pixel_nm.value() == doctest::Approx(12.5));
  CHECK(s.how.beam_kev == 200);
  CHECK(s.how.tilt_deg == -7.5);
  CHECK(s.how.elevation_deg == 18);
  CHECK(s.how.azimuth_deg == 45);
  CHECK_FALSE(s.how.live_time_s.has_value());
  CHECK(s.how.real_time_s.value() == doctest::Approx((73 + 72) * 3 * 30e-6).epsilon(1e-12));
  CHECK(s.how.resolution_ev.value() ==
        doctest::Approx(2354.82 * std::sqrt(4.7e-4 + 4.5e-4 * 5.8951)).epsilon(1e-6));
  CHECK(s.how.elements == std::vector<std::string>{"Si", "O"});
  CHECK(s.how.title == "grain \xC2\xB5");
  CHECK(s.how.instrument == "SuperX");
  CHECK(s.how.date == "2018-11-29 21:52:11");
  CHECK(s.how.notes == std::vector<std::string>{"2 counts beyond channel 64 were left out"});
  CHECK(s.channel == std::vector<std::uint16_t>{5, 63});

  auto const i = io::inspect_bcf(f / "a.bcf", {.index = 1});
  CHECK(i.format == "bcf");
  CHECK(i.images == 2);
  CHECK(i.rows == 2);
  CHECK(i.columns == 3);
  CHECK(i.energy.first_kev == -0.17);
  CHECK(i.how.elements.size() == 2);
  auto const other = io::read_bcf(f / "a.bcf", {.index = 1, .channels = 10});
  CHECK(other.energy == tomoedx::energy_axis{-0.17, 0.01, 10});
  CHECK(other.begin == std::vector<std::size_t>{0, 0, 0, 0, 1, 1, 1});
  CHECK(scratch::complaint([&] {
          io::read_bcf(f / "a.bcf", {.index = 2});
        }).ends_with("holds no map 2; it has 2, counted from 0"));
}

TEST_CASE("images of the header are read, with the pixels of the scan where they have its size") {
  scratch::folder const f;
  bcf_file::header h;
  std::string const bytes(
      "\x01\x02\x03\x04\xFF\xFE\x07\x08\x09\x0A\x0B\x0C\x00\x00\x00\x01\x00\x00\x00\x00\x05\x06\x07\x80", 24);
  h.more = bcf_file::image(2, 3, 1, "SE", bytes.substr(0, 6)) +
           bcf_file::image(2, 3, 2, "HAADF", bytes.substr(0, 12)) + bcf_file::image(3, 2, 4, "", bytes) +
           bcf_file::object("TRTImageData", "<PlaneCount>0</PlaneCount>");
  auto const path = write(f, h, bcf_file::map(3, {{}, {}}));
  auto const all = io::read_bcf_images(path);
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "SE");
  CHECK(all[0].image.shape == std::vector<std::size_t>{2, 3});
  CHECK(all[0].image.values == std::vector<float>{1, 2, 3, 4, 255, 254});
  CHECK(all[0].pixel_nm().value() == doctest::Approx(12.5));
  CHECK(all[1].name == "HAADF");
  CHECK(all[1].image.values == std::vector<float>{513, 1027, 65279, 2055, 2569, 3083});
  CHECK(all[2].name == "image");
  CHECK(all[2].image.shape == std::vector<std::size_t>{3, 2});
  CHECK_FALSE(all[2].pixel_nm().has_value());
  CHECK(io::read_bcf_images<double>(path)[2].image.values[5] == 0x80070605);
  CHECK(contains(scratch::complaint([&] { io::read_bcf_images<std::uint8_t>(path); }), "does not fit u8"));

  auto const with = [&](std::string const& image) {
    h.more = image;
    write(f, h, bcf_file::map(3, {{}, {}}));
    return scratch::complaint([&] { io::read_bcf_images(path); });
  };
  CHECK(contains(with(bcf_file::image(2, 3, 1, "SE", bytes)),
                 "24 bytes of values for 2 x 3 pixels of 1 bytes"));
  CHECK(contains(with(bcf_file::image(2, 0, 1, "SE", bytes)), "its size is '2' x '0'"));
  CHECK(contains(with(bcf_file::image(70000, 3, 1, "SE", bytes)), "its size is '70000' x '3'"));
  CHECK(contains(with(bcf_file::image(2, 3, 3, "SE", bytes)), "its pixels are of '3' bytes"));
  std::string broken = bcf_file::image(2, 3, 1, "SE", bytes.substr(0, 6));
  CHECK(with(broken).empty());
  broken.replace(broken.find("AQID"), 1, "!");
  CHECK(contains(with(broken), "its values are not base64"));
}

TEST_CASE("hostile composite files are refused for what is wrong with them") {
  scratch::folder const f;
  bcf_file::header const h{.rows = 1, .columns = 1, .channels = 64};
  std::string const good = one_pixel(bcf_file::as_pulses16(0, {1, 2}));
  bcf_file::files const parts{{"HeaderData", h.text()}, {"SpectrumData0", good}};
  auto const of = [&](std::string const& bytes) {
    scratch::save(f / "a.bcf", bytes);
    auto const text = scratch::complaint([&] { io::read_bcf(f / "a.bcf"); });
    CHECK((text.empty() || text.starts_with(f / "a.bcf")));
    CHECK(text.find('\n') == text.npos);
    return text;
  };
  auto const with_map = [&](std::string const& map) {
    return of(bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", map}}));
  };
  auto const put = [](std::string bytes, std::size_t at, auto value) {
    auto const b = bcf_file::little(value);
    return bytes.replace(at, b.size(), b);
  };
  std::string const file = bcf_file::container(parts);
  CHECK(of(file).empty());
  CHECK(io::is_bcf(f / "a.bcf"));
  using u32 = std::uint32_t;

  // the container
  CHECK(contains(of("AAMVHFSS"), "8 bytes are too few"));
  CHECK(contains(of("x" + file.substr(1)), "is not a Bruker composite file"));
  CHECK_FALSE(io::is_bcf(f / "a.bcf"));
  scratch::save(f / "short", "AAMV");
  CHECK_FALSE(io::is_bcf(f / "short"));
  CHECK(contains(of(put(file, 0x124, u32(0x40800000))), "version 4 of the container, at byte 292"));
  CHECK(contains(of(put(file, 0x124, u32(0x7FC00000))), "version nan"));
  CHECK(contains(of(put(file, 0x128, u32(31))), "chunks of 31 bytes, at byte 296"));
  CHECK(contains(of(put(file, 0x128, u32(0xFFFFFFFF))), "chunks of 4294967295 bytes"));
  CHECK(contains(of(put(file, 0x140, u32(0xFFFFFF))), "the list of files: lies in chunk 16777215"));
  CHECK(contains(of(put(file, 0x144, u32(0xFFFFFFFF))), "a list of 4294967295 files, at byte 324"));
  CHECK(contains(of(file.substr(0, file.size() - 600)), "truncated"));
  CHECK(contains(of(bcf_file::container({parts[1]})), "no EDSDatabase/HeaderData"));
  CHECK(contains(of(bcf_file::container({parts[0]})), "holds no map 0; it has 0"));
  std::string const wide = bcf_file::container(parts, 4096);  // whose chunks hold whole entries
  std::size_t const entry = wide.rfind("SpectrumData0") - 0xE0;
  CHECK(contains(of(put(wide, entry + 4, std::uint64_t(-1))), "a size of 18446744073709551615 bytes"));
  CHECK(contains(of(put(wide, entry, u32(999))), "SpectrumData0: lies in chunk 999"));
  CHECK(contains(of(put(wide, entry + 0x28, u32(1))), "holds no map 0"));

  // the header
  auto const with_text = [&](std::string const& text) {
    return of(bcf_file::container({{"HeaderData", text}, parts[1]}));
  };
  auto const without = [&](std::string const& what, std::string const& now) {
    std::string text = h.text();
    return with_text(text.replace(text.find(what), what.size(), now));
  };
  CHECK(contains(with_text("no text"), "HeaderData: cannot be read as XML at byte"));
  CHECK(contains(with_text(h.text().substr(0, 300)), "cannot be read as XML at byte 300"));
  CHECK(contains(with_text("<a/>"), "no TRTSpectrumDatabase"));
  CHECK(
      contains(without("<FileVersion>1", "<FileVersion>3"), "version '3' of the header is unknown; 1 and 2"));
  CHECK(contains(without("<ChannelCount>64", "<ChannelCount>-1"), "0 energy channels; 1 to 65536"));
  CHECK(contains(without("<ChannelCount>64", "<ChannelCount>65537"), "0 energy channels; 1 to 65536"));
  CHECK(contains(without("<CalibLin>1E-2", "<CalibLin>0"), "channels are 0 keV wide"));
  CHECK(contains(without("<CalibLin>1E-2", "<CalibLin>nan"), "lacks the energies of map 0"));
  CHECK(contains(without("<CalibAbs>-0.07", "<CalibAbs>1e30"), "the first channel is at 1e+30 keV"));

  for (std::string const dx : {"1e308", "nan", "-1", "0", "", "1x"}) {  // no size of a pixel
    CHECK(without("<DX>0,0125", "<DX>" + dx).empty());
    CHECK_FALSE(io::inspect_bcf(f / "a.bcf").how.pixel_nm.has_value());
  }

  // the spectra
  CHECK(contains(with_map(good.substr(0, 100)), "SpectrumData0: truncated: 416 bytes wanted from byte 0"));
  CHECK(contains(with_map(good.substr(0, good.size() - 1)), "truncated: 4 bytes wanted from byte 442"));
  CHECK(contains(with_map(put(good, 0, u32(0))), "0 x 1 pixels, at byte 0"));
  CHECK(contains(with_map(put(good, 4, u32(65537))), "1 x 65537 pixels, at byte 0"));
  CHECK(contains(with_map(put(put(good, 0, u32(60)), 4, u32(65536))), "claims 60 x 65536 pixels, at byte 0"));
#ifdef TOMOEDX_ZLIB
  std::string zeros = bcf_file::little(u32(65536)) +
                      bcf_file::little(u32(2048));  // rows without a pixel, which pack to nothing
  zeros.resize(std::size_t(1) << 23);
  CHECK(contains(with_map(bcf_file::packed(zeros, 1 << 20)), "claims 65536 x 2048 pixels, at byte 0"));
#endif
  CHECK(contains(with_map(put(good, 0x1A0, u32(-1))), "truncated: 22 bytes wanted from byte 446"));
  auto const with_pixel = [&](std::string const& p) { return with_map(one_pixel(p)); };
  CHECK(contains(with_pixel(bcf_file::as_pulses16(1, {1})), "a pixel of column 1 at byte 420"));
  CHECK(
      contains(with_pixel(bcf_file::pixel(0, 0, 2, "abc")), "2 pulses in 3 bytes at byte 420; they need 4"));
  CHECK(
      contains(with_pixel(bcf_file::pixel(0, 1, 2, "abc")), "2 pulses in 3 bytes at byte 420; they need 4"));
  CHECK(contains(with_pixel(bcf_file::pixel(0, 99, 2, "abcd")),
                 "packing 99 of the pixel at byte 420 is unknown"));
  CHECK(contains(with_pixel(bcf_file::pixel(0, 2, 0, "abc")), "the pixel at byte 420 has 3 bytes"));
  CHECK(contains(with_pixel(bcf_file::pixel(0, 2, 1, std::string("\0\5\0\0\0\0", 6))),
                 "has 1 pulses in 0 bytes"));
  CHECK(contains(with_pixel(bcf_file::pixel(0, 2, 0, std::string("\3\5\0\0\0\0", 6))),
                 "a run of counts of 3 half bytes at byte 442"));
  CHECK(contains(with_pixel(bcf_file::pixel(0, 2, 0, std::string("\1\5\0\0\0\0\0\0", 8))),
                 "a run of 5 counts at byte 442 goes beyond its pixel, which ends at byte 446"));
  CHECK(contains(
      with_pixel(bcf_file::pixel(0, 2, 0, "\x08\x01" + std::string(8, '\xFF') + "\1" + std::string(7, '\0'))),
      "a count of 18446744073709551615 + 1 in the run at byte 442"));
  std::string const most = bcf_file::as_runs(0, {0xFFFFFFFF});
  CHECK(contains(with_map(bcf_file::map(1, {{most, most}})), "8589934590 counts in channel 0 of pixel 0"));
  CHECK(with_pixel(bcf_file::pixel(0, 2, 0, "")).empty());
  scratch::save(f / "a.bcf", bcf_file::container({parts[0], {"SpectrumData0", good + "more"}}));
  CHECK(io::read_bcf(f / "a.bcf").how.notes ==
        std::vector<std::string>{"4 bytes after the last line were not read"});
}

#ifdef TOMOEDX_ZLIB
TEST_CASE("what unpacks to more than any spectra is refused, as is damage in packed blocks") {
  scratch::folder const f;
  bcf_file::header const h{.rows = 1, .columns = 1, .channels = 64};
  auto const of = [&](std::string const& map) {
    scratch::save(f / "a.bcf", bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", map}}, 4096));
    return scratch::complaint([&] { io::read_bcf(f / "a.bcf"); });
  };
  std::size_t const mega = 1u << 20;
  std::string bomb = bcf_file::packed(std::string(mega, '\0'), mega);
  std::string const block = bomb.substr(128);
  for (int i = 1; i < 80; ++i) bomb += block;
  CHECK(contains(of(bomb.replace(12, 4, bcf_file::little(std::uint32_t(80)))), "unpacks to more than"));
  std::string good = bcf_file::packed(one_pixel(bcf_file::as_pulses16(0, {1, 2})));
  CHECK(of(good).empty());
  CHECK(contains(of(good.substr(0, good.size() - 3)), "truncated"));
  std::string shorter = good;
  shorter.replace(128, 4, bcf_file::little(std::uint32_t(good.size() - 144 - 3)));
  CHECK(contains(of(shorter.substr(0, good.size() - 3)),
                 "the block packed at byte 144 is damaged: it ends too early"));
  good[150] = static_cast<char>(good[150] ^ 0x55);
  CHECK(contains(of(good), "the block packed at byte 144 is damaged"));
}
#endif

TEST_CASE("mutated composite files are read or refused, and never ask for more than they hold") {
  scratch::folder const f;
  std::mt19937 random(12);
  bcf_file::header h{.rows = 3, .columns = 4, .channels = 64};
  std::vector<std::vector<std::string>> lines(3);
  for (std::uint32_t y = 0; y < 3; ++y)
    for (std::uint32_t x = 0; x < 4; ++x) {
      auto const c = random_counts(64, 300, random);
      lines[y].push_back(x == 0   ? bcf_file::as_runs(x, c)
                         : x == 1 ? bcf_file::as_pulses12(x, {3, 4, 4, 60})
                         : x == 2 ? bcf_file::as_pulses16(x, {3, 4, 4, 60})
                                  : bcf_file::as_runs(x, c, {1, 2, 3}, 5));
    }
  std::string const map = bcf_file::map(4, lines), text = h.text();
  int read = 0, refused = 0;
  for (int i = 0; i < 1200; ++i) {
    std::string const m =
        i % 3 == 0 ? map : map.substr(0, 0x1A0) + scratch::mutated(map.substr(0x1A0), map.size(), random);
    std::string bytes =
        bcf_file::container({{"HeaderData", i % 3 == 1 ? scratch::mutated(text, text.size(), random) : text},
                             {"SpectrumData0", m}});
    if (i % 3 == 0) {  // where the container's numbers are
      std::size_t const list = bytes.find("EDSDatabase") - 0xE0;
      std::string const hot = scratch::mutated(bytes.substr(list, 2048), 2048, random);
      bytes = i % 2 == 0 ? bytes.substr(0, 0x118) + scratch::mutated(bytes.substr(0x118), 64, random)
                         : bytes.replace(list, 2048, hot);
    }
    scratch::save(f / "m.bcf", bytes);
    try {
      auto const s = io::read_bcf(f / "m.bcf");
      validate(s, "test");
      REQUIRE(s.events() <= 4 * bytes.size());
      io::inspect_bcf(f / "m.bcf");
      ++read;
    } catch (tomoedx::error const& e) {
      REQUIRE(std::string(e.what()).find('\n') == std::string::npos);
      ++refused;
    }
  }
  CHECK(read > 100);
  CHECK(refused > 400);
}

TEST_CASE("the real files have the counts that others found in them") {
  auto const sums = scratch::real("idp/sum_spectra_tE_u32.npy"),
             tilts = scratch::real("idp/tilt_angles_deg.npy");
  if (!sums || !tilts) return;
  auto const known = io::read_npy<double>(*sums);
  auto const angles = io::read_npy<double>(*tilts);
  for (int const tilt : {-10, 0}) {
    auto const path = scratch::real(fmt::format("idp/bcf/{}.bcf", tilt));
    if (!path) return;
    auto const row = std::ranges::find(angles.values, double(tilt)) - angles.values.begin();
    REQUIRE(std::size_t(row) < known.shape[0]);
    auto const s = io::read_bcf(*path);
    validate(s, "test");
    CHECK(s.rows == 256);
    CHECK(s.columns == 256);
    CHECK(s.energy == tomoedx::energy_axis{-0.470891225, 0.010003, 2048});
    CHECK(s.how.notes.empty());
    CHECK(std::ranges::equal(tomoedx::sum_spectrum(s),
                             std::span(known.values).subspan(std::size_t(row) * 2048, 2048)));
    CHECK(s.how.pixel_nm.value() == doctest::Approx(13.08).epsilon(1e-3));
    CHECK(s.how.beam_kev == 200);
    CHECK(s.how.real_time_s.value() == doctest::Approx(142).epsilon(0.01));
    CHECK(std::ranges::find(s.how.elements, "Fe") != s.how.elements.end());
    auto const images = io::read_bcf_images(*path);
    REQUIRE(images.size() == 1);  // the times of pixels in it are marked as not valid
    CHECK(images[0].name == "HAADF");
    CHECK(images[0].image.shape == std::vector<std::size_t>{256, 256});
    auto const haadf = scratch::real("idp/haadf_tyx_u16.npy");
    if (haadf) {
      auto const frames = io::read_npy<float>(*haadf);
      CHECK(std::ranges::equal(images[0].image.values,
                               std::span(frames.values).subspan(std::size_t(row) * 65536, 65536)));
    }

    // the header has a sum spectrum of its own, at -10 degrees with a count that is in no pixel
    io::detail::sfs file(*path);
    io::detail::bcf_header const header = io::detail::bcf_header_of(file);
    std::string_view const channels =
        header.of_type(header.root().child("SpectrumData0"), "TRTSpectrum").child("Channels").child_value();
    std::vector<double> own;
    for (std::size_t at = 0; at < channels.size();) {
      unsigned n = 0;
      at = 1 + std::size_t(std::from_chars(channels.data() + at, channels.data() + channels.size(), n).ptr -
                           channels.data());
      own.push_back(n);
    }
    auto const sum = tomoedx::sum_spectrum(s);
    REQUIRE(own.size() == sum.size());
    double apart = 0;
    for (std::size_t c = 0; c < own.size(); ++c) apart += std::abs(own[c] - sum[c]);
    CHECK(apart == (tilt == -10 ? 1 : 0));

#ifdef TOMOEDX_HDF5
    auto const events = scratch::real("idp/idp_events.h5");
    if (!events) return;
    auto const offsets = io::read_hdf5<std::int64_t>(*events, "/offsets").values;
    auto const begin = std::size_t(offsets[std::size_t(row)]),
               end = std::size_t(offsets[std::size_t(row) + 1]);
    auto const part = [&]<class T>(T, std::string const& name) {
      io::detail::quiet const no_printing;
      auto const d = io::detail::open_hdf5(*events, name);
      std::vector<T> v(end - begin);
      io::detail::read_layers(d, io::detail::native<T>(), 0, begin, v.size(), v.data());
      return v;
    };
    auto const x = part(std::uint8_t{}, "/x"), y = part(std::uint8_t{}, "/y"),
               n = part(std::uint8_t{}, "/count");
    auto const c = part(std::uint16_t{}, "/channel");
    std::vector<std::uint64_t> theirs, ours;  // pixel, channel and count of each event in one number
    for (std::size_t i = 0; i < n.size(); ++i)
      theirs.push_back((std::uint64_t(y[i]) * 256 + x[i]) << 40 | std::uint64_t(c[i]) << 16 | n[i]);
    for (std::size_t p = 0; p < s.pixels(); ++p)
      for (std::size_t i = s.begin[p]; i < s.begin[p + 1]; ++i)
        ours.push_back(std::uint64_t(p) << 40 | std::uint64_t(s.channel[i]) << 16 | s.count[i]);
    std::ranges::sort(theirs);
    CHECK(theirs == ours);
#endif
  }
}

#else
TEST_CASE("without an XML reader there are no composite files") {
  MESSAGE("skipped: this build has no pugixml");
}
#endif
