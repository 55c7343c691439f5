// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_METADATA_HPP
#define TOMOEDX_NN_METADATA_HPP

#include <tomoedx/nn/description.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

/// What the tensors of a weight file do not tell, as text in its metadata:
///
///     key            values                           of
///     arch           unet, udvd, laine, cnn, dcae     all; checked against the tensors
///     normalize      none, mean, model                all; model with offset and scale
///     offset, scale  numbers                          all
///     concat_order   upsampled_first, skip_first      unet
///     odd_sizes      mirror, fill, crop               unet
///     frames         1, 3, 5, 9                       udvd; checked against the tensors
///     channels       of each frame                    udvd; checked against the tensors
///     blind          1, 3, 5, ... or ROWSxCOLUMNS     udvd; laine (one number)
///     final_relu     0, 1                             udvd
///     borders        exact, reflect                   udvd
///     residual       0, 1                             cnn
///     epsilon        a number                         cnn
///
/// Other keys (source, licence, ...) are for people. An option of a program is the same key, set before recognising.
namespace tomoedx::nn {

using metadata = std::map<std::string, std::string>;

/// The keys that are understood.
inline constexpr std::array<std::string_view, 13> metadata_keys{
    "arch",     "normalize", "offset",     "scale",   "concat_order", "odd_sizes", "frames",
    "channels", "blind",     "final_relu", "borders", "residual",     "epsilon"};

namespace detail {

inline std::string const* find(metadata const& m, std::string const& key) {
  auto const at = m.find(key);
  return at == m.end() ? nullptr : &at->second;
}

template <class T>
bool parse(std::string_view text, T& value) {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Set `option` to what one of the words means, if the key is there.
template <class O, class V>
void choose(metadata const& m, std::string const& key, O& option,
            std::initializer_list<std::pair<std::string_view, V>> words) {
  auto const* text = find(m, key);
  if (!text) return;
  std::string known;
  for (auto const& [word, meaning] : words) {
    if (*text == word) {
      option = meaning;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  fail<value_error>("weights: metadata '{}' is '{}'; it should be one of {}", key, *text, known);
}

inline void choose(metadata const& m, std::string const& key, std::optional<bool>& option) {
  choose<std::optional<bool>, bool>(m, key, option,
                                    {{"0", false}, {"1", true}, {"false", false}, {"true", true}});
}

inline void choose(metadata const& m, std::string const& key, double& option) {
  auto const* text = find(m, key);
  if (!text) return;
  expects<value_error>(parse(*text, option) && std::isfinite(option),
                       "weights: metadata '{}' is '{}'; it should be a number", key, *text);
}

inline void choose(metadata const& m, std::string const& key, std::optional<blind_spot>& option) {
  auto const* text = find(m, key);
  if (!text) return;
  auto const cross = text->find('x');
  blind_spot b;
  bool const known =
      parse(std::string_view(*text).substr(0, cross), b.rows) &&
      parse(std::string_view(*text).substr(cross == std::string::npos ? 0 : cross + 1), b.columns);
  expects<value_error>(known && b.rows >= 1 && b.columns >= 1 && b.rows % 2 == 1 && b.columns % 2 == 1,
                       "weights: metadata '{}' is '{}'; it should be an odd number or two, ROWSxCOLUMNS", key,
                       *text);
  option = b;
}

/// Complain if the metadata say otherwise than the tensors.
inline void agree(metadata const& m, std::string const& key, std::string const& found) {
  auto const* text = find(m, key);
  expects<value_error>(!text || *text == found, "weights: metadata '{}' is '{}', the tensors say {}", key,
                       text ? *text : "", found);
}

inline void read_options(metadata const& m, unet& u) {
  choose<concat_order, concat_order>(
      m, "concat_order", u.order,
      {{"upsampled_first", concat_order::upsampled_first}, {"skip_first", concat_order::skip_first}});
  choose<odd_sizes, odd_sizes>(
      m, "odd_sizes", u.odd,
      {{"mirror", odd_sizes::mirror}, {"fill", odd_sizes::fill}, {"crop", odd_sizes::crop}});
}

inline void read_options(metadata const& m, udvd& u) {
  agree(m, "frames", std::to_string(u.frames));
  agree(m, "channels", std::to_string(u.channels));
  choose(m, "blind", u.blind);
  choose(m, "final_relu", u.final_relu);
  choose<blind_borders, blind_borders>(
      m, "borders", u.borders, {{"exact", blind_borders::exact}, {"reflect", blind_borders::reflect}});
}

inline void read_options(metadata const& m, laine& l) {
  std::optional<blind_spot> spot{{l.blind, l.blind}};
  choose(m, "blind", spot);
  expects<value_error>(spot->rows == spot->columns,
                       "weights: metadata 'blind' is {} x {}; Laine's has one number", spot->rows,
                       spot->columns);
  l.blind = spot->rows;
}

inline void read_options(metadata const& m, residual_cnn& r) {
  choose(m, "residual", r.residual);
  choose(m, "epsilon", r.epsilon);
}

inline void read_options(metadata const&, autoencoder&) {}

inline std::optional<normalization> read_normalization(metadata const& m) {
  using rule = normalization::rule;
  std::optional<rule> by;
  choose<std::optional<rule>, rule>(m, "normalize", by,
                                    {{"none", rule::none}, {"mean", rule::mean}, {"model", rule::model}});
  if (!by) return {};
  normalization n{.by = *by};
  if (n.by == rule::model) {
    for (char const* key : {"offset", "scale"})
      expects<value_error>(m.contains(key), "weights: metadata 'normalize' is 'model', and '{}' is not there",
                           key);
    choose(m, "offset", n.offset);
    choose(m, "scale", n.scale);
    expects<value_error>(n.scale > 0, "weights: metadata 'scale' is {}; it must be positive", n.scale);
  }
  return n;
}

}  // namespace detail

/// The metadata of a file that says all of this: read again with the same tensors, it gives the same description.
inline metadata metadata_of(description const& d) {
  metadata m{{"arch", std::string(name_of(d.net))}};
  auto const flag = [&](char const* key, std::optional<bool> const& value) {
    if (value) m[key] = *value ? "1" : "0";
  };
  if (auto const* u = std::get_if<unet>(&d.net)) {
    m["concat_order"] = u->order == concat_order::skip_first ? "skip_first" : "upsampled_first";
    m["odd_sizes"] = u->odd == odd_sizes::mirror ? "mirror" : u->odd == odd_sizes::fill ? "fill" : "crop";
  } else if (auto const* v = std::get_if<udvd>(&d.net)) {
    m["frames"] = std::to_string(v->frames);
    m["channels"] = std::to_string(v->channels);
    if (v->blind) m["blind"] = fmt::format("{}x{}", v->blind->rows, v->blind->columns);
    flag("final_relu", v->final_relu);
    m["borders"] = v->borders == blind_borders::exact ? "exact" : "reflect";
  } else if (auto const* l = std::get_if<laine>(&d.net)) {
    m["blind"] = std::to_string(l->blind);
  } else if (auto const* r = std::get_if<residual_cnn>(&d.net)) {
    flag("residual", r->residual);
    m["epsilon"] = fmt::format("{}", r->epsilon);
  }
  if (d.normalize) {
    using rule = normalization::rule;
    m["normalize"] = d.normalize->by == rule::none   ? "none"
                     : d.normalize->by == rule::mean ? "mean"
                                                     : "model";
    if (d.normalize->by == rule::model) {
      m["offset"] = fmt::format("{}", d.normalize->offset);
      m["scale"] = fmt::format("{}", d.normalize->scale);
    }
  }
  return m;
}

}  // namespace tomoedx::nn

#endif
