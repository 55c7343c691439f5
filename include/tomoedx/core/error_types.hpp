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

// The constructors below are written out: nvcc 13.0 fails on inherited ones with such a default argument.

/// Sizes that do not fit each other: shapes of arrays, counts of tilts or elements.
class shape_error : public error {
 public:
  explicit shape_error(std::string const& text, std::source_location where = std::source_location::current())
      : error(text, where) {}
};

/// A number that is not allowed: NaN, negative counts, options out of range.
class value_error : public error {
 public:
  explicit value_error(std::string const& text, std::source_location where = std::source_location::current())
      : error(text, where) {}
};

/// A file that is missing, unreadable, truncated, of an unknown kind or not writable.
class file_error : public error {
 public:
  explicit file_error(std::string const& text, std::source_location where = std::source_location::current())
      : error(text, where) {}
};

/// The caller's observer asked to stop, and the call cannot return a partial result.
class cancelled : public error {
 public:
  explicit cancelled(std::string const& text, std::source_location where = std::source_location::current())
      : error(text, where) {}
};

}  // namespace tomoedx

#endif
