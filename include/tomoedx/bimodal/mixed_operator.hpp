// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_MIXED_OPERATOR_HPP
#define TOMOEDX_BIMODAL_MIXED_OPERATOR_HPP

#include <tomoedx/core/grid.hpp>
#include <tomoedx/core/row_update.hpp>
#include <tomoedx/solvers/operator_sums.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace tomoedx {

/// A small dense matrix M of `rows` channels by `columns` elements, row-major.
struct mixing {
  std::size_t rows = 0, columns = 0;
  std::vector<double> values;

  double operator()(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
};

/// The same matrix with rows and columns exchanged.
inline mixing transposed(mixing const& m) {
  mixing t{m.columns, m.rows, std::vector<double>(m.values.size())};
  for (std::size_t r = 0; r < m.rows; ++r)
    for (std::size_t c = 0; c < m.columns; ++c) t.values[c * m.rows + r] = m(r, c);
  return t;
}

/// The unit matrix: every element is a channel of its own.
inline mixing separate_channels(std::size_t n) {
  mixing m{n, n, std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) m.values[i * n + i] = 1;
  return m;
}

namespace detail {

/// How many values a view of this layout holds.
template <class View>
std::size_t values_in(Kokkos::LayoutRight const& layout) {
  std::size_t n = 1;
  for (std::size_t r = 0; r < View::rank(); ++r) n *= layout.dimension[r];
  return n;
}

/// to(r, i) = sum over c of m(r, c) from(c, i), the arrays being flat channels one after the other.
template <class Space, class Matrix, class From, class To>
void mix(Space const& space, char const* label, Matrix const& m, From const& from, To const& to) {
  using T = typename To::non_const_value_type;
  std::size_t const count = to.extent(1), rows = m.extent(0), columns = m.extent(1);
  constexpr std::size_t run = runs_on_host<Space> ? 512 : 1;  // a run of the flat array stays in the cache
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space, 0, (count + run - 1) / run),
      KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const first = n * run, end = Kokkos::min(count, first + run);
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t i = first; i < end; ++i) to(r, i) = T(0);
          for (std::size_t c = 0; c < columns; ++c) {
            T const f = m(r, c);
            if (f == T(0)) continue;
            for (std::size_t i = first; i < end; ++i) to(r, i) += f * from(c, i);
          }
        }
      });
}

}  // namespace detail

/// M (x) W: k elements projected by one operator W, their projections mixed into channels by M.
///
/// Every problem of several series that share W is of this kind: separate series (M the unit matrix), HEBT
/// (its (k+1) x k stacked matrix). One application costs k forward or k back projections, whatever M is;
/// where W can carry several series at once (`repeated`), its weights are made once for all of them. Models
/// `linear_operator`, and `projector` when W does.
///
/// shapes   domain (element, W's domain flat), range (channel, W's range flat)
/// requires a copy shares scratch with its original: use one of them at a time
/// source   Zhong et al. 2017, eq. 11
template <linear_operator Op>
class mixed_operator {
  static constexpr bool repeatable = requires(Op const& op, std::size_t k) {
    { op.repeated(k) } -> std::same_as<Op>;
  };

 public:
  using execution_space = typename Op::execution_space;
  using memory = typename execution_space::memory_space;
  using value_type = typename Op::domain_view::value_type;
  using domain_view = array_on<value_type, 2, execution_space>;
  using range_view = array_on<value_type, 2, execution_space>;

  /// throws   tomoedx::shape_error for an empty matrix, value_error for one that holds NaN or infinity
  mixed_operator(Op const& op, mixing m)
      : op_(op), series_(repeat(op, m.columns)), elements_(m.columns), channels_(m.rows) {
    require_kokkos("mixed_operator");
    constexpr std::size_t most = 4096;  // channels and elements: far more than anybody measures
    expects<shape_error>(m.rows > 0 && m.columns > 0 && m.rows <= most && m.columns <= most &&
                             m.values.size() == m.rows * m.columns,
                         "mixed_operator: a {} x {} matrix with {} values", m.rows, m.columns,
                         m.values.size());
    for (double const v : m.values)
      expects<value_error>(std::isfinite(v), "mixed_operator: the matrix holds {}", v);
    auto const space = op.space();
    per_element_ = detail::values_in<typename Op::domain_view>(op.domain_layout());
    per_channel_ = detail::values_in<typename Op::range_view>(op.range_layout());
    count(extents<2>{elements_, per_element_});
    count(extents<2>{channels_, per_channel_});
    mixing const back = transposed(m);
    mix_ = matrix(space, m);
    transposed_ = matrix(space, back);
    unit_ = m.rows == m.columns && m.values == separate_channels(m.rows).values;
    if (!unit_)
      projected_ = range_view(Kokkos::view_alloc(space, "tomoedx::mixed_operator::projected"), elements_,
                              per_channel_);
    if constexpr (projector<Op>) {
      row_sums_ = spread(op.row_sums(), m, per_channel_);
      column_sums_ = spread(op.column_sums(), back, per_element_);
    }
  }

