// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_VELOX_METADATA_HPP
#define TOMOEDX_IO_DETAIL_VELOX_METADATA_HPP
// IWYU pragma: private, include "tomoedx/io/velox.hpp"

#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/numbers.hpp>
#include <tomoedx/io/detail/velox_json.hpp>
#include <tomoedx/spectra/energy_axis.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <string>

namespace tomoedx::io::detail {

/// Pixels and channels of a stream, out of its acquisition settings.
struct velox_scan {
  std::size_t rows = 0, columns = 0, channels = 0;
  bool operator==(velox_scan const&) const = default;
};

inline velox_scan velox_scan_of(velox_json const& settings) {
  std::string const encoding = settings.text({"StreamEncoding"});
  expects<file_error>(encoding == "uint16", "{}: a stream of '{}'; streams of uint16 are read",
                      settings.name(), printable(encoding));
  return {settings.whole({"RasterScanDefinition", "Height"}, 65536, "the height of the scan"),
          settings.whole({"RasterScanDefinition", "Width"}, 65536, "the width of the scan"),
          settings.whole({"bincount"}, 65535, "the number of channels")};
}

/// The detector that a stream or an image is of: the one with its name, else the first for X-rays.
inline nlohmann::json const& velox_detector(velox_json const& m) {
  nlohmann::json const& all = m.at({"Detectors"});
  static nlohmann::json const nothing;
  if (!all.is_object()) return nothing;
  std::string const name = m.text({"BinaryResult", "Detector"});
  nlohmann::json const* first = &nothing;
  for (nlohmann::json const& d : all) {
    if (!name.empty() && velox_json::text_of(velox_json::below(d, {"DetectorName"})) == name) return d;
    if (first->is_null() && velox_json::number_of(velox_json::below(d, {"Dispersion"}))) first = &d;
  }
  return *first;
}

/// The channels of a stream.
inline energy_axis velox_energy(velox_json const& m, std::size_t channels) {
  nlohmann::json const& d = velox_detector(m);
  auto const width = velox_json::number_of(velox_json::below(d, {"Dispersion"}));
  auto const first = velox_json::number_of(velox_json::below(d, {"OffsetEnergy"}));
  expects<file_error>(width && first, "{}: lacks the energies of its detector (Dispersion, OffsetEnergy)",
                      m.name());
  energy_axis const e{*first / 1000, *width / 1000, channels};
  try {
    validate(e, m.name().c_str());
  } catch (error const& refused) {
    fail<file_error>("{}", refused.what());
  }
  return e;
}

/// Edge of a pixel, where it is square and a length.
inline std::optional<double> velox_pixel_nm(velox_json const& m) {
  auto const x = m.number({"BinaryResult", "PixelSize", "width"}),
             y = m.number({"BinaryResult", "PixelSize", "height"});
  auto const unit = nanometres_in(m.text({"BinaryResult", "PixelUnitX"}));
  bool const good = x && unit && *x > 0 && (!y || std::abs(*x - *y) <= 1e-3 * *x);
  return good ? std::optional(*x * *unit) : std::nullopt;
}

/// Seconds since 1970 as 2017-11-06 20:26:40 UTC.
inline std::string velox_date(double seconds) {
  if (!(seconds > 0 && seconds < 1e11)) return {};
  using namespace std::chrono;
  sys_seconds const when{std::chrono::seconds(static_cast<long long>(seconds))};
  auto const day = floor<days>(when);
  year_month_day const date{day};
  hh_mm_ss const time{when - day};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

/// What the metadata of a stream say of how it was taken.
inline acquisition velox_acquisition(velox_json const& m) {
  acquisition a;
  nlohmann::json const& d = velox_detector(m);
  auto const positive = [](std::optional<double> v, double factor) {
    return v && *v > 0 && std::isfinite(*v * factor) ? std::optional(*v * factor) : std::nullopt;
  };
  auto const of_detector = [&](char const* key) {
    return velox_json::number_of(velox_json::below(d, {key}));
  };
  auto const degrees = [](std::optional<double> radians) {
    return radians ? std::optional(*radians * 180 / std::numbers::pi) : std::nullopt;
  };
  a.pixel_nm = velox_pixel_nm(m);
  a.beam_kev = positive(m.number({"Optics", "AccelerationVoltage"}), 1e-3);
  a.beam_na = positive(m.number({"Optics", "LastMeasuredScreenCurrent"}), 1e9);
  a.live_time_s = positive(of_detector("LiveTime"), 1);
  a.real_time_s = positive(of_detector("RealTime"), 1);
  a.tilt_deg = degrees(m.number({"Stage", "AlphaTilt"}));
  a.resolution_ev = positive(of_detector("EnergyResolution"), 1);
  a.elevation_deg = degrees(of_detector("ElevationAngle"));
  a.azimuth_deg = degrees(of_detector("AzimuthAngle"));
  a.solid_angle_sr = positive(of_detector("CollectionAngle"), 1);
  a.instrument = m.text({"Instrument", "InstrumentModel"});
  if (a.instrument.empty()) a.instrument = m.text({"Instrument", "InstrumentClass"});
  a.date = velox_date(m.number({"Acquisition", "AcquisitionStartDatetime", "DateTime"}).value_or(0));
  return a;
}

}  // namespace tomoedx::io::detail

#endif
