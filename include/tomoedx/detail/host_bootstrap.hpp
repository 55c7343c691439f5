// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_BOOTSTRAP_HPP
#define TOMOEDX_DETAIL_HOST_BOOTSTRAP_HPP

#include <tomoedx/bimodal/detail/joint_estimates.hpp>
#include <tomoedx/detail/host_buffers.hpp>
#include <tomoedx/host_convex.hpp>
#include <tomoedx/solvers/bootstrap.hpp>

#include <algorithm>
#include <vector>

namespace tomoedx::host::detail {

/// Plain series and volumes as the operands of bootstrap, which never projects. A series with fewer tilts than another
/// ends in zeros.
class plain_series {
 public:
  using execution_space = Kokkos::DefaultExecutionSpace;
  using value_type = float;
  using domain_view = array_on<float, 2, execution_space>;
  using range_view = array_on<float, 2, execution_space>;

  plain_series(std::vector<input> const& stacks, std::vector<output> const& volumes, std::vector<scatter> how)
      : how_(std::move(how)), volume_(volumes[0].shape), volumes_(volumes.size()) {
    for (auto const& s : stacks) {
      view(s, "bootstrap: series");
      stacks_.push_back(s.shape);
      longest_ = std::max(longest_, s.shape[0]);
      expects<shape_error>(s.shape[1] == stacks_[0][1] && s.shape[2] == stacks_[0][2],
                           "bootstrap: series {} has {} rows of {}, the first {} of {}", stacks_.size() - 1,
                           s.shape[1], s.shape[2], stacks_[0][1], stacks_[0][2]);
    }
    for (auto const& v : volumes) {
      view(v, "bootstrap: deviation");
      expects<shape_error>(v.shape == volume_, "bootstrap: the volumes differ in shape");
    }
    if (how_.empty()) how_.push_back({});
    if (how_.size() == 1) how_.resize(stacks_.size(), how_.front());
    expects<shape_error>(how_.size() == stacks_.size(),
                         "bootstrap: {} kinds of noise for {} series; give one for each, or one for all",
                         how_.size(), stacks_.size());
  }

  execution_space space() const { return {}; }
  std::size_t channels() const { return stacks_.size(); }
  grid domain_grid() const { return plain_grid(volumes_, volume_[0], volume_[1], volume_[2]); }
  grid range_grid() const { return plain_grid(stacks_.size(), longest_, stacks_[0][1], stacks_[0][2]); }
  Kokkos::LayoutRight domain_layout() const {
    return Kokkos::LayoutRight(volumes_, domain_grid().channel_stride);
  }
  Kokkos::LayoutRight range_layout() const {
    return Kokkos::LayoutRight(channels(), range_grid().channel_stride);
  }
  void forward(domain_view const&, range_view const&) const { fail("bootstrap: does not project"); }
  void adjoint(range_view const&, domain_view const&) const { fail("bootstrap: does not project"); }

  void send(std::vector<input> const& stacks, range_view const& data) const {
    auto const host = Kokkos::create_mirror_view(data);
    for (std::size_t c = 0; c < stacks.size(); ++c)
      std::copy_n(stacks[c].data, count(stacks[c].shape), host.data() + c * range_grid().channel_stride);
    Kokkos::deep_copy(data, host);
  }
  void receive(domain_view const& from, std::vector<output> const& to) const {
    auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), from);
    for (std::size_t e = 0; e < to.size(); ++e)
      std::copy_n(host.data() + e * count(volume_), count(volume_), to[e].data);
  }

  /// How each series scatters, measured where nobody said.
  std::vector<resampling> channels_of(range_view const& data) const {
    std::vector<resampling> kinds;
    for (std::size_t c = 0; c < channels(); ++c) {
      auto const& s = stacks_[c];
      auto const one = Kokkos::subview(data, c, Kokkos::make_pair(std::size_t{0}, count(s)));
      if (how_[c].counts)
        kinds.push_back(resampling::poisson());
      else
        kinds.push_back(resampling::gaussian(
            how_[c].sigma >= 0
                ? how_[c].sigma
                : tomoedx::detail::level_of_haadf(one, plain_grid(1, s[0], s[1], s[2])).noise));
    }
    return kinds;
  }

  /// reconstruct(drawn series, volumes), on the host.
  void run(reconstruction const& reconstruct, range_view const& drawn, domain_view const& x) const {
    auto const data = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), drawn);
    auto const result = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), x);
    space().fence("tomoedx::host::bootstrap: a replica is drawn");
    std::vector<input> series;
    std::vector<output> volumes;
    for (std::size_t c = 0; c < channels(); ++c)
      series.push_back({data.data() + c * range_grid().channel_stride, stacks_[c]});
    for (std::size_t e = 0; e < volumes_; ++e)
      volumes.push_back({result.data() + e * count(volume_), volume_});
    reconstruct(series, volumes);
    Kokkos::deep_copy(x, result);
  }

 private:
  std::vector<std::array<std::size_t, 3>> stacks_;
  std::vector<scatter> how_;
  std::array<std::size_t, 3> volume_;
  std::size_t volumes_, longest_ = 0;
};

}  // namespace tomoedx::host::detail

#endif
