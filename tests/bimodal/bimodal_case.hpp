// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_BIMODAL_BIMODAL_CASE_HPP
#define TOMOEDX_TESTS_BIMODAL_BIMODAL_CASE_HPP

#include <tomoedx/bimodal/calibrated_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>

#include "../projectors/cases.hpp"

#include <vector>

// A small bimodal specimen and its series, as the tests of the joint problem share it.
namespace bimodal {

using space = Kokkos::DefaultExecutionSpace;
using projector = tomoedx::tilt_projector<space, float, tomoedx::strip>;
using both = tomoedx::calibrated_operator<projector>;

struct specimen {
  std::size_t size, slices;
  tomoedx::simulate::phantom phantom;
  tomoedx::parallel_beam beam;
  projector op;
  tomoedx::calibration factors;
  both::range_view maps;  ///< (element, flat): expected counts, or drawn
  projector::range_view haadf;
  both::domain_view truth;

  /// Zhong's phantom with the counts a pixel of the paper's 512 pixels, times `dose`. `gamma` for HAADF.
  explicit specimen(std::size_t n, double dose = 1, std::size_t y = 2, tomoedx::calibration change = {})
      : size(n),
        slices(y),
        phantom(tomoedx::simulate::square_in_cube({.size = n, .slices = y})),
        beam{.tilts_deg = cases::every(-75, 75, 10), .width = n, .depth = n, .detector = n},
        op(space(), beam, y),
        factors(std::move(change)) {
    for (auto const& e : phantom.elements) {
      factors.sensitivity.push_back(e.eds_response * dose * 512 / static_cast<double>(n));
      factors.haadf.push_back(e.haadf_response);
    }
    both const all(op, op, factors);
    truth = tomoedx::make_domain(all);
    for (std::size_t e = 0; e < 2; ++e)
      tomoedx::pack(space(),
                    tomoedx::upload(space(), tomoedx::borrow(phantom.elements[e].values.data(), n, y, n)),
                    all.element(truth, e));
    haadf = tomoedx::make_range(op);
    maps = both::range_view("maps", 2, haadf.size());
    auto const series = tomoedx::make_range(all);
    all.linearise(truth, haadf);
    all.forward(truth, series);
    for (std::size_t e = 0; e < 2; ++e) Kokkos::deep_copy(channel(e), all.edx_channel(series, e));
    auto const from = all.haadf_channel(series);
    for (std::size_t i = 0; i < haadf.size(); ++i) haadf.data()[i] += from.data()[i];
  }

  projector::range_view channel(std::size_t e) const {
    return projector::range_view(maps.data() + e * maps.extent(1), op.range_layout());
  }
  void draw_counts(std::uint64_t seed) const {
    space().fence();
    for (std::size_t i = 0; i < maps.size(); ++i) {
      tomoedx::random_stream stream(seed, i);
      maps.data()[i] = static_cast<float>(tomoedx::simulate::poisson(stream, maps.data()[i]));
    }
  }
  /// Mean squared error of element e against the truth, over what is no padding.
  double mse(both::domain_view const& x, std::size_t e) const {
    double sum = 0;
    for (std::size_t i = 0; i < x.extent(1); ++i) {
      double const d = static_cast<double>(x(e, i)) - static_cast<double>(truth(e, i));
      sum += d * d;
    }
    return sum / static_cast<double>(size * size * slices);
  }
  /// Mean error of the weight fraction of element 0 where there is any truth.
  double fraction_error(both::domain_view const& x) const {
    double sum = 0;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < x.extent(1); ++i) {
      if (truth(0, i) + truth(1, i) < 0.5f) continue;
      double const both_of = static_cast<double>(x(0, i) + x(1, i));
      double const w = both_of > 0 ? static_cast<double>(x(0, i)) / both_of : 0.5;
      sum += std::abs(w - static_cast<double>(truth(0, i) / (truth(0, i) + truth(1, i))));
      ++inside;
    }
    return sum / static_cast<double>(inside);
  }
};

}  // namespace bimodal

#endif
