// SPDX-License-Identifier: BSD-3-Clause
#include "library.hpp"

#if __has_include(<tomoedx/tomoedx.hpp>)
#include <tomoedx/tomoedx.hpp>
#else
#include <tomoedx/core/array.hpp>
#include <tomoedx/version.hpp>
#endif

char const* version_of_tomoedx() {
  return tomoedx::version;
}

bool refuses_bad_input() try {
  float* nothing = nullptr;
  tomoedx::borrow(nothing, 2, 3, 4);
  return false;
} catch (tomoedx::error const& e) {
  return std::string(e.what()).find("null") != std::string::npos;
}
