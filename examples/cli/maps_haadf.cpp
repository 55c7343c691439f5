// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "maps.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/bcf.hpp>
#include <tomoedx/io/velox.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

// HAADF images that go with the spectra: of a series, or of the files of the spectra themselves.
namespace tomoedx::cli {
namespace {

constexpr std::string_view inputs_word = "inputs";

/// The images that a file of spectra holds beside them.
///
/// throws   file_error: none, or no format that we read them from
std::vector<io::named_image<float>> images_in(std::string const& file) {
  std::vector<io::named_image<float>> images;
#ifdef TOMOEDX_XML
  if (io::is_bcf(file)) images = io::read_bcf_images(file);
#endif
#if defined(TOMOEDX_HDF5) && defined(TOMOEDX_JSON)
  if (images.empty() && io::is_velox(file)) images = io::read_velox_images(file);
#endif
  expects<file_error>(!images.empty(),
                      "{}: holds no image that we can read beside its spectra (some .bcf and .emd do); give "
                      "--haadf FILE, a series",
                      file);
  return images;
}

bool is_haadf(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name.find("HAADF") != name.npos;
}

std::string named(std::vector<io::named_image<float>> const& images) {
  std::string all;
  for (auto const& i : images)
    all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", i.name, io::text_of(i.image.shape));
  return all;
}

/// The HAADF image of a file, or the one by the name that was given; frames are joined to their mean.
///
/// throws   file_error: none or several; shape_error: not of the pixels of the spectra
std::vector<float> haadf_in(maps_plan const& p, std::string const& file) {
  auto const images = images_in(file);
  auto const wanted = p.asked.haadf.substr(std::min(p.asked.haadf.size(), inputs_word.size() + 1));
  std::vector<io::named_image<float>> fitting;
  for (auto const& i : images)
    if (wanted.empty() ? is_haadf(i.name) : i.name == wanted) fitting.push_back(i);
  expects<file_error>(!fitting.empty(),
                      "{}: none of its images is called {}; there are {}: give --haadf inputs:NAME", file,
                      wanted.empty() ? "HAADF" : wanted, named(images));
  if (fitting.size() > 1)  // of different sizes only one goes with the spectra
    std::erase_if(fitting, [&](io::named_image<float> const& i) {
      auto const& s = i.image.shape;
      return s.size() < 2 || s[s.size() - 2] != p.rows || s.back() != p.columns;
    });
  expects<file_error>(fitting.size() == 1, "{}: --haadf inputs: {} of its images could be meant ({}); {}",
                      file, fitting.empty() ? "none" : fmt::format("{}", fitting.size()),
                      named(fitting.empty() ? images : fitting),
                      wanted.empty() ? "give inputs:NAME, or a series" : "give a series");
  auto const& image = fitting.front().image;
  auto const& s = image.shape;
  bool const fits = (s.size() == 2 || s.size() == 3) && s[s.size() - 2] == p.rows && s.back() == p.columns;
  expects<shape_error>(fits,
                       "{}: its image {} is {}, its spectra are {} x {} pixels; give --haadf FILE, a series",
                       file, fitting.front().name, io::text_of(s), p.rows, p.columns);
  std::size_t const pixels = p.rows * p.columns, frames = image.values.size() / pixels;
  if (frames == 1) return image.values;
  std::vector<float> mean(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    double sum = 0;
    for (std::size_t f = 0; f < frames; ++f) sum += static_cast<double>(image.values[f * pixels + i]);
    mean[i] = static_cast<float>(sum / static_cast<double>(frames));
  }
  return mean;
}

/// One image as the maps are: joined pixels are a mean.
void join_into(maps_plan const& p, std::span<float const> image, std::span<float> to) {
  std::size_t const bin = p.asked.bin, rows = p.stack()[1], columns = p.stack()[2];
  for (std::size_t y = 0; y < rows; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      double sum = 0;
      for (std::size_t b = 0; b < bin; ++b)
        for (std::size_t a = 0; a < bin; ++a)
          sum += static_cast<double>(image[(y * bin + b) * p.columns + x * bin + a]);
      to[y * columns + x] = static_cast<float>(sum / static_cast<double>(bin * bin));
    }
}

}  // namespace

bool haadf_of_inputs(maps_command const& c) {
  return c.haadf == inputs_word || c.haadf.starts_with(std::string(inputs_word) + ":");
}

void look_at_haadf(maps_plan const& p) {
  if (p.asked.haadf.empty()) return;
  if (haadf_of_inputs(p.asked)) {
    for (auto const& s : p.sources) {
      expects<file_error>(
          s.index == 0 && std::ranges::count(p.sources, s.path, &spectrum_source::path) == 1,
          "{}: --haadf inputs: it holds several spectrum images, so whose its HAADF is cannot "
          "be told; give a series",
          s.path);
      haadf_in(p, s.path);
    }
    return;
  }
  auto const what = look_at_three(p.asked.haadf, "HAADF");
  expects<shape_error>(what.shape[0] == p.images && what.shape[1] == p.rows && what.shape[2] == p.columns,
                       "HAADF ({}): is {}, the spectra are {} images of {} x {} pixels", p.asked.haadf,
                       io::text_of(what.shape), p.images, p.rows, p.columns);
}

void carry_haadf(maps_plan const& p, maps_data& d) {
  if (p.asked.haadf.empty()) return;
  d.haadf.resize(count_of(p.stack()));
  std::size_t const recorded = p.rows * p.columns, pixels = p.stack()[1] * p.stack()[2];
  auto const target = [&](std::size_t t) { return std::span(d.haadf).subspan(t * pixels, pixels); };
  if (haadf_of_inputs(p.asked)) {
    for (std::size_t t = 0; t < p.sources.size(); ++t) {
      auto const image = haadf_in(p, p.sources[t].path);
      check_values(image, {1, p.rows, p.columns}, "HAADF of " + p.sources[t].path, "image", allowed::finite);
      join_into(p, image, target(t));
    }
    d.steps.emplace_back("took the HAADF images out of the files of the spectra");
    return;
  }
  auto const all = load(p.asked.haadf).values;
  check_values(all, {p.images, p.rows, p.columns}, "HAADF (" + p.asked.haadf + ")", "tilt", allowed::finite);
  for (std::size_t t = 0; t < p.sources.size(); ++t)
    join_into(p, std::span(all).subspan(p.sources[t].place * recorded, recorded), target(t));
}

}  // namespace tomoedx::cli
