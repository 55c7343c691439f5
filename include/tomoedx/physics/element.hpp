// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_PHYSICS_ELEMENT_HPP
#define TOMOEDX_PHYSICS_ELEMENT_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/physics/detail/element_table.hpp>

#include <compare>
#include <string_view>

namespace tomoedx::physics {

/// A chemical element this library has data of: lithium (3) to californium (98).
///
/// units    weight in g/mol
/// throws   value_error for hydrogen, helium and beyond californium
/// source   abridged standard atomic weights, IUPAC 2021
class element {
 public:
  explicit element(int z) : z_(z) {
    expects<value_error>(z >= detail::first_z && z <= detail::last_z,
                         "element: Z = {} is outside {} to {}; H and He emit no X-ray line and have no data",
                         z, detail::first_z, detail::last_z);
  }

  int z() const { return z_; }
  std::string_view symbol() const { return row().symbol; }
  std::string_view name() const { return row().name; }
  double weight() const { return row().weight; }

  friend auto operator<=>(element const&, element const&) = default;

 private:
  detail::element_row const& row() const { return detail::element_rows[z_ - detail::first_z]; }

  int z_;
};

/// The element of a symbol, "Fe", written the usual way.
///
/// throws   value_error for anything else
inline element element_named(std::string_view symbol) {
  for (int z = detail::first_z; z <= detail::last_z; ++z)
    if (symbol == detail::element_rows[z - detail::first_z].symbol) return element(z);
  expects<value_error>(symbol != "H" && symbol != "He",
                       "element_named: {} emits no X-ray line and has no data; name Li to Cf", symbol);
  fail<value_error>("element_named: '{}' is no symbol of an element from Li to Cf; write it like Fe", symbol);
}

}  // namespace tomoedx::physics

#endif
