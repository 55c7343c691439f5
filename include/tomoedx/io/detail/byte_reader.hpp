// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BYTE_READER_HPP
#define TOMOEDX_IO_DETAIL_BYTE_READER_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/core/error.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace tomoedx::io::detail {

/// A number whose bytes stand lowest first.
template <std::unsigned_integral T>
T little(unsigned char const* from) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) value = static_cast<T>((value << 8) | from[i]);
  return value;
}
template <>
inline unsigned char little(unsigned char const* from) {
  return *from;
}

/// Takes bytes in memory one after the other; going beyond their end is an error that says where.
class byte_reader {
 public:
  byte_reader(std::span<unsigned char const> bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}

  std::string const& name() const noexcept { return name_; }
  std::size_t position() const noexcept { return at_; }
  std::size_t left() const noexcept { return bytes_.size() - at_; }

  unsigned char const* take(std::size_t bytes) {
    expects<file_error>(bytes <= left(), "{}: truncated: {} bytes wanted from byte {}, there are {}", name_,
                        bytes, at_, bytes_.size());
    at_ += bytes;
    return bytes_.data() + (at_ - bytes);
  }
  template <std::unsigned_integral T>
  T number() {
    return little<T>(take(sizeof(T)));
  }

 private:
  std::span<unsigned char const> bytes_;
  std::string name_;
  std::size_t at_ = 0;
};

}  // namespace tomoedx::io::detail

#endif
