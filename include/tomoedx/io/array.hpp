// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_ARRAY_HPP
#define TOMOEDX_IO_ARRAY_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/scalar_type.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io {

/// What one index counts: position(i) = offset + i * scale, in `units`.
struct axis {
  std::string name;
  std::string units;
  double scale = 1;
  double offset = 0;

  bool operator==(axis const&) const = default;
};

/// The values of a file.
///
/// shapes   slowest index first, values row-major (last index fastest); axes one for each index, or none
template <scalar T>
struct array {
  std::vector<std::size_t> shape;
  std::vector<T> values;
  std::vector<axis> axes;
};

/// The same, borrowed: what the writers take.
template <scalar T>
struct array_view {
  std::vector<std::size_t> shape;
  std::span<T const> values;
  std::vector<axis> axes;

  array_view(std::vector<std::size_t> s, std::span<T const> v, std::vector<axis> a = {})
      : shape(std::move(s)), values(v), axes(std::move(a)) {}
  explicit array_view(array<T> const& a) : shape(a.shape), values(a.values), axes(a.axes) {}
};

/// How the indices run through the file: C is last index fastest, Fortran first index fastest.
enum class index_order { c, fortran };

/// What a file says of itself, known without reading its values.
struct info {
  std::string format;              ///< "npy", "mrc", "hdf5", "hyperspy" or "emd"
  std::vector<std::size_t> shape;  ///< slowest index first, as read() gives it
  scalar_type type = scalar_type::f32;
  std::endian bytes = std::endian::native;
  index_order order = index_order::c;
  std::vector<axis> axes;          ///< one for each index where the file knows them
  std::vector<double> tilts;       ///< [degree] one for each slowest index, where the file knows them
  std::string dataset;             ///< path inside an HDF5 file
  std::vector<std::string> notes;  ///< labels, titles, and what was odd about the file
};

/// Text of a shape: "16 x 256 x 256", or "one number".
inline std::string text_of(std::vector<std::size_t> const& shape) {
  return shape.empty() ? "one number" : fmt::format("{}", fmt::join(shape, " x "));
}

/// The product of the extents, or nothing when it overflows what memory can address.
inline std::optional<std::size_t> count_of(std::vector<std::size_t> const& shape,
                                           std::size_t bytes_each = 1) {
  std::size_t const most = std::size_t(std::numeric_limits<std::ptrdiff_t>::max()) / bytes_each;
  std::size_t count = 1;
  for (std::size_t const n : shape)
    if (n == 0) return 0;
  for (std::size_t const n : shape) {
    if (count > most / n) return std::nullopt;
    count *= n;
  }
  return count;
}

/// Nanometres in one unit of length, or nothing when `units` is not a length we know.
inline std::optional<double> nanometres_in(std::string_view units) {
  struct known {
    std::string_view name;
    double nm;
  };
  static constexpr known table[] = {
      {"nm", 1},         {"A", 0.1},          {"Å", 0.1},          {"Å", 0.1},        {"angstrom", 0.1},
      {"Angstrom", 0.1}, {"angstroms", 0.1},  {"pm", 1e-3},        {"um", 1e3},       {"µm", 1e3},
      {"μm", 1e3},       {"micron", 1e3},     {"mm", 1e6},         {"m", 1e9},        {"nanometer", 1},
      {"nanometre", 1},  {"micrometer", 1e3}, {"micrometre", 1e3}, {"nanometers", 1}, {"ångström", 0.1}};
  for (known const& k : table)
    if (k.name == units) return k.nm;
  return std::nullopt;
}

/// Throw unless values and axes fit the shape.
///
/// throws   shape_error
template <scalar T>
void check(array_view<T> const& a, std::string_view where) {
  auto const count = count_of(a.shape, sizeof(T));
  expects<shape_error>(count.has_value(), "{}: the shape {} overflows", where, text_of(a.shape));
  expects<shape_error>(*count == a.values.size(), "{}: the shape {} needs {} values, there are {}", where,
                       text_of(a.shape), *count, a.values.size());
  expects<shape_error>(a.axes.empty() || a.axes.size() == a.shape.size(),
                       "{}: {} axes for {} indices; give one for each, or none", where, a.axes.size(),
                       a.shape.size());
}

}  // namespace tomoedx::io

#endif
