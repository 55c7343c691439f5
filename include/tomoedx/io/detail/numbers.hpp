// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_NUMBERS_HPP
#define TOMOEDX_IO_DETAIL_NUMBERS_HPP
// IWYU pragma: private, include "tomoedx/io/tilts.hpp"

#include <tomoedx/io/detail/input.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// Whether a file is an .npy file by its first bytes.
inline bool begins_as_npy(std::filesystem::path const& path) {
  input in(path);
  char start[6] = {};
  if (in.size() >= sizeof start) in.read(start, sizeof start);
  return std::string_view(start, sizeof start) == "\x93NUMPY";
}

/// A piece of a file that is safe to print.
inline std::string printable(std::string_view text) {
  std::string out;
  for (char const c : text.substr(0, 30)) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte >= 32 && byte < 127 ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return out + (text.size() > 30 ? "..." : "");
}

/// The numbers of one line.
inline std::vector<double> numbers_in(std::string_view line, std::string const& name, std::size_t number) {
  static constexpr std::string_view apart = " \t\r\v\f,;";
  std::vector<double> values;
  line = line.substr(0, line.find('#'));
  for (std::size_t at = line.find_first_not_of(apart); at < line.size();) {
    std::size_t const end = std::min(line.find_first_of(apart, at), line.size());
    std::string_view const word = line.substr(at, end - at);
    std::string_view const digits =
        word.size() > 1 && word[0] == '+' && word[1] != '-' ? word.substr(1) : word;
    double value = 0;
    auto const [stop, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    expects<file_error>(failed == std::errc{} && stop == digits.data() + digits.size(),
                        "{}: line {}: '{}' is not a number", name, number, printable(word));
    values.push_back(value);
    at = line.find_first_not_of(apart, end);
  }
  return values;
}

/// Call f(line number, numbers) for each line of a text file that has numbers.
template <class F>
void each_line(std::filesystem::path const& path, F&& f) {
  input in(path);
  expects<file_error>(in.size() <= (1u << 24), "{}: {} bytes are too many for a list of numbers", in.name(),
                      in.size());
  std::string text(std::size_t(in.size()), ' ');
  in.read(text.data(), text.size());
  std::string_view rest = text;
  if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);  // byte order mark
  for (std::size_t line = 1; !rest.empty(); ++line) {
    std::size_t const end = std::min(rest.find_first_of("\n\r"), rest.size());
    auto const values = numbers_in(rest.substr(0, end), in.name(), line);
    if (!values.empty()) f(line, values);
    bool const both = end + 1 < rest.size() && rest[end] == '\r' && rest[end + 1] == '\n';
    rest.remove_prefix(std::min(end + (both ? 2 : 1), rest.size()));
  }
}

}  // namespace tomoedx::io::detail

#endif
