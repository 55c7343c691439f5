// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/mrc.hpp>

#include "scratch.hpp"

#include <cmath>
#include <limits>

namespace io = tomoedx::io;
using io::mrc_mode;
using scratch::bytes_of;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {

// An MRC file put together here, field by field.
struct made {
  std::endian order = std::endian::little;
  std::string h = std::string(1024, '\0');
  std::string extended, data;

  explicit made(std::endian o = std::endian::little) : order(o) {
    for (std::size_t const at : {64, 68, 72}) put(at, std::int32_t((at - 60) / 4));
    h.replace(208, 4, "MAP ");
    h[212] = h[213] = o == std::endian::little ? 0x44 : 0x11;
  }
  template <class T>
  made& put(std::size_t at, T value) {
    h.replace(at, sizeof(T), bytes_of(value, order));
    return *this;
  }
  made& size(std::int32_t nx, std::int32_t ny, std::int32_t nz, std::int32_t mode) {
    return put(0, nx).put(4, ny).put(8, nz).put(12, mode);
  }
  made& cell(float x, float y, float z) {
    for (std::size_t i = 0; i < 3; ++i) h.replace(28 + 4 * i, 4, h.substr(4 * i, 4));
    return put(40, x).put(44, y).put(48, z);
  }
  template <class T>
  made& values(std::vector<T> const& v) {
    for (T const x : v) data += bytes_of(x, order);
    return *this;
  }
  std::string bytes() {
    put(92, std::int32_t(extended.size()));
    return h + extended + data;
  }
};

std::string complaint_of(scratch::folder const& f, std::string const& bytes) {
  scratch::save(f / "bad.mrc", bytes);
  return scratch::complaint([&] { io::read_mrc<float>(f / "bad.mrc"); });
}

}  // namespace

TEST_CASE("every mode is read in both byte orders") {
  scratch::folder const f;
  for (std::endian const order : {std::endian::little, std::endian::big}) {
    auto const check = [&]<class T>(std::int32_t mode, std::vector<T> const& in,
                                    std::vector<float> const& out, io::scalar_type type) {
      scratch::save(f / "a.mrc", made(order).size(3, 2, 1, mode).values(in).bytes());
      auto const a = io::read_mrc<float>(f / "a.mrc");
      CHECK(a.shape == shape{1, 2, 3});
      CHECK(a.values == out);
      auto const what = io::inspect_mrc(f / "a.mrc");
      CHECK(what.type == type);
      CHECK(what.bytes == order);
    };
    check(0, std::vector<std::int8_t>{-128, -1, 0, 1, 2, 127}, {-128, -1, 0, 1, 2, 127}, io::scalar_type::i8);
    check(1, std::vector<std::int16_t>{-32768, -1, 0, 1, 2, 32767}, {-32768, -1, 0, 1, 2, 32767},
          io::scalar_type::i16);
    check(2, std::vector<float>{-1e30f, -1, 0, 0.5f, 2, 1e30f}, {-1e30f, -1, 0, 0.5f, 2, 1e30f},
          io::scalar_type::f32);
    check(6, std::vector<std::uint16_t>{0, 1, 2, 32768, 65534, 65535}, {0, 1, 2, 32768, 65534, 65535},
          io::scalar_type::u16);
    check(12, std::vector<std::uint16_t>{0x3C00, 0xC000, 0x7BFF, 0x0001, 0x0000, 0x3800},
          {1, -2, 65504, 0x1p-24f, 0, 0.5f}, io::scalar_type::f16);
  }
}

TEST_CASE("bytes are signed unless IMOD's flags say otherwise") {
  scratch::folder const f;
  auto const first = [&](std::int32_t stamp, std::int32_t flags) {
    made m;
    m.size(2, 1, 1, 0).put(152, stamp).put(156, flags).data = "\xff\x01";
    scratch::save(f / "a.mrc", m.bytes());
    return io::read_mrc<std::int16_t>(f / "a.mrc").values[0];
  };
  CHECK(first(0, 0) == -1);
  CHECK(first(1146047817, 1) == -1);
  CHECK(first(1146047817, 0) == 255);
  CHECK(first(1146047817, 4) == 255);
}

