// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_COLORMAP_HPP
#define TOMOEDX_FIGURES_COLORMAP_HPP

#include <tomoedx/figures/canvas.hpp>

#include <array>
#include <optional>

namespace tomoedx::figures {

/// The colour of what is not a number, used by no colour map.
inline constexpr rgb not_a_number{255, 0, 255};

namespace detail {

/// One channel of sRGB from linear light in 0..1.
inline std::uint8_t encoded(double light) {
  double const v = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(v, 0.0, 1.0)));
}

/// sRGB of an OKLab colour, if there is one.
///
/// source   Ottosson, "A perceptual color space for image processing", 2020
inline std::optional<rgb> oklab(double lightness, double a, double b) {
  auto const cube = [](double v) { return v * v * v; };
  double const l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  double const m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  double const s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  double const red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  double const green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  double const blue = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
  for (double const v : {red, green, blue})
    if (v < -1e-6 || v > 1 + 1e-6) return std::nullopt;
  return rgb{encoded(red), encoded(green), encoded(blue)};
}

/// The most colourful sRGB colour of this lightness and hue, up to a chroma.
inline rgb within_gamut(double lightness, double hue_degrees, double chroma) {
  double const hue = hue_degrees * 3.141592653589793 / 180;
  for (; chroma > 0; chroma -= 0.001)
    if (auto const c = oklab(lightness, chroma * std::cos(hue), chroma * std::sin(hue))) return *c;
  return oklab(lightness, 0, 0).value_or(rgb{});
}

}  // namespace detail

/// 256 colours for the numbers from 0 to 1.
class colormap {
 public:
  explicit colormap(std::array<rgb, 256> const& colors) : colors_(colors) {}

  /// The colour of t; below 0 and above 1 that of the end, for NaN `not_a_number`.
  rgb operator()(double t) const {
    if (std::isnan(t)) return not_a_number;
    return colors_[static_cast<std::size_t>(std::lround(255 * std::clamp(t, 0.0, 1.0)))];
  }

 private:
  std::array<rgb, 256> colors_;
};

/// Black to white.
inline colormap gray_map() {
  std::array<rgb, 256> colors;
  for (std::size_t i = 0; i < 256; ++i) {
    auto const v = static_cast<std::uint8_t>(i);
    colors[i] = {v, v, v};
  }
  return colormap(colors);
}

/// Black over violet, red and orange to light yellow, with a lightness that grows evenly: equal steps look
/// equal. Hue and colourfulness run smoothly along the inside of what sRGB can show.
inline colormap perceptual_map() {
  std::array<rgb, 256> colors;
  for (std::size_t i = 0; i < 256; ++i) {
    double const t = static_cast<double>(i) / 255;
    double const rise = std::sin(1.5707963267948966 * std::min(1.0, t / 0.55));
    colors[i] = detail::within_gamut(0.96 * t, 165 * t - 60, 0.15 * rise * (1 - 0.15 * std::pow(t, 8)));
  }
  return colormap(colors);
}

/// Black to one colour.
inline colormap tint_map(rgb tint) {
  std::array<rgb, 256> colors;
  auto const part = [](std::uint8_t full, std::size_t i) {
    return static_cast<std::uint8_t>((full * i + 127) / 255);
  };
  for (std::size_t i = 0; i < 256; ++i)
    colors[i] = {part(tint.red, i), part(tint.green, i), part(tint.blue, i)};
  return colormap(colors);
}

inline constexpr std::size_t tints = 6;

/// The colour of element `index` in a composite: red, green, blue, yellow, cyan, violet, and again.
inline rgb element_tint(std::size_t index) {
  constexpr std::array<rgb, tints> all{
      {{255, 70, 50}, {60, 215, 70}, {70, 120, 255}, {245, 205, 40}, {40, 215, 225}, {185, 90, 240}}};
  return all[index % tints];
}

}  // namespace tomoedx::figures

#endif
