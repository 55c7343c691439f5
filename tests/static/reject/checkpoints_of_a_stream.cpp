// SPDX-License-Identifier: BSD-3-Clause
// says: its iterations can neither be stored nor shared
#include <tomoedx/distribute/stream_methods.hpp>
#include <tomoedx/solvers/checkpoint.hpp>

// A watch that stores one solver, given to a method that runs one for each slab: it would never store anything.
#ifdef TOMOEDX_CONTROL
using watch = tomoedx::ignore;
#else
using watch = decltype(tomoedx::with_checkpoints({}));
#endif
tomoedx::decision f(watch& w, tomoedx::slab const& s) {
  return tomoedx::detail::slab_watch<watch>{w, s}(tomoedx::progress{});
}
