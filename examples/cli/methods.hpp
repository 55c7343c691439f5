// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_METHODS_HPP
#define TOMOEDX_CLI_METHODS_HPP

#include <tomoedx/host_convex.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

// The methods of `reconstruct` and the options that only some of them know, as two tables: the command line, its
// refusals, the defaults and the report are all made from them. A new method is a row of methods.cpp.
namespace tomoedx::cli {

enum class option {
  iterations,
  filter,
  cutoff,
  relaxation,
  damping,
  subsets,
  lower,
  upper,
  background,
  alpha,
  ratios,
  ratio_method,
  regularizer,
  dimensions,
  lambda,
  noise,
  gamma,
  doses,
  haadf_tilts,
  mask,
  warm_start,
  stop_change,
  stop_residual,
  stop_gap,
  uncertainty,
  seed,
  checkpoint,
  every,
  memory,
};

/// What an option holds; monostate: nothing was said, and there is no default.
using option_value = std::variant<std::monostate, double, std::size_t, std::string, std::vector<double>>;

/// Options by name, as given or as they take effect.
class option_values {
 public:
  bool has(option o) const { return values_.contains(o); }
  void set(option o, option_value v) { values_[o] = std::move(v); }
  void forget(option o) { values_.erase(o); }
  option_value get(option o) const { return has(o) ? values_.at(o) : option_value(); }
  /// Zero, nothing and an empty list where an option was not set.
  double number(option o) const { return as<double>(o); }
  std::size_t whole(option o) const { return as<std::size_t>(o); }
  std::string text(option o) const { return as<std::string>(o); }
  std::vector<double> list(option o) const { return as<std::vector<double>>(o); }

 private:
  template <class T>
  T as(option o) const {
    return has(o) ? std::get<T>(values_.at(o)) : T();
  }

  std::map<option, option_value> values_;
};

/// The kind of value an option takes.
enum class kind { number, whole, text, list };

/// Values of a number that mean something.
struct interval {
  double least = 0, most = 0;
  bool open = false;  ///< the ends themselves are refused
};

struct option_row {
  option id;
  char const* flag;  ///< "--relaxation"
  char const* type;  ///< "F"; for text, what may be said: "tv|tnv"
  kind holds;
  interval range;    ///< of numbers
  char const* rule;  ///< for who leaves it
  char const* help;
};
std::span<option_row const> option_rows();
option_row const& row_of(option o);

/// An option that a method knows, and what it is when nothing is said.
struct known_option {
  option id;
  option_value otherwise{};
};

/// What a method makes of the HAADF series: one more channel, part of the model of all maps, or nothing.
enum class haadf_role { channel, joined, refused };

/// What a method gets to do: buffers in register and checked, and what takes effect.
struct reconstruction_task {
  parallel_beam const& beam;
  host::projector kind;
  std::vector<host::input> series;  ///< one for each volume
  std::vector<host::output> volumes;
  host::input haadf, mask;  ///< null when there is none; HAADF only where it is joined
  std::vector<double> ratios, doses, haadf_tilts;
  option_values const& options;
  host::watch watch;

  std::size_t whole(option o) const { return options.whole(o); }
  double number(option o) const { return options.number(o); }
  bool warm_start() const { return options.has(option::warm_start); }
  stopping_rules stop() const {
    return {.residual_below = number(option::stop_residual), .relative_change = number(option::stop_change)};
  }
  /// For methods whose looks cost something.
  stopping_rules stop_at_looks() const {
    auto rules = stop();
    rules.look_every = 10;
    return rules;
  }
  host::checkpoints stored() const { return {options.text(option::checkpoint), whole(option::every)}; }
};

/// What a method allocates beside series and volumes, in copies of all of them.
struct copies {
  double series = 2, volumes = 2;
};

struct method_row {
  char const* name;   ///< of --method
  char const* title;  ///< what it is
  haadf_role haadf;
  bool counts;  ///< every series is counts, never negative
  copies memory;
  std::vector<known_option> options;
  host::convex_report (*solve)(reconstruction_task const&);

  bool knows(option o) const;
  option_value otherwise(option o) const;
};
std::span<method_row const> method_rows();

/// throws   tomoedx::value_error that lists the methods
method_row const& method_named(std::string const& name);

/// "sirt, em and hebt": the methods that know an option, or all of them.
std::string methods_that_know(option o);
std::string all_methods();

/// The help of an option with who knows it and its defaults.
std::string help_of(option_row const& row);

/// What takes effect: defaults of the method where nothing was given.
///
/// throws   tomoedx::value_error for an option that the method does not know, or a value that means nothing
option_values effective_options(method_row const& method, option_values const& given);

}  // namespace tomoedx::cli

#endif
