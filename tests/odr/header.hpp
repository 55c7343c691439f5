// SPDX-License-Identifier: BSD-3-Clause
// The whole library if the umbrella is there. No guard here: it is included twice in each file on purpose.
#if __has_include(<tomoedx/tomoedx.hpp>)
#include <tomoedx/tomoedx.hpp>
#else
#include <tomoedx/core/error.hpp>
#include <tomoedx/version.hpp>
#endif
