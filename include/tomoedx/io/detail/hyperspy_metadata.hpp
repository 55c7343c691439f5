// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HYPERSPY_METADATA_HPP
#define TOMOEDX_IO_DETAIL_HYPERSPY_METADATA_HPP
// IWYU pragma: private, include "tomoedx/io/hyperspy.hpp"

#include <tomoedx/io/detail/hdf5_strings.hpp>
#include <tomoedx/io/spectrum_info.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// The attributes of HyperSpy's metadata, wherever the version of the file keeps them.
class hyperspy_metadata {
 public:
  /// `experiment` is the group with the data in it.
  explicit hyperspy_metadata(hid_t experiment) {
    for (char const* name : {"metadata", "mapped_parameters"})  // before format 1.2
      if (!root_ && has(experiment, name)) root_ = handle(H5Oopen(experiment, name, H5P_DEFAULT), H5Oclose);
  }

  std::optional<double> number(std::string const& group, char const* name, double least, double most) const {
    auto const v = in(group, [&](hid_t g) { return number_attribute(g, name); });
    return v && *v > least && *v < most ? v : std::nullopt;
  }
  std::string text(std::string const& group, char const* name) const {
    std::string const t = in(group, [&](hid_t g) { return text_attribute(g, name); });
    return t == "_None_" || t == "__unnamed__" ? "" : t;
  }
  std::vector<std::string> texts(std::string const& group, char const* name) const {
    return in(group, [&](hid_t g) { return text_list(g, name); });
  }

 private:
  template <class Ask>
  auto in(std::string const& group, Ask const& ask) const -> decltype(ask(hid_t())) {
    if (!root_ || (!group.empty() && !has(root_, group))) return {};
    handle const g(H5Oopen(root_, group.empty() ? "." : group.c_str(), H5P_DEFAULT), H5Oclose);
    if (!g) return {};
    return ask(g);
  }

  handle root_;
};

/// What HyperSpy's metadata says of how the spectra were taken.
inline acquisition hyperspy_acquisition(hyperspy_metadata const& m) {
  acquisition how;
  auto const first = [](std::optional<double>& to, std::optional<double> const& found) {
    if (!to) to = found;
  };
  for (std::string const& scope :
       std::vector<std::string>{"Acquisition_instrument/TEM", "Acquisition_instrument/SEM", "TEM", "SEM"}) {
    first(how.beam_kev, m.number(scope, "beam_energy", 0, 1e5));
    first(how.beam_na, m.number(scope, "beam_current", 0, 1e6));
    first(how.tilt_deg, m.number(scope + "/Stage", "tilt_alpha", -360, 360));
    first(how.tilt_deg, m.number(scope, "tilt_stage", -360, 360));
    if (how.instrument.empty()) how.instrument = m.text(scope, "microscope");
    for (std::string const& detector : {scope + "/Detector/EDS", scope + "/EDS"}) {
      first(how.live_time_s, m.number(detector, "live_time", 0, 1e9));
      first(how.real_time_s, m.number(detector, "real_time", 0, 1e9));
      first(how.resolution_ev, m.number(detector, "energy_resolution_MnKa", 0, 1e4));
      first(how.elevation_deg, m.number(detector, "elevation_angle", -90, 90));
      first(how.azimuth_deg, m.number(detector, "azimuth_angle", -360, 360));
      first(how.solid_angle_sr, m.number(detector, "solid_angle", 0, 12.6));
    }
  }
  for (char const* list : {"_list_elements", "_tuple_elements", "elements"})
    if (how.elements.empty()) how.elements = m.texts("Sample", list);
  how.title = m.text("General", "title");
  if (how.title.empty()) how.title = m.text("", "title");
  how.date = m.text("General", "date");
  if (std::string const time = m.text("General", "time"); !time.empty())
    how.date += (how.date.empty() ? "" : " ") + time;
  return how;
}

}  // namespace tomoedx::io::detail

#endif
