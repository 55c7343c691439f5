// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/array.hpp>
#include <tomoedx/core/runtime.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>

// Kokkos lives once in a process. What happens before and after is looked at in a second process: this
// program again, with TOMOEDX_TEST_KOKKOS_LIFE in its environment.
namespace {

/// Made while Kokkos lived: after its end none can be made.
Kokkos::DefaultHostExecutionSpace const* kept = nullptr;

/// 0: refused with an error of ours that has `word` in its text; 1: no error; 2: another one.
int refused(char const* word) {
  std::vector<float> data(8);
  auto const is_ours = [&](auto const& call) {
    try {
      call();
    } catch (tomoedx::error const& e) {
      return std::string(e.what()).find(word) != std::string::npos ? 0 : 2;
    } catch (...) {
      return 2;
    }
    return 1;
  };
  int worst = is_ours([] { tomoedx::require_kokkos("test"); });
  if (kept == nullptr) return 3;
  worst = std::max(worst, is_ours([] { tomoedx::zeros<float>(*kept, tomoedx::extents<1>{8}); }));
  worst =
      std::max(worst, is_ours([&] { tomoedx::upload(*kept, tomoedx::borrow(data.data(), data.size())); }));
  return worst;
}

std::string life() {
  char const* const value = std::getenv("TOMOEDX_TEST_KOKKOS_LIFE");
  return value != nullptr ? value : "";
}

struct before_main {
  before_main() {
    if (life() == "before") {
      // no execution space object here: Kokkos itself complains about those
      int result = 1;
      try {
        tomoedx::require_kokkos("test");
      } catch (tomoedx::error const& e) {
        result = std::string(e.what()).find("Kokkos is not running") != std::string::npos ? 0 : 2;
      }
      std::_Exit(result);
    }
    if (life() == "after") std::atexit([] { std::_Exit(refused("finalized")); });
  }
} const look_before_main;

int run_again(char const* when) {
  pid_t const child = fork();
  if (child == 0) {
    setenv("TOMOEDX_TEST_KOKKOS_LIFE", when, 1);
    execl("/proc/self/exe", "tomoedx_test", "--test-case=while Kokkos runs*", "--no-version", "--minimal",
          nullptr);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

TEST_CASE("before Kokkos starts, work is refused with the remedy and nothing aborts") {
  CHECK(run_again("before") == 0);
}

TEST_CASE("after Kokkos ended, work is refused and nothing aborts") {
  CHECK(run_again("after") == 0);
}
#endif

TEST_CASE("while Kokkos runs, nothing is refused") {
  CHECK_NOTHROW(tomoedx::require_kokkos("test"));
#if defined(__linux__)
  if (life() == "after") kept = new Kokkos::DefaultHostExecutionSpace;
#endif
}
