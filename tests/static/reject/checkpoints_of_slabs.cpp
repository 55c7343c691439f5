// SPDX-License-Identifier: BSD-3-Clause
// says: a stream is no solver
#include <tomoedx/distribute/stream.hpp>
#include <tomoedx/solvers/checkpoint.hpp>

#include <vector>

// The same with a computation of one's own.
void f(std::vector<tomoedx::memory_source>& in, std::vector<tomoedx::memory_sink>& out) {
  auto const nothing = [](tomoedx::slab const&) {};
#ifndef TOMOEDX_CONTROL
  tomoedx::stream(in, out, nothing, {}, tomoedx::with_checkpoints({}));
#else
  tomoedx::stream(in, out, nothing, {});
#endif
}
