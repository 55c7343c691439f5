// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SOLVERS_QUIET_HPP
#define TOMOEDX_TESTS_SOLVERS_QUIET_HPP

#include <Kokkos_Core.hpp>

#include <string>
#include <string_view>

// What a call asks of Kokkos beyond labelled kernels.
namespace quiet {

/// Allocations, copies, fences and kernels without our label, in words; empty when there are none.
template <class Call>
std::string faults(Call const& call) {
  namespace tools = Kokkos::Tools::Experimental;
  static std::string found;
  static int kernels;
  found.clear();
  kernels = 0;
  tools::set_allocate_data_callback([](Kokkos::Profiling::SpaceHandle, char const* name, void const*,
                                       std::uint64_t) { found += "allocation " + std::string(name) + "; "; });
  tools::set_begin_deep_copy_callback([](Kokkos::Profiling::SpaceHandle, char const* to, void const*,
                                         Kokkos::Profiling::SpaceHandle, char const*, void const*,
                                         std::uint64_t) { found += "copy to " + std::string(to) + "; "; });
  auto const kernel = [](char const* name, std::uint32_t, std::uint64_t*) {
    ++kernels;
    if (!std::string_view(name).starts_with("tomoedx::")) found += "kernel " + std::string(name) + "; ";
  };
  tools::set_begin_parallel_for_callback(kernel);
  tools::set_begin_parallel_reduce_callback(kernel);
  tools::set_begin_fence_callback([](char const* name, std::uint32_t, std::uint64_t*) {
    if (!std::string_view(name).starts_with("Kokkos::Tools::")) found += "fence " + std::string(name) + "; ";
  });
  call();
  tools::set_allocate_data_callback(nullptr);
  tools::set_begin_deep_copy_callback(nullptr);
  tools::set_begin_parallel_for_callback(nullptr);
  tools::set_begin_parallel_reduce_callback(nullptr);
  tools::set_begin_fence_callback(nullptr);
  return kernels == 0 ? "no kernel" : found;
}

}  // namespace quiet

#endif
