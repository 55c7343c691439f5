// SPDX-License-Identifier: BSD-3-Clause
// The main of every test program: doctest inside one life of Kokkos.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <Kokkos_Core.hpp>

int main(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos(argc, argv);
  return doctest::Context(argc, argv).run();
}
