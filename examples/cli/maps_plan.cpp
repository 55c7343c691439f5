// SPDX-License-Identifier: BSD-3-Clause
#include "geometry.hpp"
#include "maps.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/location.hpp>
#include <tomoedx/io/spectrum_file.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

void check_word(char const* option, std::string const& word, std::vector<std::string> const& known) {
  expects<value_error>(std::ranges::find(known, word) != known.end(), "{} {}: is none of {}", option, word,
                       fmt::format("{}", fmt::join(known, ", ")));
}

/// Whole text as a number, or nothing.
std::optional<double> number(std::string const& text) {
  char* end = nullptr;
  double const v = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(v)) return std::nullopt;
  return v;
}

void check_options(maps_command const& c) {
  check_word("--method", c.method, {"fit", "windows"});
  check_word("--negative", c.negative, {"spread", "clip", "keep"});
  bool const fits = c.method == "fit";
  expects<value_error>(!fits || c.background.empty(),
                       "--background is for --method windows; a fit has its own, leave it out");
  expects<value_error>(fits || c.estimator.empty(), "--estimator is for --method fit; leave it out");
  if (!c.background.empty()) check_word("--background", c.background, {"none", "linear", "power"});
  if (!c.estimator.empty()) check_word("--estimator", c.estimator, {"local", "linear", "likelihood"});
  expects<value_error>(!fits || c.pca.empty(),
                       "--pca is for --method windows; a fit has its own way with noise, leave it out");
  if (!c.pca.empty() && c.pca != "auto") {
    auto const n = number(c.pca);
    expects<value_error>(n.has_value() && *n >= 1 && *n <= 1000 && *n == std::floor(*n),
                         "--pca {}: give the number of components, 1 to 1000, or auto", c.pca);
  }
  expects<value_error>(!c.resolution_ev || (*c.resolution_ev >= 50 && *c.resolution_ev <= 1000),
                       "--resolution {}: give 50 to 1000 eV at Mn Ka", c.resolution_ev.value_or(0));
  expects<value_error>(!c.pixel_nm || (*c.pixel_nm > 0 && std::isfinite(*c.pixel_nm)),
                       "--pixel-size {}: give nanometres, above 0", c.pixel_nm.value_or(0));
  expects<value_error>(c.bin >= 1 && c.bin <= 256, "--bin {}: give 1 to 256 pixels", c.bin);
  expects<value_error>(!c.elements.empty() || !c.lines.empty(),
                       "which maps? give --elements, as Mg,Si,Fe, or --lines, as Fe_Ka");
  check_threads(c.threads);
}

/// Directories stand for the files of spectra in them.
std::vector<std::string> expanded(std::vector<std::string> const& inputs) {
  static constexpr std::string_view known[] = {".bcf", ".hspy", ".emd", ".h5", ".hdf5", ".dm3", ".dm4"};
  std::vector<std::string> files;
  for (auto const& input : inputs) {
    std::error_code ec;
    if (!fs::is_directory(input, ec)) {
      files.push_back(input);
      continue;
    }
    auto const first = files.size();
    for (fs::directory_iterator i(input, ec), end; !ec && i != end; i.increment(ec))
      if (i->is_regular_file(ec) &&
          std::ranges::find(known, i->path().extension().string()) != std::end(known))
        files.push_back(i->path().string());
    expects<file_error>(files.size() > first, "{}: holds no file of spectra (.bcf .hspy .emd .h5 .dm3 .dm4)",
                        input);
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  }
  return files;
}

/// Everything the files tell; they must be of one kind.
struct looked {
  std::vector<spectrum_source> sources;
  std::vector<std::optional<double>> of_file, of_name;  ///< [degree] of each source
  io::spectrum_info first;
};

looked look_at_spectra(maps_plan& p) {
  looked l;
  for (auto const& file : p.files) {
    auto const what = io::inspect_spectrum(file);
    if (l.sources.empty()) l.first = what;
    expects<shape_error>(what.rows == l.first.rows && what.columns == l.first.columns,
                         "{}: has {} x {} pixels, {} has {} x {}; all images of a series have the same", file,
                         what.rows, what.columns, p.files.front(), l.first.rows, l.first.columns);
    bool const same = what.energy.channels == l.first.energy.channels &&
                      std::abs(what.energy.first_kev - l.first.energy.first_kev) < l.first.energy.width_kev &&
                      std::abs(what.energy.width_kev / l.first.energy.width_kev - 1) < 1e-3;
    expects<value_error>(
        same,
        "{}: its {} channels from {:.4g} keV by {:.4g} eV are not those of {} ({} from {:.4g} by "
        "{:.4g}); treat them one by one",
        file, what.energy.channels, what.energy.first_kev, 1000 * what.energy.width_kev, p.files.front(),
        l.first.energy.channels, l.first.energy.first_kev, 1000 * l.first.energy.width_kev);
    bool const own = what.tilts.size() == what.images;
    for (std::size_t i = 0; i < what.images; ++i) {
      l.sources.push_back({file, i, l.sources.size(), 0});
      l.of_file.push_back(own                ? std::optional(what.tilts[i])
                          : what.images == 1 ? what.how.tilt_deg
                                             : std::nullopt);
      l.of_name.push_back(what.images == 1 ? number(fs::path(file).stem().string()) : std::nullopt);
    }
  }
  return l;
}

