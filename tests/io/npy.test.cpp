// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/npy.hpp>

#include "scratch.hpp"

#include <cmath>
#include <concepts>
#include <limits>

namespace io = tomoedx::io;
using scratch::bytes_of;
using shape = std::vector<std::size_t>;

namespace {

// An npy file put together here, byte by byte.
std::string npy(std::string header, std::string const& data, int version = 1) {
  header += "\n";
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  auto const length = std::uint32_t(header.size());
  out += version == 1 ? bytes_of(std::uint16_t(length), std::endian::little)
                      : bytes_of(length, std::endian::little);
  return out + header + data;
}

std::string dict(std::string const& descr, std::string const& dims, bool fortran = false) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", descr,
                     fortran ? "True" : "False", dims);
}

template <class T>
std::string row(std::vector<T> const& values, std::endian order) {
  std::string out;
  for (T const v : values) out += bytes_of(v, order);
  return out;
}

}  // namespace

TEST_CASE_TEMPLATE("a written file is read back bit for bit", T, std::int8_t, std::uint8_t, std::int16_t,
                   std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, float, double) {
  scratch::folder const f;
  using limits = std::numeric_limits<T>;
  std::vector<T> const values{limits::lowest(), limits::max(), T(0), T(1), T(7), T(100)};
  for (shape const& s : {shape{6}, shape{2, 3}, shape{1, 3, 2}, shape{3, 1, 1, 2}}) {
    io::write_npy(f / "a.npy", io::array<T>{s, values, {}});
    auto const a = io::read_npy<T>(f / "a.npy");
    CHECK(a.shape == s);
    CHECK(a.values == values);
    CHECK(io::inspect_npy(f / "a.npy").type == io::scalar_type_of<T>());
    auto const size = scratch::load(f / "a.npy").size() - 6 * sizeof(T);
    CHECK(size % 64 == 0);  // values start aligned
  }
  io::write_npy(f / "a.npy", io::array<T>{{}, {T(42)}, {}});
  CHECK(io::read_npy<T>(f / "a.npy").shape.empty());
  CHECK(io::read_npy<T>(f / "a.npy").values == std::vector<T>{T(42)});
  io::write_npy(f / "a.npy", io::array<T>{{3, 0, 2}, {}, {}});
  CHECK(io::read_npy<T>(f / "a.npy").shape == shape{3, 0, 2});
  CHECK(f.names() == std::vector<std::string>{"a.npy"});
}

TEST_CASE_TEMPLATE("bytes made by hand are read in both byte orders and all versions", T, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t, float, double) {
  scratch::folder const f;
  char const kind = std::floating_point<T> ? 'f' : std::unsigned_integral<T> ? 'u' : 'i';
  std::vector<T> const values{T(1), T(2), T(100), std::numeric_limits<T>::max()};
  for (int const version : {1, 2, 3})
    for (std::endian const order : {std::endian::little, std::endian::big}) {
      char const mark = sizeof(T) == 1 ? '|' : order == std::endian::little ? '<' : '>';
      scratch::save(f / "a.npy", npy(dict(fmt::format("{}{}{}", mark, kind, sizeof(T)), "(4,)"),
                                     row(values, order), version));
      CHECK(io::read_npy<T>(f / "a.npy").values == values);
      if constexpr (sizeof(T) > 1) CHECK(io::inspect_npy(f / "a.npy").bytes == order);
      if constexpr (!std::same_as<T, double>)
        CHECK(io::read_npy<double>(f / "a.npy").values[3] == double(std::numeric_limits<T>::max()));
    }
}

TEST_CASE("halves and truth values are read") {
  scratch::folder const f;
  for (std::endian const order : {std::endian::little, std::endian::big}) {
    std::vector<std::uint16_t> const bits{0x3C00, 0xC000, 0x7BFF, 0x0001, 0x7C00};
    scratch::save(f / "h.npy",
                  npy(dict(order == std::endian::little ? "<f2" : ">f2", "(5,)"), row(bits, order)));
    auto const h = io::read_npy<float>(f / "h.npy").values;
    CHECK(h[0] == 1);
    CHECK(h[1] == -2);
    CHECK(h[2] == 65504);
    CHECK(h[3] == 0x1p-24f);
    CHECK(std::isinf(h[4]));
    CHECK(scratch::contains(scratch::complaint([&] { io::read_npy<std::int32_t>(f / "h.npy"); }),
                            "value 5.9604645e-08 at flat index 3 does not fit i32"));
  }
  scratch::save(f / "b.npy", npy(dict("|b1", "(3,)"), std::string("\1\0\1", 3)));
  CHECK(io::read_npy<float>(f / "b.npy").values == std::vector<float>{1, 0, 1});
}

