// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_HALO_HPP
#define TOMOEDX_DISTRIBUTE_HALO_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/grid.hpp>
#include <tomoedx/distribute/communicator.hpp>

#include <optional>

/// Slices that are not independent: a rank sees one row of each neighbour. Ranks hold rows y in order, as spread_rows
/// gives them.
namespace tomoedx {

namespace detail {

/// One row of a gridded operand as (channel, line, column).
template <class T>
struct take_row {
  grid at;
  std::size_t row;
  T const* from;
  T* to;

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    std::size_t const column = i % at.columns, line = i / at.columns % at.lines,
                      channel = i / at.columns / at.lines;
    to[i] = from[at(channel, line, row, column)];
  }
};

/// Rows of `own` between the rows of the neighbours, each absent at an end of the volume; what pads `to` is 0.
template <class T>
struct put_between {
  grid own, at;
  T const* from;
  T const* below;  ///< null for none
  T const* above;
  T* to;

  /// A run of lanes: channel, block, line and column of `at`.
  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    std::size_t const column = i % at.columns, line = i / at.columns % at.lines;
    std::size_t const block = i / at.columns / at.lines % at.blocks(),
                      channel = i / at.columns / at.lines / at.blocks();
    std::size_t const first = below != nullptr ? 1 : 0,
                      beside = (channel * at.lines + line) * at.columns + column;
    T* const run = to + channel * at.channel_stride + block * at.block_stride + line * at.line_stride +
                   column * at.lanes;
    for (std::size_t lane = 0; lane < at.lanes; ++lane) {
      std::size_t const row = block * at.lanes + lane;
      T value = 0;
      if (row < at.rows) {
        if (row < first)
          value = below[beside];
        else if (row - first < own.rows)
          value = from[own(channel, line, row - first, column)];
        else
          value = above[beside];
      }
      run[lane] = value;
    }
  }
};

/// own <- own + the rows of `at` from `first` on.
template <class T>
struct add_rows {
  grid own, at;
  std::size_t first;
  T const* from;
  T* to;

  KOKKOS_FUNCTION void operator()(std::size_t i) const {
    std::size_t const column = i % own.columns, line = i / own.columns % own.lines;
    std::size_t const block = i / own.columns / own.lines % own.blocks(),
                      channel = i / own.columns / own.lines / own.blocks();
    for (std::size_t row = block * own.lanes; row < Kokkos::min(own.rows, (block + 1) * own.lanes); ++row)
      to[own(channel, line, row, column)] += from[at(channel, line, row + first, column)];
  }
};

/// f <- f - part.
template <class Number>
struct take_off {
  Number f, part;

  KOKKOS_FUNCTION void operator()(std::size_t) const { f() -= part(); }
};

}  // namespace detail

/// Gets the rows of the neighbours: the last row of the rank below, the first of the rank above.
template <real T, execution_space Space>
class halo_exchange {
 public:
  using flat = flat_on<T, Space>;

  /// For operands with this grid of the rank's own rows. Collective.
  ///
  /// throws   tomoedx::shape_error when the ranks' grids differ in more than their rows
  halo_exchange(communicator comm, Space const& space, grid const& own)
      : comm_(std::move(comm)), space_(space), own_(own) {
    double most[6];
    double const mine[] = {static_cast<double>(own.channels), static_cast<double>(own.lines),
                           static_cast<double>(own.columns)};
    for (int i = 0; i < 3; ++i) most[i] = mine[i], most[i + 3] = -mine[i];
    comm_.max(most);
    bool const differ = most[0] != -most[3] || most[1] != -most[4] || most[2] != -most[5];
    expects<shape_error>(
        !differ && own.rows > 0,
        "halo_exchange: ranks hold {} to {} channels, {} to {} lines and {} to {} columns; they share all "
        "but their rows, of which each has one at least",
        -most[3], most[0], -most[4], most[1], -most[5], most[2]);
    std::size_t const n = own.channels * own.lines * own.columns;
    for (auto* const v : {&below_, &above_, &out_}) *v = flat(Kokkos::view_alloc(space, "tomoedx::halo"), n);
    in_host_ = Kokkos::create_mirror_view(below_);
    out_host_ = Kokkos::create_mirror_view(out_);
    space.fence("tomoedx::halo: buffers are in place");
  }

