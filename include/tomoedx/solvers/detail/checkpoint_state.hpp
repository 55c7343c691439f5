// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_STATE_HPP
#define TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_STATE_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/solvers/detail/checkpoint_header.hpp>

#include <functional>
#include <span>

namespace tomoedx::detail {

/// A buffer of a solver and how its bytes get to the host and back, a piece at a time.
struct state_buffer {
  checkpoint_buffer about;
  std::function<void(std::size_t first, std::size_t count, void* to)> load;
  std::function<void(std::size_t first, std::size_t count, void const* from)> store;
};

/// Values [first, first + count) of a view, as a checkpoint sees them.
template <class Space, class View>
state_buffer state_buffer_of(Space const& space, std::string name, View const& v, std::size_t first,
                             std::size_t count) {
  using T = typename View::non_const_value_type;
  using flat = Kokkos::View<T*, Kokkos::LayoutRight, typename View::memory_space,
                            Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  using on_host =
      Kokkos::View<T*, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  using constant =
      Kokkos::View<T const*, Kokkos::LayoutRight, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  expects<shape_error>(v.span_is_contiguous(), "checkpoint: buffer {} has gaps between its rows", name);
  expects<value_error>(name.find_first_of("\n\r") == std::string::npos,
                       "checkpoint: the name of buffer {} is more than a line", name);
  auto* const data = const_cast<T*>(v.data()) + first;
  state_buffer b;
  b.about = {std::move(name), checkpoint_type<T>(), count, sizeof(T)};
  b.load = [space, data](std::size_t at, std::size_t n, void* to) {
    Kokkos::deep_copy(space, on_host(static_cast<T*>(to), n), flat(data + at, n));
    space.fence("tomoedx::checkpoint: a piece on the host");
  };
  b.store = [space, data](std::size_t at, std::size_t n, void const* from) {
    Kokkos::deep_copy(space, flat(data + at, n), constant(static_cast<T const*>(from), n));
    space.fence("tomoedx::checkpoint: a piece in place");
  };
  return b;
}

/// The buffers of a solver after `iteration` iterations. Of the norms only the rows that are filled by then, so that a run
/// may be resumed with more iterations; a solver with more rows than iterations may be so many ahead, or keep something
/// of its own in the last ones.
template <class Solver>
std::vector<state_buffer> state_of(Solver const& method, std::size_t iteration) {
  std::vector<state_buffer> buffers;
  auto const space = method.space();
  auto const& norms = method.residuals();
  auto const add = [&](std::string name, auto const& v, std::size_t first, std::size_t count) {
    for (auto const& b : buffers)
      expects(b.about.name != name, "checkpoint: the solver has two buffers named {}", name);
    buffers.push_back(state_buffer_of(space, std::move(name), v, first, count));
  };
  auto const add_norms = [&] {
    std::size_t const channels = norms.extent(1), rows = norms.extent(0);
    std::size_t const own = rows - std::min(rows, method.iterations());
    std::size_t const ahead = std::min(rows, iteration + own);
    add("residuals", norms, 0, ahead * channels);
    if (own > 0) add("residuals beyond", norms, (rows - own) * channels, own * channels);
  };
  bool seen = false;
  method.visit_state([&](char const* name, auto const& v) {
    if (static_cast<void const*>(v.data()) == static_cast<void const*>(norms.data()) && v.size() > 0) {
      add_norms();
      seen = true;
    } else {
      add(name, v, 0, v.span());
    }
  });
  if (!seen) add_norms();
  return buffers;
}

/// What checkpoints ask of the processes that work together, for one that works alone.
struct alone {
  int rank() const { return 0; }
  int size() const { return 1; }
  std::vector<std::string> gather(std::string text) const { return {std::move(text)}; }
  std::string broadcast(std::string text) const { return text; }
  void send(std::span<std::byte const>, int) const {}
  void receive(std::span<std::byte>, int) const {}
};

}  // namespace tomoedx::detail

#endif
