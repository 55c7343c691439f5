// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ROW_UPDATE_HPP
#define TOMOEDX_CORE_ROW_UPDATE_HPP

#include <tomoedx/core/isa.hpp>

#include <concepts>
#include <cstddef>

namespace tomoedx {

/// What is done with a back projection while it is still in the cache: `call(row, sums)` gets the values of A' y in the
/// `lanes` neighbours of a row of the flat domain, in any order of rows and from any thread. Made from a function object
/// f(i, shared, sum) that lives until the work is done, where `shared` is f.row(row); `target` is the flat operand that
/// it changes, so that its rows can be fetched ahead.
template <class T>
class row_update {
 public:
  row_update() = default;
  template <class F>
  row_update(F const& f, std::size_t lanes, T const* target)
      : object_(&f), lanes_(lanes), target_(target), apply_(&apply<F>) {}

  explicit operator bool() const { return apply_ != nullptr; }
  std::size_t lanes() const { return lanes_; }
  /// Where the rows from this one on are kept.
  T const* target(std::size_t row) const { return target_ + row * lanes_; }
  void call(std::size_t row, T const* sums) const { apply_(object_, lanes_, row, sums); }

 private:
  template <class F>
  static void apply(void const* object, std::size_t lanes, std::size_t row, T const* sums) {
    F const& f = *static_cast<F const*>(object);
    auto const shared = f.row(row);
    TOMOEDX_IVDEP
    for (std::size_t l = 0; l < lanes; ++l) f(row * lanes + l, shared, sums[l]);
  }

  void const* object_ = nullptr;
  std::size_t lanes_ = 1;
  T const* target_ = nullptr;
  void (*apply_)(void const*, std::size_t, std::size_t, T const*) = nullptr;
};

/// An operator that can hand the rows of A' y to an update instead of writing them: `update_lanes()` is the length of
/// its rows, or 0 when it cannot after all; `adjoint(y, update)` returns when the work is done.
template <class A>
concept updating_operator = requires(A const& a, typename A::range_view y,
                                     row_update<typename A::range_view::value_type> const& update) {
  { a.update_lanes() } -> std::convertible_to<std::size_t>;
  a.adjoint(y, update);
};

}  // namespace tomoedx

#endif
