// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_DM_IMAGES_HPP
#define TOMOEDX_IO_DETAIL_DM_IMAGES_HPP
// IWYU pragma: private, include "tomoedx/io/dm.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/dm_tags.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// What the numbers of a DM image are, by its DataType; nothing for colours, complex numbers and what is not known.
inline std::optional<scalar_type> dm_image_type(double code) {
  struct known {
    double code;
    scalar_type type;
  };
  static constexpr known table[] = {{1, scalar_type::i16},  {2, scalar_type::f32},  {6, scalar_type::u8},
                                    {7, scalar_type::i32},  {9, scalar_type::i8},   {10, scalar_type::u16},
                                    {11, scalar_type::u32}, {12, scalar_type::f64}, {14, scalar_type::u8},
                                    {39, scalar_type::i64}, {40, scalar_type::u64}};
  for (known const& k : table)
    if (k.code == code) return k.type;
  return std::nullopt;
}

/// The words for a DataType that is not read.
inline std::string_view dm_refused_type(double code) {
  if (code == 8 || code == 23) return "colours; convert it to grey";
  if (code == 3 || code == 5 || code == 13 || code == 27 || code == 28)
    return "complex numbers; save real and imaginary part apart";
  return "not known to us; save it as 4 byte real";
}

/// The image at tag `image` (a child of ImageList), checked against what the file holds. Its axes are slowest first, x
/// last, as in every array here.
struct dm_image {
  std::uint32_t tag = 0;
  std::string name;
  scalar_type type = scalar_type::f32;
  std::vector<std::size_t> shape;
  std::vector<axis> axes;
  std::vector<double> tilts;
  std::uint64_t begin = 0;
};

/// The tilt angles that the acquisition program listed for the slowest index, else those of a uniform axis in degrees.
inline std::vector<double> dm_tilts(dm_tags const& tags, dm_image const& image) {
  std::vector<double> tilts;
  if (image.shape.size() < 3 || !is_degrees(image.axes[0].units)) return tilts;
  std::size_t const n = image.shape[0];
  std::string const list = fmt::format("ImageTags/Meta Data/Dimension info/{}/Data", image.shape.size() - 1);
  tilts.assign(n, std::nan(""));
  for (std::uint32_t t = tags[tags.find(image.tag, list)].first; t != 0; t = tags[t].next) {
    std::size_t at = 0;
    std::string const& label = tags[t].label;
    bool digits = !label.empty() && label.size() < 10;
    for (char const c : label)
      digits = digits && c >= '0' && c <= '9', at = digits ? at * 10 + std::size_t(c - '0') : n;
    if (digits && at < n) tilts[at] = tags.number_of(t).value_or(std::nan(""));
  }
  auto const good = [](double a) { return std::fabs(a) <= 360; };
  if (std::ranges::all_of(tilts, good)) return tilts;
  axis const& a = image.axes[0];
  for (std::size_t i = 0; i < n; ++i) tilts[i] = a.offset + static_cast<double>(i) * a.scale;
  return std::ranges::all_of(tilts, good) ? tilts : std::vector<double>{};
}