TEST_CASE("rows and sections keep the order of the file") {
  scratch::folder const f;
  std::vector<std::int16_t> v(24);
  for (std::size_t i = 0; i < 24; ++i) v[i] = std::int16_t(i);
  scratch::save(f / "a.st", made().size(4, 3, 2, 1).values(v).bytes());
  auto const a = io::read_mrc<std::int16_t>(f / "a.st");
  CHECK(a.shape == shape{2, 3, 4});
  CHECK(a.values == v);
}

TEST_CASE("a wrong or missing machine stamp is overruled by sense") {
  scratch::folder const f;
  for (std::endian const order : {std::endian::little, std::endian::big}) {
    made m(order);
    m.size(2, 2, 1, 2).values(std::vector<float>{1, 2, 3, 4});
    for (char const stamp : {'\x11', '\x44', '\x00'}) {
      m.h[212] = m.h[213] = stamp;
      scratch::save(f / "a.mrc", m.bytes());
      CHECK(io::read_mrc<float>(f / "a.mrc").values == std::vector<float>{1, 2, 3, 4});
    }
    m.h.replace(208, 4, std::string(4, '\0'));  // old files have no MAP either
    scratch::save(f / "a.mrc", m.bytes());
    CHECK(io::read_mrc<float>(f / "a.mrc").values == std::vector<float>{1, 2, 3, 4});
  }
}

TEST_CASE("pixel size is the cell over its intervals, in nanometres, and the origin comes along") {
  scratch::folder const f;
  made m;
  m.size(4, 3, 2, 1).cell(40, 15, 4).values(std::vector<std::int16_t>(24));
  m.put(196, 100.0f).put(200, -20.0f);
  scratch::save(f / "a.mrc", m.bytes());
  auto const a = io::read_mrc<float>(f / "a.mrc");
  REQUIRE(a.axes.size() == 3);
  CHECK(a.axes[0] == io::axis{"z", "nm", double(4.0f) / 2 / 10, 0});
  CHECK(a.axes[1] == io::axis{"y", "nm", 0.5, -2});
  CHECK(a.axes[2] == io::axis{"x", "nm", 1, 10});
  m.put(152, std::int32_t(1146047817));  // IMOD stores the origin with the other sign
  scratch::save(f / "a.mrc", m.bytes());
  CHECK(io::read_mrc<float>(f / "a.mrc").axes[2].offset == -10);
  m.put(156, std::int32_t(4));  // unless it says that it does not
  scratch::save(f / "a.mrc", m.bytes());
  CHECK(io::read_mrc<float>(f / "a.mrc").axes[2].offset == 10);
  m.put(40, NAN).put(32, std::int32_t(0)).put(48, -1.0f);
  scratch::save(f / "a.mrc", m.bytes());
  for (auto const& axis : io::read_mrc<float>(f / "a.mrc").axes) {
    CHECK(axis.units.empty());
    CHECK(axis.scale == 1);
  }
}

TEST_CASE("axes stored in another order are turned to z, y, x") {
  scratch::folder const f;
  std::int32_t order[] = {1, 2, 3};
  std::int32_t const extent[] = {0, 2, 3, 4};  // of x, y, z
  do {
    made m;
    m.size(extent[order[0]], extent[order[1]], extent[order[2]], 1);
    m.put(28, extent[1]).put(32, extent[2]).put(36, extent[3]);
    m.put(40, 10.0f * float(extent[1])).put(44, 20.0f * float(extent[2])).put(48, 30.0f * float(extent[3]));
    for (std::size_t i = 0; i < 3; ++i) m.put(64 + 4 * i, order[i]);
    std::vector<std::int16_t> v;
    std::int32_t at[4] = {};
    for (at[order[2]] = 0; at[order[2]] < extent[order[2]]; ++at[order[2]])
      for (at[order[1]] = 0; at[order[1]] < extent[order[1]]; ++at[order[1]])
        for (at[order[0]] = 0; at[order[0]] < extent[order[0]]; ++at[order[0]])
          v.push_back(std::int16_t(100 * at[3] + 10 * at[2] + at[1]));
    scratch::save(f / "a.map", m.values(v).bytes());
    auto const a = io::read_mrc<float>(f / "a.map");
    REQUIRE(a.shape == shape{4, 3, 2});
    for (std::size_t z = 0; z < 4; ++z)
      for (std::size_t y = 0; y < 3; ++y)
        for (std::size_t x = 0; x < 2; ++x)
          CHECK(a.values[(z * 3 + y) * 2 + x] == float(100 * z + 10 * y + x));
    CHECK(a.axes[0].scale == 3);
    CHECK(a.axes[1].scale == 2);
    CHECK(a.axes[2].scale == 1);
  } while (std::next_permutation(order, order + 3));
}

