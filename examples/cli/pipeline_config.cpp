// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/location.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;
using words = std::vector<std::string>;

std::string joined(words const& all) {
  return fmt::format("{}", fmt::join(all, ", "));
}

/// Insertions, deletions and replacements that make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = i;
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      std::size_t const replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

/// "; did you mean \"alpha\"?", or all there is where nothing is near.
std::string advice(std::string const& key, words const& known) {
  auto const best = std::ranges::min_element(known, {}, [&](auto const& k) { return distance(key, k); });
  if (best != known.end() && distance(key, *best) <= 1 + best->size() / 3)
    return fmt::format("; did you mean \"{}\"?", *best);
  return fmt::format("; there are {}", joined(known));
}

words names_of(std::vector<known_argument> const& known) {
  words names;
  for (auto const& a : known)
    if (a.name != "output" && a.name != "force" && a.name != "quiet") names.push_back(a.name);
  return names;
}

bool is_path(known_argument const& a) {
  return a.name == "input" || a.type.find("FILE") != a.type.npos || a.type.find("DIR") != a.type.npos;
}

/// Reads the values of one object of the configuration.
class reader {
 public:
  reader(std::string const& file, std::string where)
      : file_(file), where_(std::move(where)), folder_(fs::path(file).parent_path()) {}

  /// "idp.json: maps"
  std::string at(std::string const& key = {}) const {
    auto const inner = where_.empty() || key.empty() ? where_ + key : where_ + "." + key;
    return inner.empty() ? file_ : file_ + ": " + inner;
  }

  /// A path as seen from here.
  std::string path(std::string const& text, bool or_else) const {
    if (text.empty() || fs::path(text).is_absolute()) return text;
    auto const from_file = (folder_ / text).lexically_normal().string();
    std::error_code ec;
    return or_else && !fs::exists(io::detail::locate(from_file).file, ec) ? text : from_file;
  }

  std::string word(std::string const& key, tree const& v) const {
    if (auto const* text = v.text()) return *text;
    if (auto const* n = v.whole()) return fmt::format("{}", *n);
    if (v.is_number()) return fmt::format("{}", v.number());
    fail<value_error>("{}: is {}; give text or a number", at(key), v.kind());
  }

  words values(known_argument const& a, tree const& v) const {
    if (a.is_switch) {
      expects<value_error>(v.boolean() != nullptr, "{}: is {}; give true or false", at(a.name), v.kind());
      return *v.boolean() ? words{""} : words{};
    }
    words all;
    if (auto const* list = v.items()) {
      expects<value_error>(a.is_list, "{}: is a list; give one value", at(a.name));
      for (auto const& item : *list) all.push_back(word(a.name, item));
    } else if (auto const* named = v.members()) {
      expects<value_error>(a.type.find('=') != a.type.npos && a.is_list, "{}: is an object; give a value{}",
                           at(a.name), a.is_list ? " or a list" : "");
      for (auto const& [name, value] : *named) all.push_back(name + "=" + word(a.name + "." + name, value));
    } else {
      all.push_back(word(a.name, v));
    }
    if (!is_path(a)) return all;
    bool const or_else = a.type.find('|') != a.type.npos;
    for (auto& text : all) {
      auto const equals = a.type.find("=FILE") != a.type.npos ? text.find('=') : text.npos;
      text = equals == text.npos ? path(text, or_else)
                                 : text.substr(0, equals + 1) + path(text.substr(equals + 1), or_else);
    }
    return all;
  }

 private:
  std::string const& file_;
  std::string where_;
  fs::path folder_;
};

stage_request read_stage(std::string const& file, std::string const& name, tree const& asked) {
  reader const in(file, name);
  expects<value_error>(asked.members() != nullptr, "{}: is {}; give an object of options, {{}} for none",
                       in.at(), asked.kind());
  stage_request request(name);
  auto const names = names_of(request.known());
  for (auto const& [key, value] : *asked.members()) {
    if (value.is_null()) continue;
    expects<value_error>(std::ranges::find(names, key) != names.end(), "{}: is no option of {}{}", in.at(key),
                         name, advice(key, names));
    if (auto values = in.values(*request.argument(key), value); !values.empty())
      request.set(key, std::move(values));
  }
  return request;
}

}  // namespace

std::vector<std::string> const& stage_names() {
  static words const names{"maps", "align", "denoise", "reconstruct", "quantify"};
  return names;
}

stage_request::stage_request(std::string name) : name_(std::move(name)), known_(arguments_of(name_)) {
  if (name_ != "denoise") return;  // a command for one stack, a stage for all of them
  for (auto& a : known_)
    if (a.name == "input") a.is_list = true;
}

