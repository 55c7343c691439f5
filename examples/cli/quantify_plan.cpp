// SPDX-License-Identifier: BSD-3-Clause
#include "geometry.hpp"
#include "quantify.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/quantify/theory.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

/// What was found where the values are.
struct found_channels {
  std::vector<quantified_channel> channels;
  std::string method;  ///< of the reconstruction; "maps" of maps; empty: nobody says
  tree report;
};

quantified_channel& add_channel(found_channels& f, std::string name, std::string file) {
  auto& c = f.channels.emplace_back();
  c.name = std::move(name);
  c.file = std::move(file);
  return c;
}

/// A directory that `reconstruct` or `maps` wrote.
found_channels channels_in(std::string const& directory) {
  found_channels f;
  auto const file = (fs::path(directory) / "report.json").string();
  std::error_code ec;
  expects<file_error>(fs::exists(file, ec),
                      "{}: holds no report.json of reconstruct or maps; give such a directory, or NAME=FILE",
                      directory);
  f.report = read_json(file);
  auto const in = [&](std::string const& name) { return (fs::path(directory) / name).string(); };
  if (auto const* maps = f.report.find("maps"); maps != nullptr && maps->items() != nullptr) {
    f.method = "maps";
    for (auto const& m : *maps->items()) {
      auto& c = add_channel(f, m.text_of("name"), in(m.text_of("file")));
      c.of.name = m.text_of("line");
      c.sigma_file = in(m.text_of("sigma"));
    }
    return f;
  }
  auto const* outputs = f.report.find("outputs");
  f.method = f.report.text_of("method");
  expects<file_error>(outputs != nullptr && outputs->items() != nullptr && !f.method.empty(),
                      "{}: is no report of reconstruct or maps", file);
  auto const* ratios = f.report.find("ratios_by_channel");
  for (auto const& o : *outputs->items()) {
    auto const name = o.text_of("name");
    if (name == "HAADF") continue;
    if (name.starts_with("sigma_")) {
      for (auto& c : f.channels)
        if (name == "sigma_" + c.name) c.sigma_file = in(o.text_of("file"));
      continue;
    }
    auto& c = add_channel(f, name, in(o.text_of("file")));
    if (auto const* r = ratios != nullptr ? ratios->find(name) : nullptr; r != nullptr) c.ratio = r->number();
  }
  return f;
}

found_channels channels_of(std::vector<std::string> const& inputs) {
  std::error_code ec;
  if (inputs.size() == 1 && fs::is_directory(inputs.front(), ec)) return channels_in(inputs.front());
  found_channels f;
  for (auto const& input : inputs) {
    auto const at = input.find('=');
    expects<value_error>(at != std::string::npos && at > 0 && at + 1 < input.size(),
                         "{}: give a directory of reconstruct or maps, or NAME=FILE for each element, as "
                         "Fe=Fe.npy",
                         input);
    auto const name = input.substr(0, at);
    expects<value_error>(std::ranges::none_of(f.channels, [&](auto const& c) { return c.name == name; }),
                         "{}: {} is named twice", input, name);
    add_channel(f, name, input.substr(at + 1));
  }
  return f;
}

void choose_channels(quantify_command const& c, found_channels& f, std::string const& where) {
  if (!c.elements.empty()) {
    std::vector<quantified_channel> chosen;
    for (auto const& name : c.elements) {
      auto const there = std::ranges::find(f.channels, name, &quantified_channel::name);
      std::vector<std::string> names;
      for (auto const& channel : f.channels) names.push_back(channel.name);
      expects<value_error>(there != f.channels.end(), "--elements {}: {} holds {}", name, where,
                           fmt::format("{}", fmt::join(names, ", ")));
      expects<value_error>(std::ranges::find(chosen, name, &quantified_channel::name) == chosen.end(),
                           "--elements {}: is named twice", name);
      chosen.push_back(*there);
    }
    f.channels = std::move(chosen);
  }
  expects<value_error>(f.channels.size() >= 2, "{}: fractions need two elements or more, there {} {}", where,
                       f.channels.size() == 1 ? "is" : "are", f.channels.size());
}

