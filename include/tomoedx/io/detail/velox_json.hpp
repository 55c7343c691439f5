// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_VELOX_JSON_HPP
#define TOMOEDX_IO_DETAIL_VELOX_JSON_HPP
// IWYU pragma: private, include "tomoedx/io/velox.hpp"

#include <nlohmann/json.hpp>

#include <tomoedx/core/error.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tomoedx::io::detail {

/// A JSON text of Velox, whose numbers are mostly written as text.
class velox_json {
 public:
  /// throws   file_error
  velox_json(std::string_view text, std::string name) : name_(std::move(name)) {
    text = text.substr(0, text.find('\0'));  // it stands in more room than it needs
    all_ = nlohmann::json::parse(text, nullptr, false);
    expects<file_error>(all_.is_object(), "{}: its {} bytes are no JSON object", name_, text.size());
  }

  std::string const& name() const noexcept { return name_; }
  nlohmann::json const& all() const noexcept { return all_; }

  /// A value below objects, or null.
  nlohmann::json const& at(std::initializer_list<std::string_view> path) const { return below(all_, path); }

  std::string text(std::initializer_list<std::string_view> path) const { return text_of(at(path)); }
  std::optional<double> number(std::initializer_list<std::string_view> path) const {
    return number_of(at(path));
  }

  static nlohmann::json const& below(nlohmann::json const& from,
                                     std::initializer_list<std::string_view> path) {
    static nlohmann::json const nothing;
    nlohmann::json const* now = &from;
    for (std::string_view const key : path) {
      if (!now->is_object()) return nothing;
      auto const it = now->find(key);
      if (it == now->end()) return nothing;
      now = &*it;
    }
    return *now;
  }

  /// Text of one line; empty when it is something else.
  static std::string text_of(nlohmann::json const& value) {
    std::string text = value.is_string() ? value.get_ref<std::string const&>().substr(0, 200) : "";
    for (char& c : text)
      if (static_cast<unsigned char>(c) < 32) c = ' ';
    return text;
  }

  /// A number, also one written as text; those beyond 1e30 mean nothing.
  static std::optional<double> number_of(nlohmann::json const& value) {
    double number = 0;
    if (value.is_number()) {
      number = value.get<double>();
    } else {
      std::string const text = text_of(value);
      auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    }
    return std::abs(number) <= 1e30 ? std::optional(number) : std::nullopt;
  }

  /// A whole number from 1 to `most`.
  ///
  /// throws   file_error, which calls it `what`
  std::size_t whole(std::initializer_list<std::string_view> path, std::size_t most,
                    std::string_view what) const {
    auto const value = number(path);
    expects<file_error>(
        value && *value >= 1 && *value <= static_cast<double>(most) && std::trunc(*value) == *value,
        "{}: {} is {}; a whole number from 1 to {} is wanted", name_, what,
        value ? fmt::format("{}", *value) : "missing", most);
    return static_cast<std::size_t>(*value);
  }

 private:
  std::string name_;
  nlohmann::json all_;
};

}  // namespace tomoedx::io::detail

#endif
