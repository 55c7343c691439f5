// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_DETAIL_THREE_STAGES_HPP
#define TOMOEDX_DISTRIBUTE_DETAIL_THREE_STAGES_HPP
// IWYU pragma: private, include "tomoedx/distribute/stream.hpp"

#ifdef TOMOEDX_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#endif

#include <algorithm>
#include <cstddef>

namespace tomoedx::detail {

/// Whether stages can overlap in this build.
#ifdef TOMOEDX_TBB
inline constexpr bool stages_overlap = true;
#else
inline constexpr bool stages_overlap = false;
#endif

/// read(i), compute(i), write(i) for each i in [0, n), in this order for each i and each stage in the order of i.
///
/// Overlapped, read(i + 1) and write(i - 1) run on threads of oneTBB while compute(i) runs on the calling thread: it is
/// the one Kokkos knows, and the one an observer expects to be called on (which is why this is no parallel_pipeline:
/// its stages run on any thread). So two buffers between stages suffice. The first exception ends the work when the
/// stages that run beside it are through.
template <class Read, class Compute, class Write>
void run_stages(std::size_t n, [[maybe_unused]] bool overlap, Read&& read, Compute&& compute, Write&& write) {
#ifdef TOMOEDX_TBB
  if (overlap && n > 1) {
    using namespace oneapi::tbb;
    std::size_t const threads =
        std::max<std::size_t>(3, global_control::active_value(global_control::max_allowed_parallelism));
    global_control const allow(global_control::max_allowed_parallelism, threads);  // also on one core
    task_arena arena(3);
    arena.execute([&] {
      task_group beside;
      read(0);
      for (std::size_t i = 0; i <= n; ++i) {
        if (i + 1 < n) beside.run([&, i] { read(i + 1); });
        if (i > 0) beside.run([&, i] { write(i - 1); });
        try {
          if (i < n) compute(i);
        } catch (...) {
          try {
            beside.wait();
          } catch (...) {  // the first error is the one to tell
          }
          throw;
        }
        beside.wait();
      }
    });
    return;
  }
#endif
  for (std::size_t i = 0; i < n; ++i) {
    read(i);
    compute(i);
    write(i);
  }
}

}  // namespace tomoedx::detail

#endif
