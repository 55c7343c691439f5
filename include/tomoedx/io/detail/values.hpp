// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_VALUES_HPP
#define TOMOEDX_IO_DETAIL_VALUES_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/input.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// Bytes handled at a time: fits the second-level cache, so swapping finds them there.
inline constexpr std::size_t piece = std::size_t(1) << 18;

/// How the numbers of a file lie: extents in the order of the file (slowest first) and, for each, the step
/// in the row-major array we fill.
struct layout {
  scalar_type type = scalar_type::f32;
  std::endian bytes = std::endian::native;
  std::vector<std::size_t> extents;
  std::vector<std::size_t> steps;
};

/// Row-major steps of a shape.
inline std::vector<std::size_t> row_major(std::vector<std::size_t> const& shape) {
  std::vector<std::size_t> steps(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) steps[i - 1] = steps[i] * shape[i];
  return steps;
}

/// Throw unless `count` numbers lie between the reader's position and the end of the file.
inline std::size_t checked_count(input const& in, std::vector<std::size_t> const& shape, scalar_type type) {
  auto const count = count_of(shape, 8);
  expects<file_error>(count.has_value(), "{}: the shape {} in its header overflows; the file is damaged",
                      in.name(), text_of(shape));
  expects<file_error>(
      *count <= in.left() / size_of(type),
      "{}: truncated: {} numbers of {} ({}) need {} bytes from byte {}, the file has {} bytes", in.name(),
      text_of(shape), name_of(type), *count, *count * size_of(type), in.position(), in.size());
  return *count;
}

/// Read `count` numbers from where the reader stands, straight into `to` when the types agree.
template <scalar T>
void read_run(input& in, layout const& how, std::size_t count, T* to, std::size_t first_index) {
  std::size_t const width = size_of(how.type);
  bool const swapped = how.bytes != std::endian::native && width > 1;
  if (how.type == scalar_type_of<T>()) {
    for (std::size_t done = 0; done < count;) {
      std::size_t const now = std::min(count - done, swapped ? piece / width : count);
      in.read(to + done, now * width);
      if (swapped) swap_bytes(to + done, now, width);
      done += now;
    }
    return;
  }
  std::vector<unsigned char> buffer(std::min(count, piece / width) * width);
  for (std::size_t done = 0; done < count;) {
    std::size_t const now = std::min(count - done, piece / width);
    in.read(buffer.data(), now * width);
    if (swapped) swap_bytes(buffer.data(), now, width);
    with_type(how.type, [&]<class From>() {
      convert<From>(buffer.data(), now, to + done, in.name(), first_index + done, scalar_type_of<T>());
    });
    done += now;
  }
}

/// Read all numbers of the layout; `to` has room for them.
template <scalar T>
void read_values(input& in, layout const& how, T* to) {
  std::size_t const count = count_of(how.extents).value_or(0);
  if (how.steps == row_major(how.extents)) return read_run(in, how, count, to, 0);

  std::vector<T> buffer(std::min(count, piece / sizeof(T)));
  std::vector<std::size_t> index(how.extents.size(), 0);
  std::size_t const last = how.extents.size() - 1;
  std::size_t target = 0;
  for (std::size_t done = 0; done < count;) {
    std::size_t const now = std::min(count - done, buffer.size());
    read_run(in, how, now, buffer.data(), done);
    for (std::size_t i = 0; i < now; ++i) {
      to[target] = buffer[i];
      target += how.steps[last];
      if (++index[last] < how.extents[last]) continue;
      for (std::size_t d = last;; --d) {  // carry
        index[d] = 0;
        target -= how.steps[d] * how.extents[d];
        if (d == 0) break;
        target += how.steps[d - 1];
        if (++index[d - 1] < how.extents[d - 1]) break;
      }
    }
    done += now;
  }
}

/// Append the values as numbers of `type`; nothing is converted when the types agree.
template <scalar T>
void write_values(atomic_file& file, scalar_type type, std::span<T const> values, std::string_view name) {
  if (type == scalar_type_of<T>()) return file.write(values.data(), values.size_bytes());
  with_type(type, [&]<class To>() {
    std::vector<To> buffer(std::min(values.size(), piece / sizeof(To)));
    for (std::size_t done = 0; done < values.size();) {
      std::size_t const now = std::min(values.size() - done, buffer.size());
      convert<T>(reinterpret_cast<unsigned char const*>(values.data() + done), now, buffer.data(), name, done,
                 type);
      file.write(buffer.data(), now * sizeof(To));
      done += now;
    }
  });
}

}  // namespace tomoedx::io::detail

#endif
