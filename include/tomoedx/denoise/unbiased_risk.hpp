// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_UNBIASED_RISK_HPP
#define TOMOEDX_DENOISE_UNBIASED_RISK_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/detail/risk.hpp>

#include <algorithm>
#include <cstdint>

namespace tomoedx {

/// The noise of a pixel of mean m: independent of the others, of variance gain * m + sigma^2.
struct noise_variance {
  double gain = 1;   ///< 1 for counts, 0 without Poisson noise
  double sigma = 0;  ///< standard deviation of the Gaussian part
};

/// How the divergence of the denoiser is probed.
struct probe_options {
  /// Size of the probe in standard deviations of the noise, up to 1; counts stay from 0 up.
  double step = 0.1;
  /// Each costs a run of the denoiser; 0 for 1 to 8, as many as probe 32768 pixels in all.
  int probes = 0;
  std::uint64_t seed = 1;
};

/// An unbiased estimate of a denoiser's mean squared error that needs no truth (PURE for counts, SURE for Gaussian
/// noise): |f(y) - y|^2 - noise + 2 sum_i (gain y_i + sigma^2) df_i/dy_i, over the number of pixels. The last sum comes
/// from how f answers a random +-1 probe, the same in every call, so that two denoisers can be compared.
///
/// It is exact on average for Gaussian noise, and for Poisson noise where f(y) - f(y - e_i) is the derivative: always
/// for linear denoisers, closely for smooth ones. It can be negative where the error is small.
///
///     unbiased_risk risk(counts, {.gain = 1});
///     double mse = risk(denoiser);
///
/// shapes   noisy (n, y, x), on the host; must live as long as this
/// source   Luisier, Blu and Unser, IEEE Trans. Image Process. 20 (2011) 696; Le Montagner, Angelini and Olivo-Marin,
///          ibid. 23 (2014) 1255, equation 10 without its term of second order; Ramani, Blu and Unser, ibid. 17
///          (2008) 1540
template <real T>
class unbiased_risk {
 public:
  using value_type = T;

  /// throws   shape_error for no values or gaps; value_error for a value that is not finite, a negative count, or a
  ///          noise or option out of range
  unbiased_risk(detail::host_stack<T const> const& noisy, noise_variance const& noise,
                probe_options const& options = {})
      : noisy_(noisy),
        noise_(noise),
        options_(options),
        out_(detail::same_stack<T>(noisy)),
        probed_(detail::same_stack<T>(noisy)),
        answer_(detail::same_stack<T>(noisy)) {
    expects<value_error>(
        noise.gain >= 0 && noise.sigma >= 0 && noise.gain + noise.sigma > 0 &&
            std::isfinite(noise.gain + noise.sigma * noise.sigma),
        "unbiased_risk: gain is {} and sigma {}; neither may be negative, one must be positive", noise.gain,
        noise.sigma);
    expects<value_error>(options.step > 0 && options.step <= 1,
                         "unbiased_risk: step is {}; give a part of the noise, above 0 and up to 1",
                         options.step);
    expects<value_error>(options.probes >= 0 && options.probes <= 1000,
                         "unbiased_risk: probes is {}; ask for 1 to 1000, or 0 to leave it", options.probes);
    detail::check_risk_input("unbiased_risk", "noisy stack", noisy);
    if (options.probes == 0)
      options_.probes = static_cast<int>(std::clamp<std::size_t>(32768 / noisy.size(), 1, 8));
    for (std::size_t i = 0; i < noisy.size(); ++i) {
      expects<value_error>(
          noise.sigma > 0 || noise.gain == 0 || noisy.data()[i] >= 0,
          "unbiased_risk: count {} is {}; Poisson noise has none below 0, or sigma is missing", i,
          static_cast<double>(noisy.data()[i]));
      total_variance_ += variance(noisy.data()[i]);
    }
  }

  template <denoiser D>
  requires detail::host_denoiser<D, T>
  double operator()(D& denoise) {
    detail::run_denoiser(denoise, noisy_, out_);
    double divergence = 0;
    for (int k = 0; k < options_.probes; ++k) divergence += probe(denoise, k) / options_.probes;
    return (detail::squared_distance(out_, noisy_) - total_variance_ + 2 * divergence) /
           static_cast<double>(noisy_.size());
  }

 private:
  /// Far from the seeds that simulate noise: a probe that repeats the noise would be worthless.
  static constexpr std::uint64_t first_stream = 0x70726F6265000000;

  double variance(T y) const { return noise_.gain * static_cast<double>(y) + noise_.sigma * noise_.sigma; }

  /// sum_i variance_i df_i/dy_i from one probe of size step * sqrt(variance) and random sign; counts move by no
  /// more than they are, to either side.
  template <class D>
  double probe(D& denoise, int which) {
    for (std::size_t i = 0; i < noisy_.size(); ++i) {
      T const y = noisy_.data()[i];
      bool const up =
          random_stream(first_stream + options_.seed + static_cast<std::uint64_t>(which), i).bits() >> 63;
      double size = options_.step * std::sqrt(std::abs(variance(y)));
      if (noise_.sigma == 0 && noise_.gain > 0) size = std::min(size, static_cast<double>(y));
      probed_.data()[i] = static_cast<T>(static_cast<double>(y) + (up ? size : -size));
    }
    detail::run_denoiser(denoise, host_const(probed_), answer_);
    double sum = 0;
    for (std::size_t i = 0; i < noisy_.size(); ++i) {
      T const y = noisy_.data()[i];
      double const moved = static_cast<double>(probed_.data()[i]) - static_cast<double>(y);
      double const answered = static_cast<double>(answer_.data()[i]) - static_cast<double>(out_.data()[i]);
      if (moved != 0) sum += variance(y) * answered / moved;
    }
    return sum;
  }
  static detail::host_stack<T const> host_const(detail::host_stack<T> const& v) { return v; }

  detail::host_stack<T const> noisy_;
  noise_variance noise_;
  probe_options options_;
  detail::host_stack<T> out_, probed_, answer_;
  double total_variance_ = 0;
};

template <class V>
unbiased_risk(V const&, noise_variance const&, probe_options const& = {})
    -> unbiased_risk<typename V::non_const_value_type>;

/// The unbiased risk for counts.
template <class V>
auto poisson_risk(V const& counts, probe_options const& options = {}) {
  return unbiased_risk<typename V::non_const_value_type>(counts, {.gain = 1, .sigma = 0}, options);
}

/// The unbiased risk for Gaussian noise of a known standard deviation.
template <class V>
auto gaussian_risk(V const& noisy, double sigma, probe_options const& options = {}) {
  return unbiased_risk<typename V::non_const_value_type>(noisy, {.gain = 0, .sigma = sigma}, options);
}

}  // namespace tomoedx

#endif
