// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_TREE_HPP
#define TOMOEDX_CLI_TREE_HPP

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// JSON as plain data: what a configuration says, and reports that are put together in several places. json.cpp alone
// knows how it is read and written.
namespace tomoedx::cli {

struct tree_member;

/// A value of JSON. Members keep their order.
class tree {
 public:
  using list = std::vector<tree>;
  using object = std::vector<tree_member>;

  tree() = default;
  tree(bool v) : value_(v) {}                      // NOLINT: a value is a tree
  tree(char const* v) : value_(std::string(v)) {}  // NOLINT
  tree(std::string v) : value_(std::move(v)) {}    // NOLINT
  tree(list v) : value_(std::move(v)) {}           // NOLINT
  tree(object v) : value_(std::move(v)) {}         // NOLINT
  template <std::integral T>
  tree(T v) : value_(static_cast<std::int64_t>(v)) {}  // NOLINT
  template <std::floating_point T>
  tree(T v) : value_(static_cast<double>(v)) {}  // NOLINT
  template <class T>
  explicit tree(std::vector<T> const& all) : value_(list(all.begin(), all.end())) {}

  static tree empty_object();

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool const* boolean() const { return std::get_if<bool>(&value_); }
  std::int64_t const* whole() const { return std::get_if<std::int64_t>(&value_); }
  std::string const* text() const { return std::get_if<std::string>(&value_); }
  list const* items() const { return std::get_if<list>(&value_); }
  object const* members() const { return std::get_if<object>(&value_); }
  bool is_number() const { return whole() != nullptr || std::get_if<double>(&value_) != nullptr; }
  double number(double otherwise = 0) const;

  /// The member of an object, or null where there is none.
  tree const* find(std::string_view name) const;
  /// What leads there through objects, as {"options", "alpha"}, or null.
  tree const* find(std::initializer_list<std::string_view> path) const;
  std::string text_of(std::string_view name) const;  ///< of a member that is text, else empty

  /// Add a member, or replace it; what is no object becomes one.
  tree& set(std::string name, tree v);
  tree& push(tree v);

  /// "text", "a number", "a list", ...
  char const* kind() const;

  auto const& value() const { return value_; }
  bool operator==(tree const& other) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, list, object> value_;
};

struct tree_member {
  std::string name;
  tree value;
  bool operator==(tree_member const&) const = default;
};

/// Read JSON, in which lines may end in a comment behind //.
///
/// throws   file_error with line and column; also for a name that an object has twice
tree parse_json(std::string const& text, std::string const& file);
/// throws   file_error when there is no such file, too
tree read_json(std::string const& file);

/// NaN and infinity become null.
std::string to_json(tree const& t);

}  // namespace tomoedx::cli

#endif
