// SPDX-License-Identifier: BSD-3-Clause
#include "methods.hpp"

#include <fmt/format.h>
#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace tomoedx::cli {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr interval any{-infinity, infinity}, not_negative{0, std::numeric_limits<double>::max()};

constexpr option_row number(option id, char const* flag, char const* type, interval const& range,
                            char const* rule, char const* help) {
  return {id, flag, type, kind::number, range, rule, help};
}
constexpr option_row whole(option id, char const* flag, char const* type, interval const& range,
                           char const* rule, char const* help) {
  return {id, flag, type, kind::whole, range, rule, help};
}
constexpr option_row text(option id, char const* flag, char const* type, char const* help) {
  return {id, flag, type, kind::text, {}, "", help};
}
constexpr option_row list(option id, char const* flag, char const* type, char const* help) {
  return {id, flag, type, kind::list, {}, "", help};
}

constexpr option_row rows[] = {
    whole(option::iterations, "--iterations", "N", interval{1, 1e6}, "give 1 to 1000000", "Iterations"),
    text(option::filter, "--filter", "ram-lak|shepp-logan|cosine|hann",
         "Window on the ramp: the later in this list, the less noise and detail"),
    number(option::cutoff, "--cutoff", "F", interval{1e-3, 1},
           "give the part of the detector's band that is kept, up to 1",
           "Frequency at which the window ends, as a part of the detector's band"),
    number(option::relaxation, "--relaxation", "F", interval{0, 2, true}, "must lie between 0 and 2",
           "Step length, between 0 and 2"),
    number(option::damping, "--damping", "D", not_negative, "give 0 or more",
           "Weight of |x|^2 beside the squared residual, 0 for none"),
    whole(option::subsets, "--subsets", "N", interval{1, 4096}, "give 1 to the number of tilts",
          "Parts into which the tilts are dealt; each iteration takes one after the other"),
    number(option::lower, "--lower", "V", any, "", "Least value of a voxel; --lower=-inf for none"),
    number(option::upper, "--upper", "V", any, "", "Largest value of a voxel"),
    number(option::background, "--background", "B", not_negative,
           "give the expected background counts of a pixel, 0 or more",
           "Known background, expected counts in every map pixel"),
    number(option::alpha, "--alpha", "A", interval{0, 1, true},
           "the weight of HAADF lies between 0 and 1, 0.7 to 0.9 are usual",
           "Weight of HAADF against the maps, between 0 and 1"),
    list(option::ratios, "--ratios", "R,R,...",
         "Response ratio r = z / zeta of each map, in their order; default: estimated"),
    text(option::ratio_method, "--ratio-method", "nnls|poisson",
         "How response ratios are estimated: non-negative least squares, or the likelihood of the counts, "
         "which few counts do not bias"),
    text(option::regularizer, "--regularizer", "tv|vtv|tnv",
         "What keeps noise out: tv, each element alone; vtv and tnv, edges of all elements together"),
    whole(option::dimensions, "--dimensions", "2|3", interval{2, 3},
          "give 2, slices alone, or 3, across slices too",
          "2: variation within each slice; 3: across slices too"),
    number(option::lambda, "--lambda", "L", not_negative, "give 0 or more",
           "Weight of the regulariser: the larger, the smoother"),
    text(option::noise, "--noise", "gaussian|poisson", "Noise of the series: poisson for counts"),
    number(option::gamma, "--gamma", "G", interval{1, 3}, "give 1 to 3",
           "HAADF gives x(e)^G of the x(e) in a voxel; above 1 the problem is solved by tangents"),
    text(option::doses, "--doses", "FILE",
         "A number for each tilt of the maps: its dose or live time, relative to the others"),
    text(option::haadf_tilts, "--haadf-tilts", "FILE|RANGE",
         "Tilt angles of the HAADF series, where they are not those of the maps"),
    text(option::mask, "--mask", "FILE", "Volume (z, y, x), zero where the result must be zero"),
    text(option::warm_start, "--warm-start", "DIR",
         "Directory with a volume for each channel to start from, in the units of the result"),
    number(option::stop_change, "--stop-change", "F", interval{0, 0.999999999}, "give a part of 1, as 0.001",
           "Stop when the residual norm changes by less than this part of itself, 0 for never"),
    number(option::stop_residual, "--stop-residual", "R", not_negative, "give a norm, 0 or more",
           "Stop when the residual norm is at most this, 0 for never"),
    number(option::stop_gap, "--stop-gap", "F", interval{0, 0.999999999}, "give a part of 1, as 0.001",
           "Stop when the duality gap is at most this part of the objective, 0 for never"),
    whole(option::uncertainty, "--uncertainty", "N", interval{2, 10000},
          "give 2 to 10000 replicas; 20 to 50 are usual",
          "Standard deviation of every voxel by N reconstructions of counts drawn anew: sigma_NAME beside "
          "each volume"),
    whole(option::seed, "--seed", "S", interval{0, 9e15}, "give 0 or more", "Seed of what is drawn"),
    text(option::checkpoint, "--checkpoint", "FILE",
         "File that keeps the state, and from which a work that was broken off goes on"),
    whole(option::every, "--every", "N", interval{1, 1e6}, "give 1 or more iterations",
          "Iterations between checkpoints"),
    text(option::memory, "--memory", "BYTES",
         "Bytes to work in, as 4G: rows are read, reconstructed and written in parts"),
};

