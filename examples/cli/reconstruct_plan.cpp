// SPDX-License-Identifier: BSD-3-Clause
#include "reconstruct.hpp"

#include <tomoedx/geometry/validate.hpp>
#include <tomoedx/io/tilts.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomoedx::cli {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Throw unless a map's name can be the name of a file and of a dataset.
void check_name(std::string const& name, std::string const& argument) {
  auto const odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f ||
           std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
  };
  expects<value_error>(!name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
                           std::none_of(name.begin(), name.end(), odd),
                       "--map {}: \"{}\" cannot be a file name; name the map by its element, as Fe={}",
                       argument, name, argument.substr(argument.find('=') + 1));
  expects<value_error>(lower_case(name) != "haadf",
                       "--map {}: {} is the name of the HAADF series; call the map otherwise", argument,
                       name);
}

std::vector<series_file> parse_maps(std::vector<std::string> const& arguments) {
  std::vector<series_file> maps;
  for (auto const& argument : arguments) {
    auto const at = argument.find('=');
    expects<value_error>(at != std::string::npos && at + 1 < argument.size(),
                         "--map {}: give NAME=FILE, as Fe=fe.npy", argument);
    series_file m{argument.substr(0, at), argument.substr(at + 1), {}};
    check_name(m.name, argument);
    for (auto const& other : maps)
      expects<value_error>(lower_case(other.name) != lower_case(m.name),
                           "--map {}: there is a map {} already; results are files by these names", argument,
                           other.name);
    maps.push_back(std::move(m));
  }
  return maps;
}

void check_numbers(reconstruction_plan const& p) {
  auto const& c = p.asked;
  auto const& o = p.options;
  if (p.how->knows(option::upper))
    expects<value_error>(o.number(option::lower) <= o.number(option::upper),
                         "--lower {} and --upper {}: the lower bound is not below the upper",
                         o.number(option::lower), o.number(option::upper));
  expects<value_error>(
      o.number(option::background) == 0 || !p.reconstructs_haadf(),
      "--background is counts of the maps and would be taken from HAADF as well; leave --haadf out");
  expects<value_error>(
      o.text(option::noise) != "poisson" || !p.reconstructs_haadf(),
      "--noise poisson is for counts, and HAADF is none; give --noise gaussian, or leave --haadf out");
  expects<value_error>(!c.options.has(option::every) || o.has(option::checkpoint),
                       "--every is the number of iterations between checkpoints; give --checkpoint FILE too");
  expects<value_error>(!c.options.has(option::seed) || o.has(option::uncertainty),
                       "--seed is that of --uncertainty; give --uncertainty N too");
  expects<value_error>(
      !o.has(option::checkpoint) || o.number(option::gamma) == 0 || o.number(option::gamma) == 1,
      "--checkpoint: no state is kept with --gamma {}; leave it out", o.number(option::gamma));
  expects<value_error>(!c.pixel_nm || (*c.pixel_nm > 0 && std::isfinite(*c.pixel_nm)),
                       "--pixel-size {}: give nanometres, above 0", c.pixel_nm.value_or(0));
  bool const links = p.joins_haadf() || c.normalize_haadf;
  expects<value_error>(links || c.link_bin == 1,
                       "--link-bin is for what links maps and HAADF, {} and --normalize-haadf; leave it out",
                       methods_that_know(option::ratios));
  expects<value_error>(c.link_bin >= 1 && c.link_bin <= 256, "--link-bin {}: give 1 to 256 pixels",
                       c.link_bin);
  check_threads(c.threads);
}

