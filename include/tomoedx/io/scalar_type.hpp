// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_SCALAR_TYPE_HPP
#define TOMOEDX_IO_SCALAR_TYPE_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tomoedx::io {

/// The kinds of number a file may hold. Truth values count as u8; complex numbers are refused.
enum class scalar_type { i8, u8, i16, u16, i32, u32, i64, u64, f16, f32, f64 };

/// Bytes of one number.
constexpr std::size_t size_of(scalar_type t) {
  switch (t) {
    case scalar_type::i8:
    case scalar_type::u8:
      return 1;
    case scalar_type::i16:
    case scalar_type::u16:
    case scalar_type::f16:
      return 2;
    case scalar_type::i32:
    case scalar_type::u32:
    case scalar_type::f32:
      return 4;
    case scalar_type::i64:
    case scalar_type::u64:
    case scalar_type::f64:
      return 8;
  }
  return 0;
}

/// Short name: "f32".
constexpr std::string_view name_of(scalar_type t) {
  constexpr std::string_view names[] = {"i8",  "u8",  "i16", "u16", "i32", "u32",
                                        "i64", "u64", "f16", "f32", "f64"};
  return names[static_cast<int>(t)];
}

/// What an array in memory may hold: the integers of 8 to 64 bits, float and double.
template <class T>
concept scalar = (std::integral<T> || std::same_as<T, float> ||
                  std::same_as<T, double>)&&!std::same_as<T, bool> &&
                 !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                 !std::same_as<T, char16_t> && !std::same_as<T, char32_t> && sizeof(T) <= 8;

/// The scalar_type of a C++ type.
template <scalar T>
constexpr scalar_type scalar_type_of() {
  if constexpr (std::same_as<T, float>) return scalar_type::f32;
  if constexpr (std::same_as<T, double>) return scalar_type::f64;
  constexpr bool plus = std::unsigned_integral<T>;
  if constexpr (sizeof(T) == 1) return plus ? scalar_type::u8 : scalar_type::i8;
  if constexpr (sizeof(T) == 2) return plus ? scalar_type::u16 : scalar_type::i16;
  if constexpr (sizeof(T) == 4) return plus ? scalar_type::u32 : scalar_type::i32;
  return plus ? scalar_type::u64 : scalar_type::i64;
}

}  // namespace tomoedx::io

#endif
