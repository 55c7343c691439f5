// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for lists of tilt angles and shifts.
#include <tomoedx/io/tilts.hpp>

#include "on_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::on_file(data, size, [](auto const& path) { tomoedx::io::read_tilts(path); });
  tomoedx_fuzz::on_file(data, size, [](auto const& path) { tomoedx::io::read_shifts(path); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return tomoedx_fuzz::mutated(data, size, most, seed, [](auto const& path, unsigned i) {
    if (i % 2 == 0)
      std::ofstream(path) << "# degrees\n-60.5, 0\n+60\n";
    else
      tomoedx::io::write_npy(path, tomoedx::io::array<double>{{i, 1}, std::vector<double>(i, 1.5), {}});
  });
}
