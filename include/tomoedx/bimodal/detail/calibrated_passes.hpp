// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_DETAIL_CALIBRATED_PASSES_HPP
#define TOMOEDX_BIMODAL_DETAIL_CALIBRATED_PASSES_HPP
// IWYU pragma: private, include "tomoedx/bimodal/calibrated_operator.hpp"

#include <tomoedx/core/array.hpp>

/// Passes over the flat channels of a calibrated operator. On the host a thread takes a run that stays in the cache.
namespace tomoedx::detail {

/// How the values of a channel lie by tilt: tilt(i) = i / line % tilts.
struct tilt_lines {
  std::size_t tilts = 1, line = 1024;
};

/// The values of a channel in runs, none of which leaves its line.
template <class Space>
struct runs_of_lines {
  std::size_t count, line, length, per_line;

  runs_of_lines(std::size_t values, std::size_t in_line)
      : count(values),
        line(std::min(in_line, values)),
        length(runs_on_host<Space> ? std::min<std::size_t>(line, 1024) : 1),
        per_line((line + length - 1) / length) {}
  std::size_t runs() const { return (count + line - 1) / line * per_line; }
  KOKKOS_FUNCTION std::size_t line_of(std::size_t run) const { return run / per_line; }
  KOKKOS_FUNCTION std::size_t first(std::size_t run) const {
    return run / per_line * line + run % per_line * length;
  }
  KOKKOS_FUNCTION std::size_t end(std::size_t run) const {
    std::size_t const line_end = Kokkos::min(count, (run / per_line + 1) * line);
    return Kokkos::min(line_end, first(run) + length);
  }
};

template <class Space>
using run_policy = Kokkos::RangePolicy<Space, Kokkos::IndexType<std::size_t>>;

/// to(r, i) = sum over c of m(tilt(i), r, c) from(c, i) for the first `count` values of every channel.
template <class Space, class Matrices, class From, class To>
void mix_by_tilt(Space const& space, char const* label, Matrices const& m, tilt_lines const& lines,
                 std::size_t count, From const& from, To const& to) {
  using T = typename To::non_const_value_type;
  runs_of_lines<Space> const cut(count, lines.line);
  std::size_t const rows = m.extent(1), columns = m.extent(2), tilts = lines.tilts;
  Kokkos::parallel_for(
      label, run_policy<Space>(space, 0, cut.runs()), KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const first = cut.first(n), end = cut.end(n), tilt = cut.line_of(n) % tilts;
        for (std::size_t r = 0; r < rows; ++r) {
          T* const out = &to(r, 0);
          for (std::size_t i = first; i < end; ++i) out[i] = T(0);
          for (std::size_t c = 0; c < columns; ++c) {
            T const f = m(tilt, r, c);
            if (f == T(0)) continue;
            T const* const in = &from(c, 0);
            for (std::size_t i = first; i < end; ++i) out[i] += f * in[i];
          }
        }
      });
}

/// to(i) = m(tilt(i)) from(i); the two may be one.
template <class Space, class Factors, class T>
void scale_by_tilt(Space const& space, char const* label, Factors const& m, tilt_lines const& lines,
                   std::size_t count, T const* from, T* to) {
  runs_of_lines<Space> const cut(count, lines.line);
  std::size_t const tilts = lines.tilts;
  Kokkos::parallel_for(
      label, run_policy<Space>(space, 0, cut.runs()), KOKKOS_LAMBDA(std::size_t n) {
        T const f = m(cut.line_of(n) % tilts);
        std::size_t const end = cut.end(n);
        for (std::size_t i = cut.first(n); i < end; ++i) to[i] = f * from[i];
      });
}

/// to(i) <- to(i) - offset(tilt(i)); with one offset, that.
template <class Space, class Factors, class T>
void subtract_by_tilt(Space const& space, Factors const& offset, tilt_lines const& lines, std::size_t count,
                      T* to) {
  runs_of_lines<Space> const cut(count, lines.line);
  std::size_t const tilts = offset.extent(0);
  Kokkos::parallel_for(
      "tomoedx::joint::offset", run_policy<Space>(space, 0, cut.runs()), KOKKOS_LAMBDA(std::size_t n) {
        T const f = offset(cut.line_of(n) % tilts);
        std::size_t const end = cut.end(n);
        for (std::size_t i = cut.first(n); i < end; ++i) to[i] -= f;
      });
}

