// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SFS_HPP
#define TOMOEDX_IO_DETAIL_SFS_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/byte_reader.hpp>
#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/numbers.hpp>
#include <tomoedx/io/detail/sfs_unpack.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// The container of Bruker's composite files, a small file system in one file: from byte 0x118 on chunks of
/// equal size, each with 32 bytes before its content that begin with the number of the chunk that follows.
/// Files are listed in a tree of entries of 512 bytes; each has a table of its chunks.
class sfs {
 public:
  struct entry {
    std::string name;
    std::uint32_t table = 0;  ///< first chunk of the list of chunks
    std::uint64_t size = 0;   ///< bytes stored
    std::int32_t parent = -1;
    bool folder = false;
  };

  explicit sfs(std::filesystem::path const& path) : in_(path) {
    unsigned char head[first_chunk + 52] = {};
    expects<file_error>(in_.size() >= sizeof head, "{}: {} bytes are too few for a Bruker composite file",
                        name(), in_.size());
    in_.read(head, sizeof head);
    expects<file_error>(std::memcmp(head, "AAMVHFSS", 8) == 0,
                        "{}: is not a Bruker composite file (it does not begin with AAMVHFSS)", name());
    auto const version = std::bit_cast<float>(little<std::uint32_t>(head + 0x124));
    chunk_ = little<std::uint32_t>(head + 0x128);
    expects<file_error>(version >= 2 && version < 3,
                        "{}: version {} of the container, at byte 292; 2.x is read", name(), version);
    expects<file_error>(chunk_ >= 512 && chunk_ <= (1u << 24),
                        "{}: chunks of {} bytes, at byte 296; 512 to 16777216 are possible", name(), chunk_);
    chunks_ = (in_.size() - first_chunk + chunk_ - 1) / chunk_;
    std::uint32_t const tree = little<std::uint32_t>(head + 0x140),
                        entries = little<std::uint32_t>(head + 0x144),
                        claimed = little<std::uint32_t>(head + 0x148);
    expects<file_error>(claimed <= chunks_,
                        "{}: truncated: its header counts {} chunks of {} bytes, there are {}", name(),
                        claimed, chunk_, chunks_);
    expects<file_error>(entries <= room() / 512,
                        "{}: a list of {} files, at byte 324, needs more than its {} bytes", name(), entries,
                        in_.size());
    std::vector<unsigned char> const list = chain(tree, std::size_t(entries) * 512, "the list of files");
    for (std::size_t i = 0; i < entries; ++i) {
      unsigned char const* const e = list.data() + i * 512;
      auto const* const text = reinterpret_cast<char const*>(e + 0xE0);
      entries_.push_back({{text, std::find(text, text + 256, '\0')},
                          little<std::uint32_t>(e),
                          little<std::uint64_t>(e + 4),
                          static_cast<std::int32_t>(little<std::uint32_t>(e + 0x28)),
                          e[0xDC] != 0});
    }
  }

  std::string const& name() const noexcept { return in_.name(); }
  std::vector<entry> const& entries() const noexcept { return entries_; }

  /// The file at a path through folders, or none.
  entry const* find(std::initializer_list<std::string_view> path) const {
    std::int32_t at = -1;
    for (std::string_view const part : path) {
      auto const is_it = [&](entry const& e) { return e.parent == at && e.name == part; };
      auto const it = std::ranges::find_if(entries_, is_it);
      if (it == entries_.end()) return nullptr;
      at = static_cast<std::int32_t>(it - entries_.begin());
    }
    return at < 0 ? nullptr : &entries_[static_cast<std::size_t>(at)];
  }

  /// What a file holds, unpacked; of a packed one at least the first `wanted` bytes, if there are so many.
  std::vector<unsigned char> read(entry const& e,
                                  std::size_t wanted = std::numeric_limits<std::size_t>::max()) {
    std::string const shown = name() + ": " + printable(e.name);
    expects<file_error>(e.size <= room(), "{}: a size of {} bytes in a container of {}; the file is damaged",
                        shown, e.size, in_.size());
    std::size_t const each = chunk_ - 32;
    auto const size = static_cast<std::size_t>(e.size);
    std::vector<unsigned char> const table = chain(e.table, (size + each - 1) / each * 4, shown);
    std::vector<unsigned char> stored(size);
    for (std::size_t i = 0, at = 0; at < size; ++i) {
      std::size_t const now = std::min(each, size - at);
      go(little<std::uint32_t>(table.data() + 4 * i), shown);
      in_.read(stored.data() + at, now);
      at += now;
    }
    return sfs_is_packed(stored) ? sfs_unpacked(stored, shown, wanted) : stored;
  }

 private:
  static constexpr std::size_t first_chunk = 0x118;

  std::uint64_t room() const { return std::min<std::uint64_t>(chunks_ * (chunk_ - 32), in_.size()); }

  /// Stand before the content of a chunk.
  /// returns  the number of the chunk that follows
  std::uint32_t go(std::uint32_t chunk, std::string const& what) {
    expects<file_error>(chunk < chunks_, "{}: lies in chunk {}, the file has {}; it is damaged", what, chunk,
                        chunks_);
    in_.seek(first_chunk + std::uint64_t(chunk) * chunk_);
    unsigned char head[32];
    in_.read(head, sizeof head);
    return little<std::uint32_t>(head);
  }

  /// Bytes that begin in a chunk and go on in those that follow.
  std::vector<unsigned char> chain(std::uint32_t chunk, std::size_t bytes, std::string const& what) {
    std::string const shown = what.starts_with(name()) ? what : name() + ": " + what;
    std::vector<unsigned char> all(bytes);
    for (std::size_t at = 0; at < bytes;) {
      std::uint32_t const next = go(chunk, shown);
      std::size_t const now = std::min<std::size_t>(chunk_ - 32, bytes - at);
      in_.read(all.data() + at, now);
      at += now;
      chunk = next;
    }
    return all;
  }

  input in_;
  std::size_t chunk_ = 0;     // bytes of each
  std::uint64_t chunks_ = 0;  // in the file, the last perhaps not whole
  std::vector<entry> entries_;
};

}  // namespace tomoedx::io::detail

#endif
