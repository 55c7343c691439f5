// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/tilt_projector.hpp>

#include "../spaces.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

using tomoedx::joseph, tomoedx::siddon, tomoedx::strip;

namespace {

template <class Space, class T, class Footprint>
void compare_with_reference(tomoedx::parallel_beam const& beam, std::size_t slices,
                            tomoedx::projector_options options = {}) {
  tomoedx::tilt_projector<Space, T, Footprint> const op(Space(), beam, slices, options);
  auto const kind = cases::reference_weight<Footprint>;
  auto const volume = cases::random_values(beam.voxels() * slices, 1);
  auto const stack = cases::random_values(beam.rays() * slices, 2);
  // of both signs, so that nothing hides behind a large sum;
  // float results are compared against double arithmetic on the same, rounded, data
  auto const rounded = [](std::vector<double> v) {
    for (auto& e : v) e = static_cast<double>(static_cast<T>(e));
    return v;
  };
  auto const forward = cases::forward(op, volume, slices);
  auto const adjoint = cases::adjoint(op, stack, slices);
  CHECK(cases::relative_l2(forward, tomoedx::reference::project(beam, kind, slices, rounded(volume))) <=
        cases::tolerance<T>);
  CHECK(cases::relative_l2(adjoint, tomoedx::reference::backproject(beam, kind, slices, rounded(stack))) <=
        cases::tolerance<T>);
}

}  // namespace

TEST_CASE_TEMPLATE("projectors agree with plain double loops in every geometry", Space, TOMOEDX_SPACES) {
  for (auto const& [name, beam] : cases::geometries()) {
    CAPTURE(name);
    for (std::size_t const slices : {1, 5, 21}) {
      CAPTURE(slices);
      compare_with_reference<Space, float, strip>(beam, slices);
      compare_with_reference<Space, float, joseph>(beam, slices);
      compare_with_reference<Space, float, siddon>(beam, slices);
      compare_with_reference<Space, double, strip>(beam, slices);
      compare_with_reference<Space, double, joseph>(beam, slices);
      compare_with_reference<Space, double, siddon>(beam, slices);
    }
  }
}

TEST_CASE("projectors stay exact at 512 voxels and many slices") {
  using Space = Kokkos::DefaultHostExecutionSpace;
  tomoedx::parallel_beam const beam{.tilts_deg = {-73.1, -45, 0, 0.5, 33, 88.7},
                                    .width = 512,
                                    .depth = 512,
                                    .detector = 511,
                                    .axis_offset = 0.31};
  compare_with_reference<Space, float, strip>(beam, 2);
  compare_with_reference<Space, float, joseph>(beam, 2);
  compare_with_reference<Space, float, siddon>(beam, 2);
  compare_with_reference<Space, double, strip>(beam, 2);
  compare_with_reference<Space, double, joseph>(beam, 2);
  compare_with_reference<Space, double, siddon>(beam, 2);
  compare_with_reference<Space, float, strip>(
      {.tilts_deg = {-51, 12.5}, .width = 40, .depth = 36, .detector = 40}, 130);
}

TEST_CASE_TEMPLATE("the gather engine of devices gives the same projections", Footprint, strip, joseph,
                   siddon) {
  using Space = Kokkos::DefaultExecutionSpace;
  for (auto const& [name, beam] : cases::geometries()) {
    CAPTURE(name);
    compare_with_reference<Space, float, Footprint>(beam, 5, {.engine = tomoedx::engine::gather});
    compare_with_reference<Space, double, Footprint>(beam, 3, {.engine = tomoedx::engine::gather});
  }
}

TEST_CASE_TEMPLATE("every instruction set gives the same projections", Footprint, strip, joseph, siddon) {
  using Space = Kokkos::DefaultHostExecutionSpace;
  auto const beam = cases::geometries()[2].beam;
  for (auto const level : {tomoedx::isa::baseline, tomoedx::isa::avx2, tomoedx::isa::avx512})
    for (std::size_t const slices : {3, 16, 64}) {
      CAPTURE(tomoedx::name_of(level));
      compare_with_reference<Space, float, Footprint>(beam, slices, {.level = level});
      compare_with_reference<Space, double, Footprint>(beam, slices, {.level = level});
    }
}

TEST_CASE_TEMPLATE("forward and adjoint are transposes of each other", T, float, double) {
  using Space = Kokkos::DefaultExecutionSpace;
  auto const dot = [](std::vector<double> const& a, std::vector<double> const& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  };
  auto const check = [&]<class Footprint>(Footprint, tomoedx::parallel_beam const& beam) {
    std::size_t const slices = 7;
    tomoedx::tilt_projector<Space, T, Footprint> const op(Space(), beam, slices);
    auto rounded = [](std::vector<double> v) {
      for (auto& e : v) e = static_cast<double>(static_cast<T>(e));
      return v;
    };
    auto const x = rounded(cases::random_values(beam.voxels() * slices, 3));
    auto const y = rounded(cases::random_values(beam.rays() * slices, 4));
    auto const ax = cases::forward(op, x, slices);
    auto const aty = cases::adjoint(op, y, slices);
    double const scale = std::sqrt(dot(ax, ax) * dot(y, y));
    CHECK(std::abs(dot(ax, y) - dot(x, aty)) <= cases::tolerance<T> * scale);
  };
  for (auto const& [name, beam] : cases::geometries()) {
    CAPTURE(name);
    check(strip{}, beam);
    check(joseph{}, beam);
    check(siddon{}, beam);
  }
}

