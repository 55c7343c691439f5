// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/projectors/sparse_operator.hpp>

#include "../solvers/plain.hpp"
#include "../spaces.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

/// A random matrix by compressed rows, with empty rows and columns, values of both signs, columns in no order
/// and one of them twice.
template <class T>
struct random_sparse {
  std::size_t rows, columns;
  std::vector<std::size_t> offsets{0};
  std::vector<std::uint32_t> indices;
  std::vector<T> values;
  plain::matrix dense;

  random_sparse(std::size_t r, std::size_t c, std::uint64_t seed) : rows(r), columns(c), dense(r, c) {
    tomoedx::random_stream random(seed, 0);
    for (std::size_t i = 0; i < r; ++i) {
      std::size_t const here = i % 3 == 1 ? 0 : random.bits() % (c + 1);
      for (std::size_t n = 0; n < here; ++n) {
        auto const j = random.bits() % c;
        if (c > 4 && j == 3) continue;  // a column that stays empty
        indices.push_back(static_cast<std::uint32_t>(j));
        values.push_back(static_cast<T>(2 * random.uniform() - 1));
        dense(i, j) += static_cast<double>(values.back());
      }
      offsets.push_back(values.size());
    }
  }
  tomoedx::sparse_matrix<T> view() const { return {rows, columns, offsets, indices, values}; }
};

template <class Space, class T>
void compare_with_dense(std::size_t rows, std::size_t columns, std::size_t slices) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(slices);
  random_sparse<T> const m(rows, columns, 7 * rows + columns);
  tomoedx::sparse_operator<Space, T> const op(Space(), m.view(), slices);
  typename decltype(op)::domain_view const x("x", op.domain_layout());
  typename decltype(op)::range_view const y("y", op.range_layout());
  std::vector<plain::vector> volumes, stacks;
  auto const rounded = [](plain::vector v) {
    for (auto& e : v) e = static_cast<double>(static_cast<T>(e));
    return v;
  };
  for (std::size_t s = 0; s < slices; ++s) {
    volumes.push_back(rounded(cases::random_values(columns, 100 + s)));
    stacks.push_back(rounded(cases::random_values(rows, 200 + s)));
  }
  double const tolerance = 20 * static_cast<double>(std::numeric_limits<T>::epsilon());
  auto const close = [&](plain::vector const& a, plain::vector const& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
      REQUIRE(std::abs(a[i] - b[i]) <= tolerance * (1 + std::sqrt(30.0)));
  };
  plain::put(x, op.lanes(), volumes);
  Kokkos::deep_copy(y, T(9));  // overwritten, empty rows too
  op.forward(x, y);
  op.space().fence();
  auto const projected = plain::get(y, op.lanes(), slices);
  for (std::size_t s = 0; s < slices; ++s) close(projected[s], m.dense.times(volumes[s]));

  plain::put(y, op.lanes(), stacks);
  Kokkos::deep_copy(x, T(9));
  op.adjoint(y, x);
  op.space().fence();
  auto const back = plain::get(x, op.lanes(), slices);
  double left = 0, right = 0;
  for (std::size_t s = 0; s < slices; ++s) {
    close(back[s], m.dense.transposed_times(stacks[s]));
    left += plain::dot(projected[s], stacks[s]);
    right += plain::dot(volumes[s], back[s]);
  }
  CHECK(std::abs(left - right) <= 100 * tolerance);
}

}  // namespace

TEST_CASE_TEMPLATE("a sparse matrix multiplies like the dense one, both ways, in every slice", Space,
                   TOMOEDX_SPACES) {
  for (auto const& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {1, 30}, {30, 1}, {17, 23}, {40, 12}})
    for (std::size_t const slices : {1, 5, 16, 70}) {
      compare_with_dense<Space, float>(rows, columns, slices);
      compare_with_dense<Space, double>(rows, columns, slices);
    }
}

TEST_CASE("a matrix without values projects to zero") {
  using op_t = tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, float>;
  static_assert(tomoedx::linear_operator<op_t>);
  std::vector<std::size_t> const offsets(4);
  op_t const op({}, {3, 2, offsets, {}, {}}, 2);
  op_t::domain_view const x("x", op.domain_layout());
  op_t::range_view const y("y", op.range_layout());
  Kokkos::deep_copy(x, 1.0f);
  Kokkos::deep_copy(y, 1.0f);
  op.forward(x, y);
  for (auto const v : plain::flat(y)) CHECK(v == 0);
  Kokkos::deep_copy(y, 1.0f);
  op.adjoint(y, x);
  for (auto const v : plain::flat(x)) CHECK(v == 0);
}

