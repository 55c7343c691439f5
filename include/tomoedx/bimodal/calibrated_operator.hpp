// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_BIMODAL_CALIBRATED_OPERATOR_HPP
#define TOMOEDX_BIMODAL_CALIBRATED_OPERATOR_HPP

#include <tomoedx/bimodal/calibration.hpp>
#include <tomoedx/bimodal/detail/calibrated_passes.hpp>
#include <tomoedx/bimodal/mixed_operator.hpp>

namespace tomoedx {

/// Element volumes x(e) to what is measured of them, in calibrated units: k EDX series, then the HAADF series.
///
///     y(e) = dose(tilt) sensitivity(e) W x(e),   y(k) = gain(tilt) W_haadf sum over e of haadf(e) x(e)
///
/// HAADF may have its own operator, with other tilts and another detector but the same volume. Where it has not, an
/// application costs k projections and all factors go into one pass; where it has, k + 1: the elements are mixed first.
/// With gamma other than 1, HAADF is the tangent at what `linearise` was given last (all-zero before), at k + 1.
/// Models `linear_operator`; `projector` and `gridded_operator` when W and W_haadf do.
///
/// shapes   domain (element, W's domain flat), range (channel, flat); a channel is as long as the longer of W's and
///          W_haadf's range, and ends in zeros where it is the shorter
/// requires a copy shares scratch and the tangent with its original: use one of them at a time
template <linear_operator Edx, linear_operator Haadf = Edx>
requires std::same_as<typename Edx::execution_space, typename Haadf::execution_space> &&
    std::same_as<typename Edx::domain_view, typename Haadf::domain_view>
class calibrated_operator {
 public:
  using execution_space = typename Edx::execution_space;
  using memory = typename execution_space::memory_space;
  using value_type = typename Edx::domain_view::value_type;
  using domain_view = array_on<value_type, 2, execution_space>;
  using range_view = array_on<value_type, 2, execution_space>;
  using sums = repeated_values<value_type, memory>;

  /// HAADF at the tilts of EDX.
  ///
  /// throws   tomoedx::shape_error or value_error
  calibrated_operator(Edx const& edx, calibration const& c) requires std::same_as<Edx, Haadf>
      : calibrated_operator(edx, edx, c, true) {}
  /// HAADF with an operator of its own.
  calibrated_operator(Edx const& edx, Haadf const& haadf, calibration const& c)
      : calibrated_operator(edx, haadf, c, false) {}

  execution_space space() const { return edx_.space(); }
  Edx const& edx() const { return edx_; }
  Haadf const& haadf() const { return haadf_; }
  calibration const& factors() const { return calibration_; }
  std::size_t elements() const { return elements_; }
  std::size_t channels() const { return elements_ + 1; }
  Kokkos::LayoutRight domain_layout() const { return Kokkos::LayoutRight(elements_, per_element_); }
  Kokkos::LayoutRight range_layout() const { return Kokkos::LayoutRight(channels(), per_channel_); }

  grid domain_grid() const requires gridded_operator<Edx> {
    grid g = edx_.domain_grid();
    g.channels *= elements_;
    return g;
  }
  /// throws   tomoedx::shape_error when EDX and HAADF do not have as many tilts and bins: then there is no one grid
  grid range_grid() const requires gridded_operator<Edx> && gridded_operator<Haadf> {
    grid g = edx_.range_grid();
    grid const h = haadf_.range_grid();
    expects<shape_error>(
        g.lines == h.lines && g.columns == h.columns && per_edx_ == per_haadf_,
        "calibrated_operator: {} x {} tilts and bins of EDX, {} x {} of HAADF have no one grid", g.lines,
        g.columns, h.lines, h.columns);
    g.channels = channels();
    return g;
  }

  /// An element of a domain, an EDX series of a range, its HAADF series, as W and W_haadf know them. Shares memory.
  typename Edx::domain_view element(domain_view const& x, std::size_t e) const {
    expects<shape_error>(e < elements_, "calibrated_operator: element {} of {}", e, elements_);
    return typename Edx::domain_view(x.data() + e * per_element_, edx_.domain_layout());
  }
  typename Edx::range_view edx_channel(range_view const& y, std::size_t e) const {
    expects<shape_error>(e < elements_, "calibrated_operator: element {} of {}", e, elements_);
    return typename Edx::range_view(y.data() + e * per_channel_, edx_.range_layout());
  }
  typename Haadf::range_view haadf_channel(range_view const& y) const {
    return typename Haadf::range_view(y.data() + elements_ * per_channel_, haadf_.range_layout());
  }

