// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BCF_HEADER_HPP
#define TOMOEDX_IO_DETAIL_BCF_HEADER_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <pugixml.hpp>

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/numbers.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// The number an element of the header holds; its program writes the comma of its user's country. Numbers
/// beyond 1e30 mean nothing.
inline std::optional<double> bcf_number(pugi::xml_node node) {
  std::string text = node.child_value();
  std::ranges::replace(text, ',', '.');
  double value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = failed == std::errc{} && end == text.data() + text.size();
  bool const good = whole && std::abs(value) <= 1e30;
  return good ? std::optional(value) : std::nullopt;
}

/// The same where only what is above 0 means something.
inline std::optional<double> bcf_positive(pugi::xml_node node) {
  auto const value = bcf_number(node);
  return value && *value > 0 ? value : std::nullopt;
}

/// A whole number from 0 to `most`, or `otherwise`.
inline std::size_t bcf_whole(pugi::xml_node node, std::size_t most, std::size_t otherwise) {
  auto const value = bcf_number(node);
  bool const good =
      value && *value >= 0 && *value <= static_cast<double>(most) && std::trunc(*value) == *value;
  return good ? static_cast<std::size_t>(*value) : otherwise;
}

/// The header of a composite file, an XML text whose elements are the fields of its program's objects.
class bcf_header {
 public:
  bcf_header(std::span<unsigned char const> text, std::string name) : name_(std::move(name)) {
    std::string const fixed = without_digits_first(text);
    bool const latin = fixed.substr(0, 100).find("1252") != std::string::npos;
    auto const done = document_.load_buffer(fixed.data(), fixed.size(), pugi::parse_default,
                                            latin ? pugi::encoding_latin1 : pugi::encoding_auto);
    expects<file_error>(bool(done), "{}: cannot be read as XML at byte {} of {}: {}", name_, done.offset,
                        fixed.size(), done.description());
    root_ = of_type(document_.child("TRTSpectrumDatabase"), "TRTSpectrumDatabase");
    expects<file_error>(
        bool(root_), "{}: holds no spectra (no TRTSpectrumDatabase); maps of X-ray spectra are read", name_);
    std::size_t const version = bcf_whole(root_.child("Header").child("FileVersion"), 1000, 0);
    expects<file_error>(version == 1 || version == 2,
                        "{}: version '{}' of the header is unknown; 1 and 2 are read", name_,
                        printable(root_.child("Header").child("FileVersion").child_value()));
  }

  std::string const& name() const noexcept { return name_; }
  pugi::xml_node root() const noexcept { return root_; }

  /// The channels of a map.
  energy_axis energy(std::size_t map) const {
    pugi::xml_node const s = of_type(spectrum(map), "TRTSpectrumHeader");
    auto const first = bcf_number(s.child("CalibAbs")), width = bcf_number(s.child("CalibLin"));
    expects<file_error>(first && width, "{}: lacks the energies of map {} (CalibAbs, CalibLin)", name_, map);
    energy_axis const e{*first, *width, bcf_whole(s.child("ChannelCount"), 65536, 0)};
    try {
      validate(e, name_.c_str());
    } catch (error const& refused) {
      fail<file_error>("{}", refused.what());
    }
    return e;
  }

  /// What the header says of how a map was taken.
  acquisition how(std::size_t map) const {
    acquisition a;
    pugi::xml_node const sem = of_type(root_, "TRTSEMData"), stage = of_type(root_, "TRTSEMStageData"),
                         scan = of_type(root_, "TRTDSPConfiguration"),
                         headed = spectrum(map).child("TRTHeaderedClass"),
                         hardware = of_type(headed, "TRTSpectrumHardwareHeader"),
                         detector = of_type(headed, "TRTDetectorHeader"),
                         esma = of_type(headed, "TRTESMAHeader"),
                         lines = of_type(spectrum(map), "TRTSpectrumHeader");
    auto const dx = bcf_positive(sem.child("DX")), dy = bcf_positive(sem.child("DY"));
    if (dx) a.pixel_nm = *dx * 1000;
    if (dx && dy && std::abs(*dx - *dy) > 1e-3 * *dx)
      a.notes.push_back(fmt::format("pixels are {} nm wide and {} nm high", *dx * 1000, *dy * 1000));
    a.beam_kev = bcf_positive(sem.child("HV"));
    if (!a.beam_kev) a.beam_kev = bcf_positive(esma.child("PrimaryEnergy"));
    if (auto const ms = bcf_positive(hardware.child("LifeTime"))) a.live_time_s = *ms / 1000;
    if (auto const ms = bcf_positive(hardware.child("RealTime"))) a.real_time_s = *ms / 1000;
    if (!a.real_time_s) a.real_time_s = scanning(scan);
    a.tilt_deg = bcf_number(stage.child("Tilt"));
    if (!a.tilt_deg) a.tilt_deg = bcf_number(scan.child("TiltAngle"));
    a.resolution_ev = resolution(lines);
    a.elevation_deg = bcf_number(esma.child("ElevationAngle"));
    a.azimuth_deg = bcf_number(esma.child("AzimutAngle"));
    a.elements = elements();
    a.title = root_.attribute("Name").value();
    a.instrument = detector.child("Type").child_value();
    a.date = date(lines.child("Date") ? lines : root_.child("Header"));
    return a;
  }

