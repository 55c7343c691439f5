// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PROJECTORS_SPARSE_OPERATOR_HPP
#define TOMOEDX_PROJECTORS_SPARSE_OPERATOR_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/operand.hpp>
#include <tomoedx/projectors/slices.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace tomoedx {

/// A sparse matrix of somebody else, by compressed rows: row i holds the values from offsets[i] to
/// offsets[i + 1].
template <real T>
struct sparse_matrix {
  std::size_t rows = 0, columns = 0;
  std::span<std::size_t const> offsets;    ///< rows + 1, from 0 to the number of values
  std::span<std::uint32_t const> indices;  ///< the column of each value
  std::span<T const> values;
};

/// Refuse a matrix whose parts do not fit.
///
/// throws   tomoedx::shape_error, or value_error for NaN and infinity
template <real T>
void validate(sparse_matrix<T> const& m) {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();  // indices are 32 bits wide
  expects<shape_error>(m.rows > 0 && m.columns > 0 && m.rows <= most && m.columns <= most,
                       "sparse matrix: {} x {}; both are at least 1 and at most {}", m.rows, m.columns, most);
  expects<shape_error>(m.offsets.size() == m.rows + 1, "sparse matrix: {} offsets for {} rows; give rows + 1",
                       m.offsets.size(), m.rows);
  expects<shape_error>(m.indices.size() == m.values.size(), "sparse matrix: {} column indices for {} values",
                       m.indices.size(), m.values.size());
  expects<shape_error>(m.offsets.front() == 0 && m.offsets.back() == m.values.size(),
                       "sparse matrix: offsets run from {} to {}, values are {}", m.offsets.front(),
                       m.offsets.back(), m.values.size());
  for (std::size_t i = 0; i < m.rows; ++i)
    expects<shape_error>(m.offsets[i] <= m.offsets[i + 1], "sparse matrix: the offsets fall at row {}", i);
  for (std::size_t n = 0; n < m.values.size(); ++n) {
    expects<shape_error>(m.indices[n] < m.columns, "sparse matrix: value {} is in column {}, there are {}", n,
                         m.indices[n], m.columns);
    expects<value_error>(std::isfinite(m.values[n]), "sparse matrix: value {} is {}", n, m.values[n]);
  }
}

namespace detail {

/// A sparse matrix where a space computes.
template <class T, class Memory>
struct stored_rows {
  Kokkos::View<std::size_t*, Memory> offsets;
  Kokkos::View<std::uint32_t*, Memory> indices;
  Kokkos::View<T*, Memory> values;
};

template <class Space, class T>
auto store_rows(Space const& space, sparse_matrix<T> const& m) {
  using memory = typename Space::memory_space;
  auto const copy = [&]<class V>(std::span<V const> from) {
    Kokkos::View<V*, memory> to(
        Kokkos::view_alloc(space, Kokkos::WithoutInitializing, "tomoedx::sparse_operator::matrix"),
        from.size());
    Kokkos::deep_copy(space, to,
                      Kokkos::View<V const*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
                          from.data(), from.size()));
    return to;
  };
  stored_rows<T, memory> rows{copy(m.offsets), copy(m.indices), copy(m.values)};
  space.fence("tomoedx::sparse_operator: the matrix is in place");
  return rows;
}

/// One row of a product for `Lanes` slices of a block, the sums in registers.
template <int Lanes, class Rows, class T>
void multiply_row(Rows const& m, std::size_t row, std::size_t stride, T const* from, T* to) {
  T sum[Lanes] = {};
  for (std::size_t n = m.offsets(row); n < m.offsets(row + 1); ++n) {
    T const w = m.values(n);
    T const* const column = from + m.indices(n) * stride;
    for (int l = 0; l < Lanes; ++l) sum[l] += w * column[l];
  }
  for (int l = 0; l < Lanes; ++l) to[row * stride + l] = sum[l];
}

/// The product of a block of slices and a row of the matrix, for hosts.
template <class Rows, class View>
struct host_product {
  using T = typename View::non_const_value_type;
  Rows m;
  View from, to;

  void operator()(std::size_t i) const {
    constexpr int narrow = 16 / static_cast<int>(sizeof(T));  // slicing_for gives 1, 4 or 16 of these lanes
    std::size_t const rows = to.extent(1), lanes = to.extent(2), b = i / rows, row = i % rows;
    T const* const x = from.data() + b * from.extent(1) * lanes;
    T* const y = to.data() + b * rows * lanes;
    std::size_t lane = 0;
    for (; lane + 8 * narrow <= lanes; lane += 8 * narrow)
      multiply_row<8 * narrow>(m, row, lanes, x + lane, y + lane);
    for (; lane + narrow <= lanes; lane += narrow) multiply_row<narrow>(m, row, lanes, x + lane, y + lane);
  }
};

