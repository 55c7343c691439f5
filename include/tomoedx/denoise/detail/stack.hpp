// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_STACK_HPP
#define TOMOEDX_DENOISE_DETAIL_STACK_HPP
// IWYU pragma: private, include "tomoedx/denoise/gaussian.hpp"

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/detail/simd.hpp>
#include <tomoedx/core/error.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/core/runtime.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>

/// What the denoisers of the host share: the check of what the user gave, the way over a stack, and what an observer
/// hears of it.
namespace tomoedx::detail {

/// What the free functions of the filters take: a row-major view of one to three axes.
template <class V, class Space>
concept rows_on = Kokkos::is_view_v<V> &&(V::rank() >= 1) && (V::rank() <= 3) &&
                  view_on<V, Space, V::rank()>&& real<typename V::non_const_value_type>&& std::same_as<
                      typename V::array_layout, Kokkos::LayoutRight>;

/// The same values as a stack (n, y, x), with axes of one in front.
///
/// throws   tomoedx::shape_error when the view has gaps
template <class V>
auto as_stack(char const* who, V const& v) {
  expects<shape_error>(v.span_is_contiguous(), "{}: an array has gaps between its rows; copy it first", who);
  using stack = Kokkos::View<typename V::value_type***, Kokkos::LayoutRight, typename V::memory_space,
                             Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  if constexpr (V::rank() == 1)
    return stack(v.data(), 1, 1, v.extent(0));
  else if constexpr (V::rank() == 2)
    return stack(v.data(), 1, v.extent(0), v.extent(1));
  else
    return stack(v.data(), v.extent(0), v.extent(1), v.extent(2));
}

/// Whether some values are all finite.
template <class T>
struct finite_job {
  T const* values;
  std::size_t count;
  bool* finite;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    using vec = simd::pack<T, Bytes>;
    typename vec::type sum[4] = {};
    std::size_t i = 0;
    for (; i + 4 * vec::size <= count; i += 4 * vec::size) {
      TOMOEDX_UNROLL
      for (int k = 0; k < 4; ++k) sum[k] += vec::at(values + i + k * vec::size) * T(0);
    }
    T rest = 0;
    for (; i < count; ++i) rest += values[i] * T(0);
    auto const all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (int k = 0; k < vec::size; ++k) rest += all[k];
    *finite = rest == T(0);
  }
};

/// Refuse an image with values that are not finite.
///
/// throws   tomoedx::value_error
template <class Values>
void check_image(char const* who, Values const& values, std::size_t index) {
  for (std::size_t i = 0; i < values.size(); ++i)
    expects<value_error>(std::isfinite(values[i]),
                         "{}: value {} of image {} is {}, all values must be finite; clean it first", who, i,
                         index, static_cast<double>(values[i]));
}

/// Refuse stacks that a denoiser cannot take: other extents, nothing in them, gaps, overlap, values not finite.
///
/// throws   tomoedx::shape_error, tomoedx::value_error
template <class Space, class In, class Out>
void check_images(char const* who, Space const& space, In const& in, Out const& out, isa level = best_isa()) {
  using T = typename In::non_const_value_type;
  require_kokkos(who);
  for (std::size_t r = 0; r < In::rank(); ++r) {
    expects<shape_error>(in.extent(r) == out.extent(r),
                         "{}: extent {} is {} in the input and {} in the output; make them equal", who, r,
                         in.extent(r), out.extent(r));
    expects<shape_error>(in.extent(r) > 0, "{}: extent {} of the input is 0, there is nothing to denoise",
                         who, r);
  }
  expects<shape_error>(in.span_is_contiguous() && out.span_is_contiguous(),
                       "{}: the {} has gaps between its rows; copy it first", who,
                       in.span_is_contiguous() ? "output" : "input");
  std::size_t const count = in.size();
  T const *const first = in.data(), *const to = out.data();
  std::less_equal<T const*> const before;
  expects<value_error>(before(first + count, to) || before(to + count, first),
                       "{}: input and output overlap; give the output memory of its own", who);
  constexpr std::size_t piece = 65536;
  std::size_t const pieces = (count + piece - 1) / piece;
  std::size_t bad = 0;
  Kokkos::parallel_reduce(
      "tomoedx::denoise::check", Kokkos::RangePolicy<Space>(space, 0, pieces),
      [=](std::size_t p, std::size_t& wrong) {
        bool finite = true;
        simd::run_at(level, finite_job<T>{first + p * piece, std::min(piece, count - p * piece), &finite});
        wrong += finite ? 0 : 1;
      },
      bad);
  if (bad == 0) return;
  std::size_t const images = In::rank() == 3 ? in.extent(0) : 1, pixels = count / images;
  for (std::size_t i = 0; i < images; ++i) check_image(who, std::span(first + i * pixels, pixels), i);
}

