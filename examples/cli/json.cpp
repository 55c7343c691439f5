// SPDX-License-Identifier: BSD-3-Clause
#include "records.hpp"
#include "tree.hpp"

#include <tomoedx/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace tomoedx::cli {
namespace {

using json = nlohmann::ordered_json;  // keeps the order of the report; NaN and infinity become null

json of(settings const& list) {
  json object = json::object();
  for (auto const& [name, value] : list)
    std::visit(
        [&, &key = name](auto const& v) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(v)>, std::monostate>)
            object[key] = nullptr;
          else
            object[key] = v;
        },
        value);
  return object;
}

json known(double nm) {
  return nm > 0 ? json(nm) : json(nullptr);
}

json of(tree const& t) {
  if (auto const* all = t.items()) {
    json list = json::array();
    for (auto const& item : *all) list.push_back(of(item));
    return list;
  }
  if (auto const* all = t.members()) {
    json object = json::object();
    for (auto const& [name, value] : *all) object[name] = of(value);
    return object;
  }
  if (auto const* v = t.boolean()) return *v;
  if (auto const* v = t.whole()) return *v;
  if (auto const* v = t.text()) return *v;
  return t.is_number() ? json(t.number()) : json(nullptr);
}

/// Builds a tree from the events of the parser, which keeps no track of names that come twice.
class tree_builder {
 public:
  explicit tree_builder(std::string const& text, std::string file) : text_(text), file_(std::move(file)) {}

  tree take() { return std::move(root_); }

  bool null() { return add(tree()); }
  bool boolean(bool v) { return add(v); }
  bool number_integer(std::int64_t v) { return add(v); }
  bool number_unsigned(std::uint64_t v) {
    if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return add(static_cast<double>(v));
    return add(v);
  }
  bool number_float(double v, std::string const& /*text*/) { return add(v); }
  bool string(std::string& v) { return add(std::move(v)); }
  bool binary(std::vector<std::uint8_t>& /*bytes*/) { return false; }
  bool start_object(std::size_t /*size*/) { return open(tree::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*size*/) { return open(tree::list()); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    expects<file_error>(open_.back().value.find(name) == nullptr, "{}: \"{}\" is there twice{}; say it once",
                        file_, name, open_.size() > 1 ? " in " + open_.back().name : "");
    name_ = name;
    return true;
  }
  bool parse_error(std::size_t position, std::string const& /*token*/, nlohmann::detail::exception const& e) {
    std::string_view const before = std::string_view(text_).substr(0, std::min(position, text_.size()));
    auto const line = std::ranges::count(before, '\n') + 1;
    auto const column = before.size() - (before.rfind('\n') + 1);
    std::string_view why = e.what();
    if (auto const at = why.rfind("; "); at != why.npos)
      why.remove_prefix(at + 2);  // "expected '}'"
    else if (auto const colon = why.find(": "); colon != why.npos)
      why.remove_prefix(colon + 2);
    if (auto const tag = why.find("] "); why.starts_with("[json") && tag != why.npos)
      why.remove_prefix(tag + 2);
    fail<file_error>("{}: line {}, column {}: is no JSON: {}", file_, line, column, why);
  }

 private:
  struct level {
    tree value;
    std::string name;
  };

  bool open(tree v) {
    expects<file_error>(open_.size() < 64, "{}: is nested more than 64 deep; nothing here needs that", file_);
    open_.push_back({std::move(v), name_});
    return true;
  }
  bool close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    name_ = std::move(done.name);
    return add(std::move(done.value));
  }
  bool add(tree v) {
    if (open_.empty())
      root_ = std::move(v);
    else if (open_.back().value.items() != nullptr)
      open_.back().value.push(std::move(v));
    else
      open_.back().value.set(name_, std::move(v));
    return true;
  }

  std::string const& text_;
  std::string file_, name_;
  std::vector<level> open_;
  tree root_;
};