  bool has_below() const { return comm_.rank() > 0; }
  bool has_above() const { return comm_.rank() + 1 < comm_.size(); }
  grid const& own() const { return own_; }
  communicator const& comm() const { return comm_; }

  /// Get the rows of the neighbours of `x`. Collective; waits for them.
  void operator()(flat const& x) const {
    expects<shape_error>(x.size() == own_.size(), "halo_exchange: {} values, the grid has {}", x.size(),
                         own_.size());
    int const below = has_below() ? comm_.rank() - 1 : -1, above = has_above() ? comm_.rank() + 1 : -1;
    pass(x, own_.rows - 1, above, below, below_);
    pass(x, 0, below, above, above_);
  }
  /// (channel, line, column) of the rank below, and above; meaningless where there is none.
  flat const& below() const { return below_; }
  flat const& above() const { return above_; }

 private:
  void pass(flat const& x, std::size_t row, int to, int from, flat const& into) const {
    if (to >= 0) {
      Kokkos::parallel_for("tomoedx::halo::take",
                           Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>(space_, 0, out_.size()),
                           detail::take_row<T>{own_, row, x.data(), out_.data()});
      Kokkos::deep_copy(space_, out_host_, out_);
      space_.fence("tomoedx::halo: a row is ready");
    }
    auto const in =
        detail::runs_on_host<Space> ? in_of(into) : std::span<T>(in_host_.data(), in_host_.size());
    comm_.exchange(std::as_bytes(std::span<T const>(out_host_.data(), out_host_.size())), to,
                   std::as_writable_bytes(in), from);
    if constexpr (!detail::runs_on_host<Space>)
      if (from >= 0) {
        Kokkos::deep_copy(space_, into, in_host_);
        space_.fence("tomoedx::halo: a row has arrived");
      }
  }
  static std::span<T> in_of(flat const& v) { return {v.data(), v.size()}; }

  communicator comm_;
  Space space_;
  grid own_;
  flat below_, above_, out_;
  typename flat::host_mirror_type in_host_, out_host_;
};

/// A regularizer of differences of neighbours (total_variation, vectorial_tv, total_nuclear_variation) on a volume whose
/// rows are spread over ranks: every rank gets what the one of the whole volume would give for its rows. Models
/// `regularizer`; all members that launch work are collective, and wait for the neighbours.
///
///     distributed<total_variation<float, Space>> const tv(world, space, op.domain_grid(), {.lambda = 0.02});
///
/// A rank keeps the dual values of the row below its own as well, and computes them as the neighbour does. `value` is the
/// share of the rank's own rows: the shares add up to the value of the whole.
template <regularizer R>
class distributed {
 public:
  using execution_space = typename R::execution_space;
  using value_type = typename R::value_type;
  using flat = flat_on<value_type, execution_space>;

  /// `own` are the rank's rows; `options` as the regularizer takes them. Collective.
  template <class Options>
  distributed(communicator const& comm, execution_space const& space, grid const& own, Options const& options)
      : space_(space),
        halo_(comm, space, own),
        wide_(widened(own, halo_.has_below(), halo_.has_above())),
        up_(widened(own, false, halo_.has_above())),
        whole_rows_(all_rows(comm, own)),
        whole_(space, with_rows(own, whole_rows_), options),
        on_wide_(space, wide_, options) {
    if (comm.size() == 1) return;
    if (halo_.has_below()) on_up_.emplace(space, up_, options);
    if (halo_.has_above()) edge_.emplace(space, with_rows(own, 1), options);
    scratch_ = flat(Kokkos::view_alloc(space, "tomoedx::distributed::rows"), wide_.size());
    part_ = number_on<execution_space>(Kokkos::view_alloc(space, "tomoedx::distributed::part"));
  }

