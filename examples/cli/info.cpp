// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "denoise_weights.hpp"
#include "files.hpp"
#include "info_spectra.hpp"
#include "records.hpp"

#include <tomoedx/io/detail/location.hpp>

#include <cmath>
#include <numeric>
#include <string_view>

namespace tomoedx::cli {
namespace {

template <class T>
void summarise(std::vector<T> const& values, file_record& r) {
  auto& s = r.values;
  s.min = std::numeric_limits<double>::infinity();
  s.max = -s.min;
  for (T const value : values) {
    double const v = static_cast<double>(value);
    s.nan += std::isnan(v);
    s.infinite += std::isinf(v);
    if (!std::isfinite(v)) continue;
    ++s.finite;
    s.negative += v < 0;
    s.zero += v == 0;
    s.min = std::min(s.min, v);
    s.max = std::max(s.max, v);
    s.sum += v;
  }
  s.mean = s.finite > 0 ? s.sum / static_cast<double>(s.finite) : 0;
}

/// What an index counts when the file does not say.
std::string likely_name(std::vector<std::size_t> const& shape, std::size_t index) {
  static constexpr char const* names[] = {"x", "y", "z | tilt", "element"};
  std::size_t const from_last = shape.size() - 1 - index;
  return from_last < 4 ? names[from_last] : fmt::format("index {}", index);
}

file_record describe(std::string const& file, io::info const& i) {
  file_record r;
  r.path = file;
  r.dataset = i.dataset;
  r.format = i.format;
  r.shape = i.shape;
  r.type = io::name_of(i.type);
  r.byte_order = i.bytes == std::endian::big ? "big" : "little";
  r.index_order = i.order == io::index_order::fortran ? "fortran" : "c";
  r.tilts = i.tilts;
  r.notes = i.notes;
  r.has_values = true;
  for (std::size_t a = 0; a < i.shape.size(); ++a) {
    io::axis const known = a < i.axes.size() ? i.axes[a] : io::axis{};
    r.axes.push_back({known.name.empty() ? likely_name(i.shape, a) : known.name, known.units, known.scale,
                      known.offset, i.shape[a]});
  }
  return r;
}

std::string list_of(std::vector<double> const& numbers) {
  std::string text;
  for (double const v : numbers) text += fmt::format(" {:g}", v);
  return text;
}

void print_values(file_record const& r) {
  auto const& v = r.values;
  if (v.finite > 0) {
    fmt::print("min      {:.9g}\nmax      {:.9g}\nmean     {:.9g}\nsum      {:.12g}\n", v.min, v.max, v.mean,
               v.sum);
  } else {
    fmt::print("values   none is a finite number\n");
  }
  fmt::print("NaN      {}\ninfinite {}\nnegative {}\nzero     {}\n", v.nan, v.infinite, v.negative, v.zero);
}

void print_text(file_record const& r) {
  fmt::print("file     {}\n", r.path);
  if (r.has_values) {
    if (!r.dataset.empty()) fmt::print("dataset  {}\n", r.dataset);
    fmt::print("format   {}\n", r.format);
    fmt::print("shape    {}\n", io::text_of(r.shape));
    fmt::print("type     {}, {} endian{}\n", r.type, r.byte_order,
               r.index_order == "fortran" ? ", first index fastest (Fortran order)" : "");
    for (auto const& a : r.axes) {
      fmt::print("axis     {}: {}", a.name, a.size);
      if (a.units.empty() && a.scale == 1 && a.offset == 0)
        fmt::print(" (no scale known)\n");
      else
        fmt::print(" of {:g} {}, from {:g}\n", a.scale, a.units.empty() ? "(no unit)" : a.units, a.offset);
    }
    print_values(r);
    if (!r.tilts.empty()) fmt::print("tilts    {}:{} degrees\n", r.tilts.size(), list_of(r.tilts));
    for (auto const& note : r.notes) fmt::print("note     {}\n", note);
  }
  for (auto const& [path, shape] : r.datasets)
    fmt::print("holds    {}:{}  {}\n", r.has_values ? r.path.substr(0, r.path.find(":/")) : r.path, path,
               io::text_of(shape));
}

void print_text(weights_record const& r) {
  fmt::print("file     {}\nformat   safetensors, {} bytes\nsha256   {}\n", r.path, r.bytes, r.sha256);
  if (r.architecture.empty())
    fmt::print("network  none known here: {}\n", r.reason);
  else
    fmt::print("network  {}: {}\n", r.architecture, r.summary);
  for (auto const& option : r.wanted) fmt::print("say      {}\n", option);
  fmt::print("holds    {} tensors, {} parameters\n", r.tensors.size(), r.parameters);
  for (auto const& [key, value] : r.metadata) fmt::print("metadata {}: {}\n", key, value);
  for (auto const& t : r.tensors)
    fmt::print("tensor   {}  {}  {}\n", t.name, t.type,
               t.shape.empty() ? "one number" : io::text_of(t.shape));
}

}  // namespace

void run(info_command const& c) {
  refuse_checkpoint(c.file);
  if (is_weights(c.file)) {
    auto const record = weights_in(c.file);
    if (c.json)
      fmt::print("{}", to_json(record));
    else
      print_text(record);
    return;
  }
  if (tell_of_spectra(c.file, c.json)) return;
  file_record record;
  record.path = c.file;
  auto const datasets = datasets_in(c.file);
  try {
    io::info const i = look(c.file);
    bool const wide = i.type == io::scalar_type::f64 || i.type == io::scalar_type::i64 ||
                      i.type == io::scalar_type::u64 || i.type == io::scalar_type::i32 ||
                      i.type == io::scalar_type::u32;
    check_memory(
        static_cast<double>(std::accumulate(i.shape.begin(), i.shape.end(), 1.0, std::multiplies<>())) *
            (wide ? 8 : 4),
        "its values cannot be looked at here");
    record = describe(c.file, i);
    if (wide)
      summarise(load_double(c.file).values, record);
    else
      summarise(load(c.file).values, record);
  } catch (file_error const& e) {
    std::string_view const text = e.what();
    expects<file_error>(!text.ends_with(io::detail::known_extensions), "{}, .safetensors (weights)", text);
    if (datasets.size() < 2 || record.has_values) throw;  // several datasets and none chosen: list them
  }
  if (datasets.size() > 1)
    for (auto const& d : datasets) record.datasets.emplace_back(d.path, d.shape);
  if (c.json)
    fmt::print("{}", to_json(record));
  else
    print_text(record);
}

}  // namespace tomoedx::cli
