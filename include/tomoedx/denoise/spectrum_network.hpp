// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DENOISE_SPECTRUM_NETWORK_HPP
#define TOMOEDX_DENOISE_SPECTRUM_NETWORK_HPP

#include <tomoedx/denoise/detail/image_frame.hpp>
#include <tomoedx/denoise/detail/network_checks.hpp>
#include <tomoedx/denoise/detail/stack.hpp>
#include <tomoedx/denoise/detail/tiled_network.hpp>
#include <tomoedx/denoise/spectrum_mask.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tomoedx {

/// How often a spectrum image goes through the network.
enum class spectrum_passes {
  single,  ///< once, as it is; a little of each voxel's own noise comes through
  masked,  ///< once for each of some disjoint masks, whose voxels are hidden and kept: no voxel sees its own value
  mixed  ///< the mean of both that Poisson counts say is the least wrong
};

/// How spectrum images are denoised, beside what holds for all networks.
struct spectrum_options {
  spectrum_passes passes = spectrum_passes::masked;
  double masked_fraction = 0.3;  ///< of the voxels in each mask, as in training
  std::uint64_t seed = 1;        ///< of the masks
};

/// The 3D autoencoder for spectrum images (energy, y, x), with the Z-contrast image if the network takes one. Runs on
/// the host. Models `denoiser`; its stack is the one spectrum image.
///
/// Normalisation by the mean divides the whole spectrum image by its mean; by that of the voxels not hidden, in masked
/// passes.
template <real T, execution_space Space = Kokkos::DefaultHostExecutionSpace>
class spectrum_network {
  static_assert(detail::runs_on_host<Space>, "spectrum_network: give an execution space of the host");

 public:
  using execution_space = Space;
  using value_type = T;
  using const_view = Kokkos::View<T const***, Kokkos::LayoutRight, typename Space::memory_space>;
  using view = Kokkos::View<T***, Kokkos::LayoutRight, typename Space::memory_space>;
  using image_view = Kokkos::View<T const**, Kokkos::LayoutRight, typename Space::memory_space>;

  /// throws   tomoedx::value_error, shape_error for models of another kind, impossible options
  explicit spectrum_network(nn::model model, network_options options = {}, spectrum_options spectrum = {},
                            Space const& space = Space())
      : space_(space),
        options_(std::move(options)),
        spectrum_(spectrum),
        model_(std::move(model)),
        normalize_(normalization_of(options_.normalize, model_.about)) {
    auto const* a = std::get_if<nn::autoencoder>(&model_.about.net);
    expects<value_error>(a != nullptr,
                         "spectrum_network: the model is not for spectrum images; use image_network");
    detail::check_model("spectrum_network", model_, options_);
    if (spectrum_.passes != spectrum_passes::single)
      spectrum_masks({1, 1, 1}, spectrum_.masked_fraction, 1);  // to refuse impossible fractions
    options_.batch = 1;
    inputs_ = static_cast<std::size_t>(a->inputs);
  }

  network_options const& options() const { return options_; }
  Space const& space() const { return space_; }

  /// Give the Z-contrast image, on the grid of the spectra. It is scaled to 0 ... 1 and never masked.
  ///
  /// shapes   (y, x)
  /// throws   tomoedx::value_error when the network takes none, or values are not finite
  void z_contrast(image_view const& image) {
    expects<value_error>(inputs_ == 2, "spectrum_network: this network takes no Z-contrast image");
    expects<shape_error>(image.size() > 0 && image.span_is_contiguous(),
                         "spectrum_network: the Z-contrast image is empty or has gaps between its rows");
    std::span<T const> const values(image.data(), image.size());
    detail::check_image("spectrum_network", values, 0);
    auto const [least, most] = std::minmax_element(values.begin(), values.end());
    double const low = static_cast<double>(*least), range = static_cast<double>(*most) - low;
    z_.clear();
    for (T const v : values)
      z_.push_back(static_cast<T>(range > 0 ? (static_cast<double>(v) - low) / range : 0.0));
    z_shape_ = {image.extent(0), image.extent(1)};
  }

