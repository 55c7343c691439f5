// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_MPI_ITERATE_HPP
#define TOMOEDX_DISTRIBUTE_MPI_ITERATE_HPP

#include <tomoedx/distribute/communicator.hpp>
#include <tomoedx/solvers/checkpoint.hpp>

/// Iterative methods whose slices are spread over ranks: each rank gives the method its own slices, and a watch that
/// makes all of them one run.
///
///     auto const rows = rows_of(world, slices, sizeof(float));          // distribute/mpi_slices.hpp
///     tilt_projector<> op(space, beam, rows.count);
///     auto const report = sirt(op, data, x, options, collectively(world, watch));
///
/// Norms, stopping rules, the observer's word and the report are those of all slices; each volume holds the bits that
/// one rank would have computed.
namespace tomoedx {

namespace detail {

/// A solver that knows the norms of all ranks. They are added up when somebody looks, so that steps stay free of waits.
template <class Solver>
class collective_solver {
 public:
  using norms = Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace>;

  collective_solver(communicator const& comm, Solver& method)
      : comm_(comm),
        method_(&method),
        all_("tomoedx::collective::residuals", method.iterations(), method.residuals().extent(1)) {
    double lengths[2] = {static_cast<double>(method.iterations()), static_cast<double>(method.iteration())};
    double const own[2] = {lengths[0], lengths[1]};
    comm_.max(lengths);
    bool const differ = comm_.any(lengths[0] != own[0] || lengths[1] != own[1]);
    expects<value_error>(!differ, "collectively: this rank is at iteration {} of {}, another at {} of {}",
                         own[1], own[0], lengths[1], lengths[0]);
  }

  void step() { method_->step(); }
  std::size_t iteration() const { return method_->iteration(); }
  std::size_t iterations() const { return method_->iterations(); }
  auto space() const { return method_->space(); }
  decltype(auto) state() const { return method_->state(); }
  /// The squared norms over all ranks. Collective; waits for the device when there are new ones.
  norms const& residuals() const {
    std::size_t const done = method_->iteration();
    if (known_ < done) {
      auto const space = method_->space();
      auto const range = Kokkos::make_pair(known_, done);
      auto const part = Kokkos::subview(all_, range, Kokkos::ALL);
      Kokkos::deep_copy(space, part, Kokkos::subview(method_->residuals(), range, Kokkos::ALL));
      space.fence("tomoedx::collectively: norms on the host");
      comm_.sum({part.data(), part.size()});
      known_ = done;
    }
    return all_;
  }
  bool solved() const requires requires(Solver& m) {
    { m.solved() } -> std::convertible_to<bool>;
  }
  { return !comm_.any(!method_->solved()); }

 private:
  communicator comm_;
  Solver* method_;
  norms all_;
  mutable std::size_t known_ = 0;
};

/// An observer whose `stop` on one rank is a stop on all.
template <class Watch>
struct agreed {
  communicator const& comm;
  Watch& watch;
  decision operator()(progress const& p) const {
    return comm.any(watch(p) == decision::stop) ? decision::stop : decision::proceed;
  }
};

}  // namespace detail

/// A watch that makes the runs of all ranks one; made by `collectively`. Models `iteration_driver`.
template <observer Watch>
class collective_watch {
  static_assert(
      !iteration_driver<Watch>,
      "it is with_checkpoints(world, options, collectively(world, watch)), not the other way round");

 public:
  static constexpr bool drives_iterations = true;

  collective_watch(communicator comm, Watch watch)
      : comm_(std::move(comm)), watch_(std::forward<Watch>(watch)) {}

  decision operator()(progress const& p) { return watch_(p); }

  template <solver Solver>
  solve_report drive(Solver& method, stopping_rules const& rules) {
    detail::collective_solver<Solver> all(comm_, method);
    return iterate(all, rules, detail::agreed<std::remove_reference_t<Watch>>{comm_, watch_});
  }

 private:
  communicator comm_;
  Watch watch_;
};

/// A watch for methods that treat every slice by itself (sirt, os_sirt, em, osem, hebt), whose slices are spread over the
/// ranks of `comm`: all ranks hear of the norms of all slices, and stop at the same iteration.
///
/// requires all ranks to call the method with the same options
template <observer Watch = ignore>
collective_watch<Watch> collectively(communicator comm, Watch&& watch = {}) {
  return {std::move(comm), std::forward<Watch>(watch)};
}

/// Step a solver on every rank as `iterate` does on one.
template <solver Solver, observer Watch = ignore>
solve_report collective_iterate(communicator const& comm, Solver& method, stopping_rules const& rules,
                                Watch&& watch = {}) {
  return collective_watch<Watch&>(comm, watch).drive(method, rules);
}

/// with_checkpoints for a run on several ranks: rank 0 writes one file for all, which a run on as many ranks resumes.
/// `file` and `resume` are rank 0's; `warn` is called on every rank.
///
///     sirt(op, data, x, options, with_checkpoints(world, checkpoints, collectively(world, watch)));
template <observer Watch = ignore>
checkpointing<Watch, communicator> with_checkpoints(communicator comm, checkpoint_options options,
                                                    Watch&& watch = {}) {
  return {std::move(options), std::forward<Watch>(watch), std::move(comm)};
}

}  // namespace tomoedx

#endif
