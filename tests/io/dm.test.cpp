// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/dm.hpp>
#include <tomoedx/io/npy.hpp>
#include <tomoedx/io/tilts.hpp>

#include "dm_writer.hpp"
#include "scratch.hpp"

#include <cstdlib>
#include <limits>
#include <numeric>

namespace io = tomoedx::io;
namespace dm = dm_writer;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {

constexpr std::endian orders[] = {std::endian::little, std::endian::big};

// A spectrum image of 3 x 4 pixels and 5 channels in any order of its indices (fastest first: "xyE").
struct series {
  std::vector<std::uint32_t> dimensions;
  std::vector<dm::calibration> axes;
  std::vector<std::uint16_t> values;

  explicit series(std::string const& order) {
    std::vector<std::size_t> extents;
    for (char const c : order) {
      extents.push_back(c == 'x' ? 4 : c == 'y' ? 3 : 5);
      dimensions.push_back(std::uint32_t(extents.back()));
      if (c == 'E')
        axes.push_back({48, 10, u"eV"});
      else
        axes.push_back({0, 0.5f, u"µm"});
    }
    std::size_t const all =
        std::accumulate(extents.begin(), extents.end(), std::size_t(1), std::multiplies<>());
    for (std::size_t i = 0; i < all; ++i) {
      std::size_t rest = i, x = 0, y = 0, e = 0;
      for (std::size_t k = 0; k < order.size(); rest /= extents[k], ++k)
        (order[k] == 'x' ? x : order[k] == 'y' ? y : e) = rest % extents[k];
      values.push_back(count(y, x, e));
    }
  }
  static std::uint16_t count(std::size_t y, std::size_t x, std::size_t e) {
    return (x + y + e) % 3 == 0 ? 0 : static_cast<std::uint16_t>(100 * y + 10 * x + e);
  }
};

std::vector<dm::tag> microscope() {
  return {dm::group("Microscope Info", {dm::number("Voltage", 200000.0), dm::text("Name", u"The Microscope"),
                                        dm::number("Probe Current (nA)", 0.25),
                                        dm::group("Stage Position", {dm::number("Stage Alpha", -35.5f)})}),
          dm::group("EDS", {dm::number("Live time", 12.5f), dm::number("Real time", 14.0f),
                            dm::number("Solid angle", 0.7f),
                            dm::group("Detector Info", {dm::number("Elevation angle", 18.0f),
                                                        dm::number("Azimuthal angle", 45.0f)})}),
          dm::group("DataBar",
                    {dm::text("Acquisition Date", u"12/5/2016"), dm::text("Acquisition Time", u"4 PM")})};
}

}  // namespace

TEST_CASE_TEMPLATE("images of every real type are read in both versions and byte orders", T, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t, float, double) {
  scratch::folder const f;
  using limits = std::numeric_limits<T>;
  std::vector<T> const values{limits::lowest(), limits::max(), T(0), T(1), T(7), T(100)};
  for (int const version : {3, 4})
    for (auto const order : orders) {
      scratch::save(f / "a.dm", dm::file(dm::document({dm::image<T>(u"a", {2, 3}, values)}), version, order));
      auto const a = io::read_dm<T>(f / "a.dm");
      CHECK(a.shape == shape{3, 2});
      CHECK(a.values == values);
      auto const i = io::inspect_dm(f / "a.dm");
      CHECK(i.format == (version == 3 ? "dm3" : "dm4"));
      CHECK(i.type == io::scalar_type_of<T>());
      CHECK(i.bytes == order);
      CHECK(i.notes == std::vector<std::string>{"a"});
      CHECK(io::read_dm<double>(f / "a.dm").values[1] == double(limits::max()));
    }
}

TEST_CASE("axes are slowest first, with origins turned to offsets and units in UTF-8") {
  scratch::folder const f;
  auto const image = dm::image<std::uint8_t>(u"stack", {2, 1, 3}, {1, 2, 3, 4, 5, 6},
                                             {{1, 0.5f, u"µm"}, {0, 0.25f, u"nm"}, {45, 2, u"deg"}});
  scratch::save(f / "a.dm4", dm::file(dm::document({image}), 4, std::endian::little));
  auto const i = io::inspect_dm(f / "a.dm4");
  CHECK(i.shape == shape{3, 1, 2});
  REQUIRE(i.axes.size() == 3);
  CHECK(i.axes[0] == io::axis{"tilt", "deg", 2, -90});
  CHECK(i.axes[1] == io::axis{"y", "nm", 0.25, 0});
  CHECK(i.axes[2] == io::axis{"x", "µm", 0.5, -0.5});
  CHECK(i.tilts == std::vector<double>{-90, -88, -86});
  CHECK(io::read_dm<float>(f / "a.dm4").axes == i.axes);
}

