// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_LOCATION_HPP
#define TOMOEDX_IO_DETAIL_LOCATION_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/npy_header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace tomoedx::io::detail {

/// The formats we know. Of the first three, parts are read and written as well.
enum class kind { npy, mrc, hdf5, dm, tiff, bcf, unknown };

inline constexpr std::string_view known_extensions =
    ".npy, .mrc .ali .st .rec .map (MRC), .h5 .hdf5 .emd .hspy (HDF5, also as file.h5:/path)";

/// The extension in small letters.
inline std::string ending_of(std::filesystem::path const& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return ending;
}

/// What is read besides.
inline constexpr std::string_view more_extensions = ".dm3 .dm4 (Gatan), .tif .tiff, ";

/// The format of arrays, of which parts are read and written too, that an extension stands for.
inline kind kind_of_name(std::filesystem::path const& file) {
  std::string const ending = ending_of(file);
  if (ending == ".npy") return kind::npy;
  static constexpr std::string_view mrc[] = {".mrc", ".mrcs", ".ali", ".st", ".rec", ".map", ".ccp4"};
  static constexpr std::string_view hdf5[] = {".h5", ".hdf5", ".hdf", ".emd", ".hspy", ".nxs"};
  if (std::find(std::begin(mrc), std::end(mrc), ending) != std::end(mrc)) return kind::mrc;
  if (std::find(std::begin(hdf5), std::end(hdf5), ending) != std::end(hdf5)) return kind::hdf5;
  return kind::unknown;
}

/// A file and, for HDF5, the dataset inside.
struct location {
  std::filesystem::path file;
  std::string dataset;
};

/// Take "file.h5:/path" apart. A file whose own name has a colon is found first.
inline location locate(std::string const& text) {
  std::error_code ec;
  if (std::filesystem::exists(text, ec)) return {text, ""};
  for (auto at = text.find(':'); at != std::string::npos; at = text.find(':', at + 1)) {
    std::filesystem::path const file = text.substr(0, at);
    bool const wanted = kind_of_name(file) == kind::hdf5 && text.compare(at, 2, ":/") == 0;
    if (at > 0 && (wanted || std::filesystem::is_regular_file(file, ec))) return {file, text.substr(at + 1)};
  }
  return {text, ""};
}

/// The format that the first bytes of a file tell, or `unknown`.
///
/// throws   file_error for what is often mistaken for one of them
inline kind kind_of_content(input& in) {
  unsigned char start[4096] = {};
  in.read(start, std::size_t(std::min<std::uint64_t>(in.size(), sizeof start)));
  auto const begins = [&start](std::string_view text, std::size_t at = 0) {
    return std::memcmp(start + at, text.data(), text.size()) == 0;
  };
  using std::string_view_literals::operator""sv;
  for (std::size_t const at : {0, 512, 1024, 2048})
    if (begins("\x89HDF\r\n\x1a\n", at)) return kind::hdf5;
  if (begins("MAP", 208)) return kind::mrc;
  if (begins("\x93NUMPY")) return kind::npy;
  if (begins("AAMVHFSS")) return kind::bcf;
  if (begins("II*\0"sv) || begins("MM\0*"sv) || begins("II+\0"sv) || begins("MM\0+"sv)) return kind::tiff;
  for (std::size_t const wide : {4, 8})  // version, length, order of bytes, a group's flags
    if (begins("\0\0\0"sv) && start[3] == (wide == 4 ? 3 : 4) && begins("\0\0\0"sv, 4 + wide) &&
        start[7 + wide] <= 1 && start[8 + wide] <= 1 && start[9 + wide] <= 1)
      return kind::dm;
  auto const refuse = [&in](std::string_view what, std::string_view remedy) {
    fail<file_error>("{}: is {}; {}", in.name(), what, remedy);
  };
  if (begins("PK\x03\x04")) refuse("a zip archive (perhaps .npz)", "save each array as .npy");
  if (begins("\x89PNG")) refuse("a PNG image", "convert it to .npy, .mrc or .h5");
  if (begins("\x1f\x8b")) refuse("packed with gzip", "unpack it first");
  return kind::unknown;
}

/// The format of an existing file: by its first bytes, then by its extension.
///
/// throws   file_error: missing, empty, a directory, not readable, or of no format we know
inline kind kind_of_any_file(location const& where) {
  input in(where.file);
  kind found = kind_of_content(in);
  if (found == kind::unknown) {
    std::string const ending = ending_of(where.file);
    found = ending == ".dm3" || ending == ".dm4" ? kind::dm : kind_of_name(where.file);
  }
  expects<file_error>(found != kind::unknown, "{}: of no format we know; we read {}{}", in.name(),
                      more_extensions, known_extensions);
  expects<file_error>(where.dataset.empty() || found == kind::hdf5,
                      "{}: is no HDF5 file, so there is no ':{}' in it", in.name(), where.dataset);
  return found;
}

/// The same where parts of an array are wanted, so that only some formats will do.
inline kind kind_of_file(location const& where) {
  kind const found = kind_of_any_file(where);
  std::string const name = where.file.string();
  expects<file_error>(found != kind::tiff && found != kind::dm && found != kind::bcf,
                      "{}: is a {}, of which no parts are read; convert it to .npy, .mrc or .h5", name,
                      found == kind::tiff ? "TIFF image"
                      : found == kind::dm ? "Gatan DM file"
                                          : "Bruker composite file");
  return found;
}

}  // namespace tomoedx::io::detail

#endif