void check_channels(reconstruction_plan const& p) {
  auto const& c = p.asked;
  if (p.joins_haadf()) {
    expects<value_error>(p.haadf.has_value(),
                         "--haadf is missing: {} joins the maps with a HAADF series; give its file, "
                         "or take --method sirt or em",
                         p.how->name);
    expects<value_error>(!p.maps.empty(),
                         "--map is missing: {} needs at least one map; give NAME=FILE, as Fe=fe.npy",
                         p.how->name);
    auto const ratios = p.options.list(option::ratios);
    expects<value_error>(
        ratios.empty() || ratios.size() == p.maps.size(),
        "--ratios: {} numbers for {} maps; give one for each map, in their order, or none to have them "
        "estimated",
        ratios.size(), p.maps.size());
    for (double const r : ratios)
      expects<value_error>(std::isfinite(r) && r >= 0,
                           "--ratios: {} is no response ratio; they are 0 or more", r);
    expects<value_error>(ratios.empty() || !c.options.has(option::ratio_method),
                         "--ratio-method is how ratios are estimated; leave it or --ratios out");
    bool const own_tilts = p.options.has(option::haadf_tilts);
    expects<value_error>(
        !own_tilts || !ratios.empty(),
        "--haadf-tilts: maps and HAADF of other tilts cannot be compared pixel by pixel, so response "
        "ratios are not estimated; give --ratios");
    expects<value_error>(
        !own_tilts || (!c.normalize_haadf && c.geometry.shifts.empty()),
        "--haadf-tilts: {} goes by the tilts of the maps; bring HAADF in order before, and leave it out",
        c.normalize_haadf ? "--normalize-haadf" : "--shifts");
  }
  expects<value_error>(p.haadf || !p.maps.empty(),
                       "nothing to reconstruct; give --map NAME=FILE or --haadf FILE");
  expects<value_error>(
      !c.normalize_haadf || (p.haadf && !p.maps.empty()),
      "--normalize-haadf needs --haadf and at least one --map; it scales the one to the others");
}

/// Look at every series; all must have the shape of the first.
void look_at_series(reconstruction_plan& p) {
  series_file const* first = nullptr;
  auto const look = [&](series_file& s) {
    s.what = look_at_three(s.path, s.name == haadf_name ? "HAADF" : "map " + s.name);
    if (first == nullptr) first = &s;
    bool const own_tilts = s.name == haadf_name && p.options.has(option::haadf_tilts);
    auto const wanted = first->what.shape;
    expects<shape_error>(!own_tilts || (s.what.shape[1] == wanted[1] && s.what.shape[2] == wanted[2]),
                         "{} is {}, {} is {}; with --haadf-tilts rows and columns are the same", s.role(),
                         io::text_of(s.what.shape), first->role(), io::text_of(wanted));
    expects<shape_error>(own_tilts || s.what.shape == wanted,
                         "{} is {}, {} is {}; all series have the same shape", s.role(),
                         io::text_of(s.what.shape), first->role(), io::text_of(first->what.shape));
  };
  for (auto& m : p.maps) look(m);
  if (p.haadf) look(*p.haadf);
  p.recorded = shape_of(first->what);
  p.beam.tilts_deg = read_tilts(p.asked.geometry.tilts, &first->what);
  std::string const source =
      p.asked.geometry.tilts.empty() ? "the header of " + first->path : "--tilts " + p.asked.geometry.tilts;
  expects<shape_error>(p.beam.tilts() == p.recorded[0],
                       "{}: {} angles for the {} tilts of {}, {}; give one for each", source, p.beam.tilts(),
                       p.recorded[0], first->role(), text_of(p.recorded));
  p.rows = read_rows(p.asked.rows, p.recorded[1]);
}

/// Tilts of HAADF and doses, where they are given.
void read_tilt_options(reconstruction_plan& p) {
  if (auto const text = p.options.text(option::haadf_tilts); !text.empty()) {
    p.haadf_tilts = read_tilts(text);
    expects<shape_error>(p.haadf_tilts.size() == p.haadf->what.shape[0],
                         "--haadf-tilts {}: {} angles for the {} tilts of {}; give one for each", text,
                         p.haadf_tilts.size(), p.haadf->what.shape[0], p.haadf->role());
  }
  if (auto const file = p.options.text(option::doses); !file.empty()) {
    io::detail::each_line(file, [&](std::size_t line, std::vector<double> const& numbers) {
      expects<value_error>(numbers.size() == 1,
                           "--doses {}: line {} holds {} numbers; give one for each tilt", file, line,
                           numbers.size());
      p.doses.push_back(numbers[0]);
    });
    expects<shape_error>(p.doses.size() == p.beam.tilts(),
                         "--doses {}: {} doses for {} tilts; give one for each", file, p.doses.size(),
                         p.beam.tilts());
    for (std::size_t t = 0; t < p.doses.size(); ++t)
      expects<value_error>(p.doses[t] > 0 && std::isfinite(p.doses[t]),
                           "--doses {}: that of tilt {} is {}; give numbers above 0", file, t, p.doses[t]);
  }
}