TEST_CASE("tilt angles come from SerialEM records") {
  scratch::folder const f;
  for (std::endian const order : {std::endian::little, std::endian::big}) {
    made m(order);
    m.size(1, 1, 3, 0).data = "abc";
    m.h.replace(104, 4, "SERI");
    m.put(128, std::int16_t(2 + 6 + 2)).put(130, std::int16_t(1 + 2 + 8));
    for (int const tilt : {-6000, 0, 4550})
      m.extended += bytes_of(std::int16_t(tilt), order) + std::string(8, '\x55');
    m.extended += std::string(100, '\x55');
    scratch::save(f / "a.st", m.bytes());
    auto const what = io::inspect_mrc(f / "a.st");
    CHECK(what.tilts == std::vector<double>{-60, 0, 45.5});
    CHECK(what.axes[0].name == "tilt");
    CHECK(io::read_mrc<std::int8_t>(f / "a.st").values == std::vector<std::int8_t>{'a', 'b', 'c'});
    m.put(130, std::int16_t(2 + 8));  // no tilt flag
    scratch::save(f / "a.st", m.bytes());
    CHECK(io::inspect_mrc(f / "a.st").tilts.empty());
    m.put(130, std::int16_t(1 + 2 + 8)).put(128, std::int16_t(12));  // record does not add up
    scratch::save(f / "a.st", m.bytes());
    CHECK(io::inspect_mrc(f / "a.st").tilts.empty());
  }
}

TEST_CASE("tilt angles come from old and new FEI records") {
  scratch::folder const f;
  made m;
  m.size(1, 1, 2, 0).put(130, std::int16_t(32)).data = "ab";
  for (float const tilt : {-30.0f, 12.5f}) m.extended += bytes_of(tilt, m.order) + std::string(124, '\0');
  m.extended.resize(1024 * 128, '\0');
  for (std::string const& type : {std::string(4, '\0'), std::string("AGAR"), std::string("FEI1")}) {
    m.h.replace(104, 4, type);
    scratch::save(f / "a.mrc", m.bytes());
    CHECK(io::inspect_mrc(f / "a.mrc").tilts == std::vector<double>{-30, 12.5});
  }
  m.extended.replace(128, 4, bytes_of(1e9f, m.order));  // not an angle: none are given
  scratch::save(f / "a.mrc", m.bytes());
  CHECK(io::inspect_mrc(f / "a.mrc").tilts.empty());

  made n;
  n.size(1, 1, 2, 0).data = "ab";
  n.h.replace(104, 4, "FEI1");
  for (double const tilt : {-30.25, 12.5})
    n.extended += bytes_of(std::int32_t(768), n.order) + std::string(96, '\x01') + bytes_of(tilt, n.order) +
                  std::string(768 - 108, '\x01');
  scratch::save(f / "n.mrc", n.bytes());
  CHECK(io::inspect_mrc(f / "n.mrc").tilts == std::vector<double>{-30.25, 12.5});
}

TEST_CASE("a written file is read back with its pixel sizes") {
  scratch::folder const f;
  io::array<float> const a{{2, 3, 4},
                           std::vector<float>(24, 1.5f),
                           {{"z", "nm", 0.25, 0}, {"y", "µm", 0.001, 0.002}, {"x", "A", 5, -10}}};
  io::write_mrc(f / "a.mrc", a);
  auto const b = io::read_mrc<float>(f / "a.mrc");
  CHECK(b.shape == a.shape);
  CHECK(b.values == a.values);
  CHECK(b.axes[0].scale == doctest::Approx(0.25));
  CHECK(b.axes[1].scale == doctest::Approx(1));
  CHECK(b.axes[1].offset == doctest::Approx(2));
  CHECK(b.axes[2].scale == doctest::Approx(0.5));
  CHECK(b.axes[2].offset == doctest::Approx(-1));
  CHECK(io::inspect_mrc(f / "a.mrc").notes == std::vector<std::string>{"tomoedx"});
  io::write_mrc(f / "b.mrc", b);
  CHECK(scratch::load(f / "b.mrc") == scratch::load(f / "a.mrc"));
  io::write_mrc(
      f / "t.mrc",
      io::array<float>{{2, 1, 1}, {1, 2}, {{"tilt", "deg", 5, -10}, {"y", "nm", 2}, {"x", "nm", 2}}});
  CHECK(bytes_of(std::int32_t(0), std::endian::native) == scratch::load(f / "t.mrc").substr(88, 4));
}

