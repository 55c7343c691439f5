// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_MPI_EM_HPP
#define TOMOEDX_DISTRIBUTE_MPI_EM_HPP

#include <tomoedx/distribute/communicator.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/osem.hpp>

#include <utility>
#include <vector>

/// EM and OSEM of slices that are spread over ranks. The constant they start from couples the slices: it is that of all
/// counts, as on one rank.
namespace tomoedx {

namespace detail {

/// Fill x with the constant whose projection holds as many counts as the data of all ranks. Collective.
template <linear_operator Op>
void start_together(communicator const& comm, std::vector<Op> const& ops,
                    std::vector<typename Op::range_view> const& data, typename Op::domain_view const& x,
                    typename Op::domain_view const& mask) {
  fill_estimate(ops.front(), x, 1, mask);
  double totals[2] = {};
  for (std::size_t s = 0; s < ops.size(); ++s) {
    auto const projected = make_range(ops[s]);
    ops[s].forward(x, projected);
    totals[0] += sum_and_least(ops[s].space(), projected).sum;
    totals[1] += sum_and_least(ops[s].space(), data[s]).sum;
  }
  comm.sum(totals);
  fill_estimate(ops.front(), x, totals[0] > 0 && totals[1] > 0 ? totals[1] / totals[0] : 1, mask);
}

}  // namespace detail

/// em() of the rank's slices, from the constant of all ranks; give it a watch made by `collectively`.
///
/// throws   as `em`
template <linear_operator Op, observer Watch = ignore>
solve_report em(communicator const& comm, Op const& op, typename Op::range_view const& data,
                typename Op::domain_view const& x,
                em_options<typename Op::domain_view, typename Op::range_view> options = {},
                Watch&& watch = {}) {
  expect_operand(data, op.range_layout(), "em", "data");
  detail::expect_em(op, x, options, "em");
  if (!options.warm_start) detail::start_together<Op>(comm, {op}, {data}, x, options.mask);
  options.warm_start = true;
  return em(op, data, x, options, std::forward<Watch>(watch));
}

/// osem() of the rank's slices, from the constant of all ranks; give it a watch made by `collectively`.
///
/// throws   as `osem`
template <linear_operator Op, observer Watch = ignore>
solve_report osem(communicator const& comm, std::vector<Op> const& subsets,
                  std::vector<typename Op::range_view> const& data, typename Op::domain_view const& x,
                  osem_options<typename Op::domain_view, typename Op::range_view> options = {},
                  Watch&& watch = {}) {
  detail::expect_subsets(subsets, data, "osem");
  detail::expect_em(detail::first_subset(subsets, "osem"), x, options, "osem");
  if (!options.warm_start) detail::start_together(comm, subsets, data, x, options.mask);
  options.warm_start = true;
  return osem(subsets, data, x, options, std::forward<Watch>(watch));
}

}  // namespace tomoedx

#endif
