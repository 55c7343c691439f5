// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for the npy reader.
#include <tomoedx/io/npy.hpp>

#include "on_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::on_file(data, size, [](auto const& path) {
    tomoedx::io::inspect_npy(path);
    tomoedx::io::read_npy<double>(path);
    tomoedx::io::read_npy<std::int16_t>(path);
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return tomoedx_fuzz::mutated(data, size, most, seed, [](auto const& path, unsigned i) {
    namespace io = tomoedx::io;
    if (i % 2 == 0)
      io::write_npy(path, io::array<float>{{i + 1, 2}, std::vector<float>(2 * i + 2, 1.5f), {}});
    else
      io::write_npy(path, io::array<std::int32_t>{{2, 1, i}, std::vector<std::int32_t>(2 * i, -3), {}});
  });
}
