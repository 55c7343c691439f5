// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/denoise/tiling.hpp>

#include <doctest/doctest.h>

using namespace tomoedx;

TEST_CASE("tiles cover an axis once, aligned at both ends, each result a halo inside") {
  for (int const step : {1, 4, 16})
    for (int const halo : {0, 2 * step, 148 / step * step})
      for (int const n : {1, 2, 5, 37, 300, 340, 341, 342, 343, 1028, 4099}) {
        CAPTURE(n);
        CAPTURE(step);
        CAPTURE(halo);
        auto const extents = tile_extents(n, halo, step);
        REQUIRE(extents.front() == n);
        for (std::size_t k = 0; k < extents.size(); ++k) {
          int const extent = extents[k];
          if (k > 0) REQUIRE(extent < extents[k - 1]);
          auto const tiles = tile_spans(n, extent, halo, step);
          REQUIRE(tiles.size() >= k + 1);
          int covered = 0;
          bool good = (n - extent) % step == 0;
          for (auto const& t : tiles) {
            good = good && t.start % step == 0 && t.start >= 0 && t.start + extent <= n;
            good = good && t.first == covered && t.end > t.first;
            good = good && (t.first == 0 || t.first - t.start >= halo);
            good = good && (t.end == n || t.start + extent - t.end >= halo);
            covered = t.end;
          }
          CHECK(good);
          CHECK(covered == n);
        }
      }
}

TEST_CASE("the smallest tiles are about two halos") {
  CHECK(tile_extents(1028, 148, 4).back() <= 2 * 148 + 2 * 4);
  CHECK(tile_extents(300, 148, 4) == std::vector<int>{300});
  CHECK(tile_extents(64, 0, 1).back() == 1);
  CHECK(tile_spans(64, 1, 0, 1).size() == 64);
}

TEST_CASE("tiles that do not cover are refused") {
  CHECK_THROWS_AS(tile_spans(340, 298, 148, 4), value_error);  // does not end as the image does
  CHECK_THROWS_AS(tile_spans(340, 296, 148, 4), value_error);  // nothing left between the halos
  CHECK_THROWS_AS(tile_spans(340, 344, 148, 4), value_error);
  CHECK_THROWS_AS(tile_extents(0, 4, 4), value_error);
  CHECK_THROWS_AS(tile_extents(10, 4, 0), value_error);
}

TEST_CASE("a tiling has every voxel once, and choices come with the least work first") {
  field_of_view const view{.low = {3, 5, 2}, .high = {1, 4, 6}, .step = {1, 2, 4}, .grid = {1, 2, 4}};
  CHECK(view.halo() == nn::triple{3, 6, 8});
  nn::triple const frame{9, 31, 45};
  auto const choices = tile_choices(frame, view);
  CHECK(choices.front() == frame);
  CHECK(choices.size() > 4);
  double before = 0;
  for (auto const& e : choices) {
    tiling const t(frame, e, view);
    double const work = double(t.size()) * e[0] * e[1] * e[2];
    CHECK(work >= before);
    before = work;
    std::vector<int> seen(9 * 31 * 45);
    for (std::size_t i = 0; i < t.size(); ++i)
      for (int z = t[i].first[0]; z < t[i].end[0]; ++z)
        for (int y = t[i].first[1]; y < t[i].end[1]; ++y)
          for (int x = t[i].first[2]; x < t[i].end[2]; ++x)
            ++seen[static_cast<std::size_t>((z * 31 + y) * 45 + x)];
    CHECK(std::all_of(seen.begin(), seen.end(), [](int n) { return n == 1; }));
    CHECK(t.size() == static_cast<std::size_t>(t.counts()[0] * t.counts()[1] * t.counts()[2]));
  }
  auto whole = view;
  whole.obstacle = "of a reason";
  CHECK(tile_choices(frame, whole) == std::vector<nn::triple>{frame});
}
