// SPDX-License-Identifier: BSD-3-Clause
// What Velox writes of its streams, put together here: settings, metadata and the streams themselves.
#ifndef TOMOEDX_TESTS_IO_VELOX_TEXT_HPP
#define TOMOEDX_TESTS_IO_VELOX_TEXT_HPP

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace velox_file {

/// Counts of one frame at (y, x, channel).
using frame = std::vector<std::uint32_t>;

struct description {
  std::size_t rows = 3, columns = 4, channels = 64;
  std::string encoding = "uint16", dispersion = "10", offset = "-250";
  bool table = true;    ///< says where frames begin
  bool packed = false;  ///< with gzip, in chunks
  bool column = true;   ///< the stream is (n, 1), else (n)

  std::string settings() const {
    return fmt::format(R"({{"encoding":"uint16","bincount":"{}","StreamEncoding":"{}",)"
                       R"("RasterScanDefinition":{{"Width":"{}","Height":{}}}}})",
                       channels, encoding, columns, rows);
  }

  std::string metadata(std::string const& detector) const {
    std::string detectors;
    for (int i = 0; i < 4; ++i)
      detectors +=
          fmt::format(R"("Detector-{}":{{"DetectorName":"SuperXG2{}","DetectorType":"AnalyticalDetector",)"
                      R"("ElevationAngle":"0.38397243543875248","AzimuthAngle":"0.78539816339744828",)"
                      R"("CollectionAngle":"0.175","Dispersion":"{}","OffsetEnergy":"{}","RealTime":"10.5",)"
                      R"("LiveTime":"9.5","EnergyResolution":"137"}},)",
                      i, i + 1, dispersion, offset);
    return fmt::format(
        R"({{"Core":{{"MetadataDefinitionVersion":"7.9"}},"Instrument":{{"InstrumentClass":"Titan",)"
        R"("InstrumentModel":"Themis"}},"Acquisition":{{"AcquisitionStartDatetime":{{"DateTime":"1510000000"}}}},)"
        R"("Optics":{{"AccelerationVoltage":"200000","LastMeasuredScreenCurrent":"5.0e-10"}},)"
        R"("Stage":{{"AlphaTilt":"0.17453292519943295"}},"BinaryResult":{{"Detector":"{}",)"
        R"("PixelSize":{{"width":"1.5e-9","height":"1.5e-9"}},"PixelUnitX":"m","PixelUnitY":"m","Offset":{{"x":"0","y":"0"}}}},)"
        R"("Detectors":{{{}"Detector-4":{{"DetectorName":"HAADF","DetectorType":"ScanningDetector"}}}}}})",
        detector, detectors);
  }
};

/// The values of a stream, and where its frames begin in it.
inline std::vector<std::uint16_t> stream(std::vector<frame> const& frames, std::size_t channels,
                                         std::vector<std::uint64_t>* begins = nullptr) {
  std::vector<std::uint16_t> s;
  for (frame const& f : frames) {
    if (begins != nullptr) begins->push_back(s.size());
    for (std::size_t p = 0; p < f.size() / channels; ++p) {
      for (std::size_t c = channels; c-- > 0;)
        s.insert(s.end(), f[p * channels + c], static_cast<std::uint16_t>(c));
      s.push_back(65535);
    }
  }
  return s;
}

}  // namespace velox_file

#endif
