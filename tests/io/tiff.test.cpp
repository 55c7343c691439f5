// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/tiff.hpp>

#include "scratch.hpp"

#ifdef TOMOEDX_TIFF

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>

namespace io = tomoedx::io;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {

// A file that libtiff writes as told: type, packing, tiles, order of bytes, pages, tags.
struct made {
  char const* mode = "w";
  std::uint16_t packing = COMPRESSION_NONE;
  std::uint32_t rows = 37, columns = 45, tile = 0, strip = 8;
  std::size_t pages = 3;
  std::string description = "";
  std::uint16_t samples = 1, format = 0;
  float resolution = 0;

  template <class T>
  std::vector<T> save(std::string const& path, std::function<T(std::size_t)> const& value) const {
    std::vector<T> all;
    TIFF* t = TIFFOpen(path.c_str(), mode);
    for (std::size_t page = 0; page < pages; ++page) {
      TIFFSetField(t, TIFFTAG_IMAGEWIDTH, columns);
      TIFFSetField(t, TIFFTAG_IMAGELENGTH, rows);
      TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, int(8 * sizeof(T)));
      TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, int(samples));
      TIFFSetField(t, TIFFTAG_SAMPLEFORMAT,
                   format != 0                 ? int(format)
                   : std::floating_point<T>    ? SAMPLEFORMAT_IEEEFP
                   : std::unsigned_integral<T> ? SAMPLEFORMAT_UINT
                                               : SAMPLEFORMAT_INT);
      TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
      TIFFSetField(t, TIFFTAG_COMPRESSION, int(packing));
      TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
      if (!description.empty() && page == 0) TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
      if (resolution > 0)
        TIFFSetField(t, TIFFTAG_XRESOLUTION, resolution), TIFFSetField(t, TIFFTAG_YRESOLUTION, resolution);
      std::vector<T> image(std::size_t(rows) * columns * samples);
      for (std::size_t i = 0; i < image.size(); ++i) image[i] = value(page * image.size() + i);
      all.insert(all.end(), image.begin(), image.end());
      if (tile > 0) {
        TIFFSetField(t, TIFFTAG_TILEWIDTH, tile), TIFFSetField(t, TIFFTAG_TILELENGTH, tile);
        std::vector<T> piece(std::size_t(tile) * tile);
        for (std::uint32_t y = 0; y < rows; y += tile)
          for (std::uint32_t x = 0; x < columns; x += tile) {
            for (std::uint32_t r = 0; r < tile; ++r)
              for (std::uint32_t c = 0; c < tile; ++c)
                piece[r * tile + c] =
                    y + r < rows && x + c < columns ? image[(y + r) * columns + x + c] : T{};
            TIFFWriteTile(t, piece.data(), x, y, 0, 0);
          }
      } else {
        TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, strip);
        for (std::uint32_t y = 0; y < rows; ++y)
          TIFFWriteScanline(t, image.data() + std::size_t(y) * columns * samples, y);
      }
      TIFFWriteDirectory(t);
    }
    TIFFClose(t);
    return all;
  }
};

template <class T>
T pattern(std::size_t i) {
  return static_cast<T>((i * 2654435761u) % 251);
}

}  // namespace

TEST_CASE_TEMPLATE(
    "pages of every real type are read in strips and tiles, both byte orders and four packings", T,
    std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, float, double) {
  scratch::folder const f;
  for (char const* mode : {"wl", "wb", "w8"})
    for (int const packing :
         {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS})
      for (std::uint32_t const tile : {0u, 16u}) {
        made const m{.mode = mode, .packing = std::uint16_t(packing), .tile = tile};
        auto const values = m.save<T>(f / "a.tif", pattern<T>);
        auto const a = io::read_tiff<T>(f / "a.tif");
        CHECK(a.shape == shape{3, 37, 45});
        CHECK(a.values == values);
        auto const what = io::inspect_tiff(f / "a.tif");
        CHECK(what.format == "tiff");
        CHECK(what.type == io::scalar_type_of<T>());
        CHECK(what.axes.size() == 3);
        CHECK(what.axes[1].units.empty());
        CHECK(io::read_tiff<double>(f / "a.tif").values[50] == double(values[50]));
      }
  made{.pages = 1}.save<T>(f / "a.tif", pattern<T>);
  CHECK(io::read_tiff<T>(f / "a.tif").shape == shape{37, 45});
}

