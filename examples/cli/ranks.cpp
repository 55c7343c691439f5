// SPDX-License-Identifier: BSD-3-Clause
#include "ranks.hpp"

#include <tomoedx/distribute/mpi_slices.hpp>

#include <algorithm>

namespace tomoedx::cli {
namespace {

std::vector<tomoedx::row_range> spread(reconstruction_plan const& p) {
  return spread_rows(p.rows.count(), world().size(), sizeof(float));
}

/// Keep rows [first, first + count) of (line, y, x).
void cut(std::vector<float>& values, shape3 const& shape, std::size_t first, std::size_t count) {
  if (values.empty()) return;
  std::vector<float> some(shape[0] * count * shape[2]);
  for (std::size_t l = 0; l < shape[0]; ++l)
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((l * shape[1] + first) * shape[2]),
                count * shape[2], some.begin() + static_cast<std::ptrdiff_t>(l * count * shape[2]));
  values.swap(some);
}

}  // namespace

communicator& world() {
  static communicator ranks;
  return ranks;
}

void check_spread(reconstruction_plan const& p) {
  expects<value_error>(p.how->knows(option::memory),
                       "--method {}: couples the rows, so it runs on one rank; {} were started",
                       p.asked.method, world().size());
  expects<value_error>(!p.options.has(option::memory), "--memory is for one rank; {} were started",
                       world().size());
  expects<value_error>(p.options.whole(option::uncertainty) == 0,
                       "--uncertainty is for one rank; {} were started", world().size());
  expects<shape_error>(p.rows.count() >= static_cast<std::size_t>(world().size()),
                       "{} rows for {} ranks; start at most as many ranks as there are rows", p.rows.count(),
                       world().size());
}

reconstruction_plan own_rows(reconstruction_plan const& p) {
  auto const own = spread(p)[static_cast<std::size_t>(world().rank())];
  auto part = p;
  part.rows = {p.rows.first + own.first, p.rows.first + own.first + own.count};
  part.asked.quiet = p.asked.quiet || !leads();
  return part;
}

void keep_own_rows(reconstruction_plan const& whole, reconstruction_plan const& own, reconstruction_data& d) {
  std::size_t const first = own.rows.first - whole.rows.first, count = own.rows.count();
  for (auto& map : d.maps) cut(map, whole.stack(), first, count);
  cut(d.haadf, whole.haadf_stack(), first, count);
  cut(d.mask, whole.volume(), first, count);
  for (auto& volume : d.volumes) cut(volume, whole.volume(), first, count);
}

void gather_volumes(reconstruction_plan const& p, reconstruction_data& d) {
  auto const shape = p.volume();
  auto const rows = spread(p);
  for (auto& volume : d.volumes) {
    std::vector<float> all(leads() ? count_of(shape) : 0);
    gather_lines(world(), rows, shape[0], shape[2], volume.data(),
                 [&](std::size_t line, std::size_t lines, float const* values) {
                   std::size_t const frame = shape[1] * shape[2];
                   std::copy_n(values, lines * frame,
                               all.begin() + static_cast<std::ptrdiff_t>(line * frame));
                 });
    volume.swap(all);
  }
}

}  // namespace tomoedx::cli
