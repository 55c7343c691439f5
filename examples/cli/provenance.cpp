// SPDX-License-Identifier: BSD-3-Clause
#include "provenance.hpp"

#include "denoise.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/location.hpp>
#include <tomoedx/version.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

namespace tomoedx::cli {
namespace fs = std::filesystem;

tree identity_of(std::string const& file) {
  using stamp = std::tuple<std::string, std::uintmax_t, fs::file_time_type>;
  static std::map<stamp, std::string> known;
  auto const path = io::detail::locate(file).file;
  std::error_code ec;
  auto const bytes = fs::file_size(path, ec);
  expects<file_error>(!ec, "{}: {}", file, ec.message());
  auto& hash = known[{path.string(), bytes, fs::last_write_time(path, ec)}];
  if (hash.empty()) hash = sha256_of(path.string());
  tree t;
  t.set("path", path.string()).set("bytes", bytes).set("sha256", hash);
  return t;
}

tree identities_of(std::vector<std::string> const& paths) {
  std::vector<std::string> files;
  for (auto const& path : paths) {
    std::error_code ec;
    if (!fs::is_directory(path, ec)) {
      files.push_back(path);
      continue;
    }
    auto const first = files.size();
    for (fs::directory_iterator i(path, ec), end; !ec && i != end; i.increment(ec))
      if (i->is_regular_file(ec)) files.push_back(i->path().string());
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
  }
  tree list = tree::list();
  for (auto const& file : files) list.push(identity_of(file));
  return list;
}

double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::strtod(line.c_str() + 6, nullptr);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << 5;
}

std::string now_text() {
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

tree tree_of(settings const& list) {
  tree t = tree::empty_object();
  for (auto const& [name, value] : list)
    t.set(name, std::visit(
                    [](auto const& v) {
                      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v)>, std::monostate>)
                        return tree();
                      else
                        return tree(v);
                    },
                    value));
  return t;
}

tree begin_report(char const* command, tree options) {
  tree t;
  t.set("command", command).set("version", version).set("options", std::move(options));
  return t;
}

void end_report(tree& report, settings const& machine, double seconds) {
  tree m = tree_of(machine);
  m.set("peak_bytes", static_cast<std::int64_t>(peak_bytes()));
  report.set("machine", std::move(m)).set("seconds", seconds).set("finished", now_text());
}

}  // namespace tomoedx::cli
