// SPDX-License-Identifier: BSD-3-Clause
// What the tests of io share: a folder that goes away, bytes put together by hand, hostile mutations.
#ifndef TOMOEDX_TESTS_IO_SCRATCH_HPP
#define TOMOEDX_TESTS_IO_SCRATCH_HPP

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <tomoedx/core/error.hpp>

#include "../messages.hpp"
#include "../shared.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace scratch {

using tomoedx_tests::contains;

/// A new empty folder; removed with all in it.
class folder {
 public:
  folder() {
    std::random_device random;
    path_ =
        std::filesystem::temp_directory_path() / fmt::format("tomoedx-io-{:08x}{:08x}", random(), random());
    std::filesystem::create_directory(path_);
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  std::filesystem::path const& path() const { return path_; }
  /// Names of all entries, sorted, hidden ones too.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto const& e : std::filesystem::directory_iterator(path_))
      all.push_back(e.path().filename().string());
    std::ranges::sort(all);
    return all;
  }

 private:
  std::filesystem::path path_;
};

inline void save(std::string const& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
}

inline std::string load(std::string const& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The bytes of a number, most or least significant first, made without help of the library.
template <class T>
std::string bytes_of(T value, std::endian order) {
  std::string b(sizeof(T), '\0');
  std::memcpy(b.data(), &value, sizeof(T));
  if (order != std::endian::native) std::ranges::reverse(b);
  return b;
}

/// What the call's error says; empty when it did not throw a tomoedx::error.
template <class F>
std::string complaint(F&& f) {
  try {
    f();
  } catch (tomoedx::error const& e) {
    return e.what();
  }
  return "";
}

/// One to eight bytes changed, or the end cut off, or something appended: the first `hot` bytes suffer most.
inline std::string mutated(std::string bytes, std::size_t hot, std::mt19937& random) {
  auto const below = [&random](std::size_t n) { return std::size_t(random()) % n; };
  switch (below(8)) {
    case 0:
      bytes.resize(below(bytes.size()) + 1);
      break;
    case 1:
      bytes.append(below(64) + 1, static_cast<char>(random()));
      break;
    default:
      break;
  }
  static constexpr unsigned char spicy[] = {0x00, 0xFF, 0x7F, 0x80, '9', '-', '(',
                                            ')',  '\'', ',',  '{',  '}', 'L', '>'};
  for (std::size_t n = below(8) + 1; n > 0; --n) {
    std::size_t const where = below(std::min(hot, bytes.size()));
    bytes[where] = static_cast<char>(below(2) == 0 ? spicy[below(std::size(spicy))] : random() & 0xFF);
  }
  return bytes;
}

/// A file of the real data, or nothing (said so) when it is not on this machine.
inline std::optional<std::string> real(std::string const& name) {
  auto const path = tomoedx_tests::shared("realdata/" + name);
  if (path) return path->string();
  MESSAGE("skipped: no realdata/", name, " in the shared folder; set TOMOEDX_SHARED to its place");
  return std::nullopt;
}

}  // namespace scratch

#endif
