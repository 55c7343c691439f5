// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_TENSOR_HPP
#define TOMOEDX_IO_TENSOR_HPP

#include <tomoedx/core/error.hpp>

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tomoedx::io {

/// A named array out of a weight file, in the precision it is worth: half precision becomes float.
///
/// shapes   row-major, slowest extent first; no extents at all for a scalar
class tensor {
 public:
  tensor() = default;

  /// throws   tomoedx::shape_error when the number of values is not the product of the extents
  template <class T>
  tensor(std::vector<std::size_t> shape, std::vector<T> values) : shape_(std::move(shape)) {
    std::size_t number = 1;
    for (auto const extent : shape_) {
      expects<shape_error>(extent == 0 || number <= std::numeric_limits<std::size_t>::max() / 16 / extent,
                           "tensor: an extent of {} makes it larger than memory can be", extent);
      number *= extent;
    }
    expects<shape_error>(number == values.size(), "tensor: the shape asks for {} values, there are {}",
                         number, values.size());
    values_ = std::move(values);
  }

  std::vector<std::size_t> const& shape() const { return shape_; }
  std::size_t size() const {
    return std::visit([](auto const& v) { return v.size(); }, values_);
  }
  bool is_double() const { return values_.index() == 1; }

  double operator[](std::size_t i) const {
    return is_double() ? std::get<1>(values_)[i] : static_cast<double>(std::get<0>(values_)[i]);
  }

  /// The values as they are kept: std::vector<float> or std::vector<double>.
  template <class T>
  std::vector<T> const& values() const {
    return std::get<std::vector<T>>(values_);
  }

  friend bool operator==(tensor const&, tensor const&) = default;

 private:
  std::vector<std::size_t> shape_;
  std::variant<std::vector<float>, std::vector<double>> values_;
};

/// What a weight file holds: arrays by name, and text about them.
struct named_tensors {
  std::map<std::string, tensor> tensors;
  std::map<std::string, std::string> metadata;
};

}  // namespace tomoedx::io

#endif
