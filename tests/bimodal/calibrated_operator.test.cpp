// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/bimodal/calibrated_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include "../projectors/cases.hpp"
#include "../solvers/plain.hpp"

#include <doctest/doctest.h>

namespace {

using Space = Kokkos::DefaultHostExecutionSpace;
using projector_t = tomoedx::tilt_projector<Space, double, tomoedx::strip>;
using tomoedx::calibration, tomoedx::calibrated_operator;

tomoedx::parallel_beam const edx_beam{
    .tilts_deg = {-50, 0, 31}, .width = 6, .depth = 5, .detector = 7, .axis_offset = 0.3};
tomoedx::parallel_beam const more_tilts{
    .tilts_deg = {-60, -20, 5, 40, 62}, .width = 6, .depth = 5, .detector = 9, .axis_offset = -0.2};
tomoedx::parallel_beam const fewer_tilts{.tilts_deg = {-10, 15}, .width = 6, .depth = 5, .detector = 6};

/// Everything of one slice in plain loops: elements one after the other in, EDX series and then HAADF out.
struct reference {
  plain::matrix edx, haadf;
  tomoedx::parallel_beam edx_beam, haadf_beam;
  calibration c;

  reference(tomoedx::parallel_beam const& e, tomoedx::parallel_beam const& h, calibration const& factors)
      : edx(plain::weights(e, tomoedx::reference::weight::strip)),
        haadf(plain::weights(h, tomoedx::reference::weight::strip)),
        edx_beam(e),
        haadf_beam(h),
        c(factors) {}

