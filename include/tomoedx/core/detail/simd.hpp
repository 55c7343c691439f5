// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CORE_DETAIL_SIMD_HPP
#define TOMOEDX_CORE_DETAIL_SIMD_HPP
// IWYU pragma: private

#include <tomoedx/core/isa.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#if !defined(__GNUC__)
#error "tomoedx: the kernels of the host need the vector extensions of GCC or Clang"
#endif

/// Hardware vectors, and work that is compiled once for each instruction set. Kernels are always inlined into these
/// variants and hand vectors over by reference: a vector by value would be a matter of the ABI.
namespace tomoedx::detail::simd {

/// `Bytes` of T in one register.
template <class T, int Bytes>
struct pack {
  using integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  typedef T type __attribute__((vector_size(Bytes)));
  typedef integer bits __attribute__((vector_size(Bytes)));  ///< as many integers of the same size
  typedef T aligned __attribute__((vector_size(Bytes), may_alias));
  typedef T loose __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
  static constexpr int size = Bytes / static_cast<int>(sizeof(T));

  /// The vector at any place.
  [[gnu::always_inline]] static loose const& at(T const* place) {
    return *reinterpret_cast<loose const*>(place);
  }
  [[gnu::always_inline]] static loose& at(T* place) { return *reinterpret_cast<loose*>(place); }

  /// The vector at a place that is a multiple of its size.
  [[gnu::always_inline]] static aligned const& at_aligned(T const* place) {
    return *reinterpret_cast<aligned const*>(place);
  }
  [[gnu::always_inline]] static aligned& at_aligned(T* place) { return *reinterpret_cast<aligned*>(place); }
};

/// Bytes of a vector at a level.
constexpr int vector_bytes(isa level) {
  return level == isa::avx512 ? 64 : level == isa::avx2 ? 32 : 16;
}

/// Call a function object whose operator() is always inlined with the instructions of a level.
template <isa Level>
struct compiled_for {
  template <class F>
  [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
#if TOMOEDX_ISA_VARIANTS
template <>
struct compiled_for<isa::avx2> {
  template <class F>
  TOMOEDX_TARGET_AVX2 [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
template <>
struct compiled_for<isa::avx512> {
  template <class F>
  TOMOEDX_TARGET_AVX512 [[gnu::noinline]] static void call(F const& f) {
    f();
  }
};
#endif

/// A job with vectors of a level, as a function object.
template <isa Level, class Job>
struct run_call {
  Job const& job;
  [[gnu::always_inline]] void operator()() const { job.template run<vector_bytes(Level)>(); }
};

/// Do a job, a small struct with an always-inlined `run<Bytes>()`, with the instructions of a level that this
/// processor has. It is one function, so the same input gives the same bits wherever it is called from.
template <class Job>
void run_at(isa level, Job const& job) {
#if TOMOEDX_ISA_VARIANTS
  if (level == isa::avx512) return compiled_for<isa::avx512>::call(run_call<isa::avx512, Job>{job});
  if (level == isa::avx2) return compiled_for<isa::avx2>::call(run_call<isa::avx2, Job>{job});
#endif
  (void)level;
  compiled_for<isa::baseline>::call(run_call<isa::baseline, Job>{job});
}

/// The level asked for, or the best there is.
inline isa usable(isa level) {
  return std::min(level, best_isa());
}

}  // namespace tomoedx::detail::simd

#endif
