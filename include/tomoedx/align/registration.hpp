// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_REGISTRATION_HPP
#define TOMOEDX_ALIGN_REGISTRATION_HPP

#include <tomoedx/align/detail/correlation_peak.hpp>
#include <tomoedx/align/detail/fft.hpp>
#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <vector>

namespace tomoedx {

/// How the top of a correlation is found between pixels.
enum class peak_refinement {
  fourier,   ///< Newton's method on the correlation's trigonometric polynomial: the limit of any upsampling
  parabola,  ///< through three pixels each way: quicker, a few hundredths of a pixel off
};

/// Options of registration.
struct registration_options {
  double taper = 0.2;        ///< share of each edge over which the images are faded out, 0 to 0.5
  double smooth = 1;         ///< [pixel] sigma of the Gaussian low-pass; 0 for none
  double flatten = 0;        ///< [pixel] structure wider than a Gaussian of this sigma is removed; 0 for none
  double phase_damping = 0;  ///< 0 for cross-correlation, 1 for phase correlation, between for between
  double max_shift = 0;      ///< [pixel] each way; 0 for half the image
  std::size_t passes = 3;    ///< from the second on the fading follows the content of the moved image
  peak_refinement peak = peak_refinement::fourier;
};

/// A shift that brings a moving image onto a reference.
struct translation {
  double dx = 0, dy = 0;  ///< [pixel] content at (x, y) of the moving image belongs at (x + dx, y + dy)
  double score =
      0;  ///< correlation coefficient of the faded, filtered images there: 1 for equal ones, 0 for no relation
};

/// Sub-pixel registration of images of one size, by cross-correlation; made once and used for many pairs.
///
/// Both images are faded out at their edges (and under a mask), their mean removed, band-passed and correlated; a
/// fixed fading would hold the images where they are, so it moves along in later passes. 256 x 256 pixels take 7 ms
/// with three passes, 4 ms with one.
/// requires scratch is the object's own: one object for each thread
/// source   Guizar-Sicairos et al., Optics Letters 33 (2008) 156, for the accuracy that upsampled correlation has
class image_registration {
 public:
  /// The mask says how much each pixel of the reference counts, 0 to 1; empty for all alike.
  ///
  /// throws   tomoedx::shape_error for empty images and masks of another size, value_error for options out of range
  image_registration(std::size_t rows, std::size_t columns, registration_options const& options = {},
                     std::span<float const> mask = {})
      : rows_(rows),
        columns_(columns),
        options_(options),
        mask_(mask.begin(), mask.end()),
        plane_(padded(rows, "rows"), padded(columns, "columns")),
        both_(plane_.size()),
        cross_(plane_.size()),
        correlation_(plane_.size()),
        polynomial_(plane_.rows(), plane_.columns()) {
    check();
    prepare_filter();
  }

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }

  /// The shift that brings `moving` onto `reference`; zero with score 0 where one of them is the same everywhere.
  ///
  /// shapes   both (y, x) as the object was made
  /// throws   tomoedx::shape_error for other sizes, value_error for NaN
  translation operator()(std::span<float const> reference, std::span<float const> moving) {
    expects<shape_error>(reference.size() == rows_ * columns_ && moving.size() == rows_ * columns_,
                         "registration: images of {} and {} pixels, this is made for {} x {}",
                         reference.size(), moving.size(), rows_, columns_);
    translation best;
    for (std::size_t pass = 0; pass < options_.passes; ++pass) {
      bool const contrast = fade(reference, best, -0.5, both_.re, "reference");
      if (!fade(moving, best, 0.5, both_.im, "moving image") || !contrast) return {};
      plane_.forward(both_);
      double const energy = multiply();
      if (!(energy > 0)) return {};
      auto const peak =
          pass > 0 && options_.peak == peak_refinement::fourier ? follow_peak(best) : find_peak();
      translation const now{peak.x, peak.y, peak.value / energy};
      bool const settled = std::abs(now.dx - best.dx) < 1e-3 && std::abs(now.dy - best.dy) < 1e-3;
      best = now;
      if (settled) break;
    }
    return best;
  }

 private:
  static std::size_t padded(std::size_t n, char const* what) {
    expects<shape_error>(n > 0 && n <= 65536, "registration: an image of {} {}; 1 to 65536", n, what);
    return n == 1 ? 1 : detail::fft_length(n);
  }

