// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ERROR_HPP
#define TOMOEDX_CORE_ERROR_HPP

#include <tomoedx/core/error_types.hpp>

#include <fmt/format.h>

#include <source_location>
#include <type_traits>

namespace tomoedx {

/// A format string that remembers the line it was written on.
template <class... Args>
struct message {
  fmt::format_string<Args...> text;
  std::source_location where;

  template <class S>
  consteval message(S const& s, std::source_location w = std::source_location::current())  // NOLINT
      : text(s), where(w) {}
};

/// Throw `Error` unless `holds`. Always on: this guards what the caller gave us.
///
///     expects<shape_error>(a == b, "project: stack has {} tilts, geometry has {}", a, b);
template <class Error = error, class... Args>
void expects(bool holds, message<std::type_identity_t<Args> const&...> m, Args const&... args) {
  if (!holds) [[unlikely]]
    throw Error(fmt::format(m.text, args...), m.where);
}

/// Throw `Error` with a formatted text.
template <class Error = error, class... Args>
[[noreturn]] void fail(message<std::type_identity_t<Args> const&...> m, Args const&... args) {
  throw Error(fmt::format(m.text, args...), m.where);
}

}  // namespace tomoedx

#endif