TEST_CASE("the header says least, most, mean and deviation where they exist") {
  scratch::folder const f;
  auto const statistics = [&](std::vector<float> const& v) {
    io::write_mrc(f / "a.mrc", io::array<float>{{1, v.size()}, v, {}});
    auto const bytes = scratch::load(f / "a.mrc");
    std::vector<float> out;
    for (std::size_t const at : {76, 80, 84, 216}) {
      float x;
      std::memcpy(&x, bytes.data() + at, 4);
      out.push_back(x);
    }
    return out;
  };
  CHECK(statistics({1, 2, 3, 6}) == std::vector<float>{1, 6, 3, float(std::sqrt(3.5))});
  auto const unknown = statistics({1, NAN, 3, 6});
  CHECK(unknown[1] < unknown[0]);  // MRC2014: not known
  CHECK(unknown[2] < unknown[1]);
  CHECK(unknown[3] < 0);
}

TEST_CASE("the bytes written are those of the format") {
  scratch::folder const f;
  io::write_mrc(f / "a.mrc", io::array<std::uint16_t>{{1, 2, 3}, {1, 2, 3, 4, 5, 65535}, {}}, mrc_mode::u16);
  made m(std::endian::native);
  m.size(3, 2, 1, 6).values(std::vector<std::uint16_t>{1, 2, 3, 4, 5, 65535});
  auto const bytes = scratch::load(f / "a.mrc");
  CHECK(bytes.substr(0, 16) == m.h.substr(0, 16));
  CHECK(bytes.substr(64, 12) == m.h.substr(64, 12));
  CHECK(bytes.substr(208, 6) == m.h.substr(208, 6));
  CHECK(bytes.substr(1024) == m.data);
}

TEST_CASE_TEMPLATE("each mode takes the numbers it can hold and refuses the others", T, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t, float, double) {
  scratch::folder const f;
  io::array<T> const small{{3}, {T(0), T(1), T(100)}, {}};
  io::array<T> const image{{1, 3}, small.values, {}};
  for (mrc_mode const mode : {mrc_mode::i8, mrc_mode::i16, mrc_mode::f32, mrc_mode::u16, mrc_mode::f16}) {
    io::write_mrc(f / "a.mrc", image, mode);
    CHECK(io::read_mrc<T>(f / "a.mrc").values == image.values);
  }
  if constexpr (sizeof(T) > 2) {
    io::array<T> const large{{1, 2}, {T(1), T(70000)}, {}};
    for (mrc_mode const mode : {mrc_mode::i8, mrc_mode::i16, mrc_mode::u16, mrc_mode::f16})
      CHECK(contains(scratch::complaint([&] { io::write_mrc(f / "b.mrc", large, mode); }),
                     "value 70000 at flat index 1 does not fit"));
    CHECK(f.names() == std::vector<std::string>{"a.mrc"});
  }
  CHECK_THROWS_AS(io::write_mrc(f / "c.mrc", small), tomoedx::shape_error);
  CHECK_THROWS_AS(io::write_mrc(f / "c.mrc", io::array<T>{{1, 1, 1, 1}, {T(1)}, {}}), tomoedx::shape_error);
  CHECK_THROWS_AS(io::write_mrc(f / "c.mrc", io::array<T>{{0, 1}, {}, {}}), tomoedx::shape_error);
}

TEST_CASE("a write that fails at the last value keeps the older file") {
  scratch::folder const f;
  scratch::save(f / "a.mrc", "old");
  io::array<double> a{{1, 1000, 1000}, std::vector<double>(1000000, 1), {}};
  a.values.back() = 1e300;
  CHECK(contains(scratch::complaint([&] { io::write_mrc(f / "a.mrc", a); }),
                 "flat index 999999 does not fit f32"));
  CHECK(f.names() == std::vector<std::string>{"a.mrc"});
  CHECK(scratch::load(f / "a.mrc") == "old");
}

