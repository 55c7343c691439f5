// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_AUTOCORRELATION_HPP
#define TOMOEDX_METRICS_AUTOCORRELATION_HPP

#include <tomoedx/metrics/detail/checks.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <vector>

namespace tomoedx::metrics {

/// The normalised autocorrelation of images over small lags, and how exactly it is known.
class autocorrelation_map {
 public:
  /// throws   value_error for negative lags or too many
  explicit autocorrelation_map(int most) : most_(checked(most)), values_(size()), errors_(size()) {}

  int most() const { return most_; }  ///< lags run from -most() to most() along y and x

  /// Mean of r(y, x) r(y + dy, x + dx) over the mean of r^2; 1 at lag (0, 0).
  double operator()(int dy, int dx) const { return values_[index(dy, dx)]; }

  /// The standard error of this value if the images were white noise, whose variance may differ from pixel to
  /// pixel; infinite where the images have no such pair of pixels.
  double standard_error(int dy, int dx) const { return errors_[index(dy, dx)]; }

  void set(int dy, int dx, double value, double error) {
    values_[index(dy, dx)] = values_[index(-dy, -dx)] = value;
    errors_[index(dy, dx)] = errors_[index(-dy, -dx)] = error;
  }

 private:
  static int checked(int most) {
    expects<value_error>(most >= 0 && most <= 100,
                         "autocorrelation_map: lags up to {} asked for; they can be 0 to 100", most);
    return most;
  }
  std::size_t size() const { return static_cast<std::size_t>(2 * most_ + 1) * (2 * most_ + 1); }
  std::size_t index(int dy, int dx) const {
    expects<value_error>(std::abs(dy) <= most_ && std::abs(dx) <= most_,
                         "autocorrelation_map: lag ({}, {}) is beyond {}; ask for more lags", dy, dx, most_);
    return static_cast<std::size_t>(dy + most_) * (2 * most_ + 1) + (dx + most_);
  }

  int most_;
  std::vector<double> values_, errors_;
};

namespace detail {

/// Sums over the pairs of two rows, a lag apart: of products, and of their squares.
struct lag_sums {
  double products = 0, squares = 0;
};

inline void add_row_pairs(double const* a, double const* b, std::size_t n, lag_sums& to) {
  constexpr std::size_t lanes = 8;  // apart, so that the sums can go side by side
  std::array<double, lanes> products{}, squares{};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t j = 0; j < lanes; ++j) {
      double const p = a[i + j] * b[i + j];
      products[j] += p;
      squares[j] += p * p;
    }
  for (; i < n; ++i) {
    double const p = a[i] * b[i];
    products[0] += p;
    squares[0] += p * p;
  }
  for (std::size_t j = 0; j < lanes; ++j) to.products += products[j], to.squares += squares[j];
}

}  // namespace detail

