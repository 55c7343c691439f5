// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_READ_HPP
#define TOMOEDX_IO_DETAIL_HDF5_READ_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/hdf5_open.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <vector>

namespace tomoedx::io::detail {

/// Bytes of an HDF5 dataset converted at a time; more where one layer of chunks is larger.
inline constexpr std::size_t hdf5_piece = std::size_t(1) << 23;

/// Read `count` layers along index `along` from `first`.
inline void read_layers(hdf5_dataset const& d, hid_t memory, std::size_t along, std::size_t first,
                        std::size_t count, void* to) {
  std::vector<hsize_t> start(d.what.shape.size(), 0), extent(d.what.shape.begin(), d.what.shape.end());
  handle const from(H5Dget_space(d.dataset), H5Sclose);
  herr_t good = 0;
  if (!start.empty()) {
    start[along] = first;
    extent[along] = count;
    good = H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
  }
  handle const space(
      start.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(int(extent.size()), extent.data(), nullptr),
      H5Sclose);
  good = good < 0 ? good : H5Dread(d.dataset, memory, space, from, H5P_DEFAULT, to);
  expects<file_error>(good >= 0, "{}: HDF5 cannot read it: {}", d.name, hdf5_reason());
}

/// Read all of a dataset: straight into `to` when the types agree, else in pieces that we convert ourselves.
/// HDF5's own conversion clips what does not fit, and its report of that is wrong from big-endian floats
/// to integers (1.10).
template <scalar T>
void read_dataset(hdf5_dataset const& d, T* to) {
  scalar_type const stored =
      d.what.type == scalar_type::f16 ? scalar_type::f32 : d.what.type;  // widened exactly
  std::vector<std::size_t> const& shape = d.what.shape;
  std::size_t const count = count_of(shape).value();
  if (count == 0) return;
  std::size_t along = 0;
  while (along + 1 < shape.size() && shape[along] == 1) ++along;
  std::size_t const layers = shape.empty() ? 1 : shape[along];
  if (stored == scalar_type_of<T>()) return read_layers(d, native<T>(), along, 0, layers, to);

  std::size_t step = std::max<std::size_t>(hdf5_piece / size_of(stored) / (count / layers), 1);
  handle const plan(H5Dget_create_plist(d.dataset), H5Pclose);
  if (H5Pget_layout(plan) == H5D_CHUNKED) {  // unpack no chunk twice
    std::vector<hsize_t> chunk(shape.size());
    H5Pget_chunk(plan, int(chunk.size()), chunk.data());
    step = (step + chunk[along] - 1) / chunk[along] * chunk[along];
  }
  step = std::min(step, layers);
  with_type(stored, [&]<class From>() {
    if constexpr (!std::same_as<From, half>) {
      std::vector<From> buffer(step * (count / layers));
      for (std::size_t first = 0; first < layers; first += step) {
        std::size_t const now = std::min(step, layers - first);
        std::size_t const at = first * (count / layers);
        read_layers(d, native<From>(), along, first, now, buffer.data());
        convert<From>(reinterpret_cast<unsigned char const*>(buffer.data()), now * (count / layers), to + at,
                      d.name, at, scalar_type_of<T>());
      }
    }
  });
}

}  // namespace tomoedx::io::detail

#endif
