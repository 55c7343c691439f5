// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "geometry.hpp"

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/location.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

constexpr char const* methods = "--method gaussian, tv, bm3d or nlm";
constexpr char const* networks = "--network unet, udvd, laine, cnn or dcae";

filter filter_named(std::string const& name) {
  if (name == "gaussian") return filter::gaussian;
  if (name == "tv") return filter::tv;
  if (name == "bm3d") return filter::bm3d;
  expects<value_error>(name == "nlm", "--method {}: is none of gaussian, tv, bm3d and nlm; {} takes weights",
                       name, networks);
  return filter::nlm;
}

/// One of some words, or nothing where it may be left out.
void check_word(char const* option, std::string const& word, std::vector<std::string> const& known) {
  if (!word.empty())
    expects<value_error>(std::ranges::find(known, word) != known.end(), "{} {}: is none of {}", option, word,
                         fmt::format("{}", fmt::join(known, ", ")));
}

void check_filter(denoise_command const& c, filter how) {
  auto const only_networks = [&](bool given, char const* option) {
    expects<value_error>(!given, "{} is for --network, not --method {}; leave it out", option, c.method);
  };
  only_networks(!c.weights.empty(), "--weights");
  only_networks(!c.blind.empty(), "--blind");
  only_networks(!c.borders.empty(), "--borders");
  only_networks(!c.normalize.empty(), "--normalize");
  only_networks(c.final_relu.has_value(), "--final-relu");
  only_networks(c.residual.has_value(), "--residual");
  only_networks(!c.metadata.empty(), "--metadata");
  only_networks(!c.algorithm.empty(), "--algorithm");
  only_networks(!c.memory.empty(), "--memory");
  only_networks(!c.z_contrast.empty(), "--z-contrast");
  only_networks(!c.passes.empty(), "--passes");
  only_networks(c.clamp, "--clamp");
  expects<value_error>(!c.sigma || how != filter::tv, "--sigma is not for --method tv; give --weight");
  expects<value_error>(!c.weight || how == filter::tv, "--weight is for --method tv, not {}; give --sigma",
                       c.method);
  expects<value_error>(!c.automatic || !(c.sigma || c.weight),
                       "--auto chooses what --{} gives; leave one of them out", c.sigma ? "sigma" : "weight");
  for (auto const& [option, value] : {std::pair("sigma", c.sigma), std::pair("weight", c.weight)})
    expects<value_error>(!value || (*value > 0 && *value <= 1e12), "--{} {}: give a positive number", option,
                         value.value_or(0));
  expects<value_error>(how != filter::gaussian || c.sigma.value_or(1) <= 1e4,
                       "--sigma {}: the width of the Gaussian in pixels is at most 10000",
                       c.sigma.value_or(0));
  bool const needs_one = how == filter::gaussian || how == filter::tv;
  expects<value_error>(!needs_one || c.sigma || c.weight || c.automatic || !c.reference.empty(),
                       "--method {} needs {}, or --auto, or --reference FILE to choose it by", c.method,
                       how == filter::tv ? "--weight W" : "--sigma S (pixels)");
}

void check_network(denoise_command const& c) {
  check_word("--network", c.network, {"unet", "udvd", "laine", "cnn", "dcae"});
  expects<value_error>(!c.weights.empty(), "--network {}: --weights FILE.safetensors is missing", c.network);
  auto const only_filters = [&](bool given, char const* option) {
    expects<value_error>(!given, "{} is for --method, not --network {}; leave it out", option, c.network);
  };
  only_filters(c.weight.has_value(), "--weight");
  only_filters(c.automatic, "--auto");
  only_filters(c.noise != "auto", "--noise");
  expects<value_error>(!c.sigma || (*c.sigma >= 0 && *c.sigma <= 1e12),
                       "--sigma {}: give a standard deviation, 0 or more", c.sigma.value_or(0));
  check_word("--borders", c.borders, {"exact", "reflect"});
  check_word("--normalize", c.normalize, {"none", "mean", "model"});
  check_word("--algorithm", c.algorithm, {"exact", "accurate", "fast"});
  check_word("--passes", c.passes, {"single", "masked", "mixed"});
  auto const only_for = [&](bool given, char const* option, std::initializer_list<char const*> kinds) {
    bool const fits = std::ranges::find(kinds, c.network) != kinds.end();
    expects<value_error>(!given || fits, "{} is for --network {}, not {}; leave it out", option,
                         fmt::format("{}", fmt::join(kinds, " and ")), c.network);
  };
  only_for(!c.blind.empty(), "--blind", {"udvd", "laine"});
  only_for(!c.borders.empty(), "--borders", {"udvd"});
  only_for(c.final_relu.has_value(), "--final-relu", {"udvd"});
  only_for(c.residual.has_value(), "--residual", {"cnn"});
  only_for(!c.z_contrast.empty(), "--z-contrast", {"dcae"});
  only_for(!c.passes.empty(), "--passes", {"dcae"});
  if (!c.memory.empty()) bytes_of(c.memory);
}

