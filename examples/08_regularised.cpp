// SPDX-License-Identifier: BSD-3-Clause
// SIRT, EM and total variation with a Poisson model on a series of few, noisy views: which one draws a solid rod solid?
//
//     example_08_regularised [folder with edx_tilt_tyx_f32.npy and tilt_angles_deg.npy] [lambda]
//
// Without a folder a rod is simulated. There is no truth for real data, so each method also reconstructs the even and
// the odd views alone: what both agree on is there, what they do not is noise or missing views.
#include <tomoedx/io/file.hpp>
#include <tomoedx/io/tilts.hpp>
#include <tomoedx/noise/poisson.hpp>
#include <tomoedx/projectors/project.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/regularizers/total_variation.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/pdhg.hpp>
#include <tomoedx/solvers/sirt.hpp>
#if TOMOEDX_PNG
#include <tomoedx/figures/curves.hpp>
#include <tomoedx/figures/orthoslices.hpp>
#include <tomoedx/figures/png.hpp>
#endif

#include <cmath>
#include <cstdio>
#include <filesystem>

namespace {

using space_t = Kokkos::DefaultHostExecutionSpace;
using op_t = tomoedx::tilt_projector<space_t>;
using stack_t = std::vector<float>;

struct series {
  std::size_t rows, width;
  std::vector<double> tilts;
  stack_t values;  // (tilt, y, x)

  op_t projector() const {
    return {space_t(), {.tilts_deg = tilts, .width = width, .depth = width, .detector = width}, rows};
  }
  std::size_t image() const { return rows * width; }
  /// Every second view.
  series half(std::size_t first) const {
    series s{rows, width, {}, {}};
    for (std::size_t t = first; t < tilts.size(); t += 2) {
      s.tilts.push_back(tilts[t]);
      auto const view = values.begin() + static_cast<std::ptrdiff_t>(t * image());
      s.values.insert(s.values.end(), view, view + static_cast<std::ptrdiff_t>(image()));
    }
    return s;
  }
};

/// A gold rod of radius 12 along y, two counts where it is thickest.
series simulated() {
  series s{48, 64, {}, {}};
  for (int t = -60; t <= 60; t += 10) s.tilts.push_back(t);
  s.values.resize(s.tilts.size() * s.image());
  std::vector<float> rod(s.width * s.image());
  for (std::size_t i = 0; i < rod.size(); ++i) {
    double const x = double(i % 64) - 30, z = double(i / s.image()) - 33, y = double(i / 64 % 48);
    rod[i] = x * x + z * z < 144 && y > 4 && y < 43 ? 1 / 12.0f : 0;
  }
  tomoedx::project(space_t(), {.tilts_deg = s.tilts}, tomoedx::borrow(rod.data(), s.width, s.rows, s.width),
                   tomoedx::borrow(s.values.data(), s.tilts.size(), s.rows, s.width));
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    tomoedx::random_stream draw(1, i);
    s.values[i] = static_cast<float>(tomoedx::simulate::poisson(draw, double(s.values[i])));
  }
  return s;
}

series read(std::filesystem::path const& folder) {
  auto stack = tomoedx::io::read<float>((folder / "edx_tilt_tyx_f32.npy").string());
  return {stack.shape[1], stack.shape[2], tomoedx::io::read_tilts(folder / "tilt_angles_deg.npy"),
          std::move(stack.values)};
}

/// Counts in one unit of the values: for counts, mean and variance are equal. The variance comes from rows that lie two
/// apart, since along the rod little changes.
double counts_per_unit(series const& s) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i + 2 * s.width < s.values.size(); ++i) {
    if (i % s.image() >= s.image() - 2 * s.width) continue;
    double const a = double(s.values[i]), b = double(s.values[i + 2 * s.width]);
    sum += a + b, squares += (a - b) * (a - b);
  }
  return sum / squares;
}

/// Pearson's correlation.
double correlation(stack_t const& a, stack_t const& b) {
  double const n = double(a.size());
  double sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    double const x = double(a[i]), y = double(b[i]);
    sa += x, sb += y, aa += x * x, bb += y * y, ab += x * y;
  }
  return (ab - sa * sb / n) / std::sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

