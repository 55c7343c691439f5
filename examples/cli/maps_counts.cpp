// SPDX-License-Identifier: BSD-3-Clause
#include "maps.hpp"

#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/spectrum_file.hpp>
#include <tomoedx/spectra/calibrate_spectrum.hpp>
#include <tomoedx/spectra/fit_lines.hpp>
#include <tomoedx/spectra/pca.hpp>
#include <tomoedx/spectra/pca_maps.hpp>
#include <tomoedx/spectra/rebin.hpp>
#include <tomoedx/spectra/suspect_lines.hpp>
#include <tomoedx/spectra/window_of.hpp>
#include <tomoedx/spectra/windows.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

/// Squares of pixels as one pixel each; rows and columns that do not fill one are left out.
spectrum_image joined(spectrum_image const& s, std::size_t bin) {
  if (bin == 1) return s;
  std::size_t const rows = s.rows / bin * bin, columns = s.columns / bin * bin;
  bool const even = rows == s.rows && columns == s.columns;
  return rebin(even ? s : crop(s, {.row_end = rows, .column_end = columns}), {.rows = bin, .columns = bin});
}

/// The images of a series one after the other; they stay in memory as long as there is plenty.
class series_reader {
 public:
  explicit series_reader(maps_plan const& p) : plan_(p), kept_(p.sources.size()), room_(free_memory() / 3) {}

  spectrum_image const& image(std::size_t i) {
    if (kept_[i]) return *kept_[i];
    stop_if_asked();
    auto read = read_spectra(plan_, plan_.sources[i]);
    double const bytes = 6.0 * static_cast<double>(read.events()) + 8.0 * static_cast<double>(read.pixels());
    if (room_ < bytes) return last_ = std::move(read);
    room_ -= bytes;
    return kept_[i].emplace(std::move(read));
  }

  /// All of them at once.
  std::vector<spectrum_image> all() {
    std::vector<spectrum_image> images;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      images.push_back(kept_[i] ? std::move(*kept_[i]) : read_spectra(plan_, plan_.sources[i]));
      kept_[i].reset();
      stop_if_asked();
    }
    return images;
  }

 private:
  maps_plan const& plan_;
  std::vector<std::optional<spectrum_image>> kept_;
  spectrum_image last_;
  double room_;
};

/// Tells how many images are done, and ends everything after a signal.
class image_progress {
 public:
  image_progress(maps_plan const& p, char const* what)
      : display_(what, p.asked.quiet, "image"), images_(p.sources.size()) {}
  void next() {
    if (display_(progress{.iteration = ++done_, .iterations = images_}) == decision::stop) stop_if_asked();
  }

 private:
  progress_display display_;
  std::size_t images_, done_ = 0;
};

std::vector<std::string> line_names(maps_plan const& p) {
  std::vector<std::string> names;
  for (auto const& l : p.lines) names.push_back(l.line_name());
  return names;
}

void keep(line_maps const& maps, std::size_t image, maps_data& d) {
  for (std::size_t l = 0; l < d.counts.size(); ++l) {
    auto const at = static_cast<std::ptrdiff_t>(image * maps.pixels());
    std::ranges::copy(maps.counts_of(l), d.counts[l].begin() + at);
    std::ranges::copy(maps.sigma_of(l), d.sigma[l].begin() + at);
  }
}

void count_in_windows(maps_plan const& p, series_reader& series, maps_data& d) {
  std::vector<physics::element> present = p.artefacts;
  for (auto const& l : p.lines) present.push_back(l.line->of);
  window_options o{.lowest_kev = p.from_kev, .highest_kev = p.to_kev};
  if (p.asked.background == "none") o.background = window_background::none;
  if (p.asked.background == "power") o.background = window_background::power_law;
  std::vector<line_window> windows;
  std::string text;
  for (auto const& l : p.lines) {
    windows.push_back(window_of(*l.line, {.mn_ka_ev = p.resolution_ev}, present, o));
    auto const& w = windows.back();
    d.windows.emplace_back(w.signal.from_kev, w.signal.to_kev);
    text += fmt::format("{}{} {:.3f} to {:.3f} keV", text.empty() ? "" : ", ", l.line_name(),
                        w.signal.from_kev, w.signal.to_kev);
  }
  d.steps.push_back(fmt::format("counted in windows, background {}: {}",
                                p.asked.background.empty() ? "linear" : p.asked.background, text));
  image_progress display(p, "maps");
  if (p.asked.pca.empty()) {
    for (std::size_t i = 0; i < p.sources.size(); ++i, display.next())
      keep(integrate_windows(series.image(i), windows), i, d);
    return;
  }
  pca_options how;
  for (auto const& w : windows)
    for (auto const& r : {w.signal, w.left, w.right})
      if (!r.empty()) how.ranges.push_back(r);
  if (p.asked.pca != "auto") how.components = std::stoul(p.asked.pca);
  auto const images = series.all();
  auto const model = principal_components(images, how);
  stop_if_asked();
  std::string shares;
  for (std::size_t k = 0; k < model.components(); ++k)
    shares += fmt::format(" {:.3g}", model.singular_values[k]);
  d.steps.push_back(
      fmt::format("{} principal components {}, of the energies of all windows; singular values{}",
                  model.components(), how.components == 0 ? "stand out of the noise" : "as asked", shares));
  for (std::size_t i = 0; i < p.sources.size(); ++i, display.next())
    keep(integrate_windows(model, windows, i), i, d);
}

