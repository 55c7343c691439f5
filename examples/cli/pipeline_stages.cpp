// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/atomic_file.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;
using words = std::vector<std::string>;
using map_file = std::pair<std::string, std::string>;

/// What a command does, or all it can say without values.
void call(words const& arguments, bool rehearsal) {
  auto const made = understand(arguments);
  expects<value_error>(!made.wrong && made.work, "{}", made.text);
  if (!rehearsal) return made.work();
  expects<value_error>(static_cast<bool>(made.rehearse), "{} cannot be rehearsed", made.who);
  made.rehearse();
}

/// What a series to denoise is called: as the map it is, else by its file.
std::string name_of(std::string const& file, products const& before) {
  if (file == before.haadf) return "HAADF";
  for (auto const& [name, path] : before.maps)
    if (path == file) return name;
  auto const stem = fs::path(file).stem().string();
  return stem.starts_with("map_") ? stem.substr(4) : stem;
}

/// One run of the filter for each map, and for HAADF; that one is never counts.
void denoise_all(stage_request const& stage, products const& before, std::string const& folder,
                 bool rehearsal) {
  io::atomic_directory staging(folder, io::existing::replace);
  words names;
  for (auto const& file : stage.values("input")) {
    auto const name = name_of(file, before);
    expects<value_error>(std::ranges::find(names, name) == names.end(),
                         "input: {}: there is a series {} already; give files with different names", file,
                         name);
    names.push_back(name);
    auto one = stage;
    one.set("input", {file});
    if (name == "HAADF") one.set("noise", {"gaussian"});
    one.set("output", {(staging.path() / name).string() + ".npy"});
    call(one.words(), rehearsal);
  }
  staging.commit();
}

template <class Error>
[[noreturn]] void again(std::string const& where, std::string const& temporary, std::string const& meant,
                        std::exception const& e) {
  std::string text = e.what();
  for (auto at = text.find(temporary); !temporary.empty() && at != text.npos; at = text.find(temporary, at))
    text.replace(at, temporary.size(), meant);
  fail<Error>("{}: {}", where, text);
}

words named(std::vector<std::pair<std::string, std::string>> const& maps) {
  words all;
  for (auto const& [name, file] : maps) all.push_back(name + "=" + file);
  return all;
}

}  // namespace

stage_request completed(pipeline const& p, stage_request request, products const& before,
                        std::string const& folder) {
  if (request.name() == "denoise") {
    words files;
    for (auto const& [name, file] : before.maps) files.push_back(file);
    // A parameter in the unit of the maps, or a network for counts, is not for HAADF.
    bool const own = request.has("sigma") || request.has("weight") || request.has("network");
    if (!own && !before.haadf.empty()) files.push_back(before.haadf);
    request.offer("input", files);
  }
  request.offer("map", named(before.maps));
  request.offer("tilts", {before.tilts});
  request.offer("shifts", {before.shifts});
  request.offer("axis_offset", {before.axis_offset});
  request.offer("pixel_size", {before.pixel_nm});
  if (request.name() == "quantify") request.offer("input", {before.volumes});
  // Methods that take each series alone would take HAADF for one more element; an unknown one is refused later.
  auto const methods = method_rows();
  auto const method =
      std::ranges::find_if(methods, [&](method_row const& m) { return request.value("method") == m.name; });
  bool const joins =
      request.name() != "reconstruct" || method == methods.end() || method->haadf == haadf_role::joined;
  if (joins) request.offer("haadf", {before.haadf});
  for (auto const& [key, values] : p.common)
    if (key != "haadf" || joins) request.offer(key, values);
  if (request.name() != "denoise") request.set("output", {folder});
  if (request.argument("force") != nullptr) request.set("force", {""});
  return request;
}

products given(pipeline const& p) {
  products all;
  for (auto const& [key, values] : p.common)
    if (key == "haadf") all.haadf = values.front();
  return all;
}

