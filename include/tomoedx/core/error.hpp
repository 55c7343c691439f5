// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ERROR_HPP
#define TOMOEDX_CORE_ERROR_HPP

#include <tomoedx/core/error_types.hpp>

#if defined(__NVCC__) && !defined(FMT_USE_CONSTEXPR)
#define FMT_USE_CONSTEXPR 1  // fmt before 10 switches it off for nvcc, and then does not compile as C++20
#endif
#include <fmt/format.h>

#include <source_location>
#include <type_traits>

namespace tomoedx {

/// A format string that remembers the line it was written on. The compiler checks it against the arguments.
template <class... Args>
struct message {
  fmt::string_view text;
  std::source_location where;

#if defined(__NVCC__)  // whose front end does not take fmt's check for a constant
  template <class S>
  constexpr message(S const& s, std::source_location w = std::source_location::current())  // NOLINT
      : text(s), where(w) {}
#else
  template <class S>
  consteval message(S const& s, std::source_location w = std::source_location::current())  // NOLINT
      : text(s), where(w) {
    [[maybe_unused]] fmt::format_string<Args...> const checked(s);
  }
#endif
};

namespace detail {

template <class Error, class... Args>
[[noreturn]] void throw_formatted(fmt::string_view text, std::source_location const& where,
                                  Args const&... args) {
  throw Error(fmt::vformat(text, fmt::make_format_args(args...)), where);
}

}  // namespace detail

/// Throw `Error` unless `holds`. Always on: this guards what the caller gave us.
///
///     expects<shape_error>(a == b, "project: stack has {} tilts, geometry has {}", a, b);
template <class Error = error, class... Args>
void expects(bool holds, message<std::type_identity_t<Args> const&...> m, Args const&... args) {
  if (!holds) [[unlikely]]
    detail::throw_formatted<Error>(m.text, m.where, args...);
}

/// Throw `Error` with a formatted text.
template <class Error = error, class... Args>
[[noreturn]] void fail(message<std::type_identity_t<Args> const&...> m, Args const&... args) {
  detail::throw_formatted<Error>(m.text, m.where, args...);
}

}  // namespace tomoedx

#endif
