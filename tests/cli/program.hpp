// SPDX-License-Identifier: BSD-3-Clause
// What the tests of the program share: a folder that goes away, the program run in it, files made and read.
#ifndef TOMOEDX_TESTS_CLI_PROGRAM_HPP
#define TOMOEDX_TESTS_CLI_PROGRAM_HPP

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>
#include <tomoedx/io/file.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cli_tests {
namespace fs = std::filesystem;
using words = std::vector<std::string>;

/// What a run of the program left: the exit code (or minus the signal that ended it) and its two streams.
struct outcome {
  int code = 0;
  std::string out, err;
};

inline std::string text_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A new empty folder, in which the program runs; removed with all in it.
class place {
 public:
  place() {
    std::random_device random;
    path_ = fs::temp_directory_path() / fmt::format("tomoedx-cli-{:08x}{:08x}", random(), random());
    fs::create_directory(path_);
    streams_ = path_;
    streams_ += ".streams";
    fs::create_directory(streams_);
  }
  place(place const&) = delete;
  place& operator=(place const&) = delete;
  ~place() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    fs::remove_all(streams_, ignored);
  }

  fs::path operator/(std::string_view name) const { return path_ / name; }

  /// Names of all entries, sorted, hidden ones too.
  words names() const {
    words all;
    for (auto const& e : fs::directory_iterator(path_)) all.push_back(e.path().filename().string());
    std::ranges::sort(all);
    return all;
  }

  void write(std::string const& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

  /// Start the program; its streams go to files.
  pid_t start(words const& arguments) const {
    words all{TOMOEDX_PROGRAM};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::string const out = (streams_ / "out").string(), err = (streams_ / "err").string();
    pid_t const child = fork();
    REQUIRE(child >= 0);
    if (child > 0) return child;
    bool const ready = chdir(path_.c_str()) == 0 &&
                       dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO) >= 0 &&
                       dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO) >= 0;
    if (ready) execv(argv[0], argv.data());
    _exit(127);
  }

  outcome finish(pid_t child) const {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), text_of(streams_ / "out"),
            text_of(streams_ / "err")};
  }

  outcome run(words const& arguments) const { return finish(start(arguments)); }

  /// The same, for runs that have to succeed; returns what is on standard output.
  std::string done(words const& arguments) const {
    outcome const o = run(arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    INFO(o.err);
    REQUIRE(o.code == 0);
    return o.out;
  }

 private:
  fs::path path_, streams_;
};

inline words operator+(words a, words const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether the program refused its user as it shall:
/// exit code 2 and exactly one line with its name and the part.
inline void check_refused(outcome const& o, std::string_view who, std::string_view part) {
  INFO(o.err);
  CHECK(o.code == 2);
  CHECK(o.out.empty());
  CHECK(std::ranges::count(o.err, '\n') == 1);
  CHECK(o.err.ends_with('\n'));
  CHECK(o.err.starts_with(fmt::format("{}: ", who)));
  CHECK(contains(o.err, part));
}

using array = tomoedx::io::array<float>;

inline array read(fs::path const& file) {
  return tomoedx::io::read<float>(file.string());
}

inline void save(fs::path const& file, array const& a) {
  tomoedx::io::write(file.string(), a);
}

/// An array of uniform random numbers from 0 to 1.
inline array random_array(std::vector<std::size_t> const& shape, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> draw(0, 1);
  array a{shape, std::vector<float>(tomoedx::io::count_of(shape).value()), {}};
  for (float& v : a.values) v = draw(engine);
  return a;
}

inline double dot(std::vector<float> const& a, std::vector<float> const& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// |a - b| / |b|
inline double distance(std::vector<float> const& a, std::vector<float> const& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    difference += d * d;
    norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(difference / norm);
}

}  // namespace cli_tests

#endif
