// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_DM_TAGS_HPP
#define TOMOEDX_IO_DETAIL_DM_TAGS_HPP
// IWYU pragma: private, include "tomoedx/io/dm.hpp"

#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/values.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// How a DM tag stores one number, by the file's own code.
inline std::optional<scalar_type> dm_number(std::uint64_t code) {
  static constexpr scalar_type types[] = {scalar_type::i16, scalar_type::i32, scalar_type::u16,
                                          scalar_type::u32, scalar_type::f32, scalar_type::f64,
                                          scalar_type::u8,  scalar_type::i8,  scalar_type::u8,
                                          scalar_type::i64, scalar_type::u64};
  return code >= 2 && code <= 12 ? std::optional(types[code - 2]) : std::nullopt;
}

/// Append a letter of UTF-16; control letters and the halves of pairs, which units and names have not, are replaced.
inline void append_utf8(std::string& text, unsigned letter) {
  if (letter < 0x20 || letter == 0x7F || (letter >= 0xD800 && letter < 0xE000)) letter = '?';
  if (letter >= 0x800) text += static_cast<char>(0xE0 | (letter >> 12));
  if (letter >= 0x80)
    text += static_cast<char>(letter >= 0x800 ? 0x80 | ((letter >> 6) & 0x3F) : 0xC0 | (letter >> 6));
  text += static_cast<char>(letter >= 0x80 ? 0x80 | (letter & 0x3F) : letter);
}

/// A tag of a DM file. Its value stays in the file, at `begin`.
struct dm_tag {
  std::string label;
  std::uint32_t parent = 0, first = 0, last = 0, next = 0;  ///< 0 for none
  bool list = false;                                        ///< whether its value is an array
  std::optional<scalar_type> type;  ///< of its number or numbers; nothing for groups and records
  std::uint64_t begin = 0, count = 0;
};

/// The tags of a Gatan DM3 or DM4 file.
///
/// source   the format as its readers know it; Gatan has not published it
class dm_tags {
 public:
  static constexpr std::uint32_t root = 1;

  /// throws   file_error: not a DM file, damaged, or nested or numerous beyond reason
  explicit dm_tags(input& in) : in_(in) {
    expects<file_error>(in.size() >= 28, "{}: {} bytes are too few for a DM file", in.name(), in.size());
    std::uint64_t const version = number(4);
    expects<file_error>(version == 3 || version == 4, "{}: DM version {} is unknown; 3 and 4 are read",
                        in.name(), version);
    wide_ = version == 4 ? 8 : 4;
    number(wide_);  // the length, which some programs get wrong
    std::uint64_t const order = number(4);
    expects<file_error>(order <= 1, "{}: byte order {} at byte {} is neither 0 nor 1; it is no DM file",
                        in.name(), order, 4 + wide_);
    bytes_ = order == 1 ? std::endian::little : std::endian::big;
    tags_.resize(2);  // no tag, and the root
    read_group(root, 0);
  }

  int version() const { return wide_ == 8 ? 4 : 3; }
  std::endian bytes() const { return bytes_; }
  dm_tag const& operator[](std::uint32_t tag) const { return tags_[tag]; }
  std::size_t size() const { return tags_.size() - 2; }

  /// The tag at "a/b/c" below `from`, 0 when it is not there.
  std::uint32_t find(std::uint32_t from, std::string_view path) const {
    while (true) {
      std::string_view const step = path.substr(0, path.find('/'));
      std::uint32_t child = tags_[from].first;
      while (child != 0 && tags_[child].label != step) child = tags_[child].next;
      if (child == 0 || step.size() == path.size()) return child;
      from = child;
      path.remove_prefix(step.size() + 1);
    }
  }

  /// The value of a tag, nothing when it is no number.
  std::optional<double> number_of(std::uint32_t tag) const {
    dm_tag const& t = tags_[tag];
    if (tag == 0 || t.list || !t.type) return std::nullopt;
    return numbers_of(t, 1)[0];
  }
  std::optional<double> number_at(std::uint32_t from, std::string_view path) const {
    return number_of(find(from, path));
  }

  /// The value of a tag as text in UTF-8 (the first 200 letters), empty when it is none.
  std::string text_at(std::uint32_t from, std::string_view path) const {
    std::uint32_t const tag = find(from, path);
    dm_tag const& t = tags_[tag];
    std::string text;
    if (tag == 0 || !t.list || t.type != scalar_type::u16) return text;
    for (double const number : numbers_of(t, 200)) {
      if (number == 0) break;
      append_utf8(text, static_cast<unsigned>(number));
    }
    return text;
  }

