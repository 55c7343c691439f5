// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <tomoedx/simulate/core_shell.hpp>

namespace s = tomoedx::simulate;

TEST_CASE("the phantom of the paper has its composition in core and shell and nothing outside") {
  auto const p = s::core_shell();
  auto const &au = p.elements[0], &ag = p.elements[1];
  CHECK(au.name == "Au");
  CHECK(ag.name == "Ag");
  CHECK(au.shape == std::vector<std::size_t>{97, 1, 97});
  CHECK(p.voxel_nm == doctest::Approx(1.5));
  for (std::size_t z = 0; z < 97; ++z)
    for (std::size_t x = 0; x < 97; ++x) {
      double const r = 1.5 * std::hypot(static_cast<double>(z) - 48, static_cast<double>(x) - 48);
      std::size_t const i = z * 97 + x;
      float const gold = r <= 36 ? 0.8f : r <= 60 ? 0.2f : 0.f;
      float const silver = r <= 36 ? 0.2f : r <= 60 ? 0.8f : 0.f;
      REQUIRE(au.values[i] == doctest::Approx(gold));
      REQUIRE(ag.values[i] == doctest::Approx(silver));
      REQUIRE(au.mask[i] == (r <= 36));
      REQUIRE(ag.mask[i] == (r > 36 && r <= 60));
    }
}

TEST_CASE("as mass densities the values sum to the density of the mixture") {
  auto const p = s::core_shell({.size = 33, .values = s::composition::mass_density});
  std::size_t const centre = 16 * 33 + 16;
  double const core = 1 / (0.8 / 19.3 + 0.2 / 10.49);
  CHECK(p.elements[0].values[centre] == doctest::Approx(0.8 * core));
  CHECK(p.elements[1].values[centre] == doctest::Approx(0.2 * core));
}

TEST_CASE("the whole sphere has its volume, better so with supersampling, and the scale follows the size") {
  auto const error = [](std::size_t supersample) {
    auto const p = s::core_shell({.size = 48, .slices = 48, .supersample = supersample});
    double sum = 0;
    for (auto const& e : p.elements) sum += std::accumulate(e.values.begin(), e.values.end(), 0.0);
    double const voxels = 4.0 / 3 * 3.14159265358979 * std::pow(60 / p.voxel_nm, 3);
    return std::abs(sum / voxels - 1);
  };
  CHECK(error(1) < 0.01);
  CHECK(error(4) < 1e-3);
}

TEST_CASE("the voxels on the surface are shared out by the part inside") {
  auto const p = s::core_shell({.size = 32, .slices = 3, .supersample = 4});
  auto const &au = p.elements[0], &ag = p.elements[1];
  std::size_t partial = 0;
  for (std::size_t i = 0; i < au.values.size(); ++i) {
    float const all = au.values[i] + ag.values[i];
    CHECK(all <= 1.000001f);
    partial += all > 0.01f && all < 0.99f;
    CHECK((au.mask[i] != 0 || ag.mask[i] != 0) == (all >= 0.4999f && au.values[i] != ag.values[i]));
  }
  CHECK(partial > 100);
}

TEST_CASE("core_shell refuses sizes and radii that do not fit") {
  auto const refused = [](s::core_shell_options const& o) {
    CHECK_THROWS_AS(s::core_shell(o), tomoedx::value_error);
  };
  refused({.size = 3});
  refused({.field_nm = 0});
  refused({.field_nm = 100});
  refused({.core_radius_nm = 61});
  refused({.core_radius_nm = 0});
  refused({.outer_radius_nm = std::nan("")});
  refused({.gold_in_core = 1.1});
  refused({.gold_in_shell = std::nan("")});
}
