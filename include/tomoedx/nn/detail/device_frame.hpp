// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_NN_DETAIL_DEVICE_FRAME_HPP
#define TOMOEDX_NN_DETAIL_DEVICE_FRAME_HPP
// IWYU pragma: private, include "tomoedx/nn/device_plan.hpp"

#include <tomoedx/nn/detail/device_stage.hpp>
#include <tomoedx/nn/detail/device_tables.hpp>
#include <tomoedx/nn/detail/memory.hpp>
#include <tomoedx/nn/detail/values.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// The frame of the compiler for devices: stored tensors and when they live, tables, and the stages to be made once all
/// addresses are known.
namespace tomoedx::nn::detail {

template <class Space, class T>
class device_frame {
 public:
  using program = device_program<Space, T>;
  /// Makes a stage when all addresses are known.
  using emit = std::function<void(device_pointers<T> const&, program&)>;

  device_frame(Space const& space, int items) : space_(space), items_(items) {}

  Space const& space() const { return space_; }
  int items() const { return items_; }
  host_tables<T>& tables() { return tables_; }

  /// A new stored tensor, written by the step that is described next.
  int new_tensor(int channels, triple const& extent) {
    std::int64_t const pixels = std::int64_t{extent[0]} * extent[1];
    // kernels count pixels by int, rounded up to whole windows and tiles
    std::int64_t const most = std::numeric_limits<int>::max() / 2 / (extent[2] + 1) / items_;
    expects<shape_error>(pixels <= most,
                         "device_plan: {} items of {} x {} x {} are more than {} positions; take fewer items",
                         items_, extent[0], extent[1], extent[2], std::numeric_limits<int>::max() / 2);
    stored_tensor t{channels, extent, {}, 0};
    t.at.row_step = extent[2];
    t.at.plane_step = std::ptrdiff_t{extent[1]} * extent[2];
    t.at.channel_step = t.at.plane_step * extent[0];
    t.at.item_step = t.at.channel_step * channels;
    t.piece = static_cast<int>(pieces_.size());
    pieces_.push_back(
        {whole_lines(static_cast<std::size_t>(t.at.item_step) * items_ * sizeof(T)), step_, step_, 0});
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

  /// The tables by which the next step, or the very end, reads a value.
  device_value see(parts_of_value const& v, bool at_the_end = false) {
    device_value seen{static_cast<int>(tables_.parts.size()), static_cast<int>(v.parts.size())};
    int before = 0;
    for (auto const& p : v.parts) {
      auto const& t = tensors_[static_cast<std::size_t>(p.tensor)];
      auto& last = pieces_[static_cast<std::size_t>(t.piece)].last;
      last = at_the_end ? std::numeric_limits<int>::max() : std::max(last, step_);
      device_part d{
          0,   t.at.item_step, t.at.channel_step, t.at.plane_step, t.at.row_step, before, p.channels, 0, 0, 0,
          true};
      for (std::size_t a = 0; a < 3; ++a) d.plain = d.plain && is_identity(p.axis[a], t.extent[a]);
      if (!d.plain) d.z = numbers(p.axis[0]), d.y = numbers(p.axis[1]), d.x = numbers(p.axis[2]);
      before += p.channels;
      tables_.parts.push_back(d);
      tensor_of_part_.push_back(p.tensor);
    }
    return seen;
  }
  /// Where a list begins in the numbers; the same list is kept once.
  int numbers(std::vector<int> const& list) {
    auto const [at, fresh] = lists_.try_emplace(list, static_cast<int>(tables_.numbers.size()));
    if (fresh) tables_.numbers.insert(tables_.numbers.end(), list.begin(), list.end());
    return at->second;
  }
  /// Where packed weights begin; `make` gives them the first time they are asked for.
  template <class Make>
  std::ptrdiff_t packed(std::string const& key, Make&& make) {
    auto const [at, fresh] = packed_.try_emplace(key, static_cast<std::ptrdiff_t>(tables_.weights.size()));
    if (fresh) {
      std::vector<T> const values = make();
      tables_.weights.insert(tables_.weights.end(), values.begin(), values.end());
    }
    return at->second;
  }

  /// A step that is done after all steps described before.
  void step(emit e) {
    emits_.push_back(std::move(e));
    ++step_;
  }
  /// A step in which a kernel writes a tensor.
  template <int Members, int Resident, class Kernel>
  static void add_stage(program& p, Space const& space, std::string const& label, std::int64_t teams,
                        std::size_t scratch, Kernel const& kernel) {
    auto const policy = teams_of<Members, Resident>(space, teams, scratch);
    using kept = kernel_stage<Space, std::remove_const_t<decltype(policy)>, Kernel>;
    p.stages.push_back(std::make_unique<kept>(label, policy, kernel));
  }
  /// Something to be made that is no stage.
  void at_ends(emit e) { ends_.push_back(std::move(e)); }

  /// Everything with its address, uploaded.
  std::unique_ptr<program> finish() {
    std::size_t const bytes = place_pieces(pieces_);
    for (std::size_t i = 0; i < tables_.parts.size(); ++i)
      tables_.parts[i].data = target(tensor_of_part_[i]).data;
    auto p = std::make_unique<program>();
    p->tables = device_tables<Space, T>(space_, tables_, bytes / sizeof(T));
    auto const pointers = p->tables.pointers();
    for (auto const& e : ends_) e(pointers, *p);
    for (auto const& e : emits_) e(pointers, *p);
    return p;
  }
  /// Where a tensor lies, once its place is known.
  device_target target(int tensor) const {
    if (tensor < 0) return {};
    auto const& t = tensors_[static_cast<std::size_t>(tensor)];
    auto at = t.at;
    at.data = static_cast<std::ptrdiff_t>(pieces_[static_cast<std::size_t>(t.piece)].offset / sizeof(T));
    return at;
  }

 private:
  struct stored_tensor {
    int channels;
    triple extent;
    device_target at;
    int piece;
  };
  Space space_;
  int items_;
  host_tables<T> tables_;
  std::vector<stored_tensor> tensors_;
  std::vector<piece> pieces_;
  std::vector<int> tensor_of_part_;
  std::map<std::vector<int>, int> lists_;
  std::map<std::string, std::ptrdiff_t> packed_;
  std::vector<emit> emits_, ends_;
  int step_ = 0;
};

}  // namespace tomoedx::nn::detail

#endif
