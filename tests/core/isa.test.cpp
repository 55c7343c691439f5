// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/isa.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

using tomoedx::isa;
static_assert(isa::baseline < isa::avx2 && isa::avx2 < isa::avx512);
static_assert(std::string_view(tomoedx::name_of(isa::baseline)) == "baseline");
static_assert(std::string_view(tomoedx::name_of(isa::avx2)) == "avx2");
static_assert(std::string_view(tomoedx::name_of(isa::avx512)) == "avx512");

TEST_CASE("the best instruction set is the one the processor reports") {
#if TOMOEDX_ISA_VARIANTS && defined(__linux__)
  std::ifstream file("/proc/cpuinfo");
  std::set<std::string> flags;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("flags")) {
      std::istringstream words(line);
      for (std::string word; words >> word;) flags.insert(word);
      break;
    }
  if (flags.empty()) {
    MESSAGE("skipped: the system does not list its processor's flags");
    return;
  }
  auto const has = [&](auto... names) { return (flags.contains(names) && ...); };
  isa const expected = has("avx512f", "avx512vl", "avx512bw", "avx512dq") ? isa::avx512
                       : has("avx2", "fma")                               ? isa::avx2
                                                                          : isa::baseline;
  CHECK(tomoedx::best_isa() == expected);
#else
  CHECK(tomoedx::best_isa() == isa::baseline);
#endif
}
