// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_DETAIL_VARIATION_HPP
#define TOMOEDX_REGULARIZERS_DETAIL_VARIATION_HPP
// IWYU pragma: private, include "tomoedx/regularizers/total_variation.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/regularizers/detail/kernels.hpp>
#include <tomoedx/regularizers/variation_options.hpp>

#include <algorithm>
#include <numbers>

namespace tomoedx::detail {

/// What the regularisers of differences have in common: K, and the norm of the differences at a voxel, either of all
/// channels together (`Joint`) or of each.
template <real T, execution_space Space, class Norm, bool Joint>
class variation {
 public:
  using execution_space = Space;
  using value_type = T;
  using flat = flat_on<T, Space>;

  std::size_t size() const { return shape_.at.size(); }
  std::size_t dual_size() const { return static_cast<std::size_t>(directions_) * shape_.stride; }
  double squared_norm() const { return squared_norm_; }
  double column_sum() const { return column_sum_; }
  double row_sum() const { return row_sum_; }
  Space space() const { return space_; }
  double lambda() const { return lambda_; }

  /// f = R(x).
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void value(flat const& x, number_on<Space> const& f) const {
    check(x.size(), size(), "x");
    if (directions_ == 2)
      measure<2>(x, f);
    else
      measure<3>(x, f);
  }

  /// p <- the nearest point of the dual ball to p + sigma K x, in one pass.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void dual_step(flat const& p, flat const& x, T sigma) const {
    check(x.size(), size(), "x");
    check(p.size(), dual_size(), "the dual");
    if (directions_ == 2)
      step<2>(p, x, sigma);
    else
      step<3>(p, x, sigma);
  }

  /// g <- g + K' p, in one pass.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void add_adjoint(flat const& p, flat const& g) const { transpose<true>(p, g); }

  /// g <- K' p, in one pass.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void adjoint(flat const& p, flat const& g) const { transpose<false>(p, g); }

 protected:
  variation(Space const& space, grid const& at, variation_options const& o, char const* who)
      : space_(space), who_(who), level_(simd::usable(o.level)), lambda_(o.lambda) {
    require_kokkos(who);
    validate(o, at, who);
    expects<shape_error>(!Joint || at.channels <= most_joint_channels,
                         "{}: {} channels under one norm; at most {} are possible", who, at.channels,
                         most_joint_channels);
    shape_.at = at;
    shape_.joint = Joint ? at.channels : 1;
    constexpr std::size_t cache_line = 64 / sizeof(T);  // directions apart by an odd number of these
    shape_.stride = ((at.size() + cache_line - 1) / cache_line | 1) * cache_line;
    directions_ = o.in_plane || at.rows == 1 ? 2 : 3;
    make_factors(o);
    if constexpr (runs_on_host<Space>)
      partial_ = Kokkos::View<double*, typename Space::memory_space>("tomoedx::regularizers::partial",
                                                                     shape_.runs());
  }

 private:
  void check(std::size_t given, std::size_t wanted, char const* what) const {
    expects<shape_error>(given == wanted, "{}: {} has {} values, the grid needs {}", who_, what, given,
                         wanted);
  }

  /// The weights of channels and directions, and the bounds on K that follow.
  void make_factors(variation_options const& o) {
    grid const& g = shape_.at;
    auto const d_end = static_cast<std::size_t>(directions_);
    std::size_t const extent[] = {g.columns, g.lines, g.rows};
    double const spacing[] = {o.spacing[2], o.spacing[0], o.spacing[1]};
    factors_ = flat(Kokkos::view_alloc(space_, Kokkos::WithoutInitializing, "tomoedx::regularizers::factors"),
                    g.channels * d_end);
    auto const host = Kokkos::create_mirror_view(Kokkos::WithoutInitializing, factors_);
    for (std::size_t c = 0; c < g.channels; ++c) {
      double squares = 0, column = 0;
      for (std::size_t d = 0; d < d_end; ++d) {
        double const factor = (o.weights.empty() ? 1 : o.weights[c]) / spacing[d];
        host(c * d_end + d) = static_cast<T>(factor);
        if (extent[d] == 1) continue;
        double const half_turn = std::numbers::pi / (2 * static_cast<double>(extent[d]));
        squares += 4 * factor * factor * std::pow(std::cos(half_turn), 2);  // the largest eigenvalue
        column += extent[d] == 2 ? factor : 2 * factor;
        row_sum_ = std::max(row_sum_, 2 * factor);
      }
      squared_norm_ = std::max(squared_norm_, squares);
      column_sum_ = std::max(column_sum_, column);
    }
    Kokkos::deep_copy(space_, factors_, host);
    space_.fence("tomoedx::regularizers: factors are in place");
    shape_.factors = factors_.data();
  }

  template <int D>
  void measure(flat const& x, number_on<Space> const& f) const {
    sum_each_run(space_, "tomoedx::regularizers::value", level_, value_kernel < Norm, D, Joint ? 0 : 1,
                 T > {shape_, x.data()}, lambda_, partial_.data(), f);
  }
  template <int D>
  void step(flat const& p, flat const& x, T sigma) const {
    for_each_run(space_, "tomoedx::regularizers::dual_step", level_, dual_step_kernel < Norm, D,
                 Joint ? 0 : 1, T > {shape_, x.data(), p.data(), sigma, static_cast<T>(lambda_)});
  }
  template <bool Add>
  void transpose(flat const& p, flat const& g) const {
    check(p.size(), dual_size(), "the dual");
    check(g.size(), size(), "g");
    variation_shape<T> each = shape_;
    each.joint = 1;
    if (directions_ == 2)
      for_each_run(space_, "tomoedx::regularizers::adjoint", level_,
                   transposed_kernel<2, Add, T>{each, p.data(), g.data()});
    else
      for_each_run(space_, "tomoedx::regularizers::adjoint", level_,
                   transposed_kernel<3, Add, T>{each, p.data(), g.data()});
  }

  Space space_;
  char const* who_;
  isa level_;
  double lambda_, squared_norm_ = 0, column_sum_ = 0, row_sum_ = 0;
  int directions_ = 3;
  variation_shape<T> shape_;
  flat factors_;
  Kokkos::View<double*, typename Space::memory_space> partial_;
};

}  // namespace tomoedx::detail

#endif