/// throws   file_error: of no type we read, or claims more than the file holds
inline dm_image dm_image_at(dm_tags const& tags, std::uint32_t tag, input const& in) {
  dm_image image;
  image.tag = tag;
  std::string const where = fmt::format("{}: {}", in.name(), tags.path_of(tag));
  image.name = tags.text_at(tag, "Name");
  std::uint32_t const data = tags.find(tag, "ImageData");
  double const code = tags.number_at(data, "DataType").value_or(-1);
  auto const type = dm_image_type(code);
  expects<file_error>(type.has_value(), "{}: DataType {} is {}", where, code, dm_refused_type(code));
  image.type = *type;
  for (std::uint32_t d = tags[tags.find(data, "Dimensions")].first; d != 0; d = tags[d].next) {
    double const extent = tags.number_of(d).value_or(0);
    expects<file_error>(
        image.shape.size() < 16 && extent >= 1 && extent <= 0x1p32 && std::trunc(extent) == extent,
        "{}: extent {} of dimension {} is not possible; the file is damaged", where, extent,
        image.shape.size());
    image.shape.insert(image.shape.begin(), static_cast<std::size_t>(extent));
  }
  expects<file_error>(!image.shape.empty(), "{}: has no dimensions", where);
  auto const count = count_of(image.shape, 8);
  dm_tag const& values = tags[tags.find(data, "Data")];
  std::uint64_t const stored = values.list && values.type ? values.count * size_of(*values.type) : 0;
  expects<file_error>(count && *count * size_of(*type) == stored,
                      "{}: {} values of {} ({}) are {} bytes, its data has {}; the file is damaged", where,
                      text_of(image.shape), name_of(*type), count.value_or(0),
                      count.value_or(0) * size_of(*type), stored);
  image.begin = values.begin;

  std::uint32_t c = tags[tags.find(data, "Calibrations/Dimension")].first;
  for (std::size_t i = 0; i < image.shape.size(); ++i, c = tags[c].next) {  // of no tag the next is none
    axis a{i == 0   ? "x"
           : i == 1 ? "y"
           : i == 2 ? "z"
                    : fmt::format("index {}", i),
           tags.text_at(c, "Units"), tags.number_at(c, "Scale").value_or(1), 0};
    double const origin = tags.number_at(c, "Origin").value_or(0);
    if (!std::isfinite(a.scale) || a.scale == 0) a.scale = 1;
    if (std::isfinite(origin * a.scale) && origin != 0) a.offset = -origin * a.scale;
    if (kiloelectronvolts_in(a.units)) a.name = "energy";
    if (i >= 2 && is_degrees(a.units)) a.name = "tilt";
    image.axes.insert(image.axes.begin(), a);
  }
  image.tilts = dm_tilts(tags, image);
  return image;
}

/// The images of a file without its thumbnails.
///
/// throws   file_error when there is none
inline std::vector<std::uint32_t> dm_images(dm_tags const& tags, input const& in) {
  std::vector<std::uint32_t> all, kept;
  std::vector<double> thumbnails;
  for (std::uint32_t t = tags[tags.find(dm_tags::root, "Thumbnails")].first; t != 0; t = tags[t].next)
    if (auto const which = tags.number_at(t, "ImageIndex")) thumbnails.push_back(*which);
  std::ranges::sort(thumbnails);
  for (std::uint32_t t = tags[tags.find(dm_tags::root, "ImageList")].first; t != 0; t = tags[t].next)
    if (tags.find(t, "ImageData") != 0) {
      if (!std::ranges::binary_search(thumbnails, static_cast<double>(all.size()))) kept.push_back(t);
      all.push_back(t);
    }
  if (kept.empty()) kept = all;
  expects<file_error>(!kept.empty(), "{}: holds no image ({} tags, none of them ImageList.[i].ImageData)",
                      in.name(), tags.size());
  return kept;
}

/// How many indices an image has, when one of them is an energy; else 0.
inline std::size_t dm_spectral_rank(dm_tags const& tags, std::uint32_t image) {
  std::size_t rank = 0;
  bool spectral = false;
  std::uint32_t c = tags[tags.find(image, "ImageData/Calibrations/Dimension")].first;
  for (; c != 0 && rank < 16; c = tags[c].next, ++rank)
    spectral = spectral || kiloelectronvolts_in(tags.text_at(c, "Units"));
  return spectral ? rank : 0;
}

/// The image that is meant when none was named: of those with an energy (or, when `spectra` is false, of real numbers)
/// the first of the most indices (or the first).
inline std::size_t dm_default_image(dm_tags const& tags, std::vector<std::uint32_t> const& images,
                                    bool spectra) {
  std::size_t best = 0, most = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    bool const real = dm_image_type(tags.number_at(images[i], "ImageData/DataType").value_or(0)).has_value();
    std::size_t const worth = !real ? 0 : spectra ? dm_spectral_rank(tags, images[i]) : 1;
    if (worth > most) best = i, most = worth;
  }
  return best;
}

}  // namespace tomoedx::io::detail

#endif
