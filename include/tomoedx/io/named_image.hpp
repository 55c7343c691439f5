// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_NAMED_IMAGE_HPP
#define TOMOEDX_IO_NAMED_IMAGE_HPP

#include <tomoedx/io/array.hpp>

#include <optional>
#include <string>

namespace tomoedx::io {

/// One of the images a microscope's file holds beside its spectra.
///
/// shapes   (y, x), or (frame, y, x) where the file keeps several frames of it
template <scalar T = float>
struct named_image {
  std::string name;  ///< as the file calls it: "HAADF"
  array<T> image;    ///< with axes where the size of its pixels is known

  /// Edge of a pixel, nothing where the file does not know it.
  std::optional<double> pixel_nm() const {
    if (image.axes.empty()) return std::nullopt;
    auto const nm = nanometres_in(image.axes.back().units);
    return nm ? std::optional(*nm * image.axes.back().scale) : std::nullopt;
  }
};

}  // namespace tomoedx::io

#endif
