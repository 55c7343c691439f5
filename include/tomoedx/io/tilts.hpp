// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_TILTS_HPP
#define TOMOEDX_IO_TILTS_HPP

#include <tomoedx/io/detail/numbers.hpp>
#include <tomoedx/io/npy.hpp>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx::io {

/// How far one tilt's image is moved, in pixels along x and y.
struct shift {
  double x = 0;
  double y = 0;

  bool operator==(shift const&) const = default;
};

/// Read tilt angles from text (.txt .rawtlt .tlt: numbers apart by white space, commas, semicolons or new
/// lines, # begins a comment) or from a one-dimensional .npy file.
///
/// units    degree
/// throws   file_error: missing, empty, or something else than numbers (with its line); value_error: NaN or
///          an angle beyond 360 degrees
inline std::vector<double> read_tilts(std::filesystem::path const& path) {
  std::vector<double> tilts;
  std::vector<std::size_t> lines;
  std::string const name = path.string();
  if (detail::begins_as_npy(path)) {
    auto a = read_npy<double>(path);
    expects<shape_error>(a.shape.size() == 1, "{}: tilt angles are a list, this array is {}", name,
                         text_of(a.shape));
    tilts = std::move(a.values);
  } else {
    detail::each_line(path, [&](std::size_t line, std::vector<double> const& numbers) {
      tilts.insert(tilts.end(), numbers.begin(), numbers.end());
      lines.insert(lines.end(), numbers.size(), line);
    });
  }
  expects<file_error>(!tilts.empty(), "{}: holds no tilt angle", name);
  for (std::size_t i = 0; i < tilts.size(); ++i)
    expects<value_error>(std::fabs(tilts[i]) <= 360,
                         "{}: {} {}: {} is not a tilt angle; degrees up to 360 are", name,
                         lines.empty() ? "entry" : "line", lines.empty() ? i + 1 : lines[i], tilts[i]);
  return tilts;
}

/// Read one shift for each tilt from text (a line each: x, or x and y)
/// or an .npy file of shape (n) or (n, 2).
///
/// units    pixels
/// throws   as read_tilts; also when lines differ in their count of numbers
inline std::vector<shift> read_shifts(std::filesystem::path const& path) {
  std::vector<shift> shifts;
  std::string const name = path.string();
  if (detail::begins_as_npy(path)) {
    auto const a = read_npy<double>(path);
    bool const pairs = a.shape.size() == 2 && a.shape[1] == 2;
    expects<shape_error>(a.shape.size() == 1 || pairs, "{}: shifts are n or n x 2 numbers, this array is {}",
                         name, text_of(a.shape));
    for (std::size_t i = 0; i < a.shape[0]; ++i)
      shifts.push_back(pairs ? shift{a.values[2 * i], a.values[2 * i + 1]} : shift{a.values[i], 0});
    for (std::size_t i = 0; i < shifts.size(); ++i)
      expects<value_error>(std::isfinite(shifts[i].x) && std::isfinite(shifts[i].y),
                           "{}: entry {}: {}, {} is not a shift", name, i + 1, shifts[i].x, shifts[i].y);
  } else {
    std::size_t width = 0;
    detail::each_line(path, [&](std::size_t line, std::vector<double> const& numbers) {
      if (width == 0) width = numbers.size();
      expects<file_error>(numbers.size() <= 2, "{}: line {}: {} numbers; a shift is x, or x and y", name,
                          line, numbers.size());
      expects<file_error>(numbers.size() == width, "{}: line {}: {} numbers, the lines before have {}", name,
                          line, numbers.size(), width);
      for (double const v : numbers)
        expects<value_error>(std::isfinite(v), "{}: line {}: {} is not a shift", name, line, v);
      shifts.push_back({numbers[0], width == 2 ? numbers[1] : 0});
    });
  }
  expects<file_error>(!shifts.empty(), "{}: holds no shift", name);
  return shifts;
}

}  // namespace tomoedx::io

#endif