TEST_CASE("hostile headers are refused for what is wrong with them") {
  scratch::folder const f;
  std::string const data(4 * 6, '\0');
  auto const fresh = [&] {
    made m;
    m.size(3, 2, 1, 2).data = data;
    return m;
  };
  CHECK(complaint_of(f, fresh().bytes()).empty());
  CHECK(contains(complaint_of(f, std::string(1023, '\0')), "too few"));
  CHECK(contains(complaint_of(f, std::string(2000, '\0')), "is not an MRC file"));
  CHECK(contains(complaint_of(f, std::string(2000, 'x')), "is not an MRC file"));
  CHECK(contains(complaint_of(f, fresh().put(0, std::int32_t(-3)).bytes()),
                 "says -3 columns, 2 rows, 1 sections"));
  CHECK(contains(complaint_of(f, fresh().put(8, std::int32_t(0)).bytes()), "0 sections"));
  CHECK(contains(complaint_of(f, fresh().put(12, std::int32_t(7)).bytes()), "mode 7 is unknown"));
  CHECK(contains(complaint_of(f, fresh().put(12, std::int32_t(3)).bytes()), "complex"));
  CHECK(contains(complaint_of(f, fresh().put(12, std::int32_t(4)).bytes()), "complex"));
  CHECK(contains(complaint_of(f, fresh().put(12, std::int32_t(16)).bytes()), "mode 16 is not supported"));
  CHECK(contains(complaint_of(f, fresh().put(12, std::int32_t(101)).bytes()), "mode 101 is not supported"));
  CHECK(contains(complaint_of(f, fresh().put(8, std::int32_t(2)).bytes()), "truncated: 2 x 2 x 3 numbers"));
  auto const huge = std::numeric_limits<std::int32_t>::max();
  CHECK(contains(complaint_of(f, fresh().size(huge, huge, huge, 2).bytes()), "overflows"));
  CHECK(contains(complaint_of(f, fresh().size(100000, 100000, 1, 0).bytes()), "truncated"));
  CHECK(contains(complaint_of(f, fresh().put(64, std::int32_t(3)).bytes()),
                 "3, 2, 3 is not an order of 1, 2, 3"));
  CHECK(contains(complaint_of(f, fresh().put(68, std::int32_t(-2)).bytes()), "1, -2, 3 is not an order"));
  made longer = fresh();
  auto bytes = longer.bytes();
  bytes.replace(92, 4, bytes_of(std::int32_t(100000), longer.order));
  CHECK(contains(complaint_of(f, bytes), "the extended header ends at byte 101024"));
  bytes.replace(92, 4, bytes_of(std::int32_t(-1), longer.order));
  CHECK(contains(complaint_of(f, bytes), "extended header of -1 bytes"));
}

TEST_CASE("zero axis order means x, y, z, and bytes after the data are told of") {
  scratch::folder const f;
  made m;
  m.size(2, 1, 1, 1).values(std::vector<std::int16_t>{5, 6}).data += "tail";
  for (std::size_t const at : {64, 68, 72}) m.put(at, std::int32_t(0));
  m.put(220, std::int32_t(99)).h.replace(224, 9, "title\x01 \x02 ");
  scratch::save(f / "a.mrc", m.bytes());
  CHECK(io::read_mrc<float>(f / "a.mrc").values == std::vector<float>{5, 6});
  CHECK(io::inspect_mrc(f / "a.mrc").notes ==
        std::vector<std::string>{"title", "4 bytes after the last section were not read"});
}

TEST_CASE("mutated MRC files are read or refused, and never ask for more than they hold") {
  scratch::folder const f;
  std::mt19937 random(13);
  made m;
  m.size(4, 3, 2, 1).cell(40, 30, 20).put(128, std::int16_t(2)).put(130, std::int16_t(1));
  m.extended = std::string(32, '\1');
  m.values(std::vector<std::int16_t>(24, 3));
  std::string const good = m.bytes();
  int read = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    auto const bytes = scratch::mutated(good, i % 2 == 0 ? 100 : 1100, random);
    scratch::save(f / "m.mrc", bytes);
    try {
      auto const a = io::read_mrc<double>(f / "m.mrc");
      REQUIRE(a.values.size() <= bytes.size());
      for (auto const& axis : a.axes) REQUIRE(std::isfinite(axis.scale));
      ++read;
    } catch (tomoedx::error const&) {
      ++refused;
    }
  }
  CHECK(read > 100);
  CHECK(refused > 1000);
}
