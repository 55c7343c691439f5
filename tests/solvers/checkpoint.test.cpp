// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/cgls.hpp>
#include <tomoedx/solvers/checkpoint.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../projectors/cases.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>
#include <thread>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using space_t = Kokkos::Serial;
using op_t = tomoedx::tilt_projector<space_t, float, tomoedx::strip>;
using tomoedx::decision;
using tomoedx::progress;

/// A folder of its own for each test case.
struct folder {
  fs::path path = fs::temp_directory_path() / ("tomoedx_checkpoint_" + std::to_string(::getpid()));
  folder() { fs::remove_all(path), fs::create_directories(path); }
  ~folder() { fs::remove_all(path); }
  fs::path file() const { return path / "run.checkpoint"; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator{}));
  }
};

std::string bytes_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_bytes(fs::path const& file, std::string const& bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A solver with all a state may have: more buffers than x, a number, a counter, rows of its own in the history, and an
/// end of its own. It walks a chaotic map, so that one wrong bit is soon a wrong result.
struct chaotic_solver {
  using values = Kokkos::View<double*, Kokkos::LayoutRight, Kokkos::HostSpace>;
  values x{"x", 37}, previous{"previous", 37};
  Kokkos::View<double, Kokkos::HostSpace> momentum{"momentum"};
  Kokkos::View<std::uint64_t, Kokkos::HostSpace> draws{"draws"};
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> norms;
  std::size_t done = 0, asked, solved_at = 1000000;

  explicit chaotic_solver(std::size_t iterations) : norms("norms", iterations + 2, 3), asked(iterations) {
    for (std::size_t i = 0; i < 37; ++i) x(i) = 0.1 + 0.02 * static_cast<double>(i);
    momentum() = 0.25;
    draws() = 12345;
  }
  void step() {
    draws() = draws() * 6364136223846793005u + 1442695040888963407u;
    double const noise = static_cast<double>(draws() >> 40) * 1e-9;
    for (std::size_t i = 0; i < 37; ++i) {
      double const next = 3.9 * x(i) * (1 - x(i)) * (1 - momentum()) + momentum() * previous(i) * (1 - noise);
      previous(i) = x(i);
      x(i) = next;
    }
    momentum() = 0.2 + 0.1 * x(5);
    for (std::size_t c = 0; c < 3; ++c) norms(done, c) = 1e3 / static_cast<double>(done + 1) + x(c);
    norms(asked + 1, 1) += x(7);  // of its own
    x(11) += 1e-3 * std::fmod(norms(asked + 1, 1), 1.0);
    ++done;
  }
  std::size_t iteration() const { return done; }
  std::size_t iterations() const { return asked; }
  space_t space() const { return {}; }
  values const& state() const { return x; }
  auto const& residuals() const { return norms; }
  bool solved() const { return done >= solved_at; }
  template <class Visit>
  void visit_state(Visit&& visit) const {
    visit("x", x);
    visit("previous", previous);
    visit("momentum", momentum);
    visit("draws", draws);
    visit("residuals", norms);
  }
  void resume(std::size_t iteration) { done = iteration; }
};
static_assert(tomoedx::checkpointable<chaotic_solver>);
static_assert(tomoedx::checkpointable<tomoedx::sirt_solver<op_t>>);
static_assert(tomoedx::iteration_driver<tomoedx::checkpointing<tomoedx::ignore, tomoedx::detail::alone>>);
static_assert(!tomoedx::iteration_driver<tomoedx::ignore>);

struct killed {};

/// A watch that ends the process, as far as the solver can tell, at its n-th look.
auto killed_at(std::size_t iteration) {
  return [iteration](progress const& p) {
    if (p.iteration >= iteration) throw killed{};
    return decision::proceed;
  };
}

bool same(tomoedx::solve_report const& a, tomoedx::solve_report const& b) {
  return a.iterations == b.iterations && a.ended == b.ended && a.residuals == b.residuals &&
         a.by_channel == b.by_channel;
}

template <class View>
bool same_bits(View const& a, View const& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0;
}

/// A small problem of counts.
struct problem {
  tomoedx::parallel_beam beam{
      .tilts_deg = cases::every(-70, 70, 20), .width = 12, .depth = 9, .detector = 13};
  op_t op{space_t(), beam, 5};
  op_t::range_view data = tomoedx::make_range(op);

  problem() {
    auto const v = cases::random_values(beam.rays() * 5, 4, 0, 9);
    for (std::size_t y = 0; y < 5; ++y)
      for (std::size_t i = 0; i < beam.rays(); ++i)
        data(0, i / beam.detector, i % beam.detector, y) = static_cast<float>(v[y * beam.rays() + i]);
  }
  tomoedx::checkpoint_identity identity(char const* method) const {
    return tomoedx::checkpoint_identity(method).with(beam).with_values("data", op.space(), data);
  }
};

}  // namespace

