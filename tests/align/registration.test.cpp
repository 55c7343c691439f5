// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/align/registration.hpp>

#include <doctest/doctest.h>
#include <align/particles.hpp>

#include <cmath>
#include <complex>
#include <limits>
#include <vector>

using namespace tomoedx;
using namespace tomoedx_tests;

namespace {

/// The slow transform the fast one must equal.
std::vector<std::complex<double>> plain_transform(std::vector<std::complex<double>> const& image,
                                                  std::size_t rows, std::size_t columns) {
  std::vector<std::complex<double>> out(image.size());
  for (std::size_t kx = 0; kx < columns; ++kx)
    for (std::size_t ky = 0; ky < rows; ++ky)
      for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < columns; ++x)
          out[kx * rows + ky] +=
              image[y * columns + x] *
              std::polar(1.0, -2 * std::numbers::pi *
                                  (static_cast<double>(kx * x % columns) / static_cast<double>(columns) +
                                   static_cast<double>(ky * y % rows) / static_cast<double>(rows)));
  return out;
}

/// An image of balls over the whole field, so that content leaves it when it is shifted.
std::vector<float> busy(std::size_t rows, std::size_t columns, double dx, double dy) {
  std::vector<ball> balls;
  for (std::size_t i = 0; i < 90; ++i) {
    random_stream r(5, i);
    balls.push_back({(r.uniform() - 0.5) * static_cast<double>(columns + 30),
                     (r.uniform() - 0.5) * static_cast<double>(rows + 30), 0, 2 + 4 * r.uniform(),
                     r.uniform()});
  }
  return image_of(balls, 0, rows, columns, 0, {dx, dy});
}

}  // namespace

TEST_CASE("the transform of planes of many sizes equals the plain sum, and its inverse undoes it") {
  for (auto const& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {1, 8}, {12, 1}, {6, 10}, {16, 15}, {25, 9}}) {
    CAPTURE(rows);
    CAPTURE(columns);
    detail::fft_plane plane(rows, columns);
    detail::complex_array a(rows * columns);
    std::vector<std::complex<double>> image(rows * columns);
    for (std::size_t i = 0; i < image.size(); ++i) {
      random_stream r(1, i);
      image[i] = {r.normal(), r.normal()};
      a.re[i] = image[i].real(), a.im[i] = image[i].imag();
    }
    auto const expected = plain_transform(image, rows, columns);
    plane.forward(a);
    double off = 0;
    for (std::size_t i = 0; i < image.size(); ++i)
      off = std::max(off, std::abs(std::complex<double>(a.re[i], a.im[i]) - expected[i]));
    CHECK(off < 1e-11);
    plane.inverse(a);
    off = 0;
    for (std::size_t i = 0; i < image.size(); ++i)
      off = std::max(
          off,
          std::abs(std::complex<double>(a.re[i], a.im[i]) / static_cast<double>(image.size()) - image[i]));
    CHECK(off < 1e-12);
  }
  CHECK(detail::fft_length(7) == 8);
  CHECK(detail::fft_length(251) == 256);
  CHECK(detail::fft_length(225) == 225);
}

TEST_CASE(
    "shifts of whole and broken pixels are found within 0.02 px without noise, whatever leaves the field") {
  for (auto const& [rows, columns] : {std::pair<std::size_t, std::size_t>{96, 120}, {77, 64}}) {
    image_registration find(rows, columns), quick(rows, columns, {.peak = peak_refinement::parabola});
    auto const reference = busy(rows, columns, 0, 0);
    for (auto const& [dx, dy] :
         {std::pair{0.0, 0.0}, {3.0, -2.0}, {0.37, 0.81}, {-5.42, 4.13}, {7.5, -6.5}}) {
      CAPTURE(dx);
      auto const moving = busy(rows, columns, dx, dy);  // seen at (-dx, -dy): moving it by (dx, dy) is right
      auto const t = find(reference, moving);
      CHECK(std::abs(t.dx - dx) < 0.02);
      CHECK(std::abs(t.dy - dy) < 0.02);
      CHECK(t.score > 0.99);
      CHECK(t.score <= 1 + 1e-9);
      auto const q = quick(reference, moving);
      CHECK(std::abs(q.dx - dx) < 0.1);
      CHECK(std::abs(q.dy - dy) < 0.1);
      auto const back = find(moving, reference);
      CHECK(std::abs(back.dx + t.dx) < 5e-3);
      CHECK(std::abs(back.dy + t.dy) < 5e-3);
    }
  }
}

