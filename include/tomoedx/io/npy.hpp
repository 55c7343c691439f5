// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_NPY_HPP
#define TOMOEDX_IO_NPY_HPP

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/npy_header.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace tomoedx::io {
namespace detail {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

/// Parse the header; afterwards the reader stands on the first value and all of them are known to be there.
inline info open_npy(input& in) {
  unsigned char start[12] = {};
  expects<file_error>(in.size() >= 10, "{}: {} bytes are too few for an npy file", in.name(), in.size());
  in.read(start, 8);
  expects<file_error>(std::string_view(reinterpret_cast<char*>(start), 6) == npy_magic,
                      "{}: is not an npy file (it does not begin with \\x93NUMPY)", in.name());
  int const version = start[6];
  expects<file_error>(version >= 1 && version <= 3, "{}: npy version {}.{} is unknown; 1, 2 and 3 are read",
                      in.name(), version, int(start[7]));
  std::size_t const width = version == 1 ? 2 : 4;
  in.read(start, width);
  std::size_t length = 0;
  for (std::size_t i = 0; i < width; ++i) length |= std::size_t(start[i]) << (8 * i);
  expects<file_error>(length <= in.left() && length <= (std::size_t(1) << 20),
                      "{}: npy header of {} bytes in a file of {}; the file is damaged or truncated",
                      in.name(), length, in.size());
  std::string text(length, ' ');
  in.read(text.data(), length);
  npy_header const header(text, in.name());
  std::size_t const count = checked_count(in, header.shape(), header.type());
  expects<file_error>(
      count * size_of(header.type()) == in.left(),
      "{}: {} bytes follow the {} of shape {} {}; the file is damaged or holds several arrays", in.name(),
      in.left() - count * size_of(header.type()), count * size_of(header.type()), text_of(header.shape()),
      name_of(header.type()));
  info what;
  what.format = "npy";
  what.shape = header.shape();
  what.type = header.type();
  what.bytes = header.bytes();
  what.order = header.order();
  return what;
}

}  // namespace detail

/// What an .npy file holds.
///
/// throws   file_error
inline info inspect_npy(std::filesystem::path const& path) {
  detail::input in(path);
  return detail::open_npy(in);
}

/// Read an .npy file of any version, numeric type, byte and index order; values become T.
///
/// returns  row-major, whatever the order in the file; no axes, the format has none
/// throws   file_error; value_error when a number does not fit T
template <scalar T>
array<T> read_npy(std::filesystem::path const& path) {
  detail::input in(path);
  info const what = detail::open_npy(in);
  detail::layout how{what.type, what.bytes, what.shape, detail::row_major(what.shape)};
  if (what.order == index_order::fortran) {
    std::reverse(how.extents.begin(), how.extents.end());
    std::reverse(how.steps.begin(), how.steps.end());
  }
  array<T> a;
  a.shape = what.shape;
  a.values.resize(count_of(what.shape).value());
  detail::read_values(in, how, a.values.data());
  return a;
}

/// Write an .npy file (version 1, C order, this machine's byte order); axes are lost, the format has none.
///
/// throws   shape_error, file_error
template <scalar T>
void write_npy(std::filesystem::path const& path, array_view<T> const& a) {
  check(a, path.string());
  expects<shape_error>(a.shape.size() <= 32, "{}: {} indices, npy files hold 32", path.string(),
                       a.shape.size());
  char const order = sizeof(T) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  char const kind = std::floating_point<T> ? 'f' : std::unsigned_integral<T> ? 'u' : 'i';
  std::string header = fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': ({}{}), }}", order,
                                   kind, sizeof(T), fmt::join(a.shape, ", "), a.shape.size() == 1 ? "," : "");
  header.append(63 - (10 + header.size()) % 64, ' ');
  header.push_back('\n');
  std::string start(detail::npy_magic);
  for (std::size_t const byte : {std::size_t(1), std::size_t(0), header.size() % 256, header.size() / 256})
    start.push_back(static_cast<char>(byte));

  atomic_file file(path);
  file.write(start);
  file.write(header);
  file.write(a.values.data(), a.values.size_bytes());
  file.commit();
}

template <scalar T>
void write_npy(std::filesystem::path const& path, array<T> const& a) {
  write_npy(path, array_view<T>(a));
}

}  // namespace tomoedx::io

#endif
