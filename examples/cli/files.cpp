// SPDX-License-Identifier: BSD-3-Clause
#include "files.hpp"

#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/file.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace tomoedx::cli {
namespace fs = std::filesystem;

io::info look(std::string const& file) {
  return io::inspect(file);
}

io::info look_at_three(std::string const& file, std::string const& role) {
  io::info i = io::inspect(file);
  expects<shape_error>(i.shape.size() == 3, "{} ({}): has {} indices ({}), three are wanted: {}", role, file,
                       i.shape.size(), io::text_of(i.shape),
                       role == "volume" || role == "mask" ? "(z, y, x)" : "(tilt, y, x)");
  expects<shape_error>(shape_of(i)[0] > 0 && shape_of(i)[1] > 0 && shape_of(i)[2] > 0,
                       "{} ({}): is empty, {}", role, file, io::text_of(i.shape));
  return i;
}

shape3 shape_of(io::info const& i) {
  return {i.shape.at(0), i.shape.at(1), i.shape.at(2)};
}

std::vector<dataset> datasets_in([[maybe_unused]] std::string const& file) {
  std::vector<dataset> list;
#ifdef TOMOEDX_HDF5
  io::detail::quiet const no_printing;
  std::error_code ec;
  if (!fs::is_regular_file(file, ec) || H5Fis_hdf5(file.c_str()) <= 0) return list;
  io::detail::handle const opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!opened) return list;
  io::detail::walker const all(opened);
  for (auto const& d : all.datasets()) list.push_back({d.path, d.shape});
#endif
  return list;
}

io::array<float> load(std::string const& file) {
  return io::read<float>(file);
}
io::array<double> load_double(std::string const& file) {
  return io::read<double>(file);
}

void check_values(std::span<float const> values, shape3 const& shape, std::string const& role,
                  char const* first, allowed which) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    float const v = values[i];
    if (std::isfinite(v) && (v >= 0 || which == allowed::finite)) [[likely]]
      continue;
    std::size_t const x = i % shape[2], y = i / shape[2] % shape[1], t = i / shape[2] / shape[1];
    expects<value_error>(std::isfinite(v),
                         "{}: the value at ({} {}, y {}, x {}) is {}; replace NaN and infinite values, "
                         "by the median of their neighbours for instance",
                         role, first, t, y, x, v);
    fail<value_error>(
        "{}: the value at ({} {}, y {}, x {}) is {}; counts are not negative, clip it at 0 first", role,
        first, t, y, x, v);
  }
}

void save(std::string const& file, shape3 const& shape, std::span<float const> values,
          std::vector<io::axis> const& axes) {
  io::write(file, io::array_view<float>({shape[0], shape[1], shape[2]}, values, axes));
}
void save(std::string const& file, shape3 const& shape, std::span<std::uint8_t const> values,
          std::vector<io::axis> const& axes) {
  io::write(file, io::array_view<std::uint8_t>({shape[0], shape[1], shape[2]}, values, axes));
}
void save_array(std::string const& file, std::vector<std::size_t> const& shape, std::span<float const> values,
                std::vector<io::axis> const& axes) {
  io::write(file, io::array_view<float>(shape, values, axes));
}
void save_text(std::string const& file, std::string const& text) {
  io::atomic_file out(file);
  out.write(text);
  out.commit();
}

void check_output_file(std::string const& output, std::vector<std::string> const& inputs) {
  auto const where = io::detail::locate(output);
  auto const kind = io::detail::kind_of_name(where.file);
  expects<file_error>(kind != io::detail::kind::unknown, "{}: the extension names no format we know: {}",
                      output, io::detail::known_extensions);
  expects<file_error>(where.dataset.empty() || kind == io::detail::kind::hdf5,
                      "{}: ':{}' is for HDF5 files only", output, where.dataset);
  if (kind == io::detail::kind::hdf5) {
    io::detail::check_hdf5(output);
    expects<file_error>(where.file.extension() != ".hspy" && where.file.extension() != ".nxs",
                        "{}: is read but not written; write .emd or .h5", output);
    io::detail::group_name(where.dataset, output);
  }
  std::error_code ec;
  for (auto const& input : inputs)
    expects<file_error>(!fs::equivalent(where.file, io::detail::locate(input).file, ec),
                        "{}: would replace the input {}; choose another name", output, input);
  expects<file_error>(where.dataset.empty() || !fs::exists(where.file, ec),
                      "{}: {} exists and would be replaced as a whole; choose a new file", output,
                      where.file.string());
  io::atomic_file const writable(where.file);  // leaves nothing behind
}

