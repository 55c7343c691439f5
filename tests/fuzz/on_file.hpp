// SPDX-License-Identifier: BSD-3-Clause
// For parsers that read files: any bytes, put into a file, are read or refused in one line that begins with its name.
#ifndef TOMOEDX_TESTS_FUZZ_ON_FILE_HPP
#define TOMOEDX_TESTS_FUZZ_ON_FILE_HPP

#include <tomoedx/core/error.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace tomoedx_fuzz {

/// Call read(path of a file with these bytes). The file is in memory and goes away with the process.
template <class Read>
void on_file(std::uint8_t const* data, std::size_t size, Read&& read) {
  static int const file = memfd_create("fuzz", 0);
  static std::filesystem::path const path = fmt::format("/proc/self/fd/{}", file);
  if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  try {
    read(path);
  } catch (tomoedx::error const& e) {
    std::string const text = e.what();
    if (text.starts_with(path.string() + ": ") && text.find('\n') == text.npos) return;
    std::fprintf(stderr, "broken promise: an error is one line that names its file: %s\n", e.what());
    std::abort();
  }
}

/// What libFuzzer's own mutation makes of the data; of none, one of the files that `write(path, i)` makes for i = 0, 1,
/// ..., 7, so that no corpus is needed to begin with.
template <class Write>
std::size_t mutated(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed, Write&& write) {
  static auto const examples = [&] {
    std::vector<std::string> all;
    for (unsigned i = 0; i < 8; ++i) {
      std::random_device random;
      auto const path = std::filesystem::temp_directory_path() /
                        fmt::format("tomoedx-fuzz-{:08x}{:08x}", random(), random());
      write(path, i);
      std::ifstream in(path, std::ios::binary);
      all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      std::filesystem::remove(path);
    }
    return all;
  }();
  auto const& example = examples[seed % examples.size()];
  if (size >= 4 || example.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::ranges::copy(example, data);
  return example.size();
}

}  // namespace tomoedx_fuzz

#endif
