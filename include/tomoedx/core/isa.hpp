// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_ISA_HPP
#define TOMOEDX_CORE_ISA_HPP

// Instruction sets of x86 that kernels are compiled for beside the one the user's flags name. The choice
// is made at run time, so that a Kokkos or a program built without architecture flags is as fast as a
// native one.
#if (defined(__x86_64__) || defined(_M_X64)) && defined(__GNUC__) && !defined(__CUDA_ARCH__) && \
    !defined(__HIP_DEVICE_COMPILE__)
#define TOMOEDX_ISA_VARIANTS 1
#define TOMOEDX_TARGET_AVX2 [[gnu::target("avx2,fma")]]
#define TOMOEDX_TARGET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]]
#else
#define TOMOEDX_ISA_VARIANTS 0
#endif

// Hints for loops over a few registers, and for loops whose iterations do not touch each other.
#if defined(__clang__)
#define TOMOEDX_UNROLL _Pragma("clang loop unroll(full)")
#define TOMOEDX_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__) && !defined(__NVCC__)
#define TOMOEDX_UNROLL _Pragma("GCC unroll 16")
#define TOMOEDX_IVDEP _Pragma("GCC ivdep")
#else
#define TOMOEDX_UNROLL
#define TOMOEDX_IVDEP
#endif

namespace tomoedx {

/// What the processor offers to kernels, from the least to the most.
enum class isa { baseline, avx2, avx512 };

/// The best of them on this processor.
inline isa best_isa() {
#if TOMOEDX_ISA_VARIANTS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return isa::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return isa::avx2;
#endif
  return isa::baseline;
}

/// Its name, for reports and benchmarks.
constexpr char const* name_of(isa i) {
  return i == isa::avx512 ? "avx512" : i == isa::avx2 ? "avx2" : "baseline";
}

}  // namespace tomoedx

#endif