  /// The whole matrix; with gamma its tangent at x.
  plain::matrix matrix(plain::vector const& x) const {
    std::size_t const k = c.elements();
    plain::matrix a(k * edx.rows + haadf.rows, k * edx.columns);
    for (std::size_t e = 0; e < k; ++e) {
      for (std::size_t i = 0; i < edx.rows; ++i) {
        std::size_t const t = i / edx_beam.detector, tilts = edx_beam.tilts();
        double const dose = c.dose.empty() ? 1 : c.dose[c.dose.size() == tilts ? t : e * tilts + t];
        for (std::size_t j = 0; j < edx.columns; ++j)
          a(e * edx.rows + i, e * edx.columns + j) = dose * c.sensitivity[e] * edx(i, j);
      }
      for (std::size_t i = 0; i < haadf.rows; ++i) {
        double const gain = c.gain.empty() ? 1 : c.gain[i / haadf_beam.detector];
        for (std::size_t j = 0; j < edx.columns; ++j) {
          double const v = c.haadf[e] * (x.empty() ? 1 : x[e * edx.columns + j]);
          double const slope = c.gamma == 1 ? 1 : c.gamma * std::pow(v, c.gamma - 1);
          a(k * edx.rows + i, e * edx.columns + j) = gain * c.haadf[e] * slope * haadf(i, j);
        }
      }
    }
    return a;
  }
  plain::vector haadf_of(plain::vector const& x) const {
    plain::vector powers(edx.columns);
    for (std::size_t e = 0; e < c.elements(); ++e)
      for (std::size_t j = 0; j < edx.columns; ++j)
        powers[j] += std::pow(c.haadf[e] * x[e * edx.columns + j], c.gamma);
    auto h = haadf.times(powers);
    for (std::size_t i = 0; i < h.size(); ++i) h[i] *= c.gain.empty() ? 1 : c.gain[i / haadf_beam.detector];
    return h;
  }
};

constexpr std::size_t slices = 3;
using by_slice = std::vector<plain::vector>;

by_slice random_slices(std::size_t size, std::uint64_t seed, double low = -1) {
  by_slice v;
  for (std::size_t y = 0; y < slices; ++y) v.push_back(cases::random_values(size, seed + y, low));
  return v;
}

plain::vector part(plain::vector const& v, std::size_t first, std::size_t n) {
  auto const from = v.begin() + static_cast<std::ptrdiff_t>(first);
  return {from, from + static_cast<std::ptrdiff_t>(n)};
}

template <class Op, class View>
void put_volume(Op const& op, View const& x, by_slice const& v) {
  for (std::size_t e = 0; e < op.elements(); ++e) {
    by_slice own;
    for (auto const& s : v) own.push_back(part(s, e * s.size() / op.elements(), s.size() / op.elements()));
    plain::put(op.element(x, e), op.edx().lanes(), own);
  }
}
template <class Op, class View>
by_slice get_volume(Op const& op, View const& x) {
  by_slice v(slices);
  for (std::size_t e = 0; e < op.elements(); ++e) {
    auto const own = plain::get(op.element(x, e), op.edx().lanes(), slices);
    for (std::size_t y = 0; y < slices; ++y) v[y].insert(v[y].end(), own[y].begin(), own[y].end());
  }
  return v;
}
template <class Op, class View>
void put_series(Op const& op, View const& y, by_slice const& v, std::size_t rays) {
  for (std::size_t e = 0; e <= op.elements(); ++e) {
    by_slice own;
    std::size_t const first = e * rays;
    for (auto const& s : v) own.push_back(part(s, first, e < op.elements() ? rays : s.size() - first));
    if (e < op.elements())
      plain::put(op.edx_channel(y, e), op.edx().lanes(), own);
    else
      plain::put(op.haadf_channel(y), op.haadf().lanes(), own);
  }
}
template <class Op, class View>
by_slice get_series(Op const& op, View const& y) {
  by_slice v(slices);
  for (std::size_t e = 0; e <= op.elements(); ++e) {
    auto const own = e < op.elements() ? plain::get(op.edx_channel(y, e), op.edx().lanes(), slices)
                                       : plain::get(op.haadf_channel(y), op.haadf().lanes(), slices);
    for (std::size_t s = 0; s < slices; ++s) v[s].insert(v[s].end(), own[s].begin(), own[s].end());
  }
  return v;
}

/// Forward, adjoint, and sums against the matrix written out; `at` is where the tangent is taken.
template <class Op>
void compare(Op const& op, reference const& all, by_slice const& at = {}) {
  static_assert(tomoedx::projector<Op> && tomoedx::gridded_operator<Op>);
  auto const x = tomoedx::make_domain(op), back = tomoedx::make_domain(op);
  auto const y = tomoedx::make_range(op), data = tomoedx::make_range(op);
  std::size_t const k = op.elements(), rows = k * all.edx.rows + all.haadf.rows;
  auto const in = random_slices(k * all.edx.columns, 300), from = random_slices(rows, 400);
  put_volume(op, x, in);
  put_series(op, data, from, all.edx.rows);
  Kokkos::deep_copy(y, 9.0);
  Kokkos::deep_copy(back, 9.0);
  op.forward(x, y);
  op.adjoint(data, back);
  auto const got = get_series(op, y), returned = get_volume(op, back);
  for (std::size_t s = 0; s < slices; ++s) {
    auto const a = all.matrix(at.empty() ? plain::vector{} : at[s]);
    CHECK(cases::relative_l2(got[s], a.times(in[s])) < 1e-13);
    CHECK(cases::relative_l2(returned[s], a.transposed_times(from[s])) < 1e-13);
  }
  // the ends of shorter channels are zero, whatever was there
  std::size_t const edx_values = op.edx_channel(y, 0).size(), haadf_values = op.haadf_channel(y).size();
  for (std::size_t c = 0; c <= k; ++c)
    for (std::size_t i = c < k ? edx_values : haadf_values; i < y.extent(1); ++i) CHECK(y(c, i) == 0);

  auto const ones = tomoedx::make_domain(op);
  auto const of_ones = tomoedx::make_range(op);
  Kokkos::deep_copy(ones, 1.0);
  op.forward(ones, of_ones);
  auto const row_sums = op.row_sums();
  for (std::size_t i = 0; i < of_ones.size(); ++i) CHECK(row_sums(i) == of_ones.data()[i]);
  Kokkos::deep_copy(of_ones, 1.0);
  op.adjoint(of_ones, ones);
  auto const column_sums = op.column_sums();
  for (std::size_t i = 0; i < ones.size(); ++i) CHECK(column_sums(i) == ones.data()[i]);
}

calibration const plain_factors{.sensitivity = {0.5, 2}, .haadf = {3, 0.7}};
calibration const by_tilt{
    .sensitivity = {0.5, 2}, .haadf = {3, 0.7}, .dose = {1, 0.5, 2}, .gain = {1.5, 1, 0.25}};
calibration const by_element_and_tilt{
    .sensitivity = {0.5, 2}, .haadf = {3, 0.7}, .dose = {1, 0.5, 2, 0.75, 1.25, 3}};

struct calls {
  int forward = 0, adjoint = 0;
};
inline auto counting_weights(plain::matrix const& w, calls& count) {
  return tomoedx::make_operator<double>(
      Space(), tomoedx::extents<1>{w.columns}, tomoedx::extents<1>{w.rows},
      [&w, &count](auto const& x, auto const& y) {
        ++count.forward;
        auto const r = w.times(plain::flat(x));
        std::copy(r.begin(), r.end(), y.data());
      },
      [&w, &count](auto const& y, auto const& x) {
        ++count.adjoint;
        auto const r = w.transposed_times(plain::flat(y));
        std::copy(r.begin(), r.end(), x.data());
      });
}

}  // namespace