/// Means over the angle and the middle half of the rows, by the distance from the axis of gravity, a voxel a bin; `spread`
/// is the standard deviation inside each bin.
struct profile {
  std::vector<double> mean, spread;
};
profile radial_profile(series const& s, stack_t const& volume) {
  double mass = 0, cx = 0, cz = 0;
  for (std::size_t i = 0; i < volume.size(); ++i) {
    double const v = double(volume[i]);
    mass += v, cx += v * double(i % s.width), cz += v * double(i / s.image());
  }
  cx /= mass, cz /= mass;
  std::size_t const bins = s.width > 128 ? s.width / 6 : s.width * 3 / 8;
  std::vector<double> n(bins), sum(bins), squares(bins);
  for (std::size_t i = 0; i < volume.size(); ++i) {
    std::size_t const y = i / s.width % s.rows;
    if (y < s.rows / 4 || y >= s.rows - s.rows / 4) continue;
    auto const r = static_cast<std::size_t>(std::hypot(double(i % s.width) - cx, double(i / s.image()) - cz));
    if (r >= bins) continue;
    double const v = double(volume[i]);
    n[r] += 1, sum[r] += v, squares[r] += v * v;
  }
  profile p;
  for (std::size_t r = 0; r < bins; ++r) {
    p.mean.push_back(sum[r] / n[r]);
    p.spread.push_back(std::sqrt(std::max(squares[r] / n[r] - std::pow(sum[r] / n[r], 2), 0.0)));
  }
  return p;
}

/// [counts] expected in every pixel from anywhere: without any, one count where the volume is empty cannot be explained.
constexpr double stray = 0.01;

enum class method { sirt, em, tv };

stack_t reconstruct(series const& s, method how, double lambda) {
  auto const op = s.projector();
  auto const data = tomoedx::make_range(op);
  auto const x = tomoedx::make_domain(op);
  tomoedx::pack(op.space(), tomoedx::borrow(s.values.data(), s.tilts.size(), s.rows, s.width), data);
  if (how == method::sirt) tomoedx::sirt(op, data, x, {.iterations = 50});
  if (how == method::em) tomoedx::em(op, data, x, {.iterations = 15, .background = stray});
  if (how == method::tv) {
    tomoedx::total_variation<float, space_t> const tv(op.space(), op.domain_grid(), {.lambda = lambda});
    auto const r =
        tomoedx::pdhg(op, tomoedx::make_poisson(op, data, {.background = stray}), tv, x, {.iterations = 200});
    std::printf("TV, %zu views: objective %.4g, duality gap %.2g, deviance of a datum %.3f\n", s.tilts.size(),
                r.objective.back(), r.gap.back(), r.deviance.back());
  }
  stack_t volume(s.width * s.image());
  tomoedx::unpack(op.space(), x, tomoedx::borrow(volume.data(), s.width, s.rows, s.width));
  op.space().fence();
  return volume;
}

}  // namespace

int main(int argc, char** argv) {
  Kokkos::ScopeGuard const kokkos;
  series s = argc > 1 ? read(argv[1]) : simulated();
  double const lambda = argc > 2 ? std::atof(argv[2]) : 2;
  double const unit = counts_per_unit(s);
  for (float& v : s.values) v *= static_cast<float>(unit);
  std::printf("%zu views of %zu x %zu pixels; a unit of the values is about %.1f counts\n", s.tilts.size(),
              s.rows, s.width, unit);

  char const* const names[] = {"SIRT", "EM", "TV + Poisson"};
  std::vector<stack_t> volumes;
  std::vector<profile> profiles;
  std::vector<double> agreement;
  for (method const how : {method::sirt, method::em, method::tv}) {
    volumes.push_back(reconstruct(s, how, lambda));
    profiles.push_back(radial_profile(s, volumes.back()));
    agreement.push_back(
        correlation(reconstruct(s.half(0), how, lambda), reconstruct(s.half(1), how, lambda)));
  }
  std::printf("\ncorrelation of even and odd views:");
  for (std::size_t m = 0; m < 3; ++m) std::printf("  %s %.3f", names[m], agreement[m]);
  std::printf("\n\n  radius");
  for (char const* const name : names) std::printf("  %20s", name);
  std::printf("   [counts a voxel], mean +- spread\n");
  for (std::size_t r = 0; r < profiles[0].mean.size(); r += 2) {
    std::printf("%8.1f", double(r) + 0.5);
    for (auto const& p : profiles) std::printf("  %9.4f +- %7.4f", p.mean[r], p.spread[r]);
    std::printf("\n");
  }
#if TOMOEDX_PNG
  std::vector<tomoedx::figures::channel> channels;
  std::vector<tomoedx::figures::curve> curves;
  for (std::size_t m = 0; m < 3; ++m) {
    channels.push_back({names[m], volumes[m]});
    curves.push_back({names[m], profiles[m].mean});
  }
  tomoedx::figures::write_png(
      tomoedx::figures::orthoslices(channels, {s.width, s.rows, s.width}, {.composite = false}),
      "regularised_slices.png");
  tomoedx::figures::write_png(tomoedx::figures::plot(curves, {.title = "mean over rows and angle",
                                                              .x_label = "distance from the axis [voxels]",
                                                              .y_label = "counts a voxel"}),
                              "regularised_profile.png");
#endif
  return agreement[2] > agreement[0] && agreement[2] > agreement[1] ? 0 : 1;
}
