// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>

namespace tomoedx::cli {
namespace {

/// The first 32 bits behind the point of a root of a number below 1000: the last x with x^power <= n 2^(32 power).
constexpr std::uint32_t root_bits(unsigned n, int power) {
  __extension__ using wide = unsigned __int128;
  std::uint64_t low = 0, high = std::uint64_t{1} << 37;
  while (high - low > 1) {
    std::uint64_t const x = low + (high - low) / 2;
    wide value = x;
    for (int i = 1; i < power; ++i) value *= x;
    (value > static_cast<wide>(n) << (32 * power) ? high : low) = x;
  }
  return static_cast<std::uint32_t>(low);
}

/// The constants of the standard: roots of the first primes.
template <std::size_t Count>
constexpr std::array<std::uint32_t, Count> prime_roots(int power) {
  std::array<std::uint32_t, Count> all{};
  std::size_t found = 0;
  for (unsigned n = 2; found < Count; ++n) {
    bool prime = true;
    for (unsigned d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
    if (prime) all[found++] = root_bits(n, power);
  }
  return all;
}

class sha256 {
 public:
  void add(unsigned char const* bytes, std::size_t count) {
    length_ += count;
    for (std::size_t i = 0; i < count; ++i) {
      block_[filled_++] = bytes[i];
      if (filled_ == block_.size()) mix();
    }
  }
  std::string finish() {
    std::uint64_t const bits = 8 * length_;
    unsigned char const one = 0x80, zero = 0;
    add(&one, 1);
    while (filled_ != 56) add(&zero, 1);
    for (int i = 7; i >= 0; --i) {
      auto const byte = static_cast<unsigned char>(bits >> (8 * i));
      add(&byte, 1);
    }
    std::string text;
    for (auto const word : state_) text += fmt::format("{:08x}", word);
    return text;
  }

 private:
  void mix() {
    static constexpr auto constants = prime_roots<64>(3);
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < block_.size(); ++i) w[i / 4] = w[i / 4] << 8 | block_[i];
    using std::rotr;
    for (std::size_t i = 16; i < 64; ++i)
      w[i] = w[i - 16] + (rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
             (rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10);
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      std::uint32_t const t =
          h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
      std::uint32_t const u = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
    }
    std::array const round{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += round[i];
    filled_ = 0;
  }

  std::array<std::uint32_t, 8> state_ = prime_roots<8>(2);
  std::array<unsigned char, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

std::string sha256_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  sha256 hash;
  std::array<char, 65536> piece{};
  while (in.read(piece.data(), piece.size()), in.gcount() > 0)
    hash.add(reinterpret_cast<unsigned char const*>(piece.data()), static_cast<std::size_t>(in.gcount()));
  expects<file_error>(in.eof(), "{}: cannot be read", file);
  return hash.finish();
}

}  // namespace tomoedx::cli
