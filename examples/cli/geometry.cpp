// SPDX-License-Identifier: BSD-3-Clause
#include "geometry.hpp"

#include <tomoedx/io/tilts.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace tomoedx::cli {
namespace {

/// All of `text` as a number, or nothing.
std::optional<double> number(std::string const& text) {
  char* end = nullptr;
  double const v = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(v)) return std::nullopt;
  return v;
}

std::vector<std::string> parts_of(std::string const& text) {
  std::vector<std::string> parts(1);
  for (char const c : text)
    if (c == ':')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  return parts;
}

std::vector<double> regular_tilts(std::string const& text) {
  auto const parts = parts_of(text);
  auto const from = number(parts[0]), to = number(parts[1]), step = number(parts[2]);
  expects<value_error>(
      from && to && step && *step != 0 && (*to - *from) / *step >= 0,
      "--tilts {}: FROM:TO:STEP are three numbers of degrees, and the step leads from FROM to TO", text);
  expects<value_error>(std::abs(*from) <= 360 && std::abs(*to) <= 360,
                       "--tilts {}: angles are between -360 and 360", text);
  double const steps = std::floor((*to - *from) / *step + 1e-6);
  expects<value_error>(steps < 100000, "--tilts {}: {:.0f} tilts are too many; make the step larger", text,
                       steps + 1);
  std::vector<double> tilts;
  for (double i = 0; i <= steps; ++i) tilts.push_back(*from + i * *step);
  return tilts;
}

}  // namespace

host::projector projector_named(std::string const& name) {
  if (name == "strip") return host::projector::strip;
  if (name == "joseph") return host::projector::joseph;
  expects<value_error>(name == "siddon", "--projector {}: is none of strip, joseph and siddon", name);
  return host::projector::siddon;
}

std::vector<double> read_tilts(std::string const& text, io::info const* stack) {
  if (text.empty()) {
    expects<value_error>(
        stack != nullptr && !stack->tilts.empty(),
        "--tilts is missing and the series has no tilt angles in its header; give a file of angles, or "
        "FROM:TO:STEP");
    return stack->tilts;
  }
  std::error_code ec;
  if (parts_of(text).size() == 3 && !std::filesystem::exists(text, ec)) return regular_tilts(text);
  return io::read_tilts(text);
}

row_range read_rows(std::string const& text, std::size_t rows) {
  if (text.empty()) return {0, rows};
  auto const parts = parts_of(text);
  auto const bound = [&](std::string const& part, double otherwise) {
    auto const v = part.empty() ? otherwise : number(part).value_or(-1);
    expects<value_error>(v >= 0 && v == std::floor(v),
                         "--rows {}: is no range; give FROM:TO, TO excluded, as 10:20", text);
    return v;
  };
  expects<value_error>(parts.size() == 2, "--rows {}: is no range; give FROM:TO, TO excluded, as 10:20",
                       text);
  double const first = bound(parts[0], 0), last = bound(parts[1], static_cast<double>(rows));
  expects<value_error>(first < last && last <= static_cast<double>(rows),
                       "--rows {}: is not a range within the {} rows (y) of the series", text, rows);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
}

void check_threads(unsigned n) {
  expects<value_error>(n <= 4096, "--threads {}: give 1 to 4096, or 0 for all", n);
}

void use_threads(unsigned n) {
  // Kokkos reads this when the facade starts it; OpenMP has read its own variables long before main.
  if (n > 0) setenv("KOKKOS_NUM_THREADS", std::to_string(n).c_str(), 1);
}

}  // namespace tomoedx::cli