  /// The child that is an object of this type.
  static pugi::xml_node of_type(pugi::xml_node parent, char const* type) {
    return parent.find_child_by_attribute("ClassInstance", "Type", type);
  }

 private:
  /// XML has no names that begin with a digit, its program does: "<3D>" becomes "<_3D>".
  static std::string without_digits_first(std::span<unsigned char const> text) {
    std::string fixed;
    fixed.reserve(text.size() + text.size() / 16);
    for (unsigned char const c : text) {
      bool const name_begins = fixed.ends_with('<') || fixed.ends_with("</");
      if (name_begins && c >= '0' && c <= '9') fixed += '_';
      fixed += static_cast<char>(c);
    }
    return fixed;
  }

  pugi::xml_node spectrum(std::size_t map) const {
    return of_type(root_.child(fmt::format("SpectrumData{}", map).c_str()), "TRTSpectrum");
  }

  /// Time of a scan: lines scanned, pixels in each, averages and microseconds of a pixel.
  std::optional<double> scanning(pugi::xml_node scan) const {
    std::string_view const counters = root_.child("LineCounter").child_value();
    double lines = 0;
    for (std::size_t at = 0; at < counters.size();) {
      unsigned one = 0;
      auto const [end, failed] =
          std::from_chars(counters.data() + at, counters.data() + counters.size(), one);
      if (failed != std::errc{}) return std::nullopt;
      lines += one;
      at = static_cast<std::size_t>(end - counters.data()) + 1;
    }
    double seconds = lines * 1e-6;
    for (char const* const factor : {"ImageWidth", "PixelAverage", "LineAverage", "PixelTime"}) {
      auto const value = bcf_positive(scan.child(factor));
      if (!value) return std::nullopt;
      seconds *= *value;
    }
    return seconds > 0 ? std::optional(seconds) : std::nullopt;
  }

  /// Full width at half maximum at Mn Ka [eV]; the header has the variance of a line as a + b E [keV^2].
  static std::optional<double> resolution(pugi::xml_node lines) {
    auto const a = bcf_number(lines.child("SigmaAbs")), b = bcf_number(lines.child("SigmaLin"));
    if (!a || !b) return std::nullopt;
    double const variance = *a + *b * 5.8951;
    return variance > 0 ? std::optional(1000 * std::sqrt(8 * std::numbers::ln2 * variance)) : std::nullopt;
  }

  /// Symbols of the lines its user marked, each once.
  std::vector<std::string> elements() const {
    std::vector<std::string> all;
    pugi::xml_node const regions = root_.find_node([](pugi::xml_node n) {
      return std::string_view(n.attribute("Type").value()) == "TRTSpectrumRegionList";
    });
    for (pugi::xml_node const n : regions.child("ChildClassInstances").children("ClassInstance")) {
      std::string symbol = n.attribute("Name").value();
      auto const letter = [&](std::size_t i, char from) {
        return symbol[i] >= from && symbol[i] <= from + 25;
      };
      bool const good = (symbol.size() == 1 || (symbol.size() == 2 && letter(1, 'a'))) && letter(0, 'A');
      if (good && std::ranges::find(all, symbol) == all.end()) all.push_back(std::move(symbol));
    }
    return all;
  }

  /// "29.11.2018" and "21:52:11" as 2018-11-29 21:52:11.
  static std::string date(pugi::xml_node node) {
    std::string day = node.child("Date").child_value();
    if (day.size() == 10 && day[2] == '.' && day[5] == '.')
      day = day.substr(6) + "-" + day.substr(3, 2) + "-" + day.substr(0, 2);
    std::string const time = node.child("Time").child_value();
    return time.empty() ? day : day + " " + time;
  }

  std::string name_;
  pugi::xml_document document_;
  pugi::xml_node root_;
};

}  // namespace tomoedx::io::detail

#endif
