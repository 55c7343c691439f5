// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/hdf5.hpp>

#include "scratch.hpp"

#ifdef TOMOEDX_HDF5

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <functional>
#include <limits>

namespace io = tomoedx::io;
using io::detail::handle;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {

// Files made with the C interface alone, as other programs make them.
class made {
 public:
  explicit made(std::string const& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose) {}

  hid_t file() const { return file_; }

  made& group(std::string const& path) {
    handle const links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    handle const g(H5Gcreate2(file_, path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    return *this;
  }
  template <class T>
  made& values(std::string const& path, hid_t stored, std::vector<hsize_t> dims, std::vector<T> const& v,
               std::function<void(hid_t)> const& plan = {}) {
    handle const links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links, 1);
    handle const how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (plan) plan(how);
    handle const space(
        dims.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(int(dims.size()), dims.data(), nullptr),
        H5Sclose);
    handle const d(H5Dcreate2(file_, path.c_str(), stored, space, links, how, H5P_DEFAULT), H5Dclose);
    REQUIRE(bool(d));
    if (!v.empty())
      REQUIRE(H5Dwrite(d, io::detail::native<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, v.data()) >= 0);
    return *this;
  }
  made& text(std::string const& object, char const* name, std::string const& value, bool variable = true) {
    handle const at(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose);
    if (variable) {
      io::detail::put_text(at, name, value, "test");
      return *this;
    }
    handle const type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, value.size());
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    handle const space(H5Screate(H5S_SCALAR), H5Sclose);
    handle const a(H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    H5Awrite(a, type, value.data());
    return *this;
  }
  template <class T>
  made& number(std::string const& object, char const* name, T value) {
    handle const at(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose);
    io::detail::put_number(at, name, value, "test");
    return *this;
  }

 private:
  handle file_;
};

}  // namespace

TEST_CASE_TEMPLATE("a written EMD file is read back bit for bit with its axes", T, std::int8_t, std::uint8_t,
                   std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t,
                   float, double) {
  scratch::folder const f;
  using limits = std::numeric_limits<T>;
  io::array<T> const a{{2, 3, 1},
                       {limits::lowest(), limits::max(), T(0), T(1), T(7), T(100)},
                       {{"z", "nm", 0.5, 0}, {"y", "µm", 2, -3}, {"x", "nm", 4, 1}}};
  for (int const gzip : {0, 6}) {
    io::write_hdf5(f / "a.emd", a, {.name = "", .gzip = gzip});
    auto const b = io::read_hdf5<T>(f / "a.emd");
    CHECK(b.shape == a.shape);
    CHECK(b.values == a.values);
    CHECK(b.axes == a.axes);
    auto const what = io::inspect_hdf5(f / "a.emd");
    CHECK(what.format == "emd");
    CHECK(what.dataset == "/data/a/data");
    CHECK(what.type == io::scalar_type_of<T>());
    CHECK(io::read_hdf5<T>(f / "a.emd", "/data/a/data").values == a.values);
  }
  CHECK(f.names() == std::vector<std::string>{"a.emd"});
}

TEST_CASE("numbers of every stored kind become what is asked for") {
  scratch::folder const f;
  {
    made m(f / "a.h5");
    std::vector<double> const v{0, 1, 100};
    m.values("be_i4", H5T_STD_I32BE, {3}, v).values("be_f8", H5T_IEEE_F64BE, {3}, v);
    m.values("le_u2", H5T_STD_U16LE, {3}, v).values("deep/er/f4", H5T_IEEE_F32LE, {1, 3}, v);
    m.values("one", H5T_IEEE_F64LE, {}, std::vector<double>{4.5});
    m.values("none", H5T_IEEE_F64LE, {0, 5}, std::vector<double>{});
    handle const half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    m.values("half", half, {3}, v);
    handle const truth(H5Tenum_create(H5T_NATIVE_INT8), H5Tclose);
    for (std::int8_t i = 0; i < 2; ++i) H5Tenum_insert(truth, i == 0 ? "FALSE" : "TRUE", &i);
    hsize_t const three = 3;
    handle const space(H5Screate_simple(1, &three, nullptr), H5Sclose);
    handle const d(H5Dcreate2(m.file(), "truth", truth, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   H5Dclose);
    std::int8_t const t[] = {1, 0, 1};
    H5Dwrite(d, truth, H5S_ALL, H5S_ALL, H5P_DEFAULT, t);
  }
  std::vector<float> const expected{0, 1, 100};
  for (std::string const name : {"/be_i4", "/be_f8", "/le_u2", "/deep/er/f4", "/half", "be_i4"}) {
    CHECK(io::read_hdf5<float>(f / "a.h5", name).values == expected);
    CHECK(io::read_hdf5<std::uint8_t>(f / "a.h5", name).values == std::vector<std::uint8_t>{0, 1, 100});
  }
  CHECK(io::inspect_hdf5(f / "a.h5", "/half").type == io::scalar_type::f16);
  CHECK(io::inspect_hdf5(f / "a.h5", "/be_i4").bytes == std::endian::big);
  CHECK(io::read_hdf5<float>(f / "a.h5", "/truth").values == std::vector<float>{1, 0, 1});
  CHECK(io::read_hdf5<double>(f / "a.h5", "/one").shape.empty());
  CHECK(io::read_hdf5<double>(f / "a.h5", "/one").values == std::vector<double>{4.5});
  CHECK(io::read_hdf5<double>(f / "a.h5", "/none").shape == shape{0, 5});
}

TEST_CASE("datasets larger than a piece are converted whole, whatever their chunks") {
  scratch::folder const f;
  std::vector<std::int32_t> v(3000000);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::int32_t(i * 2654435761u >> 4);
  auto const chunks = [](std::vector<hsize_t> c) {
    return [c](hid_t plan) {
      H5Pset_chunk(plan, int(c.size()), c.data());
      H5Pset_deflate(plan, 1);
    };
  };
  {
    made m(f / "a.h5");
    m.values("plain", H5T_STD_I32BE, {1, 3000, 1000}, v);
    m.values("rows", H5T_STD_I32LE, {3000, 1000}, v, chunks({7, 1000}));
    m.values("columns", H5T_STD_I32LE, {1, 3000, 1000}, v, chunks({1, 3000, 13}));
  }
  for (std::string const name : {"/plain", "/rows", "/columns"}) {
    auto const a = io::read_hdf5<double>(f / "a.h5", name).values;
    REQUIRE(a.size() == v.size());
    CHECK(std::equal(a.begin(), a.end(), v.begin(), [](double x, std::int32_t y) { return x == y; }));
    CHECK(io::read_hdf5<std::int32_t>(f / "a.h5", name).values == v);
  }
}

TEST_CASE("numbers that do not fit are errors, where HDF5 would clip them") {
  scratch::folder const f;
  double const inf = std::numeric_limits<double>::infinity();
  {
    made m(f / "a.h5");
    m.values("large", H5T_IEEE_F64LE, {2}, std::vector<double>{1, 1e300});
    m.values("negative", H5T_STD_I16LE, {2}, std::vector<double>{1, -1});
    m.values("fraction", H5T_IEEE_F64BE, {2}, std::vector<double>{1, 1.5});
    m.values("le", H5T_IEEE_F64LE, {3}, std::vector<double>{inf, -inf, NAN});
    m.values("be", H5T_IEEE_F64BE, {3}, std::vector<double>{inf, -inf, NAN});
    m.values("big", H5T_STD_I64LE, {1}, std::vector<std::int64_t>{(std::int64_t(1) << 53) + 1});
  }
  auto const as = [&]<class T>(T, std::string const& name) {
    return scratch::complaint([&] { io::read_hdf5<T>(f / "a.h5", name); });
  };
  CHECK(contains(as(float{}, "/large"), "/large: value 1e+300 at flat index 1 does not fit f32"));
  CHECK(contains(as(std::int64_t{}, "/large"), "does not fit i64"));
  CHECK(contains(as(std::uint16_t{}, "/negative"), "does not fit u16"));
  CHECK(contains(as(std::int8_t{}, "/fraction"), "does not fit i8"));
  CHECK(as(double{}, "/big").empty());  // to rounding
  for (std::string const name : {"/le", "/be"}) {
    CHECK(contains(as(std::int32_t{}, name), "does not fit i32"));
    auto const v = io::read_hdf5<float>(f / "a.h5", name).values;
    CHECK(v[0] == std::numeric_limits<float>::infinity());
    CHECK(v[1] == -std::numeric_limits<float>::infinity());
    CHECK(std::isnan(v[2]));
  }
}

TEST_CASE("HyperSpy files give their first experiment with its axes") {
  scratch::folder const f;
  {
    made m(f / "a.hspy");
    std::vector<float> const v(24, 2);
    m.values("Experiments/map/data", H5T_IEEE_F32LE, {2, 3, 4}, v, [](hid_t plan) {
      hsize_t const chunk[] = {1, 3, 4};
      H5Pset_chunk(plan, 3, chunk);
      H5Pset_deflate(plan, 4);
    });
    m.values("Experiments/other/data", H5T_IEEE_F32LE, {1}, std::vector<float>{1});
    m.group("Experiments/map/axis-0").group("Experiments/map/axis-1").group("Experiments/map/axis-2");
    m.group("Experiments/map/metadata/General");
    m.text("Experiments/map/metadata/General", "title", "grain 7");
    m.text("Experiments/map/axis-0", "name", "height").text("Experiments/map/axis-0", "units", "µm");
    m.number("Experiments/map/axis-0", "scale", 0.25).number("Experiments/map/axis-0", "offset", 3.0);
    m.text("Experiments/map/axis-1", "name", "width", false)
        .text("Experiments/map/axis-1", "units", "<undefined>");
    m.number("Experiments/map/axis-1", "scale", 2.0f)
        .text("Experiments/map/axis-1", "offset", "not a number");
    m.number("Experiments/map/axis-2", "scale", std::int32_t(10))
        .text("Experiments/map/axis-2", "units", "keV");
  }
  auto const what = io::inspect_hdf5(f / "a.hspy");
  CHECK(what.format == "hyperspy");
  CHECK(what.dataset == "/Experiments/map/data");
  CHECK(what.notes == std::vector<std::string>{"grain 7"});
  auto const a = io::read_hdf5<float>(f / "a.hspy");
  CHECK(a.shape == shape{2, 3, 4});
  CHECK(a.axes == std::vector<io::axis>{{"height", "µm", 0.25, 3}, {"width", "", 2, 0}, {"", "keV", 10, 0}});
  CHECK(io::read_hdf5<float>(f / "a.hspy", "/Experiments/other/data").values == std::vector<float>{1});
}

TEST_CASE("EMD files give positions, units and tilt angles") {
  scratch::folder const f;
  {
    made m(f / "a.emd");
    m.values("data/tilts/data", H5T_STD_U16LE, {3, 2, 2}, std::vector<std::uint16_t>(12, 9));
    m.number("data/tilts", "emd_group_type", std::int32_t(1));
    m.values("data/tilts/dim1", H5T_IEEE_F32LE, {3}, std::vector<double>{-60, -1, 45.5});
    m.values("data/tilts/dim2", H5T_IEEE_F32LE, {2}, std::vector<double>{1, 1.5});
    m.values("data/tilts/dim3", H5T_STD_I32LE, {2}, std::vector<double>{0, 3});
    m.text("data/tilts/dim1", "name", "angles", false).text("data/tilts/dim1", "units", "[deg]", false);
    m.text("data/tilts/dim2", "name", "y").text("data/tilts/dim2", "units", "[n_m]");
    m.values("extra/thing", H5T_STD_I32LE, {2}, std::vector<double>{0, 3});
  }
  auto const what = io::inspect_hdf5(f / "a.emd");
  CHECK(what.dataset == "/data/tilts/data");
  CHECK(what.tilts == std::vector<double>{-60, -1, 45.5});
  REQUIRE(what.axes.size() == 3);
  CHECK(what.axes[0].name == "angles");
  CHECK(what.axes[1] == io::axis{"y", "nm", 0.5, 1});
  CHECK(what.axes[2] == io::axis{"", "", 3, 0});
}

TEST_CASE("without a path the only dataset is taken and several are listed") {
  scratch::folder const f;
  made(f / "one.h5").values("a/b/c", H5T_STD_I32LE, {2}, std::vector<double>{5, 6});
  CHECK(io::read_hdf5<float>(f / "one.h5").values == std::vector<float>{5, 6});
  {
    made m(f / "ring.h5");
    m.values("g/x", H5T_STD_I32LE, {1}, std::vector<double>{5});
    H5Lcreate_hard(m.file(), "g", m.file(), "g/again", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", m.file(), "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("none.h5", "/x", m.file(), "outside", H5P_DEFAULT, H5P_DEFAULT);
  }
  CHECK(io::read_hdf5<float>(f / "ring.h5").values == std::vector<float>{5});
  CHECK(contains(scratch::complaint([&] { io::inspect_hdf5(f / "ring.h5", "/dangling"); }),
                 "there is no /dangling"));
  CHECK(contains(scratch::complaint([&] { io::inspect_hdf5(f / "ring.h5", "/outside"); }),
                 "there is no /outside"));
  {
    made m(f / "many.h5");
    for (int i = 0; i < 25; ++i)
      m.values(fmt::format("d{:02}", i), H5T_STD_I32LE, {2}, std::vector<double>{5, 6});
  }
  auto const many = scratch::complaint([&] { io::inspect_hdf5(f / "many.h5"); });
  CHECK(contains(many, "many.h5: holds 25 datasets, choose one as "));
  CHECK(contains(many, "many.h5:/path: /d00 (2), /d01 (2)"));
  CHECK(contains(many, "/d19 (2) and 5 more"));
  made(f / "none.h5").group("a/b");
  CHECK(
      contains(scratch::complaint([&] { io::inspect_hdf5(f / "none.h5"); }), "holds no dataset of numbers"));
}

TEST_CASE("what is no array of real numbers is refused for what it is") {
  scratch::folder const f;
  {
    made m(f / "a.h5");
    hsize_t const two = 2;
    handle const space(H5Screate_simple(1, &two, nullptr), H5Sclose);
    handle const null(H5Screate(H5S_NULL), H5Sclose);
    handle const text(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(text, H5T_VARIABLE);
    handle const complex(H5Tcreate(H5T_COMPOUND, 16), H5Tclose);
    H5Tinsert(complex, "r", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(complex, "i", 8, H5T_NATIVE_DOUBLE);
    handle const record(H5Tcreate(H5T_COMPOUND, 12), H5Tclose);
    H5Tinsert(record, "n", 0, H5T_NATIVE_INT32);
    H5Tinsert(record, "v", 4, H5T_NATIVE_DOUBLE);
    auto const add = [&](char const* name, hid_t type, hid_t where) {
      handle const d(H5Dcreate2(m.file(), name, type, where, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                     H5Dclose);
    };
    add("text", text, space), add("complex", complex, space), add("record", record, space);
    add("reference", H5T_STD_REF_OBJ, space), add("null", H5T_NATIVE_DOUBLE, null);
    add("long", H5T_NATIVE_LDOUBLE, space), add("never", H5T_NATIVE_DOUBLE, space);
    m.group("group");
    m.values("outside", H5T_NATIVE_DOUBLE, {2}, std::vector<double>{},
             [](hid_t plan) { H5Pset_external(plan, "/etc/hostname", 0, 16); });
    m.values("claims", H5T_NATIVE_DOUBLE, {hsize_t(1) << 40}, std::vector<double>{}, [](hid_t plan) {
      hsize_t const chunk = 1000;
      H5Pset_chunk(plan, 1, &chunk);
      H5Pset_deflate(plan, 9);
    });
    handle const d(H5Dopen2(m.file(), "claims", H5P_DEFAULT), H5Dclose);
    hsize_t const start = 0, count = 1;
    handle const all(H5Dget_space(d), H5Sclose);
    H5Sselect_hyperslab(all, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
    handle const memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
    double const v = 1;
    REQUIRE(H5Dwrite(d, H5T_NATIVE_DOUBLE, memory, all, H5P_DEFAULT, &v) >= 0);
  }
  auto const refusal = [&](std::string const& name) {
    return scratch::complaint([&] { io::read_hdf5<float>(f / "a.h5", name); });
  };
  CHECK(contains(refusal("/text"), "a.h5:/text: holds text"));
  CHECK(contains(refusal("/complex"), "complex numbers"));
  CHECK(contains(refusal("/record"), "holds records"));
  CHECK(contains(refusal("/reference"), "neither integers nor floats"));
  CHECK(contains(refusal("/null"), "is an empty dataset"));
  CHECK(contains(refusal("/long"), "floats of 16 bytes"));
  CHECK(contains(refusal("/never"), "never written"));
  CHECK(contains(refusal("/group"), "is a group"));
  CHECK(contains(refusal("/outside"), "in other files"));
  CHECK(contains(refusal("/claims"), "claims 1099511627776 values"));
  CHECK(contains(refusal("/group/no/more"), "there is no /group/no in this file"));
  scratch::save(f / "b.h5", "no HDF5 at all");
  CHECK(contains(scratch::complaint([&] { io::inspect_hdf5(f / "b.h5"); }), "is not an HDF5 file"));
  io::write_hdf5(f / "c.h5", io::array<double>{{100}, std::vector<double>(100, 1), {}});
  scratch::save(f / "d.h5", scratch::load(f / "c.h5").substr(0, 900));
  auto const cut = scratch::complaint([&] { io::inspect_hdf5(f / "d.h5"); });
  CHECK(contains(cut, "HDF5 cannot open it: "));
  CHECK(contains(cut, "truncated"));
}

TEST_CASE("the host's HDF5 error printing is as before") {
  H5E_auto2_t before = nullptr, after = nullptr;
  void *data = nullptr, *again = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &data);
  CHECK_FALSE(scratch::complaint([] { io::inspect_hdf5("/nowhere/a.h5"); }).empty());
  scratch::folder const f;
  scratch::save(f / "b.h5", "\x89HDF\r\n\x1a\n and nothing more");
  CHECK_FALSE(scratch::complaint([&] { io::inspect_hdf5(f / "b.h5"); }).empty());
  H5Eget_auto2(H5E_DEFAULT, &after, &again);
  bool const same = before == after;
  CHECK(same);
  CHECK(data == again);
}

TEST_CASE("a write that fails leaves nothing and the older file as it was") {
  scratch::folder const f;
  io::array<double> const big{{1 << 16}, std::vector<double>(1 << 16, 1.25), {}};
  CHECK_THROWS_AS(io::write_hdf5(f / "no/a.h5", big), tomoedx::file_error);
  CHECK_THROWS_AS(io::write_hdf5(f / "a.h5", big, {.name = "", .gzip = 10}), tomoedx::value_error);
  CHECK_THROWS_AS(io::write_hdf5(f / "a.h5", io::array<double>{{}, {1}, {}}), tomoedx::shape_error);
  CHECK(f.names().empty());
  scratch::save(f / "a.h5", "old");
  rlimit old{};
  std::signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit const small{65536, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  auto const text = scratch::complaint([&] { io::write_hdf5(f / "a.h5", big); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_DFL);
  CHECK(contains(text, "there is no room for 524288 bytes"));
  CHECK(f.names() == std::vector<std::string>{"a.h5"});
  CHECK(scratch::load(f / "a.h5") == "old");
}

TEST_CASE("the real HyperSpy map has its axes and the real events are listed") {
  auto const map = scratch::real("mantle/71GPa_subsolidus.hspy");
  auto const events = scratch::real("idp/idp_events.h5");
  if (!map || !events) return;
  auto const a = io::read_hdf5<std::uint8_t>(*map);
  CHECK(a.shape == shape{201, 201, 1918});
  REQUIRE(a.axes.size() == 3);
  CHECK(a.axes[2].name == "Energy");
  CHECK(a.axes[2].units == "keV");
  CHECK(a.axes[2].scale == doctest::Approx(0.01));
  CHECK(io::nanometres_in(a.axes[0].units).value() == 1e3);
  auto const list = scratch::complaint([&] { io::inspect_hdf5(*events); });
  for (std::string const name :
       {"/x (", "/y (", "/channel (", "/count (", "/offsets (17)", "/angles_deg (16)"})
    CHECK(contains(list, name));
  auto const counts = io::read_hdf5<std::uint8_t>(*events, "/count");
  auto const offsets = io::read_hdf5<std::int64_t>(*events, "/offsets");
  CHECK(std::int64_t(counts.values.size()) == offsets.values.back());
}

#endif
