// SPDX-License-Identifier: BSD-3-Clause
// What `info` says of spectrum images.
#include "info_spectra.hpp"
#include "tree.hpp"

#include <tomoedx/io/spectrum_file.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tomoedx::cli {
namespace {

/// What the spectra of a file say, or nothing where it holds none that are known to be spectra.
std::optional<io::spectrum_info> spectra_in(std::string const& file) {
  bool bruker = false;
  try {
    auto const kind = io::detail::kind_of_any_file(io::detail::locate(file));
    bruker = kind == io::detail::kind::bcf;  // never anything but spectra
    if (!bruker && kind != io::detail::kind::hdf5 && kind != io::detail::kind::dm) return std::nullopt;
    return io::inspect_spectrum(file);
  } catch (file_error const&) {
    if (bruker) throw;
    return std::nullopt;  // images without an energy, or a file that the arrays' reader explains better
  }
}

struct counted {
  double sum = 0, most = 0;  ///< counts; those of the richest pixel
  std::size_t pixels = 0, empty = 0;
};

counted count(std::string const& file, io::spectrum_info const& what) {
  counted c;
  for (std::size_t i = 0; i < what.images; ++i) {
    auto const s = io::read_spectrum_image(file, {.index = i});
    c.pixels += s.pixels();
    for (std::size_t p = 0; p < s.pixels(); ++p) {
      double sum = 0;
      for (std::uint32_t const n : s.counts_of(p)) sum += n;
      c.sum += sum;
      c.most = std::max(c.most, sum);
      c.empty += sum == 0;
    }
  }
  return c;
}

struct named_number {
  char const* name;
  char const* units;
  std::optional<double> value;
};

std::vector<named_number> numbers_of(acquisition const& how) {
  return {{"pixel", "nm", how.pixel_nm},
          {"beam", "keV", how.beam_kev},
          {"current", "nA", how.beam_na},
          {"live time", "s", how.live_time_s},
          {"real time", "s", how.real_time_s},
          {"tilt", "degrees", how.tilt_deg},
          {"resolution", "eV at Mn Ka", how.resolution_ev},
          {"elevation", "degrees", how.elevation_deg},
          {"azimuth", "degrees", how.azimuth_deg},
          {"solid angle", "sr", how.solid_angle_sr}};
}

std::string json_of(std::string const& file, io::spectrum_info const& what, counted const& c) {
  tree t = tree::empty_object(), energy = tree::empty_object(), how = tree::empty_object();
  energy.set("channels", what.energy.channels)
      .set("first_kev", what.energy.first_kev)
      .set("width_kev", what.energy.width_kev);
  for (auto const& n : numbers_of(what.how)) {
    std::string name = n.name;
    std::ranges::replace(name, ' ', '_');
    how.set(name, n.value ? tree(*n.value) : tree());
  }
  how.set("elements", tree(what.how.elements))
      .set("title", what.how.title)
      .set("instrument", what.how.instrument)
      .set("date", what.how.date)
      .set("notes", tree(what.how.notes));
  t.set("path", file)
      .set("format", what.format)
      .set("images", what.images)
      .set("rows", what.rows)
      .set("columns", what.columns)
      .set("energy", energy)
      .set("tilts_deg", tree(what.tilts))
      .set("acquisition", how)
      .set("counts", c.sum)
      .set("most_counts_of_a_pixel", c.most)
      .set("pixels_without_counts", c.empty);
  return to_json(t);
}

void print(std::string const& file, io::spectrum_info const& what, counted const& c) {
  fmt::print("file     {}\nformat   {}, spectra\n", file, what.format);
  fmt::print("images   {} of {} x {} pixels (y x)\n", what.images, what.rows, what.columns);
  fmt::print("energy   {} channels of {:g} eV, {:.4f} to {:.4f} keV\n", what.energy.channels,
             1000 * what.energy.width_kev, what.energy.energy(0),
             what.energy.energy(static_cast<double>(what.energy.channels) - 1));
  fmt::print("counts   {:.0f}, {:.4g} a pixel, at most {:.0f}; {} pixels have none\n", c.sum,
             c.sum / static_cast<double>(c.pixels), c.most, c.empty);
  for (auto const& n : numbers_of(what.how))
    if (n.value) fmt::print("{:<11} {:g} {}\n", n.name, *n.value, n.units);
  if (!what.how.elements.empty()) fmt::print("elements {}\n", fmt::join(what.how.elements, " "));
  for (auto const* text : {&what.how.title, &what.how.instrument, &what.how.date})
    if (!text->empty()) fmt::print("note     {}\n", *text);
  if (!what.tilts.empty())
    fmt::print("tilts    {}: {:g} degrees\n", what.tilts.size(), fmt::join(what.tilts, " "));
  for (auto const& note : what.how.notes) fmt::print("note     {}\n", note);
}

}  // namespace

bool tell_of_spectra(std::string const& file, bool json) {
  auto const what = spectra_in(file);
  if (!what) return false;
  auto const c = count(file, *what);
  if (json)
    fmt::print("{}", json_of(file, *what, c));
  else
    print(file, *what, c);
  return true;
}

}  // namespace tomoedx::cli
