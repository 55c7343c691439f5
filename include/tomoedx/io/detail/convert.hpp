// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_CONVERT_HPP
#define TOMOEDX_IO_DETAIL_CONVERT_HPP
// IWYU pragma: private, include "tomoedx/io/file.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/half.hpp>
#include <tomoedx/io/scalar_type.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tomoedx::io::detail {

/// Call f<T>() with the C++ type of `t`.
template <class F>
decltype(auto) with_type(scalar_type t, F&& f) {
  switch (t) {
    case scalar_type::i8:
      return f.template operator()<std::int8_t>();
    case scalar_type::u8:
      return f.template operator()<std::uint8_t>();
    case scalar_type::i16:
      return f.template operator()<std::int16_t>();
    case scalar_type::u16:
      return f.template operator()<std::uint16_t>();
    case scalar_type::i32:
      return f.template operator()<std::int32_t>();
    case scalar_type::u32:
      return f.template operator()<std::uint32_t>();
    case scalar_type::i64:
      return f.template operator()<std::int64_t>();
    case scalar_type::u64:
      return f.template operator()<std::uint64_t>();
    case scalar_type::f16:
      return f.template operator()<half>();
    case scalar_type::f32:
      return f.template operator()<float>();
    case scalar_type::f64:
      break;
  }
  return f.template operator()<double>();
}

/// Reverse the bytes of `count` numbers of `width` bytes in place.
inline void swap_bytes(void* data, std::size_t count, std::size_t width) {
  auto const each = [&]<class U>(U) {
    auto* p = static_cast<unsigned char*>(data);
    for (std::size_t i = 0; i < count; ++i, p += sizeof(U)) {
      U v, r = 0;
      std::memcpy(&v, p, sizeof v);
      for (std::size_t b = 0; b < sizeof(U); ++b)
        r = static_cast<U>(r | (((v >> (8 * b)) & U(0xFF)) << (8 * (sizeof(U) - 1 - b))));
      std::memcpy(p, &r, sizeof r);
    }
  };
  if (width == 2) each(std::uint16_t{});
  if (width == 4) each(std::uint32_t{});
  if (width == 8) each(std::uint64_t{});
}

/// Whether To holds `v`: integers exactly, floating point to rounding (never a finite value as infinity).
template <class To, class From>
bool fits(From v) {
  if constexpr (std::same_as<To, half>)
    return !(std::fabs(static_cast<double>(v)) > half_max) || std::isinf(static_cast<double>(v));
  else if constexpr (std::floating_point<To> && std::floating_point<From>)
    return sizeof(To) >= sizeof(From) || !(std::fabs(v) > From(std::numeric_limits<To>::max())) ||
           std::isinf(v);
  else if constexpr (std::floating_point<To>)
    return true;
  else if constexpr (std::floating_point<From>) {
    auto const top = std::ldexp(From(1), std::numeric_limits<To>::digits);  // one past the largest
    auto const bottom = std::is_signed_v<To> ? -top : From(0);
    return v >= bottom && v < top && std::trunc(v) == v;  // false for NaN
  } else
    return std::in_range<To>(v);
}

template <class To, class From>
To cast(From v) {
  if constexpr (std::same_as<To, half>)
    return to_half(static_cast<float>(v));
  else
    return static_cast<To>(v);
}

template <class From>
auto plain(From v) {
  if constexpr (std::same_as<From, half>)
    return to_float(v);
  else
    return v;
}

/// Convert `count` numbers; the first one that does not fit is an error that names `where` and its index.
///
/// throws   value_error
template <class From, class To>
void convert(unsigned char const* from, std::size_t count, To* to, std::string_view where,
             std::size_t first_index, scalar_type target) {
  bool good = true;
  for (std::size_t i = 0; i < count; ++i) {
    From raw;
    std::memcpy(&raw, from + i * sizeof(From), sizeof raw);
    auto const v = plain(raw);
    bool const ok = fits<To>(v);
    to[i] = ok ? cast<To>(v) : To{};
    good = good && ok;
  }
  if (good) return;
  for (std::size_t i = 0; i < count; ++i) {
    From raw;
    std::memcpy(&raw, from + i * sizeof(From), sizeof raw);
    auto const v = plain(raw);
    expects<value_error>(fits<To>(v), "{}: value {} at flat index {} does not fit {}; choose another type",
                         where, v, first_index + i, name_of(target));
  }
}

}  // namespace tomoedx::io::detail

#endif
