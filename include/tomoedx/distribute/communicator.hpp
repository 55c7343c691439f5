// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DISTRIBUTE_COMMUNICATOR_HPP
#define TOMOEDX_DISTRIBUTE_COMMUNICATOR_HPP

#include <tomoedx/core/error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef TOMOEDX_MPI
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1  // the bindings of MPI 2 for C++, which nobody uses
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>
#endif

namespace tomoedx {

/// The processes ("ranks") that work together on a problem; a copy shares the channel.
///
/// Made without arguments it is this process alone, and needs no MPI, neither to compile nor to run. All members but
/// `rank`, `size`, `send` and `receive` are collective: every rank calls them, in the same order.
class communicator {
 public:
  communicator() = default;

#ifdef TOMOEDX_MPI
  /// The ranks of an MPI communicator, on a channel of our own. Collective.
  ///
  /// requires MPI to be running
  explicit communicator(MPI_Comm from) {
    MPI_Comm own = MPI_COMM_NULL;
    check(MPI_Comm_dup(from, &own), "MPI_Comm_dup");
    comm_ = std::shared_ptr<MPI_Comm>(new MPI_Comm(own), [](MPI_Comm* c) {
      int ended = 0;
      MPI_Finalized(&ended);
      if (ended == 0) MPI_Comm_free(c);
      delete c;
    });
    check(MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_rank(own, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(own, &size_), "MPI_Comm_size");
  }
  /// The channel, MPI_COMM_SELF when alone.
  MPI_Comm mpi() const {
    return comm_ ? *comm_ : MPI_COMM_SELF;
  }
#endif

  int rank() const noexcept {
    return rank_;
  }
  int size() const noexcept {
    return size_;
  }

  void barrier() const {
#ifdef TOMOEDX_MPI
    if (size_ > 1) check(MPI_Barrier(mpi()), "MPI_Barrier");
#endif
  }

  /// Every value becomes its sum over the ranks, added in the order of the ranks: the same bits on all of them and in
  /// every run.
  void sum(std::span<double> values) const {
    combine(values, [](double& a, double b) { a += b; });
  }
  double sum(double value) const {
    sum(std::span<double>(&value, 1));
    return value;
  }
  /// Every value becomes the largest of the ranks'; NaN when one is.
  void max(std::span<double> values) const {
    combine(values, [](double& a, double b) { a = b > a || b != b ? b : a; });
  }
  double max(double value) const {
    max(std::span<double>(&value, 1));
    return value;
  }
  /// Whether it holds on any rank.
  bool any(bool holds) const {
    return max(holds ? 1.0 : 0.0) > 0;
  }

  /// Every rank gets what rank 0 has.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void broadcast(std::span<T> values) const {
#ifdef TOMOEDX_MPI
    if (size_ > 1)
      in_parts(std::as_writable_bytes(values), [&](std::byte* data, int bytes) {
        check(MPI_Bcast(data, bytes, MPI_BYTE, 0, mpi()), "MPI_Bcast");
      });
#endif
    static_cast<void>(values);
  }
  std::string broadcast(std::string text) const {
    std::size_t length = text.size();
    broadcast(std::span<std::size_t>(&length, 1));
    text.resize(length);
    broadcast(std::span<char>(text));
    return text;
  }

  /// The texts of all ranks in order, on rank 0; elsewhere nothing.
  std::vector<std::string> gather(std::string text) const {
    if (rank_ != 0) {
      std::size_t const length = text.size();
      send(std::as_bytes(std::span<std::size_t const>(&length, 1)), 0);
      send(std::as_bytes(std::span<char const>(text)), 0);
      return {};
    }
    std::vector<std::string> all{std::move(text)};
    for (int r = 1; r < size_; ++r) {
      std::size_t length = 0;
      receive(std::as_writable_bytes(std::span<std::size_t>(&length, 1)), r);
      auto& other = all.emplace_back(length, '\0');
      receive(std::as_writable_bytes(std::span<char>(other)), r);
    }
    return all;
  }

  /// Hand bytes to a rank, which receives as many.
  void send(std::span<std::byte const> bytes, int to) const {
#ifdef TOMOEDX_MPI
    in_parts(bytes, [&](std::byte const* data, int count) {
      check(MPI_Send(data, count, MPI_BYTE, to, tag, mpi()), "MPI_Send");
    });
#else
    unreachable(bytes.size(), to);
#endif
  }
  void receive(std::span<std::byte> bytes, int from) const {
#ifdef TOMOEDX_MPI
    in_parts(bytes, [&](std::byte* data, int count) {
      check(MPI_Recv(data, count, MPI_BYTE, from, tag, mpi(), MPI_STATUS_IGNORE), "MPI_Recv");
    });
#else
    unreachable(bytes.size(), from);
#endif
  }

  /// Hand bytes to one rank and receive others at the same time; a negative rank stands for none.
  void exchange(std::span<std::byte const> out, int to, std::span<std::byte> in, int from) const {
    if (to < 0 && from < 0) return;
#ifdef TOMOEDX_MPI
    constexpr std::size_t most = std::size_t{1} << 30;
    expects<shape_error>(out.size() <= most && in.size() <= most,
                         "communicator: exchanges of {} and {} bytes, at most {} each", out.size(), in.size(),
                         most);
    check(
        MPI_Sendrecv(out.data(), to < 0 ? 0 : static_cast<int>(out.size()), MPI_BYTE,
                     to < 0 ? MPI_PROC_NULL : to, tag, in.data(), from < 0 ? 0 : static_cast<int>(in.size()),
                     MPI_BYTE, from < 0 ? MPI_PROC_NULL : from, tag, mpi(), MPI_STATUS_IGNORE),
        "MPI_Sendrecv");
#else
    unreachable(out.size() + in.size(), std::max(to, from));
#endif
  }

 private:
  template <class Combine>
  void combine(std::span<double> values, Combine const& combine_one) const {
#ifdef TOMOEDX_MPI
    if (size_ == 1) return;
    int const n = static_cast<int>(values.size());
    std::vector<double> all(values.size() * static_cast<std::size_t>(size_));
    check(MPI_Allgather(values.data(), n, MPI_DOUBLE, all.data(), n, MPI_DOUBLE, mpi()), "MPI_Allgather");
    std::copy_n(all.begin(), values.size(), values.begin());
    for (std::size_t i = values.size(); i < all.size(); ++i) combine_one(values[i % values.size()], all[i]);
#else
    static_cast<void>(values), static_cast<void>(combine_one);
#endif
  }

#ifdef TOMOEDX_MPI
  static constexpr int tag = 7;

  static void check(int code, char const* what) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = {};
    int length = 0;
    MPI_Error_string(code, text, &length);
    fail("communicator: {} failed: {}", what, std::string(text, static_cast<std::size_t>(length)));
  }
  /// MPI counts in int.
  template <class Byte, class F>
  static void in_parts(std::span<Byte> bytes, F const& f) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (std::size_t at = 0; at < bytes.size(); at += most)
      f(bytes.data() + at, static_cast<int>(std::min(most, bytes.size() - at)));
  }

  std::shared_ptr<MPI_Comm> comm_;
#else
  static void unreachable(std::size_t bytes, int rank) {
    fail("communicator: {} bytes for or from rank {}, but this process is alone", bytes, rank);
  }
#endif
  int rank_ = 0, size_ = 1;
};

}  // namespace tomoedx

#endif
