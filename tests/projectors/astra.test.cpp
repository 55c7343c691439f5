// SPDX-License-Identifier: BSD-3-Clause
// Against vectors made by another program; its own error sets the tolerances, which lie beside the vectors.
#include <tomoedx/io/npy.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/solvers/sirt.hpp>

#include "../shared.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>

namespace {

/// Their row 0 is the largest y, our slice 0 the smallest z: turn an image upside down.
std::vector<double> upside_down(std::vector<double> const& image, std::size_t columns) {
  std::vector<double> turned;
  for (std::size_t row = image.size() / columns; row-- > 0;)
    turned.insert(turned.end(), image.begin() + static_cast<std::ptrdiff_t>(row * columns),
                  image.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
  return turned;
}

struct vectors {
  std::filesystem::path folder;
  std::string prefix;
  std::vector<double> operator()(std::string const& name) const {
    return tomoedx::io::read_npy<double>(folder / (prefix + name + ".npy")).values;
  }
};

template <class Footprint>
void compare(vectors const& reference, nlohmann::json const& description, std::string const& name) {
  using projector = tomoedx::tilt_projector<Kokkos::DefaultExecutionSpace, float, Footprint>;
  CAPTURE(name);
  auto const& shape = description.at("cases").at("64");
  auto const& allowed = description.at("suggested_tolerances");
  std::size_t const n = shape.at("n"), detector = shape.at("nd");
  tomoedx::parallel_beam const beam{.tilts_deg = shape.at("angles_deg").get<std::vector<double>>(),
                                    .width = n,
                                    .depth = n,
                                    .detector = detector};
  projector const op({}, beam, 1);
  auto const phantom = upside_down(reference("phantom"), n);
  auto const stack = reference("fp_" + name);
  CHECK(cases::relative_l2(cases::forward(op, phantom, 1), stack) <
        allowed.at("fp_relL2").at("64").get<double>());
  CHECK(cases::relative_l2(cases::adjoint(op, stack, 1), upside_down(reference("bp_" + name), n)) <
        allowed.at("bp_relL2").at(name).at("64").get<double>());

  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  std::vector<float> const measured(stack.begin(), stack.end());
  tomoedx::pack(op.space(),
                tomoedx::upload(op.space(), tomoedx::borrow(measured.data(), beam.tilts(), 1, detector)),
                data);
  for (bool const free : {false, true}) {
    tomoedx::sirt(op, data, x,
                  {.iterations = 50, .lower = free ? -std::numeric_limits<double>::infinity() : 0.0});
    std::vector<float> plain(n * n);
    auto const volume = tomoedx::zeros<float>(op.space(), tomoedx::extents<3>{n, 1, n});
    tomoedx::unpack(op.space(), x, volume);
    tomoedx::download(op.space(), volume, tomoedx::borrow(plain.data(), n, 1, n));
    CHECK(cases::relative_l2({plain.begin(), plain.end()},
                             upside_down(reference((free ? "sirt50_free_" : "sirt50_") + name), n)) <
          allowed.at("sirt50_relL2").at("64").get<double>());
  }
}

}  // namespace

TEST_CASE("forward, back projection and SIRT agree with another program's, within its own error") {
  TOMOEDX_SHARED_OR_SKIP(folder, "reference/astra_64");
  auto const description = nlohmann::json::parse(std::ifstream(folder / "ref_geometry.json"));
  vectors const reference{folder, "ref_64_"};
  compare<tomoedx::strip>(reference, description, "strip");
  compare<tomoedx::joseph>(reference, description, "linear");
  compare<tomoedx::siddon>(reference, description, "line");
}
