// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_STATIC_ARCHETYPES_HPP
#define TOMOEDX_TESTS_STATIC_ARCHETYPES_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include <cstddef>

/// The least that models each concept, and no more: what a concept asks beyond this, it asks of every user.
namespace archetype {

struct op {
  using execution_space = Kokkos::DefaultHostExecutionSpace;
  using domain_view = Kokkos::View<float*, Kokkos::LayoutRight, Kokkos::HostSpace>;
  using range_view = Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace>;

  op() = delete;
  op(op const&) = default;
  op& operator=(op const&) = delete;

  execution_space space() const { return {}; }
  Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(1); }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(1, 1); }
  void forward(domain_view, range_view) const {}
  void adjoint(range_view, domain_view) const {}
};

using sums = tomoedx::repeated_values<float, Kokkos::HostSpace>;

struct projecting_op : op {
  using op::op;
  sums row_sums() const { return {}; }
  sums column_sums() const { return {}; }
};

struct watcher {
  watcher(watcher const&) = delete;
  tomoedx::decision operator()(tomoedx::progress const&) { return tomoedx::decision::stop; }
};

struct method {
  method(method const&) = delete;
  void step() {}
  std::size_t iteration() const { return 0; }
  std::size_t iterations() const { return 0; }
  Kokkos::DefaultHostExecutionSpace space() const { return {}; }
  float state() const { return 0; }
  float residuals() const { return 0; }
};

}  // namespace archetype

#endif