  void forward(domain_view const& x, range_view const& y) const {
    check(x, y);
    project(x);
    detail::mix_by_tilt(space(), "tomoedx::calibrated_operator::mix", mix_, edx_lines_, per_edx_, projected_,
                        y);
    if (!mixes_projections_) {
      auto const h = haadf_channel(y);
      detail::mix_elements(space(), z_, slope_, x, mixture_.data());
      haadf_.forward(mixture_, h);
      apply_gain(h, h);
    }
    clear_ends(y);
  }

  void adjoint(range_view const& y, domain_view const& x) const {
    check(x, y);
    detail::mix_by_tilt(space(), "tomoedx::calibrated_operator::mix", transposed_, edx_lines_, per_edx_, y,
                        projected_);
    if constexpr (repeatable)
      series_.adjoint(typename Edx::range_view(projected_.data(), series_.range_layout()),
                      typename Edx::domain_view(x.data(), series_.domain_layout()));
    else
      for (std::size_t e = 0; e < elements_; ++e) edx_.adjoint(projected(e), element(x, e));
    if (mixes_projections_) return;
    auto const h = haadf_channel(y);
    if (gain_.extent(0) > 0) apply_gain(h, weighed_);
    haadf_.adjoint(gain_.extent(0) > 0 ? weighed_ : h, mixture_);
    detail::add_to_elements(space(), z_, slope_, mixture_.data(), x);
  }

  /// Take the tangent of HAADF at x for all applications that follow, and write to `rest` what it gives at 0: HAADF of
  /// any x' near x is channel k of A x', plus `rest`. With gamma 1 the tangent never changes and `rest` is 0.
  ///
  /// throws   tomoedx::shape_error before anything is launched
  void linearise(domain_view const& x, typename Haadf::range_view const& rest) const {
    expect_operand(x, domain_layout(), "calibrated_operator", "volumes (element, flat)");
    expect_operand(rest, haadf_.range_layout(), "calibrated_operator", "HAADF series");
    if (slope_.data() == nullptr) return Kokkos::deep_copy(space(), rest, value_type(0));
    detail::find_tangent(space(), z_, static_cast<value_type>(calibration_.gamma), x, slope_,
                         mixture_.data());
    haadf_.forward(mixture_, rest);
    apply_gain(rest, rest);
  }

  /// EDX series times the dose of their tilts, as a background that grows with it.
  void times_dose(range_view const& y) const {
    auto const& dose = calibration_.dose;
    if (dose.empty()) return;
    expect_operand(y, range_layout(), "calibrated_operator",
                   "series (EDX of each element, then HAADF; flat)");
    for (std::size_t e = 0; e < elements_; ++e) {
      auto const first = dose.begin() + (dose.size() == edx_lines_.tilts ? 0 : e * edx_lines_.tilts);
      auto const part = edx_channel(y, e);
      detail::scale_by_tilt(space(), "tomoedx::calibrated_operator::dose",
                            on_device({first, first + edx_lines_.tilts}), edx_lines_, per_edx_,
                            static_cast<value_type const*>(part.data()), part.data());
    }
    space().fence("tomoedx::calibrated_operator: doses go");
  }

  /// A 1 and A' 1, by an application to ones.
  sums row_sums() const requires projector<Edx> && projector<Haadf> {
    auto const ones = make_domain(*this);
    auto const to = make_range(*this);
    Kokkos::deep_copy(space(), ones, value_type(1));
    forward(ones, to);
    return condensed(to);
  }
  sums column_sums() const requires projector<Edx> && projector<Haadf> {
    auto const ones = make_range(*this);
    auto const to = make_domain(*this);
    Kokkos::deep_copy(space(), ones, value_type(1));
    adjoint(ones, to);
    return condensed(to);
  }

