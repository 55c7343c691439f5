// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_PART_READER_HPP
#define TOMOEDX_IO_PART_READER_HPP

#include <tomoedx/io/detail/raw_part.hpp>
#include <tomoedx/io/file.hpp>
#include <tomoedx/io/part.hpp>
#ifdef TOMOEDX_HDF5
#include <tomoedx/io/detail/hdf5_part.hpp>
#endif

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace tomoedx::io {

/// An open stack (tilt, y, x) or volume (z, y, x) of which parts are read, as often as wanted and in any order.
///
///     io::part_reader haadf("haadf.mrc");                           // or .npy, .h5, a.h5:/tilts/Fe
///     haadf.read(io::rows_of(haadf.shape(), 64, 64), buffer.data());  // rows 64 to 127 of every tilt
///
/// Every type of number, byte order and order of indices that read() knows. Models `slab_source`.
class part_reader {
 public:
  /// throws   file_error; shape_error when the file has not three indices
  explicit part_reader(std::string const& path) : name_(path) {
    detail::location const where = detail::locate(path);
    detail::kind const kind = detail::kind_of_file(where);
    if (kind == detail::kind::hdf5) {
      detail::check_hdf5(path);
#ifdef TOMOEDX_HDF5
      detail::quiet const no_printing;
      dataset_ = std::make_unique<detail::hdf5_dataset>(detail::open_hdf5(where.file, where.dataset));
      what_ = dataset_->what;
#endif
    } else {
      in_ = std::make_unique<detail::input>(where.file);
      if (kind == detail::kind::npy)
        open_npy();
      else
        open_mrc();
      begin_ = in_->position();
    }
    expects<shape_error>(what_.shape.size() == 3,
                         "{}: has the shape {}; three indices (tilt, y, x) or (z, y, x) are wanted", path,
                         text_of(what_.shape));
    for (std::size_t i = 0; i < 3; ++i) shape_[i] = what_.shape[i];
  }

  std::string const& name() const noexcept {
    return name_;
  }
  shape3 const& shape() const noexcept {
    return shape_;
  }
  info const& what() const noexcept {
    return what_;
  }

  /// Read a part; values become T.
  ///
  /// shapes   `to` has room for (lines, rows, columns), row-major
  /// throws   shape_error when the part is not inside; file_error; value_error when a number does not fit T
  template <scalar T>
  void read(part const& p, T* to) {
    check(p, shape_, name_);
    if (in_ != nullptr) return detail::read_raw_part(*in_, begin_, how_, shape_, p, to);
#ifdef TOMOEDX_HDF5
    detail::quiet const no_printing;
    detail::read_hdf5_part(*dataset_, p, to);
#endif
  }

 private:
  void open_npy() {
    what_ = detail::open_npy(*in_);
    how_ = {what_.type, what_.bytes, what_.shape, detail::row_major(what_.shape)};
    if (what_.order == index_order::c) return;
    std::reverse(how_.extents.begin(), how_.extents.end());
    std::reverse(how_.steps.begin(), how_.steps.end());
  }
  void open_mrc() {
    detail::mrc_file f = detail::open_mrc(*in_);
    what_ = std::move(f.what);
    how_ = std::move(f.how);
  }

  std::string name_;
  info what_;
  shape3 shape_{};
  std::unique_ptr<detail::input> in_;
  detail::layout how_;
  std::uint64_t begin_ = 0;
#ifdef TOMOEDX_HDF5
  std::unique_ptr<detail::hdf5_dataset> dataset_;
#endif
};

}  // namespace tomoedx::io

#endif
