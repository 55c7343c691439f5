// SPDX-License-Identifier: BSD-3-Clause
// What has to hold for any bytes taken for a safetensors file. Shared by the fuzzer and the ordinary test.
#ifndef TOMOEDX_TESTS_FUZZ_SAFETENSORS_HPP
#define TOMOEDX_TESTS_FUZZ_SAFETENSORS_HPP

#include <tomoedx/io/safetensors.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <vector>

namespace tomoedx_fuzz {

inline void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// The bytes write_safetensors() puts into a file.
inline std::string written(tomoedx::io::named_tensors const& all) {
  auto bytes = tomoedx::io::detail::header_text(all, "written");
  tomoedx::io::detail::each_written(
      all, [&](void const* from, std::size_t n) { bytes.append(static_cast<char const*>(from), n); });
  return bytes;
}

/// Read any bytes: they are refused with one printable line, or hold what can be written and read again without change.
///
/// returns  whether they were taken
inline bool safetensors(std::span<std::byte const> bytes) {
  namespace io = tomoedx::io;
  io::named_tensors all;
  try {
    all = io::read_safetensors(bytes, "fuzz");
  } catch (tomoedx::file_error const& e) {
    std::string const text = e.what();
    demand(text.starts_with("fuzz: "), "an error names its file");
    demand(text.size() < 1000, "an error is short");
    for (char const c : text) demand(c >= ' ' && c <= '~', "an error is one printable line");
    return false;
  }
  std::size_t held = 0, named = 0;
  for (auto const& [name, t] : all.tensors) held += t.size() * (t.is_double() ? 8 : 4), named += name.size();
  for (auto const& [key, text] : all.metadata) named += key.size() + text.size();
  demand(held <= 4 * bytes.size() && named <= bytes.size(), "nothing is larger than the file allows");

  auto const once = written(all);
  auto const again = io::read_safetensors(std::as_bytes(std::span(once)), "again");
  demand(again.metadata == all.metadata, "metadata survive");
  demand(again.tensors.size() == all.tensors.size(), "tensors survive");
  for (auto const& [name, t] : all.tensors)
    demand(again.tensors.at(name).shape() == t.shape() && again.tensors.at(name).is_double() == t.is_double(),
           "names, shapes and precision survive");
  demand(written(again) == once, "values survive bit for bit");
  return true;
}

/// Good files to begin with: one we write, one that has every dtype, one of empty tensors.
inline std::vector<std::string> safetensors_examples() {
  tomoedx::io::named_tensors all;
  all.tensors["a.weight"] = tomoedx::io::tensor({2, 2}, std::vector<float>{1, 2, 3, 4});
  all.tensors["b"] = tomoedx::io::tensor({}, std::vector<double>{5});
  all.metadata = {{"arch", "unet"}, {"frames", "1"}};

  auto const file_of = [](std::string const& header, std::string const& data) {
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>((header.size() >> (8 * i)) & 0xFF);
    return length + header + data;
  };
  std::string header = "{", data;
  for (auto const dtype : tomoedx::io::detail::dtype_names) {
    auto const size = 2 * size_of(*tomoedx::io::detail::dtype_of(dtype));
    header += fmt::format(R"({}"w.{}":{{"dtype":"{}","shape":[2,1],"data_offsets":[{},{}]}})",
                          data.empty() ? "" : ",", dtype, dtype, data.size(), data.size() + size);
    data.append(size, '\1');
    if (size == 16) data[data.size() - 1] = data[data.size() - 9] = '\0';  // 64 bits within 2^53
    if (size == 16) data[data.size() - 2] = data[data.size() - 10] = '\0';
  }
  return {
      written(all), file_of(header + "}", data),
      file_of(R"({"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"__metadata__":{"\u00e9":"\n"}} )",
              "")};
}

}  // namespace tomoedx_fuzz

#endif
