// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_SLAB_STORAGE_HPP
#define TOMOEDX_DISTRIBUTE_SLAB_STORAGE_HPP

#include <tomoedx/io/part.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace tomoedx {

/// Where a series of images (tilt, y, x) comes from, a part at a time.
/// 1. `shape()` are its extents, `name()` is what messages call it.
/// 2. `read(part, to)` fills `to` with the part, (line, row, column) row-major. It is called by one thread at a time,
///    which need not be the one that called `stream`.
///
/// io::part_reader is one for files, memory_source for arrays.
template <class S>
concept slab_source = requires(S& s, S const& c, io::part const& p, float* to) {
  { c.shape() } -> std::convertible_to<io::shape3>;
  { c.name() } -> std::convertible_to<std::string>;
  s.read(p, to);
};

/// Where a volume (z, y, x) goes, a part at a time.
/// 1. `shape()` are its extents, `name()` is what messages call it.
/// 2. `write(part, from)` takes a part, (line, row, column) row-major; the parts cover the volume once. Called as a
///    source's `read`.
/// 3. `commit()` is called when all parts were written; a sink that goes away without it leaves nothing behind.
/// 4. A sink that is a file may say which by `target()`: two sinks of one file are refused.
///
/// io::part_writer is one for files, memory_sink for arrays.
template <class S>
concept slab_sink = requires(S& s, S const& c, io::part const& p, float const* from) {
  { c.shape() } -> std::convertible_to<io::shape3>;
  { c.name() } -> std::convertible_to<std::string>;
  s.write(p, from);
  s.commit();
};

namespace detail {

/// Call f(offset in the whole, offset in the part, length) for each contiguous run of a part.
template <class F>
void each_run(io::part const& p, io::shape3 const& whole, F&& f) {
  std::size_t const length = p.rows * whole[2];
  for (std::size_t l = 0; l < p.lines; ++l)
    f(((p.first_line + l) * whole[1] + p.first_row) * whole[2], l * length, length);
}

inline void check_memory(std::size_t values, io::shape3 const& shape, std::string const& name) {
  auto const count = io::count_of({shape.begin(), shape.end()}, sizeof(float));
  expects<shape_error>(count && *count == values, "{}: {} values for the shape {} x {} x {}", name, values,
                       shape[0], shape[1], shape[2]);
}

}  // namespace detail

/// A source that is an array somebody else owns. Models `slab_source`.
class memory_source {
 public:
  /// throws   tomoedx::shape_error when the values are not as many as the shape says
  memory_source(std::span<float const> values, io::shape3 const& shape, std::string name = "array")
      : values_(values), shape_(shape), name_(std::move(name)) {
    detail::check_memory(values.size(), shape, name_);
  }
  io::shape3 const& shape() const noexcept { return shape_; }
  std::string const& name() const noexcept { return name_; }
  void read(io::part const& p, float* to) const {
    check(p, shape_, name_);
    detail::each_run(p, shape_, [&](std::size_t at, std::size_t in_part, std::size_t n) {
      std::copy_n(values_.data() + at, n, to + in_part);
    });
  }

 private:
  std::span<float const> values_;
  io::shape3 shape_;
  std::string name_;
};

/// A sink that is an array somebody else owns; it is written in place. Models `slab_sink`.
class memory_sink {
 public:
  /// throws   tomoedx::shape_error when the values are not as many as the shape says
  memory_sink(std::span<float> values, io::shape3 const& shape, std::string name = "array")
      : values_(values), shape_(shape), name_(std::move(name)) {
    detail::check_memory(values.size(), shape, name_);
  }
  io::shape3 const& shape() const noexcept { return shape_; }
  std::string const& name() const noexcept { return name_; }
  void write(io::part const& p, float const* from) const {
    check(p, shape_, name_);
    detail::each_run(p, shape_, [&](std::size_t at, std::size_t in_part, std::size_t n) {
      std::copy_n(from + in_part, n, values_.data() + at);
    });
  }
  void commit() const noexcept {}

 private:
  std::span<float> values_;
  io::shape3 shape_;
  std::string name_;
};

}  // namespace tomoedx

#endif
