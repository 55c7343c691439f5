// SPDX-License-Identifier: BSD-3-Clause
// The one file of the program that is compiled with Kokkos.
#include <tomoedx/host_impl.hpp>
