// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline.hpp"
#include "progress.hpp"
#include "provenance.hpp"
#include "signals.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/version.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

constexpr char const *state_name = "stage.json", *mark_name = "report.json";

/// A folder that goes away.
class scratch_folder {
 public:
  scratch_folder() {
    std::random_device random;
    path_ = fs::temp_directory_path() / fmt::format("tomoedx-rehearsal-{:08x}{:08x}", random(), random());
    std::error_code ec;
    fs::create_directory(path_, ec);
    expects<file_error>(!ec, "{}: cannot be created: {}", path_.string(), ec.message());
  }
  scratch_folder(scratch_folder const&) = delete;
  scratch_folder& operator=(scratch_folder const&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

/// What of a request the results depend on: all but these.
constexpr std::string_view without_effect[] = {"threads", "quiet", "force", "output"};

/// Everything the results of a stage depend on.
tree state_of(stage_request const& stage) {
  tree arguments = tree::empty_object();
  for (auto const& a : stage.known())
    if (stage.has(a.name) && std::ranges::find(without_effect, a.name) == std::end(without_effect))
      arguments.set(a.name, tree(stage.values(a.name)));
  tree t;
  t.set("stage", stage.name()).set("version", version).set("options", std::move(arguments));
  t.set("inputs", identities_of(stage.paths()));
  return t;
}

/// Whether a stage was done with just this before.
bool is_done(std::string const& folder, tree const& wanted) {
  auto const file = (fs::path(folder) / state_name).string();
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) return false;
  try {
    auto const found = read_json(file);
    return std::ranges::all_of(*wanted.members(), [&](tree_member const& m) {
      auto const* same = found.find(m.name);
      return same != nullptr && *same == m.value;
    });
  } catch (file_error const&) {
    return false;
  }
}

/// The output is new, empty, or what an earlier run left.
void check_output(pipeline const& p) {
  std::error_code ec;
  fs::path const folder = p.output;
  if (fs::is_directory(folder, ec)) {
    bool ours = fs::is_empty(folder, ec);
    for (auto const& name : stage_names()) ours = ours || fs::exists(folder / name / state_name, ec);
    expects<file_error>(ours, "{}: output: {} holds files that no run has made; give another folder", p.file,
                        p.output);
    expects<file_error>(access(folder.c_str(), W_OK) == 0, "{}: output: {} cannot be written", p.file,
                        p.output);
    return;
  }
  expects<file_error>(!fs::exists(folder, ec), "{}: output: {} is a file; give a folder", p.file, p.output);
  auto const parent = fs::absolute(folder, ec).lexically_normal().parent_path();
  expects<file_error>(fs::is_directory(parent, ec) && access(parent.c_str(), W_OK) == 0,
                      "{}: output: {} cannot be made in {}; create that folder first", p.file, p.output,
                      parent.string());
}

/// Every stage with stand-ins for what those before will leave: whatever is wrong is told before anything is computed.
void rehearse_all(pipeline const& p) {
  scratch_folder const scratch;
  auto so_far = given(p);
  for (auto const& asked : p.stages) {
    auto const folder = scratch / asked.name();
    auto const stage = completed(p, asked, so_far, folder);
    perform(p, stage, so_far, folder, true);
    collect(stage, folder, so_far);
  }
}

void print_rehearsal(pipeline const& p) {
  fmt::print("{}: nothing is wrong with it; {}\n", p.file,
             p.stages.size() == 1 ? "its stage is" : "its stages are");
  for (auto const& stage : p.stages) fmt::print("  tomoedx {}\n", fmt::join(stage.words(), " "));
  fmt::print("output: {}\n", p.output);
}

struct done_stages {
  tree list = tree::list();
  std::size_t skipped = 0;
};

done_stages perform_all(run_command const& c, pipeline const& p) {
  done_stages done;
  auto so_far = given(p);
  bool again = false;
  std::error_code ec;
  fs::create_directory(p.output, ec);
  expects<file_error>(!ec, "{}: cannot be created: {}", p.output, ec.message());
  for (auto const& asked : p.stages) {
    auto const folder = (fs::path(p.output) / asked.name()).string();
    auto stage = completed(p, asked, so_far, folder);
    if (c.quiet && stage.argument("quiet") != nullptr) stage.set("quiet", {""});
    again = again || asked.name() == c.from;
    tree state = state_of(stage);
    bool const skip = !again && is_done(folder, state);
    if (skip) {
      ++done.skipped;
      state = read_json((fs::path(folder) / state_name).string());
      if (!c.quiet) fmt::print("{}: done before, {}\n", asked.name(), folder);
    } else {
      if (!c.quiet) fmt::print("\n{}\n", asked.name());
      std::fflush(stdout);
      forget_peak();
      stopwatch clock;
      perform(p, stage, so_far, folder, false);
      state.set("seconds", clock.seconds()).set("peak_bytes", static_cast<std::int64_t>(peak_bytes()));
      state.set("finished", now_text());
      io::atomic_file file(fs::path(folder) / state_name);
      file.write(to_json(state));
      file.commit();
    }
    state.set("skipped", skip);
    done.list.push(std::move(state));
    collect(stage, folder, so_far);
    stop_if_asked();
  }
  return done;
}

}  // namespace

void run(run_command const& c) {
  stopwatch clock;
  auto const p = read_pipeline(c.config);
  auto const named = [&](stage_request const& s) { return s.name() == c.from; };
  expects<value_error>(c.from.empty() || std::ranges::any_of(p.stages, named),
                       "--from {}: is no stage of {}; give one of {}", c.from, c.config, [&] {
                         std::vector<std::string> names;
                         for (auto const& s : p.stages) names.push_back(s.name());
                         return fmt::format("{}", fmt::join(names, ", "));
                       }());
  check_output(p);
  rehearse_all(p);
  if (c.dry_run) {
    if (!c.quiet) print_rehearsal(p);
    return;
  }
  auto const done = perform_all(c, p);
  write_pipeline_report(p, done.list, clock.seconds());
  if (!c.quiet)
    fmt::print("\n{}: {} of {} stages in {:.1f} s, report.json and report.md\n", p.output,
               p.stages.size() - done.skipped, p.stages.size(), clock.seconds());
}

}  // namespace tomoedx::cli