known_argument const* stage_request::argument(std::string_view name) const {
  auto const found = std::ranges::find(known_, name, &known_argument::name);
  return found == known_.end() ? nullptr : &*found;
}

bool stage_request::has(std::string_view name) const {
  return std::ranges::any_of(values_, [&](auto const& v) { return v.first == name; });
}

std::vector<std::string> const& stage_request::values(std::string_view name) const {
  static std::vector<std::string> const none;
  for (auto const& [key, values] : values_)
    if (key == name) return values;
  return none;
}

std::string stage_request::value(std::string_view name) const {
  auto const& all = values(name);
  return all.empty() ? std::string() : all.front();
}

void stage_request::set(std::string const& name, std::vector<std::string> values) {
  for (auto& [key, old] : values_)
    if (key == name) {
      old = std::move(values);
      return;
    }
  values_.emplace_back(name, std::move(values));
}

void stage_request::offer(std::string const& name, std::vector<std::string> const& values) {
  if (!values.empty() && !values.front().empty() && argument(name) != nullptr && !has(name))
    set(name, values);
}

std::vector<std::string> stage_request::words() const {
  std::vector<std::string> all{name_}, unnamed;
  for (auto const& [key, values] : values_) {
    auto const& a = *argument(key);
    if (a.word.empty())
      unnamed = values;
    else if (a.is_switch)
      all.push_back(a.word);
    else if (a.delimiter != 0)
      all.push_back(fmt::format("{}={}", a.word, fmt::join(values, std::string(1, a.delimiter))));
    else
      for (auto const& value : values) all.push_back(a.word + "=" + value);
  }
  if (!unnamed.empty()) all.emplace_back("--");
  all.insert(all.end(), unnamed.begin(), unnamed.end());
  return all;
}

std::vector<std::string> stage_request::paths() const {
  std::vector<std::string> all;
  for (auto const& [key, values] : values_) {
    auto const& a = *argument(key);
    if (!is_path(a) || key == "output") continue;
    for (auto const& value : values) {
      auto const text = a.type.find("=FILE") == a.type.npos ? value : value.substr(value.find('=') + 1);
      std::error_code ec;
      if (fs::exists(io::detail::locate(text).file, ec)) all.push_back(text);
    }
  }
  return all;
}

pipeline read_pipeline(std::string const& file) {
  pipeline p;
  p.file = file;
  p.asked = read_json(file);
  reader const in(file, "");
  expects<value_error>(p.asked.members() != nullptr,
                       "{}: is {}; a configuration is an object with \"output\" and stages: {}", file,
                       p.asked.kind(), joined(stage_names()));
  words keys{"output", "title"};
  std::vector<known_argument> common;
  for (auto const& name : stage_names()) {
    keys.push_back(name);
    auto const* asked = p.asked.find(name);
    bool const skipped =
        asked == nullptr || asked->is_null() || (asked->boolean() != nullptr && !*asked->boolean());
    if (!skipped) p.stages.push_back(read_stage(file, name, *asked));
    for (auto const& a : arguments_of(name))
      if (!a.is_switch && a.name != "input" && a.name != "output" && a.name != "map" && a.name != "method" &&
          std::ranges::find(keys, a.name) == keys.end()) {
        keys.push_back(a.name);
        common.push_back(a);
      }
  }
  for (auto const& [key, value] : *p.asked.members()) {
    auto const where = in.at(key);
    expects<value_error>(std::ranges::find(keys, key) != keys.end(),
                         "{}: is neither a stage nor an option that stages share{}", where,
                         advice(key, keys));
    auto const shared = std::ranges::find(common, key, &known_argument::name);
    if (value.is_null() || shared == common.end()) continue;
    expects<value_error>(
        std::ranges::any_of(p.stages, [&](auto const& s) { return s.argument(key) != nullptr; }),
        "{}: no stage of this configuration has such an option; leave it out", where);
    p.common.emplace_back(key, in.values(*shared, value));
  }
  for (auto const& [key, to] : {std::pair("output", &p.output), std::pair("title", &p.title)}) {
    auto const* value = p.asked.find(key);
    if (value == nullptr) continue;
    expects<value_error>(value->text() != nullptr, "{}: is {}; give text", in.at(key), value->kind());
    *to = *value->text();
  }
  expects<value_error>(!p.output.empty(), "{}: \"output\" is missing; give the folder for all results", file);
  p.output = in.path(p.output, false);
  expects<value_error>(!p.stages.empty(), "{}: has no stage; give one or more of {}", file,
                       joined(stage_names()));
  return p;
}

}  // namespace tomoedx::cli