/// The line of each channel: as said, as its report says, as its name says, or the usual one.
void find_lines(quantify_command const& c, microscope const& m, std::vector<quantified_channel>& channels) {
  for (auto& channel : channels) {
    std::string line = channel.of.name;
    for (auto const& said : c.lines) {
      auto const at = said.find('=');
      expects<value_error>(at != std::string::npos, "--lines {}: give NAME=LINE, as Pt=Pt_La", said);
      auto const name = said.substr(0, at);
      expects<value_error>(std::ranges::find(channels, name, &quantified_channel::name) != channels.end(),
                           "--lines {}: there is no {} to quantify", said, name);
      if (name == channel.name) line = said.substr(at + 1);
    }
    if (line.empty()) line = channel.name;
    channel.of = {channel.name, &line_called(line, m.beam)};
  }
  for (std::size_t i = 0; i < channels.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      expects<value_error>(channels[i].of.line->of != channels[j].of.line->of,
                           "{} and {} are both {}, which would count twice; leave one out with --elements",
                           channels[j].name, channels[i].name, channels[i].of.line->of.symbol());
}

quantified kind_of(quantify_command const& c, std::string const& method) {
  auto const kind = !c.kind.empty()                         ? c.kind
                    : method == "hebt" || method == "joint" ? std::string("hebt")
                    : method == "maps"                      ? std::string("maps")
                    : !method.empty()                       ? std::string("edx")
                                                            : std::string();
  expects<value_error>(!kind.empty(),
                       "--kind is missing: give edx for volumes in counts, hebt for volumes in HAADF signal "
                       "(also of joint), maps for maps");
  expects<value_error>(kind == "edx" || kind == "hebt" || kind == "maps",
                       "--kind {}: is none of edx, hebt and maps", kind);
  return kind == "edx" ? quantified::edx : kind == "hebt" ? quantified::hebt : quantified::maps;
}

factor_kind factor_named(std::string const& option, std::string const& name) {
  static constexpr std::pair<char const*, factor_kind> known[] = {
      {"f", factor_kind::f},
      {"z", factor_kind::z},
      {"zeta", factor_kind::zeta},
      {"cross-section", factor_kind::cross_section},
      {"k", factor_kind::k_weight},
      {"k-weight", factor_kind::k_weight},
      {"k-atomic", factor_kind::k_atomic}};
  for (auto const& [text, kind] : known)
    if (name == text) return kind;
  fail<value_error>("{} {}: is none of f, z, zeta, cross-section, k-weight and k-atomic", option, name);
}

/// A file of factors: {"kind": "zeta", "factors": {"Fe": 123.4, ...}, "uncertainty": {"Fe": 0.05}, "reference": "Si"}.
void read_factors(quantification_plan& p) {
  auto const& file = p.asked.factors;
  auto const t = read_json(file);
  for (auto const& m : t.members() != nullptr ? *t.members() : tree::object())
    expects<value_error>(
        m.name == "kind" || m.name == "factors" || m.name == "uncertainty" || m.name == "reference",
        "--factors {}: \"{}\" is none of kind, factors, uncertainty and reference", file, m.name);
  auto const kind = t.text_of("kind");
  expects<value_error>(!kind.empty(),
                       "--factors {}: \"kind\" is missing; it is f, z, zeta, cross-section, "
                       "k-weight or k-atomic",
                       file);
  p.by = factor_named("--factors " + file + ": kind", kind);
  auto const* factors = t.find("factors");
  expects<value_error>(factors != nullptr && factors->members() != nullptr,
                       "--factors {}: \"factors\" is missing: an object of numbers, as {{\"Fe\": 1.2}}",
                       file);
  for (auto& c : p.channels) {
    auto const* v = factors->find(c.name);
    expects<value_error>(v != nullptr, "--factors {}: there is none for {}", file, c.name);
    expects<value_error>(v->is_number() && v->number() > 0 && std::isfinite(v->number()),
                         "--factors {}: that of {} is {}; give a positive number", file, c.name,
                         v->is_number() ? fmt::format("{}", v->number()) : std::string(v->kind()));
    c.factor = v->number();
    if (auto const* u = t.find({"uncertainty", c.name}); u != nullptr) {
      expects<value_error>(u->is_number() && u->number() >= 0 && u->number() < 10,
                           "--factors {}: the uncertainty of {} is relative, 0.1 for 10 %", file, c.name);
      c.uncertainty = u->number();
    }
  }
  if (p.by == factor_kind::k_weight || p.by == factor_kind::k_atomic) {
    auto const reference = t.text_of("reference");
    expects<value_error>(!reference.empty(),
                         "--factors {}: \"reference\" is missing: the element whose k is 1", file);
    p.reference = physics::element_named(reference);
  }
}

void factors_from_theory(quantification_plan& p) {
  auto const& first = *p.channels.front().of.line;
  for (auto& c : p.channels) {
    auto const& l = *c.of.line;
    auto const& m = p.scope;
    switch (p.by) {
      case factor_kind::f:
        c.factor = f_factor_of(l, m.beam, m.detector, m.models).value;
        break;
      case factor_kind::z:
        c.factor = z_factor_of(l.of, m.beam, m.haadf, m.models).value;
        break;
      case factor_kind::zeta:
        c.factor = zeta_factor_of(l, m.beam, m.detector, m.models).value;
        break;
      case factor_kind::cross_section:
        c.factor = cross_section_of(l, m.beam, m.detector, m.models).value;
        break;
      case factor_kind::k_weight:
        c.factor = k_factor_of(l, first, m.beam, m.detector, m.models).value;
        break;
      case factor_kind::k_atomic:
        c.factor = to_atomic(k_factor_of(l, first, m.beam, m.detector, m.models), l.of).value;
        break;
    }
  }
  if (p.by == factor_kind::k_weight || p.by == factor_kind::k_atomic) p.reference = first.of;
}

void find_factors(quantification_plan& p) {
  auto const& c = p.asked;
  p.by = !c.by.empty()                ? factor_named("--by", c.by)
         : p.what == quantified::hebt ? factor_kind::z
                                      : factor_kind::f;
  p.theory = c.factors.empty();
  if (p.theory) {
    factors_from_theory(p);
  } else {
    expects<value_error>(c.by.empty(), "--by is what --factors {} says; leave it out", c.factors);
    read_factors(p);
  }
  bool const in_haadf = p.what == quantified::hebt;
  expects<value_error>(p.by != factor_kind::z || in_haadf,
                       "z factors are for HAADF signal, and these are counts; give --by f, or --kind hebt");
  if (in_haadf && p.by != factor_kind::z)
    for (auto const& channel : p.channels)
      expects<value_error>(channel.ratio > 0,
                           "--by {}: volumes in HAADF signal become counts by the ratios of their "
                           "reconstruction, and that of {} is not known; give --by z",
                           c.by, channel.name);
}

void look_at_values(quantification_plan& p) {
  std::vector<std::size_t> first;
  for (auto const& c : p.channels) {
    auto const what = look(c.file);
    bool const flat = p.what == quantified::maps && what.shape.size() == 2;
    expects<shape_error>(what.shape.size() == 3 || flat, "{} ({}): has {} indices ({}), three are wanted: {}",
                         c.name, c.file, what.shape.size(), io::text_of(what.shape),
                         p.what == quantified::maps ? "(tilt, y, x), or two: (y, x)" : "(z, y, x)");
    if (first.empty()) first = what.shape;
    expects<shape_error>(what.shape == first, "{} ({}): is {}, {} is {}; all have the same shape", c.name,
                         c.file, io::text_of(what.shape), p.channels.front().name, io::text_of(first));
    p.shape = flat ? shape3{1, what.shape[0], what.shape[1]} : shape_of(what);
    expects<shape_error>(count_of(p.shape) > 0, "{} ({}): is empty", c.name, c.file);
    if (p.pixel_nm == 0) p.pixel_nm = nanometres_along(what.axes, what.shape.size() - 1);
    if (!c.sigma_file.empty())
      expects<shape_error>(look(c.sigma_file).shape == what.shape, "{}: is {}, {} is {}", c.sigma_file,
                           io::text_of(look(c.sigma_file).shape), c.file, io::text_of(what.shape));
  }
  if (!p.asked.mask.empty()) {
    auto const mask = look(p.asked.mask).shape;
    expects<shape_error>(mask == first, "mask ({}): is {}, the values are {}", p.asked.mask,
                         io::text_of(mask), io::text_of(first));
  }
}

void check_numbers(quantification_plan& p) {
  auto const& c = p.asked;
  auto const positive = [](char const* option, std::optional<double> const& v, char const* unit) {
    expects<value_error>(!v || (*v > 0 && std::isfinite(*v)), "{} {}: give {}, above 0", option,
                         v.value_or(0), unit);
  };
  positive("--dose", c.dose, "electrons for each pixel and tilt");
  positive("--pixel-size", c.pixel_nm, "nanometres");
  positive("--thickness", c.thickness_nm, "nanometres");
  positive("--density", c.density, "g/cm3");
  expects<value_error>(c.smooth >= 0 && c.smooth <= 100, "--smooth {}: give 0 to 100 voxels", c.smooth);
  expects<value_error>(c.side == "high-z" || c.side == "low-z", "--side {}: is none of high-z and low-z",
                       c.side);
  if (c.threshold != "auto" && c.threshold != "edge") {
    char* end = nullptr;
    double const t = std::strtod(c.threshold.c_str(), &end);
    expects<value_error>(!c.threshold.empty() && *end == '\0' && t >= 0 && std::isfinite(t),
                         "--threshold {}: give a number, 0 or more, in the unit of the mass; edge; or auto",
                         c.threshold);
    p.threshold = t;
  }
  expects<value_error>(c.mask.empty() || c.threshold == "auto",
                       "--mask says what is inside, and so does --threshold {}; leave one of them out",
                       c.threshold);
  expects<value_error>(c.shape == "film" || c.shape == "rod" || c.shape == "particle",
                       "--shape {}: is none of film, rod and particle", c.shape);
  p.specimen = c.shape == "film"  ? specimen_shape::film
               : c.shape == "rod" ? specimen_shape::rod
                                  : specimen_shape::particle;
  bool const maps = p.what == quantified::maps;
  expects<value_error>(maps || !c.thickness_nm, "--thickness is for maps; volumes know it, leave it out");
  expects<value_error>(!maps || !c.absorption || c.dose || (c.thickness_nm && c.density),
                       "--absorption of maps needs --thickness NM and --density G, or --dose");
  check_threads(c.threads);
}

}  // namespace

