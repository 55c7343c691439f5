// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_TIFF_HPP
#define TOMOEDX_IO_TIFF_HPP

// TIFF stacks: a page for each slowest index, sizes of pixels as ImageJ and OME state them. Needs the option
// TOMOEDX_TIFF; without it this header is empty.
#ifdef TOMOEDX_TIFF

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/reserve.hpp>
#include <tomoedx/io/detail/tiff_pages.hpp>
#include <tomoedx/io/detail/tiff_write.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace tomoedx::io {

/// What a TIFF file holds.
///
/// throws   file_error
inline info inspect_tiff(std::filesystem::path const& path) {
  return detail::tiff_file(path).what;
}

/// Read a TIFF file of one or many grey pages of one size, in strips or tiles, packed in any way libtiff knows; values
/// become T.
///
/// shapes   (y, x), or (page, y, x) of several pages
/// units    axes in those of the file, where ImageJ or OME wrote them; none otherwise
/// throws   file_error: damaged, colours, pages that differ; value_error when a number does not fit T
template <scalar T>
array<T> read_tiff(std::filesystem::path const& path) {
  detail::tiff_file f(path);
  std::size_t const each = std::size_t(f.page.rows) * f.page.columns;
  auto const count = count_of(f.what.shape, 8);
  expects<file_error>(count.has_value(), "{}: the shape {} overflows; the file is damaged", f.tiff.name(),
                      text_of(f.what.shape));
  array<T> a{f.what.shape, std::vector<T>(*count), f.what.axes};
  if (f.plain_images > 1) {
    detail::input in(path);
    in.seek(f.plain_begin);
    detail::read_run(in, {f.page.type, f.what.bytes, {}, {}}, *count, a.values.data(), 0);
    return a;
  }
  for (std::size_t i = 0; i < f.pages.size(); ++i) {
    f.select(i);
    detail::with_type(
        f.page.type, [&]<class From>() { detail::read_page<From>(f, a.values.data() + i * each, i * each); });
  }
  return a;
}

/// How write_tiff stores.
struct tiff_options {
  /// u8, u16 or f32; none keeps u8 and u16 and makes f32 of all else.
  std::optional<scalar_type> type;
};

/// Write a stack as ImageJ reads it: a page for each slowest index, nothing packed. Files beyond 4 GB become BigTIFF.
///
/// shapes   (y, x), or (page, y, x)
/// units    lengths of the axes become ImageJ's pixel and spacing; a first axis of tilts keeps its step and start
/// throws   shape_error, file_error; value_error when a value does not fit the type; nothing is left behind then
template <scalar T>
void write_tiff(std::filesystem::path const& path, array_view<T> const& a, tiff_options const& options = {}) {
  std::string const name = path.string();
  check(a, name);
  detail::tiff_stack const s = detail::tiff_stack_of(a.shape, a.axes, name);
  constexpr scalar_type own = scalar_type_of<T>();
  scalar_type const type =
      options.type.value_or(own == scalar_type::u8 || own == scalar_type::u16 ? own : scalar_type::f32);
  expects<value_error>(type == scalar_type::u8 || type == scalar_type::u16 || type == scalar_type::f32,
                       "{}: ImageJ does not read TIFF of {}; u8, u16 and f32 are written", name,
                       name_of(type));
  atomic_file file(path);
  file.release();
  std::uint64_t const bytes = a.values.size() * std::uint64_t(size_of(type)) + 4096 * s.pages;
  detail::check_room(file.target(), bytes);
  detail::with_type(type, [&]<class To>() {
    if constexpr (std::same_as<To, std::uint8_t> || std::same_as<To, std::uint16_t> ||
                  std::same_as<To, float>)
      detail::write_pages<To>(file.temporary(), s, a.values, type, bytes > 0xF0000000u, name);
  });
  file.commit();
}

template <scalar T>
void write_tiff(std::filesystem::path const& path, array<T> const& a, tiff_options const& options = {}) {
  write_tiff(path, array_view<T>(a), options);
}

}  // namespace tomoedx::io

#endif
#endif