/// (n, y, x) of what a file holds: an image, a stack or a scan.
shape3 stack_shape(io::info const& what, std::string const& role) {
  auto const& s = what.shape;
  expects<shape_error>(
      s.size() >= 2 && s.size() <= 4,
      "{}: has {} indices ({}); give an image (y, x), a stack (n, y, x) or a scan (b, a, y, x)", role,
      s.size(), io::text_of(s));
  expects<shape_error>(std::ranges::find(s, 0u) == s.end(), "{}: is empty, {}", role, io::text_of(s));
  std::size_t n = 1;
  for (std::size_t i = 0; i + 2 < s.size(); ++i) n *= s[i];
  shape3 const shape{n, s[s.size() - 2], s[s.size() - 1]};
  constexpr std::size_t most = std::numeric_limits<int>::max() / 8;
  for (std::size_t const extent : shape)
    expects<shape_error>(extent <= most, "{}: an extent of {} is too large ({}); cut it", role, extent,
                         io::text_of(s));
  return shape;
}

/// Energies next to each other are no neighbours in an image.
void check_positions(denoise_command const& c, io::info const& stack) {
  if (c.network == "dcae") return;  // has its own check
  std::size_t const indices = stack.shape.size();
  for (std::size_t i = indices - 2; i < std::min(indices, stack.axes.size()); ++i)
    expects<shape_error>(stack.axes[i].name.find("nergy") == std::string::npos,
                         "stack ({}): the energies are index {}; {}", c.stack, i,
                         indices > 2 ? "move them to the front" : "give an image (y, x)");
}

/// A file with another ending beside the output.
std::string beside(std::string const& output, std::string const& ending) {
  auto file = io::detail::locate(output).file;
  file.replace_filename(file.stem().string() + ending);
  return file.string();
}

void check_outputs(denoising_plan const& p) {
  auto const& c = p.asked;
  std::vector<std::string> inputs{c.stack};
  for (auto const& file : {c.reference, c.weights, c.z_contrast})
    if (!file.empty()) inputs.push_back(file);
  check_output_file(c.output, inputs);
  auto const where = io::detail::locate(c.output);
  expects<shape_error>(
      p.what.shape.size() < 4 || io::detail::kind_of_name(where.file) != io::detail::kind::mrc,
      "{}: MRC files do not hold four indices ({}); write .npy or .h5", c.output, io::text_of(p.what.shape));
  std::error_code ec;
  for (auto const& file : {p.report, p.picture}) {
    for (auto const& input : inputs)
      expects<file_error>(!fs::equivalent(file, io::detail::locate(input).file, ec),
                          "{}: is written beside the output and would replace the input {}; choose another "
                          "output",
                          file, input);
    io::atomic_file const writable(file);
  }
}

}  // namespace

bool denoising_plan::searches() const {
  return !network && !asked.sigma && !asked.weight && (asked.automatic || !asked.reference.empty());
}

std::size_t bytes_of(std::string const& text) {
  char* end = nullptr;
  double bytes = std::strtod(text.c_str(), &end);
  std::string const unit = end;
  static constexpr std::string_view letters = "KMGT";
  if (auto const i = unit.size() == 1 ? letters.find(unit[0]) : std::string::npos; i != std::string::npos)
    bytes *= std::pow(1024.0, static_cast<double>(i + 1));
  else
    expects<value_error>(unit.empty() && end != text.c_str(),
                         "--memory {}: give bytes, as 4G, 500M or 1000000", text);
  expects<value_error>(bytes >= 1 && bytes <= 0x1p60, "--memory {}: give 1 byte to 1048576T", text);
  return static_cast<std::size_t>(bytes);
}

denoising_plan plan_denoising(denoise_command const& c) {
  denoising_plan p;
  p.asked = c;
  expects<value_error>(!c.method.empty() || !c.network.empty(),
                       "what to denoise with is missing; give {}, or {} with --weights FILE", methods,
                       networks);
  expects<value_error>(c.method.empty() || c.network.empty(),
                       "--method {} and --network {} are both given; choose one", c.method, c.network);
  check_word("--noise", c.noise, {"auto", "poisson", "gaussian"});
  if (c.network.empty()) {
    p.how = filter_named(c.method);
    check_filter(c, p.how);
  } else {
    check_network(c);
  }
  check_threads(c.threads);
  p.what = look(c.stack);
  p.shape = stack_shape(p.what, "stack (" + c.stack + ")");
  check_positions(c, p.what);
  auto const [narrow, wide] = std::minmax(p.shape[1], p.shape[2]);
  if (p.shape[0] > 1 && narrow < 8 && wide >= 8 * narrow)
    p.warnings.push_back(
        fmt::format("the images are {} x {} (y x), the last two indices of {}; if these are no "
                    "positions, move them to the front",
                    p.shape[1], p.shape[2], io::text_of(p.what.shape)));
  if (!c.reference.empty()) {
    p.reference_shape = look(c.reference).shape;
    expects<shape_error>(p.reference_shape == p.what.shape,
                         "reference ({}): is {}, the stack ({}) is {}; give one of the same shape",
                         c.reference, io::text_of(p.reference_shape), c.stack, io::text_of(p.what.shape));
  }
  p.report = beside(c.output, "_report.json");
  p.picture = beside(c.output, ".png");
  check_outputs(p);
  double const stacks = c.reference.empty() ? 4 : 5;  // in, out, residual, and a copy while reading
  check_memory(stacks * sizeof(float) * static_cast<double>(count_of(p.shape)),
               "denoise fewer images at a time");
  if (!c.network.empty()) p.network = load_network(c, p.what, p.shape, p.warnings);
  return p;
}

}  // namespace tomoedx::cli
