// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"
#include "figures_of_merit.hpp"
#include "files.hpp"
#include "records.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

bool is_directory(std::string const& path) {
  std::error_code ec;
  return fs::is_directory(path, ec);
}

/// The channel a file is of: truth_Au and Au are both Au.
std::string channel_of(std::string const& stem) {
  return stem.starts_with("truth_") ? stem.substr(6) : stem;
}

/// The channels of a directory: its truth_NAME files if it has any, else all its arrays.
std::vector<named_file> channels_in(std::string const& directory) {
  auto files = arrays_in(directory);
  auto const is_truth = [](named_file const& f) { return f.name.starts_with("truth_"); };
  if (std::ranges::any_of(files, is_truth))
    std::erase_if(files, [&](named_file const& f) { return !is_truth(f); });
  for (auto& f : files) f.name = channel_of(f.name);
  expects<file_error>(!files.empty(), "{}: holds no volume of a format we know", directory);
  return files;
}

/// What is compared: for each channel a reference and one file for each result.
struct pairing {
  std::string channel, reference;
  std::vector<std::string> results;
  shape3 shape{};
};

std::vector<pairing> pair_files(compare_command const& c, std::vector<std::string>& notes) {
  std::vector<named_file> references;
  if (is_directory(c.reference))
    references = channels_in(c.reference);
  else
    references.push_back({channel_of(fs::path(c.reference).stem().string()), c.reference});
  std::vector<pairing> pairs;
  for (auto const& reference : references) {
    pairing p{reference.name, reference.path, {}, shape_of(look_at_three(reference.path, "volume"))};
    std::string missing;
    for (auto const& result : c.results) {
      std::string file = result;
      if (is_directory(result)) {
        auto const all = channels_in(result);
        auto const found = std::ranges::find(all, p.channel, &named_file::name);
        file = found == all.end() ? "" : found->path;
      } else {
        expects<file_error>(
            !is_directory(c.reference),
            "{}: is a file and {} a directory; compare a file with a file, or with a directory", result,
            c.reference);
      }
      if (file.empty()) missing = result;
      p.results.push_back(file);
    }
    if (!missing.empty()) {
      notes.push_back(fmt::format("{}: left out, {} has no volume of that name", p.channel, missing));
      continue;
    }
    for (auto const& file : p.results) {
      auto const shape = shape_of(look_at_three(file, "volume"));
      expects<shape_error>(shape == p.shape,
                           "{} is {}, {} is {} (z, y, x); only volumes of one shape can be compared", file,
                           text_of(shape), p.reference, text_of(p.shape));
    }
    pairs.push_back(std::move(p));
  }
  expects<file_error>(!pairs.empty(), "{}: nothing to compare, no channel of it is in all results ({})",
                      c.reference, fmt::format("{}", fmt::join(notes, "; ")));
  return pairs;
}

std::vector<float> read_volume(std::string const& file, shape3 const& shape) {
  auto values = load(file).values;
  check_values(values, shape, file, "z", allowed::finite);
  return values;
}

/// Names of the columns: the last part of each path, or the whole paths if two end alike.
std::vector<std::string> labels_of(std::vector<std::string> const& paths) {
  std::vector<std::string> labels;
  for (auto const& path : paths) {
    fs::path const p = fs::path(path).lexically_normal();
    labels.push_back(p.has_filename() ? p.filename().string() : p.parent_path().filename().string());
  }
  auto sorted = labels;
  std::ranges::sort(sorted);
  return std::ranges::adjacent_find(sorted) == sorted.end() ? labels : paths;
}

/// Scale a result as asked, or say that its units seem to be others.
void settle_scale(compare_command const& c, compared const& pair, std::vector<float>& result,
                  std::string const& name, std::vector<std::string>& notes) {
  auto const factor = nearest_scale(pair);
  if (!factor) return;
  if (c.scale) {
    for (float& v : result) v = static_cast<float>(static_cast<double>(v) * *factor);
    notes.push_back(fmt::format("{}: multiplied by {:.5g}", name, *factor));
  } else if (*factor > 2 || *factor < 0.5) {
    notes.push_back(
        fmt::format("{}: {:.3g} times as large it would be nearest to the reference; if its units are "
                    "others, compare with --scale",
                    name, *factor));
  }
}

