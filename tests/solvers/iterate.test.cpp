// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/concepts.hpp>
#include <tomoedx/solvers/iterate.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace {

/// A method whose norms are written down beforehand: all that iterate may ask of a solver.
struct scripted {
  using space_type = Kokkos::DefaultHostExecutionSpace;

  std::vector<std::vector<double>> norms;  ///< by iteration and channel
  std::size_t done = 0;
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> squares;

  explicit scripted(std::vector<std::vector<double>> n)
      : norms(std::move(n)), squares("squares", norms.size(), norms.empty() ? 1 : norms[0].size()) {
    // what is not done yet must not be looked at
    Kokkos::deep_copy(squares, std::numeric_limits<double>::quiet_NaN());
  }
  scripted(scripted const&) = delete;
  void step() {
    for (std::size_t c = 0; c < norms[done].size(); ++c) squares(done, c) = norms[done][c] * norms[done][c];
    ++done;
  }
  std::size_t iteration() const { return done; }
  std::size_t iterations() const { return norms.size(); }
  space_type space() const { return {}; }
  int state() const { return 0; }
  auto const& residuals() const { return squares; }
};
static_assert(tomoedx::solver<scripted>);

scripted falling(std::vector<double> const& norms) {
  std::vector<std::vector<double>> n;
  for (auto const v : norms) n.push_back({v});
  return scripted(std::move(n));
}

/// Runs the norms under the rules and tells after how many iterations and why it ended.
std::string run(std::vector<double> const& norms, tomoedx::stopping_rules const& rules) {
  auto method = falling(norms);
  auto const report = tomoedx::iterate(method, rules, tomoedx::ignore{});
  CHECK(report.iterations == method.done);
  CHECK(report.residuals.size() == method.done);
  return std::to_string(report.iterations) + " " + tomoedx::name_of(report.ended);
}

}  // namespace

TEST_CASE("every iteration is done and reported, channel by channel") {
  scripted method({{3, 4}, {6, 8}, {0, 5}});
  auto const report = tomoedx::iterate(method, {}, tomoedx::ignore{});
  CHECK(report.iterations == 3);
  CHECK(report.ended == tomoedx::ending::iterations_done);
  CHECK(report.residuals == std::vector<double>{5, 10, 5});
  CHECK(report.by_channel == std::vector<std::vector<double>>{{3, 4}, {6, 8}, {0, 5}});
}

TEST_CASE("norms between two looks are reported all the same, and the last iteration is looked at") {
  for (std::size_t const every : {1, 2, 3, 4, 7, 100}) {
    CAPTURE(every);
    auto method = falling({9, 8, 7, 6, 5, 4, 3});
    std::vector<std::size_t> seen;
    auto const report = tomoedx::iterate(method, {.look_every = every}, [&](tomoedx::progress const& p) {
      seen.push_back(p.iteration);
      CHECK(p.residual == 10 - static_cast<double>(p.iteration));
      CHECK(p.iterations == 7);
      REQUIRE(p.by_channel.size() == 1);
      CHECK(p.by_channel[0] == p.residual);
      return tomoedx::decision::proceed;
    });
    std::vector<std::size_t> expected;
    for (std::size_t k = 1; k <= 7; ++k)
      if (k % every == 0 || k == 7) expected.push_back(k);
    CHECK(seen == expected);
    CHECK(report.residuals == std::vector<double>{9, 8, 7, 6, 5, 4, 3});
  }
}

TEST_CASE("residual_below ends at the first look at or below it") {
  std::vector<double> const norms{9, 5, 3, 2, 1};
  CHECK(run(norms, {.residual_below = 3}) == "3 residual_below");
  CHECK(run(norms, {.residual_below = 2.9}) == "4 residual_below");
  CHECK(run(norms, {.residual_below = 100}) == "1 residual_below");
  CHECK(run(norms, {.residual_below = 0.5}) == "5 iterations");
  CHECK(run(norms, {.residual_below = 5, .look_every = 3}) == "3 residual_below");
  CHECK(run(norms, {.residual_below = 1}) == "5 residual_below");
  CHECK(run({0, 0, 0}, {}) == "3 iterations");  // zero switches it off, even for a perfect fit
}

TEST_CASE("relative_change compares one look with the one before, never the first with nothing") {
  CHECK(run({10, 9, 8.95, 8}, {.relative_change = 0.01}) == "3 relative_change");
  CHECK(run({10, 9, 8.95, 8}, {.relative_change = 0.2}) == "2 relative_change");
  CHECK(run({10, 10.05, 3}, {.relative_change = 0.01}) ==
        "2 relative_change");  // rising counts as change too
  CHECK(run({0, 5, 1}, {.relative_change = 0.5}) == "3 iterations");
  CHECK(run({0, 0, 0}, {.relative_change = 0.5}) == "2 relative_change");
  CHECK(run({10, 10, 5, 5, 4}, {.relative_change = 0.01, .look_every = 2}) == "5 iterations");
  CHECK(run({10, 7, 5, 7, 4}, {.relative_change = 0.01, .look_every = 2}) == "4 relative_change");
  CHECK(run({5, 5, 5}, {}) == "3 iterations");
}