TEST_CASE_TEMPLATE("a written stack is read back, and keeps its type where ImageJ has it", T, std::uint8_t,
                   std::uint16_t, std::int16_t, std::int32_t, float, double) {
  scratch::folder const f;
  io::array<T> a{{3, 4, 5}, std::vector<T>(60), {}};
  for (std::size_t i = 0; i < 60; ++i) a.values[i] = pattern<T>(i);
  io::write_tiff(f / "a.tif", a);
  CHECK(f.names() == std::vector<std::string>{"a.tif"});
  auto const b = io::read_tiff<T>(f / "a.tif");
  CHECK(b.shape == a.shape);
  CHECK(b.values == a.values);
  auto const type = io::inspect_tiff(f / "a.tif").type;
  bool const kept = std::unsigned_integral<T>;
  CHECK(type == (kept ? io::scalar_type_of<T>() : io::scalar_type::f32));
  io::write_tiff(f / "a.tif", a, {.type = io::scalar_type::u16});
  CHECK(io::inspect_tiff(f / "a.tif").type == io::scalar_type::u16);
  CHECK(io::read_tiff<T>(f / "a.tif").values == a.values);
}

TEST_CASE("sizes of pixels go the way through ImageJ's tags, tilts too") {
  scratch::folder const f;
  for (std::string const units : {"nm", "µm", "Å"}) {
    io::array<float> a{{2, 2, 3},
                       std::vector<float>(12, 1),
                       {{"tilt", "deg", 2, -60}, {"y", units, 0.5, 0}, {"x", units, 0.25, 0}}};
    io::write_tiff(f / "a.tif", a);
    auto const what = io::inspect_tiff(f / "a.tif");
    CHECK(what.axes[0] == a.axes[0]);
    CHECK(what.axes[1] == a.axes[1]);
    CHECK(what.axes[2] == a.axes[2]);
    CHECK(what.tilts == std::vector<double>{-60, -58});
    a.axes[0] = {"z", units, 4, -8};
    io::write_tiff(f / "a.tif", a);
    CHECK(io::read_tiff<float>(f / "a.tif").axes == a.axes);
  }
}

TEST_CASE("what ImageJ and OME state of pixels is read, other resolutions are not") {
  scratch::folder const f;
  auto const of = [&](std::string const& text, float resolution = 0) {
    made{.description = text, .resolution = resolution}.save<std::uint8_t>(f / "a.tif",
                                                                           pattern<std::uint8_t>);
    return io::inspect_tiff(f / "a.tif").axes;
  };
  auto axes = of("ImageJ=1.53t\nimages=3\nslices=3\nunit=\\u00B5m\nspacing=0.5\nloop=false\n", 4);
  CHECK(axes[0] == io::axis{"z", "µm", 0.5, 0});
  CHECK(axes[1] == io::axis{"y", "µm", 0.25, 0});
  CHECK(axes[2] == io::axis{"x", "µm", 0.25, 0});
  axes =
      of("<?xml version=\"1.0\"?><OME><Image ID=\"Image:0\"><Pixels PhysicalSizeX=\"13.5\" "
         "PhysicalSizeXUnit=\"nm\" "
         "PhysicalSizeY='14' PhysicalSizeZ=\"2\" SizeX=\"45\"/></Image></OME>",
         300);
  CHECK(axes[0] == io::axis{"z", "µm", 2, 0});
  CHECK(axes[1] == io::axis{"y", "nm", 14, 0});
  CHECK(axes[2] == io::axis{"x", "nm", 13.5, 0});
  axes = of("a scanner's picture", 300);
  CHECK(axes[2] == io::axis{"x", "", 1, 0});
}

