// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/error_types.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <string>
#include <type_traits>

namespace {

template <class Derived>
inline constexpr bool is_error =
    std::derived_from<Derived, tomoedx::error>&& std::derived_from<Derived, std::runtime_error>&&
        std::constructible_from<Derived, std::string> &&
    !std::convertible_to<std::string, Derived>;
static_assert(is_error<tomoedx::shape_error> && is_error<tomoedx::value_error> &&
              is_error<tomoedx::file_error> && is_error<tomoedx::cancelled>);
// no kind is another kind: catching one does not catch the others
static_assert(!std::derived_from<tomoedx::shape_error, tomoedx::value_error> &&
              !std::derived_from<tomoedx::value_error, tomoedx::shape_error> &&
              !std::derived_from<tomoedx::cancelled, tomoedx::value_error>);
static_assert(std::is_nothrow_copy_constructible_v<tomoedx::error>);

}  // namespace

TEST_CASE_TEMPLATE("every error is caught as tomoedx::error and as std::exception, text and place kept", E,
                   tomoedx::error, tomoedx::shape_error, tomoedx::value_error, tomoedx::file_error,
                   tomoedx::cancelled) {
  unsigned const line = __LINE__ + 2;
  try {
    throw E("what is wrong");
  } catch (tomoedx::error const& e) {
    CHECK(std::string(e.what()) == "what is wrong");
    // an inherited constructor takes its default argument where the object is made
    CHECK(e.where().line() == line);
  }
  CHECK_THROWS_AS(throw E("x"), std::exception);
}