  std::size_t size() const { return halo_.own().size(); }
  std::size_t dual_size() const { return on_wide_.dual_size(); }
  double squared_norm() const { return whole_.squared_norm(); }
  double column_sum() const { return whole_.column_sum(); }
  double row_sum() const { return whole_.row_sum(); }

  /// f = the share of the own rows in R(x).
  void value(flat const& x, number_on<execution_space> const& f) const {
    if (halo_.comm().size() == 1) return on_wide_.value(x, f);
    halo_(x);
    // the row above adds what it has without its own neighbour, which is taken off again
    put(x, up_, nullptr, halo_.has_above() ? halo_.above().data() : nullptr);
    (on_up_ ? *on_up_ : on_wide_).value(flat(scratch_.data(), up_.size()), f);
    if (!edge_) return;
    grid const one = with_rows(halo_.own(), 1);
    grid none = one;
    none.rows = 0;
    launch(
        "tomoedx::distributed::edge", runs_of(one),
        detail::put_between<value_type>{none, one, nullptr, nullptr, halo_.above().data(), scratch_.data()});
    edge_->value(flat(scratch_.data(), one.size()), part_);
    launch("tomoedx::distributed::share", 1, detail::take_off<number_on<execution_space>>{f, part_});
  }

  /// p <- the nearest point of the dual ball to p + sigma K x, with the least sigma that a rank gives.
  void dual_step(flat const& p, flat const& x, value_type sigma) const {
    if (halo_.comm().size() == 1) return on_wide_.dual_step(p, x, sigma);
    halo_(x);
    put(x, wide_, halo_.has_below() ? halo_.below().data() : nullptr,
        halo_.has_above() ? halo_.above().data() : nullptr);
    on_wide_.dual_step(p, scratch_, static_cast<value_type>(-halo_.comm().max(-static_cast<double>(sigma))));
  }

  /// g <- g + K' p.
  void add_adjoint(flat const& p, flat const& g) const {
    if (halo_.comm().size() == 1) return on_wide_.add_adjoint(p, g);
    Kokkos::deep_copy(space_, scratch_, value_type(0));
    on_wide_.add_adjoint(p, scratch_);
    launch("tomoedx::distributed::add", runs_of(halo_.own()),
           detail::add_rows<value_type>{halo_.own(), wide_, halo_.has_below() ? std::size_t{1} : 0,
                                        scratch_.data(), g.data()});
  }

 private:
  static grid with_rows(grid const& own, std::size_t rows) {
    return sliced_grid(own.channels, own.lines, rows, own.columns, own.lanes);
  }
  static grid widened(grid const& own, bool below, bool above) {
    return below || above ? with_rows(own, own.rows + below + above) : own;
  }
  static std::size_t all_rows(communicator const& comm, grid const& own) {
    return static_cast<std::size_t>(comm.sum(static_cast<double>(own.rows)));
  }
  static std::size_t runs_of(grid const& g) { return g.channels * g.blocks() * g.lines * g.columns; }

  template <class F>
  void launch(char const* label, std::size_t count, F const& f) const {
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<execution_space, Kokkos::IndexType<std::size_t>>(space_, 0, count), f);
  }
  /// scratch <- the own rows between those of the neighbours.
  void put(flat const& x, grid const& to, value_type const* below, value_type const* above) const {
    launch("tomoedx::distributed::rows", runs_of(to),
           detail::put_between<value_type>{halo_.own(), to, x.data(), below, above, scratch_.data()});
  }

  execution_space space_;
  halo_exchange<value_type, execution_space> halo_;
  grid wide_, up_;
  std::size_t whole_rows_;
  R whole_, on_wide_;  // the whole only for its norms
  std::optional<R> on_up_, edge_;
  flat scratch_;
  number_on<execution_space> part_;
};

}  // namespace tomoedx

#endif