  void check() const {
    auto const& o = options_;
    expects<shape_error>(mask_.empty() || mask_.size() == rows_ * columns_,
                         "registration: a mask of {} pixels for images of {} x {}", mask_.size(), rows_,
                         columns_);
    for (float const m : mask_)
      expects<value_error>(m >= 0 && m <= 1, "registration: the mask holds {}; its values are 0 to 1", m);
    expects<value_error>(o.taper >= 0 && o.taper <= 0.5, "registration: taper is {}, give 0 to 0.5", o.taper);
    expects<value_error>(
        o.smooth >= 0 && o.flatten >= 0 && std::isfinite(o.smooth) && std::isfinite(o.flatten),
        "registration: smooth is {} and flatten {} pixels, both are finite and not negative", o.smooth,
        o.flatten);
    expects<value_error>(o.phase_damping >= 0 && o.phase_damping <= 1,
                         "registration: phase_damping is {}, give 0 to 1", o.phase_damping);
    expects<value_error>(o.max_shift >= 0, "registration: max_shift is {}, give 0 or more pixels",
                         o.max_shift);
    expects<value_error>(o.passes > 0 && o.passes <= 100, "registration: {} passes, give 1 to 100", o.passes);
  }

  /// Squared, as both images are filtered.
  void prepare_filter() {
    std::size_t const nx = plane_.columns(), ny = plane_.rows();
    filter_.resize(plane_.size());
    auto const gauss = [](double w2, double sigma) { return std::exp(-0.5 * w2 * sigma * sigma); };
    for (std::size_t kx = 0; kx < nx; ++kx)
      for (std::size_t ky = 0; ky < ny; ++ky) {
        double const wx = detail::angular_frequency(kx, nx), wy = detail::angular_frequency(ky, ny);
        double const w2 = wx * wx + wy * wy;
        double h = gauss(w2, options_.smooth);
        if (options_.flatten > 0) h *= 1 - gauss(w2, options_.flatten);
        bool const nyquist = (2 * kx == nx && nx > 1) || (2 * ky == ny && ny > 1);
        filter_[kx * ny + ky] = nyquist ? 0 : h * h;
      }
    filter_[0] = 0;
  }

  /// 1 inside, 0 beyond the edges, half a cosine between.
  static double window(double place, std::size_t n, double taper) {
    double const edge = std::min(place + 0.5, static_cast<double>(n) - 0.5 - place);
    if (edge <= 0) return 0;
    double const width = taper * static_cast<double>(n);
    if (edge >= width) return 1;
    double const s = std::sin(0.5 * std::numbers::pi * edge / width);
    return s * s;
  }

  /// The image without its mean, faded by the window that is `part` of the shift `d` away, on the padded plane.
  ///
  /// returns  false where all that counts is the same, but for the rounding of floats: what is left of it is no image
  bool fade(std::span<float const> image, translation const& d, double part, std::span<double> to,
            char const* which) {
    wx_.assign(columns_, 1.0);
    wy_.assign(rows_, 1.0);
    if (columns_ > 1)
      for (std::size_t x = 0; x < columns_; ++x)
        wx_[x] = window(static_cast<double>(x) + part * d.dx, columns_, options_.taper);
    if (rows_ > 1)
      for (std::size_t y = 0; y < rows_; ++y)
        wy_[y] = window(static_cast<double>(y) + part * d.dy, rows_, options_.taper);
    // the mask lies on the reference; the moving image's content is found there after the shift
    auto const off_x = static_cast<std::ptrdiff_t>(std::lround(part > 0 ? d.dx : 0.0));
    auto const off_y = static_cast<std::ptrdiff_t>(std::lround(part > 0 ? d.dy : 0.0));
    auto const weight = [&](std::size_t y, std::size_t x) {
      double const w = wy_[y] * wx_[x];
      if (mask_.empty() || w == 0) return w;
      auto const my = static_cast<std::ptrdiff_t>(y) + off_y, mx = static_cast<std::ptrdiff_t>(x) + off_x;
      bool const inside = my >= 0 && mx >= 0 && my < static_cast<std::ptrdiff_t>(rows_) &&
                          mx < static_cast<std::ptrdiff_t>(columns_);
      return inside ? w * static_cast<double>(
                              mask_[static_cast<std::size_t>(my) * columns_ + static_cast<std::size_t>(mx)])
                    : 0.0;
    };
    double sum = 0, weights = 0, lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
    for (std::size_t y = 0; y < rows_; ++y)
      for (std::size_t x = 0; x < columns_; ++x) {
        double const w = weight(y, x), v = static_cast<double>(image[y * columns_ + x]);
        sum += w * v, weights += w;
        if (w > 0) lowest = std::min(lowest, v), highest = std::max(highest, v);
      }
    expects<value_error>(std::isfinite(sum), "registration: the {} holds NaN or infinity", which);
    double const mean = weights > 0 ? sum / weights : 0;
    std::fill(to.begin(), to.end(), 0.0);
    for (std::size_t y = 0; y < rows_; ++y)
      for (std::size_t x = 0; x < columns_; ++x)
        to[y * plane_.columns() + x] = weight(y, x) * (static_cast<double>(image[y * columns_ + x]) - mean);
    constexpr double rounding = 4 * static_cast<double>(std::numeric_limits<float>::epsilon());
    return highest - lowest > rounding * std::max(std::abs(lowest), std::abs(highest));
  }

