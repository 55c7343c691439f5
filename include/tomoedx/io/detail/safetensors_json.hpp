// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_SAFETENSORS_JSON_HPP
#define TOMOEDX_IO_DETAIL_SAFETENSORS_JSON_HPP
// IWYU pragma: private, include "tomoedx/io/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <tomoedx/core/error.hpp>
#include <tomoedx/io/detail/safetensors_dtype.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

inline constexpr std::size_t most_indices = 64;         // of one tensor; PyTorch has the same bound
inline constexpr std::size_t most_metadata = 1u << 16;  // entries: each costs ten times its text in memory

/// One tensor as the header describes it: data from `begin` to before `end`, counted from the end of the header.
struct safetensors_entry {
  dtype type = dtype::f32;
  std::vector<std::size_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct safetensors_header {
  std::map<std::string, safetensors_entry> tensors;
  std::map<std::string, std::string> metadata;
};

/// A name out of a file, safe to print on one line.
inline std::string shown(std::string_view text) {
  static constexpr std::size_t most = 100;
  std::string out;
  for (char const c : text.substr(0, most)) {
    auto const byte = static_cast<unsigned char>(c);
    out += byte >= 32 && byte < 127 ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return out + (text.size() > most ? "..." : "");
}

/// Takes the events of the JSON parser, which keeps no stack of ours: {name: {dtype, shape, data_offsets}, ...} and
/// {"__metadata__": {text: text}} become a safetensors_header; anything else is refused where it begins.
class safetensors_events final : public nlohmann::json_sax<nlohmann::json> {
 public:
  safetensors_events(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  safetensors_header take() { return std::move(header_); }

  bool null() override { return refuse("null"); }
  bool boolean(bool b) override { return refuse(b ? "true" : "false"); }
  bool number_integer(std::int64_t v) override { return refuse(fmt::format("{}", v)); }
  bool number_float(double, std::string const& s) override { return refuse(shown(s)); }
  bool binary(binary_t&) override { return refuse("bytes"); }

  bool number_unsigned(std::uint64_t v) override {
    if (at_ != place::list) return refuse(fmt::format("{}", v));
    expects<file_error>(list_.size() < (field_ == "shape" ? most_indices : 2),
                        "{}: tensor '{}' has more than {} numbers in its {}", file_, shown(name_),
                        list_.size(), field_);
    list_.push_back(v);
    return true;
  }

  bool string(std::string& s) override {
    if (at_ == place::metadata) {
      header_.metadata[field_] = std::move(s);
    } else if (at_ == place::fields && field_ == "dtype") {
      auto const type = dtype_of(s);
      if (!type)
        fail<file_error>("{}: tensor '{}' has the dtype '{}'; we read {}", file_, shown(name_), shown(s),
                         fmt::format("{}", fmt::join(dtype_names, " ")));
      type_ = type;
    } else {
      return refuse("text");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (at_ == place::outside) {
      at_ = place::tensors;
    } else if (at_ == place::tensors) {
      at_ = name_ == "__metadata__" ? place::metadata : place::fields;
      type_.reset(), shape_.reset(), offsets_.reset();
    } else {
      return refuse("an object");
    }
    return true;
  }

  bool key(std::string& k) override {
    if (at_ == place::tensors) {
      bool const twice =
          k == "__metadata__" ? std::exchange(have_metadata_, true) : header_.tensors.contains(k);
      expects<file_error>(!twice, "{}: the header has '{}' twice", file_, shown(k));
      name_ = std::move(k);
      return true;
    }
    if (at_ == place::metadata) {
      expects<file_error>(!header_.metadata.contains(k), "{}: __metadata__ has '{}' twice", file_, shown(k));
      expects<file_error>(header_.metadata.size() < most_metadata,
                          "{}: __metadata__ has more than {} entries", file_, most_metadata);
    } else {
      expects<file_error>(k == "dtype" || k == "shape" || k == "data_offsets",
                          "{}: tensor '{}' has an unknown field '{}'", file_, shown(name_), shown(k));
      bool const twice = k == "dtype"   ? type_.has_value()
                         : k == "shape" ? shape_.has_value()
                                        : offsets_.has_value();
      expects<file_error>(!twice, "{}: tensor '{}' has '{}' twice", file_, shown(name_), k);
    }
    field_ = std::move(k);
    return true;
  }

  bool end_object() override {
    if (at_ == place::fields) {
      for (auto const& [there, what] : {std::pair{type_.has_value(), "dtype"},
                                        {shape_.has_value(), "shape"},
                                        {offsets_.has_value(), "data_offsets"}})
        expects<file_error>(there, "{}: tensor '{}' has no {}", file_, shown(name_), what);
      expects<file_error>(offsets_->size() == 2, "{}: tensor '{}' has {} data_offsets, two are wanted", file_,
                          shown(name_), offsets_->size());
      header_.tensors.emplace(
          std::move(name_), safetensors_entry{*type_, std::move(*shape_), offsets_->at(0), offsets_->at(1)});
    }
    at_ = at_ == place::tensors ? place::outside : place::tensors;
    return true;
  }

  bool start_array(std::size_t) override {
    if (at_ != place::fields || field_ == "dtype") return refuse("a list");
    at_ = place::list;
    list_.clear();
    return true;
  }

  bool end_array() override {
    (field_ == "shape" ? shape_ : offsets_).emplace(list_.begin(), list_.end());
    at_ = place::fields;
    return true;
  }

  bool parse_error(std::size_t position, std::string const&, nlohmann::detail::exception const&) override {
    position = std::min(position, text_.size());  // one beyond where the text ends too early
    std::size_t const from = position - std::min<std::size_t>(position, 20);
    fail<file_error>("{}: the header cannot be read as JSON at its byte {} of {}, after '{}'", file_,
                     position, text_.size(), shown(text_.substr(from, position - from)));
  }

 private:
  enum class place { outside, tensors, metadata, fields, list };

  bool refuse(std::string const& found) const {
    switch (at_) {
      case place::outside:
        fail<file_error>("{}: the header is {}, an object is wanted", file_, found);
      case place::tensors:
        fail<file_error>("{}: '{}' is {}, an object is wanted", file_, shown(name_), found);
      case place::metadata:
        fail<file_error>("{}: '{}' of __metadata__ is {}, text is wanted", file_, shown(field_), found);
      case place::fields:
        fail<file_error>("{}: {} of tensor '{}' is {}, {} is wanted", file_, field_, shown(name_), found,
                         field_ == "dtype" ? "text" : "a list");
      case place::list:
        break;
    }
    fail<file_error>("{}: {} of tensor '{}' holds {}, whole numbers of 0 to 2^64 - 1 are wanted", file_,
                     field_, shown(name_), found);
  }

  std::string_view text_, file_;
  safetensors_header header_;
  place at_ = place::outside;
  bool have_metadata_ = false;
  std::string name_, field_;
  std::vector<std::uint64_t> list_;
  std::optional<dtype> type_;
  std::optional<std::vector<std::size_t>> shape_, offsets_;
};

}  // namespace tomoedx::io::detail

#endif
