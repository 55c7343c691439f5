// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_OPTIMALITY_HPP
#define TOMOEDX_SOLVERS_DETAIL_OPTIMALITY_HPP
// IWYU pragma: private, include "tomoedx/solvers/pdhg.hpp" or "tomoedx/solvers/fista.hpp"

#include <tomoedx/noise/detail/separable.hpp>
#include <tomoedx/regularizers/no_regularizer.hpp>
#include <tomoedx/solvers/detail/primal_dual_passes.hpp>
#include <tomoedx/solvers/iterate.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace tomoedx {

/// When a convex problem counts as solved, asked at each look. Zero switches a rule off.
struct optimality_rules {
  /// the duality gap, an upper bound on how far the objective is above its least value, has come down to this part of
  /// the objective
  double gap_below = 0;
  /// the discrepancy principle for any noise: 2 F(A x) for each datum that takes part, for counts the reduced deviance,
  /// has come down to this; 1 is what well-known Gaussian noise and many counts give
  double deviance_below = 0;
};

/// What a convex method leaves behind: at each look the objective F(A x) + R(x), its duality gap, and the deviance.
///
/// Where the constraint has no bound, the gap is that of the problem with |x| <= limit, which is 1.5 times the largest value
/// seen at a look, and at least four times the constant that fits best: as long as the minimiser stays
/// inside, the two problems have the same one, because they are convex.
struct optimality_report : solve_report {
  std::vector<std::size_t> looked;  ///< after so many iterations
  std::vector<double> objective, gap, deviance;

  /// The gap at the last look as a part of the objective; infinite where no x so far could have given the data.
  double relative_gap() const {
    bool const known = !gap.empty() && std::isfinite(gap.back()) && std::isfinite(objective.back());
    return known ? gap.back() / objective.back() : std::numeric_limits<double>::infinity();
  }
};

namespace detail {

/// Refuse models that do not fit the operator.
template <linear_operator Op, noise_model Noise, regularizer R>
void expect_problem(Op const& op, Noise const& noise, R const& penalty, char const* who) {
  using T = typename Op::domain_view::value_type;
  static_assert(std::same_as<typename Noise::value_type, T> && std::same_as<typename R::value_type, T>,
                "the operator, the noise model and the regularizer have one value type");
  auto const size_of = [](Kokkos::LayoutRight const& layout, std::size_t rank) {
    std::size_t n = 1;
    for (std::size_t r = 0; r < rank; ++r) n *= layout.dimension[r];
    return n;
  };
  std::size_t const range = size_of(op.range_layout(), Op::range_view::rank());
  std::size_t const domain = size_of(op.domain_layout(), Op::domain_view::rank());
  expects<shape_error>(noise.size() == range, "{}: the noise model holds {} data, the operator gives {}", who,
                       noise.size(), range);
  if constexpr (!std::same_as<R, no_regularizer<typename Op::execution_space, T>>)
    expects<shape_error>(penalty.size() == domain, "{}: the regularizer is for {} values, the volume has {}",
                         who, penalty.size(), domain);
}

/// How many data take part in a noise model: all but padding, where it does not say.
template <linear_operator Op, noise_model Noise>
std::size_t data_taking_part(Op const& op, Noise const& noise) {
  if constexpr (requires { noise.taking_part(); })
    return noise.taking_part();
  else
    return static_cast<std::size_t>(sum_and_least(op.space(), ones_of_range(op)).sum);
}

/// Looks at how far a method is from the minimum.
template <execution_space Space>
class optimality {
 public:
  std::vector<std::size_t> const& looked() const { return looked_; }
  std::vector<double> const& objective() const { return objective_; }
  std::vector<double> const& gap() const { return gap_; }
  std::vector<double> const& deviance() const { return deviance_; }

  /// The report of a method, with what was seen at its looks.
  optimality_report report(solve_report const& done) const {
    return {done, looked_, objective_, gap_, deviance_};
  }

