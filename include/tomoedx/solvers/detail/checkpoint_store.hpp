// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_STORE_HPP
#define TOMOEDX_SOLVERS_DETAIL_CHECKPOINT_STORE_HPP
// IWYU pragma: private, include "tomoedx/solvers/checkpoint.hpp"

#include <tomoedx/solvers/detail/checkpoint_file.hpp>
#include <tomoedx/solvers/detail/checkpoint_state.hpp>

#include <algorithm>
#include <exception>
#include <optional>

/// Writing and reading the state of a solver that runs on one process or on several. Only the first process touches the
/// file; the others send it their buffers, or get them from it, a piece at a time.
namespace tomoedx::detail {

using identity_lines = std::vector<checkpoint_header::line>;

/// What a process adds to a checkpoint, as text for the first one.
inline std::string told(identity_lines const& identity, std::vector<state_buffer> const& buffers) {
  std::string text;
  for (auto const& [name, value] : identity) text += fmt::format("i {}: {}\n", name, value);
  for (auto const& b : buffers)
    text += fmt::format("b {} {} {} {}\n", b.about.type, b.about.count, b.about.item, b.about.name);
  return text;
}

/// What the checkpoint of all processes together holds, and whose each buffer is.
struct checkpoint_plan {
  checkpoint_header header;
  std::vector<std::vector<checkpoint_buffer>> of_rank;
};

inline checkpoint_plan plan_of(std::vector<std::string> const& texts) {
  checkpoint_plan plan;
  bool const several = texts.size() > 1;
  if (several) plan.header.identity.emplace_back("processes", fmt::format("{}", texts.size()));
  identity_lines first;
  for (std::size_t r = 0; r < texts.size(); ++r) {
    auto const owner = several ? fmt::format("rank {} ", r) : std::string();
    auto& own = plan.of_rank.emplace_back();
    for (std::string_view left = texts[r]; !left.empty();) {
      auto const line = left.substr(0, left.find('\n'));
      left.remove_prefix(std::min(line.size() + 1, left.size()));
      header_line words(texts[r], line.substr(2));
      if (line.front() == 'i') {
        auto const colon = line.find(": ");
        checkpoint_header::line const entry{line.substr(2, colon - 2), line.substr(colon + 2)};
        if (r == 0) {
          first.push_back(entry);
          plan.header.identity.push_back(entry);
        } else if (std::find(first.begin(), first.end(), entry) == first.end()) {
          plan.header.identity.emplace_back(owner + entry.first, entry.second);
        }
      } else {
        checkpoint_buffer b;
        b.type = words.word();
        b.count = words.number();
        b.item = words.number();
        b.name = words.rest();
        own.push_back(b);
        b.name = owner + b.name;
        plan.header.buffers.push_back(std::move(b));
      }
    }
  }
  return plan;
}

/// Call piece(first, count) for the pieces of a buffer in order.
template <class Piece>
void in_pieces(checkpoint_buffer const& b, Piece const& piece) {
  std::uint64_t const most = checkpoint_piece / b.item;
  for (std::uint64_t first = 0; first < b.count; first += most)
    piece(static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(most, b.count - first)));
}

/// What the first process fails at, remembered until the others are told.
class first_failure {
 public:
  template <class F>
  void attempt(F&& f) {
    if (!text_.empty()) return;
    try {
      f();
    } catch (std::exception const& e) {
      text_ = e.what();
    }
  }
  /// throws   tomoedx::file_error on every process when the first has failed
  template <class Comm>
  void tell(Comm const& comm) {
    text_ = comm.broadcast(text_);
    if (!text_.empty()) fail<file_error>("{}", text_);
  }

 private:
  std::string text_;
};

/// Write the state beside `file` and put it in place. All processes call it; it throws on all or none.
template <class Solver, class Comm>
void write_state(std::filesystem::path const& file, Solver const& method, identity_lines const& identity,
                 std::string const& ended, Comm const& comm) {
  method.space().fence("tomoedx::checkpoint: the state is complete");
  auto const mine = state_of(method, method.iteration());
  auto plan = plan_of(comm.gather(told(identity, mine)));
  plan.header.iteration = method.iteration();
  plan.header.ended = ended;
  std::vector<std::byte> piece(checkpoint_piece);
  first_failure failure;
  if (comm.rank() != 0) {
    for (auto const& b : mine)
      in_pieces(b.about, [&](std::size_t first, std::size_t count) {
        b.load(first, count, piece.data());
        comm.send({piece.data(), count * b.about.item}, 0);
      });
  } else {
    std::optional<checkpoint_sink> sink;
    failure.attempt([&] { sink.emplace(file, text_of(plan.header)); });
    for (std::size_t r = 0; r < plan.of_rank.size(); ++r)
      for (std::size_t i = 0; i < plan.of_rank[r].size(); ++i) {
        auto const& b = plan.of_rank[r][i];
        in_pieces(b, [&](std::size_t first, std::size_t count) {
          if (r == 0)
            mine[i].load(first, count, piece.data());
          else
            comm.receive({piece.data(), count * b.item}, static_cast<int>(r));  // also after a failure
          failure.attempt([&] { sink->write(piece.data(), count * b.item); });
        });
      }
    failure.attempt([&] { sink->commit(); });
  }
  failure.tell(comm);
}

