// SPDX-License-Identifier: BSD-3-Clause
// says: error: no matching function for call to .project
#include <tomoedx/projectors/project.hpp>

using host = Kokkos::DefaultHostExecutionSpace;

// A slice is not a volume.
void f(host const& space, tomoedx::parallel_beam const& beam,
       Kokkos::View<float***, Kokkos::HostSpace> volume, Kokkos::View<float***, Kokkos::HostSpace> stack,
       Kokkos::View<float**, Kokkos::HostSpace> slice) {
  tomoedx::project(space, beam, volume, stack);
#ifndef TOMOEDX_CONTROL
  tomoedx::project(space, beam, slice, stack);
#endif
  (void)slice;
}
