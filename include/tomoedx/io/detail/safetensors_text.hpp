// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SAFETENSORS_TEXT_HPP
#define TOMOEDX_IO_DETAIL_SAFETENSORS_TEXT_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/safetensors_header.hpp>
#include <tomoedx/io/tensor.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// Text as JSON has it, quotes included.
inline std::string quoted(std::string_view text, std::string_view file) {
  try {
    return nlohmann::json(text).dump();
  } catch (nlohmann::json::type_error const&) {
    fail<value_error>("{}: '{}' is not UTF-8 and cannot be written", file, shown(text));
  }
}

/// Call f(name, tensor) in the order the data are written: double first, then float.
template <class F>
void in_data_order(named_tensors const& all, F&& f) {
  for (bool const wide : {true, false})
    for (auto const& [name, t] : all.tensors)
      if (t.is_double() == wide) f(name, t);
}

/// The first bytes of a file: the header's length, and the header filled up with spaces to a multiple of 8 bytes. The
/// reader's own checks have passed it.
inline std::string header_text(named_tensors const& all, std::string_view file) {
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> offsets;
  std::uint64_t at = 0;
  in_data_order(all, [&](std::string const& name, tensor const& t) {
    expects<value_error>(name != "__metadata__", "{}: a tensor cannot have the name '{}'", file, name);
    expects<shape_error>(t.size() > 0 || !t.shape().empty(),
                         "{}: tensor '{}' has neither a shape nor a value", file, shown(name));
    std::uint64_t const end = at + t.size() * (t.is_double() ? 8 : 4);
    offsets[name] = {at, end};
    at = end;
  });

  std::string text = "{";
  if (!all.metadata.empty()) {
    text += "\"__metadata__\":";
    char before = '{';
    for (auto const& [key, value] : all.metadata) {
      text += before + quoted(key, file) + ':' + quoted(value, file);
      before = ',';
    }
    text += '}';
  }
  for (auto const& [name, t] : all.tensors)
    text += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                        text.size() > 1 ? "," : "", quoted(name, file), t.is_double() ? "F64" : "F32",
                        fmt::join(t.shape(), ","), offsets[name].first, offsets[name].second);
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  expects<value_error>(text.size() <= most_header_bytes, "{}: the header would have {} bytes, {} are allowed",
                       file, text.size(), most_header_bytes);
  parse_header(text, at, file);

  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>((std::uint64_t(text.size()) >> (8 * i)) & 0xFF);
  return length + text;
}

/// Call write(bytes, number of bytes) for the data of each tensor.
template <class Write>
void each_written(named_tensors const& all, Write&& write) {
  auto const little = [&]<class T>(std::vector<T> const& values) {
    if constexpr (std::endian::native == std::endian::little) {
      write(values.data(), values.size() * sizeof(T));
    } else {
      auto turned = values;
      swap_bytes(turned.data(), turned.size(), sizeof(T));
      write(turned.data(), turned.size() * sizeof(T));
    }
  };
  in_data_order(all, [&](std::string const&, tensor const& t) {
    if (t.is_double())
      little(t.values<double>());
    else
      little(t.values<float>());
  });
}

}  // namespace tomoedx::io::detail

#endif
