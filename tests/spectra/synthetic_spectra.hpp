// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_SPECTRA_SYNTHETIC_SPECTRA_HPP
#define TOMOEDX_TESTS_SPECTRA_SYNTHETIC_SPECTRA_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/spectra/poisson_regression.hpp>
#include <tomoedx/spectra/spectral_model.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Spectra whose truth is known.
namespace synthetic {

using namespace tomoedx;

/// The model with its backgrounds joined into one.
inline spectral_model with_one_background(spectral_model m) {
  Eigen::MatrixXd one = m.background.rowwise().sum();
  m.background = one / one.sum();
  return m;
}

/// Amplitudes of a model by name, the last of them its background; 0 where none is given.
inline std::vector<double> amplitudes(spectral_model const& m, std::map<std::string, double> const& of,
                                      double background) {
  std::vector<double> a(m.size());
  for (std::size_t j = 0; j < m.components.size(); ++j)
    if (auto const found = of.find(m.components[j].name); found != of.end()) a[j] = found->second;
  a.back() = background;
  return a;
}

/// What a model expects in all channels of its axis.
inline std::vector<double> expected(spectral_model const& m, std::vector<double> const& a) {
  auto const rows = rows_of(spectra_of(m));
  std::vector<double> mu(m.axis.channels);
  for (std::size_t c = 0; c < rows.channels; ++c) mu[c + m.range.begin] = rows.expected(c, a);
  return mu;
}

inline std::vector<double> counts(std::vector<double> const& mu, std::uint64_t seed) {
  return simulate::poisson_counts(mu, seed);
}

/// An image whose pixel p has the expected spectrum `mu_of(p)`, one of a few, exactly Poisson: as many events as a
/// Poisson number says, each in a channel drawn from the spectrum.
template <class MuOf>
spectrum_image image(std::size_t rows, std::size_t columns, energy_axis const& axis, MuOf const& mu_of,
                     std::uint64_t seed) {
  spectrum_image s{rows, columns, axis, {0}, {}, {}, {}};
  std::map<std::vector<double> const*, std::vector<double>> sums;
  std::vector<std::uint16_t> events;
  for (std::size_t p = 0; p < s.pixels(); ++p) {
    std::vector<double> const& mu = mu_of(p);
    auto& sum = sums[&mu];
    if (sum.empty()) {
      double total = 0;
      for (double const x : mu) sum.push_back(total += x);
    }
    random_stream stream(seed, p);
    events.resize(simulate::poisson(stream, sum.back()));
    for (auto& e : events)
      e = static_cast<std::uint16_t>(std::ranges::upper_bound(sum, stream.uniform() * sum.back()) -
                                     sum.begin());
    std::ranges::sort(events);
    for (std::size_t i = 0; i < events.size(); ++i)
      if (i > 0 && events[i] == events[i - 1]) {
        ++s.count.back();
      } else {
        s.channel.push_back(events[i]);
        s.count.push_back(1);
      }
    s.begin.push_back(s.channel.size());
  }
  return s;
}

}  // namespace synthetic

#endif
