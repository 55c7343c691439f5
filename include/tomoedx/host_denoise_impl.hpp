// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_DENOISE_IMPL_HPP
#define TOMOEDX_HOST_DENOISE_IMPL_HPP

// The bodies of tomoedx/host_denoise.hpp: include this in exactly one file of a program, compiled as Kokkos was.

#include <tomoedx/denoise/bm3d.hpp>
#include <tomoedx/denoise/for_counts.hpp>
#include <tomoedx/denoise/gaussian.hpp>
#include <tomoedx/denoise/network_denoiser.hpp>
#include <tomoedx/denoise/non_local_means.hpp>
#include <tomoedx/denoise/total_variation.hpp>
#include <tomoedx/detail/host_buffers.hpp>
#include <tomoedx/host_denoise.hpp>
#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/nn/metadata.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace tomoedx::host {

namespace detail {

using threads = Kokkos::DefaultHostExecutionSpace;

/// Run any denoiser on plain buffers.
template <denoiser D>
void run(D& d, input const& stack, output const& clean, watch const& on) {
  auto const in = view(stack, "denoise: stack");
  auto const out = view(clean, "denoise: clean");
  auto observer = watcher(on);
  d(in, out, observer);
}

}  // namespace detail

void denoise(input const& stack, output const& clean, gaussian_filter const& filter, watch const& on) {
  detail::start();
  gaussian_denoiser<float, detail::threads> d({.sigma = {filter.sigma}});
  detail::run(d, stack, clean, on);
}

void denoise(input const& stack, output const& clean, total_variation_filter const& filter, watch const& on) {
  detail::start();
  total_variation_denoiser<float, detail::threads> d({.weight = filter.weight});
  detail::run(d, stack, clean, on);
}

void denoise(input const& stack, output const& clean, bm3d_filter const& filter, watch const& on) {
  detail::start();
  bm3d_denoiser<float, detail::threads> d(
      {.sigma = filter.counts ? std::nullopt : filter.sigma,
       .noise = filter.counts ? bm3d_noise::poisson : bm3d_noise::gaussian});
  detail::run(d, stack, clean, on);
}

void denoise(input const& stack, output const& clean, non_local_means_filter const& filter, watch const& on) {
  detail::start();
  non_local_means_denoiser<float, detail::threads> d(
      {.patch = filter.patch, .distance = filter.distance, .h = filter.h, .sigma = filter.sigma});
  if (!filter.counts) return detail::run(d, stack, clean, on);
  for_counts counts(std::move(d));
  detail::run(counts, stack, clean, on);
}

struct network::held {
  std::string summary;
  network_denoiser<float, detail::threads> denoise;
};

network::network(std::string const& safetensors, network_options const& how) {
#if defined(TOMOEDX_JSON)
  detail::start();
  for (auto const& [key, text] : how.metadata)
    expects<value_error>(std::ranges::find(nn::metadata_keys, key) != nn::metadata_keys.end(),
                         "host::network: metadata '{}' is not known; it should be one of {}", key,
                         fmt::format("{}", fmt::join(nn::metadata_keys, ", ")));
  auto file = io::read_safetensors(safetensors);
  for (auto const& [key, text] : how.metadata) file.metadata[key] = text;
  auto model = nn::model_of(std::move(file));
  auto text = nn::summary(model.about);
  auto const use = how.use == accuracy::exact      ? nn::algorithm::exact
                   : how.use == accuracy::accurate ? nn::algorithm::accurate
                                                   : nn::algorithm::fast;
  held_.reset(new held{std::move(text), network_denoiser<float, detail::threads>(
                                            std::move(model), {.use = use, .memory = how.memory},
                                            {.scan_width = how.scan_width})});
#else
  (void)how;
  fail<file_error>("{}: this build reads no weight files; configure tomoedx with TOMOEDX_JSON=ON",
                   safetensors);
#endif
}

network::~network() = default;
network::network(network&&) noexcept = default;
network& network::operator=(network&&) noexcept = default;

void network::operator()(input const& stack, output const& clean, watch const& on) {
  detail::run(held_->denoise, stack, clean, on);
}
std::string const& network::summary() const {
  return held_->summary;
}
std::string network::warning() const {
  return held_->denoise.warning();
}

}  // namespace tomoedx::host

#endif
