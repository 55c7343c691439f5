// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_JOINT_PROBLEM_HPP
#define TOMOEDX_BIMODAL_JOINT_PROBLEM_HPP

#include <tomoedx/bimodal/calibrated_operator.hpp>
#include <tomoedx/bimodal/detail/joint_estimates.hpp>
#include <tomoedx/bimodal/element_coupling.hpp>
#include <tomoedx/noise/gaussian.hpp>
#include <tomoedx/noise/joined.hpp>
#include <tomoedx/noise/poisson.hpp>
#include <tomoedx/solvers/detail/optimality.hpp>

#include <optional>

namespace tomoedx {

/// Options of the joint problem and its solution. `Domain` is (element, flat) as the volumes, `HaadfRange` what W_haadf
/// gives.
template <class Domain, class HaadfRange>
struct joint_options {
  std::size_t iterations = 600;  ///< of PDHG; with gamma other than 1, for each tangent
  /// factor of the regularizer. With the automatic `units` it has no dimension and needs no change with dose, size or
  /// scale: 1 is the noise that the counts put on the gradient of their misfit in one voxel, more where HAADF is noisy
  double lambda = 1;
  tomoedx::coupling coupling = tomoedx::coupling::tnv;
  bool in_plane = false;                      ///< slices are regularised one by one
  std::array<double, 3> spacing = {1, 1, 1};  ///< of voxels along z, y, x, relative
  /// the x(e) that counts as 1 in the regularizer; empty: one standard deviation of a voxel that the counts alone tell
  std::vector<double> units = {};
  std::vector<double> background =
      {};                  ///< counts in each bin of the maps, one for each element, at dose 1; empty for 0
  double haadf_sigma = 0;  ///< standard deviation of a HAADF value; 0: found in the series
  double model_error = 0.01;  ///< of the mean HAADF signal, joins what is found: what the model leaves out
  HaadfRange haadf_weights = {};  ///< factors of 1 / sigma^2 datum by datum; 0 leaves one out; empty for 1
  Domain mask = {};               ///< where it is 0 the result is 0; empty for none
  bool warm_start = false;        ///< start from what x holds
  std::size_t tangents = 10;      ///< at most so many of HAADF, with gamma other than 1
  double balance = 0.06;          ///< of dual and primal steps (pdhg_options)
  double regularizer_share = 0.02;
  optimality_rules until = {.gap_below = 1e-3};
  stopping_rules stop = {.look_every = 25};
};

/// The joint problem of counted EDX series and a HAADF series, ready for a convex solver:
///
///     - log Poisson(p | A x + background) + |h - offset - A_haadf x|^2 / 2 sigma^2 + lambda R(x / units),   x >= 0
///
/// Its operator, noise model and regularizer work on u(e) = x(e) / units(e), which brings elements of unlike amounts to
/// one scale; `enter` and `leave` convert volumes. `joint` does all of it.
template <linear_operator Edx, linear_operator Haadf = Edx>
class joint_problem {
 public:
  using operator_type = calibrated_operator<Edx, Haadf>;
  using space_type = typename Edx::execution_space;
  using value_type = typename operator_type::value_type;
  using domain_view = typename operator_type::domain_view;
  using range_view = typename operator_type::range_view;
  using haadf_view = typename Haadf::range_view;
  using options = joint_options<domain_view, haadf_view>;
  using noise_type = joined<poisson<space_type, value_type>, gaussian<space_type, value_type>>;
  using bounds_type = detail::non_negative_within<value_type>;
  using penalty_type = element_coupling<value_type, space_type>;

  /// HAADF at the tilts of EDX, and HAADF with an operator of its own. `edx` is (element, W's range flat). The data are
  /// copied.
  ///
  /// throws   tomoedx::shape_error or value_error
  joint_problem(Edx const& op, calibration const& c, range_view const& edx, haadf_view const& haadf,
                options const& o) requires std::same_as<Edx, Haadf>
      : joint_problem(
            operator_type(op, c), [&](calibration const& u) { return operator_type(op, u); }, edx, haadf, o) {
  }
  joint_problem(Edx const& op, Haadf const& haadf_op, calibration const& c, range_view const& edx,
                haadf_view const& haadf, options const& o)
      : joint_problem(
            operator_type(op, haadf_op, c),
            [&](calibration const& u) { return operator_type(op, haadf_op, u); }, edx, haadf, o) {}

