// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/observer.hpp>

#include "archetypes.hpp"

namespace {

struct says_nothing {
  void operator()(tomoedx::progress const&) {}
};
struct says_bool {
  bool operator()(tomoedx::progress const&) { return true; }
};
static_assert(tomoedx::observer<archetype::watcher>);
static_assert(tomoedx::observer<tomoedx::ignore>);
static_assert(!tomoedx::observer<says_nothing>);
static_assert(!tomoedx::observer<says_bool>);

}  // namespace
