// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "geometry.hpp"
#include "progress.hpp"
#include "signals.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/core/isa.hpp>
#include <tomoedx/denoise/best_parameter.hpp>
#include <tomoedx/denoise/bm3d.hpp>
#include <tomoedx/denoise/for_counts.hpp>
#include <tomoedx/denoise/gaussian.hpp>
#include <tomoedx/denoise/j_invariant.hpp>
#include <tomoedx/denoise/noise_level.hpp>
#include <tomoedx/denoise/non_local_means.hpp>
#include <tomoedx/denoise/reference_risk.hpp>
#include <tomoedx/denoise/total_variation.hpp>
#include <tomoedx/denoise/unbiased_risk.hpp>

#include <algorithm>
#include <cmath>

// The one file of the program that holds the classical filters.
namespace tomoedx::cli {
namespace {

using space = Kokkos::DefaultHostExecutionSpace;
using const_view = Kokkos::View<float const***, Kokkos::LayoutRight, space::memory_space>;
using view = Kokkos::View<float***, Kokkos::LayoutRight, space::memory_space>;

/// Any of the filters, so that searches are compiled once. A signal ends it, also within a search.
class any_filter {
 public:
  using execution_space = space;
  using value_type = float;

  template <class D>
  explicit any_filter(D denoise)
      : run_([d = std::make_shared<D>(std::move(denoise))](const_view const& in, view const& out,
                                                           loaded_network::watch const& on) {
          (*d)(in, out, on);
        }) {}

  template <observer Watch>
  void operator()(const_view const& in, view const& out, Watch&& watch) {
    run_(in, out, [&](progress const& p) { return caught_signal() != 0 ? decision::stop : watch(p); });
  }

 private:
  std::function<void(const_view const&, view const&, loaded_network::watch const&)> run_;
};
static_assert(denoiser<any_filter>);

/// How far non-local means weighs, relative to the noise.
constexpr double nlm_decay = 0.8;

/// The filter with this parameter; BM3D without one measures the noise in each image.
any_filter make_filter(filter how, noise_model const& noise, std::optional<double> parameter) {
  space const s;
  auto const on_counts = [&](auto gaussian) {
    return noise.counts ? any_filter(for_counts(std::move(gaussian))) : any_filter(std::move(gaussian));
  };
  switch (how) {
    case filter::gaussian:
      return any_filter(gaussian_denoiser<float>({.sigma = {*parameter}}, s));
    case filter::tv:
      return any_filter(total_variation_denoiser<float>(
          {.weight = *parameter, .tolerance = 1e-3 * noise.level, .iterations = 500}, s));
    case filter::bm3d:
      return on_counts(bm3d_denoiser<float, space>({.sigma = parameter}, s));
    default:
      return on_counts(
          non_local_means_denoiser<float, space>({.h = nlm_decay * *parameter, .sigma = *parameter}, s));
  }
}

/// Images of the stack that a search looks at: some, evenly spread, and their middle where they are large.
struct sample {
  std::vector<std::size_t> images;
  std::size_t top = 0, left = 0, height = 0, width = 0;

  sample(filter how, shape3 const& shape) : height(shape[1]), width(shape[2]) {
    double const budget = how == filter::gaussian || how == filter::tv ? 0x1p20 : 0x1p18;
    double const pixels = static_cast<double>(height) * static_cast<double>(width);
    if (pixels > budget) {
      double const part = std::sqrt(budget / pixels);
      auto const cut = [&](std::size_t extent) {
        return std::clamp<std::size_t>(static_cast<std::size_t>(part * static_cast<double>(extent)), 1,
                                       extent);
      };
      height = cut(height), width = cut(width);
      top = (shape[1] - height) / 2, left = (shape[2] - width) / 2;
    }
    auto const count = std::clamp<std::size_t>(static_cast<std::size_t>(budget / pixels), 1, shape[0]);
    for (std::size_t i = 0; i < count; ++i) images.push_back((2 * i + 1) * shape[0] / (2 * count));
  }

  shape3 shape() const { return {images.size(), height, width}; }

  std::vector<float> of(std::vector<float> const& stack, shape3 const& all) const {
    std::vector<float> values;
    values.reserve(count_of(shape()));
    for (auto const i : images)
      for (std::size_t y = top; y < top + height; ++y) {
        auto const row = stack.begin() + static_cast<std::ptrdiff_t>((i * all[1] + y) * all[2] + left);
        values.insert(values.end(), row, row + static_cast<std::ptrdiff_t>(width));
      }
    return values;
  }