std::string extension_for(std::string const& format) {
  expects<value_error>(format == "npy" || format == "mrc" || format == "h5",
                       "--format {}: is none of npy, mrc and h5", format);
  expects<value_error>(
      format != "h5" || io::has_hdf5,
      "--format h5: this build has no HDF5; take npy or mrc, or configure with TOMOEDX_HDF5=ON");
  return "." + format;
}

void check_output_directory(std::string const& output, bool force, std::vector<std::string> const& inputs) {
  std::error_code ec;
  fs::path const target = fs::weakly_canonical(fs::absolute(output, ec), ec);
  if (force && fs::exists(target, ec))
    for (auto const& input : inputs) {
      auto const file = fs::weakly_canonical(io::detail::locate(input).file, ec);
      auto const inside = file.lexically_relative(target);
      expects<file_error>(inside.empty() || *inside.begin() == "..",
                          "{}: holds the input {}, which --force would remove; choose another directory",
                          output, input);
    }
  if (!force && fs::is_directory(target, ec) && !fs::is_empty(target, ec))
    fail<file_error>("{}: exists and is not empty; choose another directory, or give --force to replace it",
                     output);
  io::atomic_directory const writable(output, force ? io::existing::replace : io::existing::refuse);
}

std::vector<named_file> arrays_in(std::string const& directory) {
  std::vector<named_file> list;
  std::error_code ec;
  for (fs::directory_iterator i(directory, ec), end; !ec && i != end; i.increment(ec)) {
    auto const& path = i->path();
    if (path.filename().string().starts_with('.') || !i->is_regular_file(ec)) continue;
    if (io::detail::kind_of_name(path) != io::detail::kind::unknown)
      list.push_back({path.stem().string(), path.string()});
  }
  expects<file_error>(!ec, "{}: cannot be listed: {}", directory, ec.message());
  std::ranges::sort(list, {}, [](named_file const& f) { return f.path; });
  return list;
}

double nanometres_along(std::vector<io::axis> const& axes, std::size_t index) {
  if (index >= axes.size()) return 0;
  auto const unit = io::nanometres_in(axes[index].units);
  double const nm = unit ? std::abs(*unit * axes[index].scale) : 0;
  return std::isfinite(nm) ? nm : 0;
}

namespace {
io::axis length_axis(char const* name, double nm, double offset = 0) {
  return nm > 0 ? io::axis{name, "nm", nm, offset} : io::axis{name, "", 1, 0};
}
}  // namespace

std::vector<io::axis> volume_axes(double x_nm, double y_nm, double y_offset_nm) {
  return {length_axis("z", x_nm), length_axis("y", y_nm, y_offset_nm), length_axis("x", x_nm)};
}
std::vector<io::axis> stack_axes(double x_nm, double y_nm, double y_offset_nm) {
  return {io::axis{"tilt", "", 1, 0}, length_axis("y", y_nm, y_offset_nm), length_axis("x", x_nm)};
}

/// What Linux calls available, and the limit of a container.
double free_memory() {
  double available = 0;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string line; std::getline(meminfo, line);)
    if (line.starts_with("MemAvailable:")) available = 1024 * std::strtod(line.c_str() + 13, nullptr);
  if (long const pages = sysconf(_SC_PHYS_PAGES); available == 0 && pages > 0)
    available = static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
  double limit = 0, used = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit &&
      std::ifstream("/sys/fs/cgroup/memory.current") >> used && limit > used)
    available = available == 0 ? limit - used : std::min(available, limit - used);
  return available;
}

void check_memory(double bytes, std::string const& remedy) {
  double const have = free_memory();
  expects<value_error>(have == 0 || bytes <= have,
                       "about {:.3g} GiB of memory are needed, {:.3g} GiB are free; {}", bytes / 0x1p30,
                       have / 0x1p30, remedy);
}

}  // namespace tomoedx::cli