/// Refuse a checkpoint of another problem, and say what differs.
///
/// throws   tomoedx::file_error
inline void expect_same_run(std::string const& file, checkpoint_header const& found,
                            checkpoint_header const& wanted, std::size_t iterations) {
  std::string differences;
  int count = 0;
  auto const differs = [&](std::string const& text) {
    if (++count <= 5) differences += fmt::format("{}{}", count > 1 ? "; " : "", text);
  };
  auto const value_in = [](identity_lines const& lines, std::string const& name) {
    for (auto const& l : lines)
      if (l.first == name) return l.second;
    return std::string("not given");
  };
  for (auto const& [name, value] : wanted.identity)
    if (auto const old = value_in(found.identity, name); old != value)
      differs(fmt::format("{} is {} there, {} here", name, old, value));
  for (auto const& [name, value] : found.identity)
    if (value_in(wanted.identity, name) == "not given" && value != "not given")
      differs(fmt::format("{} is {} there, not given here", name, value));
  expects<file_error>(count == 0, "{}: belongs to another run: {}{}; give another file, or remove this one",
                      file, differences, count > 5 ? fmt::format("; and {} more", count - 5) : "");
  expects<file_error>(found.iteration <= iterations,
                      "{}: was written after iteration {}, {} are asked for; ask for more", file,
                      found.iteration, iterations);
  for (std::size_t i = 0; i < std::max(found.buffers.size(), wanted.buffers.size()); ++i) {
    auto const text = [i](checkpoint_header const& h) {
      return i < h.buffers.size() ? fmt::format("{} with {} {} values", h.buffers[i].name, h.buffers[i].count,
                                                h.buffers[i].type)
                                  : std::string("nothing");
    };
    expects<file_error>(
        text(found) == text(wanted),
        "{}: belongs to another run: buffer {} is {} there, {} here; give another file, or remove "
        "this one",
        file, i + 1, text(found), text(wanted));
  }
}

/// Fill the state of `method` from a file, all of which was checked before. Returns why that run was over, if it was.
///
/// throws   tomoedx::file_error on all processes or none; then nothing is changed
template <class Solver, class Comm>
std::string read_state(std::filesystem::path const& file, Solver& method, identity_lines const& identity,
                       Comm const& comm) {
  method.space().fence("tomoedx::checkpoint: before the state is filled");
  first_failure failure;
  std::optional<io::detail::input> in;
  checkpoint_header found;
  if (comm.rank() == 0)
    failure.attempt([&] {
      in.emplace(file);
      found = verified_header(*in);
    });
  failure.tell(comm);
  auto const iteration = std::stoull(comm.broadcast(fmt::format("{}", found.iteration)));
  auto const mine = state_of(method, iteration);
  auto const plan = plan_of(comm.gather(told(identity, mine)));
  if (comm.rank() == 0)
    failure.attempt([&] { expect_same_run(file.string(), found, plan.header, method.iterations()); });
  failure.tell(comm);

  std::vector<std::byte> piece(checkpoint_piece);
  if (comm.rank() != 0) {
    for (auto const& b : mine)
      in_pieces(b.about, [&](std::size_t first, std::size_t count) {
        comm.receive({piece.data(), count * b.about.item}, 0);
        b.store(first, count, piece.data());
      });
  } else {
    for (std::size_t r = 0; r < plan.of_rank.size(); ++r)
      for (std::size_t i = 0; i < plan.of_rank[r].size(); ++i) {
        auto const& b = plan.of_rank[r][i];
        in_pieces(b, [&](std::size_t first, std::size_t count) {
          in->read(piece.data(), count * b.item);
          if (r == 0)
            mine[i].store(first, count, piece.data());
          else
            comm.send({piece.data(), count * b.item}, static_cast<int>(r));
        });
      }
  }
  method.resume(static_cast<std::size_t>(iteration));
  return comm.broadcast(found.ended);
}

}  // namespace tomoedx::detail

#endif
