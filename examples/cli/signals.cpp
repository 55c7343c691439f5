// SPDX-License-Identifier: BSD-3-Clause
#include "signals.hpp"

#include <tomoedx/core/error_types.hpp>

#include <csignal>

namespace tomoedx::cli {
namespace {
std::sig_atomic_t volatile came = 0;
}

void catch_signals() {
  struct sigaction once {};
  once.sa_handler = [](int number) { came = number; };
  once.sa_flags = SA_RESETHAND | SA_RESTART;
  sigemptyset(&once.sa_mask);
  for (int const number : {SIGINT, SIGTERM}) sigaction(number, &once, nullptr);
}

int caught_signal() {
  return came;
}

void stop_if_asked() {
  if (came != 0) throw cancelled("interrupted; nothing was written");
}

}  // namespace tomoedx::cli
