// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_MESSAGES_HPP
#define TOMOEDX_TESTS_MESSAGES_HPP

#include <string>
#include <string_view>
#include <utility>

/// What errors say.
namespace tomoedx_tests {

/// The text of the error that a call throws, or "no error".
template <class Error, class F>
std::string message_of(F&& call) {
  try {
    std::forward<F>(call)();
  } catch (Error const& e) {
    return e.what();
  }
  return "no error";
}

inline bool contains(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tomoedx_tests

#endif
