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

struct noise {
  using execution_space = Kokkos::DefaultHostExecutionSpace;
  using value_type = float;
  using flat = tomoedx::flat_on<float, execution_space>;
  using number = tomoedx::number_on<execution_space>;
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, Kokkos::HostSpace>;

  noise() = delete;
  noise(noise const&) = default;
  noise& operator=(noise const&) = delete;

  std::size_t size() const { return 1; }
  std::size_t channels() const { return 1; }
  double curvature() const { return 1; }
  void value(flat, number) const {}
  void gradient(flat, number) const {}
  void dual_step(flat, flat, sums) const {}
  void conjugate(flat, number) const {}
  void residuals(flat, numbers) const {}
};

struct penalty {
  using execution_space = Kokkos::DefaultHostExecutionSpace;
  using value_type = float;
  using flat = tomoedx::flat_on<float, execution_space>;

  penalty() = delete;
  penalty(penalty const&) = default;
  penalty& operator=(penalty const&) = delete;

  std::size_t size() const { return 1; }
  std::size_t dual_size() const { return 1; }
  double squared_norm() const { return 1; }
  double column_sum() const { return 1; }
  double row_sum() const { return 1; }
  void value(flat, tomoedx::number_on<execution_space>) const {}
  void dual_step(flat, flat, float) const {}
  void add_adjoint(flat, flat) const {}
};

struct bounds {
  using value_type = float;

  bounds() = delete;
  float lower(std::size_t) const { return 0; }
  float upper(std::size_t) const { return 1; }
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
