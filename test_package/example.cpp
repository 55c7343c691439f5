// SPDX-License-Identifier: BSD-3-Clause
#if __has_include(<tomoedx/tomoedx.hpp>)
#include <tomoedx/tomoedx.hpp>
#else
#include <tomoedx/core/array.hpp>
#include <tomoedx/version.hpp>
#endif

#include <cstdio>
#include <vector>

// Copies a buffer to where Kokkos computes and back, and fails if it comes back different.
int main(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos(argc, argv);
  Kokkos::DefaultExecutionSpace const space;

  std::vector<float> const sent{1, 2, 3, 4, 5, 6};
  std::vector<float> received(sent.size());
  auto const there = tomoedx::upload(space, tomoedx::borrow(sent.data(), 1, 2, 3));
  tomoedx::download(space, there, tomoedx::borrow(received.data(), 1, 2, 3));

  std::printf("tomoedx %s on %s\n", tomoedx::version, Kokkos::DefaultExecutionSpace::name());
  return sent == received ? 0 : 1;
}
