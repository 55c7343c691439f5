// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SOLVERS_PLAIN_HPP
#define TOMOEDX_TESTS_SOLVERS_PLAIN_HPP

#include <tomoedx/reference/projector.hpp>

#include <Kokkos_Core.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

// Dense matrices in plain loops, and the way between them and the operands of operators.
namespace plain {

using vector = std::vector<double>;

struct matrix {
  std::size_t rows = 0, columns = 0;
  vector a;

  matrix(std::size_t r, std::size_t c) : rows(r), columns(c), a(r * c) {}
  double& operator()(std::size_t i, std::size_t j) { return a[i * columns + j]; }
  double operator()(std::size_t i, std::size_t j) const { return a[i * columns + j]; }
  vector times(vector const& x) const {
    vector y(rows);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) y[i] += (*this)(i, j) * x[j];
    return y;
  }
  vector transposed_times(vector const& y) const {
    vector x(columns);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) x[j] += (*this)(i, j) * y[i];
    return x;
  }
};

/// The weights of a slice.
inline matrix weights(tomoedx::parallel_beam const& g, tomoedx::reference::weight kind) {
  matrix w(g.rays(), g.voxels());
  tomoedx::reference::for_each_weight(
      g, kind, [&](std::size_t ray, std::size_t voxel, double value) { w(ray, voxel) += value; });
  return w;
}

/// An operand of `lanes` lanes holds value i of slice y at ((y / lanes) size + i) lanes + y % lanes.
template <class View>
void put(View const& to, std::size_t lanes, std::vector<vector> const& slices) {
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), to);
  for (std::size_t y = 0; y < slices.size(); ++y)
    for (std::size_t i = 0; i < slices[y].size(); ++i)
      host.data()[(y / lanes * slices[y].size() + i) * lanes + y % lanes] =
          static_cast<typename View::value_type>(slices[y][i]);
  Kokkos::deep_copy(to, host);
}

template <class View>
std::vector<vector> get(View const& from, std::size_t lanes, std::size_t slices) {
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), from);
  std::size_t const blocks = (slices + lanes - 1) / lanes, size = host.size() / (blocks * lanes);
  std::vector<vector> values(slices, vector(size));
  for (std::size_t y = 0; y < slices; ++y)
    for (std::size_t i = 0; i < size; ++i)
      values[y][i] = static_cast<double>(host.data()[(y / lanes * size + i) * lanes + y % lanes]);
  return values;
}

template <class View>
vector flat(View const& from) {
  auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), from);
  return vector(host.data(), host.data() + host.size());
}

inline double dot(vector const& a, vector const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace plain

#endif