/// A file for the state that is none of the inputs and survives what --force removes.
void check_checkpoint(reconstruction_plan& p, std::vector<std::string> const& inputs) {
  namespace fs = std::filesystem;
  auto const file = p.options.text(option::checkpoint);
  if (file.empty()) return;
  std::error_code ec;
  for (auto const& input : inputs)
    expects<file_error>(!fs::equivalent(file, input, ec),
                        "--checkpoint {}: is the input {}, which would be replaced; choose another name",
                        file, input);
  expects<file_error>(!fs::is_directory(file, ec), "--checkpoint {}: is a directory; give the name of a file",
                      file);
  auto const inside =
      fs::weakly_canonical(file, ec).lexically_relative(fs::weakly_canonical(p.asked.output, ec));
  expects<file_error>(inside.empty() || *inside.begin() == "..",
                      "--checkpoint {}: lies in {}, which is made anew; choose another folder", file,
                      p.asked.output);
  auto const folder = fs::path(file).parent_path();
  expects<file_error>(folder.empty() || fs::is_directory(folder, ec),
                      "--checkpoint {}: the folder {} does not exist; create it first", file,
                      folder.string());
  p.resumes = fs::exists(file, ec);
}

void read_register(reconstruction_plan& p) {
  auto const& file = p.asked.geometry.shifts;
  if (file.empty()) return;
  auto const shifts = io::read_shifts(file);
  expects<shape_error>(shifts.size() == p.beam.tilts(),
                       "{}: {} shifts for {} tilts; give one line for each tilt", file, shifts.size(),
                       p.beam.tilts());
  bool any = false;
  for (std::size_t t = 0; t < shifts.size(); ++t) {
    expects<value_error>(std::abs(shifts[t].y) < static_cast<double>(p.recorded[1]) &&
                             std::abs(shifts[t].x) < static_cast<double>(p.recorded[2]),
                         "{}: tilt {} is moved by ({}, {}) pixels, out of the image of {} x {}", file, t,
                         shifts[t].x, shifts[t].y, p.recorded[2], p.recorded[1]);
    p.beam.shifts.push_back(shifts[t].x);
    p.dy.push_back(shifts[t].y);
    any = any || shifts[t].y != 0;
  }
  if (!any) p.dy.clear();
}

/// The pixel size: as asked, else of the first series that knows it; series that disagree are refused.
void find_pixel_size(reconstruction_plan& p) {
  if (p.asked.pixel_nm) {
    p.x_nm = p.y_nm = *p.asked.pixel_nm;
    return;
  }
  series_file const* known = nullptr;
  auto const look = [&](series_file const& s) {
    double const x = nanometres_along(s.what.axes, 2), y = nanometres_along(s.what.axes, 1);
    if (x <= 0) return;
    expects<value_error>(
        known == nullptr || std::abs(x - p.x_nm) <= 0.01 * p.x_nm,
        "{} has pixels of {:.4g} nm, {} of {:.4g} nm; if they are the same, say so with --pixel-size",
        s.role(), x, known == nullptr ? "" : known->role(), p.x_nm);
    if (known != nullptr) return;
    known = &s;
    p.x_nm = x;
    p.y_nm = y > 0 ? y : x;
  };
  for (auto const& m : p.maps) look(m);
  if (p.haadf) look(*p.haadf);
}

/// A volume to start from or to mask with: the size of the result, or of all rows of which some are taken.
void check_volume(reconstruction_plan const& p, std::string const& file, std::string const& role) {
  auto const shape = shape_of(look_at_three(file, role));
  shape3 const part = p.volume(), whole{part[0], p.recorded[1], part[2]};
  expects<shape_error>(shape == part || shape == whole, "{} ({}): is {}, the volume is {} (z, y, x)", role,
                       file, text_of(shape), text_of(part));
}

