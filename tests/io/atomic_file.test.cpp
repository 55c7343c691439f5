// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/atomic_file.hpp>

#include "scratch.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

namespace fs = std::filesystem;
using tomoedx::io::atomic_file;

TEST_CASE("a committed file is complete and alone in its folder") {
  scratch::folder const f;
  {
    atomic_file file(f / "a.txt");
    file.write("one ");
    CHECK_FALSE(fs::exists(f / "a.txt"));
    file.write("two");
    file.commit();
  }
  CHECK(f.names() == std::vector<std::string>{"a.txt"});
  CHECK(scratch::load(f / "a.txt") == "one two");
}

TEST_CASE("without commit nothing is left and an older file stays as it was") {
  scratch::folder const f;
  scratch::save(f / "a.txt", "old");
  try {
    atomic_file file(f / "a.txt");
    file.write("new");
    throw 1;
  } catch (int) {
  }
  CHECK(f.names() == std::vector<std::string>{"a.txt"});
  CHECK(scratch::load(f / "a.txt") == "old");
  atomic_file file(f / "a.txt");
  file.write("new");
  file.commit();
  CHECK(scratch::load(f / "a.txt") == "new");
}

TEST_CASE("a symbolic link stays a link and the file it names is written") {
  scratch::folder const f;
  scratch::save(f / "real.txt", "old");
  fs::create_symlink("real.txt", f / "link.txt");
  atomic_file file(f / "link.txt");
  file.write("new");
  file.commit();
  CHECK(fs::is_symlink(f / "link.txt"));
  CHECK(scratch::load(f / "real.txt") == "new");
}

TEST_CASE("targets that cannot be files are refused before anything is written") {
  scratch::folder const f;
  auto const open = [](std::string const& name) {
    return scratch::complaint([&] { atomic_file const file(name); });
  };
  CHECK(scratch::contains(open(f.path().string()), "is a directory"));
  CHECK(scratch::contains(open(f / "no/a.txt"), "does not exist; create it first"));
  scratch::save(f / "plain", "x");
  CHECK(scratch::contains(open(f / "plain/a.txt"), "plain"));
  CHECK(scratch::contains(open("/dev/null"), "not a regular file"));
  CHECK(scratch::contains(open(""), "is not a file name"));
  CHECK(scratch::contains(open(f / "sub/"), "is not a file name"));
  CHECK(f.names() == std::vector<std::string>{"plain"});
  if (geteuid() == 0) {
    MESSAGE("skipped: the administrator may write everywhere");
    return;
  }
  fs::permissions(f.path(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(scratch::contains(open(f / "b.txt"), "cannot be written"));
  fs::permissions(f.path(), fs::perms::owner_all);
}

TEST_CASE("a disk that is full leaves no file and says so") {
  scratch::folder const f;
  struct limit {
    rlimit old{};
    limit() {
      std::signal(SIGXFSZ, SIG_IGN);
      getrlimit(RLIMIT_FSIZE, &old);
      rlimit const small{65536, old.rlim_max};
      setrlimit(RLIMIT_FSIZE, &small);
    }
    ~limit() {
      setrlimit(RLIMIT_FSIZE, &old);
      std::signal(SIGXFSZ, SIG_DFL);
    }
  };
  std::string text;
  {
    limit const held;
    text = scratch::complaint([&] {
      atomic_file file(f / "big");
      file.write(std::string(1 << 20, 'x'));
      file.commit();
    });
  }
  CHECK(scratch::contains(text, "failed"));
  CHECK(f.names().empty());
}

TEST_CASE("a released file can be written by others and is closed once") {
  scratch::folder const f;
  atomic_file file(f / "a");
  file.release();
  file.release();
  scratch::save(file.temporary().string(), "theirs");
  CHECK_THROWS_AS(file.write("late"), tomoedx::file_error);
  file.reopen(2);
  file.write("OURS");
  file.commit();
  CHECK(scratch::load(f / "a") == "thOURS");
}
