// SPDX-License-Identifier: BSD-3-Clause
#include "library.hpp"

#include <Kokkos_Core.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos(argc, argv);
  std::printf("tomoedx %s\n", version_of_tomoedx());
  return refuses_bad_input() ? 0 : 1;
}
