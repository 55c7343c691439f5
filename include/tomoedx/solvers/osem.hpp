// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_OSEM_HPP
#define TOMOEDX_SOLVERS_OSEM_HPP

#include <tomoedx/solvers/detail/em_pass.hpp>
#include <tomoedx/solvers/detail/solver_state.hpp>
#include <tomoedx/solvers/detail/subsets.hpp>

#include <algorithm>
#include <vector>

namespace tomoedx {

/// Options of OSEM; `Domain` and `Range` are the operators' views.
template <class Domain, class Range>
struct osem_options {
  std::size_t iterations = 5;               ///< each takes every subset once
  double background = 0;                    ///< known counts in every bin that the volume did not give
  std::vector<Range> background_maps = {};  ///< the same bin by bin for each subset, added; empty for none
  Domain mask = {};                         ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;                  ///< start from what x holds instead of a positive constant
  stopping_rules stop = {};
};

namespace detail {

/// sum <- sum + the values of C.
template <class T, class Memory>
struct add_repeated {
  repeated_values<T, Memory> values;
  T* sum;

  KOKKOS_FUNCTION T row(std::size_t r) const { return values.of_row(r); }
  KOKKOS_FUNCTION void operator()(std::size_t i, T value) const { sum[i] += value; }
};

}  // namespace detail

/// OSEM taken one step at a time: EM's update for each subset of the data after the other, with the column sums of
/// that subset. One subset is EM, with the same bits. Voxels that a subset does not see are left as they are, those
/// that none sees are 0. Models `solver`.
///
/// Early iterations gain about a factor of the number of subsets over EM, but the likelihood need not rise with every
/// one: noisy counts end in a limit cycle over the subsets, and noise grows after the best image, so end early. An
/// iteration's residual adds up what each subset saw when it was its turn. A subset with few counts can set voxels to
/// 0 for good; give each subset tilts enough.
///
/// source   Hudson and Larkin, IEEE TMI 13, 1994
template <linear_operator Op>
class osem_solver : public detail::solver_state<typename Op::execution_space, typename Op::domain_view> {
  using base = detail::solver_state<typename Op::execution_space, typename Op::domain_view>;

 public:
  using domain_view = typename Op::domain_view;
  using range_view = typename Op::range_view;
  using value_type = typename domain_view::value_type;
  using options = osem_options<domain_view, range_view>;

  /// Prepare: allocates what the steps need. `data`, one for each operator, and `x` are kept by reference, `x` is
  /// the state. The subsets are taken in the order given (projectors/tilt_subsets.hpp makes a good one).
  ///
  /// requires data >= 0 and operator weights >= 0
  /// throws   tomoedx::shape_error or value_error before anything is computed
  osem_solver(std::vector<Op> const& subsets, std::vector<range_view> const& data, domain_view const& x,
              options const& o)
      : base("osem", detail::first_subset(subsets, "osem").space(), x, o.iterations,
             range_channels(detail::first_subset(subsets, "osem"))),
        mask_(o.mask) {
    detail::expect_subsets(subsets, data, "osem");
    Op const& first = subsets.front();
    detail::expect_em(first, x, o, "osem");
    expects<shape_error>(o.background_maps.empty() || o.background_maps.size() == subsets.size(),
                         "osem: {} background maps for {} subsets; give one for each, or none",
                         o.background_maps.size(), subsets.size());
    std::size_t scratch = 0;
    for (std::size_t s = 0; s < subsets.size(); ++s) {
      passes_.emplace_back(subsets[s], data[s], o.background,
                           o.background_maps.empty() ? range_view{} : o.background_maps[s], "osem");
      scratch = std::max(scratch, passes_.back().parts.scratch());
    }
    models_ = detail::ranges_in_one_buffer(subsets);
    gradient_ = detail::adjoint_buffer<Op>(first);
    scratch_ = detail::make_sum_scratch(first.space(), scratch);
    if (!o.warm_start)
      start();
    else
      detail::apply_mask(first.space(), mask_, x);
    if (passes_.size() > 1) clear_unseen();
  }

  /// One iteration: every subset once. Only launches work.
  void step() {
    this->begin_step();
    for (std::size_t s = 0; s < passes_.size(); ++s)
      passes_[s].apply(this->x_, models_.views[s], gradient_, scratch_,
                       detail::to_history<typename base::history>{this->history_, this->iteration(), s > 0},
                       mask_, passes_.size() > 1);
    this->end_step();
  }

  std::size_t subsets() const { return passes_.size(); }

 private:
  /// Fill x with the constant whose projection holds as many counts as the data.
  void start() const {
    detail::fill_estimate(passes_.front().op, this->x_, 1, mask_);
    double counts = 0, rays = 0;
    for (std::size_t s = 0; s < passes_.size(); ++s) {
      passes_[s].op.forward(this->x_, models_.views[s]);
      rays += detail::sum_and_least(this->space(), models_.views[s]).sum;
      counts += passes_[s].counts;
    }
    detail::fill_estimate(passes_.front().op, this->x_, rays > 0 && counts > 0 ? counts / rays : 1, mask_);
  }

  /// What no subset sees is 0, as in EM.
  void clear_unseen() const {
    auto const seen = make_domain(passes_.front().op);
    for (auto const& pass : passes_)
      detail::for_each_value(
          this->space(), "tomoedx::osem::seen", seen.size(), pass.inverse_columns.lanes,
          detail::add_repeated<value_type, typename base::memory>{pass.inverse_columns, seen.data()});
    detail::apply_mask(this->space(), seen, this->x_);
    this->space().fence("tomoedx::osem: before this memory goes");
  }

  domain_view mask_;
  std::vector<detail::em_pass<Op>> passes_;
  detail::shared_ranges<Op> models_;
  detail::adjoint_buffer<Op> gradient_;
  detail::sum_scratch<typename Op::execution_space> scratch_;
};

/// Reconstruct x from counts in subsets by OSEM with any operators of non-negative weights.
///
///     tilt_subsets const parts(op, 5);
///     osem(parts.operators(), parts.split(counts), x, {.iterations = 4});
///
/// shapes   data[s] as subsets[s].range_layout(), x as the domain_layout() that all operators share
/// requires data >= 0
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; x is valid also after the observer stopped the work
/// source   Hudson and Larkin, IEEE TMI 13, 1994
template <linear_operator Op, observer Watch = ignore>
solve_report osem(std::vector<Op> const& subsets, std::vector<typename Op::range_view> const& data,
                  typename Op::domain_view const& x,
                  osem_options<typename Op::domain_view, typename Op::range_view> const& options = {},
                  Watch&& watch = {}) {
  osem_solver<Op> method(subsets, data, x, options);
  return iterate(method, options.stop, watch);
}

}  // namespace tomoedx

#endif
