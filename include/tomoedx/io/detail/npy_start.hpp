// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_NPY_START_HPP
#define TOMOEDX_IO_DETAIL_NPY_START_HPP
// IWYU pragma: private, include "tomoedx/io/npy.hpp"

#include <tomoedx/io/array.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstddef>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// The bytes before the values of an .npy file: version 1, C order, this machine's byte order.
template <scalar T>
std::string npy_start(std::vector<std::size_t> const& shape) {
  char const order = sizeof(T) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  char const kind = std::floating_point<T> ? 'f' : std::unsigned_integral<T> ? 'u' : 'i';
  std::string header = fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': ({}{}), }}", order,
                                   kind, sizeof(T), fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  header.append(63 - (10 + header.size()) % 64, ' ');
  header.push_back('\n');
  std::string start = "\x93NUMPY";
  for (std::size_t const byte : {std::size_t(1), std::size_t(0), header.size() % 256, header.size() / 256})
    start.push_back(static_cast<char>(byte));
  return start + header;
}

}  // namespace tomoedx::io::detail

#endif