/// mixture(i) = sum over e of z(e) slope(e, i) x(e, i); an empty `slope` counts as 1.
template <class Space, class Factors, class Channels, class T>
void mix_elements(Space const& space, Factors const& z, Channels const& slope, Channels const& x,
                  T* mixture) {
  runs_of_lines<Space> const cut(x.extent(1), 1024);
  std::size_t const elements = x.extent(0);
  bool const sloped = slope.data() != nullptr;
  Kokkos::parallel_for(
      "tomoedx::calibrated_operator::mixture", run_policy<Space>(space, 0, cut.runs()),
      KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const first = cut.first(n), end = cut.end(n);
        for (std::size_t i = first; i < end; ++i) mixture[i] = T(0);
        for (std::size_t e = 0; e < elements; ++e) {
          T const f = z(e);
          T const* const in = &x(e, 0);
          if (sloped) {
            T const* const by = &slope(e, 0);
            for (std::size_t i = first; i < end; ++i) mixture[i] += f * by[i] * in[i];
          } else {
            for (std::size_t i = first; i < end; ++i) mixture[i] += f * in[i];
          }
        }
      });
}

/// x(e, i) <- x(e, i) + z(e) slope(e, i) mixture(i): the transpose.
template <class Space, class Factors, class Channels, class T>
void add_to_elements(Space const& space, Factors const& z, Channels const& slope, T const* mixture,
                     Channels const& x) {
  runs_of_lines<Space> const cut(x.extent(1), 1024);
  std::size_t const elements = x.extent(0);
  bool const sloped = slope.data() != nullptr;
  Kokkos::parallel_for(
      "tomoedx::calibrated_operator::add", run_policy<Space>(space, 0, cut.runs()),
      KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const first = cut.first(n), end = cut.end(n);
        for (std::size_t e = 0; e < elements; ++e) {
          T const f = z(e);
          T* const out = &x(e, 0);
          if (sloped) {
            T const* const by = &slope(e, 0);
            for (std::size_t i = first; i < end; ++i) out[i] += f * by[i] * mixture[i];
          } else {
            for (std::size_t i = first; i < end; ++i) out[i] += f * mixture[i];
          }
        }
      });
}

/// The tangent of sum over e of (z(e) x(e, i))^gamma: z(e) slope(e, i) in x(e, i), and what is left at x = 0.
template <class Space, class Factors, class Channels, class T>
void find_tangent(Space const& space, Factors const& z, T gamma, Channels const& x, Channels const& slope,
                  T* rest) {
  runs_of_lines<Space> const cut(x.extent(1), 1024);
  std::size_t const elements = x.extent(0);
  Kokkos::parallel_for(
      "tomoedx::calibrated_operator::tangent", run_policy<Space>(space, 0, cut.runs()),
      KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const end = cut.end(n);
        for (std::size_t i = cut.first(n); i < end; ++i) {
          T sum = T(0);
          for (std::size_t e = 0; e < elements; ++e) {
            T const v = z(e) * x(e, i), power = v > T(0) ? Kokkos::pow(v, gamma - T(1)) : T(0);
            slope(e, i) = gamma * power;
            sum += (T(1) - gamma) * power * v;
          }
          rest[i] = sum;
        }
      });
}

/// What every row of `lanes` values shares, once.
template <class Space, class T, class Values>
void condense(Space const& space, T const* from, std::size_t lanes, Values const& to) {
  Kokkos::parallel_for(
      "tomoedx::calibrated_operator::condense", run_policy<Space>(space, 0, to.extent(0)),
      KOKKOS_LAMBDA(std::size_t r) { to(r) = from[r * lanes]; });
}

/// x(e, i) <- factor(e) x(e, i).
template <class Space, class Factors, class Channels>
void scale_elements(Space const& space, Factors const& factor, Channels const& x) {
  runs_of_lines<Space> const cut(x.extent(1), 1024);
  std::size_t const elements = x.extent(0);
  Kokkos::parallel_for(
      "tomoedx::bimodal::scale", run_policy<Space>(space, 0, cut.runs()), KOKKOS_LAMBDA(std::size_t n) {
        std::size_t const end = cut.end(n);
        for (std::size_t e = 0; e < elements; ++e)
          for (std::size_t i = cut.first(n); i < end; ++i) x(e, i) *= factor(e);
      });
}

}  // namespace tomoedx::detail

#endif
