// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for the MRC reader.
#include <tomoedx/io/mrc.hpp>

#include "on_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::on_file(data, size, [](auto const& path) {
    tomoedx::io::inspect_mrc(path);
    tomoedx::io::read_mrc<float>(path);
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return tomoedx_fuzz::mutated(data, size, most, seed, [](auto const& path, unsigned i) {
    namespace io = tomoedx::io;
    if (i % 2 == 0)
      io::write_mrc(path, io::array<float>{{1, 2, i + 1}, std::vector<float>(2 * i + 2, 1.5f), {}});
    else
      io::write_mrc(path, io::array<std::int16_t>{{i, 1, 2}, std::vector<std::int16_t>(2 * i, -3), {}});
  });
}
