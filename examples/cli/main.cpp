// SPDX-License-Identifier: BSD-3-Clause
// The tomoedx program. Exit codes: 0 done, 1 a fault of the program, 2 a fault of the user with one line that
// says what to do, 128 + signal (130 for Ctrl-C) when interrupted.
#include "command_line.hpp"
#include "signals.hpp"

#include <tomoedx/core/error_types.hpp>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

namespace {

/// One line on standard error, whatever the text holds.
void complain(std::string const& who, std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  std::fprintf(stderr, "%s: %s\n", who.c_str(), text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tomoedx;
  cli::invocation call;
  try {
    call = cli::understand(argc, argv);
    if (call.wrong) {
      complain(call.who, call.text);
      return 2;
    }
    if (!call.text.empty()) std::fputs(call.text.c_str(), stdout);
    cli::catch_signals();
    if (call.work) call.work();
    return 0;
  } catch (cancelled const& e) {
    complain(call.who, e.what());
    return 128 + cli::caught_signal();
  } catch (shape_error const& e) {
    complain(call.who, e.what());
    return 2;
  } catch (value_error const& e) {
    complain(call.who, e.what());
    return 2;
  } catch (file_error const& e) {
    complain(call.who, e.what());
    return 2;
  } catch (std::bad_alloc const&) {
    complain(call.who, "not enough memory; nothing was written; take smaller arrays or fewer rows at a time");
    return 2;
  } catch (std::exception const& e) {
    complain(call.who, std::string("internal error: ") + e.what());
    return 1;
  }
}
