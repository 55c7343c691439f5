// SPDX-License-Identifier: BSD-3-Clause
// What the library asks of Kokkos while it iterates: labelled kernels,
// and nothing that allocates, copies or waits.
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../projectors/cases.hpp"
#include "../spaces.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

namespace tools = Kokkos::Tools::Experimental;

/// Records kernels, allocations, copies and fences from its construction to its end.
struct trace {
  static inline std::vector<std::string> kernels, allocations, copies, fences;

  trace() {
    kernels.clear(), allocations.clear(), copies.clear(), fences.clear();
    tools::set_allocate_data_callback([](Kokkos::Profiling::SpaceHandle, char const* name, void const*,
                                         std::uint64_t) { allocations.emplace_back(name); });
    tools::set_deallocate_data_callback([](Kokkos::Profiling::SpaceHandle, char const* name, void const*,
                                           std::uint64_t) { allocations.emplace_back(name); });
    tools::set_begin_deep_copy_callback([](Kokkos::Profiling::SpaceHandle, char const* to, void const*,
                                           Kokkos::Profiling::SpaceHandle, char const*, void const*,
                                           std::uint64_t) { copies.emplace_back(to); });
    auto const kernel = [](char const* name, std::uint32_t, std::uint64_t*) { kernels.emplace_back(name); };
    tools::set_begin_parallel_for_callback(kernel);
    tools::set_begin_parallel_reduce_callback(kernel);
    tools::set_begin_parallel_scan_callback(kernel);
    tools::set_begin_fence_callback([](char const* name, std::uint32_t, std::uint64_t*) {
      if (!std::string_view(name).starts_with("Kokkos::Tools::"))
        fences.emplace_back(name);  // tools fence too
    });
  }
  trace(trace const&) = delete;
  trace& operator=(trace const&) = delete;
  ~trace() {
    tools::set_allocate_data_callback(nullptr);
    tools::set_deallocate_data_callback(nullptr);
    tools::set_begin_deep_copy_callback(nullptr);
    tools::set_begin_parallel_for_callback(nullptr);
    tools::set_begin_parallel_reduce_callback(nullptr);
    tools::set_begin_parallel_scan_callback(nullptr);
    tools::set_begin_fence_callback(nullptr);
  }
};

bool ours(std::string const& label) {
  return label.starts_with("tomoedx::");
}

/// What is wrong with a call, in words; empty when it only launches labelled work.
template <class Call>
std::string faults(Call const& call) {
  trace const t;
  call();
  std::string found;
  if (trace::kernels.empty()) found += "no kernel; ";
  for (auto const& k : trace::kernels)
    if (!ours(k)) found += "kernel " + k + "; ";
  for (auto const& a : trace::allocations) found += "allocation " + a + "; ";
  for (auto const& c : trace::copies) found += "copy to " + c + "; ";
  for (auto const& f : trace::fences) found += "fence " + f + "; ";
  return found;
}

tomoedx::parallel_beam const beam{
    .tilts_deg = {-40, -10, 0, 33}, .width = 20, .depth = 18, .detector = 21, .axis_offset = -0.3};

}  // namespace

TEST_CASE_TEMPLATE("the trace sees what a careless function does", Space, TOMOEDX_SPACES) {
  Space const space;
  Kokkos::View<float*, typename Space::memory_space> const x("x", 8);
  auto const temporary = faults([&] { Kokkos::View<float*, typename Space::memory_space> t("scratch", 8); });
  CHECK(temporary.find("allocation scratch") != std::string::npos);
  CHECK(temporary.find("fence") != std::string::npos);
  CHECK(faults([&] { Kokkos::deep_copy(x, 1.0f); }).find("fence") != std::string::npos);
  CHECK(faults([&] { space.fence("mine"); }).find("fence mine") != std::string::npos);
  auto* const data = x.data();
  auto const foreign = faults([&] {
    Kokkos::parallel_for(
        "nobody's", Kokkos::RangePolicy<Space>(space, 0, 8), KOKKOS_LAMBDA(std::size_t i) { data[i] = 1; });
  });
  CHECK(foreign == "kernel nobody's; ");
  auto const good = faults([&] {
    Kokkos::parallel_for(
        "tomoedx::test", Kokkos::RangePolicy<Space>(space, 0, 8),
        KOKKOS_LAMBDA(std::size_t i) { data[i] = 1; });
  });
  CHECK(good.empty());
  auto const waiting = faults([&] {
    double sum = 0;
    Kokkos::parallel_reduce(
        "tomoedx::test", Kokkos::RangePolicy<Space>(space, 0, 8),
        KOKKOS_LAMBDA(std::size_t i, double& s) { s += data[i]; }, sum);
  });
  CHECK(waiting.find("fence") != std::string::npos);
}

