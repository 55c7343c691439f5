// SPDX-License-Identifier: BSD-3-Clause
#include "progress.hpp"

#include "signals.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace tomoedx::cli {
namespace {

std::string clock_text(double seconds) {
  auto const s = static_cast<long>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

progress_display::progress_display(std::string what, bool quiet, std::string step)
    : what_(std::move(what)), step_(std::move(step)), quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

progress_display::~progress_display() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

decision progress_display::operator()(progress const& p) {
  if (caught_signal() != 0) return decision::stop;
  if (quiet_ || p.iterations == 0) return decision::proceed;
  double const now = since_.seconds();
  if (terminal_) {
    if (last_ < 0 || now - last_ > 0.1 || p.iteration == p.iterations) {
      draw(p);
      last_ = now;
      drawn_ = true;
    }
  } else if (std::size_t const tenths = 10 * p.iteration / p.iterations; tenths > tenths_) {
    tenths_ = tenths;
    fmt::print(stderr, "{}: {} {} of {},{} {:.1f} s\n", what_, step_, p.iteration, p.iterations, residual(p),
               now);
  }
  return decision::proceed;
}

std::string progress_display::residual(progress const& p) const {
  return step_ == "iteration" ? fmt::format(" residual {:.4g},", p.residual) : "";
}

void progress_display::draw(progress const& p) const {
  constexpr std::size_t width = 30;
  std::size_t const full = width * p.iteration / p.iterations;
  double const left = since_.seconds() * static_cast<double>(p.iterations - p.iteration) /
                      static_cast<double>(p.iteration > 0 ? p.iteration : 1);
  std::string const bar = std::string(full, '#') + std::string(width - full, '.');
  fmt::print(stderr, "\r\x1b[K{} [{}] {}/{} {} {} left", what_, bar, p.iteration, p.iterations, residual(p),
             clock_text(left));
  std::fflush(stderr);
}

}  // namespace tomoedx::cli