void mark_best(comparison_record::row& row, bool larger_is_better) {
  row.best.assign(row.values.size(), false);
  std::optional<double> best;
  for (auto const& v : row.values)
    if (v && (!best || (larger_is_better ? *v > *best : *v < *best))) best = v;
  if (row.values.size() > 1)
    for (std::size_t i = 0; i < row.values.size(); ++i) row.best[i] = best && row.values[i] == best;
}

void print_table(comparison_record const& r) {
  std::vector<std::vector<std::string>> cells{{"", ""}};
  cells[0].insert(cells[0].end(), r.results.begin(), r.results.end());
  std::string channel;
  for (auto const& row : r.rows) {
    auto const& f = figure_named(row.metric);
    auto& line = cells.emplace_back(std::vector{row.channel == channel ? "" : row.channel, f.title});
    for (std::size_t i = 0; i < row.values.size(); ++i)
      line.push_back((row.values[i] ? fmt::format(fmt::runtime(f.format), *row.values[i]) : "-") +
                     (row.best[i]            ? " *"
                      : r.results.size() > 1 ? "  "
                                             : ""));
    channel = row.channel;
  }
  if (r.results.size() > 1)
    for (std::size_t i = 2; i < cells[0].size(); ++i) cells[0][i] += "  ";
  std::vector<std::size_t> widths(cells[0].size());
  for (auto const& line : cells)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  for (auto const& line : cells) {
    std::string text = fmt::format("{:<{}}  {:<{}}", line[0], widths[0], line[1], widths[1]);
    for (std::size_t i = 2; i < line.size(); ++i) text += fmt::format("  {:>{}}", line[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    fmt::print("{}\n", text);
  }
  if (r.results.size() > 1) fmt::print("* best of the row\n");
  for (auto const& note : r.notes) fmt::print("- {}\n", note);
}

}  // namespace

void run(compare_command const& c) {
  std::vector<figure_of_merit> figures;
  for (auto const& name : c.metrics) figures.push_back(figure_named(name));
  if (figures.empty()) figures = figures_of_merit();
  comparison_record r{c.reference, labels_of(c.results), c.results, {}, {}};
  auto const pairs = pair_files(c, r.notes);
  std::vector<std::uint8_t> region;
  if (!c.mask.empty()) {
    auto const shape = shape_of(look_at_three(c.mask, "mask"));
    for (auto const& p : pairs)
      expects<shape_error>(shape == p.shape, "mask ({}): is {}, {} is {} (z, y, x)", c.mask, text_of(shape),
                           p.reference, text_of(p.shape));
    for (float const v : read_volume(c.mask, shape)) region.push_back(v != 0);
    expects<value_error>(std::ranges::any_of(region, [](auto v) { return v != 0; }),
                         "mask ({}): is zero in every voxel", c.mask);
  }
  for (auto const& p : pairs) {
    auto const reference = read_volume(p.reference, p.shape);
    std::size_t const first = r.rows.size();
    for (auto const& f : figures) r.rows.push_back({p.channel, f.name, {}, {}});
    for (auto const& file : p.results) {
      auto result = read_volume(file, p.shape);
      settle_scale(c, {reference, result, p.shape, region}, result, p.channel + " of " + file, r.notes);
      for (std::size_t i = 0; i < figures.size(); ++i) {
        std::optional<double> value;
        try {
          value = compute(figures[i], {reference, result, p.shape, region});
          if (!std::isfinite(*value))
            r.notes.push_back(fmt::format("{} {}: {}", p.channel, figures[i].title, *value));
        } catch (tomoedx::error const& e) {
          r.notes.push_back(fmt::format("{} {}: {}", p.channel, figures[i].title, e.what()));
        }
        r.rows[first + i].values.push_back(value);
      }
    }
    for (std::size_t i = 0; i < figures.size(); ++i)
      mark_best(r.rows[first + i], figures[i].larger_is_better);
  }
  std::vector<std::string> notes;
  for (auto const& note : r.notes)
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(note);
  r.notes = notes;
  if (c.json)
    fmt::print("{}", to_json(r));
  else
    print_table(r);
}

}  // namespace tomoedx::cli
