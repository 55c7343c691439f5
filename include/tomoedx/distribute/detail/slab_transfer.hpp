// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_DETAIL_SLAB_TRANSFER_HPP
#define TOMOEDX_DISTRIBUTE_DETAIL_SLAB_TRANSFER_HPP
// IWYU pragma: private, include "tomoedx/distribute/stream.hpp"

#include <tomoedx/distribute/detail/grid_rows.hpp>
#include <tomoedx/distribute/slab_storage.hpp>
#include <tomoedx/distribute/slabs.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tomoedx::detail {

/// What all sources and all sinks of a stream have in common.
struct slab_sizes {
  std::size_t sources = 0, sinks = 0;
  io::shape3 stack{}, volume{};
  std::size_t rows() const { return stack[1]; }
};

/// The shape that all sources, or all sinks, have; there is at least one.
///
/// throws   tomoedx::shape_error
template <class All>
io::shape3 common_shape(All const& all) {
  auto const& first = *std::begin(all);
  io::shape3 const s = first.shape();
  for (auto const& one : all) {
    io::shape3 const t = one.shape();
    expects<shape_error>(s == t, "stream: {} is {} x {} x {}, {} is {} x {} x {}; they must be alike",
                         first.name(), s[0], s[1], s[2], one.name(), t[0], t[1], t[2]);
  }
  expects<shape_error>(s[0] > 0 && s[1] > 0 && s[2] > 0, "stream: {} is {} x {} x {}", first.name(), s[0],
                       s[1], s[2]);
  return s;
}

/// Refuse sinks that give their values to one file: each would take the place of the one before.
///
/// throws   tomoedx::value_error
template <class Sinks>
void expect_own_files(Sinks const& sinks) {
  if constexpr (requires { std::filesystem::path(std::begin(sinks)->target()); }) {
    std::set<std::filesystem::path> files;
    std::error_code ec;
    for (auto const& sink : sinks) {
      bool const alone = files.insert(std::filesystem::weakly_canonical(sink.target(), ec)).second;
      expects<value_error>(
          alone || ec, "stream: {} is in a file that another volume goes to; give it its own", sink.name());
    }
  }
}

/// Check that the sizes go together, and that no two sinks are one file.
///
/// throws   tomoedx::shape_error, value_error
template <class Sources, class Sinks>
slab_sizes common_sizes(Sources const& sources, Sinks const& sinks) {
  static_assert(slab_source<typename Sources::value_type> && slab_sink<typename Sinks::value_type>);
  slab_sizes z{std::size(sources), std::size(sinks), {}, {}};
  expects<shape_error>(z.sources > 0 && z.sinks > 0,
                       "stream: {} sources and {} sinks; at least one of each is needed", z.sources, z.sinks);
  z.stack = common_shape(sources);
  z.volume = common_shape(sinks);
  expect_own_files(sinks);
  expects<shape_error>(z.stack[1] == z.volume[1], "stream: {} has {} rows (y), {} has {}",
                       std::begin(sources)->name(), z.stack[1], std::begin(sinks)->name(), z.volume[1]);
  return z;
}

/// Lines that are read or written in one go: 16 MiB of them.
inline constexpr std::size_t one_go = std::size_t(16) << 20;
inline std::size_t lines_at_once(io::shape3 const& shape, std::size_t rows) {
  return std::clamp<std::size_t>(one_go / (rows * shape[2] * sizeof(float)), 1, shape[0]);
}
/// The most they take in slabs of so many rows or fewer.
inline std::size_t piece_bytes(io::shape3 const& shape, std::size_t rows) {
  std::size_t const line = rows * shape[2] * sizeof(float);
  return std::min(shape[0] * line, std::max(one_go, line));
}

/// Throw when a value is not finite, and say where.
inline void check_finite(float const* values, io::part const& p, std::size_t columns,
                         std::string const& name) {
  std::size_t const count = p.lines * p.rows * columns;
  float sum = 0;  // of zeros, and NaN as soon as one value is not finite
  for (std::size_t i = 0; i < count; ++i) sum += values[i] * 0.0f;
  if (sum == 0.0f) [[likely]]
    return;
  for (std::size_t i = 0; i < count; ++i)
    expects<value_error>(
        std::isfinite(values[i]), "{}: tilt {}, row {}, column {} is {}; repair or mask it first", name,
        p.first_line + i / columns / p.rows, p.first_row + i / columns % p.rows, i % columns, values[i]);
}

/// Throw when a value is negative or not finite, and say where.
inline void check_not_negative(float const* values, io::part const& p, std::size_t columns,
                               std::string const& name) {
  check_finite(values, p, columns, name);
  for (std::size_t i = 0; i < p.lines * p.rows * columns; ++i)
    expects<value_error>(values[i] >= 0, "{}: tilt {}, row {}, column {} is {}; counts are not negative",
                         name, p.first_line + i / columns / p.rows, p.first_row + i / columns % p.rows,
                         i % columns, values[i]);
}

/// Call f(values, part) for pieces of a source that make up all of it.
template <class Source, class F>
void each_piece(Source& source, F&& f) {
  io::shape3 const shape = source.shape();
  std::size_t const step = lines_at_once(shape, shape[1]);
  std::vector<float> piece(step * shape[1] * shape[2]);
  for (std::size_t line = 0; line < shape[0]; line += step) {
    io::part const p{line, std::min(step, shape[0] - line), 0, shape[1]};
    source.read(p, piece.data());
    f(std::as_const(piece), p);
  }
}

/// Bring the rows of a slab from all sources to their places.
template <class Sources>
void read_slab(Sources& sources, slab_rows const& where, grid const& g, float* to) {
  std::size_t channel = 0;
  for (auto& source : sources) {
    io::shape3 const shape = source.shape();
    std::size_t const step = lines_at_once(shape, where.rows);
    std::vector<float> piece(step * where.rows * shape[2]);
    for (std::size_t line = 0; line < shape[0]; line += step) {
      io::part const p{line, std::min(step, shape[0] - line), where.first, where.rows};
      source.read(p, piece.data());
      check_finite(piece.data(), p, shape[2], source.name());
      scatter_lines(piece.data(), to, g, channel, line, p.lines);
    }
    ++channel;
  }
}

/// Bring the rows of a slab that are kept to all sinks.
template <class Sinks>
void write_slab(float const* from, slab_rows const& where, grid const& g, Sinks& sinks) {
  std::size_t channel = 0;
  for (auto& sink : sinks) {
    io::shape3 const shape = sink.shape();
    std::size_t const step = lines_at_once(shape, where.keep_rows);
    std::vector<float> piece(step * where.keep_rows * shape[2]);
    for (std::size_t line = 0; line < shape[0]; line += step) {
      io::part const p{line, std::min(step, shape[0] - line), where.keep_first, where.keep_rows};
      gather_lines(from, piece.data(), g, channel, line, p.lines, where.keep_first - where.first,
                   where.keep_rows);
      sink.write(p, piece.data());
    }
    ++channel;
  }
}

}  // namespace tomoedx::detail

#endif