TEST_CASE("descriptions that mean nothing are taken without harm") {
  using io::detail::read_description;
  CHECK(read_description("").by == io::detail::tiff_description::writer::unknown);
  CHECK_FALSE(read_description("ImageJ=\nspacing=nan\nimages=-3\nunit").spacing.has_value());
  CHECK(read_description("ImageJ=\nimages=99999999999999999999").images == 0);
  CHECK_FALSE(read_description("<OME><Pixels PhysicalSizeX=\"-1\" PhysicalSizeY=\"").x.has_value());
  CHECK(read_description("ImageJ=1\nunit=\\u00B").units == "\\u00B");
  CHECK(read_description("ImageJ=1\nunit=pixel\n").units.empty());
}

TEST_CASE("ImageJ's files of one directory and many images are read whole, in both byte orders") {
  scratch::folder const f;
  for (char const* mode : {"wl", "wb"}) {
    made{.mode = mode,
         .rows = 4,
         .columns = 5,
         .strip = 4,
         .pages = 1,
         .description = "ImageJ=1.53t\nimages=3\n"}
        .save<std::uint16_t>(f / "a.tif", pattern<std::uint16_t>);
    std::string bytes = scratch::load(f / "a.tif");
    // libtiff puts the directory after the strip: make the file as ImageJ does, the values last.
    auto const order = mode[1] == 'l' ? std::endian::little : std::endian::big;
    auto const at = bytes.size();
    std::string const old = scratch::bytes_of(std::uint32_t(8), order);
    std::size_t const entry = bytes.rfind(scratch::bytes_of(std::uint16_t(TIFFTAG_STRIPOFFSETS), order) +
                                          scratch::bytes_of(std::uint16_t(4), order) +
                                          scratch::bytes_of(std::uint32_t(1), order) + old);
    REQUIRE(entry != bytes.npos);
    bytes.replace(entry + 8, 4, scratch::bytes_of(std::uint32_t(at), order));
    for (std::size_t i = 0; i < 60; ++i) bytes += scratch::bytes_of(std::uint16_t(1000 + i), order);
    scratch::save(f / "b.tif", bytes);
    auto const a = io::read_tiff<int>(f / "b.tif");
    CHECK(a.shape == shape{3, 4, 5});
    std::vector<int> wanted(60);
    std::iota(wanted.begin(), wanted.end(), 1000);
    CHECK(a.values == wanted);
    scratch::save(f / "b.tif", bytes.substr(0, bytes.size() - 1));
    CHECK(contains(scratch::complaint([&] { io::read_tiff<int>(f / "b.tif"); }),
                   "truncated: 3 images of 40 bytes"));
  }
}

TEST_CASE("damaged and foreign files are refused for the reason") {
  scratch::folder const f;
  auto const of = [&] {
    auto const text = scratch::complaint([&] { io::read_tiff<float>(f / "a.tif"); });
    CHECK(text.starts_with(f / "a.tif: "));
    CHECK(text.find('\n') == text.npos);
    return text;
  };
  made{.samples = 3}.save<std::uint8_t>(f / "a.tif", pattern<std::uint8_t>);
  CHECK(contains(of(), "page 0 has 3 values in a pixel (colours)"));
  made{.format = SAMPLEFORMAT_COMPLEXIEEEFP}.save<double>(f / "a.tif", pattern<double>);
  CHECK(contains(of(), "has 64 bits in a value of format 6"));
  made{.pages = 1}.save<std::uint8_t>(f / "a.tif", pattern<std::uint8_t>);
  made{.mode = "a", .rows = 36, .pages = 1}.save<std::uint8_t>(f / "a.tif", pattern<std::uint8_t>);
  CHECK(contains(of(), "page 1 is 36 x 45 u8, the first 37 x 45 u8"));
  scratch::save(f / "a.tif", "not a TIFF");
  CHECK(contains(of(), "libtiff cannot open it"));
  made{}.save<std::uint8_t>(f / "a.tif", pattern<std::uint8_t>);
  scratch::save(f / "a.tif", scratch::load(f / "a.tif").substr(0, 1000));
  CHECK_FALSE(of().empty());
  made{.rows = 1000, .columns = 1000, .strip = 1000, .pages = 1}.save<std::uint8_t>(f / "a.tif",
                                                                                    pattern<std::uint8_t>);
  std::string bytes = scratch::load(f / "a.tif");
  auto const entry = bytes.rfind(scratch::bytes_of(std::uint16_t(TIFFTAG_IMAGELENGTH), std::endian::little));
  bytes.replace(entry + 2, 2, scratch::bytes_of(std::uint16_t(4), std::endian::little));
  bytes.replace(entry + 8, 4, scratch::bytes_of(std::uint32_t(2000000000), std::endian::little));
  scratch::save(f / "a.tif", bytes);
  CHECK(contains(of(), "claims 2000000000 x 1000 values of u8"));
}

