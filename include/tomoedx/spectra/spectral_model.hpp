// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_SPECTRAL_MODEL_HPP
#define TOMOEDX_SPECTRA_SPECTRAL_MODEL_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/spectra/bremsstrahlung.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/line_families.hpp>
#include <tomoedx/spectra/line_shape.hpp>
#include <tomoedx/spectra/resolution.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// What a spectrum is made of, besides the lines that are asked for.
struct model_options {
  kiloelectronvolt beam{200};
  detector_resolution resolution = {};
  efficiency_curve efficiency = {};  ///< of the detector; none: 1 at every energy
  double from_kev = 0.2;             ///< above the zero peak and the threshold of the electronics
  double to_kev = std::numeric_limits<double>::infinity();
  std::vector<std::string> artefacts =
      {};                  ///< elements of the holder, the grid, the ion beam: fitted and left out
  bool companions = true;  ///< fit every family of an element that lies in the range
  peak_shape shape = {};
  std::size_t background_terms = 10;  ///< of the bremsstrahlung of a calibration; see bremsstrahlung()
};

enum class component_role {
  wanted,     ///< asked for
  companion,  ///< another family of an element that was asked for
  artefact    ///< an element that is fitted to be left out, all its families as one
};

/// A part of a spectrum with an amplitude of its own: counts of the main line it is named after.
struct model_component {
  std::string name;
  component_role role = component_role::wanted;
  std::vector<family_part> parts;
};

/// A spectrum as a sum of components and of backgrounds, each with an amplitude.
///
/// shapes   background (range.size(), term), each column of sum 1
struct spectral_model {
  energy_axis axis;
  channel_range range;  ///< the channels that are fitted
  model_options how;
  std::vector<model_component> components;  ///< those asked for first, in that order
  Eigen::MatrixXd background;
  double bend_ev =
      0;  ///< how much higher than the axis says lines near 1.7 keV are seen; 0 at 0.3 and 10 keV

  /// Where on the axis a line is seen: electronics are not quite linear, and charge is lost near the surface.
  double seen_kev(double kev) const {
    double const x = std::log(std::max(kev, 0.1) / 0.3) / std::log(10 / 0.3);
    return kev + 4 * x * (1 - x) * bend_ev / 1000;
  }
  std::size_t wanted() const {
    std::size_t n = 0;
    for (auto const& c : components) n += c.role == component_role::wanted;
    return n;
  }
  /// Components and backgrounds.
  std::size_t size() const { return components.size() + static_cast<std::size_t>(background.cols()); }
};

/// What one part of a component expects in each channel of the range where its component has amplitude 1.
inline Eigen::VectorXd part_spectrum(spectral_model const& m, family_part const& part) {
  Eigen::VectorXd s = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(m.range.size()));
  for (auto const& l : part.lines)
    add_line({s.data(), m.range.size()}, m.axis, m.range, m.how.resolution, m.seen_kev(l.energy_kev),
             part.ratio * l.weight, m.how.shape);
  return s;
}

/// The spectra of all components, then of the backgrounds.
///
/// shapes   (range.size(), size())
inline Eigen::MatrixXd spectra_of(spectral_model const& m) {
  Eigen::MatrixXd t =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(m.range.size()), static_cast<Eigen::Index>(m.size()));
  for (std::size_t j = 0; j < m.components.size(); ++j)
    for (auto const& p : m.components[j].parts) t.col(static_cast<Eigen::Index>(j)) += part_spectrum(m, p);
  t.rightCols(m.background.cols()) = m.background;
  return t;
}

