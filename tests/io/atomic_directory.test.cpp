// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/atomic_directory.hpp>

#include "scratch.hpp"

namespace fs = std::filesystem;
using tomoedx::io::atomic_directory;
using tomoedx::io::existing;

TEST_CASE("a committed directory appears whole under its name") {
  scratch::folder const f;
  for (std::string const name : {"out", "slash/"}) {
    atomic_directory d(f / name);
    scratch::save((d.path() / "a.txt").string(), "a");
    CHECK_FALSE(fs::exists(f / name));
    d.commit();
  }
  CHECK(f.names() == std::vector<std::string>{"out", "slash"});
  CHECK(scratch::load(f / "out/a.txt") == "a");
  CHECK(scratch::load(f / "slash/a.txt") == "a");
}

TEST_CASE("without commit nothing is left") {
  scratch::folder const f;
  try {
    atomic_directory const d(f / "out");
    scratch::save((d.path() / "a.txt").string(), "a");
    throw 1;
  } catch (int) {
  }
  CHECK(f.names().empty());
}

TEST_CASE("an empty directory is taken, one with files only when told so") {
  scratch::folder const f;
  fs::create_directory(f / "out");
  {
    atomic_directory d(f / "out");
    scratch::save((d.path() / "a.txt").string(), "a");
    d.commit();
  }
  CHECK(scratch::contains(scratch::complaint([&] { atomic_directory const d(f / "out"); }), "is not empty"));
  CHECK(f.names() == std::vector<std::string>{"out"});
  {
    atomic_directory const d(f / "out", existing::replace);  // not committed
    scratch::save((d.path() / "b.txt").string(), "b");
  }
  CHECK(scratch::load(f / "out/a.txt") == "a");
  atomic_directory d(f / "out", existing::replace);
  scratch::save((d.path() / "b.txt").string(), "b");
  CHECK(scratch::load(f / "out/a.txt") == "a");
  d.commit();
  CHECK_FALSE(fs::exists(f / "out/a.txt"));
  CHECK(scratch::load(f / "out/b.txt") == "b");
  CHECK(f.names() == std::vector<std::string>{"out"});
}

TEST_CASE("files that came in the meantime are not lost") {
  scratch::folder const f;
  {
    atomic_directory d(f / "out");
    fs::create_directory(f / "out");
    scratch::save(f / "out/theirs", "x");
    CHECK_THROWS_AS(d.commit(), tomoedx::file_error);
  }
  CHECK(scratch::load(f / "out/theirs") == "x");
  CHECK(f.names() == std::vector<std::string>{"out"});
}

TEST_CASE("targets that cannot be result directories are refused") {
  scratch::folder const f;
  scratch::save(f / "plain", "x");
  auto const open = [](std::string const& name) {
    return scratch::complaint([&] { atomic_directory const d(name, existing::replace); });
  };
  CHECK(scratch::contains(open(f / "plain"), "is a file"));
  CHECK(scratch::contains(open(f / "no/out"), "does not exist"));
  CHECK(scratch::contains(open(""), "empty directory name"));
  CHECK(scratch::contains(open("."), "working directory"));
  CHECK(scratch::contains(open("/"), "not a directory one can write"));
  CHECK(scratch::contains(open(fs::current_path().parent_path().string() + "/"), "working directory") ==
        (fs::current_path().parent_path() != fs::current_path().root_path()));
  CHECK(f.names() == std::vector<std::string>{"plain"});
}
