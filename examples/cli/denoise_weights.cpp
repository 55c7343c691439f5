// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_JSON
#define TOMOEDX_JSON 1  // the program always has nlohmann-json
#endif

#include "denoise_weights.hpp"

#include "denoise.hpp"

#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/nn/model.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace tomoedx::cli {
namespace {

std::string ending_of(std::string const& file) {
  auto ending = std::filesystem::path(file).extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

}  // namespace

std::vector<std::string> wanted_options(nn::description const& about) {
  std::vector<std::string> all;
  if (auto const* u = std::get_if<nn::udvd>(&about.net)) {
    if (!u->blind) all.emplace_back("--blind 1, 3 or 5");
    if (!u->final_relu) all.emplace_back("--final-relu or --no-final-relu");
  }
  if (auto const* r = std::get_if<nn::residual_cnn>(&about.net); r != nullptr && !r->residual)
    all.emplace_back("--residual or --no-residual");
  if (!about.normalize) all.emplace_back("--normalize none or mean");
  return all;
}

bool is_weights(std::string const& file) {
  return ending_of(file) == ".safetensors";
}

void refuse_checkpoint(std::string const& file) {
  auto const ending = ending_of(file);
  expects<value_error>(ending != ".pt" && ending != ".pth" && ending != ".ckpt",
                       "{}: is a PyTorch checkpoint; convert it to .safetensors with the lines in "
                       "docs/weights.md",
                       file);
}

weights_record weights_in(std::string const& file) {
  weights_record r;
  r.path = file;
  auto const what = io::inspect_safetensors(file);
  for (auto const& [name, t] : what.tensors) {
    r.tensors.push_back({name, t.dtype, t.shape});
    r.parameters += io::count_of(t.shape).value_or(0);
  }
  r.metadata = what.metadata;
  r.bytes = std::filesystem::file_size(file);
  r.sha256 = sha256_of(file);
  try {
    auto const about = nn::model_of(io::read_safetensors(file)).about;
    r.architecture = nn::name_of(about.net);
    r.summary = nn::summary(about);
    r.parameters = about.parameters;
    r.wanted = wanted_options(about);
  } catch (shape_error const& e) {
    r.reason = e.what();
  } catch (value_error const& e) {
    r.reason = e.what();
  }
  return r;
}

}  // namespace tomoedx::cli
