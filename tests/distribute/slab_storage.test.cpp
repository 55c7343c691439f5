// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/distribute/slab_storage.hpp>
#include <tomoedx/io/part_reader.hpp>
#include <tomoedx/io/part_writer.hpp>

#include <doctest/doctest.h>

#include "../messages.hpp"

#include <numeric>
#include <vector>

namespace io = tomoedx::io;

static_assert(tomoedx::slab_source<tomoedx::memory_source>);
static_assert(tomoedx::slab_source<io::part_reader>);
static_assert(!tomoedx::slab_source<io::part_writer>);
static_assert(tomoedx::slab_sink<tomoedx::memory_sink>);
static_assert(tomoedx::slab_sink<io::part_writer>);
static_assert(!tomoedx::slab_sink<tomoedx::memory_source>);

TEST_CASE("parts of arrays in memory are read and written where they belong") {
  io::shape3 const shape{3, 4, 2};
  std::vector<float> from(24), to(24, -1.0f);
  std::iota(from.begin(), from.end(), 0.0f);
  tomoedx::memory_source const source(from, shape);
  tomoedx::memory_sink const sink(to, shape);
  float part[8];
  source.read({1, 2, 1, 2}, part);
  CHECK(std::vector(part, part + 8) == std::vector<float>{10, 11, 12, 13, 18, 19, 20, 21});
  sink.write({1, 2, 1, 2}, part);
  for (std::size_t i = 0; i < 24; ++i)
    CHECK(to[i] == ((i >= 10 && i < 14) || (i >= 18 && i < 22) ? from[i] : -1.0f));
}

TEST_CASE("arrays in memory that do not fit their shape, and parts outside, are refused") {
  std::vector<float> values(23);
  CHECK_THROWS_WITH_AS(tomoedx::memory_source(values, {3, 4, 2}, "iron"),
                       "iron: 23 values for the shape 3 x 4 x 2", tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::memory_sink(values, {3, 4, 2}), tomoedx::shape_error);
  CHECK_THROWS_AS(tomoedx::memory_source(values, {1, 23, 1}).read({0, 1, 20, 4}, values.data()),
                  tomoedx::shape_error);
}
