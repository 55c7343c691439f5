// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline.hpp"
#include "provenance.hpp"

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

/// Reports in the folder of a stage: report.json, alignment.json, or one for each stack.
std::vector<fs::path> reports_in(fs::path const& folder) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator i(folder, ec), end; !ec && i != end; i.increment(ec)) {
    auto const name = i->path().filename().string();
    if (name == "report.json" || name == "alignment.json" || name.ends_with("_report.json"))
      files.push_back(i->path());
  }
  std::ranges::sort(files);
  return files;
}

std::string cell(tree const& v) {
  if (auto const* text = v.text()) return *text;
  if (auto const* n = v.whole()) return fmt::format("{}", *n);
  if (v.is_number()) return fmt::format("{:.4g}", v.number());
  if (auto const* b = v.boolean()) return *b ? "yes" : "no";
  if (auto const* all = v.items()) {
    std::string text;
    for (auto const& item : *all) text += (text.empty() ? "" : " ") + cell(item);
    return text;
  }
  return "";
}

/// Characters that Markdown would take for something else.
std::string plain(std::string text) {
  std::string out;
  for (char const c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '`' || c == '<') out.push_back('\\');
    out.push_back(c == '\n' ? ' ' : c);
  }
  return out;
}

/// A list of objects with the same members, as a table.
std::string table(tree::list const& rows) {
  if (rows.empty() || rows.front().members() == nullptr) return "";
  std::string head = "|", line = "|", body;
  for (auto const& [name, value] : *rows.front().members()) {
    head += " " + plain(name) + " |";
    line += "---|";
  }
  for (auto const& row : rows) {
    body += "|";
    for (auto const& [name, value] : *rows.front().members()) {
      auto const* v = row.find(name);
      body += " " + (v != nullptr ? plain(cell(*v)) : "") + " |";
    }
    body += "\n";
  }
  return head + "\n" + line + "\n" + body + "\n";
}

std::string sentences(tree const& report, char const* list, std::string const& lead) {
  std::string text;
  if (auto const* all = report.find(list); all != nullptr && all->items() != nullptr)
    for (auto const& s : *all->items()) text += "- " + lead + plain(cell(s)) + "\n";
  return text;
}

std::string bytes_text(tree const* v) {
  double const bytes = v != nullptr ? v->number() : 0;
  return bytes >= 0x1p30 ? fmt::format("{:.2f} GiB", bytes / 0x1p30)
                         : fmt::format("{:.0f} MiB", bytes / 0x1p20);
}

std::string stage_text(fs::path const& output, tree const& stage) {
  auto const name = stage.text_of("stage");
  std::string text = fmt::format("\n## {}\n\n", name);
  for (auto const& file : reports_in(output / name)) {
    auto const report = read_json(file.string());
    auto const file_name = file.filename().string(), ending = std::string("_report.json");
    auto const of = file_name.ends_with(ending)  // a report of one series among others
                        ? plain(file_name.substr(0, file_name.size() - ending.size())) + ": "
                        : std::string();
    text += sentences(report, "steps", of) + sentences(report, "warnings", "**note** " + of);
    text += "\n";
    if (auto const* rows = report.find("table"); rows != nullptr && rows->items() != nullptr)
      text += table(*rows->items());
    if (auto const* pictures = report.find("pictures"); pictures != nullptr && pictures->items() != nullptr)
      for (auto const& picture : *pictures->items())
        text += fmt::format("![{0}]({1}/{0})\n\n", cell(picture), name);
  }
  if (auto const* options = stage.find("options"); options != nullptr && options->members() != nullptr) {
    tree::list rows;
    for (auto const& [key, value] : *options->members()) {
      tree row;
      auto said = cell(value);
      row.set("option", key).set("value", said.empty() ? "yes" : said);
      rows.push_back(std::move(row));
    }
    text += table(rows);
  }
  return text;
}

}  // namespace

void write_pipeline_report(pipeline const& p, tree const& stages, double seconds) {
  fs::path const output = p.output;
  tree report;
  report.set("command", "run").set("version", version).set("title", p.title);
  report.set("configuration", identity_of(p.file)).set("asked", p.asked).set("stages", stages);
  report.set("seconds", seconds).set("finished", now_text());

  std::string text = fmt::format("# {}\n\n", p.title.empty() ? fs::path(p.file).stem().string() : p.title);
  text += fmt::format("tomoedx {}, configuration {}, {}\n\n", version, p.file, now_text());
  tree::list times, inputs;
  for (auto const& stage : *stages.items()) {
    tree row;
    row.set("stage", stage.text_of("stage"));
    row.set("time", fmt::format("{:.1f} s", stage.find("seconds")->number()));
    row.set("memory at most", bytes_text(stage.find("peak_bytes")));
    row.set("finished",
            stage.text_of("finished") + (*stage.find("skipped")->boolean() ? ", by an earlier run" : ""));
    times.push_back(std::move(row));
    for (auto const& file : *stage.find("inputs")->items())
      if (auto const path = file.text_of("path"); !path.starts_with(p.output + "/")) {
        tree input;
        input.set("input", path).set("bytes", *file.find("bytes")).set("SHA-256", file.text_of("sha256"));
        if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(std::move(input));
      }
  }
  text += table(times);
  for (auto const& stage : *stages.items()) text += stage_text(output, stage);
  text += "\n## Input files\n\n" + table(inputs);

  for (auto const& [name, content] :
       {std::pair("report.json", to_json(report)), std::pair("report.md", text)}) {
    io::atomic_file file(output / name);
    file.write(content);
    file.commit();
  }
}

}  // namespace tomoedx::cli