  execution_space space() const { return op_.space(); }
  Op const& inner() const { return op_; }
  std::size_t elements() const { return elements_; }
  std::size_t channels() const { return channels_; }
  Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(elements_, per_element_); }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(channels_, per_channel_); }

  /// The grids of W with so many channels, where W knows them.
  grid domain_grid() const requires gridded_operator<Op> {
    grid g = op_.domain_grid();
    g.channels *= elements_;
    return g;
  }
  grid range_grid() const requires gridded_operator<Op> {
    grid g = op_.range_grid();
    g.channels *= channels_;
    return g;
  }

  /// An element of the domain, or a channel of the range, as W knows it. Shares memory.
  typename Op::domain_view element(domain_view const& x, std::size_t e) const {
    expects<shape_error>(e < x.extent(0), "mixed_operator: element {} of {}", e, x.extent(0));
    return typename Op::domain_view(x.data() + e * per_element_, op_.domain_layout());
  }
  typename Op::range_view channel(range_view const& y, std::size_t c) const {
    expects<shape_error>(c < y.extent(0), "mixed_operator: channel {} of {}", c, y.extent(0));
    return typename Op::range_view(y.data() + c * per_channel_, op_.range_layout());
  }

  void forward(domain_view const& x, range_view const& y) const {
    check(x, y);
    range_view const projected = unit_ ? y : projected_;
    if constexpr (repeatable)
      series_.forward(typename Op::domain_view(x.data(), series_.domain_layout()),
                      typename Op::range_view(projected.data(), series_.range_layout()));
    else
      for (std::size_t e = 0; e < elements_; ++e) op_.forward(element(x, e), channel(projected, e));
    if (!unit_) detail::mix(op_.space(), "tomoedx::mixed_operator::mix", mix_, projected, y);
  }

  void adjoint(range_view const& y, domain_view const& x) const {
    check(x, y);
    range_view const projected = unmix(y);
    if constexpr (repeatable)
      series_.adjoint(typename Op::range_view(projected.data(), series_.range_layout()),
                      typename Op::domain_view(x.data(), series_.domain_layout()));
    else
      for (std::size_t e = 0; e < elements_; ++e) op_.adjoint(channel(projected, e), element(x, e));
  }

  /// The adjoint row by row to an update (core/row_update.hpp), where W does so.
  void adjoint(range_view const& y,
               row_update<value_type> const& update) const requires updating_operator<Op> && repeatable {
    expect_operand(y, range_layout(), "mixed_operator", "series (channel, flat)");
    series_.adjoint(typename Op::range_view(unmix(y).data(), series_.range_layout()), update);
  }
  std::size_t update_lanes() const requires updating_operator<Op> && repeatable { return op_.update_lanes(); }

  /// (M 1) (x) (W 1) and (M' 1) (x) (W' 1).
  repeated_values<value_type, memory> row_sums() const requires projector<Op> { return row_sums_; }
  repeated_values<value_type, memory> column_sums() const requires projector<Op> { return column_sums_; }

  /// Zero what W pads, in every element of a domain or every channel of a range.
  void clear_padding(domain_view const& v) const {
    if constexpr (requires(typename Op::domain_view d) { op_.clear_padding(d); }) {
      bool const is_domain = v.extent(1) == per_element_ && v.extent(0) == elements_;
      for (std::size_t i = 0; i < v.extent(0); ++i)
        if (is_domain)
          op_.clear_padding(element(v, i));
        else
          op_.clear_padding(channel(v, i));
    }
  }

 private:
  using dense = array_on<value_type, 2, execution_space>;
  static Op repeat(Op const& op, std::size_t copies) {
    if constexpr (repeatable)
      return op.repeated(copies);
    else
      return op;
  }

  static dense matrix(execution_space const& space, mixing const& m) {
    Kokkos::View<value_type**, Kokkos::LayoutRight, Kokkos::HostSpace> host("tomoedx::mixed_operator::matrix",
                                                                            m.rows, m.columns);
    for (std::size_t r = 0; r < m.rows; ++r)
      for (std::size_t c = 0; c < m.columns; ++c) host(r, c) = static_cast<value_type>(m(r, c));
    auto const to = upload(space, host);
    space.fence("tomoedx::mixed_operator: the matrix is in place");
    return to;
  }

  /// The sums of W, `count` elements of them, once for each row of `m` with the row's sum as its factor.
  repeated_values<value_type, memory> spread(repeated_values<value_type, memory> const& sums, mixing const& m,
                                             std::size_t count) const {
    auto const inner = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), sums.scale);
    std::size_t const stride = std::min(sums.stride, count), parts = count / stride;
    Kokkos::View<value_type*, Kokkos::LayoutRight, Kokkos::HostSpace> host("tomoedx::mixed_operator::sums",
                                                                           m.rows * parts);
    for (std::size_t r = 0; r < m.rows; ++r) {
      double factor = 0;
      for (std::size_t c = 0; c < m.columns; ++c) factor += m(r, c);
      for (std::size_t p = 0; p < parts; ++p)
        host(r * parts + p) =
            static_cast<value_type>(factor) * (inner.extent(0) > 0 ? inner(p) : value_type(1));
    }
    auto const scale = upload(op_.space(), host);
    op_.space().fence("tomoedx::mixed_operator: the sums are in place");
    return {sums.values, sums.lanes, scale, stride};
  }

  /// M' y, or y itself when M is the unit matrix.
  range_view unmix(range_view const& y) const {
    if (unit_) return y;
    detail::mix(op_.space(), "tomoedx::mixed_operator::mix", transposed_, y, projected_);
    return projected_;
  }

  void check(domain_view const& x, range_view const& y) const {
    expect_operand(x, domain_layout(), "mixed_operator", "volumes (element, flat)");
    expect_operand(y, range_layout(), "mixed_operator", "series (channel, flat)");
  }

  Op op_, series_;
  std::size_t elements_, channels_, per_element_ = 0, per_channel_ = 0;
  bool unit_ = false;
  dense mix_, transposed_;
  range_view projected_;
  repeated_values<value_type, memory> row_sums_, column_sums_;
};

}  // namespace tomoedx

#endif
