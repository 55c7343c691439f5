// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_HOST_THREADS_HPP
#define TOMOEDX_CORE_HOST_THREADS_HPP

#include <Kokkos_Core.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <string>

namespace tomoedx {

/// Call `body(scratch, i)` for every i in [0, n), on the threads of Kokkos' host space where Kokkos runs, else one
/// after the other. `make()` makes the scratch of a thread. For work on pixels and spectra, where i is worth microseconds
/// and takes a time of its own.
///
/// requires  calls for different i touch nothing in common but their thread's scratch
/// throws    what `make` or `body` threw first; the rest of the work is left then
template <class Make, class Body>
void on_host_threads(char const* label, std::size_t n, Make const& make, Body const& body) {
  using host = Kokkos::DefaultHostExecutionSpace;
  std::size_t threads = 1;
  if (Kokkos::is_initialized()) threads = static_cast<std::size_t>(std::max(1, host().concurrency()));
  std::size_t const grain = std::clamp<std::size_t>(n / (16 * threads), 1, 256);
  std::atomic<std::size_t> next{0};
  std::exception_ptr first;
  std::mutex guard;
  auto const work = [&](int) {
    try {
      auto scratch = make();
      for (std::size_t begin; (begin = next.fetch_add(grain)) < n;)
        for (std::size_t i = begin; i < std::min(begin + grain, n); ++i) body(scratch, i);
    } catch (...) {
      next = n;
      std::lock_guard const lock(guard);
      if (!first) first = std::current_exception();
    }
  };
  if (threads == 1 || n <= grain) {
    work(0);
  } else {
    host const space;
    Kokkos::parallel_for(
        std::string("tomoedx::") + label,
        Kokkos::RangePolicy<host>(space, 0, static_cast<int>(std::min(threads, n)), Kokkos::ChunkSize(1)),
        work);
    space.fence(std::string("tomoedx::") + label);
  }
  if (first) std::rethrow_exception(first);
}

/// The same without scratch: `body(i)`.
template <class Body>
void on_host_threads(char const* label, std::size_t n, Body const& body) {
  on_host_threads(
      label, n, [] { return 0; }, [&](int, std::size_t i) { body(i); });
}

}  // namespace tomoedx

#endif
