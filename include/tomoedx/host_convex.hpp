// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_CONVEX_HPP
#define TOMOEDX_HOST_CONVEX_HPP

#include <tomoedx/host.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

/// Regularised reconstruction and uncertainty for programs that own plain float buffers: as tomoedx/host.hpp, standard
/// headers only. Exactly one file of the program includes tomoedx/host_convex_impl.hpp, or the program links tomoedx::host.
namespace tomoedx::host {

/// How data scatter: like counts, or by a standard deviation for each series that is measured.
enum class noise { gaussian, poisson };

/// What is kept small: total variation of each volume alone, of all together (edges in the same places), or their total
/// nuclear variation (edges in the same places and directions).
enum class variation { tv, vtv, tnv };

struct variational_options {
  std::size_t iterations = 300;
  host::noise noise = host::noise::poisson;
  host::variation regularizer = host::variation::tv;
  /// no dimension: 1 is the noise that the data put on the gradient of their misfit in one voxel
  double lambda = 1;
  bool in_plane = false;  ///< slices are regularised one by one
  double background = 0;  ///< known counts in every bin, for poisson
  double lower = 0;
  double upper = std::numeric_limits<double>::infinity();
  input mask{};
  bool warm_start = false;
  double gap = 1e-3;  ///< end when the duality gap is this part of the objective; 0 for never
  stopping_rules stop{.look_every = 10};
  checkpoints stored{};
};

struct joint_options {
  std::size_t iterations = 300;
  std::vector<double> ratios{};  ///< response ratio of each element, above 0
  host::variation regularizer = host::variation::tnv;
  double lambda = 1;  ///< no dimension, as above
  bool in_plane = false;
  double gamma = 1;                   ///< HAADF signal of x(e) is x(e)^gamma
  std::vector<double> doses{};        ///< of each tilt of the maps, relative; empty for 1
  std::vector<double> haadf_tilts{};  ///< [degree] where they are not those of the maps
  double background = 0;              ///< known counts in every bin of every map, at dose 1
  input mask{};
  bool warm_start = false;
  double gap = 1e-3;
  stopping_rules stop{.look_every = 10};
  checkpoints stored{};  ///< for gamma = 1
};

/// What a convex method leaves behind: at each look the objective, its duality gap and the deviance for each datum.
struct convex_report : solve_report {
  std::vector<std::size_t> looked{};
  std::vector<double> objective{}, gap{}, deviance{};
  std::vector<double> units{};   ///< of each volume: the value that counts as 1 in the regulariser
  std::vector<double> sigmas{};  ///< standard deviations that were measured: of each series, or of HAADF
};

/// The volumes with the least misfit + lambda * variation within bounds, by PDHG.
///
/// shapes   as for sirt
/// throws   tomoedx::shape_error or value_error before anything is computed
/// source   solvers/pdhg.hpp, noise/, regularizers/
convex_report variational(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                          std::vector<output> const& volumes, variational_options const& options = {},
                          watch const& on = {});

/// Counted maps and a HAADF series together: Poisson likelihood, Gaussian HAADF, variation across elements. Volumes are in
/// HAADF signal per voxel edge, as hebt gives them.
///
/// shapes   as for hebt; `haadf` may have another number of tilts, those of `haadf_tilts`
/// source   bimodal/joint.hpp
convex_report joint(parallel_beam const& beam, projector kind, std::vector<input> const& maps,
                    input const& haadf, std::vector<output> const& volumes, joint_options const& options,
                    watch const& on = {});

/// How a series scatters, for bootstrap: as counts, or by a standard deviation; below 0 it is measured.
struct scatter {
  bool counts = true;
  double sigma = -1;
};

struct bootstrap_options {
  std::size_t replicas = 50;
  std::uint64_t seed = 1;
  std::vector<scatter> series{};  ///< one for each series, or one for all; empty for counts
};

/// A reconstruction of redrawn series: writes every value of the volumes, which are zero before.
using reconstruction = std::function<void(std::vector<input> const&, std::vector<output> const&)>;

/// The standard deviation of every voxel when the data scatter: `reconstruct` is run on series drawn anew.
///
/// shapes   stacks (tilt, y, x), which may differ in tilts; deviations (z, y, x), one for each volume of `reconstruct`
/// throws   tomoedx::shape_error or value_error before anything is computed, and what `reconstruct` throws
/// returns  the replicas done, fewer than asked for when `on` ended it
/// source   solvers/bootstrap.hpp
std::size_t bootstrap(std::vector<input> const& stacks, std::vector<output> const& deviations,
                      reconstruction const& reconstruct, bootstrap_options const& options = {},
                      watch const& on = {});

}  // namespace tomoedx::host

#endif
