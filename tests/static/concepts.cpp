// SPDX-License-Identifier: BSD-3-Clause
// Each concept accepts its archetype and refuses what misses one thing.
#include "archetypes.hpp"

namespace {

using host = Kokkos::DefaultHostExecutionSpace;

// execution_space, real
static_assert(tomoedx::execution_space<host>);
static_assert(!tomoedx::execution_space<Kokkos::HostSpace>);
static_assert(!tomoedx::execution_space<int>);
static_assert(tomoedx::real<float> && tomoedx::real<double>);
static_assert(!tomoedx::real<int> && !tomoedx::real<long double> && !tomoedx::real<float const>);

// view_on
using volume = Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::HostSpace>;
static_assert(tomoedx::view_on<volume, host, 3>);
static_assert(!tomoedx::view_on<volume, host, 2>);
static_assert(!tomoedx::view_on<float***, host, 3>);
#ifdef KOKKOS_ENABLE_CUDA
static_assert(!tomoedx::view_on<volume, Kokkos::Cuda, 3>);
static_assert(!tomoedx::view_on<Kokkos::View<float***, Kokkos::LayoutRight, Kokkos::CudaSpace>, host, 3>);
#endif

// operand_on
static_assert(tomoedx::operand_on<volume, host>);
static_assert(!tomoedx::operand_on<Kokkos::View<float, Kokkos::HostSpace>, host>, "a scalar is no operand");
static_assert(!tomoedx::operand_on<Kokkos::View<int*, Kokkos::LayoutRight, Kokkos::HostSpace>, host>);
static_assert(!tomoedx::operand_on<Kokkos::View<float**, Kokkos::LayoutLeft, Kokkos::HostSpace>, host>);

// linear_operator
struct no_adjoint : archetype::op {
  void adjoint(range_view, domain_view) const = delete;
};
struct forward_not_const : archetype::op {
  void forward(domain_view, range_view) {}
};
struct no_layout : archetype::op {
  Kokkos::LayoutRight range_layout() const = delete;
};
struct mixed_precision : archetype::op {
  using range_view = Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace>;
  void forward(domain_view, range_view) const {}
  void adjoint(range_view, domain_view) const {}
};
struct not_copyable : archetype::op {
  not_copyable(not_copyable const&) = delete;
};
struct column_major : archetype::op {
  using range_view = Kokkos::View<float**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
  void forward(domain_view, range_view) const {}
  void adjoint(range_view, domain_view) const {}
};
static_assert(tomoedx::linear_operator<archetype::op>);
static_assert(!tomoedx::linear_operator<no_adjoint>);
static_assert(!tomoedx::linear_operator<forward_not_const>);
static_assert(!tomoedx::linear_operator<no_layout>);
static_assert(!tomoedx::linear_operator<mixed_precision>);
static_assert(!tomoedx::linear_operator<not_copyable>);
static_assert(!tomoedx::linear_operator<column_major>);

// projector
struct no_column_sums : archetype::projecting_op {
  archetype::sums column_sums() const = delete;
};
static_assert(tomoedx::projector<archetype::projecting_op>);
static_assert(tomoedx::linear_operator<archetype::projecting_op>);
static_assert(!tomoedx::projector<archetype::op>);
static_assert(!tomoedx::projector<no_column_sums>);

// noise_model
struct no_conjugate : archetype::noise {
  void conjugate(flat, number) const = delete;
};
struct dual_step_of_one_sigma : archetype::noise {
  void dual_step(flat, flat, float) const {}
};
struct noise_of_rank_2 : archetype::noise {
  void value(Kokkos::View<float**, Kokkos::LayoutRight, Kokkos::HostSpace>, number) const {}
};
struct value_not_const : archetype::noise {
  void value(flat, number) {}
};
struct noise_of_integers : archetype::noise {
  using value_type = int;
};
struct no_space {
  using value_type = float;
};
static_assert(tomoedx::noise_model<archetype::noise>);
static_assert(!tomoedx::noise_model<no_conjugate>);
static_assert(!tomoedx::noise_model<dual_step_of_one_sigma>);
static_assert(!tomoedx::noise_model<noise_of_rank_2>);
static_assert(!tomoedx::noise_model<value_not_const>);
static_assert(!tomoedx::noise_model<noise_of_integers>);
static_assert(!tomoedx::noise_model<no_space>);
static_assert(!tomoedx::noise_model<archetype::penalty>);

// regularizer
struct no_bound : archetype::penalty {
  double squared_norm() const = delete;
};
struct no_adjoint_of_differences : archetype::penalty {
  void add_adjoint(flat, flat) const = delete;
};
struct speaks_of_size_in_words : archetype::penalty {
  char const* dual_size() const { return "three"; }
};
static_assert(tomoedx::regularizer<archetype::penalty>);
static_assert(!tomoedx::regularizer<no_bound>);
static_assert(!tomoedx::regularizer<no_adjoint_of_differences>);
static_assert(!tomoedx::regularizer<speaks_of_size_in_words>);
static_assert(!tomoedx::regularizer<archetype::noise>);

// constraint
struct bounds_in_double : archetype::bounds {
  double upper(std::size_t) const { return 1; }
};
struct no_upper {
  using value_type = float;
  float lower(std::size_t) const { return 0; }
};
struct owns_its_mask : archetype::bounds {
  owns_its_mask(owns_its_mask const& other) : archetype::bounds(other) {}
};
static_assert(tomoedx::constraint<archetype::bounds>);
static_assert(!tomoedx::constraint<bounds_in_double>);
static_assert(!tomoedx::constraint<no_upper>);
static_assert(!tomoedx::constraint<owns_its_mask>);

// solver
struct no_step : archetype::method {
  void step() = delete;
};
struct counts_in_words : archetype::method {
  char const* iteration() const { return "three"; }
};
static_assert(tomoedx::solver<archetype::method>);
static_assert(!tomoedx::solver<no_step>);
static_assert(!tomoedx::solver<counts_in_words>);

}  // namespace