TEST_CASE("listed angles go before a uniform axis, unless one is missing") {
  scratch::folder const f;
  auto const with = [&](std::vector<dm::tag> list) {
    auto const image = dm::image<std::uint8_t>(
        u"s", {1, 1, 3}, {1, 2, 3}, {{}, {}, {0, 2, u"deg"}},
        {dm::group("Meta Data",
                   {dm::group("Dimension info", {dm::group("2", {dm::group("Data", std::move(list))})})})});
    scratch::save(f / "a.dm3", dm::file(dm::document({image}), 3, std::endian::little));
    return io::inspect_dm(f / "a.dm3").tilts;
  };
  CHECK(with({dm::number("2", 7.5), dm::number("0", -60.0), dm::number("1", 1.0)}) ==
        std::vector<double>{-60, 1, 7.5});
  CHECK(with({dm::number("0", -60.0), dm::number("1", 1.0)}) == std::vector<double>{0, 2, 4});
  CHECK(with({dm::number("0", -60.0), dm::number("1", 1.0), dm::number("2", 1e9), dm::number("x", 1.0),
              dm::number("99999999999", 1.0)}) == std::vector<double>{0, 2, 4});
}

TEST_CASE("thumbnails and colours are passed by, and every image can be chosen") {
  scratch::folder const f;
  auto const small = dm::image<std::uint32_t>(u"thumbnail", {2, 1}, {1, 2}, {}, {}, 23);
  auto const colour = dm::image<std::uint32_t>(u"colour", {2, 1}, {1, 2}, {}, {}, 23);
  auto const first = dm::image<std::uint8_t>(u"first", {2}, {3, 4});
  auto const second = dm::image<std::int16_t>(u"second", {1, 2}, {-5, 6});
  scratch::save(f / "a.dm3", dm::file(dm::document({small, colour, first, second}, 1), 3, std::endian::big));
  auto const i = io::inspect_dm(f / "a.dm3");
  CHECK(i.notes == std::vector<std::string>{"first", "image 1 of 3"});
  CHECK(io::read_dm<int>(f / "a.dm3").values == std::vector<int>{3, 4});
  CHECK(io::read_dm<int>(f / "a.dm3", {.image = 2}).values == std::vector<int>{-5, 6});
  CHECK(contains(scratch::complaint([&] { io::read_dm<int>(f / "a.dm3", {.image = 0}); }),
                 "ImageList.[1]: DataType 23 is colours"));
  CHECK(contains(scratch::complaint([&] { io::inspect_dm(f / "a.dm3", {.image = 3}); }),
                 "image 3 is wanted, there are 3"));
}

TEST_CASE("spectrum images are read in every order of their indices, with what is known of the microscope") {
  scratch::folder const f;
  for (std::string const order : {"xyE", "Exy", "xEy"})
    for (int const version : {3, 4})
      for (auto const bytes : orders) {
        CAPTURE(order);
        series const made(order);
        auto const survey = dm::image<float>(u"survey", {2, 2}, {1, 2, 3, 4}, {{0, 1, u"nm"}, {0, 1, u"nm"}});
        scratch::save(f / "s.dm4",
                      dm::file(dm::document({survey, dm::image(u"SI", made.dimensions, made.values, made.axes,
                                                               microscope())}),
                               version, bytes));
        auto const s = io::read_dm_spectrum(f / "s.dm4");
        validate(s, "test");
        CHECK(s.rows == 3);
        CHECK(s.columns == 4);
        CHECK(s.energy.channels == 5);
        CHECK(s.energy.first_kev == doctest::Approx(-0.48));
        CHECK(s.energy.width_kev == doctest::Approx(0.01));
        std::size_t events = 0;
        for (std::size_t p = 0; p < 12; ++p)
          for (std::size_t e = 0; e < 5; ++e) {
            auto const wanted = series::count(p / 4, p % 4, e);
            if (wanted == 0) continue;
            REQUIRE(events < s.events());
            CHECK(s.begin[p] <= events);
            CHECK(events < s.begin[p + 1]);
            CHECK(s.channel[events] == e);
            CHECK(s.count[events] == wanted);
            ++events;
          }
        CHECK(events == s.events());
        CHECK(s.how.pixel_nm == doctest::Approx(500));
        CHECK(s.how.beam_kev == doctest::Approx(200));
        CHECK(s.how.beam_na == doctest::Approx(0.25));
        CHECK(s.how.tilt_deg == doctest::Approx(-35.5));
        CHECK(s.how.live_time_s == doctest::Approx(12.5));
        CHECK(s.how.real_time_s == doctest::Approx(14));
        CHECK(s.how.elevation_deg == doctest::Approx(18));
        CHECK(s.how.azimuth_deg == doctest::Approx(45));
        CHECK(s.how.solid_angle_sr == doctest::Approx(0.7));
        CHECK(s.how.title == "SI");
        CHECK(s.how.instrument == "The Microscope");
        CHECK(s.how.date == "12/5/2016 4 PM");
        auto const i = io::inspect_dm_spectrum(f / "s.dm4");
        CHECK(i.format == (version == 3 ? "dm3" : "dm4"));
        CHECK(i.rows == 3);
        CHECK(i.columns == 4);
        CHECK(i.energy == s.energy);
      }
}

