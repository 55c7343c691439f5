// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/detail/mirror.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

/// What an axis with these values shows from `first` to `end`.
template <class Index>
std::string shown(std::string const& values, int first, int end, Index index) {
  std::string all;
  for (int i = first; i < end; ++i)
    all += values[static_cast<std::size_t>(index(i, static_cast<int>(values.size())))];
  return all;
}

}  // namespace

TEST_CASE("an axis goes on behind its ends as in a mirror, any distance away") {
  using tomoedx::detail::mirrored, tomoedx::detail::reflected;
  CHECK(shown("abcd", -9, 13, mirrored) == "dcbabcdcbabcdcbabcdcba");
  CHECK(shown("abcd", -9, 13, reflected) == "aabcddcbaabcddcbaabcdd");
  CHECK(shown("ab", -3, 5, mirrored) == "babababa");
  CHECK(shown("ab", -3, 5, reflected) == "bbaabbaa");
  CHECK(shown("a", -4, 4, mirrored) == "aaaaaaaa");
  CHECK(shown("a", -4, 4, reflected) == "aaaaaaaa");
}
