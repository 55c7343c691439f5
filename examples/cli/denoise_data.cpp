// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "signals.hpp"

#include <tomoedx/metrics/autocorrelation.hpp>
#include <tomoedx/metrics/mse.hpp>
#include <tomoedx/metrics/psnr.hpp>

#include <algorithm>
#include <cmath>

namespace tomoedx::cli {
namespace {

/// The variance of noise in units of what counts have, from the differences that structure hardly reaches: in squares
/// of 2 x 2 pixels by the median over those of three counts and more, or by sums where these are few. Nothing
/// for images of one row or column.
std::optional<double> dispersion_of(std::span<float const> stack, shape3 const& shape) {
  std::vector<double> sizes;
  double squares = 0, counts = 0, blocks = 0;
  std::size_t const step = std::max<std::size_t>(1, shape[0] / 16);
  for (std::size_t i = 0; i < shape[0]; i += step)
    for (std::size_t y = 0; y + 1 < shape[1]; y += 2)
      for (std::size_t x = 0; x + 1 < shape[2]; x += 2) {
        float const* const at = stack.data() + (i * shape[1] + y) * shape[2] + x;
        double const a = at[0], b = at[1], c = at[shape[2]], d = at[shape[2] + 1];
        double const difference = (a - b - c + d) / 2, mean = (a + b + c + d) / 4;
        squares += difference * difference;
        counts += mean;
        blocks += 1;
        if (mean >= 3) sizes.push_back(std::abs(difference) / std::sqrt(mean));
      }
  if (counts == 0) return std::nullopt;
  if (static_cast<double>(sizes.size()) < blocks / 4) return squares / counts;
  auto const middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::ranges::nth_element(sizes, middle);
  double const sigma = *middle / 0.6744897501960817;  // of the standard normal distribution
  return sigma * sigma;
}

double mean_of(std::span<float const> values) {
  double sum = 0;
  for (float const v : values) sum += static_cast<double>(v);
  return sum / static_cast<double>(values.size());
}

double deviation_of(std::span<float const> values) {
  double const mean = mean_of(values);
  double sum = 0;
  for (float const v : values) sum += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Whether values are counts is told by the user, or seen: whole numbers from 0 up whose noise is that of counts.
noise_model noise_of(denoising_plan const& p, denoising_data& d) {
  noise_model n;
  auto const& stack = d.stack;
  bool const positive = std::ranges::all_of(stack, [](float v) { return v >= 0; });
  bool const whole = positive && std::ranges::all_of(stack, [](float v) { return v == std::floor(v); });
  bool const by_noise = p.how == filter::bm3d || p.how == filter::nlm;
  auto const dispersion = dispersion_of(stack, p.shape);
  bool const fits = !dispersion || (*dispersion > 1.0 / 3 && *dispersion < 3);
  if (p.asked.noise == "poisson") {
    expects<value_error>(positive,
                         "{}: has negative values, counts have none; clip them at 0 or give --noise "
                         "gaussian",
                         p.asked.stack);
    n.counts = true;
    n.why = "--noise poisson";
    if (!whole || !fits)
      d.warnings.push_back(
          fmt::format("the values {}, so they may be scaled: counts must be as recorded for --noise poisson",
                      !whole ? "are not whole numbers"
                             : fmt::format("have {:.3g} times the noise of counts", dispersion.value_or(0))));
  } else if (p.asked.noise == "gaussian") {
    n.why = "--noise gaussian";
  } else if (by_noise && p.asked.sigma) {
    n.why = "--sigma is given in the unit of the values";
    if (whole && fits)
      d.warnings.emplace_back(
          "the values look like counts; --sigma is in their unit, --noise poisson takes it relative to "
          "theirs");
  } else if (!whole) {
    n.why = positive ? "values are not whole numbers" : "some values are negative";
  } else if (!fits) {
    n.why = fmt::format("whole numbers, but with {:.3g} times the noise of counts", *dispersion);
    d.steps.push_back(n.why + ": not taken for counts (--noise poisson would)");
  } else {
    n.counts = true;
    n.why = dispersion
                ? fmt::format("whole numbers from 0 up with {:.3g} times the noise of counts", *dispersion)
                : "whole numbers from 0 up";
  }
  if (p.network) return n;
  n.level = n.counts ? std::sqrt(mean_of(stack)) : measured_noise(stack, p.shape);
  if (n.level > 0) return n;
  n.measured = false;
  expects<value_error>(
      !by_noise || p.asked.sigma || p.searches() || n.counts,
      "{}: the noise cannot be measured: more than half of the differences of neighbours are "
      "zero; give --sigma or --auto",
      p.asked.stack);
  if (!n.counts)
    d.steps.emplace_back("the noise cannot be measured; its level is the standard deviation of the stack");
  n.level = deviation_of(stack);
  if (!(n.level > 0)) n.level = 1;
  return n;
}

std::string advice_on(denoising_plan const& p, metrics::autocorrelation_map const& map,
                      metrics::blind_spot_advice const& spot) {
  bool const filtered = !p.network, blind = p.asked.network == "udvd" || p.asked.network == "laine";
  if (spot.y == 1 && spot.x == 1)
    return std::string("neighbouring pixels of the residual are not correlated") +
           (filtered || blind ? ": a blind spot of 1 is enough" : "");
  double y = 0, x = 0;
  for (int lag = 1; lag <= map.most(); ++lag) y = std::max(y, map(lag, 0)), x = std::max(x, map(0, lag));
  auto const text = fmt::format(
      "pixels of the residual are correlated with others, by up to {:.2f} along y and {:.2f} along x", y, x);
  if (spot.open_y || spot.open_x)
    return fmt::format("{}, and {} pixels away too: structure of the images was taken off; {}", text,
                       map.most(),
                       filtered ? "smooth less" : "were the weights trained on images like these?");
  auto const edges = fmt::format("{} x {} (rows x columns)", spot.y, spot.x);
  if (blind)
    return text + fmt::format(": if the noise is, take weights trained with a blind spot of {}", edges);
  auto const both = text + ": structure was taken off, or noise spreads over pixels";
  return !filtered ? both
                   : both + fmt::format(
                                "; a self-supervised network then needs weights trained with a blind "
                                "spot of {}",
                                edges);
}

/// The residual's autocorrelation and what it says; a warning instead when nothing was taken off.
void judge_residual(denoising_plan const& p, std::vector<float> const& residual, denoising_data& d,
                    judgement& j) {
  for (std::size_t i = 0; i < p.shape[0]; ++i) {
    auto const image = std::span(residual).subspan(i * p.pixels(), p.pixels());
    if (std::ranges::all_of(image, [&](float v) { return v == image[0]; })) continue;
    auto const map = metrics::autocorrelation(residual, std::span<std::size_t const>(p.shape), 5);
    auto const spot = metrics::advise_blind_spot(map);
    auto const advice = advice_on(p, map, spot);
    j.lags = map.most();
    for (int y = -j.lags; y <= j.lags; ++y)
      for (int x = -j.lags; x <= j.lags; ++x) j.autocorrelation.push_back(map(y, x));
    j.blind_spot = {{"rows", static_cast<std::int64_t>(spot.y)},
                    {"columns", static_cast<std::int64_t>(spot.x)},
                    {"beyond_lags", spot.open_y || spot.open_x},
                    {"advice", advice}};
    if (spot.y > 1 || spot.x > 1) d.warnings.push_back(advice);
    return;
  }
  d.warnings.emplace_back("nothing was taken off: the result is the stack itself, or differs by a constant");
}

settings against(std::vector<float> const& reference, std::vector<float> const& stack,
                 std::vector<float> const& result) {
  settings s;
  bool const has_peak = std::ranges::any_of(reference, [](float v) { return v > 0; });
  for (auto const& [when, values] : {std::pair("before", &stack), std::pair("after", &result)}) {
    s.emplace_back(fmt::format("mse_{}", when), metrics::mse(reference, *values));
    if (has_peak) s.emplace_back(fmt::format("psnr_{}", when), metrics::psnr(reference, *values));
  }
  return s;
}

/// Images that became constant, as far as floats tell, though they were not.
std::size_t constant_images(denoising_plan const& p, denoising_data const& d) {
  std::size_t flat = 0;
  for (std::size_t i = 0; i < p.shape[0]; ++i) {
    auto const range = [&](std::vector<float> const& v) {
      auto const [low, high] = std::ranges::minmax(std::span(v).subspan(i * p.pixels(), p.pixels()));
      return static_cast<double>(high) - static_cast<double>(low);
    };
    flat += range(d.stack) > 0 && range(d.result) <= 1e-5 * range(d.stack);
  }
  return flat;
}

}  // namespace

denoising_data load_denoising(denoising_plan const& p) {
  denoising_data d;
  auto const& c = p.asked;
  d.warnings = p.warnings;
  d.stack = load(c.stack).values;
  bool const counts_only = c.noise == "poisson";
  check_values(d.stack, p.shape, "stack (" + c.stack + ")", "image",
               counts_only ? allowed::not_negative : allowed::finite);
  stop_if_asked();
  if (!c.reference.empty()) {
    d.reference = load(c.reference).values;
    check_values(d.reference, p.shape, "reference (" + c.reference + ")", "image", allowed::finite);
  }
  if (!c.z_contrast.empty()) {
    auto const image = load(c.z_contrast);
    shape3 const shape{1, p.shape[1], p.shape[2]};
    check_values(image.values, shape, "Z-contrast image (" + c.z_contrast + ")", "image", allowed::finite);
    p.network->z_contrast(image.values, p.shape[1], p.shape[2]);
  }
  d.noise = noise_of(p, d);
  if (!p.what.tilts.empty())
    d.steps.emplace_back(
        "the tilt angles in the header of the stack are not in the output; give --tilts later");
  d.result.resize(d.stack.size());
  stop_if_asked();
  return d;
}

judgement judge_denoising(denoising_plan const& p, denoising_data& d) {
  judgement j;
  std::vector<float> residual(d.stack.size());
  double power = 0, expected = 0;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    residual[i] = d.stack[i] - d.result[i];
    power += static_cast<double>(residual[i]) * static_cast<double>(residual[i]);
    expected += static_cast<double>(d.result[i]);
  }
  j.residual = {{"mean", mean_of(residual)}, {"standard_deviation", deviation_of(residual)}};
  if (d.noise.counts && expected > 0) j.residual.emplace_back("variance_over_counts", power / expected);
  judge_residual(p, residual, d, j);
  if (!d.reference.empty()) j.reference = against(d.reference, d.stack, d.result);
  if (p.network && !p.network->warning().empty())
    d.warnings.push_back(p.network->warning());
  else if (auto const flat = constant_images(p, d); flat > 0)
    d.warnings.push_back(fmt::format("{} of {} images came out constant; smooth less", flat, p.shape[0]));
  double const before = mean_of(d.stack), after = mean_of(d.result);
  if (d.noise.counts && before > 0 && std::abs(after - before) > 0.02 * before)
    d.warnings.push_back(
        fmt::format("the result holds {:.3g} times the counts of the stack; this method does "
                    "not keep them, scale with care",
                    after / before));
  return j;
}

}  // namespace tomoedx::cli
