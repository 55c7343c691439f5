// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/tilts.hpp>

#include "scratch.hpp"

namespace io = tomoedx::io;
using list = std::vector<double>;

TEST_CASE("tilt angles are read from text in every usual form") {
  scratch::folder const f;
  auto const read = [&f](std::string const& text) {
    scratch::save(f / "a.tlt", text);
    return io::read_tilts(f / "a.tlt");
  };
  CHECK(read("-40\n-35.5\n0\n+12.25\n") == list{-40, -35.5, 0, 12.25});
  CHECK(read("  -40.00 \r\n 35\r\n") == list{-40, 35});
  CHECK(read("1\r2\r3") == list{1, 2, 3});
  CHECK(read("# degrees\n1, 2;3\t4 # five\n\n\n1e1") == list{1, 2, 3, 4, 10});
  CHECK(read("\xef\xbb\xbf"
             "7") == list{7});
  CHECK(read("-360 360") == list{-360, 360});
}

TEST_CASE("what is no tilt angle is refused with its line") {
  scratch::folder const f;
  auto const refusal = [&f](std::string const& text) {
    scratch::save(f / "a.txt", text);
    return scratch::complaint([&] { io::read_tilts(f / "a.txt"); });
  };
  CHECK(scratch::contains(refusal("1\n2\nthree\n"), "a.txt: line 3: 'three' is not a number"));
  CHECK(scratch::contains(refusal("1\r\n2x\r\n"), "line 2: '2x' is not a number"));
  CHECK(scratch::contains(refusal("1\n\nnan"), "line 3: nan is not a tilt angle"));
  CHECK(scratch::contains(refusal("inf"), "line 1: inf is not a tilt angle"));
  CHECK(scratch::contains(refusal("0\n-361"), "line 2: -361 is not a tilt angle"));
  CHECK(scratch::contains(refusal("1e999"), "is not a number"));
  CHECK(scratch::contains(refusal("+-3"), "is not a number"));
  CHECK(scratch::contains(refusal("0x10"), "is not a number"));
  CHECK(scratch::contains(refusal(std::string("1\n\0\x01", 4)), "line 2: '\\x00\\x01' is not a number"));
  CHECK(scratch::contains(refusal("# only words\n\n"), "holds no tilt angle"));
  CHECK(scratch::contains(refusal(""), "is empty"));
  CHECK(scratch::contains(scratch::complaint([&] { io::read_tilts(f / "none.tlt"); }), "no such file"));
  CHECK(scratch::contains(scratch::complaint([&] { io::read_tilts(f.path()); }), "is a directory"));
}

TEST_CASE("tilt angles and shifts come from npy files too") {
  scratch::folder const f;
  io::write_npy(f / "t.npy", io::array<float>{{3}, {-1.5f, 0, 1.5f}, {}});
  CHECK(io::read_tilts(f / "t.npy") == list{-1.5, 0, 1.5});
  io::write_npy(f / "s.npy", io::array<double>{{2, 2}, {1, 2, 3, 4}, {}});
  CHECK(io::read_shifts(f / "s.npy") == std::vector<io::shift>{{1, 2}, {3, 4}});
  CHECK(io::read_shifts(f / "t.npy") == std::vector<io::shift>{{-1.5, 0}, {0, 0}, {1.5, 0}});
  CHECK_THROWS_AS(io::read_tilts(f / "s.npy"), tomoedx::shape_error);
  io::write_npy(f / "w.npy", io::array<double>{{2, 3}, {1, 2, 3, 4, 5, 6}, {}});
  CHECK_THROWS_AS(io::read_shifts(f / "w.npy"), tomoedx::shape_error);
  io::write_npy(f / "n.npy", io::array<double>{{2}, {0, NAN}, {}});
  CHECK(scratch::contains(scratch::complaint([&] { io::read_tilts(f / "n.npy"); }), "entry 2: nan"));
  CHECK(scratch::contains(scratch::complaint([&] { io::read_shifts(f / "n.npy"); }), "entry 2: nan"));
  io::write_npy(f / "e.npy", io::array<double>{{0}, {}, {}});
  CHECK(scratch::contains(scratch::complaint([&] { io::read_tilts(f / "e.npy"); }), "holds no tilt angle"));
  CHECK(scratch::contains(scratch::complaint([&] { io::read_shifts(f / "e.npy"); }), "holds no shift"));
}

TEST_CASE("shifts are one or two numbers a line") {
  scratch::folder const f;
  auto const read = [&f](std::string const& text) {
    scratch::save(f / "s.txt", text);
    return io::read_shifts(f / "s.txt");
  };
  CHECK(read("# x y\n-10 2\n0.5, -1\n") == std::vector<io::shift>{{-10, 2}, {0.5, -1}});
  CHECK(read("3\n4\n") == std::vector<io::shift>{{3, 0}, {4, 0}});
  CHECK(scratch::contains(scratch::complaint([&] { read("1 2\n3\n"); }),
                          "line 2: 1 numbers, the lines before have 2"));
  CHECK(scratch::contains(scratch::complaint([&] { read("1 2 3\n"); }), "line 1: 3 numbers"));
  CHECK(scratch::contains(scratch::complaint([&] { read("1 2\n1 nan\n"); }), "line 2: nan is not a shift"));
  CHECK(scratch::contains(scratch::complaint([&] { read("#\n"); }), "holds no shift"));
}

TEST_CASE("mutated lists are read or refused") {
  scratch::folder const f;
  std::mt19937 random(7);
  std::string const good = "# tilts\n-40\n-35.5, 1e1\n+3 # note\n";
  int read = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    scratch::save(f / "m.tlt", scratch::mutated(good, good.size(), random));
    try {
      for (double const t : io::read_tilts(f / "m.tlt")) REQUIRE(std::fabs(t) <= 360);
      ++read;
    } catch (tomoedx::error const&) {
      ++refused;
    }
  }
  CHECK(read > 50);
  CHECK(refused > 50);
}

TEST_CASE("the real tilt and shift files agree with each other") {
  auto const text = scratch::real("idp/tilts.txt");
  auto const npy = scratch::real("idp/tilt_angles_deg.npy");
  auto const shifts = scratch::real("idp/shifts.txt");
  if (!text || !npy || !shifts) return;
  CHECK(io::read_tilts(*text) == io::read_tilts(*npy));
  CHECK(io::read_shifts(*shifts).size() == io::read_tilts(*text).size());
}
