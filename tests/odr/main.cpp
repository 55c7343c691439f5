// SPDX-License-Identifier: BSD-3-Clause
// Two translation units that hold the whole library make one program (nothing lacks `inline`), and both see
// the same things (nothing has a copy of its own in each).
#include "header.hpp"
#include "where.hpp"

#include <cstdio>

int main() {
  bool const same = one() == two();
  std::puts(same ? "one definition" : "each translation unit has its own definition");
  return same ? 0 : 1;
}
