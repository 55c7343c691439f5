// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_JSON
#define TOMOEDX_JSON 1  // the program always has nlohmann-json
#endif

#include "denoise.hpp"
#include "denoise_weights.hpp"

#include <tomoedx/core/array.hpp>
#include <tomoedx/denoise/network_denoiser.hpp>
#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/nn/metadata.hpp>

#include <algorithm>
#include <filesystem>

// The one file of the program that holds the networks' engine.
namespace tomoedx::cli {
namespace {

/// Metadata that mean the same are the same text.
std::string meaning(std::string const& key, std::string const& value) {
  if (key == "blind" && value.find('x') == std::string::npos) return value + "x" + value;
  return value == "true" ? "1" : value == "false" ? "0" : value;
}

/// What the user says of the network, by the keys of its file.
nn::metadata said(denoise_command const& c) {
  nn::metadata m;
  for (auto const& text : c.metadata) {
    auto const at = text.find('=');
    expects<value_error>(at != std::string::npos && at + 1 < text.size(), "--metadata {}: give KEY=VALUE",
                         text);
    auto const key = text.substr(0, at);
    expects<value_error>(std::ranges::find(nn::metadata_keys, key) != nn::metadata_keys.end(),
                         "--metadata {}: {} is none of {}", text, key,
                         fmt::format("{}", fmt::join(nn::metadata_keys, ", ")));
    auto const [said_before, is_new] = m.emplace(key, text.substr(at + 1));
    expects<value_error>(is_new || meaning(key, said_before->second) == meaning(key, text.substr(at + 1)),
                         "--metadata {}: contradicts --metadata {}={}; leave one of them out", text, key,
                         said_before->second);
  }
  auto const say = [&](char const* key, std::string const& value) {
    if (value.empty()) return;
    auto const [other, is_new] = m.emplace(key, value);
    expects<value_error>(is_new || meaning(key, other->second) == meaning(key, value),
                         "--metadata {}={}: contradicts the option that says {}; leave one of them out", key,
                         other->second, value);
  };
  auto const flag = [](std::optional<bool> const& f) { return !f ? "" : *f ? "1" : "0"; };
  say("blind", c.blind);
  say("borders", c.borders);
  say("normalize", c.normalize);
  say("final_relu", flag(c.final_relu));
  say("residual", flag(c.residual));
  return m;
}

nn::model read_model(denoise_command const& c, std::vector<std::string>& warnings) {
  refuse_checkpoint(c.weights);
  auto file = io::read_safetensors(c.weights);
  auto const mine = said(c);
  auto const theirs = file.metadata;
  for (auto const& [key, value] : mine) file.metadata[key] = value;
  auto const naming_the_file = [&](auto&& work) {
    try {
      return work();
    } catch (shape_error const& e) {
      fail<shape_error>("{}: {}", c.weights, e.what());
    } catch (value_error const& e) {
      fail<value_error>("{}: {}", c.weights, e.what());
    }
  };
  auto model = naming_the_file([&] { return nn::model_of(std::move(file)); });
  expects<value_error>(nn::name_of(model.about.net) == c.network,
                       "{}: holds a {}, not a {}; give --network {} ({})", c.weights,
                       nn::name_of(model.about.net), c.network, nn::name_of(model.about.net),
                       nn::summary(model.about));
  auto const missing = wanted_options(model.about);
  expects<value_error>(missing.empty(), "{}: does not say all of its network; give {}", c.weights,
                       fmt::format("{}", fmt::join(missing, ", and ")));
  for (auto const& [key, value] : mine)
    if (auto const t = theirs.find(key); t != theirs.end() && meaning(key, t->second) != meaning(key, value))
      warnings.push_back(fmt::format("{} is {} as you say, the weight file says {}", key, value, t->second));
  return model;
}

/// The network must suit the indices of the stack.
void check_stack(denoise_command const& c, nn::architecture const& net, io::info const& stack) {
  auto const* u = std::get_if<nn::udvd>(&net);
  int const frames = u != nullptr ? u->frames : 1;
  bool const scan = stack.shape.size() == 4;
  expects<shape_error>(
      frames != 9 || scan,
      "stack ({}): has {} indices ({}); this UDVD looks at 3 x 3 neighbours and takes a scan "
      "(b, a, y, x)",
      c.stack, stack.shape.size(), io::text_of(stack.shape));
  expects<shape_error>(frames == 1 || frames == 9 || !scan,
                       "stack ({}): is a scan ({}), this UDVD is for movies (frame, y, x); give one", c.stack,
                       io::text_of(stack.shape));
  auto const* a = std::get_if<nn::autoencoder>(&net);
  if (a == nullptr) return;
  expects<shape_error>(stack.shape.size() == 3,
                       "stack ({}): has {} indices ({}); dcae takes a spectrum image (energy, y, x)", c.stack,
                       stack.shape.size(), io::text_of(stack.shape));
  for (std::size_t i = 1; i < stack.axes.size(); ++i)
    expects<shape_error>(stack.axes[i].name.find("nergy") == std::string::npos,
                         "stack ({}): has its energies along index {}; dcae takes (energy, y, x), move them "
                         "to the front",
                         c.stack, i);
  expects<value_error>(a->inputs == 2 || c.z_contrast.empty(),
                       "--z-contrast {}: the network of {} takes none; leave it out", c.z_contrast,
                       c.weights);
  expects<value_error>(a->inputs != 2 || !c.z_contrast.empty(),
                       "the network of {} takes a Z-contrast image; give --z-contrast FILE", c.weights);
  if (c.z_contrast.empty()) return;
  auto const shape = look(c.z_contrast).shape;
  expects<shape_error>(shape == std::vector{stack.shape[1], stack.shape[2]},
                       "Z-contrast image ({}): is {}, the spectra are on a grid of {} x {} (y, x)",
                       c.z_contrast, io::text_of(shape), stack.shape[1], stack.shape[2]);
}

/// A warning of a blind spot that hides whole images.
void check_blind_spot(nn::architecture const& net, shape3 const& shape, std::vector<std::string>& warnings) {
  nn::blind_spot spot{1, 1};
  if (auto const* u = std::get_if<nn::udvd>(&net))
    spot = u->blind.value_or(spot);
  else if (auto const* l = std::get_if<nn::laine>(&net))
    spot = {l->blind, l->blind};
  if (static_cast<std::size_t>(spot.rows) > shape[1] || static_cast<std::size_t>(spot.columns) > shape[2])
    warnings.push_back(fmt::format(
        "the blind spot is {} x {}, larger than the images of {} x {} (y x): pixels are predicted "
        "from next to nothing",
        spot.rows, spot.columns, shape[1], shape[2]));
}

network_options options_of(denoise_command const& c, shape3 const& shape) {
  network_options o{.noise = c.sigma, .clamp = c.clamp};
  o.use = c.algorithm == "exact"      ? nn::algorithm::exact
          : c.algorithm == "accurate" ? nn::algorithm::accurate
                                      : nn::algorithm::fast;
  if (!c.memory.empty()) {
    o.memory = bytes_of(c.memory);
  } else if (double const have = free_memory(); have > 0) {
    double const rest = have - 4 * sizeof(float) * static_cast<double>(count_of(shape));
    o.memory = static_cast<std::size_t>(std::max(0.75 * rest, 1.0));
  }
  return o;
}

spectrum_options spectrum_of(denoise_command const& c) {
  return {.passes = c.passes == "single"  ? spectrum_passes::single
                    : c.passes == "mixed" ? spectrum_passes::mixed
                                          : spectrum_passes::masked};
}

class network_of_file : public loaded_network {
 public:
  network_of_file(denoise_command const& c, nn::model model, io::info const& stack, shape3 const& shape)
      : asked_(c),
        shape_(shape),
        about_(model.about),
        bytes_(std::filesystem::file_size(c.weights)),
        hash_(sha256_of(c.weights)),
        denoiser_(std::move(model), options_of(c, shape),
                  {.scan_width = is_scan() ? stack.shape[1] : 0, .spectrum = spectrum_of(c)}),
        memory_(prepared()) {}

