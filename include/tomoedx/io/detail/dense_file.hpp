// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_DENSE_FILE_HPP
#define TOMOEDX_IO_DETAIL_DENSE_FILE_HPP
// IWYU pragma: private, include "tomoedx/io/spectrum_file.hpp"

#include <tomoedx/io/detail/dense_counts.hpp>
#include <tomoedx/io/npy.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace tomoedx::io::detail {

/// What an .npy file of counts (y, x, channel) or (image, y, x, channel) holds, its energies from the caller.
///
/// throws   file_error: another shape or order; value_error: no energies
inline spectrum_info dense_info(info const& what, std::optional<energy_axis> const& energy,
                                std::string const& name) {
  std::size_t const rank = what.shape.size();
  expects<file_error>(rank == 3 || rank == 4,
                      "{}: the shape {}; (y, x, channel) or (image, y, x, channel) is wanted of spectra",
                      name, text_of(what.shape));
  expects<file_error>(what.order == index_order::c, "{}: is in Fortran order; save it in C order", name);
  expects<value_error>(energy.has_value(), "{}: .npy files do not say their energies; give them", name);
  spectrum_info s;
  s.format = "npy";
  s.images = rank == 4 ? what.shape[0] : 1;
  s.rows = what.shape[rank - 3];
  s.columns = what.shape[rank - 2];
  s.energy = {energy->first_kev, energy->width_kev, what.shape[rank - 1]};
  check_image(s, name);
  validate(s.energy, name.c_str());
  return s;
}

inline spectrum_info inspect_dense(std::filesystem::path const& path,
                                   std::optional<energy_axis> const& energy) {
  return dense_info(inspect_npy(path), energy, path.string());
}

/// Read the image at `index` of such a file.
inline spectrum_image read_dense(std::filesystem::path const& path, std::size_t index,
                                 std::optional<energy_axis> const& energy) {
  input in(path);
  info const what = open_npy(in);
  spectrum_info const known = dense_info(what, energy, in.name());
  expects<file_error>(index < known.images, "{}: image {} is wanted, there are {}", in.name(), index,
                      known.images);
  spectrum_image s{known.rows, known.columns, known.energy, {}, {}, {}, {}};
  std::size_t const line = s.columns * s.energy.channels;
  in.seek(in.position() + index * s.rows * line * size_of(what.type));
  auto const steps = [&](std::size_t) { return std::array<std::size_t, 3>{line, s.energy.channels, 1}; };
  with_type(what.type == scalar_type::f16 ? scalar_type::f32 : what.type, [&]<class From>() {
    if constexpr (!std::same_as<From, half>)
      read_events<From>(s, rows_in_piece(s, sizeof(From)), in.name(), steps,
                        [&](std::size_t, std::size_t rows, From* to) {
                          read_run(in, {what.type, what.bytes, {}, {}}, rows * line, to, 0);
                        });
  });
  return s;
}

}  // namespace tomoedx::io::detail

#endif
