// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SAFETENSORS_HEADER_HPP
#define TOMOEDX_IO_DETAIL_SAFETENSORS_HEADER_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/array.hpp>
#include <tomoedx/io/detail/safetensors_json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tomoedx::io::detail {

inline constexpr std::uint64_t most_header_bytes = 100'000'000;  // the format's own bound

/// The length of the header, of which the file's first eight bytes are given, if a file of `size` bytes can have it.
inline std::uint64_t header_length(unsigned char const* first, std::uint64_t size, std::string_view file) {
  std::uint64_t length = 0;
  for (int i = 0; i < 8; ++i) length |= std::uint64_t(first[i]) << (8 * i);
  expects<file_error>(
      length <= size - 8,
      "{}: its header should have {} bytes, the file has {}; it is truncated or not a safetensors file", file,
      length, size);
  expects<file_error>(length <= most_header_bytes, "{}: its header should have {} bytes, {} are allowed",
                      file, length, most_header_bytes);
  return length;
}

/// Throw unless the bytes an entry claims are there and are what its shape needs.
inline void check_entry(std::string const& name, safetensors_entry const& e, std::uint64_t data,
                        std::string_view file) {
  expects<file_error>(e.begin <= e.end && e.end <= data,
                      "{}: tensor '{}' lies at bytes {} to {}, there are {} bytes of data", file, shown(name),
                      e.begin, e.end, data);
  std::uint64_t product = 1;  // of the extents that are not zero
  bool empty = false;
  for (auto const n : e.shape) {
    empty = empty || n == 0;
    if (n != 0 && product > std::numeric_limits<std::size_t>::max() / 16 / n) [[unlikely]]
      fail<file_error>("{}: tensor '{}': the shape {} is larger than memory can be", file, shown(name),
                       text_of(e.shape));
    product *= std::max<std::uint64_t>(n, 1);
  }
  std::uint64_t const bytes = empty ? 0 : product * size_of(e.type);
  if (bytes != e.end - e.begin) [[unlikely]]
    fail<file_error>("{}: tensor '{}' of shape {} {} needs {} bytes, its data_offsets {} and {} leave {}",
                     file, shown(name), text_of(e.shape), name_of(e.type), bytes, e.begin, e.end,
                     e.end - e.begin);
}

/// Throw unless the tensors fill `data` bytes without holes or overlap.
inline void check_cover(safetensors_header const& header, std::uint64_t data, std::string_view file) {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string const*>> places;
  places.reserve(header.tensors.size());
  for (auto const& [name, e] : header.tensors) places.emplace_back(e.begin, e.end, &name);
  std::ranges::sort(places, {}, [](auto const& p) { return std::pair(std::get<0>(p), std::get<1>(p)); });
  std::uint64_t covered = 0;
  for (auto const& [begin, end, name] : places) {
    expects<file_error>(begin <= covered, "{}: bytes {} to {} before tensor '{}' belong to no tensor", file,
                        covered, begin, shown(*name));
    expects<file_error>(begin == covered, "{}: tensor '{}' begins at byte {}, the one before it ends at {}",
                        file, shown(*name), begin, covered);
    covered = end;
  }
  expects<file_error>(covered == data, "{}: the tensors fill {} bytes, the file has {} bytes of data", file,
                      covered, data);
}

/// Read the header and check it against the `data` bytes that follow it.
inline safetensors_header parse_header(std::string_view text, std::uint64_t data, std::string_view file) {
  expects<file_error>(text.starts_with('{'),
                      "{}: its header begins with '{}', '{{' is wanted; not a safetensors file", file,
                      shown(text.substr(0, 1)));
  expects<file_error>(text.find('\0') == text.npos, "{}: byte {} of its header is 0", file, text.find('\0'));
  safetensors_events events(text, file);
  nlohmann::json::sax_parse(text.begin(), text.end(), &events);
  auto header = events.take();
  for (auto const& [name, e] : header.tensors) check_entry(name, e, data, file);
  check_cover(header, data, file);
  return header;
}

}  // namespace tomoedx::io::detail

#endif