void fit_series(maps_plan const& p, series_reader& series, maps_data& d) {
  std::vector<std::string> artefacts;
  for (auto const e : p.artefacts) artefacts.emplace_back(e.symbol());
  auto const detector = p.scope.detector;
  model_options how{.beam = p.scope.beam,
                    .resolution = {.mn_ka_ev = p.resolution_ev},
                    .efficiency = [detector](kiloelectronvolt e) { return detector.efficiency(e); },
                    .from_kev = p.from_kev,
                    .to_kev = p.to_kev,
                    .artefacts = artefacts};
  auto const calibration = calibrate_spectrum(make_model(p.energy, line_names(p), how), d.spectrum);
  auto const& m = calibration.model;
  auto const& fit = calibration.fit;
  d.calibration.set("first_kev", m.axis.first_kev).set("width_ev", 1000 * m.axis.width_kev);
  d.calibration.set("resolution_ev", m.how.resolution.mn_ka_ev).set("fano", m.how.resolution.fano);
  d.calibration.set("deviance", fit.reduced_deviance()).set("deviance_before", calibration.start_deviance);
  std::string unnamed;
  for (auto const& line : suspect_lines(calibration.full, d.spectrum))
    unnamed += fmt::format("{}{}{} ({:.0f} counts, {:.0f} sigma)", unnamed.empty() ? "" : ", ", line.name,
                           line.rivals.empty() ? "" : fmt::format(" or {}", fmt::join(line.rivals, " or ")),
                           line.counts, line.sigmas);
  if (!unnamed.empty())
    d.warnings.push_back(
        fmt::format("the sum of the series has more than the lines named can explain: {}; what is not of "
                    "the specimen goes to --artefacts",
                    unnamed));
  d.model.assign(p.energy.channels, 0);
  d.background.assign(p.energy.channels, 0);
  std::ranges::copy(fit.expected, d.model.begin() + static_cast<std::ptrdiff_t>(fit.range.begin));
  std::ranges::copy(fit.background, d.background.begin() + static_cast<std::ptrdiff_t>(fit.range.begin));
  d.steps.push_back(
      fmt::format("calibrated on the sum of the series: resolution {:.1f} eV at Mn Ka, channel 0 at {:.2f} "
                  "eV (file {:.2f}), {:.4f} eV a "
                  "channel (file {:.4f}); deviance {:.2f} for each degree of freedom",
                  m.how.resolution.mn_ka_ev, 1000 * m.axis.first_kev, 1000 * p.energy.first_kev,
                  1000 * m.axis.width_kev, 1000 * p.energy.width_kev, fit.reduced_deviance()));
  auto const name = p.asked.estimator.empty() ? std::string("local") : p.asked.estimator;
  line_map_options const estimate{.estimator = name == "local"    ? line_estimator::local
                                               : name == "linear" ? line_estimator::linear
                                                                  : line_estimator::likelihood};
  d.steps.push_back(fmt::format(
      "fitted every pixel by {}: {}{}",
      name == "local"    ? "weighted sums of its counts, the weights best for its surroundings"
      : name == "linear" ? "weighted sums of its counts, the weights best for the mean of the image"
                         : "maximum likelihood, never below zero",
      fmt::join(line_names(p), " "),
      artefacts.empty() ? "" : fmt::format(", fitted and left out: {}", fmt::join(artefacts, " "))));
  image_progress display(p, "maps");
  for (std::size_t i = 0; i < p.sources.size(); ++i, display.next())
    keep(fit_lines(m, series.image(i), estimate,
                   [](progress const&) { return caught_signal() != 0 ? decision::stop : decision::proceed; }),
         i, d);
}

