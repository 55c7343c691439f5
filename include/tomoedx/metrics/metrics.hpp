// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_METRICS_METRICS_HPP
#define TOMOEDX_METRICS_METRICS_HPP

// Every figure of merit. All take the reference first and the result second.
#include <tomoedx/metrics/difference_pixels.hpp>
#include <tomoedx/metrics/mse.hpp>
#include <tomoedx/metrics/nmae.hpp>
#include <tomoedx/metrics/psnr.hpp>
#include <tomoedx/metrics/r_squared.hpp>
#include <tomoedx/metrics/relative_l2.hpp>
#include <tomoedx/metrics/ssim.hpp>
#include <tomoedx/metrics/ssim_structure.hpp>

#endif
