// SPDX-License-Identifier: BSD-3-Clause
// Bruker composite files put together here, byte by byte, for tests and fuzzing.
#ifndef TOMOEDX_TESTS_IO_BCF_FILE_HPP
#define TOMOEDX_TESTS_IO_BCF_FILE_HPP

#include <fmt/format.h>

#ifdef TOMOEDX_ZLIB
#include <zlib.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bcf_file {

/// A number with its lowest byte first.
template <class T>
std::string little(T value) {
  std::string b;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    b += static_cast<char>((std::uint64_t(value) >> (8 * i)) & 0xFF);
  return b;
}

// ---- spectra

using counts = std::vector<std::uint32_t>;  ///< of one pixel, one for each channel

inline std::string pixel(std::uint32_t x, unsigned packing, std::size_t pulses, std::string const& bytes,
                         std::string const& after = "") {
  using u16 = std::uint16_t;
  return little(x) + little(std::uint32_t(1415)) + little(u16(0)) + little(u16(12)) + little(u16(packing)) +
         little(u16(0)) + little(u16(pulses)) + little(u16(bytes.size())) + little(u16(0)) + bytes + after;
}

/// The channel of each count.
inline std::vector<std::uint16_t> pulses_of(counts const& c) {
  std::vector<std::uint16_t> p;
  for (std::size_t i = 0; i < c.size(); ++i) p.insert(p.end(), c[i], static_cast<std::uint16_t>(i));
  return p;
}

inline std::string as_pulses16(std::uint32_t x, std::vector<std::uint16_t> const& pulses) {
  std::string b;
  for (auto const p : pulses) b += little(p);
  return pixel(x, 0, pulses.size(), b);
}

inline std::string as_pulses12(std::uint32_t x, std::vector<std::uint16_t> const& pulses) {
  std::vector<bool> bits;
  for (auto const p : pulses)
    for (int i = 11; i >= 0; --i) bits.push_back((p >> i & 1) != 0);
  while (bits.size() % 16 != 0) bits.push_back(false);
  std::string b;
  for (std::size_t w = 0; w < bits.size(); w += 16) {
    std::uint16_t word = 0;
    for (std::size_t i = 0; i < 16; ++i) word = static_cast<std::uint16_t>(word << 1 | int(bits[w + i]));
    b += little(word);
  }
  return pixel(x, 1, pulses.size(), b);
}

/// Runs of the narrowest width that holds them, at most `longest` channels each; `more` come after as pulses.
inline std::string as_runs(std::uint32_t x, counts const& c, std::vector<std::uint16_t> const& more = {},
                           std::size_t longest = 255) {
  std::string b;
  for (std::size_t i = 0; i < c.size();) {
    std::size_t end = i;
    while (end < c.size() && c[end] == 0 && end - i < longest) ++end;
    if (end > i) {
      b += {'\0', static_cast<char>(end - i)};
      i = end;
      continue;
    }
    while (end < c.size() && c[end] != 0 && end - i < longest) ++end;
    auto const [low, high] = std::minmax_element(c.begin() + long(i), c.begin() + long(end));
    std::uint64_t const offset = *low, span = *high - *low;
    int width = span < 16 ? 1 : span < 256 ? 2 : span < 65536 ? 4 : 8;
    while (width < 8 && offset >> (8 * width) != 0) width *= 2;
    b += {static_cast<char>(width), static_cast<char>(end - i)};
    b += little(offset).substr(0, std::size_t(width));
    for (unsigned nibble = 0; i < end; ++i, ++nibble) {
      std::uint32_t const above = c[i] - *low;
      if (width > 1)
        b += little(above).substr(0, std::size_t(width) / 2);
      else if (nibble % 2 == 0)
        b += static_cast<char>(above);
      else
        b.back() = static_cast<char>(b.back() | above << 4);
    }
  }
  std::string after;
  for (auto const p : more) after += little(p);
  return pixel(x, 2, more.size(), b + little(std::uint32_t(after.size())), after);
}