TEST_CASE("a run that is killed after any iteration ends as if it had not been") {
  folder const at;
  tomoedx::checkpoint_options const options{
      .file = at.file(), .every = 8, .identity = tomoedx::checkpoint_identity("map")};
  for (auto const& [look_every, change] : {std::pair<std::size_t, double>{1, 0.0}, {3, 0.035}}) {
    tomoedx::stopping_rules const rules{.relative_change = change, .look_every = look_every};
    chaotic_solver whole(41);
    auto const expected = tomoedx::iterate(whole, rules, tomoedx::ignore{});
    CHECK((expected.ended == tomoedx::ending::change_small) == (change > 0));
    for (std::size_t const stop : {1, 8, 9, 12, 30, 40}) {
      CAPTURE(stop);
      fs::remove(at.file());
      bool was_killed = false;
      try {
        chaotic_solver first(41);
        tomoedx::iterate_with_checkpoints(first, rules, options, killed_at(stop));
      } catch (killed const&) {
        was_killed = true;
      }
      chaotic_solver second(41);
      std::size_t heard = 0;
      auto const report = tomoedx::iterate_with_checkpoints(second, rules, options, [&](progress const& p) {
        if (heard == 0) heard = p.iteration;
        return decision::proceed;
      });
      REQUIRE(same(report, expected));
      REQUIRE(same_bits(second.x, whole.x));
      REQUIRE(same_bits(second.previous, whole.previous));
      if (was_killed && stop > 8 + look_every) CHECK(heard > 8);  // it did go on, not begin anew
      // and once more, from the end
      chaotic_solver third(41);
      REQUIRE(same(tomoedx::iterate_with_checkpoints(third, rules, options, killed_at(0)), expected));
      REQUIRE(same_bits(third.x, whole.x));
    }
  }
  CHECK(at.files() == 1);
}

TEST_CASE(
    "a method's own end is kept, an observer's stop is where a run goes on, and so are more iterations") {
  folder const at;
  tomoedx::checkpoint_options const options{.file = at.file(), .every = 100};
  chaotic_solver whole(30), more(50);
  tomoedx::iterate(more, {}, tomoedx::ignore{});
  whole.solved_at = 17;
  auto const expected = tomoedx::iterate(whole, {}, tomoedx::ignore{});
  CHECK(expected.ended == tomoedx::ending::solved);
  for (int run = 0; run < 2; ++run) {
    chaotic_solver again(30);
    again.solved_at = 17;
    CHECK(same(tomoedx::iterate_with_checkpoints(again, {}, options), expected));
    CHECK(same_bits(again.x, whole.x));
  }
  fs::remove(at.file());
  chaotic_solver stopped(30);
  auto const at_nine = [](progress const& p) {
    return p.iteration == 9 ? decision::stop : decision::proceed;
  };
  CHECK(tomoedx::iterate_with_checkpoints(stopped, {}, options, at_nine).ended == tomoedx::ending::observer);
  chaotic_solver on(30);
  std::vector<std::size_t> heard;
  auto const note = [&](progress const& p) {
    heard.push_back(p.iteration);
    return decision::proceed;
  };
  CHECK(tomoedx::iterate_with_checkpoints(on, {}, options, note).iterations == 30);
  CHECK(heard.front() == 10);
  chaotic_solver longer(50);
  auto const report = tomoedx::iterate_with_checkpoints(longer, {}, options, tomoedx::ignore{});
  CHECK(report.residuals.size() == 50);
  CHECK(same_bits(longer.x, more.x));
  chaotic_solver shorter(20);
  CHECK_THROWS_WITH_AS(tomoedx::iterate_with_checkpoints(shorter, {}, options),
                       doctest::Contains("ask for more"), tomoedx::file_error);
}