TEST_CASE("Fortran order is turned to row-major") {
  scratch::folder const f;
  shape const s{2, 3, 4};
  std::vector<std::int32_t> file;
  for (int c = 0; c < 4; ++c)
    for (int b = 0; b < 3; ++b)
      for (int a = 0; a < 2; ++a) file.push_back(100 * a + 10 * b + c);
  for (std::endian const order : {std::endian::little, std::endian::big}) {
    scratch::save(f / "a.npy", npy(dict(order == std::endian::little ? "<i4" : ">i4", "(2, 3, 4)", true),
                                   row(file, order)));
    CHECK(io::inspect_npy(f / "a.npy").order == io::index_order::fortran);
    auto const check = [&]<class T>(T) {
      auto const got = io::read_npy<T>(f / "a.npy");
      REQUIRE(got.shape == s);
      for (std::size_t a = 0; a < 2; ++a)
        for (std::size_t b = 0; b < 3; ++b)
          for (std::size_t c = 0; c < 4; ++c)
            CHECK(got.values[(a * 3 + b) * 4 + c] == static_cast<T>(100 * a + 10 * b + c));
    };
    check(std::int32_t{});
    check(double{});
    check(std::uint8_t{});
  }
}

TEST_CASE("arrays larger than a piece are read whole, in either order") {
  scratch::folder const f;
  std::size_t const n = 700, m = 501;  // 2.8 MB as doubles
  std::vector<std::uint32_t> values(n * m);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::uint32_t>(i * 2654435761u >> 8);
  scratch::save(f / "c.npy", npy(dict(">u4", "(700, 501)"), row(values, std::endian::big)));
  CHECK(io::read_npy<std::uint32_t>(f / "c.npy").values == values);
  scratch::save(f / "f.npy", npy(dict("<u4", "(501, 700)", true), row(values, std::endian::little)));
  auto const turned = io::read_npy<double>(f / "f.npy");
  bool same = true;  // the first of 501 runs fastest in the file
  for (std::size_t k = 0; k < values.size(); ++k)
    same = same && turned.values[(k % m) * n + k / m] == double(values[k]);
  CHECK(same);
}

TEST_CASE("headers other programs write are understood") {
  scratch::folder const f;
  std::string const data = row(std::vector<float>{1, 2}, std::endian::little);
  for (std::string const header :
       {"{'shape':(2,),'fortran_order':False,'descr':'<f4'}",
        "{ \"descr\" : \"<f4\" , \"fortran_order\" : False,\n \"shape\" : ( 2 , ) }  ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L,)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2)}"}) {
    scratch::save(f / "a.npy", npy(header, data));
    CHECK(io::read_npy<float>(f / "a.npy").values == std::vector<float>{1, 2});
  }
}

