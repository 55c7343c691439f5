// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_REFERENCE_DETAIL_CONVOLUTIONS_HPP
#define TOMOEDX_REFERENCE_DETAIL_CONVOLUTIONS_HPP

#include <tomoedx/reference/detail/task.hpp>

#include <cstddef>

namespace tomoedx::reference::detail {

inline void fill_with_bias(task const& t) {
  auto const bias = t.parameter(".bias");
  for_each_position(
      t.out, [&](std::size_t item, int c, int z, int y, int x) { t.out.row(item, c, z, y)[x] = bias[c]; });
}

inline void compute(nn::convolution const& op, task const& t) {
  auto const weight = t.parameter(".weight");
  activations const in = padded(t.in[0], op.padding);
  int const channels = in.size.channels / op.groups, outputs = op.outputs / op.groups;  // of a group
  int const kernel_z = op.kernel[0], kernel_y = op.kernel[1], kernel_x = op.kernel[2];
  if (op.bias) fill_with_bias(t);
  for_each_row(t.out, [&](std::size_t item, int o, int z, int y) {
    for (int c = 0; c < channels; ++c)
      for (int k = 0; k < kernel_z; ++k)
        for (int l = 0; l < kernel_y; ++l)
          for (int m = 0; m < kernel_x; ++m) {
            double const w =
                weight[(((std::size_t(o) * channels + c) * kernel_z + k) * kernel_y + l) * kernel_x + m];
            double const* from =
                in.row(item, o / outputs * channels + c, z * op.stride[0] + k * op.dilation[0],
                       y * op.stride[1] + l * op.dilation[1]);
            double* to = t.out.row(item, o, z, y);
            for (int x = 0; x < t.out.size.extent[2]; ++x)
              to[x] += w * from[x * op.stride[2] + m * op.dilation[2]];
          }
  });
  apply_curve(op.act, t.out);
}

inline void compute(nn::transposed_convolution const& op, task const& t) {
  auto const weight = t.parameter(".weight");
  int const kernel_z = op.kernel[0], kernel_y = op.kernel[1], kernel_x = op.kernel[2];
  int const size_z = t.out.size.extent[0], size_y = t.out.size.extent[1], size_x = t.out.size.extent[2];
  if (op.bias) fill_with_bias(t);
  for_each_row(t.in[0], [&](std::size_t item, int c, int z, int y) {
    double const* from = t.in[0].row(item, c, z, y);
    for (int o = 0; o < op.outputs; ++o)
      for (int k = 0; k < kernel_z; ++k)
        for (int l = 0; l < kernel_y; ++l) {
          int const to_z = z * op.stride[0] - op.padding[0] + k;
          int const to_y = y * op.stride[1] - op.padding[1] + l;
          if (to_z < 0 || to_z >= size_z || to_y < 0 || to_y >= size_y) continue;
          double* to = t.out.row(item, o, to_z, to_y);
          for (int m = 0; m < kernel_x; ++m) {
            double const w =
                weight[(((std::size_t(c) * op.outputs + o) * kernel_z + k) * kernel_y + l) * kernel_x + m];
            for (int x = 0; x < t.in[0].size.extent[2]; ++x) {
              int const to_x = x * op.stride[2] - op.padding[2] + m;
              if (to_x >= 0 && to_x < size_x) to[to_x] += w * from[x];
            }
          }
        }
  });
  apply_curve(op.act, t.out);
}

}  // namespace tomoedx::reference::detail

#endif
