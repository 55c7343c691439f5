// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_HOST_HPP
#define TOMOEDX_HOST_HPP

#include <tomoedx/core/error_types.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/solvers/report.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

/// The library for programs that own plain float buffers and know nothing of Kokkos. This header includes
/// standard headers only and compiles with any C++20 compiler. Exactly one file of the program includes
/// tomoedx/host_impl.hpp, or the program links tomoedx::host, which is that file.
///
/// Kokkos is started on the first call if nobody has, with all threads of the machine (OMP_NUM_THREADS), and
/// ended at exit only if it was started here. One call at a time.
namespace tomoedx::host {

/// Which weights w_ij (projectors/footprints.hpp).
enum class projector { strip, joseph, siddon };

/// A buffer to read and one to write, row-major, slowest extent first: (z, y, x) or (tilt, y, x).
struct input {
  float const* data = nullptr;
  std::array<std::size_t, 3> shape{};
};
struct output {
  float* data = nullptr;
  std::array<std::size_t, 3> shape{};
};

/// Called after every `stopping_rules::look_every` iterations; returning decision::stop ends the work with what there is.
using watch = std::function<decision(progress const&)>;

/// Where a method stores its state every so many iterations. A file that is there is gone on from, with the same bits in
/// the end; that of another problem is refused (solvers/checkpoint.hpp). No file: nothing is stored.
struct checkpoints {
  std::string file{};
  std::size_t every = 10;
};

/// Options of the methods, as in the headers of the same names. `mask` is a volume (z, y, x), zero where the result must
/// be zero.
struct sirt_options {
  std::size_t iterations = 100;
  double relaxation = 1;
  double lower = 0;
  double upper = std::numeric_limits<double>::infinity();
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};
/// As many `subsets` of tilts as there are tilts make SART of it.
struct os_sirt_options {
  std::size_t iterations = 20;
  std::size_t subsets = 5;
  double relaxation = 1;
  double decay = 0;
  double lower = 0;
  double upper = std::numeric_limits<double>::infinity();
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};
struct cgls_options {
  std::size_t iterations = 30;
  double damping = 0;
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};
struct em_options {
  std::size_t iterations = 15;
  double background = 0;
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};
struct osem_options {
  std::size_t iterations = 5;
  std::size_t subsets = 5;
  double background = 0;
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};
enum class filter { ram_lak, shepp_logan, hann, cosine };
struct fbp_options {
  host::filter filter = host::filter::ram_lak;
  double cutoff = 1;
  input mask{};
};
struct hebt_options {
  std::size_t iterations = 200;
  double alpha = 0.7;
  std::vector<double> ratios{};
  double relaxation = 1;
  double upper = std::numeric_limits<double>::infinity();
  input mask{};
  bool warm_start = false;
  stopping_rules stop{};
  checkpoints stored{};
};

/// stack = A volume.
///
/// shapes   volume (depth, y, width) and stack (tilts, y, detector) of `beam`, which may leave width, depth
///          and detector at 0: they are then taken from the buffers
/// throws   tomoedx::shape_error or value_error before anything is computed
void project(parallel_beam const& beam, projector kind, input const& volume, output const& stack);

/// volume = A' stack, the plain back projection. Shapes and errors as for project.
void backproject(parallel_beam const& beam, projector kind, input const& stack, output const& volume);

/// Each volume from the series of the same number, by SIRT, all together with weights made once.
///
/// shapes   as for project, one volume for each stack, all of one shape
/// throws   tomoedx::shape_error or value_error before anything is computed
/// source   solvers/sirt.hpp
solve_report sirt(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, sirt_options const& options = {}, watch const& on = {});

/// The same by EM, for counts.
///
/// source   solvers/em.hpp
solve_report em(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                std::vector<output> const& volumes, em_options const& options = {}, watch const& on = {});

/// The same by the other methods: subsets of tilts for SIRT and EM, conjugate gradients, filtered back-projection. fbp has
/// no iterations: its report holds one residual, that of the result.
///
/// source   solvers/os_sirt.hpp, osem.hpp, cgls.hpp, fbp.hpp
solve_report os_sirt(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                     std::vector<output> const& volumes, os_sirt_options const& options = {},
                     watch const& on = {});
solve_report osem(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, osem_options const& options = {}, watch const& on = {});
solve_report cgls(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                  std::vector<output> const& volumes, cgls_options const& options = {}, watch const& on = {});
solve_report fbp(parallel_beam const& beam, projector kind, std::vector<input> const& stacks,
                 std::vector<output> const& volumes, fbp_options const& options = {});

/// HAADF-EDS bimodal tomography: element volumes from their maps and one HAADF series.
///
/// shapes   as for sirt; `haadf` as each map; one ratio for each map
/// source   bimodal/hebt.hpp
solve_report hebt(parallel_beam const& beam, projector kind, std::vector<input> const& maps,
                  input const& haadf, std::vector<output> const& volumes, hebt_options const& options,
                  watch const& on = {});

/// From now on the methods that treat slices by themselves (sirt, os_sirt, em, osem, hebt) take the series they get for
/// the rows y of one rank of MPI_COMM_WORLD: norms, stopping and EM's start are those of all ranks, each of which makes the
/// same calls. distribute/mpi_slices.hpp tells which rows a rank has.
///
/// requires that the caller has started MPI
/// throws   tomoedx::error in a build without MPI
void share_slices_over_mpi();

/// What the library computes on: backend, threads and instruction set, for reports.
struct machine {
  char const* backend = "";
  int threads = 0;
  char const* instruction_set = "";
};
machine describe_machine();

}  // namespace tomoedx::host

#endif
