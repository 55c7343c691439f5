// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TOMOEDX_HPP
#define TOMOEDX_TOMOEDX_HPP

// Everything, for those who own Views and compile with Kokkos. Programs with plain buffers include
// tomoedx/host.hpp instead.

#include <tomoedx/align/shift_rows.hpp>
#include <tomoedx/bimodal/haadf_mask.hpp>
#include <tomoedx/bimodal/haadf_scale.hpp>
#include <tomoedx/bimodal/hebt.hpp>
#include <tomoedx/bimodal/mixed_operator.hpp>
#include <tomoedx/bimodal/response_ratios.hpp>
#include <tomoedx/core/array.hpp>
#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/error.hpp>
#include <tomoedx/core/observer.hpp>
#include <tomoedx/core/operand.hpp>
#include <tomoedx/core/random.hpp>
#include <tomoedx/core/units.hpp>
#include <tomoedx/denoise/anscombe.hpp>
#include <tomoedx/denoise/best_parameter.hpp>
#include <tomoedx/denoise/bm3d.hpp>
#include <tomoedx/denoise/field_of_view.hpp>
#include <tomoedx/denoise/for_counts.hpp>
#include <tomoedx/denoise/gaussian.hpp>
#include <tomoedx/denoise/image_network.hpp>
#include <tomoedx/denoise/j_invariant.hpp>
#include <tomoedx/denoise/movie_network.hpp>
#include <tomoedx/denoise/neighbourhood.hpp>
#include <tomoedx/denoise/network_denoiser.hpp>
#include <tomoedx/denoise/network_options.hpp>
#include <tomoedx/denoise/noise_level.hpp>
#include <tomoedx/denoise/non_local_means.hpp>
#include <tomoedx/denoise/normalization.hpp>
#include <tomoedx/denoise/reference_risk.hpp>
#include <tomoedx/denoise/spectrum_mask.hpp>
#include <tomoedx/denoise/spectrum_network.hpp>
#include <tomoedx/denoise/tiling.hpp>
#include <tomoedx/denoise/total_variation.hpp>
#include <tomoedx/denoise/tv_pdhg.hpp>
#include <tomoedx/denoise/unbiased_risk.hpp>
#include <tomoedx/geometry/parallel_beam.hpp>
#include <tomoedx/io/atomic_directory.hpp>
#include <tomoedx/io/file.hpp>
#include <tomoedx/io/safetensors.hpp>
#include <tomoedx/io/tilts.hpp>
#include <tomoedx/metrics/autocorrelation.hpp>
#include <tomoedx/metrics/metrics.hpp>
#include <tomoedx/nn/device_plan.hpp>
#include <tomoedx/nn/likelihood.hpp>
#include <tomoedx/nn/model.hpp>
#include <tomoedx/nn/plan.hpp>
#include <tomoedx/nn/udvd_stages.hpp>
#include <tomoedx/projectors/callable_operator.hpp>
#include <tomoedx/projectors/project.hpp>
#include <tomoedx/projectors/sparse_operator.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>
#include <tomoedx/simulate/dose.hpp>
#include <tomoedx/simulate/gaussian.hpp>
#include <tomoedx/simulate/phantoms.hpp>
#include <tomoedx/simulate/poisson.hpp>
#include <tomoedx/solvers/brent.hpp>
#include <tomoedx/solvers/em.hpp>
#include <tomoedx/solvers/nnls.hpp>
#include <tomoedx/solvers/sirt.hpp>
#include <tomoedx/version.hpp>

#endif
