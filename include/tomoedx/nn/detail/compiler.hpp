// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_COMPILER_HPP
#define TOMOEDX_NN_DETAIL_COMPILER_HPP
// IWYU pragma: private, include "tomoedx/nn/plan.hpp"

#include <tomoedx/nn/detail/cost.hpp>
#include <tomoedx/nn/detail/fold.hpp>
#include <tomoedx/nn/detail/pack.hpp>
#include <tomoedx/nn/detail/program.hpp>
#include <tomoedx/nn/detail/values.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// The frame of the compiler: values, stored tensors and when they live, steps in order, and their addresses once all
/// are known. What each layer becomes stands in compile_convolution.hpp and compile_points.hpp.
namespace tomoedx::nn::detail {

/// What all layers of a plan are compiled with.
struct compile_options {
  algorithm use = algorithm::fast;
  int items = 1;
  int workers = 1;
};

/// Everything a layer's compilation reads and adds to.
template <class T, isa Level>
class compilation {
 public:
  static constexpr int N = block_of<T, Level>;
  /// Makes the stages of a step when all addresses are known.
  using emit = std::function<void(compilation&, program<T>&)>;

  compilation(compile_options const& options, weight_store<T>& store) : options_(options), store_(store) {}

  compile_options const& options() const { return options_; }
  int items() const { return options_.items; }

  /// A new stored tensor, written by the step that is described next.
  int new_tensor(int channels, triple const& extent) {
    stored_tensor t{channels, extent, {}, 0};
    int const blocks = (channels + N - 1) / N;
    t.at.row_step = std::ptrdiff_t{extent[2]} * N;
    t.at.plane_step = t.at.row_step * extent[1];
    t.at.block_step = odd_lines<T>(t.at.plane_step * extent[0]);
    t.at.item_step = t.at.block_step * blocks;
    t.piece = new_piece(static_cast<std::size_t>(t.at.item_step * items()) * sizeof(T));
    tensors_.push_back(t);
    return static_cast<int>(tensors_.size()) - 1;
  }
  /// A value that is a whole stored tensor.
  parts_of_value whole(int tensor) const {
    auto const& t = tensors_[static_cast<std::size_t>(tensor)];
    part p{tensor, t.channels, {}};
    for (std::size_t a = 0; a < 3; ++a) p.axis[a] = identity_map(t.extent[a]);
    return {{p}, t.extent};
  }
  /// Memory that only the next step uses.
  int new_piece(std::size_t bytes) {
    pieces_.push_back({whole_lines(bytes), step_, step_, 0});
    return static_cast<int>(pieces_.size()) - 1;
  }
  void needs_scratch(std::size_t bytes) { scratch_ = std::max(scratch_, whole_lines(bytes) + 64); }

  /// A step that reads values, done after all steps described before.
  void step(std::vector<parts_of_value const*> const& reads, emit e) {
    for (auto const* v : reads)
      for (auto const& p : v->parts)
        pieces_[static_cast<std::size_t>(tensors_[static_cast<std::size_t>(p.tensor)].piece)].last = step_;
    steps_.push_back(std::move(e));
    ++step_;
  }

  /// Whether a value is stored just as it is read.
  bool is_plain(part const& p) const {
    auto const& t = tensors_[static_cast<std::size_t>(p.tensor)];
    for (std::size_t a = 0; a < 3; ++a)
      if (!is_identity(p.axis[a], t.extent[a])) return false;
    return true;
  }

  /// Packed weights by name, made the first time they are asked for.
  template <class Make>
  T const* packed(program<T>& to, std::string const& key, Make&& make) {
    auto const name = fmt::format("{}|{}", name_of(Level), key);
    auto kept = store_.find(name);
    if (kept == store_.end()) kept = store_.emplace(name, make()).first;
    to.weights.push_back(kept->second);
    return values_of<T>(*kept->second);
  }

  /// All stages, with every address in its place.
  program<T> finish(int slots) {
    program<T> p;
    p.slots.assign(static_cast<std::size_t>(slots), nullptr);
    p.arena = pages(std::max<std::size_t>(64, place_pieces(pieces_)));
    p.workers = options_.workers;
    p.scratch_of_worker = whole_lines(scratch_) + 64;
    p.scratch = pages(p.scratch_of_worker * static_cast<std::size_t>(p.workers));
    arena_ = p.arena.data();
    for (auto const& e : steps_) e(*this, p);
    p.next = std::make_unique<std::atomic<int>[]>(p.stages.size());
    return p;
  }

  // ---- while steps are emitted -------------------------------------------------------------------------------------
  T* piece_at(int piece) const {
    return reinterpret_cast<T*>(arena_ + pieces_[static_cast<std::size_t>(piece)].offset);
  }
  stored<T> address(int tensor) const {
    auto const& t = tensors_[static_cast<std::size_t>(tensor)];
    auto at = t.at;
    at.data = piece_at(t.piece);
    return at;
  }
  /// How jobs see a part; its maps are kept by the program.
  seen<T> see(program<T>& to, part const& p) const {
    seen<T> s;
    auto const at = address(p.tensor);
    s.from = stored<T const>{at.data, at.item_step, at.block_step, at.plane_step, at.row_step};
    s.channels = p.channels;
    s.blocks = (p.channels + N - 1) / N;
    std::int32_t const** const maps[3] = {&s.z, &s.y, &s.x};
    for (std::size_t a = 0; a < 3; ++a) {
      to.maps.push_back(p.axis[a]);
      *maps[a] = to.maps.back().data();
    }
    return s;
  }
  std::vector<seen<T>> see(program<T>& to, parts_of_value const& v) const {
    std::vector<seen<T>> all;
    for (auto const& p : v.parts) all.push_back(see(to, p));
    return all;
  }

 private:
  struct stored_tensor {
    int channels;
    triple extent;
    stored<T> at;
    int piece = 0;
  };
  compile_options options_;
  weight_store<T>& store_;
  std::vector<stored_tensor> tensors_;
  std::vector<piece> pieces_;
  std::vector<emit> steps_;
  int step_ = 0;
  std::size_t scratch_ = 64;
  std::byte* arena_ = nullptr;
};

}  // namespace tomoedx::nn::detail

#endif
