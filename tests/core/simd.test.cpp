// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/core/detail/simd.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

using tomoedx::isa;
namespace simd = tomoedx::detail::simd;

namespace {

/// y <- 2 x + y, whole vectors first and then value by value.
template <class T>
struct doubled_sum {
  T const* x;
  T* y;
  int count;
  int* bytes;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using vec = simd::pack<T, Bytes>;
    *bytes = Bytes;
    int i = 0;
    for (; i + vec::size <= count; i += vec::size) vec::at(y + i) += T(2) * vec::at(x + i);
    for (; i < count; ++i) y[i] += T(2) * x[i];
  }
};

template <class T>
struct fill_aligned {
  T* to;
  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using vec = simd::pack<T, Bytes>;
    typename vec::bits numbers{};
    for (int i = 0; i < vec::size; ++i) numbers[i] = i;
    vec::at_aligned(to) = __builtin_convertvector(numbers, typename vec::type);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a job runs with the vectors of its level, at any address", T, float, double) {
  for (isa const level : {isa::baseline, isa::avx2, isa::avx512}) {
    if (simd::usable(level) != level) continue;
    CAPTURE(tomoedx::name_of(level));
    for (int const offset : {0, 1, 3})
      for (int const count : {0, 1, 7, 37}) {
        std::vector<T> x(64), y(64, T(1));
        std::iota(x.begin(), x.end(), T(0));
        auto const first = static_cast<std::size_t>(offset), end = first + static_cast<std::size_t>(count);
        int bytes = 0;
        simd::run_at(level, doubled_sum<T>{x.data() + offset, y.data() + offset, count, &bytes});
        CHECK(bytes == simd::vector_bytes(level));
        for (std::size_t i = 0; i < y.size(); ++i)
          CHECK(y[i] == (i >= first && i < end ? T(2) * x[i] + T(1) : T(1)));
      }
    alignas(64) T lanes[16];
    std::fill_n(lanes, 16, T(-1));
    simd::run_at(level, fill_aligned<T>{lanes});
    int const size = simd::vector_bytes(level) / static_cast<int>(sizeof(T));
    for (int i = 0; i < 16; ++i) CHECK(lanes[i] == (i < size ? static_cast<T>(i) : T(-1)));
  }
}

TEST_CASE("no level beyond the processor's is usable") {
  CHECK(simd::usable(isa::baseline) == isa::baseline);
  CHECK(simd::usable(isa::avx512) == tomoedx::best_isa());
}
