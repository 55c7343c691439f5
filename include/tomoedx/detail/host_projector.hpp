// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_PROJECTOR_HPP
#define TOMOEDX_DETAIL_HOST_PROJECTOR_HPP

#include <tomoedx/host.hpp>
#include <tomoedx/projectors/tilt_projector.hpp>

#include <memory>
#include <utility>

namespace tomoedx::host::detail {

/// A tilt_projector of whichever footprint, behind virtual functions: so each solver is compiled once. A projection is
/// work enough that nobody notices the call. Models `projector` and `gridded_operator`.
class any_projector {
 public:
  using execution_space = Kokkos::DefaultExecutionSpace;
  using value_type = float;
  using domain_view = array_on<float, 4, execution_space>;
  using range_view = array_on<float, 4, execution_space>;
  using sums = repeated_values<float, execution_space::memory_space>;

  any_projector(projector kind, parallel_beam const& beam, std::size_t slices)
      : op_(made(kind, beam, slices)), kind_(kind) {}

  any_projector repeated(std::size_t copies) const { return {op_->repeated(copies), kind_}; }

  execution_space space() const { return op_->space(); }
  projector kind() const { return kind_; }
  parallel_beam const& geometry() const { return op_->geometry(); }
  std::size_t slices() const { return op_->slices(); }
  std::size_t channels() const { return op_->channels(); }
  Kokkos::LayoutRight domain_layout() const { return op_->layout(true); }
  Kokkos::LayoutRight range_layout() const { return op_->layout(false); }
  grid domain_grid() const { return op_->grid_of(true); }
  grid range_grid() const { return op_->grid_of(false); }
  void forward(domain_view const& x, range_view const& y) const { op_->forward(x, y); }
  void adjoint(range_view const& y, domain_view const& x) const { op_->adjoint(y, x); }
  void adjoint(range_view const& y, row_update<float> const& update) const { op_->adjoint(y, update); }
  std::size_t update_lanes() const { return op_->update_lanes(); }
  void clear_padding(domain_view const& v) const { op_->clear_padding(v); }
  sums row_sums() const { return op_->sums_of(true); }
  sums column_sums() const { return op_->sums_of(false); }

 private:
  struct interface {
    virtual ~interface() = default;
    virtual std::shared_ptr<interface const> repeated(std::size_t copies) const = 0;
    virtual execution_space space() const = 0;
    virtual parallel_beam const& geometry() const = 0;
    virtual std::size_t slices() const = 0;
    virtual std::size_t channels() const = 0;
    virtual Kokkos::LayoutRight layout(bool of_domain) const = 0;
    virtual grid grid_of(bool domain) const = 0;
    virtual void forward(domain_view const& x, range_view const& y) const = 0;
    virtual void adjoint(range_view const& y, domain_view const& x) const = 0;
    virtual void adjoint(range_view const& y, row_update<float> const& update) const = 0;
    virtual std::size_t update_lanes() const = 0;
    virtual void clear_padding(domain_view const& v) const = 0;
    virtual sums sums_of(bool rows) const = 0;
  };

  template <footprint Footprint>
  struct holder final : interface {
    using op_type = tilt_projector<execution_space, float, Footprint>;
    op_type op;

    explicit holder(op_type held) : op(std::move(held)) {}
    std::shared_ptr<interface const> repeated(std::size_t copies) const override {
      return std::make_shared<holder const>(op.repeated(copies));
    }
    execution_space space() const override { return op.space(); }
    parallel_beam const& geometry() const override { return op.geometry(); }
    std::size_t slices() const override { return op.slices(); }
    std::size_t channels() const override { return op.channels(); }
    Kokkos::LayoutRight layout(bool of_domain) const override {
      return of_domain ? op.domain_layout() : op.range_layout();
    }
    grid grid_of(bool domain) const override { return domain ? op.domain_grid() : op.range_grid(); }
    void forward(domain_view const& x, range_view const& y) const override { op.forward(x, y); }
    void adjoint(range_view const& y, domain_view const& x) const override { op.adjoint(y, x); }
    void adjoint([[maybe_unused]] range_view const& y,
                 [[maybe_unused]] row_update<float> const& update) const override {
      if constexpr (updating_operator<op_type>) op.adjoint(y, update);
    }
    std::size_t update_lanes() const override {
      if constexpr (updating_operator<op_type>)
        return op.update_lanes();
      else
        return 0;
    }
    void clear_padding(domain_view const& v) const override { op.clear_padding(v); }
    sums sums_of(bool rows) const override { return rows ? op.row_sums() : op.column_sums(); }
  };

  any_projector(std::shared_ptr<interface const> op, projector kind) : op_(std::move(op)), kind_(kind) {}

  template <footprint Footprint>
  static std::shared_ptr<interface const> held(parallel_beam const& beam, std::size_t slices) {
    return std::make_shared<holder<Footprint> const>(
        tilt_projector<execution_space, float, Footprint>(execution_space(), beam, slices));
  }
  static std::shared_ptr<interface const> made(projector kind, parallel_beam const& beam,
                                               std::size_t slices) {
    switch (kind) {
      case projector::joseph:
        return held<joseph>(beam, slices);
      case projector::siddon:
        return held<siddon>(beam, slices);
      default:
        return held<strip>(beam, slices);
    }
  }

  std::shared_ptr<interface const> op_;
  projector kind_;
};

}  // namespace tomoedx::host::detail

#endif