TEST_CASE_TEMPLATE("row and column sums are the projections of ones", Footprint, strip, joseph, siddon) {
  using Space = Kokkos::DefaultHostExecutionSpace;
  for (auto const& [name, beam] : cases::geometries()) {
    CAPTURE(name);
    tomoedx::tilt_projector<Space, double, Footprint> const op(Space(), beam, 3);
    auto const kind = cases::reference_weight<Footprint>;
    auto const rows = tomoedx::reference::project(beam, kind, 1, std::vector<double>(beam.voxels(), 1.0));
    auto const columns =
        tomoedx::reference::backproject(beam, kind, 1, std::vector<double>(beam.rays(), 1.0));
    for (std::size_t ray = 0; ray < beam.rays(); ++ray)
      CHECK(op.row_sums()(ray * op.lanes() + 1) == doctest::Approx(rows[ray]).epsilon(1e-12));
    for (std::size_t voxel = 0; voxel < beam.voxels(); ++voxel)
      CHECK(op.column_sums()(voxel * op.lanes() + 2) == doctest::Approx(columns[voxel]).epsilon(1e-12));
  }
}

TEST_CASE("strips share a voxel out exactly, so every tilt holds the whole mass") {
  tomoedx::parallel_beam const beam{
      .tilts_deg = cases::every(-90, 90, 3.7), .width = 40, .depth = 31, .detector = 60, .axis_offset = 1.3};
  tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, double, strip> const op({}, beam, 2);
  auto const volume = cases::random_values(beam.voxels() * 2, 9, 0, 1);
  auto const stack = cases::forward(op, volume, 2);
  double mass = 0;
  for (auto const v : volume) mass += v;
  for (std::size_t t = 0; t < beam.tilts(); ++t) {
    double shadow = 0;
    for (std::size_t i = 0; i < 2 * beam.detector; ++i) shadow += stack[t * 2 * beam.detector + i];
    CHECK(shadow == doctest::Approx(mass).epsilon(1e-13));
  }
}

TEST_CASE("a projection does not depend on the number of threads, to the bit") {
  auto const beam = cases::geometries()[0].beam;
  auto const volume = cases::random_values(beam.voxels() * 70, 11, 0, 1);
  tomoedx::tilt_projector<Kokkos::Serial, float, strip> const one({}, beam, 70);
  tomoedx::tilt_projector<Kokkos::DefaultHostExecutionSpace, float, strip> const all({}, beam, 70);
  CHECK(cases::forward(one, volume, 70) == cases::forward(all, volume, 70));
  auto const stack = cases::random_values(beam.rays() * 70, 12, 0, 1);
  CHECK(cases::adjoint(one, stack, 70) == cases::adjoint(all, stack, 70));
}

TEST_CASE("a repeated projector projects every copy alike") {
  auto const beam = cases::geometries()[0].beam;
  tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, strip> const op({}, beam, 5);
  auto const three = op.repeated(3);
  CHECK(three.blocks() == 3 * op.blocks());
  typename decltype(op)::domain_view x("x", three.domain_layout()), x1("x1", op.domain_layout());
  typename decltype(op)::range_view y("y", three.range_layout()), y1("y1", op.range_layout());
  Kokkos::deep_copy(x, 1.0f);
  Kokkos::deep_copy(x1, 1.0f);
  three.forward(x, y);
  op.forward(x1, y1);
  auto const all = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), y);
  auto const single = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), y1);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all.data()[i] == single.data()[i % single.size()]);
}

TEST_CASE("a projector refuses what does not fit, before it computes") {
  using op_t = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, strip>;
  tomoedx::parallel_beam const good{.tilts_deg = {0, 10}, .width = 8, .depth = 8, .detector = 8};
  auto const with = [&](auto change) {
    auto beam = good;
    change(beam);
    return beam;
  };
  CHECK_THROWS_AS(op_t({}, with([](auto& b) { b.tilts_deg.clear(); }), 1), tomoedx::shape_error);
  CHECK_THROWS_AS(op_t({}, with([](auto& b) { b.width = 0; }), 1), tomoedx::shape_error);
  CHECK_THROWS_AS(op_t({}, with([](auto& b) { b.tilts_deg[1] = NAN; }), 1), tomoedx::value_error);
  CHECK_THROWS_AS(op_t({}, with([](auto& b) { b.shifts = {1}; }), 1), tomoedx::shape_error);
  CHECK_THROWS_AS(op_t({}, with([](auto& b) { b.axis_offset = INFINITY; }), 1), tomoedx::value_error);
  CHECK_THROWS_AS(op_t({}, good, 0), tomoedx::shape_error);
  op_t const op({}, good, 4);
  op_t::domain_view x("x", op.domain_layout());
  op_t::range_view wrong("y", 1, 3, 8, op.lanes());
  CHECK_THROWS_WITH_AS(op.forward(x, wrong), doctest::Contains("extent 1 of the stack"),
                       tomoedx::shape_error);
}
