// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/mpi_iterate.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include <doctest/doctest.h>

#include <cstring>

// Several ranks are tested in tests/distribute/mpi, under mpirun.

namespace {

using op_t = tomoedx::sparse_operator<Kokkos::Serial, float>;

/// Two slices of two voxels and three rays.
op_t op() {
  static std::vector<std::size_t> const offsets{0, 1, 2, 4};
  static std::vector<std::uint32_t> const indices{0, 1, 0, 1};
  static std::vector<float> const values{1.0f, 1.0f, 0.5f, 0.5f};
  return op_t(Kokkos::Serial(), {3, 2, offsets, indices, values}, 2);
}
op_t::range_view data() {
  auto const b = tomoedx::make_range(op());
  for (std::size_t i = 0; i < b.size(); ++i) b.data()[i] = static_cast<float>(i % 7);
  tomoedx::clear_padding(op(), b);
  return b;
}
template <class View>
bool same_bits(View const& a, View const& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0;
}

/// A solver that knows when it is done.
struct counting {
  Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace> norms{"norms", 9, 1};
  std::size_t done = 0;
  void step() { norms(done++, 0) = 4; }
  std::size_t iteration() const { return done; }
  std::size_t iterations() const { return 9; }
  Kokkos::Serial space() const { return {}; }
  int state() const { return 0; }
  auto const& residuals() const { return norms; }
  bool solved() const { return done == 6; }
};

}  // namespace

TEST_CASE("one rank that works collectively does what it does alone") {
  tomoedx::communicator const alone;
  auto const b = data();
  auto const x = tomoedx::make_domain(op()), y = tomoedx::make_domain(op());
  tomoedx::stopping_rules const rules{.relative_change = 1e-2, .look_every = 2};
  auto const expected = tomoedx::sirt(op(), b, x, {.iterations = 50, .stop = rules});
  std::size_t looks = 0;
  auto const report = tomoedx::sirt(op(), b, y, {.iterations = 50, .stop = rules},
                                    tomoedx::collectively(alone, [&](tomoedx::progress const& p) {
                                      CHECK(p.iterations == 50);
                                      ++looks;
                                      return tomoedx::decision::proceed;
                                    }));
  CHECK(same_bits(x, y));
  CHECK(report.residuals == expected.residuals);
  CHECK(report.ended == tomoedx::ending::change_small);
  CHECK(looks == report.iterations / 2);
  static_assert(tomoedx::iteration_driver<tomoedx::collective_watch<tomoedx::ignore>>);
}

TEST_CASE("an observer's stop and a method's own end are heard through the collective watch") {
  counting method;
  auto const report = tomoedx::collective_iterate({}, method, {});
  CHECK(report.iterations == 6);
  CHECK(report.ended == tomoedx::ending::solved);
  CHECK(report.residuals.back() == 2);
  counting other;
  CHECK(tomoedx::collective_iterate({}, other, {}, [](tomoedx::progress const& p) {
          return p.iteration == 3 ? tomoedx::decision::stop : tomoedx::decision::proceed;
        }).ended == tomoedx::ending::observer);
  CHECK(other.done == 3);
}