  /// Zero what W and W_haadf pad and the ends of channels, in a domain or a range.
  void clear_padding(domain_view const& v) const {
    if (v.extent(0) == elements_) {
      for (std::size_t e = 0; e < elements_; ++e) tomoedx::clear_padding(edx_, element(v, e));
      return;
    }
    for (std::size_t e = 0; e < elements_; ++e) tomoedx::clear_padding(edx_, edx_channel(v, e));
    tomoedx::clear_padding(haadf_, haadf_channel(v));
    clear_ends(v);
  }

 private:
  using values = Kokkos::View<value_type*, Kokkos::LayoutRight, memory>;
  static constexpr bool repeatable = requires(Edx const& op, std::size_t k) {
    { op.repeated(k) } -> std::same_as<Edx>;
  };

  calibrated_operator(Edx const& edx, Haadf const& haadf, calibration const& c, bool same)
      : edx_(edx), haadf_(haadf), series_(edx), calibration_(c), elements_(c.elements()) {
    require_kokkos("calibrated_operator");
    edx_lines_ = lines_of(edx), haadf_lines_ = lines_of(haadf);
    validate(c, edx_lines_.tilts, haadf_lines_.tilts);
    expects<shape_error>(c.dose.empty() || gridded_operator<Edx>,
                         "calibrated_operator: doses of tilts need an operator with a range_grid()");
    expects<shape_error>(
        (c.gain.empty() && c.offset.size() <= 1) || gridded_operator<Haadf>,
        "calibrated_operator: HAADF gains and offsets of tilts need an operator with a range_grid()");
    if constexpr (repeatable) series_ = edx.repeated(elements_);
    for (std::size_t r = 0; r < Edx::domain_view::rank(); ++r)
      expects<shape_error>(edx.domain_layout().dimension[r] == haadf.domain_layout().dimension[r],
                           "calibrated_operator: extent {} of the volume is {} for EDX and {} for HAADF", r,
                           edx.domain_layout().dimension[r], haadf.domain_layout().dimension[r]);
    per_element_ = detail::values_in<typename Edx::domain_view>(edx.domain_layout());
    per_edx_ = detail::values_in<typename Edx::range_view>(edx.range_layout());
    per_haadf_ = detail::values_in<typename Haadf::range_view>(haadf.range_layout());
    per_channel_ = std::max(per_edx_, per_haadf_);
    count(extents<2>{elements_, per_element_});
    count(extents<2>{channels(), per_channel_});
    mixes_projections_ = same && c.gamma == 1;
    projected_ = range_view(Kokkos::view_alloc(space(), "tomoedx::calibrated_operator::projected"), elements_,
                            per_edx_);
    make_matrices();
    z_ = on_device(c.haadf);
    if (mixes_projections_) return;
    mixture_ = make_domain(haadf);
    if (!c.gain.empty()) {
      gain_ = on_device(c.gain);
      weighed_ = make_range(haadf);
    }
    if (c.gamma != 1) slope_ = make_domain(*this);
  }

  template <class Op>
  static detail::tilt_lines lines_of(Op const& op) {
    if constexpr (gridded_operator<Op>)
      return {op.range_grid().lines, op.range_grid().line_stride};
    else
      return {};
  }

  values on_device(std::vector<double> const& from) const {
    Kokkos::View<value_type*, Kokkos::LayoutRight, Kokkos::HostSpace> host(
        "tomoedx::calibrated_operator::factors", from.size());
    for (std::size_t i = 0; i < from.size(); ++i) host(i) = static_cast<value_type>(from[i]);
    values const to = upload(space(), host);
    space().fence("tomoedx::calibrated_operator: factors are in place");
    return to;
  }