namespace detail {

/// The families of an element that a model can hold.
inline std::string letters_in_range(physics::element e, energy_axis const& axis, channel_range range,
                                    kiloelectronvolt beam) {
  std::string found;
  for (char const letter : {'K', 'L', 'M'}) {
    double const main = main_energy_kev(e, letter, beam);
    if (main > 0 && axis.channel(main) >= static_cast<double>(range.begin) &&
        axis.channel(main) <= static_cast<double>(range.end) - 1)
      found += letter;
  }
  return found;
}

/// All families of an element as one component.
inline model_component artefact(physics::element e, std::string const& letters, model_options const& o) {
  model_component c{"", component_role::artefact, {}};
  double one = 0;
  for (char const letter : letters) {
    auto f = family_of(e, letter, o.beam, o.efficiency);
    auto const& main = physics::line(e, f.name.substr(f.name.find('_') + 1));
    double const barn = physics::production_barn(main, o.beam, physics::default_models()) *
                        (o.efficiency ? o.efficiency(kiloelectronvolt(main.energy_kev)) : 1.0);
    if (c.parts.empty()) {
      c.name = f.name;
      one = barn;
    }
    for (auto& p : f.parts) {
      for (auto& l : p.lines) l.weight *= barn / one;
      if (!c.parts.empty() && p.spread == 0) p.spread = 1;
      c.parts.push_back(std::move(p));
    }
  }
  return c;
}

/// Refuse components that one spectrum cannot tell apart.
inline void expect_distinct(spectral_model const& m) {
  auto const t = spectra_of(m);
  for (std::size_t i = 0; i < m.components.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      auto const a = t.col(static_cast<Eigen::Index>(i)), b = t.col(static_cast<Eigen::Index>(j));
      double const same = a.dot(b) / (a.norm() * b.norm());
      expects<value_error>(same < 0.995,
                           "make_model: {} and {} look alike to {:.2f} % here; name one of them",
                           m.components[j].name, m.components[i].name, 100 * same);
    }
}

}  // namespace detail

/// The model of a spectrum: lines named "Fe_Ka" or "Fe_K", or elements named "Fe", which stand for their first family
/// of K, L, M in the range.
///
/// shapes   components: the lines in the order given, then their companions, then artefacts
/// throws   value_error for names that do not exist or come twice, lines outside the range, components that look
///          alike, and options that mean nothing
inline spectral_model make_model(energy_axis const& axis, std::vector<std::string> const& lines,
                                 model_options options = {}) {
  validate(axis, "make_model");
  validate(options.resolution, "make_model");
  auto const& shape = options.shape;
  expects<value_error>(shape.tail >= 0 && shape.tail <= 0.5 && shape.tail_kev > 0.001 && shape.tail_kev < 10,
                       "make_model: a tail of share {} and decay {} keV; at most half, 0.001 to 10 keV",
                       shape.tail, shape.tail_kev);
  expects<value_error>(options.from_kev > 0 && options.to_kev > options.from_kev,
                       "make_model: fits from {} to {} keV; give increasing energies above 0",
                       options.from_kev, options.to_kev);
  expects<value_error>(!lines.empty(), "make_model: no lines; name at least one, like Fe_Ka");
  double const to = std::min(options.to_kev, options.beam.value);
  spectral_model m{axis, channels_between(axis, options.from_kev, to), std::move(options), {}, {}};
  expects<value_error>(m.range.size() >= 16, "make_model: {} channels between {} and {} keV; widen the range",
                       m.range.size(), m.how.from_kev, to);
  auto const letters = [&](physics::element e) {
    return detail::letters_in_range(e, m.axis, m.range, m.how.beam);
  };
  auto const add = [&](physics::element e, char letter, component_role role) {
    auto f = family_of(e, letter, m.how.beam, m.how.efficiency);
    for (auto const& c : m.components) {
      if (c.name == f.name && role == component_role::companion) return;
      expects<value_error>(c.name != f.name, "make_model: {} is named twice; name it once", f.name);
    }
    m.components.push_back({f.name, role, std::move(f.parts)});
  };
  std::vector<physics::element> elements;
  for (auto const& text : lines) {
    auto const name = family_named(text);
    auto const there = letters(name.of);
    double const from = m.axis.energy(static_cast<double>(m.range.begin)),
                 until = m.axis.energy(static_cast<double>(m.range.end) - 1);
    expects<value_error>(name.letter ? there.find(name.letter) != there.npos : !there.empty(),
                         "make_model: no main line of {} lies between {:.3f} and {:.3f} keV; leave it out",
                         text, from, until);
    add(name.of, name.letter ? name.letter : there.front(), component_role::wanted);
    elements.push_back(name.of);
  }
  if (m.how.companions)
    for (auto const e : elements)
      for (char const letter : letters(e)) add(e, letter, component_role::companion);
  for (auto const& text : m.how.artefacts) {
    auto const e = family_named(text).of;
    expects<value_error>(std::ranges::find(elements, e) == elements.end(),
                         "make_model: {} is wanted or an artefact, not both; name it once", text);
    elements.push_back(e);
    if (auto const there = letters(e); !there.empty())
      m.components.push_back(detail::artefact(e, there, m.how));
  }
  m.background = bremsstrahlung(m.axis, m.range, m.how.beam, m.how.background_terms, m.how.efficiency);
  m.background.array().rowwise() /= m.background.colwise().sum().array().max(1e-300);
  detail::expect_distinct(m);
  return m;
}

}  // namespace tomoedx

#endif