TEST_CASE("the observer is heard before the rules, and stops at once") {
  auto method = falling({9, 9, 9, 9});
  auto const report = tomoedx::iterate(method, {.residual_below = 50, .relative_change = 0.5},
                                       [](tomoedx::progress const&) { return tomoedx::decision::stop; });
  CHECK(report.ended == tomoedx::ending::observer);
  CHECK(report.iterations == 1);
  CHECK(report.residuals == std::vector<double>{9});
}

TEST_CASE("an observer may be neither copyable nor const, and may throw") {
  struct watcher {
    std::vector<double> seen;
    watcher() = default;
    watcher(watcher const&) = delete;
    tomoedx::decision operator()(tomoedx::progress const& p) {
      seen.push_back(p.residual);
      if (seen.size() == 3) throw tomoedx::cancelled("enough");
      return tomoedx::decision::proceed;
    }
  } watch;
  auto method = falling({4, 3, 2, 1});
  CHECK_THROWS_AS(tomoedx::iterate(method, {}, watch), tomoedx::cancelled);
  CHECK(watch.seen == std::vector<double>{4, 3, 2});
  CHECK(method.done == 3);
}

TEST_CASE("a method that was stepped by hand before keeps its history") {
  auto method = falling({6, 5, 4, 3});
  method.step();
  method.step();
  auto const report = tomoedx::iterate(method, {}, tomoedx::ignore{});
  CHECK(report.iterations == 4);
  CHECK(report.residuals == std::vector<double>{6, 5, 4, 3});
  // and one that has nothing left to do does nothing
  auto const again = tomoedx::iterate(method, {}, tomoedx::ignore{});
  CHECK(method.done == 4);
  CHECK(again.ended == tomoedx::ending::iterations_done);
}

TEST_CASE("a method that goes on in the middle ends as one that was watched from its beginning") {
  std::vector<double> const norms{10, 9, 8, 8.6, 8.59, 8.58, 8, 7.99, 1};
  for (tomoedx::stopping_rules const& rules :
       {tomoedx::stopping_rules{.relative_change = 0.01}, tomoedx::stopping_rules{.relative_change = 0.005},
        tomoedx::stopping_rules{.relative_change = 0.07, .look_every = 2},
        tomoedx::stopping_rules{.residual_below = 8.2, .look_every = 3}, tomoedx::stopping_rules{}}) {
    auto whole = falling(norms);
    auto const expected = tomoedx::iterate(whole, rules, tomoedx::ignore{});
    for (std::size_t before = 0; before < expected.iterations; ++before) {
      CAPTURE(before);
      auto method = falling(norms);
      for (std::size_t k = 0; k < before; ++k) method.step();
      std::size_t first_heard = 0;
      auto const report = tomoedx::iterate(method, rules, [&](tomoedx::progress const& p) {
        if (first_heard == 0) first_heard = p.iteration;
        return tomoedx::decision::proceed;
      });
      CHECK(first_heard > before);
      CHECK(report.iterations == expected.iterations);
      CHECK(report.ended == expected.ended);
      CHECK(report.residuals == expected.residuals);
      CHECK(report.by_channel == expected.by_channel);
    }
  }
}

TEST_CASE("a method that has done all its iterations still tells their norms") {
  auto method = falling({5, 4, 3, 2, 1});
  for (int k = 0; k < 5; ++k) method.step();
  auto const report = tomoedx::iterate(method, {.look_every = 3}, tomoedx::ignore{});
  CHECK(report.iterations == 5);
  CHECK(report.residuals == std::vector<double>{5, 4, 3, 2, 1});
}

TEST_CASE("a method may say itself that it is done, and is asked at looks only") {
  struct knowing : scripted {
    using scripted::scripted;
    std::size_t enough = 4, asked = 0;
    bool solved() { return ++asked, done >= enough; }
  };
  knowing method({{9}, {8}, {7}, {6}, {5}, {4}, {3}});
  auto const report = tomoedx::iterate(method, {.look_every = 3}, tomoedx::ignore{});
  CHECK(report.ended == tomoedx::ending::solved);
  CHECK(report.iterations == 6);
  CHECK(method.asked == 2);
  CHECK(report.residuals.size() == 6);
}

TEST_CASE("a norm that is no number is an error, not an answer") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (double const bad : {nan, inf}) {
    auto method = falling({4, bad, 2});
    CHECK_THROWS_WITH_AS(tomoedx::iterate(method, {}, tomoedx::ignore{}), doctest::Contains("iteration 2"),
                         tomoedx::value_error);
  }
}

TEST_CASE("rules that mean nothing are refused") {
  double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  auto const refuse = [](tomoedx::stopping_rules const& rules, char const* what) {
    CHECK_THROWS_WITH_AS(tomoedx::validate(rules, "me"), doctest::Contains(what), tomoedx::value_error);
  };
  for (double const bad : {-1.0, nan, inf}) refuse({.residual_below = bad}, "me: residual_below");
  for (double const bad : {-0.1, 1.0, 2.0, nan}) refuse({.relative_change = bad}, "me: relative_change");
  refuse({.look_every = 0}, "me: look_every");
  CHECK_NOTHROW(
      tomoedx::validate({.residual_below = 1e9, .relative_change = 0.999, .look_every = 1000}, "me"));
}
