// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/observer.hpp>

#include <doctest/doctest.h>

#include <vector>

namespace {

struct by_value {
  tomoedx::decision operator()(tomoedx::progress) { return tomoedx::decision::stop; }
};
struct says_int {
  int operator()(tomoedx::progress const&) { return 1; }
};
struct wants_to_change_it {
  tomoedx::decision operator()(tomoedx::progress&) { return tomoedx::decision::stop; }
};
auto const lambda = [](tomoedx::progress const&) { return tomoedx::decision::proceed; };
static_assert(tomoedx::observer<by_value> && tomoedx::observer<decltype(lambda)>);
static_assert(tomoedx::observer<by_value&> && tomoedx::observer<tomoedx::ignore const>);
static_assert(tomoedx::observer<tomoedx::decision (*)(tomoedx::progress const&)>);
static_assert(!tomoedx::observer<by_value const>,
              "a call that changes the observer needs it not to be const");
static_assert(!tomoedx::observer<says_int> && !tomoedx::observer<wants_to_change_it>);
static_assert(!tomoedx::observer<int>);

}  // namespace

TEST_CASE("the observer that looks away never stops anything") {
  tomoedx::ignore const nobody;
  CHECK(nobody({}) == tomoedx::decision::proceed);
  CHECK(nobody({.iteration = 5, .iterations = 5, .residual = 0}) == tomoedx::decision::proceed);
}

TEST_CASE("progress starts empty and shows the channels without copying them") {
  tomoedx::progress const none;
  CHECK(none.iteration == 0);
  CHECK(none.by_channel.empty());
  std::vector<double> const channels{3, 4};
  tomoedx::progress const p{.iteration = 1, .iterations = 2, .residual = 5, .by_channel = channels};
  CHECK(p.by_channel.data() == channels.data());
}
