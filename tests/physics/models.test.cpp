// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/physics/models.hpp>

#include <doctest/doctest.h>

using namespace tomoedx::physics;

TEST_CASE("a set of models is found by its name") {
  CHECK(models_named("default") == default_models());
  CHECK(models_named("yuan2020") == yuan2020());
  CHECK(models_named("browning1994") == browning1994());
  CHECK(model_set{} == default_models());
  for (auto const& set : {default_models(), yuan2020(), browning1994()}) CHECK(models_named(set.name) == set);
  CHECK_FALSE(yuan2020() == default_models());
}

TEST_CASE("the set of the paper leaves out transfer and takes the total cross section") {
  CHECK(default_models().transfer);
  CHECK(default_models().annulus);
  CHECK_FALSE(yuan2020().transfer);
  CHECK_FALSE(yuan2020().annulus);
  CHECK(yuan2020().yields == yield_source::eadl);
  CHECK(yuan2020().elastic == elastic_model::browning1991);
  CHECK(browning1994().elastic == elastic_model::browning1994);
}

TEST_CASE("a name that is none gets the names there are") {
  for (auto const* const name : {"", "Default", "yuan", "browning1991"})
    CHECK_THROWS_WITH_AS(models_named(name), doctest::Contains("use default, yuan2020 or browning1994"),
                         tomoedx::value_error);
}