  void denoise(std::span<float const> in, std::span<float> out, watch const& on) override {
    denoiser_(borrow(in.data(), shape_[0], shape_[1], shape_[2]),
              borrow(out.data(), shape_[0], shape_[1], shape_[2]), on);
  }
  void z_contrast(std::span<float const> image, std::size_t height, std::size_t width) override {
    denoiser_.z_contrast(borrow(image.data(), height, width));
  }
  std::string warning() const override { return denoiser_.warning(); }

  void describe(denoising_record& r) const override {
    auto const number = [](auto n) { return setting{static_cast<std::int64_t>(n)}; };
    r.network = {{"architecture", std::string(nn::name_of(about_.net))},
                 {"summary", nn::summary(about_)},
                 {"weights", asked_.weights},
                 {"bytes", number(bytes_)},
                 {"sha256", hash_},
                 {"parameters", number(about_.parameters)},
                 {"algorithm", asked_.algorithm.empty() ? std::string("fast") : asked_.algorithm}};
    if (std::holds_alternative<nn::autoencoder>(about_.net))
      r.network.emplace_back("passes", asked_.passes.empty() ? std::string("masked") : asked_.passes);
    r.metadata = nn::metadata_of(about_);
    auto const tiles = denoiser_.tiles();
    r.tiles = {{"z", number(tiles[0])}, {"y", number(tiles[1])}, {"x", number(tiles[2])}};
    r.memory = {{"bound", number(denoiser_.options().memory)},
                {"arena", number(memory_.arena)},
                {"weights", number(memory_.weights)},
                {"buffers", number(memory_.buffers)},
                {"total", number(memory_.total())}};
  }

 private:
  network_memory prepared() {
    try {
      return denoiser_.prepare(shape_);
    } catch (value_error const& e) {
      if (asked_.memory.empty()) throw;
      fail<value_error>("with --memory {}: {}", asked_.memory, e.what());
    }
  }
  bool is_scan() const {
    auto const* u = std::get_if<nn::udvd>(&about_.net);
    return u != nullptr && u->frames == 9;
  }

  denoise_command asked_;
  shape3 shape_;
  nn::description about_;
  std::uintmax_t bytes_;
  std::string hash_;
  network_denoiser<float> denoiser_;
  network_memory memory_;
};

}  // namespace

std::unique_ptr<loaded_network> load_network(denoise_command const& c, io::info const& stack,
                                             shape3 const& shape, std::vector<std::string>& warnings) {
  auto model = read_model(c, warnings);
  check_stack(c, model.about.net, stack);
  check_blind_spot(model.about.net, shape, warnings);
  start_host(c.threads);
  return std::make_unique<network_of_file>(c, std::move(model), stack, shape);
}

}  // namespace tomoedx::cli
