// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BENCH_NETWORK_CASES_HPP
#define TOMOEDX_BENCH_NETWORK_CASES_HPP

#include <tomoedx/core/random.hpp>
#include <tomoedx/denoise/movie_network.hpp>
#include <tomoedx/nn/plan.hpp>
#include <tomoedx/nn/udvd.hpp>
#include <tomoedx/nn/unet.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

// The networks that are timed, by name, and one call of each.
namespace bench {

namespace nn = tomoedx::nn;
namespace io = tomoedx::io;
using host = Kokkos::DefaultHostExecutionSpace;

inline nn::algorithm algorithm_of(std::string const& name) {
  if (name == "exact") return nn::algorithm::exact;
  if (name == "accurate") return nn::algorithm::accurate;
  if (name == "fast") return nn::algorithm::fast;
  tomoedx::fail<tomoedx::value_error>("algorithm '{}' asked for; there are exact, accurate and fast", name);
}

/// A network and what goes in. A `movie` is many frames through UDVD, with what neighbours share computed once.
struct network_case {
  std::string name;
  nn::network net;
  std::vector<nn::triple> extents;
  nn::udvd blind{};
  bool movie = false;
  std::size_t frames() const { return movie ? extents.size() : 1; }
};

/// "unet:BASE:SIZE", "layer:IN:OUT:SIZE", "udvd:HEIGHT:WIDTH", "udvd_reflect:HEIGHT:WIDTH" or
/// "udvd_movie:HEIGHT:WIDTH".
inline network_case case_of(std::string const& name) {
  std::vector<int> numbers;
  std::istringstream words(name);
  std::string kind, word;
  std::getline(words, kind, ':');
  while (std::getline(words, word, ':')) numbers.push_back(std::atoi(word.c_str()));
  auto const needs = [&](std::size_t n) {
    tomoedx::expects<tomoedx::value_error>(numbers.size() == n, "case '{}' should have {} numbers", name, n);
  };
  network_case c;
  c.name = name;
  if (kind == "unet") {
    needs(2);
    c.extents = {{1, numbers[1], numbers[1]}};
    c.net = nn::network_of(nn::unet{.base = numbers[0]}, c.extents[0]);
  } else if (kind == "layer") {
    needs(3);
    c.extents = {{1, numbers[2], numbers[2]}};
    nn::convolution const conv{.outputs = numbers[1], .padding = nn::around({0, 1, 1}), .act = nn::relu};
    c.net.output(c.net.add("conv", conv, {c.net.input(numbers[0])}));
  } else if (kind.starts_with("udvd")) {
    needs(2);
    c.blind = nn::published_udvd(5);
    c.blind.blind = nn::blind_spot{1, 1};
    c.blind.final_relu = false;
    c.movie = kind == "udvd_movie";
    if (kind == "udvd_reflect") c.blind.borders = nn::blind_borders::reflect;
    c.extents.assign(c.movie ? 12 : 5, {1, numbers[0], numbers[1]});
    c.net = nn::network_of(c.blind, c.extents[0]);
  } else {
    tomoedx::fail<tomoedx::value_error>("case '{}' is not known", name);
  }
  return c;
}

/// Weights as He et al. would begin with, and small biases.
inline io::named_tensors drawn_weights(nn::network const& net) {
  io::named_tensors w;
  std::uint64_t index = 0;
  for (auto const& p : nn::parameters_of(net)) {
    std::size_t number = 1;
    for (auto const e : p.shape) number *= e;
    bool const filter = p.shape.size() > 1;
    double const scale =
        filter ? std::sqrt(2 * static_cast<double>(p.shape[0]) / static_cast<double>(number)) : 0.1;
    std::vector<float> values(number);
    tomoedx::random_stream draw(1, index++);
    for (auto& v : values) v = static_cast<float>(scale * draw.normal());
    w.tensors.emplace(p.key, io::tensor(p.shape, std::move(values)));
  }
  return w;
}

/// Noisy images with a mean of one.
template <class T>
std::vector<std::vector<T>> drawn_images(network_case const& c) {
  std::vector<std::vector<T>> images;
  for (std::size_t i = 0; i < c.extents.size(); ++i) {
    auto const& e = c.extents[i];
    std::vector<T> image(static_cast<std::size_t>(c.net.inputs().at(0)) * e[0] * e[1] * e[2]);
    tomoedx::random_stream draw(2, i);
    for (auto& v : image) v = static_cast<T>(static_cast<float>(1 + 0.3 * draw.normal()));
    images.push_back(std::move(image));
  }
  return images;
}

/// A case compiled for its images, ready to be called.
template <class T>
class runner {
  using plan = nn::plan<host, T>;
  using movie = tomoedx::movie_network<T, host>;
  using images = std::vector<std::vector<T>>;

 public:
  runner(network_case const& c, io::named_tensors const& weights, images in, nn::algorithm use)
      : in_(std::move(in)), frames_(c.frames()) {
    auto const& e = c.extents.at(0);
    if (c.movie) {
      nn::model model;
      model.about.net = c.blind;
      model.weights = weights;
      movie_ = std::make_unique<movie>(
          std::move(model), tomoedx::network_options{.use = use, .normalize = nn::normalization{}});
      movie_memory_ = movie_->prepare(static_cast<std::size_t>(e[1]), static_cast<std::size_t>(e[2]));
      for (std::size_t i = 1; i < in_.size(); ++i) in_[0].insert(in_[0].end(), in_[i].begin(), in_[i].end());
      in_.resize(1);
      out_.emplace_back(in_[0].size());
      view_ = {frames_, static_cast<std::size_t>(e[1]), static_cast<std::size_t>(e[2])};
      return;
    }
    plan_ = std::make_unique<plan>(host{}, c.net, weights, c.extents, nn::plan_options{.use = use});
    for (auto const& s : plan_->outputs())
      out_.emplace_back(static_cast<std::size_t>(s.channels) * s.extent[0] * s.extent[1] * s.extent[2]);
    for (auto const& image : in_) from_.push_back(image.data());
    for (auto& image : out_) to_.push_back(image.data());
  }

  /// One image, or a whole movie.
  void operator()() {
    if (plan_) return plan_->run(from_, to_);
    typename movie::const_view const in(in_[0].data(), view_[0], view_[1], view_[2]);
    typename movie::view const out(out_[0].data(), view_[0], view_[1], view_[2]);
    (*movie_)(in, out);
  }

  std::vector<T> const& result() const { return out_[0]; }
  std::size_t frames() const { return frames_; }
  plan const& compiled() const {
    tomoedx::expects(plan_ != nullptr, "a movie has no single plan");
    return *plan_;
  }
  std::size_t weight_bytes() const { return plan_ ? plan_->weight_bytes() : movie_memory_.weights; }
  std::size_t arena_bytes() const {
    return plan_ ? plan_->arena_bytes() : movie_memory_.arena + movie_memory_.buffers;
  }
  /// Of a plan; what a movie saves is not counted.
  double multiply_adds() const {
    double all = 0;
    if (plan_)
      for (auto const& s : plan_->stages().stages) all += s.products;
    return all;
  }

 private:
  images in_, out_;
  std::size_t frames_;
  std::unique_ptr<plan> plan_;
  std::vector<T const*> from_;
  std::vector<T*> to_;
  std::unique_ptr<movie> movie_;
  tomoedx::network_memory movie_memory_;
  std::array<std::size_t, 3> view_{};
};

}  // namespace bench

#endif
