// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_PART_HPP
#define TOMOEDX_IO_DETAIL_HDF5_PART_HPP
// IWYU pragma: private, include "tomoedx/io/part_reader.hpp"

#include <tomoedx/io/detail/hdf5_read.hpp>
#include <tomoedx/io/part.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

namespace tomoedx::io::detail {

/// Read a part of a dataset of rank 3 in the memory type given.
inline void read_hyperslab(hdf5_dataset const& d, hid_t memory, part const& p, void* to) {
  std::array<hsize_t, 3> const start{p.first_line, p.first_row, 0}, extent{p.lines, p.rows, d.what.shape[2]};
  handle const from(H5Dget_space(d.dataset), H5Sclose);
  handle const space(H5Screate_simple(3, extent.data(), nullptr), H5Sclose);
  bool const good =
      from && space &&
      H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) >= 0 &&
      H5Dread(d.dataset, memory, space, from, H5P_DEFAULT, to) >= 0;
  expects<file_error>(good, "{}: HDF5 cannot read it: {}", d.name, hdf5_reason());
}

/// Read a part of a dataset: straight into `to` when the types agree, else line by line, converted as read_dataset does.
template <scalar T>
void read_hdf5_part(hdf5_dataset const& d, part const& p, T* to) {
  if (p.lines == 0 || p.rows == 0 || d.what.shape[2] == 0) return;
  scalar_type const stored = d.what.type == scalar_type::f16 ? scalar_type::f32 : d.what.type;
  if (stored == scalar_type_of<T>()) return read_hyperslab(d, native<T>(), p, to);
  std::size_t const line = p.rows * d.what.shape[2];
  std::size_t const step = std::clamp<std::size_t>(hdf5_piece / size_of(stored) / line, 1, p.lines);
  with_type(stored, [&]<class From>() {
    if constexpr (!std::same_as<From, half>) {
      std::vector<From> buffer(step * line);
      for (std::size_t done = 0; done < p.lines; done += step) {
        std::size_t const now = std::min(step, p.lines - done);
        std::size_t const at = ((p.first_line + done) * d.what.shape[1] + p.first_row) * d.what.shape[2];
        read_hyperslab(d, native<From>(), {p.first_line + done, now, p.first_row, p.rows}, buffer.data());
        convert<From>(reinterpret_cast<unsigned char const*>(buffer.data()), now * line, to + done * line,
                      d.name, at, scalar_type_of<T>());
      }
    }
  });
}

}  // namespace tomoedx::io::detail

#endif