TEST_CASE_TEMPLATE("projecting and iterating launch labelled work and wait for nothing", Space,
                   TOMOEDX_SPACES) {
  using op_t = tomoedx::tilt_projector<Space, float, tomoedx::strip>;
  op_t const op(Space(), beam, 5);
  auto const x = tomoedx::make_domain(op), mask = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op), map = tomoedx::make_range(op);
  Kokkos::deep_copy(mask, 1.0f);
  Kokkos::deep_copy(map, 0.5f);
  Kokkos::deep_copy(y, 3.0f);

  CHECK(faults([&] { op.forward(x, y); }) == "");
  CHECK(faults([&] { op.adjoint(y, x); }) == "");
  CHECK(faults([&] { op.clear_padding(x); }) == "");

  tomoedx::tilt_projector<Space, float, tomoedx::strip> const gather(Space(), beam, 5,
                                                                     {.engine = tomoedx::engine::gather});
  gather.forward(x, y);  // the first launch may still size Kokkos' own scratch
  gather.adjoint(y, x);
  CHECK(faults([&] { gather.forward(x, y); }) == "");
  CHECK(faults([&] { gather.adjoint(y, x); }) == "");

  Kokkos::deep_copy(y, 3.0f);
  tomoedx::sirt_solver<op_t> plain(op, y, x, {.iterations = 3, .upper = 2, .mask = mask});
  tomoedx::em_solver<op_t> counting(op, y, x,
                                    {.iterations = 3, .background = 1, .background_map = map, .mask = mask});
  for (int k = 0; k < 3; ++k) {
    CHECK(faults([&] { plain.step(); }) == "");
    CHECK(faults([&] { counting.step(); }) == "");
  }

  // the same with channels mixed, the unit matrix among them
  for (auto const& m : {tomoedx::separate_channels(2), tomoedx::mixing{3, 2, {1, 0, 0, 1, 1, 1}}}) {
    tomoedx::mixed_operator<op_t> const mixed(op, m);
    auto const volumes = tomoedx::make_domain(mixed);
    auto const series = tomoedx::make_range(mixed);
    Kokkos::deep_copy(series, 2.0f);
    CHECK(faults([&] { mixed.forward(volumes, series); }) == "");
    CHECK(faults([&] { mixed.adjoint(series, volumes); }) == "");
    tomoedx::sirt_solver<tomoedx::mixed_operator<op_t>> joint(mixed, series, volumes, {.iterations = 2});
    CHECK(faults([&] { joint.step(); }) == "");
    CHECK(faults([&] { joint.step(); }) == "");
  }
}

TEST_CASE_TEMPLATE("a sparse matrix and slices on their way launch labelled work and wait for nothing", Space,
                   TOMOEDX_SPACES) {
  std::vector<std::size_t> const offsets{0, 2, 3};
  std::vector<std::uint32_t> const indices{0, 2, 1};
  std::vector<double> const values{1, 2, 3};
  tomoedx::sparse_operator<Space, double> const op(Space(), {2, 3, offsets, indices, values}, 5);
  auto const x = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op);
  op.forward(x, y);  // the first launch may still size Kokkos' own scratch
  CHECK(faults([&] { op.forward(x, y); }) == "");
  CHECK(faults([&] { op.adjoint(y, x); }) == "");

  auto const stack = tomoedx::zeros<float>(Space(), tomoedx::extents<3>{4, 5, 6});
  tomoedx::array_on<float, 4, Space> const sliced("sliced", 1, 4, 6, 16);
  CHECK(faults([&] { tomoedx::pack(Space(), stack, sliced); }) == "");
  CHECK(faults([&] { tomoedx::unpack(Space(), sliced, stack); }) == "");
}

TEST_CASE_TEMPLATE("everything that is set up carries our labels too", Space, TOMOEDX_SPACES) {
  std::vector<std::string> allocations, kernels;
  {
    trace const t;
    using op_t = tomoedx::tilt_projector<Space, float, tomoedx::strip>;
    op_t const op(Space(), beam, 5);
    tomoedx::mixed_operator<op_t> const mixed(op, {3, 2, {1, 0, 0, 1, 1, 1}});
    auto const x = tomoedx::make_domain(mixed);
    auto const y = tomoedx::make_range(mixed);
    tomoedx::sirt(mixed, y, x, {.iterations = 2});
    tomoedx::em(mixed, y, x, {.iterations = 2, .background = 1});
    std::vector<float> data(30, 1.0f);
    tomoedx::upload(Space(), tomoedx::borrow(data.data(), 5, 6));
    allocations = trace::allocations;
    kernels = trace::kernels;
  }
  REQUIRE(!allocations.empty());
  for (auto const& a : allocations) {
    CAPTURE(a);
    CHECK(ours(a));
  }
  for (auto const& k : kernels) {
    CAPTURE(k);  // Kokkos names the kernels that fill and copy arrays itself, some after the array
    CHECK((ours(k) || k.starts_with("Kokkos::")));
  }
}
