// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/fbp.hpp>

#include "../projectors/cases.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>

#include <numbers>
#include <numeric>
#include <string>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using tomoedx::fbp_filter;

/// Filtered back-projection of one slice in plain loops on dense weights.
plain::vector reference_fbp(tomoedx::parallel_beam const& g, plain::vector const& b,
                            tomoedx::fbp_options const& o) {
  auto const h = tomoedx::fbp_kernel(o.filter, o.cutoff, g.detector);
  auto const arcs = tomoedx::tilt_arcs(g.tilts_deg, o.range);
  plain::vector filtered(g.rays());
  for (std::size_t t = 0; t < g.tilts(); ++t)
    for (std::size_t i = 0; i < g.detector; ++i)
      for (std::size_t k = 0; k < g.detector; ++k)
        filtered[t * g.detector + i] += arcs[t] * h[i > k ? i - k : k - i] * b[t * g.detector + k];
  return plain::weights(g, tomoedx::reference::weight::strip).transposed_times(filtered);
}

/// Somebody else's operator of one slice, with plain arrays, that names its geometry.
struct own_operator {
  using execution_space = Space;
  using domain_view = tomoedx::array_on<double, 2, Space>;
  using range_view = tomoedx::array_on<double, 2, Space>;
  tomoedx::parallel_beam beam;
  plain::matrix w;

  explicit own_operator(tomoedx::parallel_beam const& g)
      : beam(g), w(plain::weights(g, tomoedx::reference::weight::strip)) {}
  Space space() const { return {}; }
  tomoedx::parallel_beam const& geometry() const { return beam; }
  Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(beam.depth, beam.width); }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(beam.tilts(), beam.detector); }
  tomoedx::grid domain_grid() const { return tomoedx::plain_grid(1, beam.depth, 1, beam.width); }
  tomoedx::grid range_grid() const { return tomoedx::plain_grid(1, beam.tilts(), 1, beam.detector); }
  void forward(domain_view const& x, range_view const& y) const {
    auto const v = w.times(plain::flat(x));
    std::copy(v.begin(), v.end(), y.data());
  }
  void adjoint(range_view const& y, domain_view const& x) const {
    auto const v = w.transposed_times(plain::flat(y));
    std::copy(v.begin(), v.end(), x.data());
  }
};
static_assert(tomoedx::beam_operator<own_operator>);
struct without_geometry : own_operator {
  using own_operator::own_operator;
  void geometry() const;
};
static_assert(tomoedx::gridded_operator<without_geometry> && !tomoedx::beam_operator<without_geometry>);

tomoedx::parallel_beam const irregular{.tilts_deg = {70.3, -12.25, 3, 33.3, -64.9},
                                       .width = 37,
                                       .depth = 21,
                                       .detector = 41,
                                       .axis_offset = -3.37,
                                       .shifts = {0, 1.5, -2.25, 0.3, -7.1}};

template <class T>
void check_against_loops(std::size_t slices, tomoedx::fbp_options const& options) {
  tomoedx::tilt_projector<Space, T, tomoedx::strip> const op({}, irregular, slices);
  std::vector<plain::vector> b;
  for (std::size_t y = 0; y < slices; ++y) b.push_back(cases::random_values(irregular.rays(), 40 + y, 0, 5));
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), b);
  tomoedx::fbp(op, data, x, options);
  auto const got = plain::get(x, op.lanes(), slices);
  for (std::size_t y = 0; y < slices; ++y)
    CHECK(cases::relative_l2(got[y], reference_fbp(irregular, b[y], options)) < 2 * cases::tolerance<T>);
  // lanes that pad the slices stay zero
  auto const all = plain::get(x, op.lanes(), op.lanes() * op.blocks());
  for (std::size_t y = slices; y < all.size(); ++y)
    for (double const v : all[y]) CHECK(v == 0);
}

double overlap_of_disc(double x, double z, double radius) {  // the part of a voxel in it, by 10 x 10 samples
  int inside = 0;
  for (int i = 0; i < 100; ++i)
    inside += std::hypot(x + (i % 10 - 4.5) / 10, z + (i / 10 - 4.5) / 10) <= radius;
  return inside / 100.0;
}