/// Text that may hold bytes that are no UTF-8, such as file names, is kept readable.
std::string text_of(json const& j) {
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

tree parse_json(std::string const& text, std::string const& file) {
  tree_builder builder(text, file);
  json::sax_parse(text, &builder, json::input_format_t::json, true, true);
  return builder.take();
}

tree read_json(std::string const& file) {
  std::error_code ec;
  expects<file_error>(std::filesystem::exists(file, ec), "{}: no such file", file);
  expects<file_error>(std::filesystem::is_regular_file(file, ec), "{}: is no file", file);
  constexpr std::uintmax_t most = std::uintmax_t{1} << 28;
  expects<file_error>(std::filesystem::file_size(file, ec) <= most,
                      "{}: holds more than {} MiB; that is no text of ours", file, most >> 20);
  std::ifstream in(file, std::ios::binary);
  std::string const text{std::istreambuf_iterator<char>(in), {}};
  expects<file_error>(!in.bad() && !ec, "{}: cannot be read", file);
  return parse_json(text, file);
}

std::string to_json(tree const& t) {
  return text_of(of(t));
}

std::string to_json(file_record const& r) {
  json j{{"file", r.path}};
  if (!r.dataset.empty()) j["dataset"] = r.dataset;
  if (r.has_values) {
    j["format"] = r.format;
    j["shape"] = r.shape;
    j["type"] = r.type;
    j["byte_order"] = r.byte_order;
    j["index_order"] = r.index_order;
    j["axes"] = json::array();
    for (auto const& a : r.axes)
      j["axes"].push_back(
          {{"name", a.name}, {"size", a.size}, {"scale", a.scale}, {"offset", a.offset}, {"units", a.units}});
    auto const& v = r.values;
    auto const number = [&](double x) { return v.finite > 0 ? json(x) : json(nullptr); };
    j["values"] = {{"min", number(v.min)},   {"max", number(v.max)}, {"mean", number(v.mean)},
                   {"sum", number(v.sum)},   {"nan", v.nan},         {"infinite", v.infinite},
                   {"negative", v.negative}, {"zero", v.zero}};
    if (!r.tilts.empty()) j["tilts"] = r.tilts;
    j["notes"] = r.notes;
  }
  if (!r.datasets.empty()) {
    j["datasets"] = json::array();
    for (auto const& [path, shape] : r.datasets) j["datasets"].push_back({{"path", path}, {"shape", shape}});
  }
  return text_of(j);
}

std::string to_json(weights_record const& r) {
  json j{{"file", r.path}, {"format", "safetensors"}, {"bytes", r.bytes}, {"sha256", r.sha256}};
  j["architecture"] = r.architecture.empty() ? json(nullptr) : json(r.architecture);
  j["summary"] = r.summary.empty() ? json(nullptr) : json(r.summary);
  if (!r.reason.empty()) j["reason"] = r.reason;
  j["wanted"] = r.wanted;
  j["parameters"] = r.parameters;
  j["metadata"] = r.metadata;
  j["tensors"] = json::array();
  for (auto const& t : r.tensors)
    j["tensors"].push_back({{"name", t.name}, {"type", t.type}, {"shape", t.shape}});
  return text_of(j);
}

std::string to_json(denoising_record const& r) {
  json j{{"version", r.version}, {"method", r.method}};
  j["options"] = of(r.options);
  for (auto const& [name, data] : {std::pair("input", &r.input), std::pair("output", &r.output)})
    j[name] = {{"path", data->path}, {"format", data->format}, {"type", data->type}, {"shape", data->shape},
               {"min", data->min},   {"max", data->max},       {"mean", data->mean}};
  if (!r.noise.empty()) j["noise"] = of(r.noise);
  if (!r.parameter.name.empty()) {
    j["parameter"] = of({{"name", r.parameter.name}, {"value", r.parameter.value}});
    j["parameter"]["chosen"] = r.parameter.chosen;
    if (!r.parameter.sample.empty()) {
      j["parameter"]["sample"] = r.parameter.sample;
      j["parameter"]["tried"] = json::array();
      for (auto const& [value, risk] : r.parameter.tried)
        j["parameter"]["tried"].push_back({{"value", value}, {"risk", risk}});
    }
  }
  if (!r.network.empty()) {
    j["network"] = of(r.network);
    j["network"]["metadata"] = r.metadata;
    j["network"]["tiles"] = of(r.tiles);
    j["network"]["memory"] = of(r.memory);
  }
  j["residual"] = of(r.residual);
  if (auto const& a = r.autocorrelation; !a.values.empty()) {
    json rows = json::array();
    std::size_t const edge = 2 * static_cast<std::size_t>(a.most) + 1;
    for (std::size_t y = 0; y < edge; ++y)
      rows.push_back(std::vector<double>(a.values.begin() + static_cast<std::ptrdiff_t>(y * edge),
                                         a.values.begin() + static_cast<std::ptrdiff_t>((y + 1) * edge)));
    j["autocorrelation"] = {{"lags", a.most}, {"values", rows}};
    j["blind_spot"] = of(a.blind_spot);
  }
  if (!r.reference.empty()) j["reference"] = of(r.reference);
  j["steps"] = r.steps;
  j["warnings"] = r.warnings;
  j["pictures"] = r.pictures;
  j["machine"] = of(r.machine);
  j["phases"] = json::object();
  for (auto const& [name, seconds] : r.phases) j["phases"][name] = seconds;
  j["seconds"] = r.seconds;
  return text_of(j);
}

std::string to_json(reconstruction_record const& r) {
  json j{{"method", r.method}, {"version", r.version}};
  j["options"] = of(r.options);
  j["ratios"] = r.ratios ? json(*r.ratios) : json(nullptr);
  if (r.ratios) {
    j["ratios_by_channel"] = json::object();
    for (std::size_t e = 0; e < r.ratio_names.size(); ++e)
      j["ratios_by_channel"][r.ratio_names[e]] = r.ratios->at(e);
  }
  j["r_squared"] = r.r_squared ? json(*r.r_squared) : json(nullptr);
  j["iterations"] = r.iterations;
  j["ended"] = r.ended;
  if (auto const& c = r.convergence; !c.iterations.empty())
    j["convergence"] = {
        {"iterations", c.iterations}, {"objective", c.objective}, {"gap", c.gap}, {"deviance", c.deviance}};
  if (!r.units.empty()) j["units"] = r.units;
  if (!r.sigmas.empty()) j["measured_sigmas"] = r.sigmas;
  j["seconds"] = r.seconds;
  j["phases"] = json::object();
  for (auto const& [name, seconds] : r.phases) j["phases"][name] = seconds;
  j["machine"] = of(r.machine);
  j["steps"] = r.steps;
  j["warnings"] = r.warnings;
  j["pixel_nm"] = known(r.pixel_nm);
  j["inputs"] = json::array();
  for (auto const& i : r.inputs)
    j["inputs"].push_back({{"name", i.name},
                           {"path", i.path},
                           {"shape", i.shape},
                           {"format", i.format},
                           {"pixel_nm", known(i.pixel_nm)}});
  j["outputs"] = json::array();
  for (auto const& o : r.outputs)
    j["outputs"].push_back({{"name", o.name},
                            {"file", o.file},
                            {"shape", o.shape},
                            {"units", o.units},
                            {"min", o.min},
                            {"max", o.max},
                            {"sum", o.sum}});
  j["pictures"] = r.pictures;
  j["tilts"] = r.tilts;
  j["shifts"] = json::array();
  for (std::size_t t = 0; t < r.shifts_x.size(); ++t)
    j["shifts"].push_back({r.shifts_x[t], t < r.shifts_y.size() ? r.shifts_y[t] : 0.0});
  if (!r.haadf_tilts.empty()) j["haadf_tilts"] = r.haadf_tilts;
  if (!r.doses.empty()) j["doses"] = r.doses;
  if (!r.haadf_gain.empty()) {
    j["haadf_gain"] = r.haadf_gain;
    j["haadf_offset"] = r.haadf_offset;
  }
  j["residuals"] = r.residuals;
  j["residuals_by_channel"] = json::object();
  for (auto const& [name, norms] : r.residuals_by_channel) j["residuals_by_channel"][name] = norms;
  return text_of(j);
}

std::string to_json(simulation_record const& r) {
  json j{{"version", r.version}};
  j["options"] = of(r.options);
  j["elements"] = json::array();
  for (auto const& e : r.elements)
    j["elements"].push_back({{"name", e.name},
                             {"z", e.z},
                             {"zeta", e.zeta},
                             {"ratio", e.ratio},
                             {"mean_counts_per_pixel", e.counts_per_pixel},
                             {"counts", e.counts}});
  j["voxel_nm"] = known(r.voxel_nm);
  j["smooth_sigma"] = r.smooth_sigma;
  j["haadf_noise"] = r.haadf_noise;
  j["tilts"] = r.tilts;
  j["notes"] = r.notes;
  j["files"] = r.files;
  return text_of(j);
}

std::string to_json(comparison_record const& r) {
  json j{{"reference", r.reference}};
  j["results"] = r.results;
  j["paths"] = r.paths;
  j["channels"] = json::object();
  for (auto const& row : r.rows) {
    json values = json::array(), best = json::array();
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      values.push_back(row.values[i] ? json(*row.values[i]) : json(nullptr));
      if (row.best[i]) best.push_back(r.results[i]);
    }
    j["channels"][row.channel][row.metric] = {{"values", values}, {"best", best}};
  }
  j["notes"] = r.notes;
  return text_of(j);
}

}  // namespace tomoedx::cli