std::string joined(std::vector<std::string> const& names, char const* last) {
  if (names.size() < 2) return names.empty() ? "" : names[0];
  return fmt::format("{}{}{}", fmt::join(names.begin(), names.end() - 1, ", "), last, names.back());
}

std::vector<std::string> names_of_methods(auto const& wanted) {
  std::vector<std::string> names;
  for (auto const& m : method_rows())
    if (wanted(m)) names.emplace_back(m.name);
  return names;
}

std::string text_of(option_value const& v) {
  if (auto const* n = std::get_if<double>(&v)) return std::isfinite(*n) ? fmt::format("{:g}", *n) : "none";
  if (auto const* n = std::get_if<std::size_t>(&v)) return fmt::format("{}", *n);
  if (auto const* t = std::get_if<std::string>(&v)) return *t;
  return "";
}

bool is_choice(option_row const& row, std::string const& text) {
  std::string_view const choices = row.type;
  for (std::size_t from = 0; from <= choices.size();) {
    std::size_t const to = std::min(choices.find('|', from), choices.size());
    if (choices.substr(from, to - from) == text) return true;
    from = to + 1;
  }
  return false;
}

bool contains(interval const& range, double v) {
  return range.open ? v > range.least && v < range.most : v >= range.least && v <= range.most;
}

void check_value(option_row const& row, option_value const& v) {
  if (auto const* n = std::get_if<double>(&v))
    expects<value_error>(contains(row.range, *n), "{} {}: {}", row.flag, *n,
                         std::isnan(*n) && *row.rule == 0 ? "is no number" : row.rule);
  if (auto const* n = std::get_if<std::size_t>(&v))
    expects<value_error>(contains(row.range, static_cast<double>(*n)), "{} {}: {}", row.flag, *n, row.rule);
  if (auto const* t = std::get_if<std::string>(&v); t != nullptr && row.type[0] >= 'a')
    expects<value_error>(is_choice(row, *t), "{} {}: is none of {}", row.flag, *t, row.type);
}

}  // namespace

std::span<option_row const> option_rows() {
  return rows;
}

option_row const& row_of(option o) {
  return *std::ranges::find(rows, o, &option_row::id);
}

bool method_row::knows(option o) const {
  return std::ranges::find(options, o, &known_option::id) != options.end();
}
option_value method_row::otherwise(option o) const {
  auto const found = std::ranges::find(options, o, &known_option::id);
  return found == options.end() ? option_value() : found->otherwise;
}

method_row const& method_named(std::string const& name) {
  auto const methods = method_rows();
  auto const found = std::ranges::find_if(methods, [&](method_row const& m) { return name == m.name; });
  expects<value_error>(found != methods.end(), "--method {}: is none of {}", name, all_methods());
  return *found;
}

std::string methods_that_know(option o) {
  return joined(names_of_methods([&](method_row const& m) { return m.knows(o); }), " and ");
}
std::string all_methods() {
  return joined(names_of_methods([](method_row const&) { return true; }), " and ");
}

std::string help_of(option_row const& row) {
  std::vector<std::pair<std::string, std::vector<std::string>>> defaults;  // and whose they are
  std::vector<std::string> knowing;
  for (auto const& m : method_rows()) {
    if (!m.knows(row.id)) continue;
    knowing.emplace_back(m.name);
    auto const text = text_of(m.otherwise(row.id));
    auto found = std::ranges::find(defaults, text, &std::pair<std::string, std::vector<std::string>>::first);
    if (found == defaults.end()) found = defaults.insert(defaults.end(), {text, {}});
    found->second.emplace_back(m.name);
  }
  std::string help;
  if (knowing.size() < method_rows().size()) help = fmt::format("{}: ", fmt::join(knowing, ", "));
  help += row.help;
  if (defaults.size() == 1 && !defaults[0].first.empty()) help += fmt::format(" [{}]", defaults[0].first);
  if (defaults.size() > 1) {
    std::vector<std::string> parts;
    for (auto const& [text, methods] : defaults)
      parts.push_back(fmt::format("{} {}", fmt::join(methods, ", "), text.empty() ? "none" : text));
    help += fmt::format(" [{}]", fmt::join(parts, "; "));
  }
  return help;
}

option_values effective_options(method_row const& method, option_values const& given) {
  option_values effective;
  for (auto const& row : rows) {
    expects<value_error>(!given.has(row.id) || method.knows(row.id),
                         "{} is for --method {}, not {}; leave it out", row.flag, methods_that_know(row.id),
                         method.name);
    option_value const v = given.has(row.id) ? given.get(row.id) : method.otherwise(row.id);
    if (std::holds_alternative<std::monostate>(v)) continue;
    check_value(row, v);
    effective.set(row.id, v);
  }
  return effective;
}

}  // namespace tomoedx::cli
