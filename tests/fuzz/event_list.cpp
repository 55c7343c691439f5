// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for what the event lists' reader makes of tables that HDF5 unpacked: sizes, offsets and events.
#include <tomoedx/io/detail/event_gatherer.hpp>

#include "pieces.hpp"

#include <map>
#include <tuple>

using namespace tomoedx;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::pieces in(data, size);
  tomoedx_fuzz::refused_in_one_line("list", [&] {
    bool const small = in.take<std::uint8_t>() < 250;
    std::size_t const rows = 1 + (small ? in.take<std::uint8_t>() % 32u : in.take<std::uint16_t>());
    std::size_t const columns = 1 + (small ? in.take<std::uint8_t>() % 32u : in.take<std::uint16_t>());
    energy_axis const energy{0, 0.01, std::size_t(1) + in.take<std::uint16_t>()};
    std::vector<std::int64_t> offsets(in.take<std::uint8_t>() % 6);
    for (auto& o : offsets)
      o = in.take<std::uint8_t>() < 250 ? in.take<std::uint8_t>() : in.take<std::int64_t>();
    std::size_t const piece = 1 + in.take<std::uint8_t>() % 7;
    std::array<std::vector<std::uint32_t>, 4> table;
    bool const wide = in.take<std::uint8_t>() % 4 == 0;
    while (in.left() >= 4)
      for (auto& column : table) column.push_back(wide ? in.take<std::uint32_t>() : in.take<std::uint8_t>());
    std::size_t const events = table[0].size();
    if (offsets.size() > 0 && offsets.size() < 3) offsets = {0, static_cast<std::int64_t>(events)};
    io::detail::check_offsets(offsets, events, "list");
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
      auto const begin = static_cast<std::size_t>(offsets[i]), end = static_cast<std::size_t>(offsets[i + 1]);
      // The bound of the harness's memory is tighter than the library's, for its speed.
      if (!io::detail::event_gatherer::plausible(rows, columns, end - begin) || rows * columns > 65536)
        return;
      io::detail::event_gatherer image(rows, columns, energy, "list");
      std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint64_t> plain;
      for (std::size_t at = begin; at < end; at += piece) {
        std::size_t const n = std::min(piece, end - at);
        auto const some = [&](std::size_t c) {
          return std::span<std::uint32_t const>(table[c]).subspan(at, n);
        };
        image.add({some(0), some(1), some(2), some(3)});
      }
      for (std::size_t e = begin; e < end; ++e)
        if (table[3][e] > 0) plain[{table[0][e], table[1][e], table[2][e]}] += table[3][e];
      spectrum_image const s = image.finish();
      validate(s, "list");
      if (s.events() != plain.size()) std::abort();
      std::size_t k = 0;
      for (auto const& [where, count] : plain) {  // in the order of an image
        auto const [y, x, channel] = where;
        std::size_t const p = y * columns + x;
        if (k < s.begin[p] || k >= s.begin[p + 1] || s.channel[k] != channel || s.count[k] != count)
          std::abort();
        ++k;
      }
    }
  });
  return 0;
}