/// Worst and mean relative error of a reconstructed disc inside it. The projections are the exact chords.
struct disc_error {
  double worst, mean;
};
disc_error reconstruct_disc(tomoedx::parallel_beam const& g, tomoedx::fbp_options const& options, double cx,
                            double cz, double radius) {
  constexpr double value = 3;
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op({}, g, 1);
  plain::vector b(g.rays()), inside(g.voxels());
  for (std::size_t t = 0; t < g.tilts(); ++t) {
    auto const d = tomoedx::direction_of(g.tilts_deg[t]);
    for (std::size_t i = 0; i < g.detector; ++i)
      for (int sub = 0; sub < 20; ++sub) {  // the mean chord of the bin
        double const s = static_cast<double>(i) + (sub - 9.5) / 20 - g.axis_bin(t) - cx * d.cos - cz * d.sin;
        b[t * g.detector + i] += value / 20 * 2 * std::sqrt(std::max(0.0, radius * radius - s * s));
      }
  }
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  plain::put(data, op.lanes(), {b});
  tomoedx::fbp(op, data, x, options);
  auto const got = plain::get(x, op.lanes(), 1)[0];
  disc_error error{0, 0};
  double count = 0;
  for (std::size_t j = 0; j < got.size(); ++j) {
    double const px = static_cast<double>(j % g.width) - 0.5 * (static_cast<double>(g.width) - 1) - cx;
    double const pz = static_cast<double>(j / g.width) - 0.5 * (static_cast<double>(g.depth) - 1) - cz;
    if (overlap_of_disc(px, pz, radius - 3) < 1) continue;
    double const relative = got[j] / value - 1;
    error.worst = std::max(error.worst, std::abs(relative));
    error.mean += relative;
    count += 1;
  }
  REQUIRE(count > 500);
  error.mean /= count;
  return error;
}

}  // namespace

TEST_CASE("FBP follows plain loops for every filter, block width and type") {
  for (auto const filter :
       {fbp_filter::ram_lak, fbp_filter::shepp_logan, fbp_filter::cosine, fbp_filter::hann})
    check_against_loops<double>(3, {.filter = filter});
  check_against_loops<double>(9, {.cutoff = 0.6});
  check_against_loops<float>(1, {});
  check_against_loops<float>(14, {.range = tomoedx::tilt_range::full});
  check_against_loops<float>(70, {});
  check_against_loops<float>(70, {.filter = fbp_filter::hann, .cutoff = 0.8});
}

TEST_CASE("every instruction set filters alike, and several series side by side as one by one") {
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const one({}, irregular, 70);
  auto const three = one.repeated(3);
  auto const data = tomoedx::make_range(three), filtered = tomoedx::make_range(three);
  for (std::size_t i = 0; i < data.size(); ++i)
    data.data()[i] = static_cast<float>(tomoedx::random_stream(8, i).uniform());
  tomoedx::clear_padding(three, data);
  using method = tomoedx::filtered_back_projection<tomoedx::tilt_projector<Space, float, tomoedx::strip>>;
  for (auto const filter : {fbp_filter::ram_lak, fbp_filter::hann}) {
    method(three, {.filter = filter, .level = tomoedx::isa::baseline}).filter(data, filtered);
    auto const expected = plain::flat(filtered);
    for (auto const level : {tomoedx::isa::avx2, tomoedx::isa::avx512}) {
      method(three, {.filter = filter, .level = level}).filter(data, filtered);
      CHECK(cases::relative_l2(plain::flat(filtered), expected) < 1e-6);
    }
    auto const together = plain::flat(filtered);
    auto const single = tomoedx::make_range(one), out = tomoedx::make_range(one);
    for (std::size_t c = 0; c < 3; ++c) {
      std::copy_n(data.data() + c * single.size(), single.size(), single.data());
      method(one, {.filter = filter}).filter(single, out);
      for (std::size_t i = 0; i < out.size(); ++i)
        REQUIRE(static_cast<double>(out.data()[i]) == together[c * out.size() + i]);
    }
  }
}

