// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/tensor.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using tomoedx::io::named_tensors, tomoedx::io::tensor;

TEST_CASE_TEMPLATE("a tensor keeps the values, the precision and the shape it was given", T, float, double) {
  std::vector<T> const values{
      T(0.1), -2, std::numeric_limits<T>::denorm_min(), 3, std::numeric_limits<T>::max(), 5};
  tensor const t({2, 1, 3}, values);
  CHECK(t.shape() == std::vector<std::size_t>{2, 1, 3});
  REQUIRE(t.size() == 6);
  CHECK(t.is_double() == std::is_same_v<T, double>);
  CHECK(t.values<T>() == values);
  for (std::size_t i = 0; i < 6; ++i) CHECK(t[i] == static_cast<double>(values[i]));
  using other = std::conditional_t<std::is_same_v<T, double>, float, double>;
  CHECK_THROWS_AS(t.values<other>(), std::bad_variant_access);
}

TEST_CASE("a scalar has no extents and one value, an empty tensor an extent of zero") {
  tensor const scalar({}, std::vector<float>{4});
  CHECK(scalar.size() == 1);
  CHECK(scalar.shape().empty());
  CHECK(scalar[0] == 4);
  tensor const empty({3, 0}, std::vector<double>{});
  CHECK(empty.size() == 0);
  CHECK(empty.is_double());
  CHECK(tensor().size() == 0);
}

TEST_CASE("a shape that asks for other than the values there are is refused") {
  std::vector<float> const six(6);
  CHECK_NOTHROW(tensor({3, 2}, six));
  CHECK_THROWS_WITH_AS(tensor({3, 3}, six), doctest::Contains("asks for 9 values, there are 6"),
                       tomoedx::shape_error);
  CHECK_THROWS_AS(tensor({}, six), tomoedx::shape_error);
  CHECK_THROWS_AS(tensor({0}, six), tomoedx::shape_error);
  CHECK_THROWS_AS(tensor({1}, std::vector<double>{}), tomoedx::shape_error);
}

TEST_CASE("extents whose product wraps around are refused, whatever else there is") {
  std::size_t const large = std::size_t{1} << 32;
  CHECK_THROWS_WITH_AS(tensor({large, large}, std::vector<float>{}),
                       doctest::Contains("larger than memory can be"), tomoedx::shape_error);
  CHECK_THROWS_AS(tensor({large, large, 2}, std::vector<double>(2)), tomoedx::shape_error);
  CHECK_THROWS_AS(tensor({std::numeric_limits<std::size_t>::max()}, std::vector<float>(1)),
                  tomoedx::shape_error);
}

TEST_CASE("tensors are equal when shape, precision and values are") {
  tensor const a({2, 2}, std::vector<float>{1, 2, 3, 4});
  CHECK(a == tensor({2, 2}, std::vector<float>{1, 2, 3, 4}));
  CHECK(a != tensor({4}, std::vector<float>{1, 2, 3, 4}));
  CHECK(a != tensor({2, 2}, std::vector<double>{1, 2, 3, 4}));
  CHECK(a != tensor({2, 2}, std::vector<float>{1, 2, 3, 5}));
  named_tensors file;
  file.tensors.emplace("a", a);
  file.metadata["format"] = "pt";
  CHECK(file.tensors.at("a") == a);
}