  operator_type const& op() const { return *op_; }
  noise_type const& noise() const { return *noise_; }
  penalty_type const& penalty() const { return *penalty_; }
  bounds_type bounds() const { return {options_.mask.data()}; }
  std::vector<double> const& units() const { return units_; }
  double haadf_sigma() const { return sigma_; }
  /// The factor of the regularizer: that of the options, with automatic units times `noise_of_both`.
  double lambda() const { return lambda_; }

  /// x <- x / units, and back.
  void enter(domain_view const& x) const { detail::scale_elements(op_->space(), inverse_, x); }
  void leave(domain_view const& x) const { detail::scale_elements(op_->space(), factor_, x); }

  /// Take the tangent of HAADF at u; nothing changes with gamma 1.
  void linearise(domain_view const& u) const {
    if (op_->factors().gamma == 1) return;
    auto const h = op_->haadf_channel(data_);
    op_->linearise(u, h);
    detail::for_each_value(op_->space(), "tomoedx::joint::rest", h.size(), 1,
                           detail::combine_pass<value_type>{1, -1, haadf_.data(), h.data()});
  }

  /// The objective at u, with the tangent taken there. Waits.
  double objective(domain_view const& u) const {
    linearise(u);
    auto const space = op_->space();
    number_on<space_type> const f("tomoedx::joint::number");
    auto const read = [&] {
      auto const host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), f);
      return host();
    };
    op_->forward(u, modelled_);
    noise_->value(all(modelled_), f);
    space.fence("tomoedx::joint: look at the misfit");
    double const misfit = read();
    penalty_->value(all(u), f);
    space.fence("tomoedx::joint: look at the penalty");
    return misfit + read();
  }

 private:
  using values = Kokkos::View<value_type*, Kokkos::LayoutRight, typename space_type::memory_space>;
  using flat = flat_on<value_type, space_type>;

  template <class View>
  static flat all(View const& v) {
    return flat(v.data(), v.size());
  }

  template <class Make>
  joint_problem(operator_type plain, Make const& make, range_view const& edx, haadf_view const& haadf,
                options const& o)
      : options_(o) {
    auto const space = plain.space();
    check(plain, edx, haadf);
    auto const haadf_part = plain.haadf_channel(data_ = make_range(plain));
    copy_data(plain, edx, haadf);
    double const noise = find_sigma(plain, haadf_part);
    units_ = o.units.empty() ? units_of_counts(plain) : o.units;
    lambda_ = o.units.empty() ? o.lambda * noise_of_both(plain, noise) : o.lambda;
    std::vector<double> inverse;
    for (double const u : units_) inverse.push_back(1 / u);
    factor_ = on_device(space, units_), inverse_ = on_device(space, inverse);
    op_.emplace(make(in_units(plain.factors(), units_)));
    make_noise();
    grid g = plain_grid(op_->elements(), 1, 1, op_->domain_layout().dimension[1]);
    if constexpr (gridded_operator<Edx>)
      g = op_->domain_grid();
    else
      expects<shape_error>(o.lambda == 0,
                           "joint: neighbours of voxels need an operator with a domain_grid(); "
                           "give one, or lambda = 0");
    penalty_.emplace(space, o.coupling, g,
                     variation_options{.lambda = lambda_, .in_plane = o.in_plane, .spacing = o.spacing});
    if (op_->factors().gamma != 1) {
      haadf_ = make_range(op_->haadf());
      modelled_ = make_range(*op_);
      Kokkos::deep_copy(space, haadf_, op_->haadf_channel(data_));
    }
  }

  void check(operator_type const& op, range_view const& edx, haadf_view const& haadf) const {
    auto const& o = options_;
    std::size_t const k = op.elements();
    expect_operand(
        edx, Kokkos::LayoutRight(k, detail::values_in<typename Edx::range_view>(op.edx().range_layout())),
        "joint", "EDX data (element, flat)");
    expect_operand(haadf, op.haadf().range_layout(), "joint", "HAADF data");
    if (o.haadf_weights.data() != nullptr)
      expect_operand(o.haadf_weights, op.haadf().range_layout(), "joint", "HAADF weights");
    if (o.mask.data() != nullptr) expect_operand(o.mask, op.domain_layout(), "joint", "mask");
    expects<shape_error>(o.units.empty() || o.units.size() == k, "joint: {} units for {} elements",
                         o.units.size(), k);
    expects<shape_error>(o.background.empty() || o.background.size() == k,
                         "joint: {} backgrounds for {} elements", o.background.size(), k);
    for (double const u : o.units)
      expects<value_error>(u > 0 && std::isfinite(u), "joint: a unit is {}; give positive numbers", u);
    for (double const b : o.background)
      expects<value_error>(b >= 0 && std::isfinite(b), "joint: a background is {} counts; give 0 or more", b);
    expects<value_error>(o.haadf_sigma >= 0 && std::isfinite(o.haadf_sigma),
                         "joint: haadf_sigma is {}; give a positive number, or 0 to have it estimated",
                         o.haadf_sigma);
    expects<value_error>(o.model_error > 0 && o.model_error < 1,
                         "joint: model_error is {}; it is a part of the HAADF signal, between 0 and 1",
                         o.model_error);
    for (std::size_t e = 0; e < k; ++e) {
      std::size_t const each = edx.size() / k;
      auto const s = detail::sum_counts(op.space(), edx.data() + e * each, each);
      expects<value_error>(std::isfinite(s.total) && s.least >= 0,
                           "joint: the map of element {} holds {}; counts are finite and not negative", e,
                           std::isfinite(s.total) ? s.least : s.total);
    }
    expects<value_error>(std::isfinite(detail::sum_and_least(op.space(), haadf).sum),
                         "joint: the HAADF series holds NaN or infinity");
  }

  void copy_data(operator_type const& op, range_view const& edx, haadf_view const& haadf) const {
    auto const space = op.space();
    for (std::size_t e = 0; e < op.elements(); ++e)
      Kokkos::deep_copy(space, all(op.edx_channel(data_, e)),
                        flat(edx.data() + e * edx.extent(1), edx.extent(1)));
    auto const to = op.haadf_channel(data_);
    Kokkos::deep_copy(space, to, haadf);
    auto const& offset = op.factors().offset;
    if (offset.empty()) return;
    detail::tilt_lines lines;
    if constexpr (gridded_operator<Haadf>)
      lines = {op.haadf().range_grid().lines, op.haadf().range_grid().line_stride};
    detail::subtract_by_tilt(space, on_device(space, offset), lines, to.size(), to.data());
    space.fence("tomoedx::joint: the offset is gone");
    clear_padding(op, data_);
  }

  /// Finds sigma and returns the part of it that is noise.
  double find_sigma(operator_type const& op, haadf_view const& series) {
    if (options_.haadf_sigma > 0) return sigma_ = options_.haadf_sigma;
    if constexpr (gridded_operator<Haadf>) {
      auto const level = detail::level_of_haadf(series, op.haadf().range_grid());
      sigma_ = std::hypot(level.noise, options_.model_error * level.mean);
      return level.noise;
    } else {
      fail<value_error>(
          "joint: the noise of HAADF is found along the detector, which needs an operator with a "
          "range_grid(); give haadf_sigma");
    }
  }

  /// One standard deviation of a voxel: the counts' noise n has variance u, so n / u has 1 / u, and A' (n / u) is the
  /// noise of the misfit's gradient. Random signs stand for n, drawn anew for small volumes until enough voxels are seen.
  std::vector<double> units_of_counts(operator_type const& op) const {
    auto const space = op.space();
    auto const signs = make_range(op);
    auto const back = make_domain(op);
    std::size_t const each = signs.extent(1), voxels = back.extent(1);
    auto const ones = detail::ones_of_range(op);
    std::vector<double> level;
    for (std::size_t e = 0; e < op.elements(); ++e) {
      auto const part = op.edx_channel(ones, e);
      double const taking_part = detail::sum_and_least(space, part).sum;
      auto const counts = detail::sum_counts(space, data_.data() + e * each, each);
      level.push_back(counts.level(static_cast<std::size_t>(taking_part)));
    }
    std::size_t const draws = std::clamp<std::size_t>((1 << 18) / voxels, 1, 32);
    std::vector<double> variance(op.elements());
    for (std::size_t d = 0; d < draws; ++d) {
      for (std::size_t e = 0; e < op.elements(); ++e)
        detail::random_signs(space, 31 + d * op.elements() + e,
                             static_cast<value_type>(1 / std::sqrt(level[e])), signs.data() + e * each, each);
      clear_padding(op, signs);
      op.adjoint(signs, back);
      for (std::size_t e = 0; e < op.elements(); ++e) {
        double const noise = detail::rms_of_seen(space, back.data() + e * voxels, voxels);
        variance[e] += noise * noise / static_cast<double>(draws);
      }
    }
    for (double& v : variance) {
      expects<value_error>(v > 0, "joint: no EDX ray meets the volume");
      v = 1 / std::sqrt(v);
    }
    return variance;
  }

  /// How much the noise of HAADF adds to that of the counts, which is 1 in units, on the gradient in one voxel: the root of
  /// the determinant of its covariance over the elements, on the geometric mean over the k + 1 series.
  double noise_of_both(operator_type const& op, double noise) const {
    auto const signs = make_range(op);
    auto const back = make_domain(op);
    auto const h = op.haadf_channel(signs);
    detail::random_signs(op.space(), 30, static_cast<value_type>(noise / (sigma_ * sigma_)), h.data(),
                         h.size());
    clear_padding(op, signs);
    op.adjoint(signs, back);
    double determinant = 1;
    for (std::size_t e = 0; e < op.elements(); ++e) {
      double const own =
          units_[e] * detail::rms_of_seen(op.space(), back.data() + e * back.extent(1), back.extent(1));
      determinant += own * own;
    }
    return std::pow(determinant, 0.5 / static_cast<double>(op.channels()));
  }

  void make_noise() {
    auto const space = op_->space();
    auto const& o = options_;
    std::size_t const k = op_->elements();
    poisson_noise_options<range_view> counted;
    // a count that no voxel can give is left out, or no volume would be likely at all
    counted.exposure = make_range(*op_);
    auto const filled = make_domain(*op_);
    if (o.mask.data() != nullptr)
      Kokkos::deep_copy(space, filled, o.mask);
    else
      Kokkos::deep_copy(space, filled, value_type(1));
    op_->forward(filled, counted.exposure);
    double background = 0;
    for (std::size_t e = 0; e < k; ++e) {
      auto const part = op_->edx_channel(counted.exposure, e);
      double const own = o.background.empty() ? 0 : o.background[e];
      background += own;
      if (own > 0)
        Kokkos::deep_copy(space, part, value_type(1));
      else
        detail::drop_blind(space, std::numeric_limits<value_type>::min(), part.data(), part.size());
    }
    clear_padding(*op_, counted.exposure);
    if (background > 0) {
      counted.background_map = make_range(*op_);
      for (std::size_t e = 0; e < k; ++e) {
        auto const part = op_->edx_channel(counted.background_map, e);
        Kokkos::deep_copy(space, part, static_cast<value_type>(o.background[e]));
      }
      op_->times_dose(counted.background_map);
      clear_padding(*op_, counted.background_map);
    }
    gaussian_noise_options<range_view> scanned{.weight = 1 / (sigma_ * sigma_)};
    if (o.haadf_weights.data() != nullptr) {
      scanned.weights = make_range(*op_);
      Kokkos::deep_copy(space, op_->haadf_channel(scanned.weights), o.haadf_weights);
    }
    noise_.emplace(
        join(*op_, make_poisson(*op_, data_, counted, {0, k}), make_gaussian(*op_, data_, scanned, {k, 1})));
  }

  static values on_device(space_type const& space, std::vector<double> const& from) {
    Kokkos::View<value_type*, Kokkos::LayoutRight, Kokkos::HostSpace> host("tomoedx::joint::factors",
                                                                           from.size());
    for (std::size_t i = 0; i < from.size(); ++i) host(i) = static_cast<value_type>(from[i]);
    values const to = upload(space, host);
    space.fence("tomoedx::joint: factors are in place");
    return to;
  }

  options options_;
  std::vector<double> units_;
  double sigma_ = 0, lambda_ = 0;
  range_view data_, modelled_;
  haadf_view haadf_;  ///< data less their offset, kept for new tangents
  values factor_, inverse_;
  std::optional<operator_type> op_;
  std::optional<noise_type> noise_;
  std::optional<penalty_type> penalty_;
};

}  // namespace tomoedx

#endif
