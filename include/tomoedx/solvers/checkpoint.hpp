// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_CHECKPOINT_HPP
#define TOMOEDX_SOLVERS_CHECKPOINT_HPP

#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/solvers/detail/checkpoint_store.hpp>
#include <tomoedx/solvers/detail/driver.hpp>

#include <string>
#include <utility>

/// Long reconstructions that survive a kill, a full disk and a power cut:
///
///     sirt(op, data, x, {.iterations = 2000},
///          with_checkpoints({.file = "run.checkpoint", .every = 50, .identity = identity}));
///
/// The same call begins anew, or goes on where the file says; either way it ends with the same bits.
namespace tomoedx {

namespace detail {
struct visits_nothing {
  template <class View>
  void operator()(char const*, View const&) const {}
};
}  // namespace detail

/// A solver whose state can be stored and filled in again.
/// 1. `visit_state(visit)` calls `visit(name, view)` for every buffer that the next step reads and that the constructor
///    does not make anew.
/// 2. `resume(iteration)` says that these buffers were filled with what they held after so many iterations.
template <class S>
concept checkpointable = solver<S> && requires(S& s, S const& c, std::size_t iteration) {
  c.visit_state(detail::visits_nothing{});
  s.resume(iteration);
};

/// What a run is, as names and values: a checkpoint of another run is refused, and the message says what differs.
/// Put in what decides the result; leave out what may change, as the number of iterations and when to stop.
class checkpoint_identity {
 public:
  checkpoint_identity() = default;
  explicit checkpoint_identity(std::string_view method) { with("method", method); }

  /// A number or a text, compared exactly.
  ///
  /// throws   tomoedx::value_error for a name that stands for another value already
  template <class T>
  checkpoint_identity& with(std::string name, T const& value) {
    std::string text = fmt::format("{}", value);
    for (auto* const s : {&name, &text})
      for (char& c : *s) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    expects<value_error>(!name.empty() && name.find(": ") == std::string::npos,
                         "checkpoint_identity: '{}' is not a name", name);
    for (auto const& [other, there] : lines_)
      expects<value_error>(other != name || there == text,
                           "checkpoint_identity: {} is {} already, and {} now; give each value its own name",
                           name, there, text);
    lines_.emplace_back(std::move(name), std::move(text));
    return *this;
  }

  checkpoint_identity& with(parallel_beam const& g) {
    with("volume", fmt::format("{} by {} voxels (z, x)", g.depth, g.width));
    with("detector", fmt::format("{} bins, axis offset {}", g.detector, g.axis_offset));
    with("tilts", list_of(g.tilts_deg));
    return with("shifts", list_of(g.shifts));
  }

  /// The size of an array and a sum over its bits: data, masks, starting volumes. Waits for the device.
  template <execution_space Space, class View>
  checkpoint_identity& with_values(std::string name, Space const& space, View const& v) {
    space.fence("tomoedx::checkpoint_identity: the values are complete");
    auto const b = detail::state_buffer_of(space, name, v, 0, v.span());
    std::vector<std::byte> piece(std::min<std::size_t>(b.about.bytes(), detail::checkpoint_piece));
    detail::checkpoint_sum sum;
    detail::in_pieces(b.about, [&](std::size_t first, std::size_t count) {
      b.load(first, count, piece.data());
      sum.add(piece.data(), count * b.about.item);
    });
    return with(std::move(name),
                fmt::format("{} {} values with sum {:016x}", b.about.count, b.about.type, sum.value()));
  }

  detail::identity_lines const& lines() const { return lines_; }

 private:
  static std::string list_of(std::vector<double> const& values) {
    std::string text;
    for (double const v : values) text += fmt::format("{}{}", text.empty() ? "" : " ", v);
    return text;
  }

  detail::identity_lines lines_;
};

/// What to do with a checkpoint that is there.
enum class resume { if_there, always, never };

/// Options of with_checkpoints.
struct checkpoint_options {
  std::filesystem::path file = {};
  std::size_t every = 10;  ///< iterations from one checkpoint to the next
  checkpoint_identity identity = {};
  tomoedx::resume resume =
      resume::if_there;  ///< `always` refuses to begin anew, `never` replaces an old file
  /// told of a checkpoint that could not be written, after which the run goes on; without it that is an error
  std::function<void(std::string const&)> warn = {};
};

/// Store the state of a solver; the file holds the old state or the new one, never a part.
///
/// throws   tomoedx::file_error; an older file is left as it was
template <checkpointable Solver, class Comm = detail::alone>
void write_checkpoint(std::filesystem::path const& file, Solver const& method,
                      checkpoint_identity const& identity, Comm const& comm = {}) {
  detail::write_state(file, method, identity.lines(), "", comm);
}

/// Fill the state of a solver that was made with the same operator, data and options.
///
/// throws   tomoedx::file_error: missing, damaged, or of another run; nothing is changed then
template <checkpointable Solver, class Comm = detail::alone>
void read_checkpoint(std::filesystem::path const& file, Solver& method, checkpoint_identity const& identity,
                     Comm const& comm = {}) {
  detail::read_state(file, method, identity.lines(), comm);
}

namespace detail {

/// A solver that has its state stored before a step, every so many iterations: when nothing has ended the run.
template <class Solver>
class stored_solver {
 public:
  stored_solver(Solver& method, std::size_t every, std::size_t iterations, std::function<void()> write)
      : method_(&method),
        every_(every),
        iterations_(iterations),
        stored_(method.iteration()),
        write_(std::move(write)) {}