/// The angles: as given, else of the files where they differ, else of their names.
void find_tilts(maps_plan& p, looked& l) {
  auto const put = [&](std::vector<double> const& tilts, std::string from) {
    for (std::size_t i = 0; i < l.sources.size(); ++i) l.sources[i].tilt_deg = tilts[i];
    p.tilts_from = std::move(from);
  };
  auto const all = [](std::vector<std::optional<double>> const& some) {
    std::vector<double> tilts;
    for (auto const& t : some)
      if (t && std::abs(*t) <= 360) tilts.push_back(*t);
    return tilts.size() == some.size() ? tilts : std::vector<double>();
  };
  auto const differ = [](std::vector<double> const& tilts) {
    return tilts.size() == 1 ||
           (!tilts.empty() && std::ranges::minmax(tilts).min < std::ranges::minmax(tilts).max);
  };
  auto const of_file = all(l.of_file), of_name = all(l.of_name);
  if (!p.asked.tilts.empty()) {
    auto const tilts = read_tilts(p.asked.tilts);
    expects<shape_error>(tilts.size() == l.sources.size(),
                         "--tilts {}: {} angles for {} spectrum images; give one for each", p.asked.tilts,
                         tilts.size(), l.sources.size());
    put(tilts, "--tilts");
  } else if (differ(of_file)) {
    put(of_file, "the files");
  } else if (differ(of_name)) {
    put(of_name, "the names of the files");
    if (!of_file.empty())
      p.warnings.push_back(
          fmt::format("every file says that its tilt is {} degrees, so their names are taken: "
                      "{} to {}; give --tilts if these are no angles",
                      of_file.front(), std::ranges::min(of_name), std::ranges::max(of_name)));
  } else {
    expects<value_error>(
        l.sources.size() == 1,
        "--tilts is missing and neither the {} files nor their names tell the angles; give a "
        "file of angles, or FROM:TO:STEP",
        p.files.size());
    put({0}, "nowhere: one image, taken for 0 degrees");
  }
}

/// Leave tilts out, and bring the others in order.
void arrange(maps_plan& p, looked& l) {
  p.images = l.sources.size();
  for (std::size_t const d : p.asked.drop)
    expects<value_error>(d < p.images, "--drop {}: there are {} images, 0 to {}", d, p.images, p.images - 1);
  for (auto const& s : l.sources)
    if (std::ranges::find(p.asked.drop, s.place) == p.asked.drop.end()) p.sources.push_back(s);
  expects<value_error>(!p.sources.empty(), "--drop leaves none of the {} images", p.images);
  std::ranges::stable_sort(p.sources, {}, &spectrum_source::tilt_deg);
}

void find_energies(maps_plan& p) {
  double const first = p.energy.energy(0), last = p.energy.energy(static_cast<double>(p.energy.channels) - 1);
  p.from_kev = 0.2;
  p.to_kev = std::min(last, p.scope.beam.value);
  if (!p.asked.range.empty()) {
    auto const at = p.asked.range.find(':');
    auto const from = number(p.asked.range.substr(0, at));
    auto const to = at == std::string::npos ? std::nullopt : number(p.asked.range.substr(at + 1));
    expects<value_error>(from && to && *from > 0 && *to > *from, "--range {}: give FROM:TO in keV, as 0.2:12",
                         p.asked.range);
    p.from_kev = *from;
    p.to_kev = std::min(*to, p.to_kev);
  }
  p.from_kev = std::max(p.from_kev, first);
  expects<value_error>(
      p.to_kev > p.from_kev,
      "{}: no energies between {:.3g} and {:.3g} keV; the spectra reach from {:.3g} to {:.3g}",
      p.asked.range.empty() ? p.files.front() : "--range " + p.asked.range, p.from_kev, p.to_kev, first,
      last);
}

}  // namespace

maps_plan plan_maps(maps_command const& c) {
  check_options(c);
  maps_plan p;
  p.asked = c;
  p.files = expanded(c.inputs);
  auto l = look_at_spectra(p);
  p.scope = microscope_of(c.microscope, l.first.how.beam_kev);
  p.rows = l.first.rows, p.columns = l.first.columns;
  p.energy = l.first.energy;
  expects<value_error>(p.rows >= c.bin && p.columns >= c.bin, "--bin {}: the images have {} x {} pixels",
                       c.bin, p.rows, p.columns);
  find_tilts(p, l);
  arrange(p, l);
  find_energies(p);
  p.lines = choose_lines(c.elements, c.lines, p.scope.beam, p.from_kev, std::min(p.to_kev, 14.0));
  for (auto const& line : p.lines)
    expects<value_error>(line.line->energy_kev > p.from_kev && line.line->energy_kev < p.to_kev,
                         "{}: at {:.4g} keV it is outside of {:.3g} to {:.3g} keV", line.line_name(),
                         line.line->energy_kev, p.from_kev, p.to_kev);
  for (auto const& name : c.artefacts) {
    auto const e = physics::element_named(name);
    expects<value_error>(
        std::ranges::none_of(p.lines, [&](auto const& chosen) { return chosen.line->of == e; }),
        "--artefacts {}: is among the elements to map; name it once", name);
    expects<value_error>(std::ranges::find(p.artefacts, e) == p.artefacts.end(),
                         "--artefacts {}: is named twice", name);
    p.artefacts.push_back(e);
  }
  p.resolution_ev = c.resolution_ev.value_or(l.first.how.resolution_ev.value_or(130));
  p.pixel_nm = c.pixel_nm.value_or(l.first.how.pixel_nm.value_or(0)) * static_cast<double>(c.bin);
  look_at_haadf(p);
  auto inputs = p.files;
  if (!c.haadf.empty() && !haadf_of_inputs(c)) inputs.push_back(c.haadf);
  if (!c.tilts.empty()) inputs.push_back(c.tilts);
  check_output_directory(c.output, c.force, inputs);
  double const maps = 2 * static_cast<double>(p.lines.size()) + (c.haadf.empty() ? 0 : 1);
  check_memory(sizeof(float) * maps * static_cast<double>(count_of(p.stack())), "join pixels with --bin");
  return p;
}

}  // namespace tomoedx::cli