TEST_CASE("a tile larger than the file can hold is refused before there is room for it") {
  scratch::folder const f;
  {
    std::unique_ptr<TIFF, void (*)(TIFF*)> const t(TIFFOpen((f / "a.tif").c_str(), "w"), TIFFClose);
    for (auto const tag : {TIFFTAG_IMAGEWIDTH, TIFFTAG_IMAGELENGTH}) TIFFSetField(t.get(), tag, 1);
    for (auto const tag : {TIFFTAG_TILEWIDTH, TIFFTAG_TILELENGTH}) TIFFSetField(t.get(), tag, 32768);
    TIFFSetField(t.get(), TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(t.get(), TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t.get(), TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(t.get(), TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t.get(), TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
    char raw[64] = {};
    TIFFWriteRawTile(t.get(), 0, raw, sizeof raw);
  }
  CHECK(contains(scratch::complaint([&] { io::read_tiff<float>(f / "a.tif"); }),
                 "has tiles or strips of 32768 x 32768 pixels"));
}

TEST_CASE("twenty thousand pages are found without a walk to each" * doctest::timeout(6)) {
  scratch::folder const f;
  io::array<std::uint16_t> a{{20000, 2, 2}, std::vector<std::uint16_t>(80000), {}};
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] = pattern<std::uint16_t>(i);
  io::write_tiff(f / "a.tif", a);
  CHECK(io::read_tiff<std::uint16_t>(f / "a.tif").values == a.values);
}

TEST_CASE("what cannot be written is refused and leaves nothing") {
  scratch::folder const f;
  auto const refusal = [&](io::array<float> const& a, io::tiff_options const& options = {}) {
    return scratch::complaint([&] { io::write_tiff(f / "a.tif", a, options); });
  };
  CHECK(contains(refusal({{2, 2, 2, 2}, std::vector<float>(16, 1), {}}),
                 "TIFF files hold (page, y, x) or (y, x)"));
  CHECK(contains(refusal({{0, 2}, {}, {}}), "cannot have the shape 0 x 2"));
  CHECK(contains(refusal({{1, 2}, {1, 2.5f}, {}}, {.type = io::scalar_type::u16}),
                 "value 2.5 at flat index 1 does not fit u16"));
  CHECK(contains(refusal({{1, 2}, {1, 2}, {}}, {.type = io::scalar_type::i16}),
                 "ImageJ does not read TIFF of i16"));
  CHECK(contains(scratch::complaint([&] {
                   io::write_tiff(f / "no/a.tif", io::array<float>{{1, 1}, {1}, {}});
                 }),
                 "does not exist"));
  CHECK(f.names().empty());
}

TEST_CASE("mutated TIFF files are read or refused, and never ask for more than they hold") {
  scratch::folder const f;
  std::mt19937 random(9);
  int read = 0, refused = 0;
  for (int const packing : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE}) {
    made{.packing = std::uint16_t(packing),
         .rows = 9,
         .columns = 11,
         .pages = 2,
         .description = "ImageJ=1\nimages=2\nunit=nm\n"}
        .save<std::uint16_t>(f / "a.tif", pattern<std::uint16_t>);
    std::string const good = scratch::load(f / "a.tif");
    for (int i = 0; i < 1000; ++i) {
      auto const bytes = scratch::mutated(good, good.size(), random);
      scratch::save(f / "m.tif", bytes);
      try {
        auto const a = io::read_tiff<double>(f / "m.tif");
        REQUIRE(a.values.size() <= 4096 * bytes.size());
        ++read;
      } catch (tomoedx::error const& e) {
        std::string const text = e.what();
        REQUIRE(text.starts_with(f / "m.tif: "));
        REQUIRE(text.find('\n') == text.npos);
        ++refused;
      }
    }
  }
  CHECK(read > 10);
  CHECK(refused > 100);
}

#endif