/// Refuse extents that are more than the integers of a kernel hold.
///
/// throws   tomoedx::shape_error
template <class V>
void check_int_extents(char const* who, V const& v) {
  constexpr std::size_t most = std::numeric_limits<int>::max() / 4;
  for (std::size_t r = 0; r < V::rank(); ++r)
    expects<shape_error>(v.extent(r) <= most, "{}: extent {} is {}, the most is {}; cut the stack", who, r,
                         v.extent(r), most);
}

/// Images at least this large are shared by all workers when there are fewer images than workers.
inline constexpr std::size_t shared_pixels = 32768;

/// Whether the last images of a stack are worked on one at a time by all workers.
inline bool share_images(std::size_t images, std::size_t pixels, std::size_t workers) {
  return pixels >= shared_pixels && images < workers;
}

/// Tell an observer that `done` of `all` (0: nobody knows how many) are finished.
///
/// throws   tomoedx::cancelled when it wants to stop before the last one
template <class Observer>
void tell_observer(char const* who, Observer& observer, std::size_t done, std::size_t all,
                   double residual = 0) {
  bool const stop =
      observer(progress{.iteration = done, .iterations = all, .residual = residual}) == decision::stop;
  if (!stop || (all != 0 && done == all)) return;
  if (all == 0) fail<cancelled>("{}: ended by its observer after {} images", who, done);
  fail<cancelled>("{}: ended by its observer after {} of {}", who, done, all);
}

/// Go over the images of a stack: `single(image, worker)` runs on one worker beside others, `shared(image)` is
/// called from here and uses all of them. Both must give the same bits.
///
/// throws   tomoedx::cancelled
template <class Space, class Observer, class Single, class Shared>
void for_each_image(char const* who, Space const& space, std::size_t images, std::size_t pixels,
                    Observer& observer, Single const& single, Shared const& shared) {
  auto const workers = static_cast<std::size_t>(space.concurrency());
  std::size_t const lap = workers * std::max<std::size_t>(1, (1 << 18) / (pixels * workers));
  for (std::size_t first = 0; first < images;) {
    std::size_t const left = images - first;
    std::size_t now = 1;
    if (share_images(left, pixels, workers)) {
      shared(first);
    } else {
      now = std::min(left, left >= workers ? std::min(lap, left / workers * workers) : left);
      Kokkos::parallel_for("tomoedx::denoise::images", Kokkos::RangePolicy<Space>(space, 0, workers),
                           [=](std::size_t worker) {
                             for (std::size_t i = worker; i < now; i += workers) single(first + i, worker);
                           });
      space.fence("tomoedx::denoise");
    }
    for (std::size_t i = 0; i < now; ++i) tell_observer(who, observer, first + i + 1, images);
    first += now;
  }
}

/// Share `rows` out over the workers in bands and wait: `work(first, end, worker)`.
template <class Space, class Work>
void for_each_band(Space const& space, std::size_t rows, Work const& work) {
  auto const workers = static_cast<std::size_t>(space.concurrency());
  Kokkos::parallel_for(
      "tomoedx::denoise::bands", Kokkos::RangePolicy<Space>(space, 0, workers),
      [=](std::size_t worker) { work(rows * worker / workers, rows * (worker + 1) / workers, worker); });
  space.fence("tomoedx::denoise");
}

/// Do something with every row: here, one after the other.
struct rows_in_order {
  template <class Work>
  void operator()(std::size_t rows, Work const& work) const {
    for (std::size_t r = 0; r < rows; ++r) work(r);
  }
};

/// Do something with every row: all workers, and wait.
template <class Space>
struct rows_in_bands {
  Space const& space;

  template <class Work>
  void operator()(std::size_t rows, Work const& work) const {
    for_each_band(space, rows, [=](std::size_t first, std::size_t end, std::size_t) {
      for (std::size_t r = first; r < end; ++r) work(r);
    });
  }
};

}  // namespace tomoedx::detail

#endif