  /// The filtered cross-power spectrum of the two real images that were transformed as one complex image.
  ///
  /// returns  what equal images would correlate to
  double multiply() {
    std::size_t const nx = plane_.columns(), ny = plane_.rows();
    double own_a = 0, own_b = 0, both = 0;
    for (std::size_t kx = 0; kx < nx; ++kx) {
      std::size_t const mx = kx == 0 ? 0 : nx - kx;
      for (std::size_t ky = 0; ky < ny; ++ky) {
        std::size_t const i = kx * ny + ky, j = mx * ny + (ky == 0 ? 0 : ny - ky);
        double const ar = 0.5 * (both_.re[i] + both_.re[j]), ai = 0.5 * (both_.im[i] - both_.im[j]);
        double const br = 0.5 * (both_.im[i] + both_.im[j]), bi = 0.5 * (both_.re[j] - both_.re[i]);
        double const aa = ar * ar + ai * ai, bb = br * br + bi * bi;
        both += aa * bb;
        double h = filter_[i];
        if (options_.phase_damping > 0)
          h *= aa * bb > 0 ? std::pow(aa * bb, -0.5 * options_.phase_damping) : 0.0;
        cross_.re[i] = h * (ar * br + ai * bi);
        cross_.im[i] = h * (ai * br - ar * bi);
        own_a += h * aa;
        own_b += h * bb;
      }
    }
    return both > 0 ? std::sqrt(own_a * own_b) : 0;
  }

  /// The top near the last one; searched anew where there is none.
  detail::correlation_peak follow_peak(translation const& last) {
    constexpr double none = -1e300;
    auto const peak = polynomial_.climb(cross_, {last.dx, last.dy, none});
    return peak.value == none ? find_peak() : peak;
  }

  /// The highest pixel of the correlation within the limit, and the top near it.
  detail::correlation_peak find_peak() {
    correlation_.re = cross_.re;
    correlation_.im = cross_.im;
    plane_.inverse(correlation_);
    auto const ny = static_cast<std::ptrdiff_t>(plane_.rows()),
               nx = static_cast<std::ptrdiff_t>(plane_.columns());
    auto const reach = [&](std::size_t n) {
      double const half = 0.5 * static_cast<double>(n - 1);
      return static_cast<std::ptrdiff_t>(options_.max_shift > 0 ? std::min(options_.max_shift, half) : half);
    };
    auto const at = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
      return correlation_.re[static_cast<std::size_t>(((y + ny) % ny) * nx + (x + nx) % nx)];
    };
    std::ptrdiff_t const reach_y = reach(rows_), reach_x = reach(columns_);
    std::ptrdiff_t best_y = 0, best_x = 0;
    double highest = at(0, 0);
    for (std::ptrdiff_t y = -reach_y; y <= reach_y; ++y)
      for (std::ptrdiff_t x = -reach_x; x <= reach_x; ++x)
        if (at(y, x) > highest) highest = at(y, x), best_y = y, best_x = x;
    detail::correlation_peak peak{static_cast<double>(best_x), static_cast<double>(best_y), highest};
    if (options_.peak == peak_refinement::fourier) return polynomial_.climb(cross_, peak);
    if (nx > 2) peak.x += detail::parabola_vertex(at(best_y, best_x - 1), highest, at(best_y, best_x + 1));
    if (ny > 2) peak.y += detail::parabola_vertex(at(best_y - 1, best_x), highest, at(best_y + 1, best_x));
    return peak;
  }

  std::size_t rows_, columns_;
  registration_options options_;
  std::vector<float> mask_;
  detail::fft_plane plane_;
  detail::complex_array both_, cross_, correlation_;
  detail::correlation_polynomial polynomial_;
  std::vector<double> filter_, wx_, wy_;
};

/// The shift that brings one image onto another, for a single pair.
///
/// shapes   both images (y, x)
/// throws   as image_registration
inline translation register_images(std::span<float const> reference, std::span<float const> moving,
                                   std::size_t rows, std::size_t columns,
                                   registration_options const& options = {}) {
  return image_registration(rows, columns, options)(reference, moving);
}

}  // namespace tomoedx

#endif
