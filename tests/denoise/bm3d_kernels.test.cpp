// SPDX-License-Identifier: BSD-3-Clause
// What BM3D is made of: transforms, variances, the search for blocks and the tiles.
#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/bm3d.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace detail = tomoedx::detail;

namespace {

/// The rows of a transform along one edge, as it is used: [coefficient][pixel].
template <class Transform>
std::array<std::array<double, 8>, 8> matrix_of() {
  std::array<std::array<double, 8>, 8> m;
  for (std::size_t i = 0; i < 8; ++i) {
    double unit[8] = {};
    unit[i] = 1;
    Transform::template forward<double>(unit);
    for (std::size_t k = 0; k < 8; ++k) m[k][i] = unit[k];
  }
  return m;
}

/// A lowpass filter with every second output on a circle: y[i] = sum of h[t] x[2 i - 4 + t].
std::vector<double> lowpass(std::vector<double> const& x) {
  constexpr std::array h{3, -3, -22, 22, 128, 128, 22, -22, -3, 3};  // bior 1.5, times 128
  int const n = static_cast<int>(x.size());
  std::vector<double> y(x.size() / 2);
  for (int i = 0; i < n / 2; ++i)
    for (int t = 0; t < 10; ++t)
      y[static_cast<std::size_t>(i)] +=
          h[static_cast<std::size_t>(t)] / 128.0 * x[static_cast<std::size_t>((2 * i - 4 + t + 8 * n) % n)];
  return y;
}

}  // namespace

TEST_CASE("the cosine transform is the orthonormal one of its definition") {
  auto const m = matrix_of<detail::dct8>();
  for (std::size_t k = 0; k < 8; ++k)
    for (std::size_t i = 0; i < 8; ++i)
      CHECK(m[k][i] == doctest::Approx(std::sqrt(k == 0 ? 0.125 : 0.25) *
                                       std::cos(std::numbers::pi * static_cast<double>(k * (2 * i + 1)) / 16))
                           .epsilon(1e-13));
}

TEST_CASE("the wavelet is the filter bank of bior 1.5 on a circle") {
  auto const m = matrix_of<detail::bior15>();
  for (std::size_t i = 0; i < 8; ++i) {
    std::vector<double> x(8);
    x[i] = 1;
    auto const s = lowpass(x), t = lowpass(s), u = lowpass(t);
    std::array const expected{u[0],        t[0] - t[1], s[0] - s[1], s[2] - s[3],
                              x[0] - x[1], x[2] - x[3], x[4] - x[5], x[6] - x[7]};
    for (std::size_t k = 0; k < 8; ++k) CHECK(m[k][i] == doctest::Approx(expected[k]).epsilon(1e-14));
  }
}

TEST_CASE_TEMPLATE("inverse transforms undo the forward ones, in blocks and in groups", Transform,
                   detail::dct8, detail::bior15) {
  auto const check = [](auto row) {
    using row_type = decltype(row);
    constexpr auto scale = Transform::scale();
    auto const m = matrix_of<Transform>();
    double block[8 * 11], spectrum[64], ones[64], back[8 * 9];
    for (std::size_t i = 0; i < 88; ++i) block[i] = tomoedx::random_stream(3, i).normal();
    std::fill_n(ones, 64, 2.0);
    std::fill_n(back, 72, 1.0);
    detail::transform_block<Transform, row_type>(block, 11, spectrum);
    for (std::size_t k = 0; k < 8; ++k)  // transposed: the row is the number along x
      for (std::size_t l = 0; l < 8; ++l) {
        double sum = 0;
        for (std::size_t y = 0; y < 8; ++y)
          for (std::size_t x = 0; x < 8; ++x) sum += m[l][y] * m[k][x] * block[y * 11 + x];
        CHECK(spectrum[k * 8 + l] == doctest::Approx(sum).epsilon(1e-12));
        spectrum[k * 8 + l] *= scale[k] * scale[l];
      }
    detail::invert_block<Transform, row_type>(spectrum, ones, back, 9);
    for (std::size_t y = 0; y < 8; ++y)
      for (std::size_t x = 0; x < 9; ++x)
        CHECK(std::abs(back[y * 9 + x] - (x < 8 ? 1 + 2 * block[y * 11 + x] : 1)) < 1e-13);
  };
  check(detail::bm3d_row<double, 16>{});
  check(detail::bm3d_row<double, 32>{});
  check(detail::bm3d_row<double, 64>{});
}

TEST_CASE("Haar's transform along a group is orthogonal with the stated norms") {
  constexpr int n = 16;
  double rows[n][n];
  for (int i = 0; i < n; ++i) {
    double v[n] = {};
    v[i] = 1;
    detail::haar_forward(v);
    for (int k = 0; k < n; ++k) {
      rows[k][i] = v[k];
      v[k] /= 1 << detail::haar_level<n>(k);
    }
    detail::haar_inverse(v);
    for (int k = 0; k < n; ++k) CHECK(v[k] == (k == i ? 1 : 0));
  }
  for (int k = 0; k < n; ++k)
    for (int l = 0; l < n; ++l) {
      double product = 0;
      for (int i = 0; i < n; ++i) product += rows[k][i] * rows[l][i];
      CHECK(product == (k == l ? 1 << detail::haar_level<n>(k) : 0));
    }
}