void find_warm_start(reconstruction_plan& p) {
  auto const directory = p.options.text(option::warm_start);
  if (directory.empty()) return;
  std::error_code ec;
  expects<file_error>(std::filesystem::is_directory(directory, ec),
                      "--warm-start {}: is no directory; give one that holds a volume for each channel",
                      directory);
  auto const files = arrays_in(directory);
  for (auto const& name : p.volume_names()) {
    auto const found = std::ranges::find(files, name, &named_file::name);
    expects<file_error>(found != files.end(),
                        "--warm-start {}: holds no volume {}; one for each channel is wanted", directory,
                        name);
    check_volume(p, found->path, name);
    p.warm_files.push_back(found->path);
  }
}

void estimate_memory(reconstruction_plan const& p) {
  auto const size = [](shape3 const& s, bool padded) {
    double const rows = static_cast<double>(padded ? (s[1] + 3) / 4 * 4 : s[1]);
    return sizeof(float) * static_cast<double>(s[0]) * rows * static_cast<double>(s[2]);
  };
  double const series = static_cast<double>(p.maps.size() + (p.haadf ? 1 : 0));
  double const volumes = static_cast<double>(p.volume_names().size());
  bool const whole = p.joins_haadf() || p.asked.normalize_haadf;
  double const reading =
      whole ? series * size(p.recorded, false) + (p.asked.normalize_haadf ? 7 : 0) * size(p.recorded, false)
            : series * size(p.stack(), false) + size(p.recorded, false);
  auto const [copies_of_series, copies_of_volumes] = p.how->memory;
  bool const scatters = p.options.has(option::uncertainty);
  double const solving =
      series * size(p.stack(), false) * (scatters ? 2 : 1) +
      volumes * size(p.volume(), false) * (scatters ? 9 : 1) +
      copies_of_series * series * size(p.stack(), true) +
      (copies_of_volumes + (p.options.has(option::mask) ? 1 : 0)) * volumes * size(p.volume(), true);
  check_memory(std::max(reading, solving),
               p.rows.count() > 1 ? "reconstruct fewer rows at a time with --rows FROM:TO, or reduce --width "
                                    "and --depth"
                                  : "reduce --width and --depth");
}

}  // namespace

std::string series_file::role() const {
  return (name == haadf_name ? "HAADF (" : "map " + name + " (") + path + ")";
}

std::vector<std::string> reconstruction_plan::volume_names() const {
  std::vector<std::string> names;
  for (auto const& m : maps) names.push_back(m.name);
  if (reconstructs_haadf()) names.emplace_back(haadf_name);
  return names;
}

std::vector<std::string> reconstruction_plan::channel_names() const {
  auto names = volume_names();
  if (joins_haadf()) names.emplace_back(haadf_name);
  return names;
}

reconstruction_plan plan_reconstruction(reconstruct_command const& c) {
  reconstruction_plan p;
  p.asked = c;
  p.maps = parse_maps(c.maps);
  if (!c.haadf.empty()) p.haadf = series_file{haadf_name, c.haadf, {}};
  p.extension = extension_for(c.format);
  p.kind = projector_named(c.geometry.projector);
  p.how = &method_named(c.method);
  p.options = effective_options(*p.how, c.options);
  check_channels(p);
  check_numbers(p);
  look_at_series(p);
  read_tilt_options(p);
  read_register(p);
  find_pixel_size(p);
  p.beam.axis_offset = c.geometry.axis_offset;
  p.beam.detector = p.recorded[2];
  p.beam.width = c.width.value_or(p.beam.detector);
  p.beam.depth = c.depth.value_or(p.beam.width);
  validate(p.beam, "geometry");
  auto const mask = p.options.text(option::mask);
  if (!mask.empty()) check_volume(p, mask, "mask");
  find_warm_start(p);
  std::vector<std::string> inputs{c.geometry.tilts, c.geometry.shifts, mask, c.haadf};
  for (auto const& m : p.maps) inputs.push_back(m.path);
  inputs.insert(inputs.end(), p.warm_files.begin(), p.warm_files.end());
  inputs.push_back(p.options.text(option::doses));
  inputs.push_back(p.options.text(option::haadf_tilts));
  std::erase(inputs, std::string());
  check_checkpoint(p, inputs);
  check_output_directory(c.output, c.force, inputs);
  if (!p.options.has(option::memory)) estimate_memory(p);
  return p;
}

}  // namespace tomoedx::cli
