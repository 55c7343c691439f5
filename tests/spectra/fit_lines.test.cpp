// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/spectra/fit_lines.hpp>

#include "synthetic_spectra.hpp"

#include <doctest/doctest.h>

using namespace tomoedx;

namespace {

energy_axis const axis{0, 0.01, 900};

/// A silicate on the left of column `columns / 2`, galena and iron sulfide on the right; copper everywhere.
struct phantom {
  spectral_model model = synthetic::with_one_background(
      make_model(axis, {"O", "Si", "S_Ka", "Pb_Ma", "Fe"}, {.from_kev = 0.4, .artefacts = {"Cu"}}));
  component_spectra rows = rows_of(spectra_of(model));
  std::vector<double> left =
      synthetic::amplitudes(model, {{"O_Ka", 40}, {"Si_Ka", 25}, {"Fe_Ka", 5}, {"Cu_Ka", 4}}, 20);
  std::vector<double> right = synthetic::amplitudes(
      model, {{"S_Ka", 30}, {"Pb_Ma", 15}, {"Fe_Ka", 20}, {"Fe_La", 5}, {"Cu_Ka", 4}}, 20);

  phantom() {
    for (auto* a : {&left, &right}) {
      double total = 0;
      for (std::size_t j = 0; j < a->size(); ++j) total += (*a)[j] * rows.total[j];
      for (double& x : *a) x /= total;
    }
  }

  /// Amplitudes of a pixel of so many counts.
  std::vector<double> truth(bool on_right, double counts) const {
    auto a = on_right ? right : left;
    for (double& x : a) x *= counts;
    return a;
  }
  spectrum_image image(std::size_t edge, double counts, std::uint64_t seed) const {
    auto const l = synthetic::expected(model, truth(false, counts)),
               r = synthetic::expected(model, truth(true, counts));
    return synthetic::image(
        edge, edge, axis,
        [&](std::size_t p) -> std::vector<double> const& { return p % edge < edge / 2 ? l : r; }, seed);
  }
};

struct moments {
  double mean = 0, variance = 0, of_mean = 0;  // deviation of the mean
};

template <class ValueAt>
moments over_half(std::size_t edge, bool on_right, ValueAt const& value_at) {
  double sum = 0, squares = 0, n = 0;
  for (std::size_t p = 0; p < edge * edge; ++p) {
    if ((p % edge >= edge / 2) != on_right) continue;
    double const x = value_at(p);
    sum += x;
    squares += x * x;
    n += 1;
  }
  double const variance = squares / n - sum / n * (sum / n);
  return {sum / n, variance, std::sqrt(variance / n)};
}

}  // namespace

TEST_CASE("maps have no bias and the variance of the Cramer-Rao bound at 10, 100 and 1000 counts a pixel") {
  phantom const f;
  for (double const counts : {10.0, 100.0, 1000.0}) {
    std::size_t const edge = counts < 500 ? 128 : 64;
    auto const image = f.image(edge, counts, 7);
    for (auto const how : {line_estimator::local, line_estimator::linear}) {
      auto const maps = fit_lines(f.model, image, {.estimator = how, .everything = true});
      REQUIRE(maps.maps() == f.model.size());
      double pulls = 0, tests = 0;
      for (bool const on_right : {false, true}) {
        auto const truth = f.truth(on_right, counts);
        linear_estimator best(f.rows);  // whose weights know the truth
        REQUIRE(best.expect(truth, 1e-9));
        std::vector<double> const bound(best.covariance().begin(), best.covariance().end());
        std::vector<std::vector<double>> with_truth(edge * edge, std::vector<double>(f.model.size()));
        detail::pixel_events events(f.model.range, detail::most_events(image));
        for (std::size_t p = 0; p < edge * edge; ++p) {
          events.take(image, p);
          best.estimate(events.channels(), events.counts(), with_truth[p]);
        }
        for (std::size_t j = 0; j < truth.size(); ++j) {
          auto const m =
              over_half(edge, on_right, [&](std::size_t p) { return double(maps.counts_of(j)[p]); });
          auto const known = over_half(edge, on_right, [&](std::size_t p) { return with_truth[p][j]; });
          double const pull = (m.mean - truth[j]) / m.of_mean;
          INFO(maps.names[j] << " at " << counts << " counts, right " << on_right << ", truth " << truth[j]);
          CHECK(std::abs(pull) < 3.5);
          pulls += pull * pull;
          tests += 1;
          if (how == line_estimator::linear) continue;
          CHECK(m.variance <
                (counts < 50 ? 1.2 : 1.1) * known.variance);  // the border between the halves included
          double const crb = bound[j * truth.size() + j];
          if (truth[j] > 0.5) CHECK(m.variance == doctest::Approx(crb).epsilon(0.1));
          // what is told, away from the border between the halves
          double told = 0, pixels = 0;
          for (std::size_t p = 0; p < edge * edge; ++p)
            if (on_right ? p % edge > 3 * edge / 4 : p % edge < edge / 4) {
              told += std::pow(maps.sigma_of(j)[p], 2);
              pixels += 1;
            }
          if (truth[j] > 0.5) CHECK(told / pixels == doctest::Approx(crb).epsilon(0.1));
        }
      }
      CHECK(pulls / tests < 2);  // 16 pulls of variance 1
    }
  }
}

