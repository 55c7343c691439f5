// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ERROR_TYPES_HPP
#define TOMOEDX_CORE_ERROR_TYPES_HPP

#include <source_location>
#include <stdexcept>
#include <string>

namespace tomoedx {

/// What every failure of this library derives from.
///
/// what() is one line for a person: where, what is wrong with the numbers of both sides, what to do.
/// where() is the line of source that refused, for a bug report.
class error : public std::runtime_error {
 public:
  explicit error(std::string const& text, std::source_location where = std::source_location::current())
      : std::runtime_error(text), where_(where) {}
  std::source_location const& where() const noexcept { return where_; }

 private:
  std::source_location where_;
};

/// Sizes that do not fit each other: shapes of arrays, counts of tilts or elements.
class shape_error : public error {
 public:
  using error::error;
};

/// A number that is not allowed: NaN, negative counts, options out of range.
class value_error : public error {
 public:
  using error::error;
};

/// A file that is missing, unreadable, truncated, of an unknown kind or not writable.
class file_error : public error {
 public:
  using error::error;
};

/// The caller's observer asked to stop, and the call cannot return a partial result.
class cancelled : public error {
 public:
  using error::error;
};

}  // namespace tomoedx

#endif