TEST_CASE("SIRT, EM and CGLS go on from a checkpoint by their plain calls") {
  folder const at;
  problem const p;
  auto const run = [&](char const* name, auto const& method) {
    auto const whole = tomoedx::make_domain(p.op), x = tomoedx::make_domain(p.op);
    auto const expected = method(whole, tomoedx::ignore{});
    tomoedx::checkpoint_options const options{.file = at.file(), .every = 5, .identity = p.identity(name)};
    CHECK_THROWS_AS(method(x, tomoedx::with_checkpoints(options, killed_at(13))), killed);
    Kokkos::deep_copy(x, 77);
    CHECK(same(method(x, tomoedx::with_checkpoints(options)), expected));
    CHECK(same_bits(x, whole));
  };
  run("sirt", [&](auto const& x, auto&& watch) {
    return tomoedx::sirt(p.op, p.data, x, {.iterations = 22, .relaxation = 1.2}, watch);
  });
  // the file of another method
  auto const x = tomoedx::make_domain(p.op);
  CHECK_THROWS_WITH_AS(
      tomoedx::em(p.op, p.data, x, {},
                  tomoedx::with_checkpoints({.file = at.file(), .identity = p.identity("em")})),
      doctest::Contains("method is sirt there, em here"), tomoedx::file_error);
  fs::remove(at.file());
  run("em",
      [&](auto const& y, auto&& watch) { return tomoedx::em(p.op, p.data, y, {.iterations = 22}, watch); });
  fs::remove(at.file());
  run("cgls",
      [&](auto const& y, auto&& watch) { return tomoedx::cgls(p.op, p.data, y, {.iterations = 22}, watch); });
}

TEST_CASE("a checkpoint of another problem is refused with what differs, and nothing is changed") {
  folder const at;
  auto const identity = [](double relaxation, double angle) {
    return tomoedx::checkpoint_identity("sirt")
        .with("relaxation", relaxation)
        .with(tomoedx::parallel_beam{.tilts_deg = {0, angle}, .width = 3, .depth = 3, .detector = 3});
  };
  chaotic_solver a(9);
  tomoedx::iterate_with_checkpoints(a, {}, {.file = at.file(), .identity = identity(1, 30)});
  auto const refused = [&](chaotic_solver b, tomoedx::checkpoint_identity const& i, char const* why) {
    auto const before = std::vector<double>(b.x.data(), b.x.data() + b.x.size());
    CHECK_THROWS_WITH_AS(tomoedx::read_checkpoint(at.file(), b, i), doctest::Contains(why),
                         tomoedx::file_error);
    CHECK(std::equal(before.begin(), before.end(), b.x.data()));
    CHECK(b.done == 0);
  };
  refused(chaotic_solver(9), identity(1.5, 30), "relaxation is 1 there, 1.5 here");
  refused(chaotic_solver(9), identity(1, 31), "tilts is 0 30 there, 0 31 here");
  refused(chaotic_solver(9), identity(1, 30).with("mask", 1), "mask is not given there, 1 here");
  chaotic_solver other_size(9);
  other_size.previous = chaotic_solver::values("previous", 38);
  refused(other_size, identity(1, 30), "previous with 37 float64 values there, previous with 38");
  chaotic_solver good(9);
  tomoedx::read_checkpoint(at.file(), good, identity(1, 30));
  CHECK(same_bits(good.x, a.x));

  problem const p, q;
  q.data(0, 3, 5, 2) += 1e-6f;
  CHECK(p.identity("sirt").lines() == problem().identity("sirt").lines());
  CHECK(p.identity("sirt").lines() != q.identity("sirt").lines());
}