TEST_CASE("linear maps of summed pixels are sums of maps") {
  phantom const f;
  auto const image = f.image(16, 60, 3);
  auto const maps = fit_lines(f.model, image, {.estimator = line_estimator::linear});
  CHECK(maps.names == std::vector<std::string>{"O_Ka", "Si_Ka", "S_Ka", "Pb_Ma", "Fe_Ka"});
  CHECK((maps.rows == 16 && maps.columns == 16));
  std::vector<double> dense(axis.channels);
  for (std::size_t p = 0; p < 256; ++p)
    for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i)
      dense[image.channel[i]] += image.count[i];
  std::vector<std::uint32_t> counted(dense.begin(), dense.end());
  auto const one =
      fit_lines(f.model, sparse<std::uint32_t>(counted, 1, 1, axis), {.estimator = line_estimator::linear});
  for (std::size_t j = 0; j < maps.maps(); ++j) {
    double sum = 0;
    for (float const x : maps.counts_of(j)) sum += x;
    CHECK(sum == doctest::Approx(one.counts_of(j)[0]).epsilon(1e-4).scale(10));
    CHECK(sum == doctest::Approx(fit_spectrum(f.model, dense).amplitude[j]).epsilon(0.02).scale(1e3));
  }
}

TEST_CASE("local weights come from the pixels around: an estimate is proportional to its own counts") {
  phantom const f;
  auto image = f.image(64, 40, 3);
  std::size_t const p = 20 * 64 + 13;  // among silicate, which holds no sulfur
  for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i) image.count[i] = 0;
  std::size_t const at = image.begin[p] + (image.begin[p + 1] - image.begin[p]) / 2;
  for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i)
    image.channel[i] = static_cast<std::uint16_t>(228 + i - at);
  image.count[at] = 2;
  auto const before = fit_lines(f.model, image);
  image.count[at] = 400;
  auto const after = fit_lines(f.model, image);
  CHECK(before.counts_of(2)[p] > 1);
  for (std::size_t j = 0; j < before.maps(); ++j)
    CHECK(after.counts_of(j)[p] == doctest::Approx(200 * before.counts_of(j)[p]).epsilon(0.02).scale(50));
}

TEST_CASE("the likelihood of a pixel is that of its spectrum") {
  phantom const f;
  auto const image = f.image(6, 80, 9);
  auto const maps = fit_lines(f.model, image, {.estimator = line_estimator::likelihood, .everything = true});
  for (std::size_t p = 0; p < 36; p += 5) {
    std::vector<double> dense(axis.channels);
    for (std::size_t i = image.begin[p]; i < image.begin[p + 1]; ++i)
      dense[image.channel[i]] = image.count[i];
    auto const fit = fit_spectrum(f.model, dense, amplitude_bounds::non_negative);
    for (std::size_t j = 0; j < f.model.size(); ++j)
      CHECK(maps.counts_of(j)[p] == doctest::Approx(fit.amplitude[j]).epsilon(2e-3).scale(10));
  }
}

TEST_CASE("empty images and single pixels have finite maps") {
  phantom const f;
  spectrum_image empty{5, 7, axis, std::vector<std::size_t>(36, 0), {}, {}, {}};
  auto lone = empty;
  lone.channel = {174};
  lone.count = {1};
  for (std::size_t p = 18; p < 36; ++p) lone.begin[p] = 1;
  for (auto const how : {line_estimator::local, line_estimator::linear, line_estimator::likelihood})
    for (auto const* image : {&empty, &lone}) {
      auto const maps = fit_lines(f.model, *image, {.estimator = how});
      double sum = 0;
      for (std::size_t i = 0; i < maps.counts.size(); ++i) {
        CHECK(std::isfinite(maps.counts[i]));
        CHECK((std::isfinite(maps.sigma[i]) && maps.sigma[i] > 0));
        sum += std::abs(maps.counts[i]);
      }
      CHECK((sum > 0) == (image == &lone));
    }
}

TEST_CASE("a watch sees the rows and can end the work") {
  phantom const f;
  auto const image = f.image(64, 5, 1);
  std::vector<std::size_t> rows;
  fit_lines(f.model, image, {}, [&](progress const& p) {
    CHECK(p.iterations == 64);
    rows.push_back(p.iteration);
    return decision::proceed;
  });
  CHECK(rows.back() == 64);
  CHECK(std::ranges::is_sorted(rows));
  spectrum_image const tall{256, 1, axis, std::vector<std::size_t>(257, 0), {}, {}, {}};
  CHECK_THROWS_AS(fit_lines(f.model, tall, {}, [](progress const&) { return decision::stop; }), cancelled);
}

TEST_CASE("images that do not fit the model are refused") {
  phantom const f;
  spectrum_image const other{1, 1, {0, 0.01, 1000}, {0, 0}, {}, {}, {}};
  CHECK_THROWS_AS(fit_lines(f.model, other), shape_error);
  spectrum_image const broken{1, 1, axis, {0, 1}, {899}, {}, {}};
  CHECK_THROWS_AS(fit_lines(f.model, broken), shape_error);
}

TEST_CASE("one call calibrates on the image and gives the maps that were asked for") {
  phantom const f;
  auto const image = f.image(32, 200, 4);
  auto const maps = fit_lines(image, {"O", "Si", "S_Ka", "Pb_Ma", "Fe"},
                              {.from_kev = 0.4, .artefacts = {"Cu"}, .background_terms = 5});
  CHECK(maps.maps() == 5);
  for (std::size_t j = 0; j < 5; ++j)
    for (bool const on_right : {false, true}) {
      auto const m = over_half(32, on_right, [&](std::size_t p) { return double(maps.counts_of(j)[p]); });
      CHECK(m.mean == doctest::Approx(f.truth(on_right, 200)[j]).epsilon(0.05).scale(30));
    }
}
