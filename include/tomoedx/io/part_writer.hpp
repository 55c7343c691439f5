// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_PART_WRITER_HPP
#define TOMOEDX_IO_PART_WRITER_HPP

#include <tomoedx/io/atomic_file.hpp>
#include <tomoedx/io/detail/mrc_start.hpp>
#include <tomoedx/io/detail/npy_start.hpp>
#include <tomoedx/io/detail/reserve.hpp>
#include <tomoedx/io/file.hpp>
#include <tomoedx/io/part.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tomoedx::io {

/// A volume (z, y, x) or stack (tilt, y, x) that is written part by part, in any order, and appears under its name when
/// all of it was written.
///
///     io::part_writer out("iron.mrc", {depth, rows, width});      // or .npy, .h5, a.h5:/Fe
///     out.write(io::rows_of(out.shape(), 64, 64), values.data());  // rows 64 to 127 of every z
///     out.commit();
///
/// Until commit() the values are in a hidden file beside the target, which has its full size from the beginning; it goes
/// away with the writer. Values are 32 bit floats in one piece, z slowest, so z-slices and rows of slabs are both read
/// in long runs. Models `slab_sink`.
class part_writer {
 public:
  /// Make the file, with room for all values.
  ///
  /// throws   shape_error for axes that are not three, or sizes the format cannot hold; file_error when the target
  ///          cannot be written or the disk is too full
  part_writer(std::string const& path, shape3 const& shape, std::vector<axis> const& axes = {})
      : name_(path), shape_(shape) {
    std::vector<std::size_t> const extents(shape.begin(), shape.end());
    auto const count = count_of(extents, sizeof(float));
    expects<shape_error>(count && *count > 0, "{}: cannot write the shape {}", path, text_of(extents));
    expects<shape_error>(axes.empty() || axes.size() == 3, "{}: {} axes for 3 indices; give 3 or none", path,
                         axes.size());
    detail::location const where = detail::locate(path);
    detail::kind const kind = detail::kind_of_name(where.file);
    expects<file_error>(kind != detail::kind::unknown, "{}: the extension names no format we know: {}", path,
                        detail::known_extensions);
    expects<file_error>(where.dataset.empty() || kind == detail::kind::hdf5,
                        "{}: ':{}' is for HDF5 files only", path, where.dataset);
    if (kind == detail::kind::hdf5) {
      detail::check_hdf5(path);
      expects<file_error>(where.file.extension() != ".hspy" && where.file.extension() != ".nxs",
                          "{}: is read but not written; write .emd or .h5", path);
    }
    file_ = std::make_unique<atomic_file>(where.file);
    detail::check_room(file_->target(), *count * sizeof(float) + 65536);
    if (kind == detail::kind::npy) {
      begin_with(detail::npy_start<float>(extents));
    } else if (kind == detail::kind::mrc) {
      header_ = std::make_unique<detail::mrc_bytes>(detail::mrc_start(extents, axes, path));
      begin_with({reinterpret_cast<char const*>(header_->data()), header_->size()});
    } else {
#ifdef TOMOEDX_HDF5
      file_->release();
      detail::quiet const no_printing;
      std::string group = detail::group_name(where.dataset, path);
      if (group.empty()) group = where.file.stem().string();
      if (group.empty() || group == "." || group == "..") group = "values";
      begin_ = detail::write_emd(file_->temporary(), path, group, 0, detail::native<float>(), extents, axes,
                                 nullptr);
#endif
    }
    open(*count * sizeof(float));
    missing_ = shape[0] * shape[1];
    there_.assign(missing_, false);
  }

  std::string const& name() const noexcept {
    return name_;
  }
  shape3 const& shape() const noexcept {
    return shape_;
  }
  /// The file that all of it becomes; an older one is replaced with everything in it.
  std::filesystem::path const& target() const noexcept {
    return file_->target();
  }

  /// Write a part.
  ///
  /// shapes   `from` is (lines, rows, columns), row-major
  /// throws   shape_error when the part is not inside; value_error when a row of it was written before; file_error
  void write(part const& p, float const* from) {
    check(p, shape_, name_);
    expects<file_error>(stream_ != nullptr, "{}: was already committed", name_);
    for (std::size_t l = 0; l < p.lines; ++l)
      for (std::size_t r = 0; r < p.rows; ++r)
        expects<value_error>(!there_[place(p, l) + r], "{}: row {} of line {} is written a second time",
                             name_, p.first_row + r, p.first_line + l);
    bool const whole = p.rows == shape_[1];
    std::size_t const runs = whole ? 1 : p.lines, length = p.rows * shape_[2] * (whole ? p.lines : 1);
    for (std::size_t l = 0; l < runs; ++l) put(place(p, l) * shape_[2], from + l * length, length);
    if (header_ != nullptr) statistics_.add(from, count_of(p, shape_));
    for (std::size_t l = 0; l < p.lines; ++l)
      std::fill_n(there_.begin() + static_cast<std::ptrdiff_t>(place(p, l)), p.rows, true);
    missing_ -= p.lines * p.rows;
  }

  /// Give the file its name.
  ///
  /// throws   value_error when rows were never written; file_error
  void commit() {
    expects<value_error>(missing_ == 0, "{}: {} of {} rows were never written; the file is not put in place",
                         name_, missing_, there_.size());
    expects<file_error>(stream_ != nullptr, "{}: was already committed", name_);
    if (header_ != nullptr) {
      statistics_.put(*header_);
      put_bytes(0, header_->data(), header_->size());
    }
    errno = 0;
    int const failed = std::fclose(stream_.release());
    int const code = errno;
    expects<file_error>(failed == 0, "{}: closing failed: {}", name_,
                        detail::reason(code, "is the disk full?"));
    file_->commit();
  }

 private:
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  std::size_t place(part const& p, std::size_t line) const {
    return (p.first_line + line) * shape_[1] + p.first_row;
  }
  void begin_with(std::string_view bytes) {
    file_->write(bytes);
    begin_ = bytes.size();
  }
  void open(std::uint64_t values) {
    file_->release();
    errno = 0;
    stream_.reset(std::fopen(file_->temporary().c_str(), "r+b"));
    int const code = errno;
    expects<file_error>(stream_ != nullptr, "{}: cannot be written: {}", name_,
                        detail::reason(code, "refused"));
    std::setvbuf(stream_.get(), nullptr, _IONBF, 0);
    detail::reserve(stream_.get(), file_->temporary(), begin_ + values, name_);
  }
  void put(std::size_t first_value, float const* values, std::size_t count) {
    put_bytes(begin_ + first_value * sizeof(float), values, count * sizeof(float));
  }
  void put_bytes(std::uint64_t at, void const* bytes, std::size_t size) {
    errno = 0;
    bool const good = std::fseek(stream_.get(), static_cast<long>(at), SEEK_SET) == 0 &&
                      std::fwrite(bytes, 1, size, stream_.get()) == size;
    int const code = errno;
    expects<file_error>(good, "{}: writing {} bytes at byte {} failed: {}", name_, size, at,
                        detail::reason(code, "is the disk full?"));
  }

  std::string name_;
  shape3 shape_;
  std::unique_ptr<atomic_file> file_;  // before the stream: it is removed after that was closed
  std::unique_ptr<std::FILE, closer> stream_;
  std::uint64_t begin_ = 0;
  std::unique_ptr<detail::mrc_bytes> header_;
  detail::mrc_statistics statistics_;
  std::vector<bool> there_;
  std::size_t missing_ = 0;
};

}  // namespace tomoedx::io

#endif