 protected:
  using memory = typename Space::memory_space;

  optimality(Space const& space, optimality_rules const& rules, char const* who)
      : space_on_(space), rules_(rules) {
    expects<value_error>(rules.gap_below >= 0 && rules.gap_below < 1,
                         "{}: gap_below is {}; it is a part of the objective, 0 switches it off", who,
                         rules.gap_below);
    expects<value_error>(rules.deviance_below >= 0 && std::isfinite(rules.deviance_below),
                         "{}: deviance_below is {}; it is a deviance for each datum, 0 switches it off", who,
                         rules.deviance_below);
    for (auto* const n : {&misfit_, &conjugate_, &penalty_, &support_})
      *n = number_on<Space>(Kokkos::view_alloc(space, "tomoedx::solvers::number"));
    limit_ = numbers(Kokkos::view_alloc(space, "tomoedx::solvers::limit"), 1);
  }
  /// For volumes of so many values and about this level, and so many data.
  void prepare(std::size_t values, double level, std::size_t data) {
    data_ = std::max<std::size_t>(data, 1);
    strands_ = make_sum_scratch(space_on_, sum_parts(1, values, whole_parts).scratch());
    Kokkos::deep_copy(space_on_, limit_, 4 * level);
  }
  template <class Visit>
  void visit_limit(Visit&& visit) const {
    visit("limit", limit_);
  }

  /// Notes objective and gap at x with m = A x, a dual point q and g = A' q + K' p. Waits.
  template <class Noise, class R, class C, class Flat>
  bool look(Noise const& noise, R const& regularizer, C const& bounds, std::size_t iteration, Flat const& m,
            Flat const& q, Flat const& x, Flat const& g) {
    using T = typename Flat::non_const_value_type;
    noise.value(m, misfit_);
    noise.conjugate(q, conjugate_);
    regularizer.value(x, penalty_);
    double largest = 0, limit = 0;
    Kokkos::parallel_reduce("tomoedx::solvers::largest", flat_policy<Space>(space_on_, 0, x.size()),
                            largest_value<T>{x.data()}, Kokkos::Max<double>(largest));
    auto const read = [&](auto const& from) {
      auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), from);
      return *host.data();
    };
    space_on_.fence("tomoedx::solvers: look at the objective");
    limit = read(limit_);
    if (limit < 1.5 * largest) {
      limit = 1.5 * largest;
      Kokkos::deep_copy(space_on_, limit_, limit);
    }
    sum_channels(space_on_, "tomoedx::solvers::support", sum_parts(1, x.size(), whole_parts), strands_,
                 box_support<C, T>{bounds, g.data(), limit}, to_number<number_on<Space>>{support_});
    space_on_.fence("tomoedx::solvers: look at the gap");
    double const misfit = read(misfit_), objective = misfit + read(penalty_);
    double const dual = -(read(conjugate_) + read(support_)),
                 deviance = 2 * misfit / static_cast<double>(data_);
    // an x that cannot have given the data, or a q outside the domain of F*, bounds nothing
    double const gap = std::isfinite(objective) && std::isfinite(dual)
                           ? objective - dual
                           : std::numeric_limits<double>::infinity();
    looked_.push_back(iteration);
    objective_.push_back(objective);
    gap_.push_back(gap);
    deviance_.push_back(deviance);
    return (rules_.gap_below > 0 && std::isfinite(gap) && gap <= rules_.gap_below * objective) ||
           (rules_.deviance_below > 0 && deviance <= rules_.deviance_below);
  }

 private:
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, memory>;

  Space space_on_;
  optimality_rules rules_;
  std::size_t data_ = 1;
  number_on<Space> misfit_, conjugate_, penalty_, support_;
  numbers limit_;
  sum_scratch<Space> strands_;
  std::vector<std::size_t> looked_;
  std::vector<double> objective_, gap_, deviance_;
};

}  // namespace detail

}  // namespace tomoedx

#endif
