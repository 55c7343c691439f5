// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_FIGURES_OF_MERIT_HPP
#define TOMOEDX_CLI_FIGURES_OF_MERIT_HPP

#include "files.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tomoedx::cli {

/// One figure of merit: how it is asked for, printed and judged, and what computes it.
struct figure_of_merit {
  std::string name;    ///< on the command line and in JSON
  std::string title;   ///< in the table
  char const* format;  ///< of its value
  bool larger_is_better;
};
std::vector<figure_of_merit> const& figures_of_merit();
figure_of_merit const& figure_named(std::string const& name);

/// A reference, prepared for comparisons with several results.
struct compared {
  std::span<float const> reference, result;
  shape3 shape{};                        ///< (z, y, x)
  std::span<std::uint8_t const> region;  ///< empty: everywhere
};

/// The factor that brings the result nearest to the reference, or nothing for one that none does.
std::optional<double> nearest_scale(compared const& c);

/// The value; throws tomoedx::value_error or shape_error with the reason where it is not defined.
double compute(figure_of_merit const& f, compared const& c);

}  // namespace tomoedx::cli

#endif
