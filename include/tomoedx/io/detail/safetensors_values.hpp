// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SAFETENSORS_VALUES_HPP
#define TOMOEDX_IO_DETAIL_SAFETENSORS_VALUES_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/bfloat16.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/detail/half.hpp>
#include <tomoedx/io/detail/safetensors_header.hpp>
#include <tomoedx/io/tensor.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// Call f<Stored, Kept>(): how numbers lie in the file, and the type that holds all of them exactly. The one exception,
/// integers of 64 bits beyond 2^53, is looked for in kept().
template <class F>
decltype(auto) with_dtype(dtype t, F&& f) {
  switch (t) {
    case dtype::boolean:
      return f.template operator()<bool, float>();
    case dtype::u8:
      return f.template operator()<std::uint8_t, float>();
    case dtype::i8:
      return f.template operator()<std::int8_t, float>();
    case dtype::u16:
      return f.template operator()<std::uint16_t, float>();
    case dtype::i16:
      return f.template operator()<std::int16_t, float>();
    case dtype::f16:
      return f.template operator()<half, float>();
    case dtype::bf16:
      return f.template operator()<bfloat16, float>();
    case dtype::u32:
      return f.template operator()<std::uint32_t, double>();
    case dtype::i32:
      return f.template operator()<std::int32_t, double>();
    case dtype::f32:
      return f.template operator()<float, float>();
    case dtype::u64:
      return f.template operator()<std::uint64_t, double>();
    case dtype::i64:
      return f.template operator()<std::int64_t, double>();
    case dtype::f64:
      break;
  }
  return f.template operator()<double, double>();
}

/// One stored number as it is kept.
template <class Stored, class Kept>
Kept kept(unsigned char const* at, std::size_t index, std::string const& name, std::string_view file) {
  if constexpr (std::same_as<Stored, bool>) {
    if (*at > 1) [[unlikely]]
      fail<file_error>("{}: value {} of tensor '{}' (BOOL) is {}, 0 or 1 is wanted", file, index, shown(name),
                       int(*at));
    return static_cast<Kept>(*at);
  } else {
    Stored v;
    std::memcpy(&v, at, sizeof v);
    if constexpr (std::same_as<Stored, half> || std::same_as<Stored, bfloat16>) {
      return to_float(v);
    } else {
      if constexpr (std::integral<Stored> && sizeof v == 8) {
        auto const size = std::cmp_less(v, 0) ? std::uint64_t(0) - std::uint64_t(v) : std::uint64_t(v);
        if (size > std::uint64_t(1) << 53) [[unlikely]]
          fail<file_error>("{}: value {} of tensor '{}' is {}, beyond 2^53 it cannot be kept exactly", file,
                           index, shown(name), v);
      }
      return static_cast<Kept>(v);
    }
  }
}

/// The tensor an entry describes. `fetch(offset, bytes, to)` brings bytes of the data part.
template <class Fetch>
tensor read_tensor(std::string const& name, safetensors_entry const& e, std::string_view file,
                   Fetch&& fetch) {
  constexpr bool swapped = std::endian::native != std::endian::little;
  constexpr std::size_t portion = std::size_t(1) << 18;
  return with_dtype(e.type, [&]<class Stored, class Kept>() {
    std::size_t const width = size_of(e.type);
    std::size_t const count = std::size_t(e.end - e.begin) / width;
    std::vector<Kept> values(count);
    if constexpr (std::same_as<Stored, Kept>) {
      if (count > 0) fetch(e.begin, count * width, values.data());
      if (swapped) swap_bytes(values.data(), count, width);
    } else {
      std::vector<unsigned char> buffer(std::min(portion, count * width));
      for (std::size_t done = 0; done < count;) {
        std::size_t const now = std::min(count - done, portion / width);
        fetch(e.begin + done * width, now * width, buffer.data());
        if (swapped) swap_bytes(buffer.data(), now, width);
        for (std::size_t i = 0; i < now; ++i)
          values[done + i] = kept<Stored, Kept>(buffer.data() + i * width, done + i, name, file);
        done += now;
      }
    }
    return tensor(e.shape, std::move(values));
  });
}

/// Every tensor of the header. Entries are let go as their values arrive.
template <class Fetch>
named_tensors read_tensors(safetensors_header header, std::string_view file, Fetch&& fetch) {
  named_tensors all;
  all.metadata = std::move(header.metadata);
  while (!header.tensors.empty()) {
    auto entry = header.tensors.extract(header.tensors.begin());
    auto values = read_tensor(entry.key(), entry.mapped(), file, fetch);
    all.tensors.emplace_hint(all.tensors.end(), std::move(entry.key()), std::move(values));
  }
  return all;
}

}  // namespace tomoedx::io::detail

#endif
