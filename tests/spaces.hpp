// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SPACES_HPP
#define TOMOEDX_TESTS_SPACES_HPP

#include <Kokkos_Core.hpp>

// The execution spaces a typed test runs over: every one this build of Kokkos has.
#if defined(KOKKOS_ENABLE_CUDA)
#define TOMOEDX_SPACES Kokkos::Serial, Kokkos::DefaultHostExecutionSpace, Kokkos::Cuda
#elif defined(KOKKOS_ENABLE_HIP)
#define TOMOEDX_SPACES Kokkos::Serial, Kokkos::DefaultHostExecutionSpace, Kokkos::HIP
#elif defined(KOKKOS_ENABLE_OPENMP)
#define TOMOEDX_SPACES Kokkos::Serial, Kokkos::OpenMP
#else
#define TOMOEDX_SPACES Kokkos::Serial
#endif

#endif
