// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tomoedx/simulate/square_in_cube.hpp>

namespace s = tomoedx::simulate;

namespace {
double total(s::element_volume const& e) {
  return std::accumulate(e.values.begin(), e.values.end(), 0.0);
}
}  // namespace

TEST_CASE("the phantom of the paper is binary, Ag where there is no Au, with the paper's responses") {
  auto const p = s::square_in_cube();
  REQUIRE(p.elements.size() == 2);
  auto const &au = p.elements[0], &ag = p.elements[1];
  CHECK(au.name == "Au");
  CHECK(ag.name == "Ag");
  CHECK(au.shape == std::vector<std::size_t>{512, 1, 512});
  REQUIRE(au.values.size() == 512 * 512);
  CHECK(au.haadf_response == 791.5);
  CHECK(ag.haadf_response == 471.5);
  CHECK(au.eds_response == 1.88e-2);
  CHECK(ag.eds_response == 2.4e-2);
  std::size_t both = 0, fractional = 0, unlike_mask = 0;
  for (std::size_t i = 0; i < au.values.size(); ++i) {
    both += au.values[i] > 0 && ag.values[i] > 0;
    fractional += au.values[i] != 0 && au.values[i] != 1;
    fractional += ag.values[i] != 0 && ag.values[i] != 1;
    unlike_mask += (au.values[i] > 0) != (au.mask[i] != 0);
    unlike_mask += (ag.values[i] > 0) != (ag.mask[i] != 0);
  }
  CHECK(both == 0);
  CHECK(fractional == 0);
  CHECK(unlike_mask == 0);
  double const cube = 0.60 * 512 * 0.60 * 512, square = 0.28 * 512 * 0.28 * 512;
  CHECK(total(au) == doctest::Approx(square).epsilon(0.005));
  CHECK(total(au) + total(ag) == doctest::Approx(cube).epsilon(0.01));
}

TEST_CASE("supersampling brings the areas to the true ones and mixes only voxels on an edge") {
  s::square_in_cube_options options{.size = 64, .supersample = 8, .silver_edge = 0.61, .gold_edge = 0.3};
  auto const p = s::square_in_cube(options);
  double const cube = std::pow(0.61 * 64, 2), square = std::pow(0.3 * 64, 2);
  CHECK(total(p.elements[0]) == doctest::Approx(square).epsilon(2e-3));
  CHECK(total(p.elements[0]) + total(p.elements[1]) == doctest::Approx(cube).epsilon(5e-3));
  std::size_t fractional = 0;
  for (std::size_t i = 0; i < p.elements[0].values.size(); ++i) {
    float const gold = p.elements[0].values[i], silver = p.elements[1].values[i];
    CHECK(gold + silver <= 1.000001f);
    fractional += gold > 0 && gold < 1;
    CHECK((p.elements[0].mask[i] != 0) == (gold >= 0.5f));
  }
  CHECK(fractional > 20);
  CHECK(fractional < 4 * 1.5 * 0.3 * 64);
}

TEST_CASE("a square turned by 90 degrees is the same, one turned by 45 is not, and angles go from x to z") {
  s::square_in_cube_options o{.size = 40, .gold_edge = 0.3, .gold_angle = 10};
  auto const at = [&](double angle) {
    o.gold_angle = angle;
    return s::square_in_cube(o).elements[0].values;
  };
  CHECK(at(10) == at(100));
  CHECK(at(10) != at(55));
  // The corner of a square turned by 20 degrees from x to z lies at 65 degrees: z is larger than x.
  auto const turned = at(20);
  double farthest = 0, angle = 0;
  for (std::size_t z = 20; z < 40; ++z)
    for (std::size_t x = 20; x < 40; ++x)
      if (double const r = std::hypot(static_cast<double>(z) - 19.5, static_cast<double>(x) - 19.5);
          turned[z * 40 + x] > 0 && r > farthest) {
        farthest = r;
        angle = std::atan2(static_cast<double>(z) - 19.5, static_cast<double>(x) - 19.5) * 180 / 3.14159265;
      }
  CHECK(angle == doctest::Approx(65).epsilon(0.06));
}

TEST_CASE("a prism has equal slices, a particle ends within the volume") {
  s::square_in_cube_options o{.size = 32, .slices = 32};
  auto const prism = s::square_in_cube(o);
  o.extent = s::along_y::particle;
  auto const particle = s::square_in_cube(o);
  auto const slice_total = [](s::element_volume const& e, std::size_t y) {
    double sum = 0;
    for (std::size_t z = 0; z < 32; ++z)
      for (std::size_t x = 0; x < 32; ++x) sum += static_cast<double>(e.values[(z * 32 + y) * 32 + x]);
    return sum;
  };
  for (std::size_t y = 0; y < 32; ++y) {
    CHECK(slice_total(prism.elements[0], y) == slice_total(prism.elements[0], 0));
    CHECK(slice_total(prism.elements[0], y) > 0);
    double const from_middle = std::abs(static_cast<double>(y) - 15.5);
    CHECK((slice_total(particle.elements[0], y) > 0) == (from_middle <= 0.14 * 32));
    CHECK((slice_total(particle.elements[1], y) > 0) == (from_middle <= 0.30 * 32));
  }
  CHECK(slice_total(particle.elements[0], 16) == slice_total(prism.elements[0], 16));
  // Beyond the Au the whole section of the cube is Ag.
  CHECK(slice_total(particle.elements[1], 8) ==
        slice_total(prism.elements[0], 8) + slice_total(prism.elements[1], 8));
}

TEST_CASE("densities are the values of full voxels") {
  auto const p = s::square_in_cube({.size = 32, .silver_density = 10.49, .gold_density = 19.3});
  CHECK(*std::max_element(p.elements[0].values.begin(), p.elements[0].values.end()) == 19.3f);
  CHECK(*std::max_element(p.elements[1].values.begin(), p.elements[1].values.end()) == 10.49f);
}

TEST_CASE("square_in_cube refuses sizes and parts out of range") {
  auto const refused = [](s::square_in_cube_options const& o) {
    CHECK_THROWS_AS(s::square_in_cube(o), tomoedx::value_error);
  };
  refused({.size = 0});
  refused({.size = std::size_t{1} << 40});
  refused({.size = 64, .slices = 0});
  refused({.size = 64, .silver_edge = 1.2});
  refused({.size = 64, .silver_edge = std::nan("")});
  refused({.size = 64, .gold_edge = 0.5});  // the corners leave the cube
  refused({.size = 64, .gold_edge = -0.1});
  refused({.size = 64, .gold_angle = std::nan("")});
  refused({.size = 64, .gold_density = -1});
}
