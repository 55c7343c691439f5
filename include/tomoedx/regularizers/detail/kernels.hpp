// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REGULARIZERS_DETAIL_KERNELS_HPP
#define TOMOEDX_REGULARIZERS_DETAIL_KERNELS_HPP
// IWYU pragma: private, include "tomoedx/regularizers/total_variation.hpp"

#include <tomoedx/regularizers/detail/norms.hpp>
#include <tomoedx/regularizers/detail/run.hpp>

/// One pass over memory each: what is done to a run of the host's vectors, and to a voxel of a device.
namespace tomoedx::detail {

/// What all kernels of a regulariser know. K x is factors[c * D + d] times the difference of channel c along d.
template <class T>
struct variation_shape {
  grid at;
  std::size_t joint = 1;   ///< channels under one norm, all or 1
  std::size_t stride = 0;  ///< from one direction of the dual to the next
  T const* factors = nullptr;

  KOKKOS_FUNCTION std::size_t runs() const { return at.channels / joint * at.blocks() * at.lines; }
  /// The run n of the first channel of its group.
  KOKKOS_FUNCTION value_run run(std::size_t n, std::size_t& channel) const {
    std::size_t const line = n % at.lines, b = n / at.lines;
    channel = b / at.blocks() * joint;
    return run_of(at, b % at.blocks(), line);
  }
};

/// p <- projection of p + sigma K x. `Channels` are those under one norm, 0 when only the shape knows.
template <class Norm, int D, int Channels, class T>
struct dual_step_kernel {
  static constexpr int most = Channels > 0 ? Channels : most_joint_channels;
  variation_shape<T> shape;
  T const* x;
  T* p;
  T sigma, lambda;

  KOKKOS_FORCEINLINE_FUNCTION int channels() const {
    return Channels > 0 ? Channels : static_cast<int>(shape.joint);
  }
  KOKKOS_FORCEINLINE_FUNCTION std::size_t dual(std::size_t channel, int direction, value_run const& r) const {
    return static_cast<std::size_t>(direction) * shape.stride + channel * shape.at.channel_stride + r.first;
  }

  template <int Bytes>
  [[gnu::always_inline]] void whole_run(std::size_t n) const {
    std::size_t first;
    vector_run<T, Bytes> r(shape.run(n, first));
    for (; r.inside(); r.advance()) {
      typename vector_run<T, Bytes>::vec v[most * D];
      for (int c = 0; c < channels(); ++c) {
        std::size_t const channel = first + static_cast<std::size_t>(c);
        r.template differences<D>(x + channel * shape.at.channel_stride + r.run.first, v + c * D);
        TOMOEDX_UNROLL
        for (int d = 0; d < D; ++d) {
          typename vector_run<T, Bytes>::vec before;
          r.load(p + dual(channel, d, r.run), before);
          v[c * D + d] = before + (sigma * shape.factors[channel * D + d]) * v[c * D + d];
        }
      }
      Norm::template project<D, T>(v, channels(), lambda);
      for (int c = 0; c < channels(); ++c)
        for (int d = 0; d < D; ++d)
          r.store(v[c * D + d], p + dual(first + static_cast<std::size_t>(c), d, r.run));
    }
  }

  KOKKOS_FUNCTION void voxel(std::size_t n, std::size_t k) const {
    std::size_t first;
    value_run const r = shape.run(n, first);
    T v[most * D];
    for (int i = 0; i < channels() * D; ++i) {
      std::size_t const channel = first + static_cast<std::size_t>(i / D);
      T const step = r.difference(x + channel * shape.at.channel_stride + r.first, k, i % D);
      v[i] = p[dual(channel, i % D, r) + k] + sigma * shape.factors[channel * D + i % D] * step;
    }
    Norm::template project<D, T>(v, channels(), lambda);
    for (int i = 0; i < channels() * D; ++i)
      p[dual(first + static_cast<std::size_t>(i / D), i % D, r) + k] = v[i];
  }
};

/// The norm of K x, summed.
template <class Norm, int D, int Channels, class T>
struct value_kernel {
  static constexpr int most = Channels > 0 ? Channels : most_joint_channels;
  variation_shape<T> shape;
  T const* x;

  KOKKOS_FORCEINLINE_FUNCTION int channels() const {
    return Channels > 0 ? Channels : static_cast<int>(shape.joint);
  }

  template <int Bytes>
  [[gnu::always_inline]] double whole_run(std::size_t n) const {
    using vec = typename vector_run<T, Bytes>::vec;
    std::size_t first;
    vector_run<T, Bytes> r(shape.run(n, first));
    double total = 0;
    vec sum{};
    for (int pending = 0; r.inside(); r.advance()) {
      vec v[most * D], length;
      for (int c = 0; c < channels(); ++c) {
        std::size_t const channel = first + static_cast<std::size_t>(c);
        r.template differences<D>(x + channel * shape.at.channel_stride + r.run.first, v + c * D);
        for (int d = 0; d < D; ++d) v[c * D + d] *= shape.factors[channel * D + d];
      }
      Norm::template length<D, T>(v, channels(), length);
      sum += length;
      if (++pending == 32 || r.k + r.width >= r.run.size) {  // few enough to lose nothing in float
        for (std::size_t j = 0; j < r.width; ++j) total += static_cast<double>(sum[j]);
        sum = vec{};
        pending = 0;
      }
    }
    return total;
  }

