// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SFS_UNPACK_HPP
#define TOMOEDX_IO_DETAIL_SFS_UNPACK_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/byte_reader.hpp>

#ifdef TOMOEDX_ZLIB
#include <zlib.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace tomoedx::io::detail {

/// Whether the content of a file in a container is packed with zlib.
inline bool sfs_is_packed(std::vector<unsigned char> const& stored) {
  return stored.size() >= 128 && std::memcmp(stored.data(), "AACS", 4) == 0;
}

/// What a packed file may grow to: spectra and text shrink by less than this, a file made to fill the memory
/// by more.
inline std::size_t sfs_most_unpacked(std::size_t stored) {
  return (std::size_t(1) << 26) + 128 * std::min(stored, std::numeric_limits<std::size_t>::max() / 256);
}

#ifdef TOMOEDX_ZLIB
/// Inflates one zlib stream after the other.
class inflater {
 public:
  explicit inflater(std::string const& name) {
    expects<file_error>(inflateInit(&z_) == Z_OK, "{}: zlib has no memory to unpack it", name);
  }
  inflater(inflater const&) = delete;
  inflater& operator=(inflater const&) = delete;
  ~inflater() { inflateEnd(&z_); }

  /// Append what a whole stream unpacks to; nothing beyond `most` bytes in all.
  void append(unsigned char const* from, std::size_t bytes, std::vector<unsigned char>& to, std::size_t most,
              std::string const& name, std::size_t where) {
    inflateReset(&z_);
    z_.next_in = const_cast<unsigned char*>(from);  // NOLINT: zlib of old takes no const
    z_.avail_in = static_cast<unsigned>(bytes);
    for (int state = Z_OK; state != Z_STREAM_END;) {
      z_.next_out = piece_;
      z_.avail_out = sizeof piece_;
      state = inflate(&z_, Z_NO_FLUSH);
      expects<file_error>(state == Z_OK || state == Z_STREAM_END,
                          "{}: the block packed at byte {} is damaged: {}", name, where,
                          z_.msg != nullptr ? z_.msg : "it ends too early");
      std::size_t const got = sizeof piece_ - z_.avail_out;
      expects<file_error>(
          got <= most - to.size(),
          "{}: unpacks to more than {} bytes at the block of byte {}; no file of spectra does", name, most,
          where);
      to.insert(to.end(), piece_, piece_ + got);
    }
  }

 private:
  z_stream z_{};
  unsigned char piece_[16384];
};

/// Unpack a file: after 128 bytes its blocks, each with its size and 12 more bytes before it. Ends after the
/// first `wanted` bytes.
inline std::vector<unsigned char> sfs_unpacked(std::vector<unsigned char> const& stored,
                                               std::string const& name, std::size_t wanted) {
  byte_reader in(stored, name);
  auto const* head = in.take(128);
  std::uint32_t const blocks = little<std::uint32_t>(head + 12);
  std::size_t const most = sfs_most_unpacked(stored.size());
  std::vector<unsigned char> bytes;
  inflater one(name);
  for (std::uint32_t i = 0; i < blocks && bytes.size() < wanted; ++i) {
    std::size_t const size = little<std::uint32_t>(in.take(16));
    std::size_t const where = in.position();
    one.append(in.take(size), size, bytes, most, name, where);
  }
  return bytes;
}
#else
inline std::vector<unsigned char> sfs_unpacked(std::vector<unsigned char> const&, std::string const& name,
                                               std::size_t) {
  fail<file_error>("{}: is packed and this build has no zlib; configure with TOMOEDX_ZLIB=ON", name);
}
#endif

}  // namespace tomoedx::io::detail

#endif
