// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_PROJECTORS_CASES_HPP
#define TOMOEDX_TESTS_PROJECTORS_CASES_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/reference/projector.hpp>

#include <cmath>
#include <string>
#include <vector>

// Geometries and random data that the projector tests share.
namespace cases {

struct named_beam {
  std::string name;
  tomoedx::parallel_beam beam;
};

inline std::vector<double> every(double from, double to, double step) {
  std::vector<double> tilts;
  for (double t = from; t <= to + 1e-9; t += step) tilts.push_back(t);
  return tilts;
}

/// Square, oblong, odd, tiny, shifted, off axis, detector wider and narrower than the volume, special angles.
inline std::vector<named_beam> geometries() {
  return {
      {"square", {.tilts_deg = every(-75, 75, 10), .width = 64, .depth = 64, .detector = 64}},
      {"special angles",
       {.tilts_deg = {-180, -135, -90, -45, -1e-7, 0, 1e-7, 0.5, 45, 89.9, 90, 180, 270},
        .width = 33,
        .depth = 33,
        .detector = 47}},
      {"oblong and irregular",
       {.tilts_deg = {70.3, -12.25, 3, 33.3, -64.9},
        .width = 97,
        .depth = 41,
        .detector = 75,
        .axis_offset = -3.37,
        .shifts = {0, 1.5, -2.25, 0.3, -7.1}}},
      {"narrow detector", {.tilts_deg = every(-60, 60, 7), .width = 50, .depth = 80, .detector = 21}},
      {"far off the detector",
       {.tilts_deg = {0, 40}, .width = 20, .depth = 20, .detector = 16, .axis_offset = 25}},
      {"one voxel", {.tilts_deg = {0, 30, 45, 90}, .width = 1, .depth = 1, .detector = 1}},
      {"one bin", {.tilts_deg = {10}, .width = 17, .depth = 5, .detector = 1}},
      {"many tilts", {.tilts_deg = every(-85, 85, 2.5), .width = 24, .depth = 24, .detector = 30}},
  };
}

inline std::vector<double> random_values(std::size_t n, std::uint64_t seed, double low = -1,
                                         double high = 1) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = low + (high - low) * tomoedx::random_stream(seed, i).uniform();
  return v;
}

inline double relative_l2(std::vector<double> const& a, std::vector<double> const& reference) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - reference[i]) * (a[i] - reference[i]);
    norm += reference[i] * reference[i];
  }
  return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-13;

template <class Footprint>
constexpr tomoedx::reference::weight reference_weight =
    std::is_same_v<Footprint, tomoedx::strip>    ? tomoedx::reference::weight::strip
    : std::is_same_v<Footprint, tomoedx::siddon> ? tomoedx::reference::weight::siddon
                                                 : tomoedx::reference::weight::joseph;

/// Apply an operator on blocked views to plain host arrays of doubles (line, y, column).
template <class Op>
std::vector<double> forward(Op const& op, std::vector<double> const& volume, std::size_t slices) {
  using T = typename Op::value_type;
  auto const& g = op.geometry();
  typename Op::domain_view x("x", op.domain_layout());
  typename Op::range_view y("y", op.range_layout());
  std::vector<T> in(volume.begin(), volume.end()), out(g.rays() * slices);
  auto const plain = tomoedx::upload(op.space(), tomoedx::borrow(in.data(), g.depth, slices, g.width));
  auto const stack = tomoedx::zeros<T>(op.space(), tomoedx::extents<3>{g.tilts(), slices, g.detector});
  tomoedx::pack(op.space(), plain, x);
  op.forward(x, y);
  tomoedx::unpack(op.space(), y, stack);
  tomoedx::download(op.space(), stack, tomoedx::borrow(out.data(), g.tilts(), slices, g.detector));
  return {out.begin(), out.end()};
}

template <class Op>
std::vector<double> adjoint(Op const& op, std::vector<double> const& stack, std::size_t slices) {
  using T = typename Op::value_type;
  auto const& g = op.geometry();
  typename Op::domain_view x("x", op.domain_layout());
  typename Op::range_view y("y", op.range_layout());
  std::vector<T> in(stack.begin(), stack.end()), out(g.voxels() * slices);
  auto const plain = tomoedx::upload(op.space(), tomoedx::borrow(in.data(), g.tilts(), slices, g.detector));
  auto const volume = tomoedx::zeros<T>(op.space(), tomoedx::extents<3>{g.depth, slices, g.width});
  tomoedx::pack(op.space(), plain, y);
  op.adjoint(y, x);
  tomoedx::unpack(op.space(), x, volume);
  tomoedx::download(op.space(), volume, tomoedx::borrow(out.data(), g.depth, slices, g.width));
  return {out.begin(), out.end()};
}

}  // namespace cases

#endif