void collect(stage_request const& request, std::string const& folder, products& so_far) {
  auto const& stage = request.name();
  auto const in = [&](std::string const& name) { return (fs::path(folder) / name).string(); };
  auto const files_of = [&](tree const& report, char const* list) {
    std::vector<std::pair<std::string, std::string>> maps;
    if (auto const* all = report.find(list); all != nullptr && all->items() != nullptr)
      for (auto const& map : *all->items()) maps.emplace_back(map.text_of("name"), in(map.text_of("file")));
    return maps;
  };
  if (stage == "maps") {
    auto const report = read_json(in("report.json"));
    so_far.maps = files_of(report, "maps");
    so_far.tilts = in("tilts.txt");
    if (auto const file = report.text_of("haadf"); !file.empty()) so_far.haadf = in(file);
    if (auto const* nm = report.find("pixel_nm"); nm != nullptr && nm->is_number())
      so_far.pixel_nm = fmt::format("{}", nm->number());
  } else if (stage == "align") {
    auto const report = read_json(in("alignment.json"));
    if (so_far.maps.empty())
      for (auto const& map : request.values("map"))
        so_far.maps.emplace_back(map.substr(0, map.find('=')), map.substr(map.find('=') + 1));
    if (so_far.haadf.empty()) so_far.haadf = request.value("haadf");
    so_far.shifts = in("shifts.txt");
    if (auto const* offset = report.find("axis_offset"); offset != nullptr && offset->is_number())
      so_far.axis_offset = fmt::format("{}", offset->number());
    for (auto const& [name, file] : files_of(report, "stacks")) {
      if (name == "HAADF") {
        so_far.haadf = file;
        continue;
      }
      auto const map = std::ranges::find(so_far.maps, name, &map_file::first);
      if (map != so_far.maps.end())
        map->second = file;
      else
        so_far.maps.emplace_back(name, file);
    }
  } else if (stage == "denoise") {
    auto const before = so_far;
    for (auto const& file : request.values("input")) {
      auto const name = name_of(file, before);
      if (name == "HAADF")
        so_far.haadf = in(name + ".npy");
      else if (auto const map = std::ranges::find(so_far.maps, name, &map_file::first);
               map != so_far.maps.end())
        map->second = in(name + ".npy");
      else
        so_far.maps.emplace_back(name, in(name + ".npy"));
    }
  } else if (stage == "reconstruct") {
    so_far.volumes = folder;
  }
}

void perform(pipeline const& p, stage_request const& stage, products const& before, std::string const& folder,
             bool rehearsal) {
  auto const where = p.file + ": " + stage.name();
  auto const temporary = rehearsal ? fs::path(folder).parent_path().string() : std::string();
  try {
    if (stage.name() == "denoise") {
      expects<value_error>(
          stage.has("input"),
          "there is nothing to denoise; give the stage maps, or \"input\": a list of stacks");
      denoise_all(stage, before, folder, rehearsal);
    } else {
      call(stage.words(), rehearsal);
    }
  } catch (cancelled const& e) {
    again<cancelled>(where, temporary, p.output, e);
  } catch (shape_error const& e) {
    again<shape_error>(where, temporary, p.output, e);
  } catch (value_error const& e) {
    again<value_error>(where, temporary, p.output, e);
  } catch (file_error const& e) {
    again<file_error>(where, temporary, p.output, e);
  }
}

void write_stand_in(std::string const& file, std::vector<std::size_t> const& shape) {
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  header.append(63 - (10 + header.size()) % 64, ' ');
  header.push_back('\n');
  std::size_t bytes = sizeof(float);
  for (auto const n : shape) bytes *= n;
  std::string start("\x93NUMPY\x01");
  for (std::size_t const byte : {std::size_t{0}, header.size() % 256, header.size() / 256})
    start.push_back(static_cast<char>(byte));
  std::ofstream(file, std::ios::binary) << start << header;
  std::error_code ec;
  fs::resize_file(file, start.size() + header.size() + bytes, ec);
  expects<file_error>(!ec, "{}: cannot be made as a stand-in: {}", file, ec.message());
}

}  // namespace tomoedx::cli
