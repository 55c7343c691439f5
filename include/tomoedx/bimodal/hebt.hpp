// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_HEBT_HPP
#define TOMOEDX_BIMODAL_HEBT_HPP

#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <limits>
#include <vector>

namespace tomoedx {

/// Options of HEBT; `Domain` is the mixed operator's domain_view (element, flat).
template <class Domain>
struct hebt_options {
  std::size_t iterations = 200;
  double alpha = 0.7;  ///< weight of HAADF against the maps, in (0, 1): Zhong 0.7, Yuan 0.8 on real data
  std::vector<double> ratios;  ///< r(e), one for each element (bimodal/response_ratios.hpp)
  double relaxation = 1;       ///< in (0, 2)
  double upper = std::numeric_limits<double>::infinity();  ///< values are clipped at it
  Domain mask = {};                                        ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;                                 ///< start from what x holds instead of zero
  stopping_rules stop = {};
};

/// The stacked matrix of HEBT without its W: M = [(1 - alpha) I; alpha 1'], elements first, HAADF last.
///
/// source   Zhong et al. 2017, eq. 11
inline mixing hebt_mixing(std::size_t elements, double alpha) {
  expects<shape_error>(elements > 0, "hebt: there are no elements");
  expects<value_error>(alpha > 0 && alpha < 1, "hebt: alpha is {}; it must lie between 0 and 1", alpha);
  mixing m{elements + 1, elements, std::vector<double>((elements + 1) * elements)};
  for (std::size_t e = 0; e < elements; ++e) {
    m.values[e * elements + e] = 1 - alpha;
    m.values[elements * elements + e] = alpha;
  }
  return m;
}

namespace detail {

/// The right side of HEBT: (1 - alpha) r(e) p(e) for each element, then alpha h.
template <class Space, class Factors, class Stacked>
void weigh_channels(Space const& space, Factors const& factor, Stacked const& data, Stacked const& stacked) {
  Kokkos::parallel_for(
      "tomoedx::hebt::stack",
      Kokkos::MDRangePolicy<Space, Kokkos::Rank<2>, Kokkos::IndexType<std::size_t>>(
          space, {0, 0}, {stacked.extent(0), stacked.extent(1)}),
      KOKKOS_LAMBDA(std::size_t c, std::size_t i) { stacked(c, i) = factor(c) * data(c, i); });
}

}  // namespace detail

/// HAADF-EDS bimodal tomography: the element volumes x(e) = z(e) rho(e), all from one least-squares problem
///
///     alpha^2 |h - sum W x(e)|^2 + (1 - alpha)^2 sum |r(e) p(e) - W x(e)|^2 -> min,  x >= 0
///
/// solved by SIRT on the stacked system (so each norm is weighted by SIRT's inverse row sums), at k forward and k back projections an iteration.
///
/// shapes   data (element maps p(e), then HAADF h; W's range flat), x (element; W's domain flat);
///          element(x, e) and channel(data, c) of mixed_operator give the parts as W knows them
/// throws   tomoedx::shape_error or value_error before anything is computed
/// returns  when x is complete; residuals are those of the stacked system
/// source   Zhong et al. 2017, eq. 9 to 11
template <linear_operator Op, observer Watch = ignore>
solve_report hebt(Op const& op,
                  array_on<typename Op::domain_view::value_type, 2, typename Op::execution_space> data,
                  array_on<typename Op::domain_view::value_type, 2, typename Op::execution_space> x,
                  hebt_options<typename mixed_operator<Op>::domain_view> const& options, Watch&& watch = {}) {
  using T = typename Op::domain_view::value_type;
  std::size_t const k = x.extent(0);
  expects<shape_error>(options.ratios.size() == k, "hebt: {} response ratios for {} elements",
                       options.ratios.size(), k);
  for (std::size_t e = 0; e < k; ++e)
    expects<value_error>(std::isfinite(options.ratios[e]) && options.ratios[e] >= 0,
                         "hebt: the response ratio of element {} is {}; it is finite and not negative", e,
                         options.ratios[e]);
  mixed_operator<Op> const stacked(op, hebt_mixing(k, options.alpha));
  expect_operand(data, stacked.range_layout(), "hebt", "data (element maps, then HAADF)");
  Kokkos::View<T*, Kokkos::LayoutRight, Kokkos::HostSpace> factor("tomoedx::hebt::factors", k + 1);
  for (std::size_t e = 0; e < k; ++e) factor(e) = static_cast<T>((1 - options.alpha) * options.ratios[e]);
  factor(k) = static_cast<T>(options.alpha);
  auto const right_side = make_range(stacked);
  detail::weigh_channels(op.space(), upload(op.space(), factor), data, right_side);
  return sirt(stacked, right_side, x,
              {.iterations = options.iterations,
               .relaxation = options.relaxation,
               .lower = 0,
               .upper = options.upper,
               .mask = options.mask,
               .warm_start = options.warm_start,
               .stop = options.stop},
              watch);
}

}  // namespace tomoedx

#endif
