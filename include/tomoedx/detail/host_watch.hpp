// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_WATCH_HPP
#define TOMOEDX_DETAIL_HOST_WATCH_HPP

#include <tomoedx/detail/host_series.hpp>
#include <tomoedx/distribute/mpi_iterate.hpp>

#include <initializer_list>
#include <utility>

namespace tomoedx::host::detail {

/// The ranks that share the slices of a call; see share_slices_over_mpi.
inline communicator& ranks_of_calls() {
  static communicator ranks;
  return ranks;
}

/// The one kind of watch that the facade gives its methods: tells a std::function, and stores the state if asked.
class storing_watch {
 public:
  static constexpr bool drives_iterations = true;

  storing_watch(watch const& on, checkpoints const& stored, checkpoint_identity identity)
      : on_(on), stored_(stored), identity_(std::move(identity)) {}

  decision operator()(progress const& p) const { return on_ ? on_(p) : decision::proceed; }

  /// One of several numbers of a name that decide the result.
  void tell_apart(char const* name, std::size_t n, double value) {
    identity_.with(fmt::format("{} {}", name, n), value);
  }

  /// An array that decides it.
  template <class View>
  void tell_apart(char const* name, space const& s, View const& values) {
    identity_.with_values(name, s, values);
  }

  template <class Solver>
  solve_report drive(Solver& method, stopping_rules const& rules) const {
    auto const plain = [this](progress const& p) { return (*this)(p); };
    auto const& ranks = ranks_of_calls();
    if (ranks.size() > 1) {
      if (stored_.file.empty()) return collective_iterate(ranks, method, rules, plain);
      return iterate(
          method, rules,
          with_checkpoints(ranks, {.file = stored_.file, .every = stored_.every, .identity = identity_},
                           collectively(ranks, plain)));
    }
    if (stored_.file.empty()) return iterate(method, rules, plain);
    return iterate_with_checkpoints(
        method, rules, {.file = stored_.file, .every = stored_.every, .identity = identity_}, plain);
  }

 private:
  watch const& on_;
  checkpoints const& stored_;
  checkpoint_identity identity_;
};

/// What decides a result, and is compared with that of a checkpoint.
struct named_number {
  char const* name;
  double value;
};

inline storing_watch watching(watch const& on, checkpoints const& stored, char const* method,
                              series_set const& set, bool warm_start,
                              std::initializer_list<named_number> numbers) {
  checkpoint_identity identity(method);
  if (!stored.file.empty()) {
    any_projector const& op = set.all.inner();
    auto const s = op.space();
    identity.with("projector", static_cast<int>(op.kind()));
    identity.with(op.geometry()).with("slices", op.slices()).with_values("data", s, set.data);
    if (set.mask.data() != nullptr) identity.with_values("mask", s, set.mask);
    if (warm_start) identity.with_values("start", s, set.x);
    for (auto const& n : numbers) identity.with(n.name, n.value);
  }
  return {on, stored, std::move(identity)};
}

}  // namespace tomoedx::host::detail

#endif
