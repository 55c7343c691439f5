// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_MPI_SLICES_HPP
#define TOMOEDX_DISTRIBUTE_MPI_SLICES_HPP

#include <tomoedx/distribute/communicator.hpp>
#include <tomoedx/projectors/slices.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

/// Which slices y belong to which rank, and how arrays (line, y, x) get to the ranks and back. Only rank 0 needs to see
/// the files.
namespace tomoedx {

/// Rows first .. first + count - 1 of the y axis.
struct row_range {
  std::size_t first = 0, count = 0;
  bool operator==(row_range const&) const = default;
};

/// The rows of each rank, in order: whole blocks of slices where that costs the busiest rank nothing more, else single
/// rows; shares differ by one block or one row at most.
///
/// throws   tomoedx::shape_error when there are fewer rows than ranks
inline std::vector<row_range> spread_rows(std::size_t rows, int ranks, std::size_t value_bytes) {
  auto const n = static_cast<std::size_t>(std::max(ranks, 1));
  expects<shape_error>(rows >= n, "{} slices for {} ranks; start at most as many ranks as there are slices",
                       rows, n);
  std::size_t const share = (rows + n - 1) / n, lanes = slicing_for(share, value_bytes).lanes;
  std::size_t const blocks = (rows + lanes - 1) / lanes;
  bool const whole = blocks >= n && (blocks + n - 1) / n * lanes <= (share + lanes - 1) / lanes * lanes;
  std::size_t const unit = whole ? lanes : 1, units = whole ? blocks : rows;
  std::vector<row_range> all;
  for (std::size_t r = 0; r < n; ++r) {
    auto const begin = [&](std::size_t i) {
      return std::min(rows, (units / n * i + std::min(i, units % n)) * unit);
    };
    all.push_back({begin(r), begin(r + 1) - begin(r)});
  }
  return all;
}

namespace detail {

/// How many lines of all rows fit into so many bytes.
inline std::size_t lines_in(std::size_t bytes, std::size_t line_bytes) {
  return std::max<std::size_t>(1, bytes / std::max<std::size_t>(1, line_bytes));
}

inline void expect_rows(communicator const& comm, std::vector<row_range> const& rows, char const* who) {
  expects<shape_error>(rows.size() == static_cast<std::size_t>(comm.size()),
                       "{}: rows of {} ranks, there are {}", who, rows.size(), comm.size());
}

/// Copy rows of one rank between (line, its rows, x) and (line, all rows, x).
template <class From, class To, class Copy>
void copy_rows(row_range const& rows, std::size_t all_rows, std::size_t lines, std::size_t columns, From* own,
               To* whole, Copy const& copy) {
  for (std::size_t l = 0; l < lines; ++l)
    copy(own + l * rows.count * columns, rows.count * columns, whole + (l * all_rows + rows.first) * columns);
}

}  // namespace detail

/// Hand what all ranks hold to rank 0, in the order of a file: `sink(first_line, lines, values)` is called on rank 0 with
/// values (line, all rows, x) that take up to `bytes`. Collective.
///
/// shapes   own is (lines, rows[rank].count, columns), row-major on the host
template <class T, class Sink>
void gather_lines(communicator const& comm, std::vector<row_range> const& rows, std::size_t lines,
                  std::size_t columns, T const* own, Sink&& sink, std::size_t bytes = std::size_t{64} << 20) {
  detail::expect_rows(comm, rows, "gather_lines");
  std::size_t const all = rows.back().first + rows.back().count;
  auto const mine = static_cast<std::size_t>(comm.rank());
  std::size_t const most = std::min(lines, detail::lines_in(bytes / 2, all * columns * sizeof(T)));
  std::vector<T> whole, part;
  if (mine == 0) whole.resize(most * all * columns);
  for (std::size_t at = 0; at < lines; at += most) {
    std::size_t const n = std::min(most, lines - at);
    T const* const from = own + at * rows[mine].count * columns;
    if (mine != 0) {
      comm.send(std::as_bytes(std::span<T const>(from, n * rows[mine].count * columns)), 0);
      continue;
    }
    auto const place = [&](T const* values, std::size_t count, T* to) { std::copy_n(values, count, to); };
    detail::copy_rows(rows[0], all, n, columns, from, whole.data(), place);
    for (std::size_t r = 1; r < rows.size(); ++r) {
      part.resize(n * rows[r].count * columns);
      comm.receive(std::as_writable_bytes(std::span<T>(part)), static_cast<int>(r));
      detail::copy_rows(rows[r], all, n, columns, part.data(), whole.data(), place);
    }
    sink(at, n, static_cast<T const*>(whole.data()));
  }
}

/// The way back: `source(first_line, lines, values)` is called on rank 0 to fill values (line, all rows, x) in the order
/// of a file, and every rank gets its rows of them. Collective.
///
/// shapes   own is (lines, rows[rank].count, columns), row-major on the host
template <class T, class Source>
void scatter_lines(communicator const& comm, std::vector<row_range> const& rows, std::size_t lines,
                   std::size_t columns, T* own, Source&& source, std::size_t bytes = std::size_t{64} << 20) {
  detail::expect_rows(comm, rows, "scatter_lines");
  std::size_t const all = rows.back().first + rows.back().count;
  auto const mine = static_cast<std::size_t>(comm.rank());
  std::size_t const most = std::min(lines, detail::lines_in(bytes / 2, all * columns * sizeof(T)));
  std::vector<T> whole, part;
  if (mine == 0) whole.resize(most * all * columns);
  for (std::size_t at = 0; at < lines; at += most) {
    std::size_t const n = std::min(most, lines - at);
    T* const to = own + at * rows[mine].count * columns;
    if (mine != 0) {
      comm.receive(std::as_writable_bytes(std::span<T>(to, n * rows[mine].count * columns)), 0);
      continue;
    }
    source(at, n, whole.data());
    auto const take = [&](T* values, std::size_t count, T const* from) { std::copy_n(from, count, values); };
    detail::copy_rows(rows[0], all, n, columns, to, static_cast<T const*>(whole.data()), take);
    for (std::size_t r = 1; r < rows.size(); ++r) {
      part.resize(n * rows[r].count * columns);
      detail::copy_rows(rows[r], all, n, columns, part.data(), static_cast<T const*>(whole.data()), take);
      comm.send(std::as_bytes(std::span<T const>(part)), static_cast<int>(r));
    }
  }
}

}  // namespace tomoedx

#endif
