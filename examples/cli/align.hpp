// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_ALIGN_HPP
#define TOMOEDX_CLI_ALIGN_HPP

#include "commands.hpp"
#include "files.hpp"
#include "provenance.hpp"

#include <tomoedx/align/alignment.hpp>

#include <optional>
#include <string>
#include <vector>

// Series into register: plan, find, write. A plan has passed every check that needs no values.
namespace tomoedx::cli {

struct aligned_series {
  std::string name, path;
  bool counts = true;
};

struct alignment_plan {
  align_command asked;
  std::vector<aligned_series> series;  ///< maps, then HAADF
  shape3 shape{};
  std::vector<double> tilts;
  double pixel_nm = 0;
  std::string by;                  ///< what shifts are found on: "HAADF", "maps" or the name of a map
  std::vector<std::string> steps;  ///< as they are done
  bool whole_rows = false;
  alignment start;

  bool has_maps() const { return series.front().counts; }
  bool writes() const { return asked.write || asked.max_rotation > 0 || asked.haadf_to_maps; }
};
alignment_plan plan_alignment(align_command const& c);

struct alignment_data {
  std::vector<std::vector<float>> stacks;  ///< as recorded; HAADF on the maps where that was asked for
  std::vector<float> before, after;        ///< what shifts were found on, as it was and in register
  alignment found;
  std::vector<std::string> steps, warnings;
};
alignment_data find_alignment(alignment_plan const& plan);

std::vector<std::string> write_alignment(alignment_plan const& plan, alignment_data& d,
                                         settings const& machine, double seconds);

}  // namespace tomoedx::cli

#endif