  KOKKOS_FUNCTION double voxel(std::size_t n, std::size_t k) const {
    std::size_t first;
    value_run const r = shape.run(n, first);
    T v[most * D], length;
    for (int i = 0; i < channels() * D; ++i) {
      std::size_t const channel = first + static_cast<std::size_t>(i / D);
      v[i] = shape.factors[channel * D + i % D] *
             r.difference(x + channel * shape.at.channel_stride + r.first, k, i % D);
    }
    Norm::template length<D, T>(v, channels(), length);
    return static_cast<double>(length);
  }
};

/// g <- g + K' p, or g <- K' p. Each channel for itself: `shape.joint` is 1.
template <int D, bool Add, class T>
struct transposed_kernel {
  variation_shape<T> shape;
  T const* p;
  T* g;

  template <int Bytes>
  [[gnu::always_inline]] void whole_run(std::size_t n) const {
    using vec = typename vector_run<T, Bytes>::vec;
    std::size_t channel;
    vector_run<T, Bytes> r(shape.run(n, channel));
    std::size_t const first = channel * shape.at.channel_stride + r.run.first;
    for (; r.inside(); r.advance()) {
      vec sum{};
      if constexpr (Add) r.load(g + first, sum);
      vec part;
      r.template transposed<0>(p + first, part);
      sum += shape.factors[channel * D] * part;
      r.template transposed<1>(p + shape.stride + first, part);
      sum += shape.factors[channel * D + 1] * part;
      if constexpr (D == 3) {
        r.template transposed<2>(p + 2 * shape.stride + first, part);
        sum += shape.factors[channel * D + 2] * part;
      }
      r.store(sum, g + first);
    }
  }

  KOKKOS_FUNCTION void voxel(std::size_t n, std::size_t k) const {
    std::size_t channel;
    value_run const r = shape.run(n, channel);
    std::size_t const first = channel * shape.at.channel_stride + r.first;
    T sum = Add ? g[first + k] : T(0);
    for (int d = 0; d < D; ++d)
      sum += shape.factors[channel * D + d] *
             r.transposed(p + static_cast<std::size_t>(d) * shape.stride + first, k, d);
    g[first + k] = sum;
  }
};

/// A kernel on one run of the host.
template <class Kernel>
struct run_job {
  Kernel const& kernel;
  std::size_t n;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    kernel.template whole_run<Bytes>(n);
  }
};
template <class Kernel>
struct sum_job {
  Kernel const& kernel;
  std::size_t n;
  double* sum;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    *sum = kernel.template whole_run<Bytes>(n);
  }
};

/// Functors of Kokkos that do a kernel's work: run by run, or voxel by voxel.
template <class Kernel>
struct host_runs {
  Kernel kernel;
  isa level;
  void operator()(std::size_t n) const { simd::run_at(level, run_job<Kernel>{kernel, n}); }
};
template <class Kernel>
struct host_sums {
  Kernel kernel;
  isa level;
  double* sums;
  void operator()(std::size_t n) const { simd::run_at(level, sum_job<Kernel>{kernel, n, sums + n}); }
};
struct host_total {
  double const* sums;
  std::size_t count;
  double factor;
  double* total;
  KOKKOS_FUNCTION void operator()(int) const {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += sums[i];
    *total = factor * sum;
  }
};
template <class Kernel>
struct device_voxels {
  Kernel kernel;
  std::size_t run;
  KOKKOS_FUNCTION void operator()(std::size_t i) const { kernel.voxel(i / run, i % run); }
};
template <class Kernel>
struct device_sum {
  Kernel kernel;
  std::size_t run;
  double factor;
  KOKKOS_FUNCTION void operator()(std::size_t i, double& sum) const {
    sum += factor * kernel.voxel(i / run, i % run);
  }
};

/// Run a kernel over the whole grid.
template <class Space, class Kernel>
void for_each_run(Space const& space, char const* label, isa level, Kernel const& kernel) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  std::size_t const runs = kernel.shape.runs(), size = kernel.shape.at.columns * kernel.shape.at.lanes;
  if constexpr (runs_on_host<Space>)
    Kokkos::parallel_for(label, policy(space, 0, runs), host_runs<Kernel>{kernel, level});
  else
    Kokkos::parallel_for(label, policy(space, 0, runs * size), device_voxels<Kernel>{kernel, size});
}

/// total = factor times the kernel's sum. On the host `partial` takes the sums of the runs, so that the number of threads
/// does not matter.
template <class Space, class Kernel>
void sum_each_run(Space const& space, char const* label, isa level, Kernel const& kernel, double factor,
                  double* partial, number_on<Space> const& total) {
  using policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;
  std::size_t const runs = kernel.shape.runs(), size = kernel.shape.at.columns * kernel.shape.at.lanes;
  if constexpr (runs_on_host<Space>) {
    Kokkos::parallel_for(label, policy(space, 0, runs), host_sums<Kernel>{kernel, level, partial});
    Kokkos::parallel_for("tomoedx::regularizers::total", Kokkos::RangePolicy<Space>(space, 0, 1),
                         host_total{partial, runs, factor, total.data()});
  } else {
    Kokkos::parallel_reduce(label, policy(space, 0, runs * size), device_sum<Kernel>{kernel, size, factor},
                            total);
  }
}

}  // namespace tomoedx::detail

#endif