  void step() {
    std::size_t const done = method_->iteration();
    if (done % every_ == 0 && done != stored_) write_(), stored_ = done;
    method_->step();
  }
  std::size_t iteration() const { return method_->iteration(); }
  std::size_t iterations() const { return iterations_; }
  auto space() const { return method_->space(); }
  decltype(auto) state() const { return method_->state(); }
  decltype(auto) residuals() const { return method_->residuals(); }
  bool solved() const requires requires(Solver& m) {
    { m.solved() } -> std::convertible_to<bool>;
  }
  { return method_->solved(); }
  bool is_stored() const { return method_->iteration() == stored_; }

 private:
  Solver* method_;
  std::size_t every_, iterations_, stored_;
  std::function<void()> write_;
};

}  // namespace detail

/// A watch that stores the state of what it watches; made by with_checkpoints. Models `iteration_driver`.
template <observer Watch, class Comm>
class checkpointing {
 public:
  static constexpr bool drives_iterations = true;

  checkpointing(checkpoint_options options, Watch watch, Comm comm)
      : options_(std::move(options)), watch_(std::forward<Watch>(watch)), comm_(std::move(comm)) {
    expects<value_error>(!options_.file.empty(), "with_checkpoints: give the name of a file");
    expects<value_error>(options_.every > 0,
                         "with_checkpoints: every is 0; store at least every so many iterations");
  }

  decision operator()(progress const& p) { return watch_(p); }

  template <solver Solver>
  solve_report drive(Solver& method, stopping_rules const& rules) {
    static_assert(checkpointable<Solver>,
                  "this method keeps a state that it does not show (visit_state, resume)");
    expects<value_error>(
        !std::exchange(driven_, true),
        "with_checkpoints: {}: a method that runs a second solver cannot be stored in one file",
        options_.file.string());
    std::string const under = fmt::format(" under residual_below {}, relative_change {}, look_every {}",
                                          rules.residual_below, rules.relative_change, rules.look_every);
    std::string const ended = begin(method);
    detail::stored_solver<Solver> stored(method, options_.every, method.iterations(),
                                         [&] { write(method, ""); });
    for (auto const why : {ending::residual_small, ending::change_small, ending::solved})
      if (ended == name_of(why) + under) return finished(method, why);
    if (method.iteration() == method.iterations()) return finished(method, ending::iterations_done);
    auto const report = iterate(stored, rules, watch_);
    bool const over = report.ended != ending::observer && report.ended != ending::iterations_done;
    if (over || !stored.is_stored()) write(method, over ? name_of(report.ended) + under : "");
    return report;
  }

 private:
  /// Look at the file and the disk, and resume. Returns why the stored run was over.
  template <class Solver>
  std::string begin(Solver& method) {
    auto const& file = options_.file;
    auto const texts =
        comm_.gather(detail::told(options_.identity.lines(), detail::state_of(method, method.iterations())));
    detail::first_failure failure;
    bool there = false;
    if (comm_.rank() == 0)
      failure.attempt([&] {
        std::error_code ec;
        there = std::filesystem::exists(file, ec) && options_.resume != resume::never;
        expects<file_error>(there || options_.resume != resume::always,
                            "{}: there is no checkpoint to go on from", file.string());
        auto plan = detail::plan_of(texts);
        detail::text_of(plan.header);
        detail::remove_leftovers(file);
        detail::expect_room(file, plan.header.file_bytes());
      });
    failure.tell(comm_);
    if (comm_.broadcast(there ? "there" : "").empty()) return "";
    return detail::read_state(file, method, options_.identity.lines(), comm_);
  }

  template <class Solver>
  void write(Solver const& method, std::string const& ended) {
    try {
      detail::write_state(options_.file, method, options_.identity.lines(), ended, comm_);
    } catch (file_error const& e) {
      if (!options_.warn) throw;
      options_.warn(e.what());
    }
  }

  /// The report of a run that was over when it was stored.
  template <class Solver>
  solve_report finished(Solver& method, ending why) {
    detail::stored_solver<Solver> stored(method, options_.every, method.iteration(), [] {});
    auto report = iterate(stored, stopping_rules{}, watch_);
    report.ended = why;
    return report;
  }

  checkpoint_options options_;
  Watch watch_;
  Comm comm_;
  bool driven_ = false;
};

/// A watch for any iterative method that stores its state in a file every so many iterations, and at its end or when
/// `watch` stops it; where the file is there already the method goes on from it instead of beginning anew.
///
/// Between checkpoints an iteration costs what it costs without. The file is written beside and renamed, so a kill at
/// any moment leaves the last good one. It stays when the method is done: remove it with the results in place.
/// `watch` is kept by reference when it is a name, else moved in.
///
/// throws   tomoedx::value_error without a file or with every = 0; the method then throws tomoedx::file_error before
///          its first step when the file is damaged or of another run, or the disk has no room for two checkpoints
template <observer Watch = ignore>
checkpointing<Watch, detail::alone> with_checkpoints(checkpoint_options options, Watch&& watch = {}) {
  return {std::move(options), std::forward<Watch>(watch), detail::alone{}};
}

/// Step a solver as `iterate` does, with its state stored.
template <checkpointable Solver, observer Watch = ignore>
solve_report iterate_with_checkpoints(Solver& method, stopping_rules const& rules,
                                      checkpoint_options const& options, Watch&& watch = {}) {
  checkpointing<Watch&, detail::alone> stored(options, watch, detail::alone{});
  return stored.drive(method, rules);
}

}  // namespace tomoedx

#endif