TEST_CASE(
    "EDX and HAADF at the same tilts are the matrix written out, with doses, gains and units of all kinds") {
  projector_t const op({}, edx_beam, slices);
  for (auto const& c : {plain_factors, by_tilt, by_element_and_tilt})
    compare(calibrated_operator(op, c), reference(edx_beam, edx_beam, c));
}

TEST_CASE("HAADF at other tilts and on another detector is the matrix written out") {
  projector_t const op({}, edx_beam, slices);
  for (auto const& [beam, gain] : {std::pair{more_tilts, std::vector<double>{1, 2, 3, 0.5, 1}},
                                   std::pair{fewer_tilts, std::vector<double>{}}}) {
    calibration c = by_element_and_tilt;
    c.gain = gain;
    projector_t const haadf({}, beam, slices);
    calibrated_operator<projector_t> const both(op, haadf, c);
    compare(both, reference(edx_beam, beam, c));
    CHECK_THROWS_WITH_AS(both.range_grid(), doctest::Contains("have no one grid"), tomoedx::shape_error);
    auto const padded = tomoedx::make_range(both);
    Kokkos::deep_copy(padded, 1.0);
    both.clear_padding(padded);
    double sum = 0;
    for (double const v : plain::flat(padded)) sum += v;
    CHECK(sum == slices * (2 * edx_beam.rays() + beam.rays()));
  }
}

TEST_CASE("with an exponent HAADF is its tangent: exact where it is taken, with the slope of the curve") {
  projector_t const op({}, edx_beam, slices);
  projector_t const haadf({}, more_tilts, slices);
  calibration c = plain_factors;
  c.gamma = 1.6;
  c.gain = {1, 2, 3, 0.5, 1};
  calibrated_operator<projector_t> const both(op, haadf, c);
  reference const all(edx_beam, more_tilts, c);
  auto const at = random_slices(2 * edx_beam.voxels(), 500, 0.1);
  auto const x = tomoedx::make_domain(both);
  auto const rest = tomoedx::make_range(haadf);
  put_volume(both, x, at);
  both.linearise(x, rest);
  compare(both, all, at);
  auto const y = tomoedx::make_range(both);
  both.forward(x, y);
  auto const linear = plain::get(both.haadf_channel(y), haadf.lanes(), slices),
             constant = plain::get(rest, haadf.lanes(), slices);
  for (std::size_t s = 0; s < slices; ++s) {
    plain::vector sum(linear[s].size());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = linear[s][i] + constant[s][i];
    CHECK(cases::relative_l2(sum, all.haadf_of(at[s])) < 1e-13);
  }
  c.gamma = 1;
  Kokkos::deep_copy(rest, 5.0);
  calibrated_operator<projector_t>(op, haadf, c).linearise(x, rest);
  for (double const v : plain::flat(rest)) CHECK(v == 0);
}

