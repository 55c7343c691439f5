// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for the safetensors reader; see README.md beside it.
#include "safetensors.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  tomoedx_fuzz::safetensors(std::as_bytes(std::span(data, size)));
  return 0;
}

// A header that changes its length is refused at once unless the eight bytes before it change too: so three of four
// times the header or the data alone are changed and the length is put right. Nothing becomes one of the examples, so
// that no corpus is needed to begin with.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  static auto const examples = tomoedx_fuzz::safetensors_examples();
  auto const& example = examples[seed / 4 % examples.size()];
  if (size < 8 && example.size() <= most) {
    std::ranges::copy(example, data);
    return example.size();
  }
  std::uint64_t length = 0;
  for (std::size_t i = 8; size >= 8 && i-- > 0;) length = length << 8 | data[i];
  if (seed % 4 == 0 || size < 8 || length > size - 8) return LLVMFuzzerMutate(data, size, most);

  std::vector<std::uint8_t> header(data + 8, data + 8 + length), values(data + 8 + length, data + size);
  auto& changed = seed % 4 == 1 ? values : header;
  std::size_t const before = changed.size();
  changed.resize(before + most - size);
  changed.resize(LLVMFuzzerMutate(changed.data(), before, changed.size()));
  for (std::size_t i = 0; i < 8; ++i) data[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
  std::ranges::copy(values, std::ranges::copy(header, data + 8).out);
  return 8 + header.size() + values.size();
}