  /// Compile the network for spectrum images of this shape, as the first of them would; says what it takes.
  ///
  /// throws   tomoedx::value_error when the bound on memory is too small, with the least that would do
  network_memory prepare(std::size_t energies, std::size_t height, std::size_t width) {
    require_kokkos("spectrum_network");
    extents<3> const now{energies, height, width};
    if (network_ && made_for_ == now) return network_->memory();
    nn::triple frame{};
    for (std::size_t a = 0; a < 3; ++a) {
      expects<shape_error>(now[a] >= 1 && now[a] <= (1u << 28),
                           "spectrum_network: a spectrum image of {} x {} x {} cannot be", energies, height,
                           width);
      frame[a] = static_cast<int>(now[a]);
    }
    std::size_t const voxels = count(now);
    std::size_t reserved = spectrum_.passes == spectrum_passes::single ? 0 : voxels;
    if (spectrum_.passes == spectrum_passes::mixed) reserved += 2 * voxels * sizeof(T);
    if (inputs_ == 2) reserved += height * width * sizeof(T);
    network_.reset();
    network_.emplace("spectrum_network", space_, model_.about.net, model_.weights, frame, options_, reserved);
    made_for_ = now;
    return network_->memory();
  }
  /// Tiles (energy, y, x) that spectrum images of the shape last prepared are cut into.
  nn::triple tiles() const { return network_ ? network_->tiles().counts() : nn::triple{}; }
  /// What is suspicious in the last result; empty when nothing is.
  std::string warning() const { return constant_.text(); }
  /// The share of the single pass in the last mixed result.
  double share() const { return share_; }

  /// Denoise a spectrum image. The observer is told how many of all passes are done after each tile; once it has ended
  /// the work, `out` is unspecified.
  ///
  /// shapes   in and out (energy, y, x)
  /// throws   tomoedx::shape_error; tomoedx::value_error before anything is written, and later when a result
  ///          is not finite; tomoedx::cancelled
  template <class Observer>
  requires observer<std::remove_reference_t<Observer>>
  void operator()(const_view const& in, view const& out, Observer&& observer) {
    detail::check_images("spectrum_network", space_, in, out, options_.level);
    expects<value_error>(inputs_ == 1 || !z_.empty(),
                         "spectrum_network: the network takes a Z-contrast image; give it by z_contrast");
    expects<shape_error>(
        inputs_ == 1 || (z_shape_[0] == in.extent(1) && z_shape_[1] == in.extent(2)),
        "spectrum_network: the Z-contrast image has {} x {} pixels, the spectra {} x {}; resample it",
        z_shape_[0], z_shape_[1], in.extent(1), in.extent(2));
    extents<3> const shape{in.extent(0), in.extent(1), in.extent(2)};
    std::size_t const n = in.size();
    T const* const x = in.data();
    bool const mixed = spectrum_.passes == spectrum_passes::mixed;
    auto const whole = scale_of(normalize_, std::span<T const>(x, n));
    for (std::size_t i = 0; mixed && i < n; ++i)
      expects<value_error>(x[i] >= 0, "spectrum_network: value {} is {}, mixed passes are for counts", i,
                           static_cast<double>(x[i]));
    std::vector<image_scale<T>> scales;
    spectrum_masks masks;
    if (spectrum_.passes != spectrum_passes::single) {
      masks = spectrum_masks(shape, spectrum_.masked_fraction, spectrum_.seed);
      scales = scales_of(masks, x, whole);
    }
    prepare(shape[0], shape[1], shape[2]);
    constant_ = {};
    std::size_t const passes =
        spectrum_.passes == spectrum_passes::single ? 1 : masks.number() + (mixed ? 2 : 0);
    std::size_t done = 0;
    auto const pass = [&](image_scale<T> const& scale, auto&& value, auto&& keep) {
      compute(scale, value, keep, [&](bool last) {
        done += last ? 1 : 0;
        detail::tell_observer("spectrum_network", observer, done, passes);
      });
    };
    auto const every = [](T* to) { return [to](std::size_t i, T v) { to[i] = v; }; };
    auto const as_it_is = [x](std::size_t i, auto&&...) { return x[i]; };
    if (masks.number() == 0) pass(whole, as_it_is, every(out.data()));
    for (std::size_t k = 0; k < masks.number(); ++k) {
      auto const hidden = [&masks, k](std::size_t i) { return masks[i] == k; };
      auto const filled = [&](std::size_t i, std::size_t e, std::size_t row, std::size_t column) {
        return hidden(i) ? static_cast<T>(
                               mean_of_neighbours(shape, e, row, column, hidden,
                                                  [x](std::size_t j) { return static_cast<double>(x[j]); }))
                         : x[i];
      };
      pass(scales[k], filled, [&, to = out.data()](std::size_t i, T v) {
        if (hidden(i)) to[i] = v;
      });
    }
    if (mixed) {
      std::vector<T> once(n), moved(n);
      pass(whole, as_it_is, every(once.data()));
      auto const nudge = [this, x](std::size_t i) {  // of the size of the noise
        bool const up = (random_stream(spectrum_.seed + 1, i).bits() & 1) != 0;
        return std::sqrt(static_cast<double>(x[i])) * (up ? 1.0 : -1.0);
      };
      pass(
          whole,
          [&](std::size_t i, auto&&...) {
            return static_cast<T>(static_cast<double>(x[i]) + step * nudge(i));
          },
          every(moved.data()));
      double leak = 0;
      for (std::size_t i = 0; i < n; ++i)
        leak += nudge(i) * (static_cast<double>(moved[i]) - static_cast<double>(once[i])) / step;
      share_ = calibrated_share(n, x, out.data(), once.data(), leak);
      for (std::size_t i = 0; i < n; ++i)
        out.data()[i] = static_cast<T>((1 - share_) * static_cast<double>(out.data()[i]) +
                                       share_ * static_cast<double>(once[i]));
    }
    for (std::size_t i = 0; options_.clamp && i < n; ++i) out.data()[i] = std::max(out.data()[i], T(0));
    constant_.look(x, out.data(), n, 0);
  }
  void operator()(const_view const& in, view const& out) { (*this)(in, out, ignore{}); }