TEST_CASE("the matrix is copied: its owner may change or drop it") {
  using op_t = tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, double>;
  std::vector<std::size_t> offsets{0, 1};
  std::vector<std::uint32_t> indices{0};
  std::vector<double> values{3};
  op_t const op({}, {1, 1, offsets, indices, values}, 1);
  values[0] = 100, offsets[1] = 0;
  op_t::domain_view const x("x", op.domain_layout());
  op_t::range_view const y("y", op.range_layout());
  Kokkos::deep_copy(x, 2.0);
  op.forward(x, y);
  CHECK(plain::flat(y)[0] == 6);
}

TEST_CASE("a matrix whose parts do not fit is refused with the numbers") {
  using tomoedx::shape_error, tomoedx::value_error;
  using offsets_t = std::vector<std::size_t>;
  using indices_t = std::vector<std::uint32_t>;
  using values_t = std::vector<float>;
  auto const refused = [](auto error, char const* text, std::size_t rows, std::size_t columns,
                          offsets_t const& offsets, indices_t const& indices, values_t const& values) {
    CAPTURE(text);
    tomoedx::sparse_matrix<float> const m{rows, columns, offsets, indices, values};
    CHECK_THROWS_WITH_AS(tomoedx::validate(m), doctest::Contains(text), decltype(error));
    using op_t = tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, float>;
    CHECK_THROWS_AS(op_t({}, m, 1), decltype(error));
  };
  shape_error const shape("");
  value_error const value("");
  refused(shape, "0 x 3", 0, 3, {0}, {}, {});
  refused(shape, "2 x 0", 2, 0, {0, 0, 0}, {}, {});
  refused(shape, "2 offsets for 2 rows", 2, 3, {0, 1}, {0}, {1});
  refused(shape, "4 offsets for 2 rows", 2, 3, {0, 1, 1, 1}, {0}, {1});
  refused(shape, "1 column indices for 2 values", 2, 3, {0, 1, 2}, {0}, {1, 1});
  refused(shape, "from 1 to 2", 2, 3, {1, 1, 2}, {0, 0}, {1, 1});
  refused(shape, "from 0 to 1, values are 2", 2, 3, {0, 1, 1}, {0, 0}, {1, 1});
  refused(shape, "from 0 to 5, values are 2", 2, 3, {0, 1, 5}, {0, 0}, {1, 1});
  refused(shape, "fall at row 1", 3, 3, {0, 9, 1, 2}, {0, 0}, {1, 1});
  refused(shape, "value 1 is in column 3, there are 3", 2, 3, {0, 1, 2}, {0, 3}, {1, 1});
  refused(value, "value 1 is nan", 2, 3, {0, 1, 2}, {0, 2}, {1, std::nanf("")});
  refused(value, "value 0 is inf", 2, 3, {0, 1, 2}, {0, 2}, {std::numeric_limits<float>::infinity(), 1});
  std::vector<std::size_t> const offsets{0, 0};
  using op_t = tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, float>;
  CHECK_THROWS_WITH_AS(op_t({}, {1, 1, offsets, {}, {}}, 0), doctest::Contains("no slices"), shape_error);
}

TEST_CASE("operands that do not fit the matrix are refused before anything is written") {
  using op_t = tomoedx::sparse_operator<Kokkos::DefaultExecutionSpace, float>;
  std::vector<std::size_t> const offsets{0, 1, 1};
  std::vector<std::uint32_t> const indices{2};
  std::vector<float> const values{1};
  op_t const op({}, {2, 3, offsets, indices, values}, 1);
  op_t::domain_view const x("x", op.domain_layout());
  op_t::range_view const y("y", op.range_layout());
  // larger than asked for, so that a careless operator reads and writes nothing that is not there
  op_t::domain_view const long_x("x", x.extent(0), x.extent(1) + 2, x.extent(2));
  CHECK_THROWS_AS(op.forward(long_x, y), tomoedx::shape_error);
  op_t::range_view const long_y("y", y.extent(0), y.extent(1) + 2, y.extent(2));
  CHECK_THROWS_AS(op.adjoint(long_y, x), tomoedx::shape_error);
}