/// The autocorrelation of a residual (noisy - denoised), each image relative to its own mean; all images of a stack
/// together.
///
/// shapes   `shape` is slowest first, (y, x) or (n, y, x) or more axes in front
/// throws   shape_error for sizes that do not fit; value_error for a value that is not finite, lags out of range, or
///          images that are all constant
template <real_range R>
autocorrelation_map autocorrelation(R const& residual, std::span<std::size_t const> shape, int lags = 5) {
  auto const r = detail::values(residual);
  expects<value_error>(lags >= 1 && lags <= 100, "autocorrelation: lags is {}; ask for 1 to 100", lags);
  expects<shape_error>(shape.size() >= 2, "autocorrelation: the shape has {} axes, images need 2 or more",
                       shape.size());
  expects<value_error>(!r.empty(), "autocorrelation: the residual is empty");
  std::size_t rest = r.size();
  for (std::size_t const n : shape) {
    expects<shape_error>(n > 0 && rest % n == 0, "autocorrelation: an extent of {} does not fit {} values", n,
                         r.size());
    rest /= n;
  }
  expects<shape_error>(rest == 1, "autocorrelation: the shape holds {} values, the residual {}",
                       r.size() / rest, r.size());
  detail::check_finite("autocorrelation", "residual", r);

  std::size_t const height = shape[shape.size() - 2], width = shape[shape.size() - 1],
                    pixels = height * width;
  std::size_t const images = r.size() / pixels;
  int const columns = 2 * lags + 1;
  std::vector<detail::lag_sums> sums(static_cast<std::size_t>(lags + 1) *
                                     columns);  // dy from 0, dx from -lags
  double power = 0;
  std::vector<double> image(pixels);
  for (std::size_t n = 0; n < images; ++n) {
    auto const from = r.subspan(n * pixels, pixels);
    double mean = 0;
    for (auto const v : from) mean += static_cast<double>(v) / static_cast<double>(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
      image[i] = static_cast<double>(from[i]) - mean;
      power += image[i] * image[i];
    }
    for (std::size_t y = 0; y < height; ++y)
      for (int dy = 0; dy <= lags && y + dy < height; ++dy)
        for (int dx = dy == 0 ? 0 : -lags; dx <= lags; ++dx) {
          auto const shift = static_cast<std::size_t>(std::abs(dx));
          if (shift >= width) continue;
          double const* const a = image.data() + y * width + (dx < 0 ? shift : 0);
          double const* const b = image.data() + (y + dy) * width + (dx > 0 ? shift : 0);
          detail::add_row_pairs(a, b, width - shift,
                                sums[static_cast<std::size_t>(dy) * columns + (dx + lags)]);
        }
  }
  auto const constant = [&](std::size_t n) { return detail::is_constant(r.subspan(n * pixels, pixels)); };
  bool varies = false;
  for (std::size_t n = 0; n < images && !varies; ++n) varies = !constant(n);
  expects<value_error>(varies && power > 0,
                       "autocorrelation: all images of the residual are constant; was "
                       "anything taken off?");
  power = detail::finished("autocorrelation", power) / static_cast<double>(r.size());

  autocorrelation_map map(lags);
  for (int dy = 0; dy <= lags; ++dy)
    for (int dx = dy == 0 ? 0 : -lags; dx <= lags; ++dx) {
      auto const left = [](std::size_t extent, int lag) {
        return extent - std::min(extent, static_cast<std::size_t>(std::abs(lag)));
      };
      double const pairs = static_cast<double>(images * left(height, dy) * left(width, dx));
      auto const& s = sums[static_cast<std::size_t>(dy) * columns + (dx + lags)];
      if (pairs == 0)
        map.set(dy, dx, 0, std::numeric_limits<double>::infinity());
      else
        map.set(dy, dx, s.products / pairs / power, std::sqrt(s.squares) / pairs / power);
    }
  map.set(0, 0, 1, 0);
  return map;
}

/// The same with the shape written in place: autocorrelation(r, {images, rows, columns}).
template <real_range R>
autocorrelation_map autocorrelation(R const& residual, std::initializer_list<std::size_t> shape,
                                    int lags = 5) {
  return autocorrelation(residual, std::span<std::size_t const>(shape.begin(), shape.size()), lags);
}

/// When a correlation counts.
struct blind_spot_options {
  double significance = 4;  ///< it exceeds so many standard errors
  /// And this: a pixel correlated by c foretells c^2 of its neighbour's noise power.
  double negligible = 0.05;
};

/// Edges of the blind spot that a self-supervised network needs: odd, along y and along x.
struct blind_spot_advice {
  int y = 1, x = 1;
  /// The last lag still counts: ask for more lags, or structure was removed.
  bool open_y = false, open_x = false;
};

/// How large a blind spot must be so that no visible pixel foretells the noise of the blinded one: 2 m + 1 along
/// each axis, m the largest lag along it of all that count, the diagonal ones too. White noise gives 1, noise
/// spread over two neighbouring pixels 3, over three 5 (they are correlated two pixels apart).
///
/// Only positive correlations count: a denoiser that smooths leaves negative ones in the residual of white noise.
/// throws   value_error for options out of range
inline blind_spot_advice advise_blind_spot(autocorrelation_map const& map,
                                           blind_spot_options const& options = {}) {
  expects<value_error>(options.significance >= 0 && std::isfinite(options.significance) &&
                           options.negligible >= 0 && options.negligible < 1,
                       "advise_blind_spot: significance is {} and negligible {}; give 0 or more, and 0 to 1",
                       options.significance, options.negligible);
  int y = 0, x = 0;
  auto const counts = [&](int dy, int dx) {
    return map(dy, dx) > options.significance * map.standard_error(dy, dx) &&
           map(dy, dx) > options.negligible;
  };
  for (int dy = 0; dy <= map.most(); ++dy)
    for (int dx = dy == 0 ? 1 : -map.most(); dx <= map.most(); ++dx)
      if (counts(dy, dx)) y = std::max(y, dy), x = std::max(x, std::abs(dx));
  return {2 * y + 1, 2 * x + 1, y == map.most(), x == map.most()};
}

}  // namespace tomoedx::metrics

#endif
