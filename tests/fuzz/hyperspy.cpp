// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for what the .hspy reader makes of axes and values that HDF5 handed over: which index is what,
// the energies, and the events of dense blocks.
#include <tomoedx/io/detail/spectrum_indices.hpp>

#include "pieces.hpp"

#include <cmath>

using namespace tomoedx;

namespace {

template <class From>
void blocks(tomoedx_fuzz::pieces& in, io::spectrum_info const& what) {
  std::size_t const all = what.rows * what.columns * what.energy.channels;
  std::vector<From> values(all);
  for (auto& v : values) v = in.take<From>();
  bool const energy_first = in.take<std::uint8_t>() % 2 == 0;
  auto const steps = [&](std::size_t rows) {
    return energy_first
               ? std::array<std::size_t, 3>{what.columns, 1, rows * what.columns}
               : std::array<std::size_t, 3>{what.columns * what.energy.channels, what.energy.channels, 1};
  };
  auto const at = [&](std::size_t y, std::size_t x, std::size_t c) {
    return values[(y * what.columns + x) * what.energy.channels + c];
  };
  spectrum_image s{what.rows, what.columns, what.energy, {}, {}, {}, {}};
  io::detail::read_events<From>(s, in.take<std::uint8_t>() % 5, "axes", steps,
                                [&](std::size_t first, std::size_t rows, From* to) {
                                  auto const step = steps(rows);
                                  for (std::size_t y = 0; y < rows; ++y)
                                    for (std::size_t x = 0; x < s.columns; ++x)
                                      for (std::size_t c = 0; c < s.energy.channels; ++c)
                                        to[y * step[0] + x * step[1] + c * step[2]] = at(first + y, x, c);
                                });
  validate(s, "axes");
  std::size_t k = 0;
  for (std::size_t p = 0; p < s.pixels(); ++p)
    for (std::size_t c = 0; c < s.energy.channels; ++c) {
      From const v = at(p / s.columns, p % s.columns, c);
      if (v == 0) continue;
      if (k >= s.begin[p + 1] || s.channel[k] != c || static_cast<From>(s.count[k]) != v) std::abort();
      ++k;
    }
  if (k != s.events()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static char const* const words[] = {"",   "x",  "y",   "Energy", "height", "width", "tilt", "keV",
                                      "eV", "nm", "deg", "µm",     "z",      "X",     "°",    "Å"};
  tomoedx_fuzz::pieces in(data, size);
  tomoedx_fuzz::refused_in_one_line("axes", [&] {
    auto const word = [&] {
      std::uint8_t const i = in.take<std::uint8_t>();
      return i < 240 ? std::string(words[i % 16]) : in.text(i - 240);
    };
    std::size_t const rank = in.take<std::uint8_t>() % 6;
    std::vector<io::axis> axes;
    std::vector<bool> signal;
    std::vector<std::size_t> shape;
    for (std::size_t i = 0; i < rank; ++i) {
      std::string const name = word(), units = word();
      bool const usual = in.take<std::uint8_t>() < 200;
      axes.push_back({name, units, usual ? 0.01 * in.take<std::uint8_t>() : in.take<double>(),
                      usual ? -0.1 * in.take<std::uint8_t>() : in.take<double>()});
      signal.push_back(in.take<std::uint8_t>() % 2 == 0);
      shape.push_back(in.take<std::uint8_t>() % 6);
    }
    auto const at = io::detail::find_spectrum_indices(axes, signal, "axes");
    auto const extent = [&](std::size_t i) { return i == at.none ? 1 : shape.at(i); };
    auto const along = [&](std::size_t i) { return i == at.none ? nullptr : &axes.at(i); };
    for (std::size_t i = 0; i < rank; ++i)  // every index is something, and only one thing
      if ((i == at.channel) + (i == at.row) + (i == at.column) + (i == at.series) != 1) std::abort();
    io::spectrum_info what;
    what.rows = extent(at.row);
    what.columns = extent(at.column);
    io::detail::check_image(what, "axes");
    what.energy = io::detail::energies_of(axes[at.channel], extent(at.channel), "axes");
    if (auto const nm = io::detail::pixel_of(along(at.row), along(at.column));
        nm && !(*nm > 0 && std::isfinite(*nm)))
      std::abort();
    switch (in.take<std::uint8_t>() % 6) {
      case 0:
        return blocks<std::uint8_t>(in, what);
      case 1:
        return blocks<std::int16_t>(in, what);
      case 2:
        return blocks<std::uint32_t>(in, what);
      case 3:
        return blocks<std::int64_t>(in, what);
      case 4:
        return blocks<float>(in, what);
      default:
        return blocks<double>(in, what);
    }
  });
  return 0;
}
