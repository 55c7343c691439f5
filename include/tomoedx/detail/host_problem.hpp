// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_PROBLEM_HPP
#define TOMOEDX_DETAIL_HOST_PROBLEM_HPP

#include <tomoedx/core/concepts.hpp>
#include <tomoedx/core/repeated_values.hpp>

#include <memory>
#include <utility>

/// Noise models behind virtual functions, so that a solver is compiled once for all of them: each call is a pass over
/// whole arrays.
namespace tomoedx::host::detail {

/// Any noise model of floats. Models `noise_model`.
class any_noise {
 public:
  using execution_space = Kokkos::DefaultExecutionSpace;
  using value_type = float;
  using memory = execution_space::memory_space;
  using flat = flat_on<float, execution_space>;
  using number = number_on<execution_space>;
  using numbers = Kokkos::View<double*, Kokkos::LayoutRight, memory>;
  using steps = repeated_values<float, memory>;

  template <noise_model Noise>
  explicit any_noise(Noise noise) : noise_(std::make_shared<holder<Noise> const>(std::move(noise))) {}

  std::size_t size() const { return noise_->size(); }
  std::size_t channels() const { return noise_->channels(); }
  double curvature() const { return noise_->curvature(); }
  std::size_t taking_part() const { return noise_->taking_part(); }
  void value(flat const& m, number const& f) const { noise_->value(m, f); }
  void gradient(flat const& m, number const& f) const { noise_->gradient(m, f); }
  void dual_step(flat const& q, flat const& m, steps const& sigma) const { noise_->dual_step(q, m, sigma); }
  void conjugate(flat const& q, number const& f) const { noise_->conjugate(q, f); }
  void residuals(flat const& m, numbers const& r) const { noise_->residuals(m, r); }

 private:
  struct interface {
    virtual ~interface() = default;
    virtual std::size_t size() const = 0;
    virtual std::size_t channels() const = 0;
    virtual double curvature() const = 0;
    virtual std::size_t taking_part() const = 0;
    virtual void value(flat const& m, number const& f) const = 0;
    virtual void gradient(flat const& m, number const& f) const = 0;
    virtual void dual_step(flat const& q, flat const& m, steps const& sigma) const = 0;
    virtual void conjugate(flat const& q, number const& f) const = 0;
    virtual void residuals(flat const& m, numbers const& r) const = 0;
  };
  template <class Noise>
  struct holder final : interface {
    Noise noise;

    explicit holder(Noise n) : noise(std::move(n)) {}
    std::size_t size() const override { return noise.size(); }
    std::size_t channels() const override { return noise.channels(); }
    double curvature() const override { return noise.curvature(); }
    std::size_t taking_part() const override { return noise.taking_part(); }
    void value(flat const& m, number const& f) const override { noise.value(m, f); }
    void gradient(flat const& m, number const& f) const override { noise.gradient(m, f); }
    void dual_step(flat const& q, flat const& m, steps const& s) const override { noise.dual_step(q, m, s); }
    void conjugate(flat const& q, number const& f) const override { noise.conjugate(q, f); }
    void residuals(flat const& m, numbers const& r) const override { noise.residuals(m, r); }
  };

  std::shared_ptr<interface const> noise_;
};

/// Two bounds for all voxels, both 0 where a mask is 0. Models `constraint`.
struct bounds_in_mask {
  using value_type = float;

  float least = 0, most = Kokkos::Experimental::infinity_v<float>;
  float const* mask = nullptr;  ///< null for none

  KOKKOS_FUNCTION bool outside(std::size_t i) const { return mask != nullptr && mask[i] == 0.0f; }
  KOKKOS_FUNCTION float lower(std::size_t i) const { return outside(i) ? 0.0f : least; }
  KOKKOS_FUNCTION float upper(std::size_t i) const { return outside(i) ? 0.0f : most; }
};

}  // namespace tomoedx::host::detail

#endif
