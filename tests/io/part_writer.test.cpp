// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/part_reader.hpp>
#include <tomoedx/io/part_writer.hpp>

#include "scratch.hpp"

#include <sys/resource.h>

#include <csignal>
#include <numeric>

namespace io = tomoedx::io;

namespace {

std::vector<float> const values = [] {
  std::vector<float> v(3 * 5 * 4);
  std::iota(v.begin(), v.end(), -7.5f);
  return v;
}();
io::shape3 const shape{3, 5, 4};
std::vector<io::axis> const axes{{"z", "nm", 0.5, 1}, {"y", "nm", 2, 0}, {"x", "nm", 0.25, -3}};

/// Rows [first, first + rows) of all lines of `values`.
std::vector<float> rows(std::size_t first, std::size_t n) {
  std::vector<float> part;
  for (std::size_t l = 0; l < 3; ++l)
    for (std::size_t i = 0; i < n * 4; ++i) part.push_back(values[(l * 5 + first) * 4 + i]);
  return part;
}

std::vector<std::string> formats() {
#ifdef TOMOEDX_HDF5
  return {"a.npy", "a.mrc", "a.h5"};
#else
  return {"a.npy", "a.mrc"};
#endif
}

}  // namespace

TEST_CASE("a file filled slab by slab in any order has the bytes of one written at once") {
  scratch::folder const f, whole;
  for (auto const& name : formats()) {
    CAPTURE(name);
    {
      io::part_writer out(f / name, shape, axes);
      out.write(io::rows_of(shape, 3, 2), rows(3, 2).data());
      out.write(io::rows_of(shape, 0, 1), rows(0, 1).data());
      CHECK_FALSE(std::filesystem::exists(f / name));
      for (std::size_t l = 0; l < 3; ++l) out.write({l, 1, 1, 2}, &values[(l * 5 + 1) * 4]);
      out.commit();
    }
    io::write(whole / name, io::array_view<float>({3, 5, 4}, values, axes));
    CHECK(scratch::load(f / name) == scratch::load(whole / name));
  }
  CHECK(f.names().size() == formats().size());
}

TEST_CASE("a file is not put in place before every row was written, and leaves nothing then") {
  scratch::folder const f;
  for (auto const& name : formats()) {
    scratch::save(f / name, "old");
    {
      io::part_writer out(f / name, shape);
      out.write(io::rows_of(shape, 0, 4), rows(0, 4).data());
      out.write({0, 2, 4, 1}, rows(4, 1).data());
      CHECK(scratch::contains(scratch::complaint([&] { out.commit(); }), "1 of 15 rows were never written"));
    }
    CHECK(scratch::load(f / name) == "old");
  }
  auto names = formats();
  std::ranges::sort(names);
  CHECK(f.names() == names);
}

TEST_CASE("rows outside and rows written twice are refused") {
  scratch::folder const f;
  io::part_writer out(f / "a.npy", shape);
  out.write(io::rows_of(shape, 0, 2), rows(0, 2).data());
  CHECK(scratch::contains(scratch::complaint([&] {
                            out.write({1, 1, 1, 2}, values.data());
                          }),
                          "row 1 of line 1 is written a second time"));
  CHECK(scratch::contains(scratch::complaint([&] {
                            out.write({1, 3, 0, 2}, values.data());
                          }),
                          "there are 3"));
}

TEST_CASE("targets that cannot be written are refused when the writer is made") {
  scratch::folder const f;
  auto const open = [&](std::string const& name, io::shape3 const& s = shape) {
    return scratch::complaint([&] { io::part_writer const out(f / name, s); });
  };
  CHECK(scratch::contains(open("a.tif"), "names no format we know"));
  CHECK(scratch::contains(open("none/a.npy"), "does not exist"));
  scratch::save(f / "b.npy", "old");
  CHECK(scratch::contains(open("b.npy:/b"), "':/b' is for HDF5 files only"));
  std::filesystem::remove(f / "b.npy");
  CHECK(scratch::contains(open("a.npy", {3, 0, 2}), "cannot write the shape 3 x 0 x 2"));
  CHECK(scratch::contains(open("a.npy", {std::size_t(1) << 40, std::size_t(1) << 20, 8}),
                          "cannot write the shape"));
  auto const full = open("a.npy", {std::size_t(1) << 20, std::size_t(1) << 20, 1024});
  CHECK(scratch::contains(full, "needs 4503599627436032 bytes, the disk has"));
  CHECK(
      scratch::contains(scratch::complaint([&] { io::part_writer const out(f / "a.mrc", shape, {axes[0]}); }),
                        "1 axes for 3 indices"));
  CHECK(f.names().empty());
}

TEST_CASE("a disk that is full shows when the writer is made, and nothing is left") {
  scratch::folder const f;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto const handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit const tight{200 * 1024, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  auto const text = scratch::complaint([&] { io::part_writer const out(f / "a.npy", {64, 64, 64}); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(scratch::contains(text, "a.npy: there is no room for"));
  CHECK(f.names().empty());
}

TEST_CASE("MRC says what is in it, and that it does not know where values are not finite") {
  scratch::folder const f;
  auto const header = [&](float last) {
    io::part_writer out(f / "a.mrc", {1, 2, 2});
    float const four[] = {1, 2, 5, last};
    out.write({0, 1, 1, 1}, four + 2);
    out.write({0, 1, 0, 1}, four);
    out.commit();
    std::string const bytes = scratch::load(f / "a.mrc");
    std::array<float, 4> h{};
    for (std::size_t i = 0; i < 3; ++i) std::memcpy(&h[i], bytes.data() + 76 + 4 * i, 4);
    std::memcpy(&h[3], bytes.data() + 216, 4);
    return h;
  };
  CHECK(header(8) == std::array{1.0f, 8.0f, 4.0f, std::sqrt(7.5f)});
  CHECK(header(NAN) == std::array{0.0f, -1.0f, -2.0f, -1.0f});
}