/// Counts below zero are what is left of noise where a background was taken away.
void deal_with_negative(maps_plan const& p, maps_data& d) {
  auto const sum = [](std::vector<float> const& v) {
    double s = 0;
    for (float const x : v) s += static_cast<double>(x);
    return s;
  };
  std::string grown;
  std::size_t below = 0;
  for (std::size_t l = 0; l < d.counts.size(); ++l) {
    auto& stack = d.counts[l];
    double const before = sum(stack);
    below += static_cast<std::size_t>(std::ranges::count_if(stack, [](float v) { return v < 0; }));
    if (p.asked.negative == "spread") spread_negative(stack, p.stack());
    if (p.asked.negative != "keep")
      for (float& v : stack) v = std::max(v, 0.0f);
    double const share = before > 0 ? sum(stack) / before - 1 : 0;
    d.excess.push_back(share);
    if (share > 5e-4)
      grown += fmt::format("{}{} by {:.1f} %", grown.empty() ? "" : ", ", p.lines[l].name, 100 * share);
  }
  if (below == 0 || p.asked.negative == "keep") return;
  d.steps.push_back(fmt::format(
      "{} of all pixels were below zero: {}{}",
      fmt::format("{:.1f} %", 100.0 * static_cast<double>(below) /
                                  static_cast<double>(d.counts.size() * count_of(p.stack()))),
      p.asked.negative == "spread" ? "that was taken from the counts around them" : "they were set to zero",
      grown.empty() ? "" : "; sums grew all the same: " + grown));
}

}  // namespace

spectrum_image read_spectra(maps_plan const& p, spectrum_source const& source) {
  io::spectrum_options which;
  which.index = source.index;
  auto const s = io::read_spectrum_image(source.path, which);
  validate(s, source.path.c_str());
  expects<file_error>(s.rows == p.rows && s.columns == p.columns && s.energy.channels == p.energy.channels,
                      "{}: image {} is {} x {} x {}, its header said {} x {} x {}", source.path, source.index,
                      s.rows, s.columns, s.energy.channels, p.rows, p.columns, p.energy.channels);
  return joined(s, p.asked.bin);
}

void spread_negative(std::vector<float>& stack, shape3 const& shape) {
  auto const [tilts, rows, columns] = shape;
  for (std::size_t t = 0; t < tilts; ++t) {
    float* const image = stack.data() + t * rows * columns;
    for (std::size_t reach = 1; reach <= std::max(rows, columns); reach *= 2) {
      bool any = false;
      for (std::size_t y = 0; y < rows; ++y)
        for (std::size_t x = 0; x < columns; ++x) {
          float& v = image[y * columns + x];
          if (v >= 0) continue;
          std::size_t const y0 = y - std::min(y, reach), y1 = std::min(rows, y + reach + 1);
          std::size_t const x0 = x - std::min(x, reach), x1 = std::min(columns, x + reach + 1);
          double there = 0;
          for (std::size_t b = y0; b < y1; ++b)
            for (std::size_t a = x0; a < x1; ++a) there += std::max(image[b * columns + a], 0.0f);
          if (there <= 0) {
            any = true;
            continue;
          }
          double const missing = -static_cast<double>(v), taken = std::min(missing, there);
          auto const left = static_cast<float>(1 - taken / there);
          for (std::size_t b = y0; b < y1; ++b)
            for (std::size_t a = x0; a < x1; ++a)
              if (image[b * columns + a] > 0) image[b * columns + a] *= left;
          v = static_cast<float>(taken - missing);
          any = any || v < 0;
        }
      if (!any) break;
    }
  }
}

maps_data count_lines(maps_plan const& p) {
  maps_data d;
  d.warnings = p.warnings;
  d.counts.assign(p.lines.size(), std::vector<float>(count_of(p.stack())));
  d.sigma = d.counts;
  d.spectrum.assign(p.energy.channels, 0);
  series_reader series(p);
  double total = 0;
  {
    image_progress display(p, "reading");
    for (std::size_t i = 0; i < p.sources.size(); ++i, display.next()) {
      auto const one = sum_spectrum(series.image(i));
      for (std::size_t c = 0; c < one.size(); ++c) d.spectrum[c] += one[c], total += one[c];
    }
  }
  d.steps.push_back(fmt::format(
      "read {} spectrum images of {} x {} pixels and {} channels, {:.0f} counts; tilts {:g} to {:g} "
      "degrees, from {}{}",
      p.sources.size(), p.rows, p.columns, p.energy.channels, total, p.sources.front().tilt_deg,
      p.sources.back().tilt_deg, p.tilts_from,
      p.asked.bin > 1 ? fmt::format("; joined {0} x {0} pixels", p.asked.bin) : ""));
  if (p.sources.size() < p.images)
    d.steps.push_back(fmt::format("left out {} of {} images", p.images - p.sources.size(), p.images));
  expects<value_error>(total > 0, "{}: the spectra hold no count", p.files.front());
  if (p.asked.method == "fit")
    fit_series(p, series, d);
  else
    count_in_windows(p, series, d);
  deal_with_negative(p, d);
  carry_haadf(p, d);
  for (std::size_t l = 0; l < d.counts.size(); ++l)
    if (std::ranges::none_of(d.counts[l], [](float v) { return v > 0; }))
      d.warnings.push_back(fmt::format("the map {} is empty: no {} was counted; leave it out",
                                       p.lines[l].name, p.lines[l].line_name()));
  return d;
}

}  // namespace tomoedx::cli
