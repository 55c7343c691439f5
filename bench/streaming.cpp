// SPDX-License-Identifier: BSD-3-Clause
// A reconstruction that is larger than the memory it may take: seconds of reading, computing and writing, what overlap
// gained, the largest memory of the process.
//
//     streaming --rows 1024 --width 2048 --tilts 31 --iterations 3 --memory 4096 --format h5 --folder /tmp
//
// The series is that of a row of cylinders in a folder of its own, which goes away at the end. Prints `key value` lines.
#include <tomoedx/distribute/stream_methods.hpp>
#include <tomoedx/io/part_reader.hpp>
#include <tomoedx/io/part_writer.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace io = tomoedx::io;

namespace {

struct arguments {
  std::map<std::string, std::string> given{{"rows", "1024"},    {"width", "2048"},  {"tilts", "31"},
                                           {"iterations", "3"}, {"memory", "4096"}, {"format", "mrc"},
                                           {"folder", "/tmp"},  {"overlap", "1"}};

  arguments(int count, char** words) {
    for (int i = 1; i + 1 < count; i += 2) given.at(std::string(words[i]).substr(2)) = words[i + 1];
  }
  std::size_t number(char const* key) const { return std::stoul(given.at(key)); }
};

/// A folder that goes away.
struct folder {
  std::filesystem::path path;
  explicit folder(std::string const& in)
      : path(std::filesystem::path(in) / fmt::format("tomoedx-streaming-{}", std::random_device{}())) {
    std::filesystem::create_directory(path);
  }
  ~folder() { std::filesystem::remove_all(path); }
};

/// Radius of the cylinder in row y, and the projection of a disc of density 1 with this radius.
double radius(std::size_t y, std::size_t rows, std::size_t width) {
  return static_cast<double>(width) *
         (0.25 + 0.15 * std::sin(6.0 * static_cast<double>(y) / static_cast<double>(rows)));
}
double disc(double s, double r) {
  return std::abs(s) < r ? 2 * std::sqrt(r * r - s * s) : 0;
}

void make_series(std::string const& path, io::shape3 const& shape) {
  io::part_writer out(path, shape);
  std::vector<float> line(shape[1] * shape[2]);
  for (std::size_t y = 0; y < shape[1]; ++y)
    for (std::size_t x = 0; x < shape[2]; ++x)
      line[y * shape[2] + x] = static_cast<float>(disc(
          static_cast<double>(x) - 0.5 * static_cast<double>(shape[2] - 1), radius(y, shape[1], shape[2])));
  for (std::size_t t = 0; t < shape[0]; ++t)
    out.write({t, 1, 0, shape[1]}, line.data());  // a centred disc at every tilt
  out.commit();
}

double largest_mib() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

double processor_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  auto const seconds = [](timeval const& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

void run(arguments const& a) {
  std::size_t const rows = a.number("rows"), width = a.number("width"), tilts = a.number("tilts");
  folder const here(a.given.at("folder"));
  std::string const series = (here.path / ("series." + a.given.at("format"))).string(),
                    volume = (here.path / ("volume." + a.given.at("format"))).string();
  make_series(series, {tilts, rows, width});
  tomoedx::parallel_beam beam;
  for (std::size_t t = 0; t < tilts; ++t)
    beam.tilts_deg.push_back(-70 + 140 * static_cast<double>(t) / static_cast<double>(tilts - 1));

  Kokkos::DefaultExecutionSpace const space;
  fmt::print("memory_before_mib {:.0f}\n", largest_mib());
  tomoedx::streamed_solve done;
  double const before = processor_seconds();
  {
    std::vector<io::part_reader> in;
    in.emplace_back(series);
    std::vector<io::part_writer> out;
    out.emplace_back(volume, io::shape3{width, rows, width});
    done =
        tomoedx::stream_sirt(space, beam, in, out, {.iterations = a.number("iterations")},
                             {.memory_bytes = a.number("memory") << 20, .overlap = a.number("overlap") != 0});
  }
  auto const& s = done.stream;
  fmt::print("volume_bytes {}\nmemory_allowed_mib {}\nmemory_planned_mib {:.0f}\nmemory_largest_mib {:.0f}\n",
             4 * width * width * rows, a.number("memory"), static_cast<double>(s.plan.bytes) / (1 << 20),
             largest_mib());
  fmt::print("slabs {}\nrows_of_a_slab {}\n", s.plan.slabs(), s.plan.keep);
  fmt::print("read_s {:.2f}\ncompute_s {:.2f}\nwrite_s {:.2f}\nall_s {:.2f}\noverlap_gained_s {:.2f}\n",
             s.read_seconds, s.compute_seconds, s.write_seconds, s.seconds,
             s.read_seconds + s.compute_seconds + s.write_seconds - s.seconds);
  fmt::print("processor_s {:.2f}\nns_per_pixel_angle_slice_iteration {:.3f}\n", processor_seconds() - before,
             1e9 * s.compute_seconds /
                 (static_cast<double>(width) * static_cast<double>(width) * static_cast<double>(rows) *
                  static_cast<double>(tilts) * static_cast<double>(a.number("iterations"))));
  fmt::print("residuals {:.6g}\n", fmt::join(done.solve.residuals, " "));

  io::part_reader check(volume);  // the middle of each cylinder is about as dense as it should be
  std::vector<float> row(width);
  double least = 1e9, most = 0;
  for (std::size_t y = 0; y < rows; y += std::max<std::size_t>(1, rows / 16)) {
    check.read({width / 2, 1, y, 1}, row.data());
    least = std::min(least, static_cast<double>(row[width / 2])),
    most = std::max(most, static_cast<double>(row[width / 2]));
  }
  fmt::print("density_in_the_middle {:.3f} {:.3f}\n", least, most);
}

}  // namespace

int main(int count, char** words) {
  Kokkos::ScopeGuard const kokkos;
  try {
    run(arguments(count, words));
  } catch (std::exception const& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
