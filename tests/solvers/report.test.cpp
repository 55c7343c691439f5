// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/solvers/report.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

TEST_CASE("no stopping rule is on unless it is asked for") {
  tomoedx::stopping_rules const rules;
  CHECK(rules.residual_below == 0);
  CHECK(rules.relative_change == 0);
  CHECK(rules.look_every == 1);
}

TEST_CASE("a fresh report is empty and ended by its iterations") {
  tomoedx::solve_report const report;
  CHECK(report.iterations == 0);
  CHECK(report.ended == tomoedx::ending::iterations_done);
  CHECK(report.residuals.empty());
  CHECK(report.by_channel.empty());
}

TEST_CASE("every ending has a name of its own") {
  using tomoedx::ending;
  std::set<std::string> names;
  for (auto const e : {ending::iterations_done, ending::residual_small, ending::change_small,
                       ending::observer, ending::solved})
    names.insert(tomoedx::name_of(e));
  CHECK(names ==
        std::set<std::string>{"iterations", "residual_below", "relative_change", "observer", "solved"});
}