TEST_CASE("phase damping, a gain, an offset and a slope of the background leave the shift where it is") {
  std::size_t const n = 90;
  auto const reference = busy(n, n, 0, 0);
  auto moving = busy(n, n, 2.3, -1.6);
  for (std::size_t i = 0; i < moving.size(); ++i)
    moving[i] = 7 * moving[i] + 40 + 0.4f * static_cast<float>(i % n);
  for (double const damping : {0.0, 0.5, 1.0}) {
    CAPTURE(damping);
    auto const t = register_images(reference, moving, n, n, {.flatten = 8, .phase_damping = damping});
    CHECK(std::abs(t.dx - 2.3) < 0.05);
    CHECK(std::abs(t.dy + 1.6) < 0.05);
  }
}

TEST_CASE("a mask keeps out what moves otherwise") {
  std::size_t const n = 80;
  std::vector<ball> const wanted{{-20, -12, 0, 4, 1}, {-14, 9, 0, 5, 1}, {-24, 20, 0, 3, 2}},
      other{{22, 5, 0, 7, 5}};
  auto reference = image_of(wanted, 0, n, n), moving = image_of(wanted, 0, n, n, 0, {1.7, -2.4});
  auto const still = image_of(other, 0, n, n);
  for (std::size_t i = 0; i < still.size(); ++i) reference[i] += still[i], moving[i] += still[i];
  std::vector<float> mask(n * n);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % n < 48 ? 1.0f : 0.0f;
  CHECK(std::abs(register_images(reference, moving, n, n).dx) < 0.5);  // the heavy one holds it
  auto const t = image_registration(n, n, {}, mask)(reference, moving);
  CHECK(std::abs(t.dx - 1.7) < 0.05);
  CHECK(std::abs(t.dy + 2.4) < 0.05);
}

TEST_CASE("noisy images are registered as well as their counts allow") {
  std::size_t const n = 64;
  auto const balls = particles(20, 22, 3);
  auto clean = image_of(balls, 0, n, n);
  double total = 0, information = 0;
  for (float const v : clean) total += static_cast<double>(v);
  float const scale = static_cast<float>(20000 / total);
  for (float& v : clean) v *= scale;
  for (std::size_t i = 1; i + 1 < clean.size();
       ++i)  // Fisher: sum of (dI/dx)^2 / I for a known image, half of it for two
    if (clean[i] > 0)
      information +=
          std::pow(0.5 * static_cast<double>(clean[i + 1] - clean[i - 1]), 2) / static_cast<double>(clean[i]);
  double const bound = std::sqrt(2 / information);
  image_registration find(n, n, {.smooth = 1.5});
  double square = 0;
  int const trials = 40;
  for (int k = 0; k < trials; ++k) {
    auto shifted = image_of(balls, 0, n, n, 0, {0.3, -0.4});
    for (float& v : shifted) v *= scale;
    auto const seed = static_cast<std::uint64_t>(k);
    auto const t =
        find(simulate::poisson_counts(clean, 2 * seed), simulate::poisson_counts(shifted, 2 * seed + 1));
    square += std::pow(t.dx - 0.3, 2) / trials;
  }
  CHECK(std::sqrt(square) < 2.5 * bound);
  CHECK(std::sqrt(square) > 0.5 * bound);
}

TEST_CASE("images without contrast have score 0, and mistakes are refused") {
  std::vector<float> const flat(64, 2.0f), small(60);
  auto const t = register_images(flat, flat, 8, 8);
  CHECK(t.score == 0);
  CHECK(t.dx == 0);
  auto const balls = image_of(particles(20, 18, 1), 0, 50, 70);
  for (float const level : {0.0f, 0.1f, 1000.3f}) {  // what rounding leaves of a level is no image
    std::vector<float> const even(balls.size(), level);
    for (auto const& none : {register_images(balls, even, 50, 70), register_images(even, balls, 50, 70)}) {
      CHECK(none.score == 0);
      CHECK(none.dx == 0);
      CHECK(none.dy == 0);
    }
  }
  auto broken = flat;
  broken[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(register_images(flat, broken, 8, 8), value_error);
  CHECK_THROWS_AS(register_images(flat, small, 8, 8), shape_error);
  CHECK_THROWS_AS(image_registration(0, 8), shape_error);
  CHECK_THROWS_AS(image_registration(8, 8, {.taper = 0.6}), value_error);
  CHECK_THROWS_AS(image_registration(8, 8, {.smooth = -1}), value_error);
  CHECK_THROWS_AS(image_registration(8, 8, {.phase_damping = 2}), value_error);
  CHECK_THROWS_AS(image_registration(8, 8, {.passes = 0}), value_error);
  CHECK_THROWS_AS(image_registration(8, 8, {}, std::vector<float>(64, 2.0f)), value_error);
  CHECK_THROWS_AS(image_registration(8, 8, {}, std::vector<float>(63)), shape_error);
}
