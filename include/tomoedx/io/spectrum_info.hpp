// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_SPECTRUM_INFO_HPP
#define TOMOEDX_IO_SPECTRUM_INFO_HPP

#include <tomoedx/spectra/spectrum_image.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io {

/// What a file of spectrum images says of them, known without reading their counts.
struct spectrum_info {
  std::string format;      ///< "hyperspy", "event list", "emd", "velox", "bcf", "dm3", "dm4" or "npy"
  std::size_t images = 1;  ///< of the series; `index` of the readers chooses one
  std::size_t rows = 0, columns = 0;
  energy_axis energy;
  std::vector<double> tilts;  ///< [degree] one for each image, where the file knows them
  acquisition how;            ///< of the first image
};

/// Kiloelectronvolts in one unit of energy, or nothing when `units` is not one we know.
inline std::optional<double> kiloelectronvolts_in(std::string_view units) {
  struct known {
    std::string_view name;
    double kev;
  };
  static constexpr known table[] = {{"keV", 1},
                                    {"kev", 1},
                                    {"KeV", 1},
                                    {"KEV", 1},
                                    {"eV", 1e-3},
                                    {"ev", 1e-3},
                                    {"EV", 1e-3},
                                    {"meV", 1e-6},
                                    {"MeV", 1e3},
                                    {"kilovolt", 1},
                                    {"kEV", 1},
                                    {"electronvolt", 1e-3},
                                    {"electron_volt", 1e-3}};
  for (known const& k : table)
    if (k.name == units) return k.kev;
  return std::nullopt;
}

/// Whether these are units of an angle in degrees.
inline bool is_degrees(std::string_view units) {
  return units == "deg" || units == "degree" || units == "degrees" || units == "Degree" ||
         units == "Degrees" || units == "°" || units == "º";
}

}  // namespace tomoedx::io

#endif
