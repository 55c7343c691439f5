// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_VERSION_HPP
#define TOMOEDX_VERSION_HPP

// The one place of the version: CMake and Conan read these three lines.
#define TOMOEDX_VERSION_MAJOR 0
#define TOMOEDX_VERSION_MINOR 1
#define TOMOEDX_VERSION_PATCH 0

namespace tomoedx {

/// The version as text, "major.minor.patch".
inline constexpr char const* version = "0.1.0";

}  // namespace tomoedx

#endif
