// SPDX-License-Identifier: BSD-3-Clause
// The tomoedx program. Exit codes: 0 done, 1 a fault of the program, 2 a fault of the user with one line that
// says what to do, 128 + signal (130 for Ctrl-C) when interrupted.
#include "command_line.hpp"
#include "ranks.hpp"
#include "signals.hpp"

#include <tomoedx/core/error_types.hpp>
#include <tomoedx/distribute/mpi_session.hpp>
#include <tomoedx/host.hpp>

#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <string>

namespace {

/// Say one line on standard error, whatever the text holds, and give back the status to end with. On several ranks that
/// ends all of them.
int complain(std::string const& who, std::string text, int status) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  if (tomoedx::cli::world().size() > 1) tomoedx::end_job(tomoedx::cli::world(), who + ": " + text, status);
  std::fprintf(stderr, "%s: %s\n", who.c_str(), text.c_str());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tomoedx;
  cli::invocation call;
  std::optional<mpi_session> mpi;
  try {
    if (launched_processes() > 1) {
      mpi.emplace(argc, argv);
      cli::world() = mpi->world();
      if (cli::world().size() > 1) host::share_slices_over_mpi();
    }
    call = cli::understand(argc, argv);
    if (call.wrong) return complain(call.who, call.text, 2);
    if (!call.text.empty() && cli::leads()) std::fputs(call.text.c_str(), stdout);
    cli::catch_signals();
    if (call.work) {
      expects<value_error>(cli::world().size() == 1 || call.who == "tomoedx reconstruct",
                           "runs on one rank, {} were started; only reconstruct shares work out",
                           cli::world().size());
      call.work();
    }
    return 0;
  } catch (cancelled const& e) {
    return complain(call.who, e.what(), 128 + cli::caught_signal());
  } catch (shape_error const& e) {
    return complain(call.who, e.what(), 2);
  } catch (value_error const& e) {
    return complain(call.who, e.what(), 2);
  } catch (file_error const& e) {
    return complain(call.who, e.what(), 2);
  } catch (std::bad_alloc const&) {
    return complain(call.who,
                    "not enough memory; nothing was written; take smaller arrays or fewer rows at a time", 2);
  } catch (std::exception const& e) {
    return complain(call.who, std::string("internal error: ") + e.what(), 1);
  }
}
