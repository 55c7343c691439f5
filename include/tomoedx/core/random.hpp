// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_RANDOM_HPP
#define TOMOEDX_CORE_RANDOM_HPP

#include <Kokkos_Macros.hpp>
#include <Kokkos_MathematicalFunctions.hpp>

#include <cstdint>

namespace tomoedx {

/// A counter-based stream of random numbers: stream (seed, index) is the same on every machine, backend and
/// thread count, so each pixel owns the stream of its index.
///
/// source   the 64-bit finaliser of Steele, Lea and Flood, "Fast splittable pseudorandom number
///          generators", OOPSLA 2014 (SplitMix64)
class random_stream {
 public:
  KOKKOS_FUNCTION random_stream(std::uint64_t seed, std::uint64_t index)
      : state_(mix(seed + golden) ^ mix(index * 0xD1342543DE82EF95ull + golden)) {}

  /// 64 uniform bits.
  KOKKOS_FUNCTION std::uint64_t bits() { return mix(state_ += golden); }

  /// Uniform in (0, 1), never an end point.
  KOKKOS_FUNCTION double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; }

  /// Standard normal, by Box and Muller (one of the pair is dropped: streams are short).
  KOKKOS_FUNCTION double normal() {
    double const radius = Kokkos::sqrt(-2.0 * Kokkos::log(uniform()));
    return radius * Kokkos::cos(6.283185307179586 * uniform());
  }

 private:
  static constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ull;

  KOKKOS_FUNCTION static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace tomoedx

#endif
