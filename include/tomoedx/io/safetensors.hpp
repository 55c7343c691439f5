// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_SAFETENSORS_HPP
#define TOMOEDX_IO_SAFETENSORS_HPP

// Needs nlohmann-json; without TOMOEDX_JSON this header declares nothing.
#if defined(TOMOEDX_JSON)

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/input.hpp>
#include <tomoedx/io/detail/safetensors_header.hpp>
#include <tomoedx/io/detail/safetensors_text.hpp>
#include <tomoedx/io/detail/safetensors_values.hpp>
#include <tomoedx/io/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io {

/// What a weight file says of one tensor.
struct tensor_info {
  std::string dtype;  ///< as in the file: "F32", "BF16", ...
  std::vector<std::size_t> shape;
  std::uint64_t bytes = 0;
};

/// What a weight file says of itself, known without reading its values.
struct safetensors_info {
  std::map<std::string, tensor_info> tensors;
  std::map<std::string, std::string> metadata;
};

namespace detail {

/// Read and check the header; afterwards the data begin where the reader stands, and all of them are there.
inline safetensors_header open_safetensors(input& in) {
  unsigned char first[8] = {};
  expects<file_error>(in.size() >= 8, "{}: {} bytes are too few for a safetensors file", in.name(),
                      in.size());
  in.read(first, 8);
  std::string text(std::size_t(header_length(first, in.size(), in.name())), ' ');
  in.read(text.data(), text.size());
  return parse_header(text, in.left(), in.name());
}

}  // namespace detail

/// What a safetensors file holds: names, types, shapes and metadata. The values are not read.
///
/// throws   file_error
inline safetensors_info inspect_safetensors(std::filesystem::path const& path) {
  detail::input in(path);
  auto header = detail::open_safetensors(in);
  safetensors_info what{{}, std::move(header.metadata)};
  for (auto& [name, e] : header.tensors)
    what.tensors[name] = {std::string(detail::name_of(e.type)), std::move(e.shape), e.end - e.begin};
  return what;
}

/// Read a safetensors file. Everything it says is checked against its size first: memory taken is at most eight times
/// the file and 20 MB. Every value is kept exactly: F32, F16, BF16, I8, U8, I16, U16 and BOOL become float, F64 and the
/// wider integers (counters such as num_batches_tracked) double.
///
/// throws   file_error naming the file and the tensor; other dtypes and integers beyond 2^53 are refused
/// source   https://github.com/huggingface/safetensors, "Format"
inline named_tensors read_safetensors(std::filesystem::path const& path) {
  detail::input in(path);
  auto header = detail::open_safetensors(in);
  auto const data = in.position();
  return detail::read_tensors(std::move(header), in.name(),
                              [&](std::uint64_t at, std::size_t bytes, void* to) {
                                in.seek(data + at);
                                in.read(to, bytes);
                              });
}

/// The same for a file that is in memory already; `name` stands for it in errors.
inline named_tensors read_safetensors(std::span<std::byte const> file, std::string const& name) {
  expects<file_error>(file.size() >= 8, "{}: {} bytes are too few for a safetensors file", name, file.size());
  auto const* const bytes = reinterpret_cast<unsigned char const*>(file.data());
  auto const length = std::size_t(detail::header_length(bytes, file.size(), name));
  auto const data = file.subspan(8 + length);
  std::string_view const text(reinterpret_cast<char const*>(bytes) + 8, length);
  return detail::read_tensors(
      detail::parse_header(text, data.size(), name), name,
      [&](std::uint64_t at, std::size_t count, void* to) { std::memcpy(to, data.data() + at, count); });
}

/// Write a safetensors file: names in order, float tensors as F32, double ones as F64, the data of these first so that
/// every value lies at a multiple of its size. An existing file is replaced once the new one is complete.
///
/// throws   file_error; value_error when a name or the metadata cannot be written, shape_error for a tensor without
///          values; nothing is left behind
inline void write_safetensors(std::filesystem::path const& path, named_tensors const& tensors) {
  auto const header = detail::header_text(tensors, path.string());
  atomic_file file(path);
  file.write(header);
  detail::each_written(tensors, [&](void const* from, std::size_t bytes) { file.write(from, bytes); });
  file.commit();
}

}  // namespace tomoedx::io

#endif
#endif
