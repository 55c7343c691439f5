// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_MPI_SESSION_HPP
#define TOMOEDX_DISTRIBUTE_MPI_SESSION_HPP

#include <tomoedx/distribute/communicator.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

namespace tomoedx {

/// How many processes the launcher says it has started, `mpirun` or its like; 1 where there was none.
inline long launched_processes() {
  for (char const* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"})
    if (char const* const given = std::getenv(name); given != nullptr && std::atol(given) > 1)
      return std::atol(given);
  return 1;
}

/// MPI for as long as this lives, in a program that may or may not have been started by `mpirun`:
///
///     int main(int argc, char** argv) {
///       tomoedx::mpi_session const mpi(argc, argv);      // before Kokkos
///       Kokkos::ScopeGuard const kokkos(argc, argv);
///       auto const world = mpi.world();
///       try {
///         return run_on_all(world, [&] { return work(world); });
///       } catch (std::exception const& e) {              // of a process that works alone
///         end_job(world, e.what());
///       }
///     }
///
/// MPI that runs already is used and left running. In a build without MPI there is one process, and a start as one of
/// several is refused: each would do all of the work.
class mpi_session {
 public:
  /// throws   tomoedx::error when MPI was ended already, or `mpirun` started a program that was built without it
  mpi_session(int& argc, char**& argv) {
#ifdef TOMOEDX_MPI
    int running = 0, ended = 0;
    MPI_Initialized(&running);
    MPI_Finalized(&ended);
    expects(ended == 0, "mpi_session: MPI was ended already, and cannot be started twice in a process");
    if (running == 0) {
      int provided = 0;
      MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
      ours_ = true;
    }
    world_ = communicator(MPI_COMM_WORLD);
#else
    static_cast<void>(argc), static_cast<void>(argv);
    expects(launched_processes() == 1,
            "mpi_session: started as one of {} processes, and built without MPI; configure with "
            "TOMOEDX_MPI=ON",
            launched_processes());
#endif
  }
  mpi_session(mpi_session const&) = delete;
  mpi_session& operator=(mpi_session const&) = delete;
  ~mpi_session() {
#ifdef TOMOEDX_MPI
    // ended by an exception, the others would wait for this rank for ever
    if (std::uncaught_exceptions() > 0 && world_.size() > 1) MPI_Abort(world_.mpi(), 1);
    world_ = communicator();
    if (ours_) MPI_Finalize();
#endif
  }

  communicator const& world() const {
    return world_;
  }

 private:
  communicator world_;
  bool ours_ = false;
};

/// End all ranks with a message on standard error and an exit status, without waiting for anybody. Where all ranks fail
/// alike only the first is heard: the others wait a moment, in which it ends them.
[[noreturn]] inline void end_job(communicator const& comm, std::string const& text, int status = 1) {
#ifdef TOMOEDX_MPI
  if (comm.size() > 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100) * std::min(comm.rank(), 20));
    std::fprintf(stderr, "rank %d of %d: %s\n", comm.rank(), comm.size(), text.c_str());
    std::fflush(stderr);
    MPI_Abort(comm.mpi(), status);
  }
#else
  static_cast<void>(comm);
#endif
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  std::exit(status);
}

/// Do `f()` on every rank. A rank that throws ends the job with its message, so that nobody waits for it; alone, the
/// exception goes on to the caller.
template <class F>
auto run_on_all(communicator const& comm, F&& f, int status = 1) {
  if (comm.size() == 1) return std::forward<F>(f)();
  try {
    return std::forward<F>(f)();
  } catch (std::exception const& e) {
    end_job(comm, e.what(), status);
  } catch (...) {
    end_job(comm, "an exception that is none of the standard's", status);
  }
}

}  // namespace tomoedx

#endif
