// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <random>
#include <tomoedx/simulate/gaussian.hpp>

namespace s = tomoedx::simulate;

TEST_CASE("a point becomes a Gaussian of the wanted width") {
  std::size_t const width = 41;
  std::vector<double> row(width);
  row[20] = 1;
  s::gaussian_along_x(row, width, 2.0);
  double sum = 0, mean = 0, variance = 0;
  for (std::size_t i = 0; i < width; ++i) {
    sum += row[i];
    mean += row[i] * static_cast<double>(i);
  }
  for (std::size_t i = 0; i < width; ++i)
    variance += row[i] * (static_cast<double>(i) - mean) * (static_cast<double>(i) - mean);
  CHECK(sum == doctest::Approx(1).epsilon(1e-13));
  CHECK(mean == doctest::Approx(20).epsilon(1e-13));
  CHECK(variance == doctest::Approx(4).epsilon(2e-3));  // cut at four sigma
  CHECK(row[22] / row[20] == doctest::Approx(std::exp(-0.5)).epsilon(1e-12));
  CHECK(row[11] == 0);
  CHECK(row[12] > 0);
  CHECK(s::sigma_of_fwhm(1.0) == doctest::Approx(1 / (2 * std::sqrt(2 * std::log(2.0)))));
}

TEST_CASE_TEMPLATE("rows are smoothed one by one as a sum over a reflected row says", T, float, double) {
  std::size_t const width = 7, rows = 3;
  std::mt19937 engine(5);
  std::uniform_real_distribution<double> draw(0, 9);
  std::vector<T> series(width * rows);
  for (T& v : series) v = static_cast<T>(draw(engine));
  auto const before = series;
  double const sigma = 1.7;  // reaches over the whole row: radius 7
  s::gaussian_along_x(series, width, sigma);
  for (std::size_t r = 0; r < rows; ++r) {
    std::vector<double> wide;  // the row, reflected twice to each side
    for (int copy = -2; copy <= 2; ++copy)
      for (std::size_t i = 0; i < width; ++i)
        wide.push_back(static_cast<double>(before[r * width + (copy % 2 == 0 ? i : width - 1 - i)]));
    double row_before = 0, row_after = 0;
    for (std::size_t x = 0; x < width; ++x) {
      double sum = 0, norm = 0;
      for (int k = -7; k <= 7; ++k) {
        double const w = std::exp(-0.5 * k * k / (sigma * sigma));
        norm += w;
        sum += w * wide[static_cast<std::size_t>(static_cast<int>(2 * width + x) + k)];
      }
      CHECK(static_cast<double>(series[r * width + x]) ==
            doctest::Approx(sum / norm).epsilon(sizeof(T) == 4 ? 1e-6 : 1e-13));
      row_before += static_cast<double>(before[r * width + x]);
      row_after += static_cast<double>(series[r * width + x]);
    }
    CHECK(row_after == doctest::Approx(row_before).epsilon(1e-6));
  }
}

TEST_CASE("a constant stays, sigma 0 changes nothing, and a wide filter levels a short row") {
  std::vector<double> flat(30, 3.5), row{1, 2, 6};
  s::gaussian_along_x(flat, 10, 3.0);
  for (double const v : flat) CHECK(v == doctest::Approx(3.5).epsilon(1e-13));
  auto const before = row;
  s::gaussian_along_x(row, 3, 0.0);
  CHECK(row == before);
  s::gaussian_along_x(row, 3, 100.0);
  for (double const v : row) CHECK(v == doctest::Approx(3.0).epsilon(1e-3));
}

TEST_CASE("gaussian_along_x refuses rows, widths and values that do not fit") {
  std::vector<float> series{1, 2, 3, 4};
  CHECK_THROWS_AS(s::gaussian_along_x(series, 3, 1.0), tomoedx::shape_error);
  CHECK_THROWS_AS(s::gaussian_along_x(series, 0, 1.0), tomoedx::shape_error);
  CHECK_THROWS_AS(s::gaussian_along_x(series, 4, -1.0), tomoedx::value_error);
  CHECK_THROWS_AS(s::gaussian_along_x(series, 4, std::nan("")), tomoedx::value_error);
  series[2] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(s::gaussian_along_x(series, 4, 1.0), tomoedx::value_error);
  CHECK(series[0] == 1);
}
