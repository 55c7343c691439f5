// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_ALIGN_DETAIL_FOLDS_HPP
#define TOMOEDX_ALIGN_DETAIL_FOLDS_HPP

#include <tomoedx/geometry/parallel_beam.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

// IWYU pragma: private, include <tomoedx/align/reprojection.hpp>
namespace tomoedx::detail {

/// Every `folds`-th tilt from `fold` on, or all the others.
inline std::vector<std::size_t> fold_tilts(std::size_t tilts, std::size_t folds, std::size_t fold,
                                           bool inside) {
  std::vector<std::size_t> list;
  for (std::size_t t = 0; t < tilts; ++t)
    if (folds == 1 || (t % folds == fold) == inside) list.push_back(t);
  return list;
}

inline parallel_beam beam_of(parallel_beam const& beam, std::span<std::size_t const> tilts) {
  parallel_beam part = beam;
  part.tilts_deg.clear();
  part.shifts.clear();
  for (std::size_t const t : tilts) {
    part.tilts_deg.push_back(beam.tilts_deg[t]);
    part.shifts.push_back(beam.shift(t));
  }
  return part;
}

/// Reproject the tilts of each fold from all others.
template <class Model>
void reproject_folds(Model& model, parallel_beam const& beam, std::span<float const> series, std::size_t rows,
                     std::size_t folds, std::span<float> result) {
  std::size_t const image = rows * beam.detector;
  for (std::size_t fold = 0; fold < folds; ++fold) {
    auto const from = fold_tilts(beam.tilts(), folds, fold, false),
               onto = fold_tilts(beam.tilts(), folds, fold, true);
    std::vector<float> used(from.size() * image), made(onto.size() * image);
    for (std::size_t i = 0; i < from.size(); ++i)
      std::copy_n(series.begin() + static_cast<std::ptrdiff_t>(from[i] * image), image,
                  used.begin() + static_cast<std::ptrdiff_t>(i * image));
    model(beam_of(beam, from), std::span<float const>(used), rows, beam_of(beam, onto),
          std::span<float>(made));
    for (std::size_t i = 0; i < onto.size(); ++i)
      std::copy_n(made.begin() + static_cast<std::ptrdiff_t>(i * image), image,
                  result.begin() + static_cast<std::ptrdiff_t>(onto[i] * image));
  }
}

}  // namespace tomoedx::detail

#endif