TEST_CASE("a name of an identity stands for one value: two would never be found again") {
  auto identity = tomoedx::checkpoint_identity("sirt").with("relaxation", 1.5);
  identity.with("relaxation", 1.5);
  CHECK_THROWS_WITH_AS(identity.with("relaxation", 2),
                       doctest::Contains("relaxation is 1.5 already, and 2 now"), tomoedx::value_error);
}

TEST_CASE("damaged, cut and hostile files are refused; NaN is a value like any other") {
  folder const at;
  chaotic_solver a(6);
  a.previous(3) = std::numeric_limits<double>::quiet_NaN();
  tomoedx::write_checkpoint(at.file(), a, {});
  auto const good = bytes_of(at.file());
  {
    chaotic_solver b(6);
    tomoedx::read_checkpoint(at.file(), b, {});
    CHECK(same_bits(b.previous, a.previous));
  }
  CHECK(good.starts_with("tomoedx checkpoint 1\nheader "));
  auto const refused = [&](std::string const& bytes) {
    write_bytes(at.file(), bytes);
    chaotic_solver b(6);
    CHECK_THROWS_AS(tomoedx::read_checkpoint(at.file(), b, {}), tomoedx::file_error);
    CHECK(b.x(4) == a.x(4));
  };
  for (std::size_t n = 0; n < good.size(); n += n < 700 ? 3 : 61) refused(good.substr(0, n));
  for (std::size_t n = 0; n < good.size(); n += n < 700 ? 3 : 41) {
    auto bad = good;
    bad[n] = static_cast<char>(bad[n] ^ (1 << n % 8));
    CAPTURE(n);
    refused(bad);
  }
  refused(good + "x");
  auto const with = [&](std::string const& from, std::string const& to) {
    auto bad = good;
    auto const place = bad.find(from);
    REQUIRE(place != std::string::npos);
    bad.replace(place, from.size(), to);
    return bad;
  };
  refused(with("float64 37", "float64 18446744073709551615"));
  refused(with("float64 37", "float0 37"));
  refused(with("float64 37", "float8589934592 37"));
  refused(with("float64 37", "float64 -7"));
  refused(with("end\n", "eof\n"));
  auto huge = good;
  huge.replace(huge.find("header ") + 7, 8, "99999999");
  refused(huge);
  write_bytes(at.file(), "");
  chaotic_solver b(6);
  CHECK_THROWS_AS(tomoedx::read_checkpoint(at.file(), b, {}), tomoedx::file_error);
  CHECK_THROWS_WITH_AS(tomoedx::read_checkpoint(at.path / "none", b, {}), doctest::Contains("no such file"),
                       tomoedx::file_error);
  CHECK_THROWS_WITH_AS(tomoedx::read_checkpoint(at.path, b, {}), doctest::Contains("directory"),
                       tomoedx::file_error);
}