TEST_CASE("an application costs a projection for each element, and one more for HAADF of its own") {
  auto const w = plain::weights(edx_beam, tomoedx::reference::weight::strip);
  calls edx, haadf;
  auto const op = counting_weights(w, edx);
  using op_t = decltype(counting_weights(w, edx));
  static_assert(tomoedx::linear_operator<calibrated_operator<op_t>>);
  static_assert(!tomoedx::projector<calibrated_operator<op_t>> &&
                !tomoedx::gridded_operator<calibrated_operator<op_t>>);
  calibration const three{.sensitivity = {1, 2, 3}, .haadf = {4, 5, 6}};
  calibrated_operator<op_t> const same(op, three);
  auto const x = tomoedx::make_domain(same);
  auto const y = tomoedx::make_range(same);
  same.forward(x, y), same.adjoint(y, x);
  CHECK(edx.forward == 3);
  CHECK(edx.adjoint == 3);
  edx = {};
  calibrated_operator<op_t> const other(op, counting_weights(w, haadf), three);
  other.forward(x, y), other.adjoint(y, x);
  CHECK(edx.forward == 3);
  CHECK(edx.adjoint == 3);
  CHECK(haadf.forward == 1);
  CHECK(haadf.adjoint == 1);
  // both say the same where the tilts are the same
  plain::vector const values = cases::random_values(x.size(), 7);
  std::copy(values.begin(), values.end(), x.data());
  auto const y2 = tomoedx::make_range(same);
  same.forward(x, y), other.forward(x, y2);
  CHECK(cases::relative_l2(plain::flat(y2), plain::flat(y)) < 1e-14);
  CHECK_THROWS_WITH_AS(calibrated_operator<op_t>(op, {.sensitivity = {1}, .haadf = {1}, .dose = {2}}),
                       doctest::Contains("range_grid()"), tomoedx::shape_error);
}

TEST_CASE("grids, and operands that do not fit") {
  projector_t const op({}, edx_beam, slices);
  calibrated_operator const both(op, by_tilt);
  CHECK(both.domain_grid().channels == 2);
  CHECK(both.domain_grid().size() == tomoedx::make_domain(both).size());
  CHECK(both.range_grid().channels == 3);
  CHECK(both.range_grid().size() == tomoedx::make_range(both).size());
  auto const x = tomoedx::make_domain(both);
  auto const y = tomoedx::make_range(both);
  CHECK_THROWS_AS(both.forward(y, y), tomoedx::shape_error);
  CHECK_THROWS_AS(both.adjoint(x, x), tomoedx::shape_error);
  CHECK_THROWS_AS(both.linearise(y, tomoedx::make_range(op)), tomoedx::shape_error);
  CHECK_THROWS_AS(both.element(x, 2), tomoedx::shape_error);
  CHECK_THROWS_AS(both.edx_channel(y, 2), tomoedx::shape_error);
  tomoedx::parallel_beam deeper = more_tilts;
  deeper.depth = 8;
  CHECK_THROWS_WITH_AS(calibrated_operator<projector_t>(op, projector_t({}, deeper, slices), plain_factors),
                       doctest::Contains("extent 1 of the volume is 5 for EDX and 8 for HAADF"),
                       tomoedx::shape_error);
  // a background grows with the dose
  Kokkos::deep_copy(y, 2.0);
  both.times_dose(y);
  CHECK(both.edx_channel(y, 1)(0, 2, 3, 0) == 4.0);
  CHECK(both.haadf_channel(y)(0, 2, 3, 0) == 2.0);
}
