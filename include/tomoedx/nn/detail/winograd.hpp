// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_WINOGRAD_HPP
#define TOMOEDX_NN_DETAIL_WINOGRAD_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/lanes.hpp>
#include <tomoedx/nn/detail/toom_cook.hpp>

#include <cstddef>
#include <utility>

/// The transforms of a tile, for one vector of channels at once: B' d B of the input, A' m A of the products. Opposite
/// points share their even and odd halves, which saves a third of the work.
namespace tomoedx::nn::detail {

/// sum = factor * v for the first term of a sum, sum += factor * v for the others.
template <class T, class Vec>
[[gnu::always_inline]] inline void add_scaled(bool first, Vec& sum, T factor, Vec const& v) {
  if (factor == T(0)) return;
  if (first)
    sum = factor == T(1) ? v : factor * v;
  else if (factor == T(1))
    sum += v;
  else if (factor == T(-1))
    sum -= v;
  else
    sum += factor * v;
}

/// The first of columns J... that is not zero in row `Row` of B'.
template <class Tables, int Row, int... J>
constexpr int first_entry(std::integer_sequence<int, J...>) {
  int first = Tables::points;
  ((first = Tables::input[Row][J] != 0 && J < first ? J : first), ...);
  return first;
}

/// sum = the entries of row `Row` of B' at J... times in[J * Step].
template <class Tables, int Row, class T, int Step, class Vec, int... J>
[[gnu::always_inline]] inline void add_row(Vec& sum, Vec const* in,
                                           std::integer_sequence<int, J...> columns) {
  constexpr int first = first_entry<Tables, Row>(columns);
  (add_scaled(J == first, sum, static_cast<T>(Tables::input[Row][J]), in[J * Step]), ...);
}
template <int Points, int First, int... J>
constexpr auto every_second(std::integer_sequence<int, J...>) {
  return std::integer_sequence<int, (2 * J + First)...>{};
}
/// 0, 2, 4 (First = 0) or 1, 3, 5 (First = 1).
template <int Points, int First>
using half_of = decltype(every_second<Points, First>(std::make_integer_sequence<int, Points / 2>{}));

template <class Tables, int Pair, class T, int In, int Out, class Vec>
[[gnu::always_inline]] inline void transform_pair(Vec const* in, Vec* out) {
  constexpr int row = 2 * Pair + 1;
  Vec even, odd;
  add_row<Tables, row, T, In>(even, in, half_of<Tables::points, 0>{});
  add_row<Tables, row, T, In>(odd, in, half_of<Tables::points, 1>{});
  out[row * Out] = even + odd;
  out[(row + 1) * Out] = even - odd;
}

/// out[j * Out] = sum over l of B'[j][l] in[l * In].
template <class Tables, class T, int In, int Out, class Vec, int... Pair>
[[gnu::always_inline]] inline void transform_input(Vec const* in, Vec* out,
                                                   std::integer_sequence<int, Pair...>) {
  constexpr int last = Tables::points - 1;
  Vec first, end;
  add_row<Tables, 0, T, In>(first, in, half_of<Tables::points, 0>{});
  add_row<Tables, last, T, In>(end, in, half_of<Tables::points, 1>{});
  out[0] = first;
  out[last * Out] = end;
  (transform_pair<Tables, Pair, T, In, Out>(in, out), ...);
}

template <class Tables, int Row, class T, int In, int Out, class Vec, int... Pair>
[[gnu::always_inline]] inline void output_row(Vec const* in, Vec const* sums, Vec const* differences,
                                              Vec* out, std::integer_sequence<int, Pair...>) {
  constexpr bool begun = Row == 0 || Row == Tables::outputs - 1;
  Vec value;
  if constexpr (Row == 0) value = in[0];
  if constexpr (Row == Tables::outputs - 1) value = in[(Tables::points - 1) * In];
  Vec const* const halves = Row % 2 == 0 ? sums : differences;
  (add_scaled(!begun && Pair == 0, value, static_cast<T>(Tables::output[Row][2 * Pair + 1]), halves[Pair]),
   ...);
  out[Row * Out] = value;
}

/// out[i * Out] = sum over j of A'[i][j] in[j * In].
template <class Tables, class T, int In, int Out, class Vec, int... Row>
[[gnu::always_inline]] inline void transform_output(Vec const* in, Vec* out,
                                                    std::integer_sequence<int, Row...>) {
  Vec sums[Tables::pairs], differences[Tables::pairs];
  TOMOEDX_UNROLL
  for (int p = 0; p < Tables::pairs; ++p) {
    sums[p] = in[(2 * p + 1) * In] + in[(2 * p + 2) * In];
    differences[p] = in[(2 * p + 1) * In] - in[(2 * p + 2) * In];
  }
  (output_row<Tables, Row, T, In, Out>(in, sums, differences, out,
                                       std::make_integer_sequence<int, Tables::pairs>{}),
   ...);
}

/// B' d B of a tile in place of `d`, rows first.
template <class Tables, class T, class Vec>
[[gnu::always_inline]] inline void transform_input_tile(Vec* d) {
  constexpr int n = Tables::points;
  constexpr std::make_integer_sequence<int, Tables::pairs> pairs{};
  Vec line[n];
  TOMOEDX_UNROLL
  for (int j = 0; j < n; ++j) {
    transform_input<Tables, T, n, 1>(d + j, line, pairs);
    TOMOEDX_UNROLL
    for (int i = 0; i < n; ++i) d[i * n + j] = line[i];
  }
  TOMOEDX_UNROLL
  for (int i = 0; i < n; ++i) {
    transform_input<Tables, T, 1, 1>(d + i * n, line, pairs);
    TOMOEDX_UNROLL
    for (int j = 0; j < n; ++j) d[i * n + j] = line[j];
  }
}

/// A' m A of a tile: `out` has outputs x outputs values.
template <class Tables, class T, class Vec>
[[gnu::always_inline]] inline void transform_output_tile(Vec const* m, Vec* out) {
  constexpr int n = Tables::points, k = Tables::outputs;
  constexpr std::make_integer_sequence<int, k> rows{};
  Vec half[k * n];
  TOMOEDX_UNROLL
  for (int j = 0; j < n; ++j) transform_output<Tables, T, n, n>(m + j, half + j, rows);
  TOMOEDX_UNROLL
  for (int i = 0; i < k; ++i) transform_output<Tables, T, 1, 1>(half + i * n, out + i * k, rows);
}

/// G g G' of a 3 x 3 filter, in double.
template <class Tables>
void transform_filter(double const* g, double* out) {
  double half[Tables::points][3];
  for (int i = 0; i < Tables::points; ++i)
    for (int l = 0; l < 3; ++l)
      half[i][l] =
          Tables::filter[i][0] * g[l] + Tables::filter[i][1] * g[3 + l] + Tables::filter[i][2] * g[6 + l];
  for (int i = 0; i < Tables::points; ++i)
    for (int j = 0; j < Tables::points; ++j)
      out[i * Tables::points + j] = half[i][0] * Tables::filter[j][0] + half[i][1] * Tables::filter[j][1] +
                                    half[i][2] * Tables::filter[j][2];
}

}  // namespace tomoedx::nn::detail

#endif
