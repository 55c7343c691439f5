// SPDX-License-Identifier: BSD-3-Clause
// Sizes that no memory can hold, or that wrap around when multiplied, at every door of the library. Each call
// runs in a process of its own, so that one which does not refuse spoils nothing here.
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Space = Kokkos::Serial;
using tomoedx::extents;

/// What a call does, in words.
template <class Call>
std::string outcome(Call const& call) {
  pid_t const child = fork();
  if (child == 0) {
    for (int const s : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) std::signal(s, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(4);
    alarm(20);
    try {
      call();
    } catch (tomoedx::shape_error const&) {
      _exit(0);
    } catch (tomoedx::value_error const&) {
      _exit(0);
    } catch (std::exception const&) {
      _exit(1);
    }
    _exit(2);
  }
  int status = -1;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return "dies of signal " + std::to_string(WTERMSIG(status));
  switch (WEXITSTATUS(status)) {
    case 0:
      return "is refused";
    case 1:
      return "throws what is not ours";
    case 2:
      return "goes through";
    default:
      return "ends the process";
  }
}

std::size_t const most = std::size_t(-1), half = std::size_t{1} << 32, eighth = std::size_t{1} << 61;

tomoedx::parallel_beam const beam{.tilts_deg = {0}, .width = 2, .depth = 2, .detector = 2};
auto const nothing = [](auto const&, auto const&) {};

}  // namespace

TEST_CASE("sizes that memory cannot hold are refused by every operator") {
  using sparse = tomoedx::sparse_operator<Space, float>;
  using projector = tomoedx::tilt_projector<Space, float, tomoedx::strip>;
  std::vector<std::size_t> const offsets{0, 0};
  CHECK(outcome([] {
          tomoedx::validate(tomoedx::sparse_matrix<float>{most, 3, {}, {}, {}});
        }) == "is refused");
  CHECK(outcome([&] { sparse({}, {1, most, offsets, {}, {}}, 1); }) == "is refused");
  CHECK(outcome([&] { sparse({}, {1, most / 16, offsets, {}, {}}, 1); }) == "is refused");
  CHECK(outcome([&] { sparse({}, {1, 3, offsets, {}, {}}, most); }) == "is refused");
  CHECK(outcome([] { projector({}, beam, most); }) == "is refused");
  CHECK(outcome([] {
          tomoedx::make_operator(Space(), extents<2>{half, half}, extents<1>{1}, nothing, nothing);
        }) == "is refused");
  CHECK(outcome([] { tomoedx::zeros<float>(Space(), extents<2>{half, half}); }) == "is refused");
}

TEST_CASE("a mixing matrix whose size wraps around is refused") {
  auto const op = tomoedx::make_operator<float>(Space(), extents<1>{2}, extents<1>{2}, nothing, nothing);
  using mixed = tomoedx::mixed_operator<std::remove_const_t<decltype(op)>>;
  CHECK(outcome([&] { mixed(op, {half, half, {}}); }) == "is refused");
  CHECK(outcome([&] { mixed(op, {most, most, {1.0}}); }) == "is refused");
}

TEST_CASE("more iterations than their history can be kept for are refused") {
  auto const op = tomoedx::make_operator<float>(Space(), extents<1>{2}, extents<1>{2}, nothing, nothing);
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  for (std::size_t const iterations : {eighth, most, most / 4}) {
    CAPTURE(iterations);
    CHECK(outcome([&] { tomoedx::sirt(op, data, x, {.iterations = iterations}); }) == "is refused");
    CHECK(outcome([&] { tomoedx::em(op, data, x, {.iterations = iterations}); }) == "is refused");
  }
}
#endif
