// SPDX-License-Identifier: BSD-3-Clause
#include "tree.hpp"

#include <algorithm>

namespace tomoedx::cli {

tree tree::empty_object() {
  return object{};
}

double tree::number(double otherwise) const {
  if (auto const* v = whole()) return static_cast<double>(*v);
  auto const* v = std::get_if<double>(&value_);
  return v != nullptr ? *v : otherwise;
}

tree const* tree::find(std::string_view name) const {
  auto const* all = members();
  if (all == nullptr) return nullptr;
  auto const found = std::ranges::find(*all, name, &tree_member::name);
  return found == all->end() ? nullptr : &found->value;
}

tree const* tree::find(std::initializer_list<std::string_view> path) const {
  tree const* at = this;
  for (auto const name : path)
    if (at = at->find(name); at == nullptr) return nullptr;
  return at;
}

std::string tree::text_of(std::string_view name) const {
  auto const* member = find(name);
  return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
}

tree& tree::set(std::string name, tree v) {
  if (members() == nullptr) value_ = object{};
  auto& all = std::get<object>(value_);
  auto const found = std::ranges::find(all, name, &tree_member::name);
  if (found == all.end())
    all.push_back({std::move(name), std::move(v)});
  else
    found->value = std::move(v);
  return *this;
}

tree& tree::push(tree v) {
  if (items() == nullptr) value_ = list{};
  std::get<list>(value_).push_back(std::move(v));
  return *this;
}

char const* tree::kind() const {
  static constexpr char const* names[] = {"null", "true or false", "a number", "a number",
                                          "text", "a list",        "an object"};
  return names[value_.index()];
}

bool tree::operator==(tree const& other) const {
  return value_ == other.value_;
}

}  // namespace tomoedx::cli