  /// The mixing of the projected elements at each tilt of EDX, with the HAADF row where it shares their projections.
  void make_matrices() {
    std::size_t const tilts = edx_lines_.tilts, rows = elements_ + (mixes_projections_ ? 1 : 0);
    Kokkos::View<value_type***, Kokkos::LayoutRight, Kokkos::HostSpace> m("tomoedx::calibrated_operator::mix",
                                                                          tilts, rows, elements_),
        back("tomoedx::calibrated_operator::mix", tilts, elements_, rows);
    auto const& c = calibration_;
    for (std::size_t t = 0; t < tilts; ++t)
      for (std::size_t e = 0; e < elements_; ++e) {
        std::size_t const place = c.dose.size() == tilts ? t : e * tilts + t;
        m(t, e, e) = static_cast<value_type>(c.sensitivity[e] * (c.dose.empty() ? 1 : c.dose[place]));
        back(t, e, e) = m(t, e, e);
        if (!mixes_projections_) continue;
        m(t, elements_, e) = static_cast<value_type>(c.haadf[e] * (c.gain.empty() ? 1 : c.gain[t]));
        back(t, e, elements_) = m(t, elements_, e);
      }
    mix_ = upload(space(), m);
    transposed_ = upload(space(), back);
    space().fence("tomoedx::calibrated_operator: matrices are in place");
  }

  typename Edx::range_view projected(std::size_t e) const {
    return typename Edx::range_view(projected_.data() + e * per_edx_, edx_.range_layout());
  }
  void project(domain_view const& x) const {
    if constexpr (repeatable)
      series_.forward(typename Edx::domain_view(x.data(), series_.domain_layout()),
                      typename Edx::range_view(projected_.data(), series_.range_layout()));
    else
      for (std::size_t e = 0; e < elements_; ++e) edx_.forward(element(x, e), projected(e));
  }
  void apply_gain(typename Haadf::range_view const& from, typename Haadf::range_view const& to) const {
    if (gain_.extent(0) > 0)
      detail::scale_by_tilt(space(), "tomoedx::calibrated_operator::gain", gain_, haadf_lines_, per_haadf_,
                            static_cast<value_type const*>(from.data()), to.data());
  }
  /// Zero what lies beyond the shorter series.
  void clear_ends(range_view const& y) const {
    auto const clear = [&](std::size_t from, std::size_t to, std::size_t used) {
      if (used < per_channel_ && from < to)
        Kokkos::deep_copy(
            space(), Kokkos::subview(y, Kokkos::make_pair(from, to), Kokkos::make_pair(used, per_channel_)),
            value_type(0));
    };
    clear(0, elements_, per_edx_);
    clear(elements_, elements_ + 1, per_haadf_);
  }

  /// Sums as repeated values: slices side by side share them, unless a tangent tells them apart.
  template <class View>
  sums condensed(View const& v) const {
    std::size_t const lanes = edx_.row_sums().lanes, other = haadf_.row_sums().lanes;
    bool const share = lanes == other && slope_.data() == nullptr && edx_lines_.line % lanes == 0 &&
                       haadf_lines_.line % lanes == 0 && v.extent(1) % lanes == 0;
    std::size_t const by = share ? lanes : 1;
    values const to(
        Kokkos::view_alloc(space(), Kokkos::WithoutInitializing, "tomoedx::calibrated_operator::sums"),
        v.size() / by);
    detail::condense(space(), static_cast<value_type const*>(v.data()), by, to);
    space().fence("tomoedx::calibrated_operator: sums are in place");
    return {.values = to, .lanes = by};
  }

  void check(domain_view const& x, range_view const& y) const {
    expect_operand(x, domain_layout(), "calibrated_operator", "volumes (element, flat)");
    expect_operand(y, range_layout(), "calibrated_operator",
                   "series (EDX of each element, then HAADF; flat)");
  }

  Edx edx_;
  Haadf haadf_;
  Edx series_;
  calibration calibration_;
  std::size_t elements_, per_element_ = 0, per_edx_ = 0, per_haadf_ = 0, per_channel_ = 0;
  bool mixes_projections_ = false;
  detail::tilt_lines edx_lines_, haadf_lines_;
  Kokkos::View<value_type***, Kokkos::LayoutRight, memory> mix_, transposed_;
  values z_, gain_;
  range_view projected_;
  domain_view slope_;                    ///< of the tangent, empty with gamma 1
  typename Haadf::domain_view mixture_;  ///< of the elements, where HAADF has its own projection
  typename Haadf::range_view weighed_;   ///< a HAADF series times its gain
};

}  // namespace tomoedx

#endif