TEST_CASE_TEMPLATE("variances of coefficients are those of overlapping windows on white noise", Transform,
                   detail::dct8, detail::bior15) {
  constexpr int n = 8, width = 40;
  detail::bm3d_group group{};
  group.start(10, 12);
  for (int i = 1; i < n; ++i)
    group.insert(n, static_cast<float>(i), 10 + (i * 5) % 7 - 3, 12 + (i * i) % 11 - 5);
  detail::bm3d_pairs pairs;
  pairs.find(group, n);
  CHECK(pairs.size > 5);
  auto const m = matrix_of<Transform>();
  using row = detail::bm3d_row<double, 16>;
  for (int c = 0; c < 64; c += row::size) {
    row::type variance[n];
    detail::coefficient_variances<Transform, row, n, double>(pairs, c, variance);
    for (int lane = 0; lane < row::size; ++lane) {
      auto const kx = static_cast<std::size_t>((c + lane) / 8), ky = static_cast<std::size_t>((c + lane) % 8);
      for (int k = 0; k < n; ++k) {
        double haar[n] = {};  // row k of Haar's matrix, by its columns
        for (int i = 0; i < n; ++i) {
          double unit[n] = {};
          unit[i] = 1;
          detail::haar_forward(unit);
          haar[i] = unit[k];
        }
        std::vector<double> plane(width * width);  // what the coefficient weighs every pixel with
        for (int i = 0; i < n; ++i)
          for (std::size_t y = 0; y < 8; ++y)
            for (std::size_t x = 0; x < 8; ++x)
              plane[(static_cast<std::size_t>(group.y[i]) + y) * width +
                    static_cast<std::size_t>(group.x[i]) + x] += haar[i] * m[ky][y] * m[kx][x];
        double sum = 0;
        for (double const w : plane) sum += w * w;
        CHECK(variance[k][lane] == doctest::Approx(sum).epsilon(1e-11));
      }
    }
  }
}

TEST_CASE("groups are the nearest blocks of a plain search") {
  constexpr int height = 33, width = 41, radius = 9, margin = detail::bm3d_margin(radius);
  std::vector<float> padded(height * (width + 2 * margin), detail::bm3d_infinity);
  auto const at = [&](int y, int x) -> float& {
    return padded[static_cast<std::size_t>(y * (width + 2 * margin) + margin + x)];
  };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      at(y, x) =
          static_cast<float>(tomoedx::random_stream(2, static_cast<std::uint64_t>(y * 100 + x)).normal());
  detail::bm3d_search_image const image{padded.data() + margin, width + 2 * margin, height, width};
  std::array const columns{0, 3, 6, 20, 21, 33};
  auto const check = [&](auto bytes, int row, float limit) {
    std::array<detail::bm3d_group, 6> groups;
    detail::match_row<bytes.value>(image, {radius, 16, limit}, row, columns.data(), 6, groups.data());
    for (std::size_t g = 0; g < 6; ++g) {
      std::vector<double> plain;
      for (int y = std::max(0, row - radius); y <= std::min(height - 8, row + radius); ++y)
        for (int x = std::max(0, columns[g] - radius); x <= std::min(width - 8, columns[g] + radius); ++x) {
          double sum = 0;
          for (int i = 0; i < 64; ++i)
            sum += std::pow(at(y + i / 8, x + i % 8) - at(row + i / 8, columns[g] + i % 8), 2);
          if ((y != row || x != columns[g]) && sum < limit) plain.push_back(sum);
        }
      std::sort(plain.begin(), plain.end());
      CHECK(groups[g].size == static_cast<int>(std::min<std::size_t>(16, plain.size() + 1)));
      CHECK(groups[g].y[0] == row);
      CHECK(groups[g].x[0] == columns[g]);
      for (int i = 1; i < groups[g].size; ++i) {
        double sum = 0;
        for (int j = 0; j < 64; ++j)
          sum += std::pow(
              at(groups[g].y[i] + j / 8, groups[g].x[i] + j % 8) - at(row + j / 8, columns[g] + j % 8), 2);
        CHECK(groups[g].distance[i] == doctest::Approx(plain[static_cast<std::size_t>(i - 1)]).epsilon(1e-5));
        CHECK(groups[g].distance[i] == doctest::Approx(sum).epsilon(1e-5));
      }
    }
  };
  for (int const row : {0, 7, 25}) {
    check(std::integral_constant<int, 16>{}, row, detail::bm3d_infinity);
    check(std::integral_constant<int, 32>{}, row, 110.0f);
    check(std::integral_constant<int, 64>{}, row, 110.0f);
  }
}

TEST_CASE("tiles of one colour never write to the same pixel, and all blocks are in a tile") {
  for (int const step : {1, 3, 8})
    for (int const radius : {0, 4, 19}) {
      auto const t = detail::make_bm3d_tiling(211, 300, step, radius);
      int tiles = 0;
      for (int colour = 0; colour < 4; ++colour) tiles += t.count(colour);
      CHECK(tiles == t.down() * t.across());
      CHECK(t.down() * t.height >= t.rows.count());
      CHECK(t.rows(t.rows.count() - 1) == 211 - 8);
      CHECK(t.columns(t.columns.count() - 1) == 300 - 8);
      for (int i = 0; i + 2 < t.down(); ++i)
        CHECK(t.rows((i + 2) * t.height) - radius > t.rows((i + 1) * t.height - 1) + radius + 7);
      for (int i = 0; i + 2 < t.across(); ++i)
        CHECK(t.columns((i + 2) * t.width) - radius > t.columns((i + 1) * t.width - 1) + radius + 7);
    }
}