 private:
  static constexpr double step = 1.0 / 32;  ///< of the derivative of the single pass, in units of the noise

  /// The scale of each masked pass, from the voxels it does not hide.
  std::vector<image_scale<T>> scales_of(spectrum_masks const& masks, T const* x,
                                        image_scale<T> const& whole) const {
    std::vector<image_scale<T>> scales(masks.number(), whole);
    if (normalize_.by != nn::normalization::rule::mean || whole.blank) return scales;
    std::vector<double> sums(masks.number()), numbers(masks.number());
    std::size_t const n = count(masks.shape());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sums[masks[i]] += static_cast<double>(x[i]), numbers[masks[i]] += 1;
    for (double const s : sums) sum += s;
    for (std::size_t k = 0; k < scales.size(); ++k) {
      double others = 0, voxels = 0;
      for (std::size_t j = 0; j < scales.size(); ++j)
        if (j != k) others += sums[j], voxels += numbers[j];
      scales[k] = scale_by_mean<T>(voxels > 0 ? others / voxels : 0, others == 0, 0);
    }
    return scales;
  }

  /// One pass: `value(voxel, energy, y, x)` is what it reads, `keep(voxel, result)` takes what it gives.
  template <class Value, class Keep, class After>
  void compute(image_scale<T> const& scale, Value&& value, Keep&& keep, After&& after) {
    auto const& shape = made_for_;
    auto const& extent = network_->tiles().extent();
    auto const voxel = [&](std::size_t e, std::size_t y) { return (e * shape[1] + y) * shape[2]; };
    auto const rows = [&](std::size_t planes, std::size_t lines, auto&& row) {
      std::size_t wrong = 0;
      Kokkos::parallel_reduce(
          "tomoedx::spectrum_network", Kokkos::RangePolicy<Space>(space_, 0, planes * lines),
          [&](std::size_t i, std::size_t& bad) { bad += row(i / lines, i % lines) ? 0 : 1; }, wrong);
      detail::check_finite("spectrum_network", wrong, 0);
    };
    auto const size = [](int n) { return static_cast<std::size_t>(n); };
    network_->run(
        1, inputs_,
        [&](std::size_t, std::size_t input, tile const& at, T* to) {
          if (input == 1) {
            for (int y = 0; y < extent[1]; ++y)
              std::copy_n(z_.data() + size(at.start[1] + y) * shape[2] + size(at.start[2]), size(extent[2]),
                          to + size(y) * size(extent[2]));
            return;
          }
          rows(size(extent[0]), size(extent[1]), [&](std::size_t z, std::size_t line) {
            std::size_t const e = z + size(at.start[0]), y = line + size(at.start[1]);
            T* const row = to + (z * size(extent[1]) + line) * size(extent[2]);
            for (std::size_t i = 0; i < size(extent[2]); ++i) {
              std::size_t const column = i + size(at.start[2]);
              row[i] = scale.to_network(value(voxel(e, y) + column, e, y, column));
            }
            return true;
          });
        },
        [&](std::size_t, tile const& at, T const* from) {
          rows(size(at.end[0] - at.first[0]), size(at.end[1] - at.first[1]),
               [&](std::size_t z, std::size_t line) {
                 std::size_t const e = z + size(at.first[0]), y = line + size(at.first[1]);
                 T const* const row =
                     from +
                     ((e - size(at.start[0])) * size(extent[1]) + (y - size(at.start[1]))) * size(extent[2]);
                 bool finite = true;
                 for (auto column = size(at.first[2]); column < size(at.end[2]); ++column) {
                   T const v = scale.to_image(row[column - size(at.start[2])]);
                   finite = finite && std::isfinite(v);
                   keep(voxel(e, y) + column, v);
                 }
                 return finite;
               });
        },
        [&](std::size_t t) { after(t + 1 == network_->tiles().size()); });
  }

  Space space_;
  network_options options_;
  spectrum_options spectrum_;
  nn::model model_;
  nn::normalization normalize_;
  std::size_t inputs_ = 1;
  std::vector<T> z_;
  extents<2> z_shape_{};
  std::optional<detail::tiled_network<Space, T>> network_;
  extents<3> made_for_{};
  detail::constant_results constant_;
  double share_ = 0;
};

}  // namespace tomoedx

#endif
