// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_NPY_HEADER_HPP
#define TOMOEDX_IO_DETAIL_NPY_HEADER_HPP
// IWYU pragma: private, include "tomoedx/io/npy.hpp"

#include <tomoedx/io/array.hpp>

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tomoedx::io::detail {

/// Reads the one Python literal an .npy header holds:
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class npy_header {
 public:
  npy_header(std::string_view text, std::string_view file) : text_(text), file_(file) { parse(); }

  scalar_type type() const { return type_; }
  std::endian bytes() const { return bytes_; }
  index_order order() const { return *fortran_ ? index_order::fortran : index_order::c; }
  std::vector<std::size_t> const& shape() const { return *shape_; }

 private:
  void parse() {
    require('{', "a dictionary");
    while (!take('}')) {
      std::string const key = quoted("a key");
      require(':', "':' after a key");
      bool const twice = (key == "descr" && have_type_) || (key == "fortran_order" && fortran_) ||
                         (key == "shape" && shape_);
      expects<file_error>(!twice, "{}: npy header names '{}' twice", file_, key);
      if (key == "descr")
        descr();
      else if (key == "fortran_order")
        truth();
      else if (key == "shape")
        extents();
      else
        fail<file_error>("{}: npy header has an unknown key '{}'", file_, key.substr(0, 40));
      if (!take(',')) {
        require('}', "',' or '}'");
        break;
      }
    }
    skip();
    expects<file_error>(at_ == text_.size(), "{}: npy header has {} more characters after its dictionary",
                        file_, text_.size() - at_);
    expects<file_error>(have_type_, "{}: npy header lacks 'descr' (the type)", file_);
    expects<file_error>(fortran_.has_value(), "{}: npy header lacks 'fortran_order'", file_);
    expects<file_error>(shape_.has_value(), "{}: npy header lacks 'shape'", file_);
  }

  void descr() {
    skip();
    expects<file_error>(at_ < text_.size() && text_[at_] != '[',
                        "{}: holds records (a structured type); save one field of them alone", file_);
    std::string const d = quoted("the type as text");
    have_type_ = true;
    char const mark = d.empty() ? ' ' : d.front();
    bool const marked = mark == '<' || mark == '>' || mark == '|' || mark == '=';
    bytes_ = mark == '>' ? std::endian::big : mark == '<' ? std::endian::little : std::endian::native;
    std::string_view const kind = std::string_view(d).substr(marked ? 1 : 0);
    char const first = kind.empty() ? ' ' : kind.front();
    expects<file_error>(first != 'c', "{}: holds complex numbers ({}); save real and imaginary part apart",
                        file_, d);
    expects<file_error>(first != 'O', "{}: holds Python objects, not numbers; save it with a numeric dtype",
                        file_);
    expects<file_error>(first != 'S' && first != 'a' && first != 'U', "{}: holds text ({}), not numbers",
                        file_, d);
    expects<file_error>(first != 'M' && first != 'm', "{}: holds dates ({}), not numbers", file_, d);
    expects<file_error>(first != 'V', "{}: holds raw bytes or records ({}), not numbers", file_, d);
    struct known {
      std::string_view name;
      scalar_type type;
    };
    static constexpr known table[] = {
        {"b1", scalar_type::u8},  {"i1", scalar_type::i8},  {"u1", scalar_type::u8},
        {"i2", scalar_type::i16}, {"u2", scalar_type::u16}, {"i4", scalar_type::i32},
        {"u4", scalar_type::u32}, {"i8", scalar_type::i64}, {"u8", scalar_type::u64},
        {"f2", scalar_type::f16}, {"f4", scalar_type::f32}, {"f8", scalar_type::f64}};
    for (known const& k : table)
      if (k.name == kind) {
        expects<file_error>(mark != '|' || size_of(k.type) == 1,
                            "{}: npy type '{}' does not say its byte order", file_, d);
        type_ = k.type;
        return;
      }
    fail<file_error>("{}: holds '{}', not one of the types we read (b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8)",
                     file_, d.substr(0, 40));
  }

  void truth() {
    skip();
    if (word("True"))
      fortran_ = true;
    else if (word("False"))
      fortran_ = false;
    else
      fail<file_error>("{}: npy header: 'fortran_order' is neither True nor False", file_);
  }

  void extents() {
    shape_.emplace();
    require('(', "the shape in brackets");
    while (!take(')')) {
      skip();
      expects<file_error>(at_ >= text_.size() || text_[at_] != '-', "{}: npy header has a negative extent",
                          file_);
      std::size_t n = 0;
      auto const [end, failed] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
      expects<file_error>(failed != std::errc::result_out_of_range,
                          "{}: npy header has an extent beyond 64 bits", file_);
      expects<file_error>(failed == std::errc{},
                          "{}: npy header: the shape holds something else than numbers", file_);
      at_ = std::size_t(end - text_.data());
      word("L");  // Python 2 wrote long integers so
      shape_->push_back(n);
      expects<file_error>(shape_->size() <= 64, "{}: npy header has more than 64 indices", file_);
      bool const comma = take(',');
      expects<file_error>(comma || shape_->size() > 1, "{}: npy header: the shape is a number, not a list",
                          file_);
      if (!comma) {
        require(')', "',' or ')' in the shape");
        break;
      }
    }
  }

  std::string quoted(std::string_view what) {
    skip();
    char const quote = at_ < text_.size() ? text_[at_] : ' ';
    expects<file_error>(quote == '\'' || quote == '"', "{}: npy header: {} is wanted at character {}", file_,
                        what, at_);
    auto const end = text_.find(quote, at_ + 1);
    expects<file_error>(end != std::string_view::npos, "{}: npy header: a text has no end", file_);
    std::string const inner(text_.substr(at_ + 1, end - at_ - 1));
    for (char const c : inner)
      expects<file_error>(c >= ' ' && c <= '~', "{}: npy header: a text holds the byte {}", file_,
                          int(static_cast<unsigned char>(c)));
    at_ = end + 1;
    return inner;
  }

  void skip() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  void require(char c, std::string_view what) {
    expects<file_error>(take(c), "{}: npy header: {} is wanted at character {}", file_, what, at_);
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  scalar_type type_ = scalar_type::f32;
  std::endian bytes_ = std::endian::native;
  bool have_type_ = false;
  std::optional<bool> fortran_;
  std::optional<std::vector<std::size_t>> shape_;
};

}  // namespace tomoedx::io::detail

#endif
