// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SPECTRA_THIN_HPP
#define TOMOEDX_SPECTRA_THIN_HPP

#include <tomoedx/core/error.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/spectra/detail/binomial.hpp>
#include <tomoedx/spectra/spectrum_image.hpp>

#include <cstddef>
#include <cstdint>

namespace tomoedx {

/// Two images that add up to one.
struct thinned {
  spectrum_image taken, rest;
};

/// Deal out the counts: each goes to `taken` with the given probability. Of Poisson counts come two independent images
/// of Poisson counts, as if measured with these shares of the dose: one to work with, one to judge by.
///
/// requires a seed; a pixel's counts depend on it and on the pixel's number only
/// throws   shape_error, value_error for a probability that is not between 0 and 1
inline thinned thin(spectrum_image const& image, double probability, std::uint64_t seed) {
  validate(image, "thin");
  expects<value_error>(probability > 0 && probability < 1,
                       "thin: counts are taken with probability {}; it lies between 0 and 1", probability);
  spectrum_image const empty{image.rows, image.columns, image.energy, {0}, {}, {}, image.how};
  thinned both{empty, empty};
  auto const put = [](spectrum_image& s, std::uint16_t channel, std::uint32_t count) {
    if (count == 0) return;
    s.channel.push_back(channel);
    s.count.push_back(count);
  };
  for (std::size_t p = 0; p < image.pixels(); ++p) {
    random_stream random(seed, p);
    for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i) {
      std::uint32_t const taken = detail::binomial(random, image.count[i], probability);
      put(both.taken, image.channel[i], taken);
      put(both.rest, image.channel[i], image.count[i] - taken);
    }
    for (auto* s : {&both.taken, &both.rest}) s->begin.push_back(s->events());
  }
  return both;
}

}  // namespace tomoedx

#endif
