// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "pictures.hpp"
#include "progress.hpp"
#include "provenance.hpp"
#include "signals.hpp"

#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/detail/location.hpp>
#include <tomoedx/version.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace tomoedx::cli {
namespace {
namespace fs = std::filesystem;

settings effective_options(denoising_plan const& p) {
  auto const& c = p.asked;
  settings s;
  auto const text = [](std::string const& t) { return t.empty() ? setting{} : setting{t}; };
  auto const number = [](std::optional<double> const& v) { return v ? setting{*v} : setting{}; };
  auto const flag = [](std::optional<bool> const& v) { return v ? setting{*v} : setting{}; };
  if (p.network) {
    s.emplace_back("network", c.network);
    s.emplace_back("weights", c.weights);
    s.emplace_back("sigma", number(c.sigma));
    s.emplace_back("blind", text(c.blind));
    s.emplace_back("final_relu", flag(c.final_relu));
    s.emplace_back("residual", flag(c.residual));
    s.emplace_back("borders", text(c.borders));
    s.emplace_back("normalize", text(c.normalize));
    s.emplace_back("metadata", text(fmt::format("{}", fmt::join(c.metadata, " "))));
    s.emplace_back("algorithm", text(c.algorithm));
    s.emplace_back("memory", text(c.memory));
    s.emplace_back("z_contrast", text(c.z_contrast));
    s.emplace_back("passes", text(c.passes));
    s.emplace_back("clamp", c.clamp);
  } else {
    s.emplace_back("method", c.method);
    s.emplace_back("sigma", number(c.sigma));
    s.emplace_back("weight", number(c.weight));
    s.emplace_back("auto", c.automatic);
    s.emplace_back("noise", c.noise);
  }
  s.emplace_back("reference", text(c.reference));
  s.emplace_back("threads", static_cast<std::int64_t>(c.threads));
  return s;
}

/// Numbers of an array for the report.
template <class Side>
void describe(Side& side, std::vector<float> const& values) {
  auto const [low, high] = std::ranges::minmax(values);
  double sum = 0;
  for (float const v : values) sum += static_cast<double>(v);
  side.min = low;
  side.max = high;
  side.mean = sum / static_cast<double>(values.size());
}

std::string sentence(denoising_plan const& p, chosen_parameter const& parameter) {
  if (p.network) return fmt::format("denoised by the {} of {}", p.asked.network, p.asked.weights);
  return fmt::format("denoised by {}, {} {}, {}", p.asked.method, parameter.name,
                     parameter.value ? fmt::format("{:.6g}", *parameter.value) : "of its own",
                     parameter.chosen);
}

denoising_record record_of(denoising_plan const& p, denoising_data const& d,
                           chosen_parameter const& parameter, judgement const& found) {
  denoising_record r;
  r.version = version;
  r.method = p.name();
  r.options = effective_options(p);
  r.input.path = p.asked.stack;
  r.input.format = p.what.format;
  r.input.type = io::name_of(p.what.type);
  r.output.path = fs::path(p.asked.output).filename().string();
  r.output.format = fs::path(io::detail::locate(p.asked.output).file).extension().string().substr(1);
  r.output.type = "f32";
  r.input.shape = r.output.shape = p.what.shape;
  describe(r.input, d.stack);
  describe(r.output, d.result);
  r.noise = {{"model", std::string(d.noise.counts ? "poisson"
                                   : p.network    ? "unknown"
                                                  : "gaussian")},
             {"why", d.noise.why}};
  if (!p.network) r.noise.emplace_back("level", d.noise.level);
  r.parameter.name = parameter.name;
  r.parameter.chosen = parameter.chosen;
  if (parameter.value) r.parameter.value = *parameter.value;
  r.parameter.sample = parameter.sample;
  r.parameter.tried = parameter.tried;
  if (p.network) p.network->describe(r);
  r.residual = found.residual;
  r.autocorrelation.most = found.lags;
  r.autocorrelation.values = found.autocorrelation;
  r.autocorrelation.blind_spot = found.blind_spot;
  r.reference = found.reference;
  r.steps = d.steps;
  r.steps.push_back(sentence(p, parameter));
  r.warnings = d.warnings;
  return r;
}

/// The image to show: the middle one; of a spectrum image that with the most in it.
std::size_t shown_image(denoising_plan const& p, denoising_data const& d) {
  if (p.asked.network != "dcae") return p.shape[0] / 2;
  std::size_t best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < p.shape[0]; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < p.pixels(); ++k) sum += static_cast<double>(d.stack[i * p.pixels() + k]);
    if (sum > most) most = sum, best = i;
  }
  return best;
}