/// to(b, row, lane) = sum over the row's columns of value * from(b, column, lane).
template <class Space, class Rows, class View>
void multiply(Space const& space, char const* label, Rows const& m, View const& from, View const& to) {
  using T = typename View::non_const_value_type;
  std::size_t const rows = to.extent(1), lanes = to.extent(2);
  if constexpr (runs_on_host<Space>) {
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, to.extent(0) * rows),
        host_product<Rows, View>{m, from, to});
  } else {
    Kokkos::parallel_for(
        label,
        Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, to.extent(0) * rows * lanes),
        KOKKOS_LAMBDA(std::size_t i) {
          std::size_t const lane = i % lanes, row = i / lanes % rows, b = i / lanes / rows;
          T sum = 0;
          for (std::size_t n = m.offsets(row); n < m.offsets(row + 1); ++n)
            sum += m.values(n) * from(b, m.indices(n), lane);
          to(b, row, lane) = sum;
        });
  }
}

}  // namespace detail

/// Any sparse matrix as an operator on many slices that share it: a foreign projector whose weights you have.
///
/// Both ways gather, from the matrix and from its transpose, which is made once. Models `linear_operator`.
///
/// shapes   domain (block, column, lane), range (block, row, lane); block y / lanes holds slice y in lane
///          y % lanes
template <execution_space Space = Kokkos::DefaultExecutionSpace, real T = float>
class sparse_operator {
 public:
  using execution_space = Space;
  using value_type = T;
  using domain_view = array_on<T, 3, Space>;
  using range_view = array_on<T, 3, Space>;

  /// throws   tomoedx::shape_error or value_error for a matrix whose parts do not fit, or no slices
  sparse_operator(Space const& space, sparse_matrix<T> const& m, std::size_t slices)
      : space_(space), rows_(m.rows), columns_(m.columns) {
    require_kokkos("sparse_operator");
    validate(m);
    expects<shape_error>(slices > 0, "sparse_operator: there are no slices");
    expects<shape_error>(slices < (std::size_t{1} << 24), "sparse_operator: {} slices; at most 2^24 - 1",
                         slices);
    slicing_ = slicing_for(slices, sizeof(T));
    slices_ = slices;
    matrix_ = detail::store_rows(space, m);

    std::vector<std::size_t> offsets(m.columns + 1);
    std::vector<std::uint32_t> indices(m.values.size());
    std::vector<T> values(m.values.size());
    for (auto const c : m.indices) ++offsets[c + 1];
    for (std::size_t c = 0; c < m.columns; ++c) offsets[c + 1] += offsets[c];
    auto next = offsets;
    for (std::size_t r = 0; r < m.rows; ++r)
      for (std::size_t n = m.offsets[r]; n < m.offsets[r + 1]; ++n) {
        std::size_t const place = next[m.indices[n]]++;
        indices[place] = static_cast<std::uint32_t>(r);
        values[place] = m.values[n];
      }
    transposed_ = detail::store_rows(space, sparse_matrix<T>{m.columns, m.rows, offsets, indices, values});
  }

  Space space() const { return space_; }
  std::size_t lanes() const { return slicing_.lanes; }
  Kokkos::LayoutRight domain_layout() const {
    return Kokkos::LayoutRight(slicing_.blocks, columns_, lanes());
  }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(slicing_.blocks, rows_, lanes()); }

  void forward(domain_view const& x, range_view const& y) const {
    check(x, y);
    detail::multiply(space_, "tomoedx::sparse_operator::forward", matrix_, x, y);
  }
  void adjoint(range_view const& y, domain_view const& x) const {
    check(x, y);
    detail::multiply(space_, "tomoedx::sparse_operator::adjoint", transposed_, y, x);
  }

  /// Set the lanes beyond the last slice to zero, in a domain or a range.
  void clear_padding(domain_view const& v) const {
    detail::clear_lanes(space_, array_on<T, 4, Space>(v.data(), v.extent(0), v.extent(1), 1, v.extent(2)),
                        slices_, slicing_.blocks);
  }

 private:
  void check(domain_view const& x, range_view const& y) const {
    expect_operand(x, domain_layout(), "sparse_operator", "domain (block, column, lane)");
    expect_operand(y, range_layout(), "sparse_operator", "range (block, row, lane)");
  }

  Space space_;
  std::size_t rows_, columns_, slices_ = 1;
  slicing slicing_;
  detail::stored_rows<T, typename Space::memory_space> matrix_, transposed_;
};

}  // namespace tomoedx

#endif
