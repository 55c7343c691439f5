// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_FILES_HPP
#define TOMOEDX_CLI_FILES_HPP

#include <tomoedx/io/array.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

// Files of any format, with the templates of tomoedx/io behind plain functions. All throw
// tomoedx::file_error, shape_error or value_error with one line for the user.
namespace tomoedx::cli {

using shape3 = std::array<std::size_t, 3>;

inline std::string text_of(shape3 const& s) {
  return io::text_of({s[0], s[1], s[2]});
}
inline std::size_t count_of(shape3 const& s) {
  return s[0] * s[1] * s[2];
}

/// What a file says of itself, without its values.
io::info look(std::string const& file);

/// The same for a stack or a volume: three indices, none of them empty.
/// `role` is what the file is for the user.
io::info look_at_three(std::string const& file, std::string const& role);
shape3 shape_of(io::info const& i);

/// The datasets of numbers in an HDF5 file, or nothing for another file; `path` and shape.
struct dataset {
  std::string path;
  std::vector<std::size_t> shape;
};
std::vector<dataset> datasets_in(std::string const& file);

io::array<float> load(std::string const& file);
io::array<double> load_double(std::string const& file);

/// Which values of a file are refused.
enum class allowed { finite, not_negative };

/// Throw value_error at the first value that is not allowed, with its index and the remedy. `first` names the
/// slowest index: "tilt" or "z".
void check_values(std::span<float const> values, shape3 const& shape, std::string const& role,
                  char const* first, allowed which);

void save(std::string const& file, shape3 const& shape, std::span<float const> values,
          std::vector<io::axis> const& axes);
void save(std::string const& file, shape3 const& shape, std::span<std::uint8_t const> values,
          std::vector<io::axis> const& axes);
void save_array(std::string const& file, std::vector<std::size_t> const& shape, std::span<float const> values,
                std::vector<io::axis> const& axes);
void save_text(std::string const& file, std::string const& text);

/// Throw unless `output` can be written in the format of its extension, in a folder that exists, over none
/// of the `inputs`, and without replacing a whole file by one dataset.
void check_output_file(std::string const& output, std::vector<std::string> const& inputs);

/// The extension for --format: npy, mrc or h5, if this build writes it.
std::string extension_for(std::string const& format);

/// Throw unless the directory can be made, or replaced with `force`; it must hold none of the `inputs` then.
void check_output_directory(std::string const& output, bool force, std::vector<std::string> const& inputs);

/// Files in a directory that can be read as arrays, by name; `NAME.EXT`, sorted.
struct named_file {
  std::string name, path;
};
std::vector<named_file> arrays_in(std::string const& directory);

/// Pixel size along an index in nm, 0 when the file does not know it.
double nanometres_along(std::vector<io::axis> const& axes, std::size_t index);

/// Axes of a volume or stack; 0 nm stands for an unknown pixel size.
std::vector<io::axis> volume_axes(double x_nm, double y_nm, double y_offset_nm = 0);
std::vector<io::axis> stack_axes(double x_nm, double y_nm, double y_offset_nm = 0);

/// Bytes that this machine has free, or 0 where nobody tells.
double free_memory();

/// Throw value_error if `bytes` are more than this machine has free, with `remedy`.
void check_memory(double bytes, std::string const& remedy);

}  // namespace tomoedx::cli

#endif
