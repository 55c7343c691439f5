// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_PHANTOMS_HPP
#define TOMOEDX_SIMULATE_PHANTOMS_HPP

#include <tomoedx/simulate/core_shell.hpp>
#include <tomoedx/simulate/square_in_cube.hpp>

#include <array>
#include <span>

namespace tomoedx::simulate {

/// A phantom that can be asked for by name.
struct phantom_kind {
  std::string_view name;
  std::string_view description;
};

inline constexpr std::array<phantom_kind, 3> known_phantoms{{
    {"square-in-cube", "Zhong 2017: an Au square, rotated, inside an Ag cube; all slices alike (512 pixels)"},
    {"cube-in-cube", "the same as a particle: an Au cube, rotated about y, inside an Ag cube"},
    {"core-shell", "Yuan 2020: a sphere, core 80 wt% Au and 20 Ag, shell 20 and 80 (97 voxels of 1.5 nm)"},
}};

/// The phantoms make_phantom knows, for the help text of a program.
inline std::span<phantom_kind const> phantom_kinds() {
  return known_phantoms;
}

/// How large a phantom is wanted.
struct phantom_request {
  std::size_t size = 0;         ///< volume edge in x and z; 0 for that of the paper
  std::size_t slices = 1;       ///< volume edge in y
  std::size_t supersample = 1;  ///< samples along each voxel edge
};

/// Make a phantom by its name.
///
/// throws   value_error for an unknown name (the text lists those known) or a size out of range
inline phantom make_phantom(std::string_view kind, phantom_request const& request = {}) {
  auto const size_or = [&](std::size_t usual) { return request.size == 0 ? usual : request.size; };
  if (kind == "square-in-cube" || kind == "cube-in-cube")
    return square_in_cube({.size = size_or(512),
                           .slices = request.slices,
                           .supersample = request.supersample,
                           .extent = kind == "cube-in-cube" ? along_y::particle : along_y::prism});
  if (kind == "core-shell")
    return core_shell({.size = size_or(97), .slices = request.slices, .supersample = request.supersample});
  std::string names;
  for (auto const& known : known_phantoms) names.append(names.empty() ? "" : ", ").append(known.name);
  fail<value_error>("make_phantom: there is no phantom \"{}\"; known are {}", kind, names);
}

}  // namespace tomoedx::simulate

#endif