/// A map: its lines, each a list of pixels.
inline std::string map(std::size_t columns, std::vector<std::vector<std::string>> const& lines) {
  std::string b =
      little(std::uint32_t(lines.size())) + little(std::uint32_t(columns)) + little(std::uint32_t(4096));
  b.resize(0x1A0);
  for (auto const& line : lines) {
    b += little(std::uint32_t(line.size()));
    for (auto const& p : line) b += p;
  }
  return b;
}

// ---- the header

inline std::string object(std::string_view type, std::string const& inside, std::string_view name = "") {
  return fmt::format("<ClassInstance Type=\"{}\"{}>{}</ClassInstance>", type,
                     name.empty() ? "" : fmt::format(" Name=\"{}\"", name), inside);
}

inline std::string base64(std::string const& bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size()
                 ? '='
                 : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[three >> (18 - 6 * k) &
                                                                                      63];
  }
  return out;
}

inline std::string image(std::size_t rows, std::size_t columns, std::size_t width, std::string_view name,
                         std::string const& values) {
  return object(
      "TRTImageData",
      fmt::format("<ItemSize>{}</ItemSize><Width>{}</Width><Height>{}</Height><PlaneCount>1</PlaneCount>"
                  "<Plane0><Description>{}</Description><Data>{}</Data></Plane0>",
                  width, columns, rows, name, base64(values)));
}

struct header {
  std::size_t rows = 2, columns = 3, channels = 64;
  int version = 1;
  std::string more = "";  ///< elements beside the others: images
  std::size_t maps = 1;

  std::string text() const {
    std::string inside = fmt::format(
        "<Header><Date>29.11.2018</Date><Time>21:52:11</Time><FileVersion>{}</FileVersion></Header>",
        version);
    inside += object("TRTSEMData", "<HV>200</HV><Mag>20000</Mag><DX>0,0125</DX><DY>0.0125</DY>");
    inside += object("TRTSEMStageData", "<X>1</X><Tilt>-7,5</Tilt>");
    inside += object("TRTDSPConfiguration",
                     fmt::format("<ImageWidth>{}</ImageWidth><ImageHeight>{}</ImageHeight><PixelAverage>30"
                                 "</PixelAverage><LineAverage>1</LineAverage><PixelTime>1</PixelTime>",
                                 columns, rows));
    inside += more;
    std::string regions;
    for (std::string_view const e : {"Si", "O", "Si", "not one"})
      regions += object("TRTSpectrumRegion", "", e);
    regions = object("TRTSpectrumRegionList", "<ChildClassInstances>" + regions + "</ChildClassInstances>");
    regions = object("TRTElementInformationList", "<3D>7</3D>" + regions);
    inside +=
        object("TRTContainerClass", "<ChildClassInstances>" + regions + "</ChildClassInstances>", "map");
    inside += "<LineCounter>";
    for (std::size_t y = 0; y < rows; ++y) inside += y % 2 == 0 ? "73," : "72,";
    inside += "</LineCounter>";
    for (std::size_t m = 0; m < maps; ++m)
      inside += fmt::format(
          "<SpectrumData{0}>{1}</SpectrumData{0}>", m,
          object("TRTSpectrum",
                 "<TRTHeaderedClass>" + object("TRTDetectorHeader", "<Type>SuperX</Type>") +
                     object("TRTESMAHeader",
                            "<ElevationAngle>1.8E1</ElevationAngle><AzimutAngle>45</AzimutAngle>") +
                     "</TRTHeaderedClass>" +
                     object("TRTSpectrumHeader",
                            fmt::format(
                                "<Date>29.11.2018</Date><Time>21:52:11</Time><ChannelCount>{}</ChannelCount>"
                                "<CalibAbs>-0.{}7</CalibAbs><CalibLin>1E-2</CalibLin>"
                                "<SigmaAbs>4.7E-4</SigmaAbs><SigmaLin>4.5E-4</SigmaLin>",
                                channels, m))));
    return "<?xml version=\"1.0\" encoding=\"WINDOWS-1252\" "
           "standalone=\"yes\"?><TRTSpectrumDatabase><RTHeader/>" +
           object("TRTSpectrumDatabase", inside, "grain \xB5") + "</TRTSpectrumDatabase>";
  }
};

