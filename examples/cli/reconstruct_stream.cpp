// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "progress.hpp"
#include "reconstruct.hpp"
#include "signals.hpp"

#include <tomoedx/distribute/stream.hpp>
#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/part_reader.hpp>
#include <tomoedx/io/part_writer.hpp>

#include <algorithm>
#include <cmath>

// reconstruct --memory: rows go from files to files in slabs, each reconstructed by the method as if it were all.
namespace tomoedx::cli {
namespace {

/// Everything that looks at all rows at once is refused.
void check_streamable(reconstruction_plan const& p) {
  auto const refuse = [](bool given, char const* what) {
    expects<value_error>(!given, "--memory: {} would need all rows at once; leave it out", what);
  };
  for (option const o : {option::mask, option::warm_start, option::uncertainty, option::checkpoint})
    refuse(p.options.has(o), row_of(o).flag);
  for (option const o : {option::stop_change, option::stop_residual})
    refuse(p.options.number(o) > 0, row_of(o).flag);
  refuse(!p.asked.rows.empty(), "--rows");
  refuse(!p.dy.empty(), "--shifts along y");
  refuse(p.asked.normalize_haadf, "--normalize-haadf");
  refuse(p.joins_haadf() && !p.options.has(option::ratios), "estimating response ratios (give --ratios)");
}

/// What EM starts all rows from: the constant whose projection holds as many counts as the data.
double start_of_counts(reconstruction_plan const& p, std::vector<io::part_reader>& sources) {
  std::vector<float> ones(p.beam.depth * p.beam.width, 1.0f), shadow(p.beam.tilts() * p.beam.detector);
  host::project(p.beam, p.kind, {ones.data(), {p.beam.depth, 1, p.beam.width}},
                {shadow.data(), {p.beam.tilts(), 1, p.beam.detector}});
  double rays = 0, counts = 0;
  for (float const v : shadow) rays += static_cast<double>(v);
  rays *= static_cast<double>(p.recorded[1] * sources.size());
  for (auto& source : sources) {
    std::vector<float> line(p.recorded[1] * p.recorded[2]);
    for (std::size_t t = 0; t < p.recorded[0]; ++t) {
      stop_if_asked();
      source.read(io::part{.first_line = t, .lines = 1, .first_row = 0, .rows = p.recorded[1]}, line.data());
      for (float const v : line) counts += static_cast<double>(v);
    }
  }
  return rays > 0 && counts > 0 ? counts / rays : 1;
}

/// The method on one slab after the other. Models `slab_compute`.
class slab_method {
 public:
  slab_method(reconstruction_plan const& p, double start)
      : plan_(p), start_(start), display_(p.asked.method, p.asked.quiet), options_(p.options) {
    if (start_ > 0) options_.set(option::warm_start, std::string("the same constant"));
    ranges_.resize(p.volume_names().size());
  }

  std::size_t bytes(std::size_t rows) const {
    auto const [series, volumes] = plan_.how->memory;
    std::size_t const padded = (rows + 63) / 64 * 64;
    double const stack = static_cast<double>(plan_.channel_count() * plan_.beam.rays() * padded);
    double const volume = static_cast<double>(ranges_.size() * plan_.beam.voxels() * padded);
    return static_cast<std::size_t>(sizeof(float) * (series * stack + volumes * volume));
  }

  void operator()(slab const& s) {
    std::vector<host::input> series;
    std::vector<host::output> volumes;
    for (std::size_t c = 0; c < plan_.channel_count(); ++c) {
      series.push_back({s.stacks + c * s.stack_grid.channel_stride,
                        {s.stack_grid.lines, s.where.rows, s.stack_grid.columns}});
      check_counts(series.back(), c, s);
    }
    for (std::size_t e = 0; e < ranges_.size(); ++e) {
      float* const to = s.volumes + e * s.volume_grid.channel_stride;
      std::fill_n(to, s.volume_grid.channel_stride, static_cast<float>(start_));
      volumes.push_back({to, {s.volume_grid.lines, s.where.rows, s.volume_grid.columns}});
    }
    host::input haadf{};
    if (plan_.joins_haadf()) haadf = series.back(), series.pop_back();
    auto const solved =
        plan_.how->solve({.beam = plan_.beam,
                          .kind = plan_.kind,
                          .series = series,
                          .volumes = volumes,
                          .haadf = haadf,
                          .mask = {},
                          .ratios = plan_.options.list(option::ratios),
                          .doses = {},
                          .haadf_tilts = {},
                          .options = options_,
                          .watch = [&](progress const& p) {
                            return display_({s.index * p.iterations + p.iteration, s.slabs * p.iterations,
                                             p.residual, p.by_channel});
                          }});
    if (solved.ended == ending::observer || caught_signal() != 0)
      throw cancelled(fmt::format("interrupted in slab {} of {}; nothing was written", s.index + 1, s.slabs));
    add(solved);
    for (std::size_t e = 0; e < ranges_.size(); ++e)
      ranges_[e].add({volumes[e].data, s.volume_grid.channel_stride});
  }

