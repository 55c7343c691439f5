// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_FIGURES_PNG_HPP
#define TOMOEDX_FIGURES_PNG_HPP

// Needs libpng; without TOMOEDX_PNG this header declares nothing.
#if defined(TOMOEDX_PNG)

#include <png.h>
#include <tomoedx/figures/canvas.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <system_error>

namespace tomoedx::figures {

/// The bytes of a PNG file with this picture.
///
/// throws   file_error if libpng refuses
inline std::vector<std::uint8_t> encode_png(canvas const& picture) {
  static_assert(sizeof(rgb) == 3);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width());
  image.height = static_cast<png_uint_32>(picture.height());
  image.format = PNG_FORMAT_RGB;
  auto const* pixels = picture.pixels().data();
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> bytes(size);
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr) == 0)
    fail<file_error>("encode_png: libpng refuses {} x {} pixels: {}", picture.width(), picture.height(),
                     image.message);
  bytes.resize(size);
  return bytes;
}

namespace detail {

/// Write beside the target and move into place, so that nobody ever sees half a file.
inline void write_atomically(std::filesystem::path const& target, std::vector<std::uint8_t> const& bytes) {
  std::random_device random;
  auto beside = target;
  beside += fmt::format(".{:08x}.part", random());
  std::FILE* file = std::fopen(beside.c_str(), "wbx");
  if (file == nullptr)
    fail<file_error>("write_png: cannot write {}: {}; check the folder", target.string(),
                     std::strerror(errno));
  bool good = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  int cause = errno;
  if (std::fclose(file) != 0 && good) {
    good = false;
    cause = errno;
  }
  std::error_code code;
  if (good) {
    std::filesystem::rename(beside, target, code);
    if (!code) return;
  }
  std::error_code ignored;
  std::filesystem::remove(beside, ignored);
  fail<file_error>("write_png: cannot write the {} bytes of {}: {}", bytes.size(), target.string(),
                   code ? code.message() : std::string(std::strerror(cause)));
}

}  // namespace detail

/// Write a picture as a PNG file; an existing file is replaced once the new one is complete.
///
/// throws   file_error if the file cannot be written; nothing is left behind
inline void write_png(canvas const& picture, std::filesystem::path const& file) {
  detail::write_atomically(file, encode_png(picture));
}

}  // namespace tomoedx::figures

#endif
#endif
