// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_HDF5_HANDLE_HPP
#define TOMOEDX_IO_DETAIL_HDF5_HANDLE_HPP
// IWYU pragma: private, include "tomoedx/io/hdf5.hpp"

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/scalar_type.hpp>

#include <hdf5.h>

#include <string>
#include <utility>

namespace tomoedx::io::detail {

/// Owns one HDF5 identifier.
class handle {
 public:
  handle() = default;
  handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {}
  handle(handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~handle() { close(); }

  explicit operator bool() const noexcept { return id_ >= 0; }
  operator hid_t() const noexcept { return id_; }  // NOLINT: reads like the C interface
  bool close() noexcept { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// While this lives HDF5 prints nothing; afterwards the host's own setting is back.
class quiet {
 public:
  quiet() {
    H5open();
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5Eclear2(H5E_DEFAULT);
  }
  quiet(quiet const&) = delete;
  quiet& operator=(quiet const&) = delete;
  ~quiet() {
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, function_, data_);
  }

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// The innermost message of HDF5's error stack on one line, or "no reason given".
inline std::string hdf5_reason() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, H5E_error2_t const* e, void* to) -> herr_t {
        auto& t = *static_cast<std::string*>(to);
        if (t.empty() && e->desc != nullptr) t = e->desc;
        return 0;
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text.empty() ? "no reason given" : text;
}

/// The memory type of a C++ number.
template <scalar T>
hid_t native() {
  switch (scalar_type_of<T>()) {
    case scalar_type::i8:
      return H5T_NATIVE_INT8;
    case scalar_type::u8:
      return H5T_NATIVE_UINT8;
    case scalar_type::i16:
      return H5T_NATIVE_INT16;
    case scalar_type::u16:
      return H5T_NATIVE_UINT16;
    case scalar_type::i32:
      return H5T_NATIVE_INT32;
    case scalar_type::u32:
      return H5T_NATIVE_UINT32;
    case scalar_type::i64:
      return H5T_NATIVE_INT64;
    case scalar_type::u64:
      return H5T_NATIVE_UINT64;
    case scalar_type::f32:
      return H5T_NATIVE_FLOAT;
    default:
      return H5T_NATIVE_DOUBLE;
  }
}

}  // namespace tomoedx::io::detail

#endif