  /// The path of a tag, for messages; children without a label count from 0.
  std::string path_of(std::uint32_t tag) const {
    if (tag <= root) return "the root";
    std::string path;
    for (; tag > root && path.size() < 200; tag = tags_[tag].parent) {
      std::string step = tags_[tag].label.substr(0, 60);
      for (char& c : step)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) c = '?';
      if (step.empty()) {
        std::size_t at = 0;
        for (std::uint32_t i = tags_[tags_[tag].parent].first; i != tag; i = tags_[i].next) ++at;
        step = fmt::format("[{}]", at);
      }
      path = path.empty() ? step : step + "." + path;
    }
    return path;
  }

 private:
  static constexpr std::size_t most_tags = 1u << 20;
  static constexpr int most_levels = 64;

  /// A number of the structure, most significant byte first.
  std::uint64_t number(std::size_t width) {
    unsigned char b[8];
    in_.read(b, width);
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < width; ++i) n = n << 8 | b[i];
    return n;
  }

  void skip(std::uint64_t bytes, std::uint32_t tag) {
    if (bytes > in_.left())
      fail<file_error>("{}: truncated: tag {} has {} bytes from byte {}, the file has {}", in_.name(),
                       path_of(tag), bytes, in_.position(), in_.size());
    char small[4096];
    if (bytes <= sizeof small)
      in_.read(small, bytes);  // cheaper than to seek
    else
      in_.seek(in_.position() + bytes);
  }

  void read_group(std::uint32_t group, int level) {
    expects<file_error>(level < most_levels,
                        "{}: tags are nested more than {} deep at byte {}; the file is damaged", in_.name(),
                        most_levels, in_.position());
    number(2);  // whether it is sorted, whether it was open
    std::uint64_t const count = number(wide_);
    if (count > in_.left() / 3)
      fail<file_error>("{}: {} claims {} tags, but only {} bytes follow; the file is damaged", in_.name(),
                       path_of(group), count, in_.left());
    for (std::uint64_t i = 0; i < count; ++i) read_tag(group, level);
  }

  void read_tag(std::uint32_t group, int level) {
    std::uint64_t const at = in_.position();
    std::uint64_t const kind = number(1);
    if (kind != 20 && kind != 21)
      fail<file_error>("{}: byte {} in {} is {}, where a tag (20 or 21) is expected", in_.name(), at,
                       path_of(group), kind);
    expects<file_error>(tags_.size() < most_tags, "{}: has more than {} tags; the file is damaged",
                        in_.name(), most_tags);
    auto const tag = static_cast<std::uint32_t>(tags_.size());
    tags_.push_back({});
    tags_[tag].parent = group;
    (tags_[group].first == 0 ? tags_[group].first : tags_[tags_[group].last].next) = tag;
    tags_[group].last = tag;
    std::size_t const letters = number(2);
    expects<file_error>(letters <= in_.left(),
                        "{}: truncated: the label at byte {} has {} letters, the file {} bytes", in_.name(),
                        at, letters, in_.size());
    tags_[tag].label.resize(letters);
    in_.read(tags_[tag].label.data(), letters);
    if (wide_ == 8) number(8);  // bytes of the tag; the structure says the same
    if (kind == 20)
      read_group(tag, level + 1);
    else
      read_value(tag);
  }

  void read_value(std::uint32_t tag) {
    char mark[4];
    std::uint64_t const at = in_.position();
    in_.read(mark, 4);
    if (std::string_view(mark, 4) != "%%%%")
      fail<file_error>("{}: tag {} has no %%%% at byte {}; the file is damaged", in_.name(), path_of(tag),
                       at);
    std::uint64_t const words = number(wide_);
    if (words < 1 || words > 1024)
      fail<file_error>("{}: tag {} describes its type in {} numbers; the file is damaged", in_.name(),
                       path_of(tag), words);
    words_.clear();
    for (std::uint64_t i = 0; i < words; ++i) words_.push_back(number(wide_));
    std::size_t used = 0;
    std::uint64_t const bytes = bytes_of(used, tag, 0);
    if (used != words)
      fail<file_error>("{}: tag {} describes its type in {} numbers, {} are enough; the file is damaged",
                       in_.name(), path_of(tag), words, used);
    tags_[tag].begin = in_.position();
    tags_[tag].list = words_[0] == 20;
    if (words == 1) tags_[tag].type = dm_number(words_[0]), tags_[tag].count = 1;
    if (words == 3 && words_[0] == 20) tags_[tag].type = dm_number(words_[1]), tags_[tag].count = words_[2];
    skip(bytes, tag);
  }

  /// Bytes of a value whose type is described from word `used` on.
  std::uint64_t bytes_of(std::size_t& used, std::uint32_t tag, int level) const {
    auto const word = [&] {
      if (used >= words_.size())
        fail<file_error>("{}: tag {} has a type that ends too early; the file is damaged", in_.name(),
                         path_of(tag));
      return words_[used++];
    };
    auto const times = [&](std::uint64_t a, std::uint64_t b) {
      if (a > 0 && b > in_.size() / a)
        fail<file_error>("{}: truncated: tag {} claims {} values of {} bytes, the file has {} bytes",
                         in_.name(), path_of(tag), b, a, in_.size());
      return a * b;
    };
    std::uint64_t const code = word();
    if (auto const type = dm_number(code)) return size_of(*type);
    if (level > 3)
      fail<file_error>("{}: tag {} is an array of arrays of arrays; it is not read", in_.name(),
                       path_of(tag));
    if (code == 18) return times(1, word());
    if (code == 20) {
      std::uint64_t const each = bytes_of(used, tag, level + 1);
      return times(each, word());
    }
    if (code != 15)
      fail<file_error>("{}: tag {} at byte {} has the unknown type {}", in_.name(), path_of(tag),
                       in_.position(), code);
    std::uint64_t bytes = times(1, word());  // its name
    std::uint64_t const fields = word();
    for (std::uint64_t i = 0; i < fields; ++i) {
      bytes += times(1, word());
      bytes += bytes_of(used, tag, level + 1);
    }
    return bytes;
  }

  /// The first numbers of a tag, `most` at most.
  std::vector<double> numbers_of(dm_tag const& t, std::uint64_t most) const {
    std::vector<double> numbers(std::min(t.count, most));
    in_.seek(t.begin);
    read_run(in_, {*t.type, bytes_, {}, {}}, numbers.size(), numbers.data(), 0);
    return numbers;
  }

  input& in_;
  std::size_t wide_ = 4;
  std::endian bytes_ = std::endian::little;
  std::vector<dm_tag> tags_;
  std::vector<std::uint64_t> words_;  ///< that describe the type of the value being read
};

}  // namespace tomoedx::io::detail

#endif