// ---- the container

#ifdef TOMOEDX_ZLIB
inline std::string packed(std::string const& bytes, std::size_t block = 4096) {
  std::string blocks;
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); at += block, ++count) {
    std::string const part = bytes.substr(at, block);
    uLongf size = compressBound(part.size());
    std::string to(size, '\0');
    compress(reinterpret_cast<Bytef*>(to.data()), &size, reinterpret_cast<Bytef const*>(part.data()),
             part.size());
    to.resize(size);
    blocks += little(std::uint32_t(size)) + std::string(12, '\0') + to;
  }
  std::string head = "AACS" + little(std::uint32_t(block)) + little(std::uint32_t(0)) + little(count);
  head.resize(128);
  return head + blocks;
}
#endif

using files = std::vector<std::pair<std::string, std::string>>;  ///< names and what they hold

/// A container of these files in one folder; its chunks lie in a random order when `order` is not 0.
inline std::string container(files const& all, std::size_t chunk = 512, unsigned order = 0) {
  std::size_t const each = chunk - 32;
  struct piece {
    std::string content;
    std::uint32_t next = 0xA0F9B801;  // what a last chunk has there means nothing
  };
  std::vector<piece> pieces;
  auto const chunks_of = [&](std::size_t bytes) { return (bytes + each - 1) / each; };
  std::size_t total = 1 + chunks_of((all.size() + 1) * 512);  // the first is the header
  for (auto const& f : all) total += chunks_of(f.second.size()) + chunks_of(chunks_of(f.second.size()) * 4);
  pieces.resize(total);
  std::vector<std::uint32_t> free;
  for (std::uint32_t i = 1; i < total; ++i) free.push_back(i);
  if (order != 0) std::shuffle(free.begin(), free.end(), std::mt19937(order));
  std::size_t used = 0;
  auto const store = [&](std::string const& bytes) {  // linked; the numbers of its chunks come back
    std::vector<std::uint32_t> at;
    for (std::size_t i = 0; i < bytes.size(); i += each) {
      at.push_back(free[used++]);
      pieces[at.back()].content = bytes.substr(i, each);
      if (at.size() > 1) pieces[at[at.size() - 2]].next = at.back();
    }
    return at;
  };
  auto const entry = [](std::uint32_t table, std::uint64_t size, std::uint32_t parent, bool folder,
                        std::string name) {
    std::string e =
        little(table) + little(size) + std::string(28, '\0') + little(parent) + std::string(176, '\0');
    e += {static_cast<char>(folder), '\0', '\0', '\0'};
    name.resize(256);
    return e + name + std::string(32, '\0');
  };
  std::string list = entry(0xFFFFFFFF, 0, 0xFFFFFFFF, true, "EDSDatabase");
  for (auto const& [name, content] : all) {
    std::string table;
    for (auto const c : store(content)) table += little(c);
    auto const tables = store(table);
    list += entry(tables.empty() ? 0 : tables[0], content.size(), 0, false, name);
  }
  auto const tree = store(list);
  std::string out = "AAMVHFSS";
  out.resize(0x118);
  for (auto const& p : pieces) {
    std::string c = little(p.next);
    c.resize(32);
    c += p.content;
    c.resize(chunk);
    out += c;
  }
  std::string head = "AASFSSGN" + little(std::uint32_t(0x40267540)) +
                     little(std::uint32_t(0x40266666)) +  // 2.6
                     little(std::uint32_t(chunk));
  head.resize(0x28);
  head += little(tree[0]) + little(std::uint32_t(all.size() + 1)) + little(std::uint32_t(total));
  return out.replace(0x118, head.size(), head);
}

}  // namespace bcf_file

#endif
