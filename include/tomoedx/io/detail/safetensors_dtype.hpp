// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SAFETENSORS_DTYPE_HPP
#define TOMOEDX_IO_DETAIL_SAFETENSORS_DTYPE_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace tomoedx::io::detail {

/// The kinds of number a weight file may hold.
enum class dtype { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

inline constexpr std::string_view dtype_names[] = {"BOOL", "U8",  "I8",  "U16", "I16", "F16", "BF16",
                                                   "U32",  "I32", "F32", "U64", "I64", "F64"};

/// Its name in the file: "F32".
constexpr std::string_view name_of(dtype t) {
  return dtype_names[static_cast<int>(t)];
}

/// Bytes of one number.
constexpr std::size_t size_of(dtype t) {
  return t <= dtype::i8 ? 1 : t <= dtype::bf16 ? 2 : t <= dtype::f32 ? 4 : 8;
}

/// The dtype of that name, if it is one we read.
constexpr std::optional<dtype> dtype_of(std::string_view name) {
  for (std::size_t i = 0; i < std::size(dtype_names); ++i)
    if (dtype_names[i] == name) return static_cast<dtype>(i);
  return std::nullopt;
}

}  // namespace tomoedx::io::detail

#endif
