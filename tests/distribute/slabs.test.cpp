// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/slabs.hpp>

#include <doctest/doctest.h>

#include "../messages.hpp"

#include <string>
#include <vector>

using tomoedx::plan_slabs;
using tomoedx::plan_slabs_of;
using tomoedx::slab_plan;

namespace {

std::size_t hundred(std::size_t rows) {
  return 100 * rows;
}

template <class F>
std::string complaint(F&& f) {
  try {
    f();
  } catch (tomoedx::error const& e) {
    return e.what();
  }
  return "";
}

/// Every row is kept once, in order, and what is read is the halo more.
void check_cover(slab_plan const& p) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < p.slabs(); ++i) {
    auto const s = p[i];
    CHECK(s.keep_first == next);
    CHECK(s.keep_rows > 0);
    CHECK(s.first == s.keep_first - std::min(s.keep_first, p.halo));
    CHECK(s.first + s.rows == std::min(p.rows, s.keep_first + s.keep_rows + p.halo));
    next = s.keep_first + s.keep_rows;
  }
  CHECK(next == p.rows);
}

}  // namespace

TEST_CASE("slabs cover every row once for all heights and halos") {
  for (std::size_t const rows : {1, 2, 7, 64, 100})
    for (std::size_t const keep : {1, 3, 64, 200})
      for (std::size_t const halo : {0, 1, 5, 300}) {
        CAPTURE(rows);
        CAPTURE(keep);
        CAPTURE(halo);
        check_cover(plan_slabs_of(keep, rows, halo, 1 << 20, hundred));
      }
}

TEST_CASE("the planner fills the lanes of the projectors as far as the bound allows") {
  auto const keep = [](std::size_t rows, std::size_t halo, std::size_t memory) {
    auto const p = plan_slabs(rows, halo, memory, hundred);
    check_cover(p);
    CHECK(p.bytes <= memory);
    return p.keep;
  };
  CHECK(keep(1024, 0, 1 << 20) == 128);  // eight slabs
  CHECK(keep(1024, 0, 12799) == 64);
  CHECK(keep(1024, 0, 6399) == 48);
  CHECK(keep(1024, 0, 1599) == 12);
  CHECK(keep(1024, 0, 399) == 3);
  CHECK(keep(1024, 0, 100) == 1);
  CHECK(keep(1024, 8, 12800) == 112);
  CHECK(keep(1024, 8, 6400) == 48);
  CHECK(keep(1024, 8, 1700) == 1);
  CHECK(keep(40, 0, 1 << 20) == 40);
  CHECK(keep(100, 0, 1 << 20) == 64);
  CHECK(keep(3, 7, 1 << 20) == 3);
}

TEST_CASE("a bound that is too small is refused with both numbers") {
  CHECK(tomoedx_tests::contains(complaint([] { plan_slabs(1024, 0, 99, hundred); }),
                                "one row needs 100 bytes, 99 are allowed"));
  CHECK(tomoedx_tests::contains(complaint([] { plan_slabs(1024, 2, 499, hundred); }),
                                "one row with its halo needs 500 bytes, 499 are allowed"));
  CHECK(tomoedx_tests::contains(complaint([] { plan_slabs_of(10, 1024, 2, 1399, hundred); }),
                                "14 rows (10 kept) at once need 1400 bytes, 1399 are allowed"));
  CHECK(tomoedx_tests::contains(complaint([] { plan_slabs_of(0, 10, 0, 1, hundred); }), "slabs of 0 rows"));
  CHECK(tomoedx_tests::contains(complaint([] { plan_slabs(0, 0, 1, hundred); }), "there are no rows"));
}
