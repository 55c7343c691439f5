// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_MRC_HPP
#define TOMOEDX_IO_MRC_HPP

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/mrc_header.hpp>
#include <tomoedx/io/detail/mrc_tilts.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// MRC, CCP4 and IMOD files (.mrc .ali .st .rec .map). Columns are x, rows y, sections z or the tilt: the
// array is (z, y, x) or (tilt, y, x). Rows keep the order they have in the file, nothing is flipped; programs
// that follow IMOD show row 0 at the bottom.

namespace tomoedx::io {

/// The number an MRC file stores for each value.
enum class mrc_mode : std::int32_t { i8 = 0, i16 = 1, f32 = 2, u16 = 6, f16 = 12 };

namespace detail {

struct mrc_file {
  info what;
  layout how;
};

/// Parse the headers; afterwards the reader stands on the first value and all of them are known to be there.
inline mrc_file open_mrc(input& in) {
  expects<file_error>(in.size() >= mrc_header_size,
                      "{}: {} bytes are too few for an MRC file, its header has {}", in.name(), in.size(),
                      mrc_header_size);
  unsigned char bytes[mrc_header_size];
  in.read(bytes, sizeof bytes);
  mrc_header const h = parse_mrc_header(bytes, in);
  expects<file_error>(h.mode != 3 && h.mode != 4,
                      "{}: MRC mode {} holds complex numbers; 0, 1, 2, 6, 12 are read", in.name(), h.mode);
  auto const type = h.type();
  expects<file_error>(type.has_value(), "{}: MRC mode {} is not supported; 0, 1, 2, 6, 12 are read",
                      in.name(), h.mode);
  auto sorted = h.axes;
  std::ranges::sort(sorted);
  expects<file_error>(sorted == std::array<std::int32_t, 3>{1, 2, 3},
                      "{}: MRC axis order {}, {}, {} is not an order of 1, 2, 3; the file is damaged",
                      in.name(), h.axes[0], h.axes[1], h.axes[2]);
  std::uint64_t const begin = mrc_header_size + std::uint64_t(h.extended);
  expects<file_error>(begin <= in.size(),
                      "{}: truncated: the extended header ends at byte {}, the file has {}", in.name(), begin,
                      in.size());
  in.seek(begin);
  std::size_t const count = checked_count(in, h.file_shape(), *type);

  mrc_file f;
  f.what.format = "mrc";
  f.what.type = *type;
  f.what.bytes = h.bytes;
  f.what.notes = h.labels;
  std::uint64_t const rest = in.left() - count * size_of(*type);
  if (rest > 0) f.what.notes.push_back(fmt::format("{} bytes after the last section were not read", rest));

  f.how = {*type, h.bytes, h.file_shape(), {}};
  f.what.shape.resize(3);
  std::size_t place[3];  // of sections, rows, columns in (z, y, x)
  for (std::size_t i = 0; i < 3; ++i) {
    place[i] = std::size_t(3 - h.axes[2 - i]);
    f.what.shape[place[i]] = f.how.extents[i];
  }
  auto const steps = row_major(f.what.shape);
  for (std::size_t const p : place) f.how.steps.push_back(steps[p]);

  double const sign = h.imod && (h.imod_flags & 4) == 0 ? -1 : 1;  // IMOD's own meaning of the origin
  for (std::size_t i = 3; i-- > 0;) {
    axis a{std::string(1, "xyz"[i]), "", 1, 0};
    double const pixel = double(h.cell[i]) / h.intervals[i] / 10;
    if (h.intervals[i] > 0 && pixel > 0 && std::isfinite(pixel)) {
      a.units = "nm";
      a.scale = pixel;
      if (std::isfinite(h.origin[i]) && h.origin[i] != 0) a.offset = sign * double(h.origin[i]) / 10;
    }
    f.what.axes.push_back(a);
  }
  if (place[0] == 0) f.what.tilts = mrc_tilts(in, h);
  if (!f.what.tilts.empty()) f.what.axes[0] = {"tilt", "", 1, 0};
  in.seek(begin);
  return f;
}

}  // namespace detail

/// What an MRC file holds; tilts from the extended header where they are.
///
/// throws   file_error
inline info inspect_mrc(std::filesystem::path const& path) {
  detail::input in(path);
  return detail::open_mrc(in).what;
}

/// Read an MRC file of mode 0, 1, 2, 6 or 12 in either byte order; values become T.
///
/// shapes   (z, y, x) or (tilt, y, x); files whose axes are stored in another order are turned to this one
/// units    axes in nm where the file knows the pixel size
/// throws   file_error; value_error when a number does not fit T
template <scalar T>
array<T> read_mrc(std::filesystem::path const& path) {
  detail::input in(path);
  detail::mrc_file f = detail::open_mrc(in);
  array<T> a;
  a.shape = f.what.shape;
  a.axes = std::move(f.what.axes);
  a.values.resize(count_of(a.shape).value());
  detail::read_values(in, f.how, a.values.data());
  return a;
}

/// Write an MRC file: 32 bit floats unless `mode` says otherwise.
///
/// shapes   (z, y, x), (tilt, y, x) or (y, x), which becomes one section
/// units    axes in a unit of length become the pixel size; other axes are not stored
/// throws   shape_error, file_error; value_error when a value does not fit the mode
template <scalar T>
void write_mrc(std::filesystem::path const& path, array_view<T> const& a, mrc_mode mode = mrc_mode::f32) {
  std::string const name = path.string();
  check(a, name);
  std::size_t const rank = a.shape.size();
  expects<shape_error>(rank == 2 || rank == 3,
                       "{}: MRC files hold (z, y, x) or (y, x), not {}; write .npy or .h5", name,
                       text_of(a.shape));
  unsigned char h[detail::mrc_header_size] = {};
  auto const put = [&h](std::size_t offset, auto value) { std::memcpy(h + offset, &value, sizeof value); };
  bool const stack = rank == 3 && !a.axes.empty() && a.axes[0].name == "tilt";
  for (std::size_t i = 0; i < 3; ++i) {  // x, y, z
    std::size_t const n = i < rank ? a.shape[rank - 1 - i] : 1;
    expects<shape_error>(n > 0 && n <= std::size_t(std::numeric_limits<std::int32_t>::max()),
                         "{}: MRC files cannot have the shape {}", name, text_of(a.shape));
    put(4 * i, static_cast<std::int32_t>(n));
    put(28 + 4 * i, static_cast<std::int32_t>(n));
    put(52 + 4 * i, 90.0f);
    put(64 + 4 * i, static_cast<std::int32_t>(i + 1));
    axis const* along = a.axes.empty() ? nullptr : &a.axes[i < rank ? rank - 1 - i : rank - 1];
    if (i == 2 && stack) along = &a.axes[2];
    auto const nm = along ? nanometres_in(along->units) : std::nullopt;
    double const pixel = nm ? along->scale * *nm * 10 : 0;
    if (pixel > 0 && std::isfinite(pixel * double(n))) {
      put(40 + 4 * i, static_cast<float>(pixel * double(n)));
      if (i < rank && !(i == 2 && stack)) put(196 + 4 * i, static_cast<float>(along->offset * *nm * 10));
    }
  }
  put(12, static_cast<std::int32_t>(mode));
  put(88, static_cast<std::int32_t>(rank == 2 || stack ? 0 : 1));
  put(108, std::int32_t(20140));
  put(152, detail::imod_stamp);
  put(156, std::int32_t(1 | 4));  // bytes are signed; origin as in MRC2014
  std::memcpy(h + 208, "MAP ", 4);
  bool const little = std::endian::native == std::endian::little;
  h[212] = h[213] = little ? 0x44 : 0x11;

  auto const storable = [](double v) {
    return static_cast<float>(
        std::clamp(v, -double(std::numeric_limits<float>::max()), double(std::numeric_limits<float>::max())));
  };
  double low = 0, high = -1, mean = -2, rms = -1;  // MRC2014's way to say: not known
  double sum = 0, squares = 0;
  auto const count = static_cast<double>(a.values.size());
  for (T const v : a.values) sum += static_cast<double>(v);
  if (std::isfinite(sum)) {
    mean = sum / count;
    auto const [least, most] = std::ranges::minmax_element(a.values);
    low = static_cast<double>(*least), high = static_cast<double>(*most);
    for (T const v : a.values) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    rms = std::sqrt(squares / count);
  }
  put(76, storable(low)), put(80, storable(high));
  put(84, storable(mean)), put(216, storable(rms));
  put(220, std::int32_t(1));
  std::memset(h + 224, ' ', 80);
  std::memcpy(h + 224, "tomoedx", 7);

  scalar_type const type = mode == mrc_mode::i8    ? scalar_type::i8
                           : mode == mrc_mode::i16 ? scalar_type::i16
                           : mode == mrc_mode::u16 ? scalar_type::u16
                           : mode == mrc_mode::f16 ? scalar_type::f16
                                                   : scalar_type::f32;
  atomic_file file(path);
  file.write(h, sizeof h);
  detail::write_values(file, type, a.values, name);
  file.commit();
}

template <scalar T>
void write_mrc(std::filesystem::path const& path, array<T> const& a, mrc_mode mode = mrc_mode::f32) {
  write_mrc(path, array_view<T>(a), mode);
}

}  // namespace tomoedx::io

#endif