void draw(denoising_plan const& p, denoising_data const& d, chosen_parameter const& parameter,
          judgement const& found, std::string const& file) {
  std::size_t const i = shown_image(p, d);
  auto const image = [&](std::vector<float> const& v) {
    return std::span<float const>(v).subspan(i * p.pixels(), p.pixels());
  };
  std::string title = p.name();
  if (parameter.value)
    title += fmt::format(", {} {:.4g}", p.how == filter::tv ? "weight" : "sigma", *parameter.value);
  title += fmt::format(", image {} of {}", i + 1, p.shape[0]);
  draw_denoised(file, title, image(d.stack), image(d.result), p.shape[1], p.shape[2], found.autocorrelation,
                nanometres_along(p.what.axes, p.what.shape.size() - 1));
}

/// Give a finished file its name; a link is followed.
void put_in_place(fs::path const& from, fs::path const& to) {
  std::error_code ec;
  auto const target = fs::is_symlink(fs::symlink_status(to, ec)) ? fs::weakly_canonical(to, ec) : to;
  fs::rename(from, target, ec);
  if (ec == std::errc::cross_device_link)
    fs::copy_file(from, target, fs::copy_options::overwrite_existing, ec);
  expects<file_error>(!ec, "{}: cannot be put in place: {}", to.string(), ec.message());
}

}  // namespace

std::vector<std::string> write_denoising(denoising_plan const& p, denoising_data const& d,
                                         chosen_parameter const& parameter, judgement const& found,
                                         settings const& machine, denoising_times const& times) {
  stopwatch clock;
  auto const where = io::detail::locate(p.asked.output);
  auto const name = where.file.filename().string();
  io::atomic_directory const staging(where.file.string() + ".files", io::existing::replace);
  auto const staged = [&](std::string const& file) {
    return (staging.path() / fs::path(file).filename()).string();
  };
  auto record = record_of(p, d, parameter, found);
  record.machine = machine;
  save_array(staged(name) + (where.dataset.empty() ? "" : ":" + where.dataset), p.what.shape, d.result,
             p.what.axes);
  stop_if_asked();
  bool const drawn = has_pictures() && !p.asked.no_figures;
  if (drawn) {
    draw(p, d, parameter, found, staged(p.picture));
    record.pictures.push_back(fs::path(p.picture).filename().string());
  } else if (!p.asked.no_figures) {
    record.steps.emplace_back("no picture: this build has no libpng");
  }
  double const write = clock.seconds();
  record.phases = {{"read", times.read},
                   {"choose", times.choose},
                   {"denoise", times.denoise},
                   {"judge", times.judge},
                   {"write", write}};
  record.seconds = times.read + times.choose + times.denoise + times.judge + write;
  record.machine.emplace_back("peak_bytes", static_cast<std::int64_t>(peak_bytes()));
  save_text(staged(p.report), to_json(record));
  stop_if_asked();

  std::vector<std::string> files{where.file.string(), p.report};
  if (drawn) files.push_back(p.picture);
  for (auto const& file : files) put_in_place(staged(file), file);
  return files;
}

}  // namespace tomoedx::cli
