// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_RAW_PART_HPP
#define TOMOEDX_IO_DETAIL_RAW_PART_HPP
// IWYU pragma: private, include "tomoedx/io/part_reader.hpp"

#include <tomoedx/io/detail/values.hpp>
#include <tomoedx/io/part.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tomoedx::io::detail {

/// Which index of (line, row, column) each index of the file is, slowest of the file first.
inline std::array<std::size_t, 3> order_in_file(layout const& how, shape3 const& whole) {
  std::array<std::size_t, 3> const steps{whole[1] * whole[2], whole[2], 1};
  std::array<std::size_t, 3> order{};
  std::array<bool, 3> taken{};
  for (std::size_t d = 0; d < 3; ++d)
    for (std::size_t a = 0; a < 3; ++a)
      if (!taken[a] && how.steps[d] == steps[a] && how.extents[d] == whole[a]) {
        taken[a] = true;
        order[d] = a;
        break;
      }
  return order;
}

/// Read a part of an array whose values begin at byte `begin`; `to` is (line, row, column), row-major.
template <scalar T>
void read_raw_part(input& in, std::uint64_t begin, layout const& how, shape3 const& whole, part const& p,
                   T* to) {
  auto const order = order_in_file(how, whole);
  std::array<std::size_t, 3> const from{p.first_line, p.first_row, 0}, extent{p.lines, p.rows, whole[2]},
      steps{p.rows * whole[2], whole[2], 1};
  std::array<std::size_t, 3> first{}, n{}, step{};
  for (std::size_t d = 0; d < 3; ++d)
    first[d] = from[order[d]], n[d] = extent[order[d]], step[d] = steps[order[d]];
  if (count_of(p, whole) == 0) return;

  bool const direct = order == std::array<std::size_t, 3>{0, 1, 2};
  std::size_t inner = 2, run = n[2];  // indices [inner, 3) are read in one go
  while (inner > 0 && n[inner] == how.extents[inner] && (direct || run * n[inner - 1] <= piece)) {
    --inner;
    run *= n[inner];
  }
  std::vector<T> buffer(direct ? 0 : run);
  std::size_t const outer0 = inner > 0 ? n[0] : 1, outer1 = inner > 1 ? n[1] : 1;
  for (std::size_t i = 0; i < outer0; ++i)
    for (std::size_t j = 0; j < outer1; ++j) {
      std::size_t const at = ((first[0] + i) * how.extents[1] + first[1] + j) * how.extents[2] + first[2];
      T* const target = to + i * step[0] + j * step[1];
      in.seek(begin + at * size_of(how.type));
      read_run(in, how, run, direct ? target : buffer.data(), at);
      if (direct) continue;
      T const* value = buffer.data();
      for (std::size_t a = 0; a < (inner == 0 ? n[0] : 1); ++a)
        for (std::size_t b = 0; b < (inner <= 1 ? n[1] : 1); ++b)
          for (std::size_t c = 0; c < n[2]; ++c) target[a * step[0] + b * step[1] + c * step[2]] = *value++;
    }
}

}  // namespace tomoedx::io::detail

#endif
