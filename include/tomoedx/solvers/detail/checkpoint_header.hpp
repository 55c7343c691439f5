// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_HEADER_HPP
#define TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_HEADER_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/input.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The text that a checkpoint begins with; docs/clusters.md describes the file.
namespace tomoedx::detail {

/// A buffer of a solver's state.
struct checkpoint_buffer {
  std::string name, type;
  std::uint64_t count = 0, item = 0;

  std::uint64_t bytes() const { return count * item; }
  bool operator==(checkpoint_buffer const&) const = default;
};

struct checkpoint_header {
  using line = std::pair<std::string, std::string>;

  std::uint64_t iteration = 0;
  std::string ended = {};  ///< why the run was over, empty while it was not
  std::vector<line> identity;
  std::vector<checkpoint_buffer> buffers;
  std::uint64_t bytes = 0;  ///< of the header itself, once it was written or read

  std::uint64_t file_bytes() const;
};

inline constexpr std::string_view checkpoint_magic = "tomoedx checkpoint 1\n";
inline constexpr std::string_view checkpoint_trailer = "\nchecksum 0123456789abcdef\n";
inline constexpr std::uint64_t most_header_bytes = std::uint64_t{1} << 24;
inline constexpr std::string_view native_order =
    std::endian::native == std::endian::little ? "little" : "big";

inline std::uint64_t checkpoint_header::file_bytes() const {
  std::uint64_t sum = bytes + checkpoint_trailer.size();
  for (auto const& b : buffers) sum += b.bytes();
  return sum;
}

/// The name of an arithmetic type in a checkpoint: float32, uint64.
template <class T>
std::string checkpoint_type() {
  static_assert(std::is_arithmetic_v<T>, "a checkpoint holds numbers");
  return fmt::format("{}{}",
                     std::is_floating_point_v<T> ? "float"
                     : std::is_signed_v<T>       ? "int"
                                                 : "uint",
                     8 * sizeof(T));
}

/// The text of a header, padded to whole lines of 64 bytes; sets `bytes`.
inline std::string text_of(checkpoint_header& h) {
  for (int pass = 0;; ++pass) {  // numbers have fixed widths, so that the second pass is as long as the first
    std::string text = fmt::format("{}header {:8}\nfile {:20}\nbyte-order {}\niteration {}\n",
                                   checkpoint_magic, h.bytes, h.file_bytes(), native_order, h.iteration);
    if (!h.ended.empty()) text += fmt::format("ended {}\n", h.ended);
    for (auto const& [name, value] : h.identity) text += fmt::format("identity {}: {}\n", name, value);
    std::uint64_t at = h.bytes;
    for (auto const& b : h.buffers) {
      text += fmt::format("buffer {} {} {:20} {}\n", b.type, b.count, at, b.name);
      at += b.bytes();
    }
    text += "end\n";
    h.bytes = (text.size() + 63) / 64 * 64;
    expects<value_error>(h.bytes <= most_header_bytes, "checkpoint: a header of {} bytes, at most {}",
                         h.bytes, most_header_bytes);
    text.append(h.bytes - text.size(), '\n');
    if (pass == 1) return text;
  }
}

/// Takes words off a header's lines.
class header_line {
 public:
  header_line(std::string const& file, std::string_view rest) : file_(file), rest_(rest) {}

  std::string_view word() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    auto const end = std::min(rest_.find(' '), rest_.size());
    auto const w = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return w;
  }
  std::uint64_t number() {
    auto const w = word();
    std::uint64_t n = 0;
    auto const [end, failed] = std::from_chars(w.data(), w.data() + w.size(), n);
    expects<file_error>(failed == std::errc{} && end == w.data() + w.size() && !w.empty(),
                        "{}: a damaged checkpoint: '{}' is not a number", file_, w.substr(0, 40));
    return n;
  }
  std::string_view rest() const { return rest_.substr(std::min<std::size_t>(1, rest_.size())); }

 private:
  std::string const& file_;
  std::string_view rest_;
};

/// Read and check the header: nothing it claims is believed that the size of the file does not bear out.
///
/// throws   tomoedx::file_error
inline checkpoint_header read_header(io::detail::input& in) {
  auto const& file = in.name();
  std::string text(std::min<std::uint64_t>(in.size(), checkpoint_magic.size() + 16), '\0');
  in.read(text.data(), text.size());
  expects<file_error>(text.starts_with(checkpoint_magic),
                      "{}: is not a checkpoint of this version; its first line should read '{}'", file,
                      checkpoint_magic.substr(0, checkpoint_magic.size() - 1));
  checkpoint_header h;
  header_line first(file, std::string_view(text).substr(checkpoint_magic.size()));
  expects<file_error>(first.word() == "header", "{}: a damaged checkpoint: no length of the header", file);
  auto const length = first.word();
  h.bytes = header_line(file, length.substr(0, length.find('\n'))).number();
  expects<file_error>(h.bytes >= text.size() && h.bytes <= most_header_bytes && h.bytes <= in.size(),
                      "{}: a damaged checkpoint: a header of {} bytes in a file of {}", file, h.bytes,
                      in.size());
  text.resize(h.bytes);
  in.seek(0);
  in.read(text.data(), text.size());

  std::uint64_t claimed = 0, at = h.bytes;
  bool ended = false;
  std::string_view left = std::string_view(text).substr(checkpoint_magic.size());
  while (!ended && !left.empty()) {
    auto const end = std::min(left.find('\n'), left.size());
    header_line line(file, left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    auto const key = line.word();
    if (key == "file") claimed = line.number();
    if (key == "iteration") h.iteration = line.number();
    if (key == "ended") h.ended = line.rest();
    if (key == "byte-order") {
      auto const order = line.word();
      expects<file_error>(order == native_order, "{}: written on a {}-endian machine, this one is {}-endian",
                          file, order, native_order);
    }
    if (key == "identity") {
      auto const all = line.rest();
      auto const colon = std::min(all.find(": "), all.size());
      h.identity.emplace_back(all.substr(0, colon), all.substr(std::min(colon + 2, all.size())));
    }
    if (key == "buffer") {
      checkpoint_buffer b;
      b.type = line.word();
      b.count = line.number();
      std::uint64_t const offset = line.number();
      b.name = line.rest();
      auto const digits = b.type.find_first_of("0123456789");
      std::uint64_t const bits = digits == std::string::npos
                                     ? 0
                                     : header_line(file, std::string_view(b.type).substr(digits)).number();
      b.item = bits / 8;
      expects<file_error>(
          bits >= 8 && bits <= 128 && bits % 8 == 0 && offset == at && at <= in.size() &&
              b.count <= (in.size() - at) / b.item,
          "{}: truncated or damaged: buffer {} of {} {} values at byte {}, the file has {} bytes", file,
          b.name, b.count, b.type, offset, in.size());
      at += b.bytes();
      h.buffers.push_back(std::move(b));
    }
    ended = key == "end";
  }
  expects<file_error>(ended, "{}: a damaged checkpoint: its header does not end", file);
  expects<file_error>(claimed == in.size() && h.file_bytes() == claimed,
                      "{}: truncated or damaged: the file has {} bytes, its header tells of {}", file,
                      in.size(), claimed);
  return h;
}

}  // namespace tomoedx::detail

#endif
