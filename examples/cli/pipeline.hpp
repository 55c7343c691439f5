// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_PIPELINE_HPP
#define TOMOEDX_CLI_PIPELINE_HPP

#include "command_line.hpp"
#include "commands.hpp"
#include "tree.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// `run`: a configuration becomes the commands that a user would give, one after the other, each with what came out of
// those before it. A stage is a command of this program, and its options are the keys of the configuration.
namespace tomoedx::cli {

/// What the configuration asks of a stage: values by the name of the option.
class stage_request {
 public:
  stage_request() = default;
  explicit stage_request(std::string name);

  std::string const& name() const { return name_; }
  std::vector<known_argument> const& known() const { return known_; }
  known_argument const* argument(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string> const& values(std::string_view name) const;  ///< none where it was not said
  std::string value(std::string_view name) const;                       ///< the first, or nothing

  /// requires  the command knows the option
  void set(std::string const& name, std::vector<std::string> values);
  /// The same, where the command knows the option and nothing was said.
  void offer(std::string const& name, std::vector<std::string> const& values);

  /// The words of a command line.
  std::vector<std::string> words() const;
  /// Files and directories that are named, and are there.
  std::vector<std::string> paths() const;

 private:
  std::string name_;
  std::vector<known_argument> known_;
  std::vector<std::pair<std::string, std::vector<std::string>>> values_;
};

struct pipeline {
  std::string file, output, title;
  tree asked;                                                            ///< the configuration as it is
  std::vector<stage_request> stages;                                     ///< in their order
  std::vector<std::pair<std::string, std::vector<std::string>>> common;  ///< what stands at the top
};

/// The stages there are, in their order.
std::vector<std::string> const& stage_names();

/// Read a configuration; every path in it is taken from where it lies.
///
/// throws   file_error, value_error: what is no JSON, a key nobody knows (with the nearest one), a value of the wrong kind
pipeline read_pipeline(std::string const& file);

/// What stages left so far, for those that follow.
struct products {
  std::vector<std::pair<std::string, std::string>> maps;  ///< name and file
  std::string haadf, tilts, shifts, volumes;              ///< files; `volumes` a directory
  std::string pixel_nm, axis_offset;                      ///< numbers as text
};

/// A stage with all it needs: what it says itself goes before what stages left, and that before what stands at the top.
stage_request completed(pipeline const& p, stage_request request, products const& before,
                        std::string const& folder);

/// What there is before the first stage.
products given(pipeline const& p);

/// Add what a stage left in its folder; maps and HAADF that it was the first to name are there for later ones, too.
void collect(stage_request const& stage, std::string const& folder, products& so_far);

/// Run the command of a stage, or rehearse it: then all is checked, and stand-ins of its results, files of the right
/// shape without values, are left in its folder. Errors begin with the configuration and the stage.
void perform(pipeline const& p, stage_request const& stage, products const& before, std::string const& folder,
             bool rehearsal);

/// report.json and report.md in the output.
void write_pipeline_report(pipeline const& p, tree const& stages, double seconds);

/// A file .npy of zeros that takes no room on the disk.
void write_stand_in(std::string const& file, std::vector<std::size_t> const& shape);

}  // namespace tomoedx::cli

#endif
