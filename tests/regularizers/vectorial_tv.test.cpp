// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/regularizers/vectorial_tv.hpp>

#include "variation_cases.hpp"

namespace {

using tomoedx::vectorial_tv;
using host = Kokkos::DefaultHostExecutionSpace;
constexpr auto norm = tomoedx::reference::difference_norm::all_channels;

}  // namespace

static_assert(tomoedx::regularizer<vectorial_tv<float, host>>);

TEST_CASE_TEMPLATE("Vectorial TV, its dual step and its transpose are those of plain loops", T, float,
                   double) {
  variation_cases::compare_with_plain_everywhere<vectorial_tv<T, host>>(3, norm);
}

TEST_CASE("Vectorial TV bounds its differences as step sizes need it") {
  variation_cases::check_norms<vectorial_tv<double, host>>(2, norm);
}

TEST_CASE_TEMPLATE("Vectorial TV is the largest product with its dual ball", T, float, double) {
  variation_cases::check_duality<vectorial_tv<T, host>>(4, norm);
}

TEST_CASE_TEMPLATE("Vectorial TV stays finite for zeros and for values of any size", T, float, double) {
  variation_cases::check_extremes<vectorial_tv<T, host>>(4, norm);
}

TEST_CASE("Vectorial TV gives the same with the instructions of any processor and of devices") {
  variation_cases::check_variants<vectorial_tv<float, host>, tomoedx::detail::euclidean_norm>(3, norm);
}

TEST_CASE("Vectorial TV refuses arrays and options that do not fit") {
  variation_cases::check_sizes<vectorial_tv<float, host>>();
}

TEST_CASE("Vectorial TV of multiples of one image is that of the image times the length of the multiples") {
  CHECK(variation_cases::of_multiples<vectorial_tv<double, host>>({3, 4}, norm) ==
        doctest::Approx(5).epsilon(1e-12));
  CHECK(variation_cases::of_multiples<vectorial_tv<float, host>>({1, -2, 0, 2}, norm) ==
        doctest::Approx(3).epsilon(1e-6));
}

TEST_CASE("Vectorial TV does not change when channels are turned into each other") {
  variation_cases::check_rotated_channels<vectorial_tv<double, host>>(norm);
}

TEST_CASE("Vectorial TV refuses more channels than it can hold") {
  auto const many = tomoedx::plain_grid(17, 2, 2, 2);
  CHECK_THROWS_AS((vectorial_tv<float, host>(host(), many)), tomoedx::shape_error);
}