  std::string text(shape3 const& all) const {
    auto const images_text = images.size() == all[0] ? fmt::format("all {} images", all[0])
                                                     : fmt::format("{} of {} images", images.size(), all[0]);
    return height == all[1] && width == all[2]
               ? images_text
               : fmt::format("the middle {} x {} pixels of {}", height, width, images_text);
  }
};

/// Where the best parameter is looked for.
parameter_range range_of(filter how, noise_model const& noise) {
  double const unit = noise.counts ? 1 : noise.level;  // counts are stabilised to a noise of 1
  double low = 0.3 * unit, high = 5 * unit;
  if (how == filter::gaussian) low = 0.25, high = 12;
  if (how == filter::tv) low = 0.03 / noise.level, high = 100 / noise.level;
  return {.low = low, .high = high, .tolerance = 0.03, .max_evaluations = 30, .scan = 6};
}

chosen_parameter described(denoising_plan const& p, noise_model const& noise) {
  chosen_parameter c;
  bool const by_noise = p.how == filter::bm3d || p.how == filter::nlm;
  c.name = p.how == filter::tv         ? "weight [1 / value]"
           : p.how == filter::gaussian ? "sigma [pixel]"
           : noise.counts              ? "sigma [noise of stabilised counts, 1 in theory]"
                                       : "sigma [value]";
  if (auto const given = p.how == filter::tv ? p.asked.weight : p.asked.sigma; given) {
    c.value = given;
    c.chosen = "given";
  } else if (by_noise && noise.counts) {
    c.value = 1;
    c.chosen = "that of stabilised counts";
  } else if (by_noise && p.how == filter::bm3d) {
    c.chosen = "measured in each image";
  } else if (by_noise) {
    c.value = noise.level;
    c.chosen = "measured, the median over the images";
  }
  return c;
}

}  // namespace

settings start_host(unsigned threads) {
  use_threads(threads);
  host::describe_machine();  // starts Kokkos
  return {{"backend", std::string(space::name())},
          {"threads", static_cast<std::int64_t>(space().concurrency())},
          {"instruction_set", std::string(name_of(best_isa()))}};
}

double measured_noise(std::span<float const> stack, shape3 const& shape) {
  std::vector<double> levels;
  std::size_t const pixels = shape[1] * shape[2], step = std::max<std::size_t>(1, shape[0] / 32);
  for (std::size_t i = 0; i < shape[0]; i += step)
    levels.push_back(noise_level(borrow(stack.data() + i * pixels, shape[1], shape[2])));
  auto const middle = levels.begin() + static_cast<std::ptrdiff_t>(levels.size() / 2);
  std::ranges::nth_element(levels, middle);
  return *middle;
}

chosen_parameter choose_parameter(denoising_plan const& p, denoising_data& d) {
  auto c = described(p, d.noise);
  if (!p.searches()) return c;
  expects<value_error>(std::ranges::any_of(d.stack, [&](float v) { return v != d.stack[0]; }),
                       "{}: all values are {}, there is nothing to choose by", p.asked.stack,
                       static_cast<double>(d.stack[0]));
  sample const some(p.how, p.shape);
  auto const shape = some.shape();
  auto const noisy = some.of(d.stack, p.shape);
  const_view const values = borrow(noisy.data(), shape[0], shape[1], shape[2]);
  progress_display display("choosing", p.asked.quiet, "run");
  auto const search = [&](auto risk) {
    try {
      return best_parameter([&](double v) { return make_filter(p.how, d.noise, v); }, risk,
                            range_of(p.how, d.noise), display);
    } catch (cancelled const&) {
      throw cancelled("interrupted while choosing the parameter; nothing was written");
    }
  };
  best_parameter_result best;
  if (!p.asked.automatic) {
    auto const truth = some.of(d.reference, p.shape);
    const_view const reference = borrow(truth.data(), shape[0], shape[1], shape[2]);
    best = search(reference_risk<float>(values, reference));
    c.chosen = "least mean squared error against the reference";
  } else if (d.noise.counts) {
    best = search(unbiased_risk<float>(values, {.gain = 1, .sigma = 0}));
    c.chosen = "least Poisson unbiased risk";
  } else {
    best = search(j_invariant_risk<float>(values, {.grid = 4, .phases = 4}));
    c.chosen = "least J-invariant risk";
  }
  stop_if_asked();
  c.value = best.parameter;
  c.sample = some.text(p.shape);
  for (auto const& [value, risk] : best.curve) c.tried.emplace_back(value, risk);
  if (best.at_end)
    d.warnings.push_back(
        fmt::format("the best {} is {:.4g}, the end of what was tried ({:.4g} to {:.4g}); "
                    "look whether this method suits the images",
                    c.name, best.parameter, best.curve.front().parameter, best.curve.back().parameter));
  return c;
}

void filter_stack(denoising_plan const& p, chosen_parameter const& parameter, denoising_data& d,
                  loaded_network::watch const& on) {
  auto denoise = make_filter(p.how, d.noise, parameter.value);
  denoise(const_view(borrow(d.stack.data(), p.shape[0], p.shape[1], p.shape[2])),
          borrow(d.result.data(), p.shape[0], p.shape[1], p.shape[2]), on);
}

}  // namespace tomoedx::cli
