// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_PROGRESS_HPP
#define TOMOEDX_CLI_PROGRESS_HPP

#include <tomoedx/core/observer.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace tomoedx::cli {

/// Seconds since it was made, or since it was last asked to begin anew.
class stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(clock::now() - start_).count(); }
  double lap() {
    double const t = seconds();
    start_ = clock::now();
    return t;
  }

 private:
  using clock = std::chrono::steady_clock;
  clock::time_point start_ = clock::now();
};

/// Shows how far a method is, on standard error: a bar on a terminal, else a line for every tenth. Asks the method to
/// stop once a signal came. Steps are iterations, told with their residual, or something else, told without.
class progress_display {
 public:
  progress_display(std::string what, bool quiet, std::string step = "iteration");
  ~progress_display();
  progress_display(progress_display const&) = delete;
  progress_display& operator=(progress_display const&) = delete;

  decision operator()(progress const& p);

 private:
  void draw(progress const& p) const;

  std::string residual(progress const& p) const;

  std::string what_, step_;
  bool quiet_, terminal_, drawn_ = false;
  double last_ = -1;        ///< seconds at which the bar was last drawn
  std::size_t tenths_ = 0;  ///< tenths told in lines
  stopwatch since_{};
};

}  // namespace tomoedx::cli

#endif
