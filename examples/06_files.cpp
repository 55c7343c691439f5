// SPDX-License-Identifier: BSD-3-Clause
// From files to files: write a series as MRC, read it again with its pixel size, reconstruct, write NumPy.
#include <tomoedx/host.hpp>
#include <tomoedx/io/file.hpp>

#include <cstdio>
#include <filesystem>

namespace host = tomoedx::host;
namespace io = tomoedx::io;

int main() {
  auto const folder = std::filesystem::temp_directory_path() / "tomoedx_example_06";
  std::filesystem::create_directories(folder);
  std::vector<double> const tilts{-60, -30, 0, 30, 60};

  // a series of a cylinder, with axes that say what its indices are
  std::vector<float> cylinder(32 * 6 * 32);
  for (std::size_t i = 0; i < cylinder.size(); ++i) {
    double const x = static_cast<double>(i % 32) - 15.5, z = static_cast<double>(i / 192) - 15.5;
    cylinder[i] = x * x + z * z < 100 ? 1.0f : 0.0f;
  }
  io::array<float> series{{5, 6, 32},
                          std::vector<float>(5 * 6 * 32),
                          {{"tilt", "", 1, 0}, {"y", "nm", 0.8, 0}, {"x", "nm", 0.8, 0}}};
  host::project({.tilts_deg = tilts}, host::projector::strip, {cylinder.data(), {32, 6, 32}},
                {series.values.data(), {5, 6, 32}});
  io::write((folder / "series.mrc").string(), series);

  auto const read = io::read<float>((folder / "series.mrc").string());
  std::vector<float> volume(32 * 6 * 32);
  host::em({.tilts_deg = tilts}, host::projector::strip, {{read.values.data(), {5, 6, 32}}},
           {{volume.data(), {32, 6, 32}}});
  io::write((folder / "volume.npy").string(), io::array<float>{{32, 6, 32}, volume, {}});

  bool const good = read.values == series.values && io::inspect((folder / "volume.npy").string()).shape ==
                                                        std::vector<std::size_t>{32, 6, 32};
  std::printf("pixel size from the file: %.2f %s; in the middle of the cylinder: %.2f\n", read.axes[2].scale,
              read.axes[2].units.c_str(), static_cast<double>(volume[(16 * 6 + 3) * 32 + 16]));
  std::filesystem::remove_all(folder);
  return good ? 0 : 1;
}