TEST_CASE("a disk that fills up keeps the old checkpoint and says so; leftovers of killed runs go") {
  folder const at;
  chaotic_solver a(40);
  tomoedx::write_checkpoint(at.file(), a, {});
  auto const good = bytes_of(at.file());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  rlimit const tight{600, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  std::string thrown;
  try {
    a.step();
    tomoedx::write_checkpoint(at.file(), a, {});
  } catch (tomoedx::file_error const& e) {
    thrown = e.what();
  }
  std::vector<std::string> warnings;
  chaotic_solver b(40);
  auto const report = tomoedx::iterate_with_checkpoints(
      b, {}, {.file = at.file(), .every = 10, .warn = [&](std::string const& w) { warnings.push_back(w); }});
  ::setrlimit(RLIMIT_FSIZE, &old);
  CHECK(thrown.find("run.checkpoint") != std::string::npos);
  CHECK(report.iterations == 40);
  CHECK(warnings.size() == 4);
  CHECK(bytes_of(at.file()) == good);
  CHECK(at.files() == 1);

  write_bytes(at.path / ".run.checkpoint.0123456789abcdef.partial", "half");
  write_bytes(at.path / ".run.checkpoint.other.partial", "somebody's");
  write_bytes(at.path / ".run2.checkpoint.0123456789abcdef.partial", "somebody's");
  chaotic_solver c(40);
  tomoedx::iterate_with_checkpoints(c, {}, {.file = at.file()});
  CHECK(at.files() == 3);
  CHECK(!fs::exists(at.path / ".run.checkpoint.0123456789abcdef.partial"));
}

TEST_CASE("a process that is killed at any moment leaves a checkpoint that can be read") {
  folder const at;
  chaotic_solver whole(2000000);
  for (int round = 0; round < 6; ++round) {
    pid_t const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        chaotic_solver a(2000000);
        tomoedx::iterate_with_checkpoints(a, {.look_every = 1000}, {.file = at.file(), .every = 1});
      } catch (...) {
        ::_exit(3);
      }
      ::_exit(0);
    }
    std::size_t stored = 0;
    for (int wait = 0; wait < 5000 && stored <= whole.done + 1; ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      auto const text = bytes_of(at.file());
      if (auto const place = text.find("iteration "); place != std::string::npos)
        stored = std::strtoull(text.c_str() + place + 10, nullptr, 10);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1571 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    chaotic_solver b(2000000);
    tomoedx::read_checkpoint(at.file(), b, {});
    CHECK(b.done > whole.done);  // each round goes on where the last one ended
    while (whole.done < b.done) whole.step();
    CHECK(same_bits(b.x, whole.x));
  }
}

TEST_CASE("options that mean nothing and folders that are not there are refused before a step") {
  folder const at;
  chaotic_solver a(4);
  auto const refused = [&](tomoedx::checkpoint_options const& o, char const* why) {
    CHECK_THROWS_WITH_AS(tomoedx::iterate_with_checkpoints(a, {}, o), doctest::Contains(why), tomoedx::error);
    CHECK(a.done == 0);
  };
  refused({}, "name of a file");
  refused({.file = at.file(), .every = 0}, "every is 0");
  refused({.file = at.path / "none" / "file"}, "does not exist");
  refused({.file = at.file(), .resume = tomoedx::resume::always}, "no checkpoint to go on from");
  CHECK_THROWS_WITH_AS(tomoedx::detail::expect_room(at.file(), std::uint64_t{1} << 60),
                       doctest::Contains("free disk"), tomoedx::file_error);
  write_bytes(at.file(), "not a checkpoint, and long enough to look at");
  refused({.file = at.file()}, "not a checkpoint");
  chaotic_solver b(4);
  tomoedx::iterate_with_checkpoints(b, {}, {.file = at.file(), .resume = tomoedx::resume::never});
  CHECK(b.done == 4);
  // a watch belongs to one run: a second would take the first one's state for its own
  auto watch = tomoedx::with_checkpoints({.file = at.path / "other"});
  chaotic_solver c(4), d(4);
  tomoedx::iterate(c, {}, watch);
  CHECK(c.done == 4);
  CHECK_THROWS_WITH_AS(tomoedx::iterate(d, {}, watch), doctest::Contains("a second solver"),
                       tomoedx::value_error);
}
