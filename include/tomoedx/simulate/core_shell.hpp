// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SIMULATE_CORE_SHELL_HPP
#define TOMOEDX_SIMULATE_CORE_SHELL_HPP

#include <tomoedx/simulate/phantom.hpp>

#include <cmath>

namespace tomoedx::simulate {

/// What the values of a core-shell phantom are.
enum class composition {
  weight_fraction,  ///< mass of the element by mass of all elements, as the paper draws it
  mass_density      ///< mass of the element by volume, g/cm^3: what projects linearly
};

/// The size and the parts of the core-shell particle.
///
/// The paper gives field and compositions, but not the two radii: those below are ours.
struct core_shell_options {
  std::size_t size = 97;        ///< volume edge in x and z; 97 in the paper
  std::size_t slices = 1;       ///< volume edge in y, around the centre; `size` for the whole sphere
  std::size_t supersample = 1;  ///< samples along each voxel edge; 1 leaves the phantom sharp
  composition values = composition::weight_fraction;
  double field_nm = 145.5;      ///< width of the volume: 97 positions of 1.5 nm
  double outer_radius_nm = 60;  ///< of the shell
  double core_radius_nm = 36;   ///< of the core
  double gold_in_core = 0.8;    ///< weight fraction of Au, the rest is Ag
  double gold_in_shell = 0.2;   ///< weight fraction of Au, the rest is Ag
};

namespace detail {

/// The part of a voxel within `radius` of the centre, by samples on a regular grid.
class ball {
 public:
  ball(double radius, std::size_t size, std::size_t slices, std::size_t supersample)
      : radius_(radius), size_(size), slices_(slices), supersample_(supersample) {}

  double coverage(std::size_t z, std::size_t y, std::size_t x) const {
    double const distance = std::hypot(sample_position(z, 0, size_, 1), sample_position(y, 0, slices_, 1),
                                       sample_position(x, 0, size_, 1));
    if (supersample_ == 1 || std::abs(distance - radius_) > half_diagonal) return distance <= radius_ ? 1 : 0;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < supersample_; ++i)
      for (std::size_t j = 0; j < supersample_; ++j)
        for (std::size_t k = 0; k < supersample_; ++k)
          inside += std::hypot(sample_position(z, i, size_, supersample_),
                               sample_position(y, j, slices_, supersample_),
                               sample_position(x, k, size_, supersample_)) <= radius_;
    return static_cast<double>(inside) / static_cast<double>(supersample_ * supersample_ * supersample_);
  }

 private:
  static constexpr double half_diagonal = 0.8660254037844387;
  double radius_;
  std::size_t size_, slices_, supersample_;
};

/// Density of an Au-Ag mixture whose volumes add up, g/cm^3.
inline double gold_silver_density(double gold) {
  return 1 / (gold / 19.3 + (1 - gold) / 10.49);
}

}  // namespace detail

/// A sphere of Au-Ag with a core rich in Au and a shell rich in Ag: elements "Au" and "Ag".
///
/// The masks hold the particle's voxels in which the element is the greater part by weight: the core for Au,
/// the shell for Ag.
/// throws   value_error for a size or option out of range
/// source   Yuan et al. 2020, section 3.1.1
inline phantom core_shell(core_shell_options const& options = {}) {
  auto const& o = options;
  detail::check_phantom("core_shell", o.size, o.slices, o.supersample);
  expects<value_error>(o.field_nm > 0 && std::isfinite(o.field_nm),
                       "core_shell: a field of {} nm, it must be positive", o.field_nm);
  expects<value_error>(
      o.core_radius_nm > 0 && o.core_radius_nm <= o.outer_radius_nm && 2 * o.outer_radius_nm <= o.field_nm,
      "core_shell: radii of {} nm (core) and {} nm (shell) in a field of {} nm; the core lies in "
      "the shell and the shell in the field",
      o.core_radius_nm, o.outer_radius_nm, o.field_nm);
  for (double const gold : {o.gold_in_core, o.gold_in_shell})
    expects<value_error>(gold >= 0 && gold <= 1, "core_shell: a weight fraction of {}, give 0 to 1", gold);
  phantom result;
  result.voxel_nm = o.field_nm / static_cast<double>(o.size);
  result.elements.push_back(detail::blank_element("Au", o.size, o.slices));
  result.elements.push_back(detail::blank_element("Ag", o.size, o.slices));
  detail::ball const outer(o.outer_radius_nm / result.voxel_nm, o.size, o.slices, o.supersample);
  detail::ball const inner(o.core_radius_nm / result.voxel_nm, o.size, o.slices, o.supersample);
  bool const densities = o.values == composition::mass_density;
  double const core_density = densities ? detail::gold_silver_density(o.gold_in_core) : 1;
  double const shell_density = densities ? detail::gold_silver_density(o.gold_in_shell) : 1;
  for (std::size_t z = 0; z < o.size; ++z)
    for (std::size_t y = 0; y < o.slices; ++y)
      for (std::size_t x = 0; x < o.size; ++x) {
        std::size_t const i = (z * o.slices + y) * o.size + x;
        double const in_core = inner.coverage(z, y, x), in_shell = outer.coverage(z, y, x) - in_core;
        double const core = core_density * in_core, shell = shell_density * in_shell;
        double const gold = core * o.gold_in_core + shell * o.gold_in_shell;
        double const silver = core * (1 - o.gold_in_core) + shell * (1 - o.gold_in_shell);
        bool const particle = in_core + in_shell >= 0.5;
        result.elements[0].values[i] = static_cast<float>(gold);
        result.elements[1].values[i] = static_cast<float>(silver);
        result.elements[0].mask[i] = particle && gold > silver;
        result.elements[1].mask[i] = particle && silver > gold;
      }
  return result;
}

}  // namespace tomoedx::simulate

#endif