TEST_CASE("FBP works with somebody else's operator and plain arrays") {
  own_operator const op(irregular);
  auto const b = cases::random_values(irregular.rays(), 3, 0, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  std::copy(b.begin(), b.end(), data.data());
  for (auto const filter : {fbp_filter::ram_lak, fbp_filter::cosine}) {
    tomoedx::fbp(op, data, x, {.filter = filter});
    CHECK(cases::relative_l2(plain::flat(x), reference_fbp(irregular, b, {.filter = filter})) < 1e-13);
  }
}

TEST_CASE("a disc comes out with its value, for even and irregular angles, off the axis and shifted") {
  tomoedx::parallel_beam even{
      .tilts_deg = cases::every(-90, 89, 1), .width = 96, .depth = 96, .detector = 112};
  for (auto const filter :
       {fbp_filter::ram_lak, fbp_filter::shepp_logan, fbp_filter::cosine, fbp_filter::hann}) {
    CAPTURE(tomoedx::name_of(filter));
    auto const error = reconstruct_disc(even, {.filter = filter}, 6.3, -4.1, 30);
    CHECK(error.worst < 0.02);
    CHECK(std::abs(error.mean) < 0.003);
  }
  auto moved = even;
  moved.axis_offset = 3.4;
  moved.shifts.resize(moved.tilts());
  for (std::size_t t = 0; t < moved.tilts(); ++t)
    moved.shifts[t] = 4 * tomoedx::random_stream(5, t).uniform() - 2;
  auto const off_axis = reconstruct_disc(moved, {.filter = fbp_filter::hann}, 6.3, -4.1, 30);
  CHECK(off_axis.worst < 0.02);
  CHECK(std::abs(off_axis.mean) < 0.003);

  auto uneven = even;  // spacings between 0.4 and 1.6 degrees, in no order
  for (std::size_t t = 0; t < uneven.tilts(); ++t)
    uneven.tilts_deg[t] += 0.6 * (tomoedx::random_stream(6, t).uniform() - 0.5);
  for (std::size_t t = 0; t < uneven.tilts(); t += 3) uneven.tilts_deg[t] += t % 2 == 0 ? 180 : -180;
  std::reverse(uneven.tilts_deg.begin(), uneven.tilts_deg.begin() + 70);
  auto const irregularly = reconstruct_disc(uneven, {.filter = fbp_filter::hann}, 6.3, -4.1, 30);
  CHECK(irregularly.worst < 0.02);
  CHECK(std::abs(irregularly.mean) < 0.003);

  auto denser = even;  // twice as dense on one side: equal weights would be wrong by a third there
  denser.tilts_deg = cases::every(-90, -0.5, 0.5);
  for (double const t : cases::every(0, 89, 1)) denser.tilts_deg.push_back(t);
  auto const weighted = reconstruct_disc(denser, {.filter = fbp_filter::hann}, 6.3, -4.1, 30);
  CHECK(weighted.worst < 0.02);
  CHECK(std::abs(weighted.mean) < 0.003);
}

TEST_CASE("a missing wedge takes its share of a disc's value, unless it is filled") {
  // at the centre of a disc every tilt gives the same, so the value is the covered part of the half circle
  tomoedx::parallel_beam limited{
      .tilts_deg = cases::every(-60, 60, 1), .width = 96, .depth = 96, .detector = 112};
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op({}, limited, 1);
  plain::vector disc(limited.voxels());
  for (std::size_t j = 0; j < disc.size(); ++j)
    disc[j] = overlap_of_disc(static_cast<double>(j % 96) - 47.5, static_cast<double>(j / 96) - 47.5, 30);
  auto const truth = tomoedx::make_domain(op), x = tomoedx::make_domain(op);
  auto const data = tomoedx::make_range(op);
  plain::put(truth, op.lanes(), {disc});
  op.forward(truth, data);
  auto const centre = [&](tomoedx::tilt_range range) {
    tomoedx::fbp(op, data, x, {.filter = fbp_filter::hann, .range = range});
    auto const v = plain::get(x, op.lanes(), 1)[0];
    return (v[47 * 96 + 47] + v[48 * 96 + 47] + v[47 * 96 + 48] + v[48 * 96 + 48]) / 4;
  };
  CHECK(centre(tomoedx::tilt_range::automatic) == doctest::Approx(121.0 / 180).epsilon(0.005));
  CHECK(centre(tomoedx::tilt_range::limited) == doctest::Approx(121.0 / 180).epsilon(0.005));
  CHECK(centre(tomoedx::tilt_range::full) == doctest::Approx(1).epsilon(0.005));
}

TEST_CASE("the method can be run again and again without allocating or waiting") {
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op({}, irregular, 3);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  Kokkos::deep_copy(data, 1.0f);
  tomoedx::clear_padding(op, data);
  tomoedx::filtered_back_projection const method(op, {.filter = fbp_filter::cosine});
  static std::vector<std::string> seen;
  seen.clear();
  namespace tools = Kokkos::Tools::Experimental;
  tools::set_allocate_data_callback([](Kokkos::Profiling::SpaceHandle, char const* n, void const*,
                                       std::uint64_t) { seen.emplace_back(n); });
  tools::set_begin_fence_callback([](char const* n, std::uint32_t, std::uint64_t*) {
    if (!std::string(n).starts_with("Kokkos::Tools::")) seen.emplace_back(n);
  });
  method(data, x);
  tools::set_allocate_data_callback(nullptr);
  tools::set_begin_fence_callback(nullptr);
  CHECK(seen.empty());
  op.space().fence();
  auto const first = plain::flat(x);
  method(data, x);
  op.space().fence();
  CHECK(plain::flat(x) == first);
}

TEST_CASE("FBP refuses options, sizes and data that mean nothing") {
  tomoedx::tilt_projector<Space, float, tomoedx::strip> const op({}, irregular, 2);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  CHECK_THROWS_AS(tomoedx::fbp(op, data, x, {.cutoff = 0}), tomoedx::value_error);
  CHECK_THROWS_AS(tomoedx::fbp(op, data, x, {.cutoff = NAN}), tomoedx::value_error);
  CHECK_THROWS_WITH_AS(tomoedx::fbp(op, x, x), doctest::Contains("of the data"), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::filtered_back_projection(op).filter(data, data), tomoedx::value_error);
  Kokkos::deep_copy(data, NAN);
  CHECK_THROWS_WITH_AS(tomoedx::fbp(op, data, x), doctest::Contains("NaN"), tomoedx::value_error);
}
