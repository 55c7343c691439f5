// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_RUNTIME_HPP
#define TOMOEDX_CORE_RUNTIME_HPP

#include <tomoedx/core/error.hpp>

#include <Kokkos_Core.hpp>

namespace tomoedx {

/// Refuse to work where Kokkos would abort the process: before it was started or after it was ended.
///
/// throws   tomoedx::error with the remedy
inline void require_kokkos(char const* who) {
  expects(!Kokkos::is_finalized(), "{}: Kokkos was finalized already; call it while Kokkos lives", who);
  expects(Kokkos::is_initialized(),
          "{}: Kokkos is not running; put `Kokkos::ScopeGuard kokkos;` into main, or use tomoedx/host.hpp, "
          "which starts it",
          who);
}

}  // namespace tomoedx

#endif
