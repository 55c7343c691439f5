// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for Bruker's composite files. A file is a container of packed files, one of them XML:
// changes of its bytes hardly ever reach the parsers inside. So the first byte says which of them is given
// the others.
#include <tomoedx/io/bcf.hpp>

#include "../io/bcf_file.hpp"
#include "on_file.hpp"

#include <span>

namespace {

namespace io = tomoedx::io;

enum part : std::uint8_t { container, header, spectra, blocks, parts };

void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Whether its parts fit each other. Not to be told by the text of an error: the fuzzer learns to write that.
void demand_valid(tomoedx::spectrum_image const& s) {
  try {
    tomoedx::validate(s, "image");
  } catch (tomoedx::error const& e) {
    demand(false, e.what());
  }
}

void read_container(std::filesystem::path const& path) {
  io::inspect_bcf(path);
  demand_valid(io::read_bcf(path));
  io::read_bcf_images(path);
}

void read_header(std::span<unsigned char const> text) {
  io::detail::bcf_header const h(text, "fuzz");
  for (std::size_t map = 0; map < 2; ++map) {
    auto const how = h.how(map);
    demand(how.elements.size() <= text.size(), "no more elements than text");
    for (auto const& number : {how.pixel_nm, how.beam_kev, how.live_time_s, how.real_time_s, how.tilt_deg,
                               how.resolution_ev, how.elevation_deg, how.azimuth_deg})
      demand(!number || std::isfinite(*number), "numbers are finite");
    if (h.root().child("LineCounter")) h.energy(map);
  }
  std::size_t pixels = 0;
  for (auto const& i : io::detail::bcf_images<float>(h)) pixels += i.image.values.size();
  demand(pixels <= text.size(), "no more pixels than text");
}

void read_spectra(std::span<unsigned char const> bytes) {
  tomoedx::spectrum_image s;
  s.energy = {0, 0.01, bytes.size() % 2 == 0 ? 4096u : 100u};
  io::detail::unpack_bcf(bytes, bytes.size(), "fuzz", s);
  demand_valid(s);
  demand(s.events() <= 3 * bytes.size(), "no more events than half bytes");
}

void read_blocks(std::span<unsigned char const> bytes) {
  std::vector<unsigned char> const stored(bytes.begin(), bytes.end());
  auto const all = io::detail::sfs_unpacked(stored, "fuzz", std::size_t(-1));
  demand(all.size() <= io::detail::sfs_most_unpacked(bytes.size()), "what is unpacked has a bound");
}

template <class Read>
void refused_in_one_line(Read&& read) {
  try {
    read();
  } catch (tomoedx::error const& e) {
    std::string const text = e.what();
    demand(text.starts_with("fuzz") && text.find('\n') == text.npos,
           "an error is one line that names its file");
  }
}

/// Good files to begin with, for each part.
std::vector<std::string> const& examples() {
  static auto const all = [] {
    std::vector<std::string> e;
    auto const begin = [](part p) { return std::string(1, static_cast<char>(p)); };
    bcf_file::header h{.rows = 2, .columns = 3, .channels = 64};
    bcf_file::counts c(64);
    c[3] = 1, c[4] = 2, c[9] = 300, c[10] = 301, c[40] = 70000;
    std::string const map =
        bcf_file::map(3, {{bcf_file::as_runs(0, c, {7, 8}), bcf_file::as_pulses12(1, {3, 3, 40, 63})},
                          {bcf_file::as_pulses16(2, {1, 2, 2})}});
    e.push_back(begin(spectra) + map);
    e.push_back(begin(blocks) + bcf_file::packed(map, 100));
    h.more = bcf_file::image(2, 3, 2, "HAADF", std::string(12, '\1'));
    e.push_back(begin(header) + h.text());
    h = {.version = 2, .maps = 2};
    std::string const small = map.substr(0, 0x1A0);
    e.push_back(begin(container) + bcf_file::container({{"HeaderData", h.text()}, {"SpectrumData0", map}}));
    e.push_back(begin(container) + bcf_file::container({{"HeaderData", bcf_file::packed(h.text())},
                                                        {"SpectrumData0", bcf_file::packed(map)},
                                                        {"SpectrumData1", bcf_file::packed(map)}},
                                                       512, 1));
    // a header and a map, with the length of the first before them, that this harness puts into a container
    std::string const text = h.text();
    e.push_back(begin(parts) + bcf_file::little(std::uint16_t(text.size())) + text + map);
    return e;
  }();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::span<unsigned char const> const rest(data + 1, size - 1);
  switch (data[0] % 5) {
    case container:
      tomoedx_fuzz::on_file(rest.data(), rest.size(), read_container);
      break;
    case header:
      refused_in_one_line([&] { read_header(rest); });
      break;
    case spectra:
      refused_in_one_line([&] { read_spectra(rest); });
      break;
    case blocks:
      refused_in_one_line([&] { read_blocks(rest); });
      break;
    default: {
      if (rest.size() < 2) return 0;
      std::string const all(rest.begin() + 2, rest.end());
      std::size_t const half = std::min<std::size_t>(rest[0] | rest[1] << 8, all.size());
      bool const pack = rest[0] % 2 == 0;
      auto const stored = [&](std::string const& s) { return pack ? bcf_file::packed(s) : s; };
      std::string const file = bcf_file::container(
          {{"HeaderData", stored(all.substr(0, half))}, {"SpectrumData0", stored(all.substr(half))}});
      tomoedx_fuzz::on_file(reinterpret_cast<std::uint8_t const*>(file.data()), file.size(), read_container);
    }
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
