// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for what this library itself reads in Velox' files: two JSON texts and the stream with
// its table of frames. The first byte says which of them is given the others.
#include <tomoedx/io/detail/velox_metadata.hpp>
#include <tomoedx/io/detail/velox_stream.hpp>

#include "../io/velox_text.hpp"
#include "on_file.hpp"

#include <span>

namespace {

namespace io = tomoedx::io;

enum part : std::uint8_t { settings, metadata, stream };

void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Whether its parts fit each other. Not to be told by the text of an error: the fuzzer learns to write that.
template <class T>
void demand_valid(T const& value) {
  try {
    tomoedx::validate(value, "value");
  } catch (tomoedx::error const& e) {
    demand(false, e.what());
  }
}

/// Rows, columns, channels, frames wanted (first, count), how many begins of frames follow (two bytes each),
/// then values.
void read_stream(std::span<std::uint8_t const> bytes) {
  if (bytes.size() < 6) return;
  tomoedx::spectrum_image s;
  s.rows = bytes[0] % 16 + 1u;
  s.columns = bytes[1] % 16 + 1u;
  s.energy = {0, 0.01, bytes[2] + 1u};
  io::detail::velox_frames const wanted{bytes[3] % 8u, bytes[4] % 8u};
  std::size_t const frames = bytes[5] % 8u;
  bytes = bytes.subspan(6);
  auto const number = [&](std::size_t i) { return std::uint16_t(bytes[2 * i] | bytes[2 * i + 1] << 8); };
  std::size_t const numbers = bytes.size() / 2;
  if (numbers < frames) return;
  io::detail::velox_stream one;
  one.name = "fuzz";
  one.values = numbers - frames;
  for (std::size_t f = 0; f < frames; ++f) one.frames.push_back(number(f));
  one.read = [&](std::uint64_t first, std::size_t count, std::uint16_t* to) {
    demand(count > 0 && first + count <= one.values, "only what is there is read");
    for (std::size_t i = 0; i < count; ++i) to[i] = number(frames + std::size_t(first) + i);
  };
  bool const fits = io::detail::table_fits(one);
  io::detail::gather({one, one}, wanted, s);
  demand_valid(s);
  std::uint64_t counts = 0;
  for (auto const n : s.count) counts += n;
  demand(counts % 2 == 0 && counts <= 2 * one.values, "each count of the two streams is there once");
  if (wanted.first == 0 && wanted.count == 0 && (frames == 0 || !fits || one.frames[0] == 0)) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < one.values; ++i) all += number(frames + i) != 65535;
    demand(counts == 2 * all, "no count is lost");
  }
}

void read_text(part which, std::string_view text) {
  io::detail::velox_json const json(text, "fuzz");
  if (which == settings) {
    auto const scan = io::detail::velox_scan_of(json);
    demand(scan.rows <= 65536 && scan.columns <= 65536 && scan.channels <= 65535, "a scan has bounds");
    return;
  }
  auto const how = io::detail::velox_acquisition(json);
  for (auto const& number :
       {how.pixel_nm, how.beam_kev, how.beam_na, how.live_time_s, how.real_time_s, how.tilt_deg,
        how.resolution_ev, how.elevation_deg, how.azimuth_deg, how.solid_angle_sr})
    demand(!number || std::isfinite(*number), "numbers are finite");
  demand(how.date.find('\n') == how.date.npos && how.instrument.find('\n') == how.instrument.npos,
         "texts are lines");
  demand_valid(io::detail::velox_energy(json, 64));
}

std::vector<std::string> const& examples() {
  static auto const all = [] {
    velox_file::description d{.rows = 2, .columns = 3, .channels = 8};
    auto const begin = [](part p) { return std::string(1, static_cast<char>(p)); };
    std::vector<std::string> e{begin(settings) + d.settings(), begin(metadata) + d.metadata("SuperXG21"),
                               begin(metadata) + d.metadata("HAADF")};
    velox_file::frame f(2 * 3 * 8);
    f[3] = 2, f[9] = 1, f[47] = 1;
    for (bool const table : {false, true}) {
      std::vector<std::uint64_t> begins;
      auto const values = velox_file::stream({f, f, f}, 8, &begins);
      std::string bytes = begin(stream) + std::string({1, 2, 7, 0, 0, static_cast<char>(table ? 3 : 0)});
      auto const put = [&](std::uint64_t v) {
        bytes += {static_cast<char>(v & 255), static_cast<char>(v >> 8 & 255)};
      };
      for (auto const b : begins)
        if (table) put(b);
      for (auto const v : values) put(v);
      e.push_back(bytes);
    }
    return e;
  }();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::span<std::uint8_t const> const rest(data + 1, size - 1);
  auto const which = static_cast<part>(data[0] % 3);
  try {
    if (which == stream)
      read_stream(rest);
    else
      read_text(which, {reinterpret_cast<char const*>(rest.data()), rest.size()});
  } catch (tomoedx::error const& e) {
    std::string const text = e.what();
    demand(text.starts_with("fuzz: ") && text.find('\n') == text.npos,
           "an error is one line that names its file");
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  auto const& example = examples()[seed % examples().size()];
  if (size < 4 || seed % 1000 == 0) {
    if (example.size() > most) return LLVMFuzzerMutate(data, size, most);
    std::ranges::copy(example, data);
    return example.size();
  }
  return 1 + LLVMFuzzerMutate(data + 1, size - 1, most - 1);  // the part stays the same
}