  host::convex_report report() const {
    auto all = sum_;
    for (double& v : all.residuals) v = std::sqrt(v);
    for (auto& channels : all.by_channel)
      for (double& v : channels) v = std::sqrt(v);
    return all;
  }
  std::vector<value_range> const& ranges() const { return ranges_; }

 private:
  /// Maps are counts; so is HAADF for a method of counts. Stream itself has refused NaN.
  void check_counts(host::input const& series, std::size_t channel, slab const& s) const {
    bool const map = channel < plan_.maps.size();
    if (!map && !plan_.how->counts) return;
    auto const count = s.stack_grid.channel_stride;
    auto const found = std::find_if(series.data, series.data + count, [](float v) { return v < 0; });
    if (found == series.data + count) return;
    auto const at = static_cast<std::size_t>(found - series.data);
    fail<value_error>(
        "{}: the value at (tilt {}, y {}, x {}) is {}; counts are not negative, clip it at 0 first",
        map ? plan_.maps[channel].role() : plan_.haadf->role(), at / s.where.rows / s.stack_grid.columns,
        s.where.first + at / s.stack_grid.columns % s.where.rows, at % s.stack_grid.columns, *found);
  }

  /// Squared norms of all slabs together.
  void add(solve_report const& r) {
    sum_.iterations = std::max(sum_.iterations, r.iterations);
    sum_.residuals.resize(std::max(sum_.residuals.size(), r.residuals.size()));
    sum_.by_channel.resize(sum_.residuals.size());
    for (std::size_t i = 0; i < r.residuals.size(); ++i) {
      sum_.residuals[i] += r.residuals[i] * r.residuals[i];
      sum_.by_channel[i].resize(r.by_channel[i].size());
      for (std::size_t c = 0; c < r.by_channel[i].size(); ++c)
        sum_.by_channel[i][c] += r.by_channel[i][c] * r.by_channel[i][c];
    }
  }

  reconstruction_plan const& plan_;
  double start_;
  progress_display display_;
  option_values options_;
  host::convex_report sum_;
  std::vector<value_range> ranges_;
};

}  // namespace

void stream_reconstruction(reconstruction_plan const& p) {
  stopwatch clock;
  check_streamable(p);
  std::size_t const memory = bytes_of(p.options.text(option::memory));
  host::describe_machine();  // starts Kokkos
  std::vector<io::part_reader> sources;
  for (auto const& m : p.maps) sources.emplace_back(m.path);
  if (p.haadf) sources.emplace_back(p.haadf->path);
  io::atomic_directory directory(p.asked.output,
                                 p.asked.force ? io::existing::replace : io::existing::refuse);
  auto const axes = volume_axes(p.x_nm, p.y_nm);
  auto const names = p.volume_names();
  auto const shape = p.volume();
  std::vector<std::string> files;
  std::vector<io::part_writer> sinks;
  for (auto const& name : names) {
    files.push_back(name + p.extension);
    sinks.emplace_back((directory.path() / files.back()).string(), io::shape3{shape[0], shape[1], shape[2]},
                       axes);
  }
  slab_method method(p, p.how->counts ? start_of_counts(p, sources) : 0);
  auto const streamed = stream(sources, sinks, method, {.memory_bytes = memory});

  reconstruction_data d;
  d.steps.push_back(
      fmt::format("{} rows went from files to files in {} slabs of {}, within {} bytes of memory",
                  p.recorded[1], streamed.plan.slabs(), streamed.plan.keep, memory));
  if (p.joins_haadf()) d.link = haadf_link{p.options.list(option::ratios), 0, 0};
  auto record = record_of(p, d, method.report());
  for (std::size_t v = 0; v < names.size(); ++v) {
    auto const& r = method.ranges()[v];
    record.outputs.push_back(
        {names[v], files[v], units_of(p, names[v]), {shape[0], shape[1], shape[2]}, r.low, r.high, r.sum});
  }
  record.phases = {{"read", streamed.read_seconds},
                   {"iterate", streamed.compute_seconds},
                   {"write", streamed.write_seconds}};
  record.seconds = clock.seconds();
  files.emplace_back("report.json");
  save_text((directory.path() / files.back()).string(), to_json(record));
  stop_if_asked();
  directory.commit();
  if (p.asked.quiet) return;
  fmt::print("{}: {} slabs in {:.2f} s\n{}: {}\n", p.asked.method, streamed.plan.slabs(), record.seconds,
             p.asked.output, fmt::join(files, " "));
}

}  // namespace tomoedx::cli
