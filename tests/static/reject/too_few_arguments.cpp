// SPDX-License-Identifier: BSD-3-Clause
// says: argument not found
#include <tomoedx/core/error.hpp>

// Two fields and one argument: found when compiling, not when the error is thrown.
void f(int a) {
  tomoedx::expects(a > 0, "{}", a);
#ifndef TOMOEDX_CONTROL
  tomoedx::expects(a > 0, "{} and {}", a);
#endif
}
