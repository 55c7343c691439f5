// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_DETAIL_NLM_ENGINE_HPP
#define TOMOEDX_DENOISE_DETAIL_NLM_ENGINE_HPP
// IWYU pragma: private, include "tomoedx/denoise/non_local_means.hpp"

#include <tomoedx/denoise/detail/nlm_kernel.hpp>

#include <Kokkos_Core.hpp>

/// How the tiles of some images are shared out over the threads of a host execution space.
namespace tomoedx::detail {

template <class T>
struct nlm_job {
  nlm_shape shape;
  nlm_reach reach;
  nlm_weighting<T> weighting;
  T const* in;
  T* out;
  T* memory;  ///< scratch of all workers, one after the other
  int workers;
  int first_image, images;  ///< which images to denoise
};

/// One worker's share of a job: worker w takes items w, w + workers, ...
template <class T>
struct nlm_share {
  nlm_job<T> const& job;
  int worker;

  template <int Bytes>
  [[gnu::always_inline]] void run() const {
    nlm_scratch<T> const scratch(job.reach, job.memory + worker * nlm_scratch<T>::size(job.reach));
    int const tiles = job.shape.tiles();
    for (long item = worker; item < static_cast<long>(tiles) * job.images; item += job.workers)
      nlm_denoise_tile<Bytes>(scratch, job.shape, job.reach, job.weighting, job.in, job.out,
                              job.first_image + static_cast<int>(item / tiles),
                              static_cast<int>(item % tiles));
  }
};

template <class Space, class T>
void nlm_run(Space const& space, isa level, nlm_job<T> const& job) {
  Kokkos::parallel_for("tomoedx::non_local_means",
                       Kokkos::RangePolicy<Space, Kokkos::IndexType<int>>(space, 0, job.workers),
                       [=](int worker) {
                         simd::run_at(level, nlm_share<T>{job, worker});
                       });
  space.fence("tomoedx::non_local_means");
}

}  // namespace tomoedx::detail

#endif
