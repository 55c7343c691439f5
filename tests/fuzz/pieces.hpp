// SPDX-License-Identifier: BSD-3-Clause
// For parsers that are handed numbers and words: the fuzzer's bytes one after the other, zeros when they are used up.
#ifndef TOMOEDX_TESTS_FUZZ_PIECES_HPP
#define TOMOEDX_TESTS_FUZZ_PIECES_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace tomoedx_fuzz {

class pieces {
 public:
  pieces(std::uint8_t const* data, std::size_t size) : data_(data), left_(size) {}

  std::size_t left() const { return left_; }
  template <class T>
  T take() {
    T value{};
    std::size_t const n = std::min(left_, sizeof value);
    std::memcpy(&value, data_, n);
    data_ += n;
    left_ -= n;
    return value;
  }
  std::string text(std::size_t most) {
    std::size_t const n = std::min(left_, most);
    std::string t(reinterpret_cast<char const*>(data_), n);
    data_ += n;
    left_ -= n;
    return t;
  }

 private:
  std::uint8_t const* data_;
  std::size_t left_;
};

/// Call it; what it refuses, it refuses with an error that begins with `name`.
template <class Call>
void refused_in_one_line(std::string const& name, Call&& call) {
  try {
    call();
  } catch (tomoedx::error const& e) {
    std::string const text = e.what();
    if (text.starts_with(name + ": ") && text.find('\n') == text.npos) return;
    std::fprintf(stderr, "broken promise: an error is one line that names its file: %s\n", e.what());
    std::abort();
  }
}

}  // namespace tomoedx_fuzz

#endif
