// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for the reader of Gatan's DM3 and DM4 files.
#include <tomoedx/io/dm.hpp>

#include "../io/dm_writer.hpp"
#include "on_file.hpp"

namespace io = tomoedx::io;
namespace dm = dm_writer;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::on_file(data, size, [size](auto const& path) {
    io::read_dm<float>(path);
    auto const s = io::read_dm_spectrum(path);
    validate(s, path.c_str());
    if (s.events() > size) std::abort();
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  return tomoedx_fuzz::mutated(data, size, most, seed, [](auto const& path, unsigned i) {
    dm::calibration const energy{48, 10, u"eV"}, pixel{1, 0.5f, u"nm"}, angle{30, 2, u"deg"};
    auto const angles = dm::group(
        "Meta Data",
        {dm::group("Dimension info", {dm::group("2", {dm::group("Data", {dm::number("0", -60.0)})})})});
    auto const details = dm::group("EDS", {dm::number("Live time", 12.5f)});
    auto const image =
        i % 4 < 2    ? dm::image<std::uint16_t>(u"a", {2, 1, 3}, {1, 0, 3, 4, 0, 6},
                                             {pixel, pixel, i % 4 == 0 ? energy : angle}, {angles, details})
        : i % 4 == 2 ? dm::image<float>(u"b", {3, 2}, {1, 0, 0, 2, 3, 0}, {energy, pixel})
                     : dm::image<std::int32_t>(u"c", {2}, {-5, 1 << 30});
    auto const small = dm::image<std::uint32_t>(u"t", {1, 1}, {1}, {}, {}, 23);
    auto const bytes = dm::file(dm::document({small, image}, 1), i % 2 == 0 ? 3 : 4,
                                i < 4 ? std::endian::little : std::endian::big);
    std::ofstream(path, std::ios::binary) << bytes;
  });
}
