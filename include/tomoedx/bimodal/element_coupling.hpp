// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_ELEMENT_COUPLING_HPP
#define TOMOEDX_BIMODAL_ELEMENT_COUPLING_HPP

#include <tomoedx/regularizers/total_nuclear_variation.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/regularizers/vectorial_tv.hpp>

#include <variant>

namespace tomoedx {

/// How the edges of the elements know of each other.
enum class coupling {
  tnv,           ///< total nuclear variation: edges share place and direction
  vectorial_tv,  ///< vectorial TV: edges share their place
  tv             ///< total variation of each element by itself
};

inline char const* name_of(coupling c) {
  return c == coupling::tnv ? "tnv" : c == coupling::vectorial_tv ? "vectorial-tv" : "tv";
}

/// A regularizer of element volumes whose kind is chosen when the program runs. Models `regularizer`.
template <real T, tomoedx::execution_space Space>
class element_coupling {
 public:
  using execution_space = Space;
  using value_type = T;
  using flat = flat_on<T, Space>;

  /// throws   tomoedx::shape_error, tomoedx::value_error as the regularizers do
  element_coupling(Space const& space, coupling kind, grid const& at, variation_options const& options)
      : chosen_(choose(space, kind, at, options)) {}

  std::size_t size() const {
    return std::visit([](auto const& r) { return r.size(); }, chosen_);
  }
  std::size_t dual_size() const {
    return std::visit([](auto const& r) { return r.dual_size(); }, chosen_);
  }
  double squared_norm() const {
    return std::visit([](auto const& r) { return r.squared_norm(); }, chosen_);
  }
  double column_sum() const {
    return std::visit([](auto const& r) { return r.column_sum(); }, chosen_);
  }
  double row_sum() const {
    return std::visit([](auto const& r) { return r.row_sum(); }, chosen_);
  }
  void value(flat const& x, number_on<Space> const& f) const {
    std::visit([&](auto const& r) { r.value(x, f); }, chosen_);
  }
  void dual_step(flat const& p, flat const& x, T sigma) const {
    std::visit([&](auto const& r) { r.dual_step(p, x, sigma); }, chosen_);
  }
  void add_adjoint(flat const& p, flat const& g) const {
    std::visit([&](auto const& r) { r.add_adjoint(p, g); }, chosen_);
  }

 private:
  using nuclear = total_nuclear_variation<T, Space>;
  using vectorial = vectorial_tv<T, Space>;
  using separate = total_variation<T, Space>;
  using any = std::variant<nuclear, vectorial, separate>;

  static any choose(Space const& space, coupling kind, grid const& at, variation_options const& o) {
    if (kind == coupling::tnv) return nuclear(space, at, o);
    if (kind == coupling::vectorial_tv) return vectorial(space, at, o);
    return separate(space, at, o);
  }

  any chosen_;
};

}  // namespace tomoedx

#endif