std::vector<physics::element> quantification_plan::elements() const {
  std::vector<physics::element> all;
  for (auto const& c : channels) all.push_back(c.of.line->of);
  return all;
}

std::string name_of(factor_kind k) {
  static constexpr char const* names[] = {"f", "z", "zeta", "cross section", "k by weight", "k by atoms"};
  return names[static_cast<std::size_t>(k)];
}

quantification_plan plan_quantification(quantify_command const& c) {
  quantification_plan p;
  p.asked = c;
  p.extension = extension_for(c.format);
  auto found = channels_of(c.inputs);
  auto const where = c.inputs.size() == 1 ? c.inputs.front() : std::string("the list");
  choose_channels(c, found, where);
  p.what = kind_of(c, found.method);
  std::optional<double> beam;
  if (auto const* kev = found.report.find({"options", "beam_kev"}); kev != nullptr) beam = kev->number();
  p.scope = microscope_of(c.microscope, beam);
  p.channels = std::move(found.channels);
  find_lines(c, p.scope, p.channels);
  check_numbers(p);
  find_factors(p);
  look_at_values(p);
  if (c.pixel_nm) p.pixel_nm = *c.pixel_nm;
  if (auto const* nm = found.report.find("pixel_nm"); p.pixel_nm == 0 && nm != nullptr)
    p.pixel_nm = nm->number();
  if (!c.tilts.empty())
    p.tilts = read_tilts(c.tilts);
  else if (auto const* list = found.report.find("tilts"); list != nullptr && list->items() != nullptr)
    for (auto const& t : *list->items()) p.tilts.push_back(t.number());
  expects<value_error>(!c.absorption || p.pixel_nm > 0,
                       "--absorption needs the size of a pixel; give --pixel-size NM");
  expects<value_error>(!c.absorption || p.what == quantified::maps || !p.tilts.empty(),
                       "--absorption needs the tilts; give --tilts");
  expects<value_error>(
      !c.absorption || p.what != quantified::hebt,
      "--absorption is for volumes of counts, and these are of HAADF signal, made from maps as they were "
      "counted; reconstruct the maps alone, as with --method em, and quantify those");
  expects<value_error>(!c.absorption || p.what == quantified::maps || c.density || c.dose,
                       "--absorption needs to know how dense the specimen is; give --density G, or --dose");
  expects<value_error>(!c.dose || p.pixel_nm > 0,
                       "--dose: densities need the size of a voxel; give --pixel-size NM");
  std::vector<std::string> inputs{c.mask, c.factors};
  for (auto const& channel : p.channels) inputs.push_back(channel.file);
  std::erase(inputs, std::string());
  check_output_directory(c.output, c.force, inputs);
  double const volumes = static_cast<double>(p.channels.size()) * (p.has_sigma() ? 5 : 3) + 4;
  check_memory(sizeof(float) * volumes * static_cast<double>(count_of(p.shape)),
               "quantify fewer elements or rows at a time");
  return p;
}

}  // namespace tomoedx::cli