TEST_CASE("lines of spectra, single spectra and floats that are counts are images too") {
  scratch::folder const f;
  auto const of = [&](dm::tag const& image) {
    scratch::save(f / "s.dm4", dm::file(dm::document({image}), 4, std::endian::little));
    return io::read_dm_spectrum(f / "s.dm4");
  };
  auto const line = of(dm::image<float>(u"l", {2, 3}, {1, 0, 0, 2, 3, 0}, {{0, 1, u"keV"}, {0, 5, u"nm"}}));
  CHECK(line.rows == 1);
  CHECK(line.columns == 3);
  CHECK(line.channel == std::vector<std::uint16_t>{0, 1, 0});
  CHECK(line.count == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(line.how.pixel_nm == doctest::Approx(5));
  auto const one = of(dm::image<double>(u"o", {3}, {0, 7, 4294967295.0}, {{0, 1, u"eV"}}));
  CHECK(one.pixels() == 1);
  CHECK(one.count == std::vector<std::uint32_t>{7, 4294967295u});

  auto const refusal = [&](dm::tag const& image) { return scratch::complaint([&] { of(image); }); };
  CHECK(contains(refusal(dm::image<float>(u"l", {2, 3}, {1, 0, 0, 2.5f, 3, 0}, {{0, 1, u"keV"}})),
                 "the value 2.5 at row 0, column 1, channel 1 is no count"));
  CHECK(
      contains(refusal(dm::image<std::int16_t>(u"l", {1}, {-1}, {{0, 1, u"keV"}})), "the value -1 at row 0"));
  CHECK(contains(refusal(dm::image<std::int16_t>(u"l", {1}, {1}, {{0, 1, u"nm"}})),
                 "none of its 1 axes is in eV"));
  CHECK(contains(refusal(dm::image<std::int16_t>(u"l", {1}, {1}, {{0, -1, u"keV"}})),
                 "channels are -1 keV wide"));
  CHECK(contains(refusal(dm::image<std::int16_t>(u"l", {1, 1, 1, 1}, {1}, {{0, 1, u"keV"}, {}, {}, {}})),
                 "1 x 1 x 1 x 1 with spectra"));
}

TEST_CASE("damaged and foreign files are refused for the reason") {
  scratch::folder const f;
  auto const of = [&](std::string const& bytes) {
    scratch::save(f / "a.dm3", bytes);
    auto const text = scratch::complaint([&] { io::read_dm<float>(f / "a.dm3"); });
    CHECK(text.starts_with(f / "a.dm3: "));
    return text;
  };
  auto const made = [](std::vector<dm::tag> const& root, int version = 3) {
    return dm::file(root, version, std::endian::little);
  };
  auto const image = dm::image<std::uint16_t>(u"a", {2, 2}, {1, 2, 3, 4});
  std::string const good = made(dm::document({image}));
  CHECK(contains(of("too short"), "9 bytes are too few"));
  CHECK(contains(of(made(dm::document({image}), 5)), "DM version 5 is unknown; 3 and 4 are read"));
  CHECK(contains(of(good.substr(0, 8) + std::string(4, '\7') + good.substr(12)), "is neither 0 nor 1"));
  CHECK(contains(of(good.substr(0, good.size() - 40)),
                 "truncated: 4 bytes wanted from byte 373, the file has 373"));
  CHECK(
      contains(of(good.substr(0, 14) + std::string(4, '\xff') + good.substr(18)), "claims 4294967295 tags"));
  std::string bad = good;
  bad[bad.find('\x15')] = '\x16';
  CHECK(contains(of(bad), "byte 18 in the root is 22, where a tag (20 or 21) is expected"));
  bad = good;
  bad[bad.find("%%%%") + 1] = '$';
  CHECK(contains(of(bad), "tag ApplicationBounds has no %%%% at byte 38"));
  CHECK(contains(of(made({dm::group("Other", {})})), "holds no image (1 tags"));
  auto odd = dm::number("odd", 1.0);
  odd.type = {1};
  CHECK(contains(of(made({odd})), "tag odd at byte 36 has the unknown type 1"));
  odd.type = {20, 5, 1u << 30};
  CHECK(contains(of(made({odd})), "tag odd claims 1073741824 values of 4 bytes"));
  odd.type = {20, 5};
  CHECK(contains(of(made({odd})), "has a type that ends too early"));
  odd.type = {7, 7};
  CHECK(contains(of(made({odd})), "describes its type in 2 numbers, 1 are enough"));
  dm::tag deep = dm::group("x", {});
  for (int i = 0; i < 70; ++i) deep = dm::group("x", {deep});
  CHECK(contains(of(made({deep})), "nested more than 64 deep"));

  auto const typed = [&](std::uint32_t type) {
    return of(made(dm::document({dm::image<std::uint64_t>(u"a", {1}, {1}, {}, {}, type)})));
  };
  CHECK(contains(typed(3), "ImageList.[0]: DataType 3 is complex numbers"));
  CHECK(contains(typed(8), "colours; convert it to grey"));
  CHECK(contains(typed(99), "DataType 99 is not known to us"));
  CHECK(contains(of(made(dm::document({dm::image<float>(u"a", {3, 1}, {1, 2})}))),
                 "1 x 3 values of f32 (3) are 12 bytes, its data has 8"));
  CHECK(contains(of(made(dm::document({dm::image<float>(u"a", {4294967295u, 4294967295u, 9}, {1, 2})}))),
                 "its data has 8; the file is damaged"));
  CHECK(contains(of(made(dm::document({dm::image<float>(u"a", {}, {1})}))), "has no dimensions"));
  CHECK(contains(of(made(dm::document({dm::image<float>(u"a", {0}, {})}))), "extent 0 of dimension 0"));
  CHECK(contains(scratch::complaint([&] { io::inspect_dm(f / "none.dm3"); }), "there is no such file"));
}

TEST_CASE("mutated DM files are read or refused, and never ask for more than they hold") {
  scratch::folder const f;
  std::mt19937 random(5);
  int read = 0, refused = 0;
  for (int const version : {3, 4}) {
    series const made("xyE");
    std::string const good =
        dm::file(dm::document({dm::image(u"SI", made.dimensions, made.values, made.axes, microscope())}),
                 version, version == 3 ? std::endian::little : std::endian::big);
    for (int i = 0; i < 2500; ++i) {
      auto const bytes = scratch::mutated(good, good.size(), random);
      scratch::save(f / "m.dm", bytes);
      try {
        auto const a = io::read_dm<double>(f / "m.dm");
        REQUIRE(a.values.size() <= bytes.size());
        auto const s = io::read_dm_spectrum(f / "m.dm");
        REQUIRE(s.events() <= bytes.size());
        ++read;
      } catch (tomoedx::error const& e) {
        REQUIRE(std::string_view(e.what()).starts_with(f / "m.dm: "));
        ++refused;
      }
    }
  }
  CHECK(read > 10);
  CHECK(refused > 1000);
}

TEST_CASE("the real tilt series has its values, pixels and angles") {
  auto const path = scratch::real("needle/HAADF.dm3");
  auto const values = scratch::real("needle/haadf_tyx_u16.npy");
  auto const tilts = scratch::real("needle/tilt_angles_deg.npy");
  if (!path || !values || !tilts) return;
  auto const a = io::read_dm<std::uint16_t>(*path);
  auto const b = io::read_npy<std::uint16_t>(*values);
  CHECK(a.shape == b.shape);
  CHECK(a.values == b.values);
  auto const i = io::inspect_dm(*path);
  CHECK(i.tilts == io::read_tilts(*tilts));
  CHECK(i.axes[0].name == "tilt");
  for (std::size_t const k : {1, 2}) {
    CHECK(i.axes[k].units == "µm");
    CHECK(i.axes[k].scale * io::nanometres_in(i.axes[k].units).value() ==
          doctest::Approx(17.99).epsilon(1e-3));
  }
}