TEST_CASE("hostile headers are refused for what is wrong with them") {
  scratch::folder const f;
  std::string const data = row(std::vector<float>{1, 2}, std::endian::little);
  auto const of = [&f](std::string const& bytes) {
    scratch::save(f / "a.npy", bytes);
    return scratch::complaint([&] { io::read_npy<float>(f / "a.npy"); });
  };
  auto const with = [&](std::string const& header) { return of(npy(header, data)); };
  using scratch::contains;
  CHECK(of(npy(dict("<f4", "(2,)"), data)).empty());
  CHECK(contains(of("NUMPY with other words"), "is not an npy file"));
  CHECK(contains(of("\x93NUM"), "too few"));
  CHECK(contains(of(npy(dict("<f4", "(2,)"), data, 4)), "version 4.0 is unknown"));
  CHECK(contains(of(npy(dict("<f4", "(2,)"), data).substr(0, 40)), "damaged or truncated"));
  CHECK(
      contains(of(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13)), "npy header of 4294967295 bytes"));
  CHECK(contains(of(npy(dict("<f4", "(2,)"), data.substr(0, 7))),
                 "truncated: 2 numbers of f32 (2) need 8 bytes"));
  CHECK(contains(of(npy(dict("<f4", "(2,)"), data + "x")), "1 bytes follow"));
  CHECK(contains(with("[1, 2]"), "a dictionary is wanted"));
  CHECK(contains(with(""), "a dictionary is wanted"));
  CHECK(contains(with("{'descr': '<f4', 'fortran_order': False}"), "lacks 'shape'"));
  CHECK(contains(with("{'descr': '<f4', 'shape': (2,)}"), "lacks 'fortran_order'"));
  CHECK(contains(with("{'fortran_order': False, 'shape': (2,)}"), "lacks 'descr'"));
  CHECK(contains(with("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
                 "'descr' twice"));
  CHECK(contains(with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"), "unknown key 'x'"));
  CHECK(contains(with("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}"), "neither True nor False"));
  CHECK(contains(with(dict("<f4", "(2,)") + "{}"), "3 more characters after its dictionary"));
  CHECK(contains(with(dict("<f4", "(-2,)")), "negative extent"));
  CHECK(contains(with(dict("<f4", "(99999999999999999999,)")), "beyond 64 bits"));
  CHECK(contains(with(dict("<f4", "(4294967296, 4294967296)")), "overflows"));
  CHECK(contains(with(dict("<f4", "(1099511627776,)")), "need 4398046511104 bytes"));
  CHECK(contains(with(dict("<f4", "(2)")), "is a number, not a list"));
  CHECK(contains(with(dict("<f4", "2")), "the shape in brackets"));
  CHECK(contains(with(dict("<f4", "(2, x)")), "something else than numbers"));
  CHECK(contains(with(dict("<f4", "(2.0,)")), "is a number, not a list"));
  CHECK(contains(with(dict("<f4", "(1, 2.0)")), "',' or ')' in the shape is wanted"));
  CHECK(contains(with("{'descr': '<f4}"), "has no end"));
  CHECK(contains(with("{'descr"), "has no end"));
  CHECK(contains(with("{'descr': '<f4' 'shape': (2,)}"), "',' or '}' is wanted"));
  CHECK(
      contains(with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), "structured type"));
  CHECK(contains(with(dict("|O", "(2,)")), "Python objects"));
  CHECK(contains(with(dict("<c8", "(1,)")), "complex numbers (<c8)"));
  CHECK(contains(with(dict("<U2", "(1,)")), "holds text"));
  CHECK(contains(with(dict("|S8", "(1,)")), "holds text"));
  CHECK(contains(with(dict("<M8[ns]", "(1,)")), "holds dates"));
  CHECK(contains(with(dict("|V8", "(1,)")), "raw bytes"));
  CHECK(contains(with(dict("<f16", "(1,)")), "holds '<f16'"));
  CHECK(contains(with(dict("|f4", "(2,)")), "does not say its byte order"));
  CHECK(contains(with(dict("", "(2,)")), "not one of the types"));
  std::string many = "(1";
  for (int i = 0; i < 70; ++i) many += ", 1";
  CHECK(contains(with(dict("<f4", many + ")")), "more than 64 indices"));
}

TEST_CASE("numbers that do not fit are refused with value and place") {
  scratch::folder const f;
  io::write_npy(f / "a.npy", io::array<double>{{4}, {1, 2, 300, 1e300}, {}});
  auto const as = [&]<class T>(T) { return scratch::complaint([&] { io::read_npy<T>(f / "a.npy"); }); };
  CHECK(scratch::contains(as(std::uint8_t{}), "value 300 at flat index 2 does not fit u8"));
  CHECK(scratch::contains(as(std::int64_t{}), "value 1e+300 at flat index 3 does not fit i64"));
  CHECK(scratch::contains(as(float{}), "value 1e+300 at flat index 3 does not fit f32"));
  CHECK_THROWS_AS(io::read_npy<float>(f / "a.npy"), tomoedx::value_error);
}

TEST_CASE("what cannot be written leaves nothing behind") {
  scratch::folder const f;
  CHECK_THROWS_AS(io::write_npy(f / "a.npy", io::array<float>{{2, 2}, {1, 2, 3}, {}}), tomoedx::shape_error);
  CHECK_THROWS_AS(io::write_npy(f / "no/a.npy", io::array<float>{{1}, {1}, {}}), tomoedx::file_error);
  CHECK(f.names().empty());
}

TEST_CASE("mutated npy files are read or refused, and never ask for more than they hold") {
  scratch::folder const f;
  std::mt19937 random(11);
  std::string const good = npy(dict(">i4", "(3, 4, 5)", true), std::string(240, '\1'));
  int read = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    auto const bytes = scratch::mutated(good, 80, random);
    scratch::save(f / "m.npy", bytes);
    try {
      auto const a = io::read_npy<double>(f / "m.npy");
      REQUIRE(a.values.size() <= bytes.size());
      ++read;
    } catch (tomoedx::error const&) {
      ++refused;
    }
  }
  CHECK(read > 10);
  CHECK(refused > 1000);
}

TEST_CASE("the real maps have sixteen tilts of counts") {
  for (std::string const element : {"Fe", "Mg", "O", "S", "Si"}) {
    auto const path = scratch::real("idp/map_" + element + "_tyx_u16.npy");
    if (!path) return;
    auto const what = io::inspect_npy(*path);
    CHECK(what.type == io::scalar_type::u16);
    auto const a = io::read_npy<float>(*path);
    CHECK(a.shape == shape{16, 256, 256});
    auto const whole = io::read_npy<std::uint16_t>(*path);
    bool same = true;
    for (std::size_t i = 0; i < a.values.size(); ++i) same = same && a.values[i] == float(whole.values[i]);
    CHECK(same);
  }
}
