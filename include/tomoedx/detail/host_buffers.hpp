// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_DETAIL_HOST_BUFFERS_HPP
#define TOMOEDX_DETAIL_HOST_BUFFERS_HPP

#include <tomoedx/core/array.hpp>
#include <tomoedx/host.hpp>

#include <cstdlib>

/// What the bodies of the facade share: starting Kokkos, and plain buffers as views.
namespace tomoedx::host::detail {

using plain_input = borrowed<float const, 3>;
using plain_output = borrowed<float, 3>;

/// Start Kokkos if nobody has, and end it at exit only if we did.
inline void start() {
  expects(!Kokkos::is_finalized(), "tomoedx::host: Kokkos was finalized already; call it before that");
  if (Kokkos::is_initialized()) return;
  Kokkos::initialize(Kokkos::InitializationSettings().set_disable_warnings(true));
  std::atexit([] {
    if (Kokkos::is_initialized() && !Kokkos::is_finalized()) Kokkos::finalize();
  });
}

inline plain_input view(input const& a, char const* what) {
  expects<shape_error>(a.shape[0] > 0 && a.shape[1] > 0 && a.shape[2] > 0, "{}: the shape is ({}, {}, {})",
                       what, a.shape[0], a.shape[1], a.shape[2]);
  count(a.shape);
  expects(a.data != nullptr, "{}: the buffer is null", what);
  return borrow(a.data, a.shape[0], a.shape[1], a.shape[2]);
}
inline plain_output view(output const& a, char const* what) {
  view(input{a.data, a.shape}, what);
  return borrow(a.data, a.shape[0], a.shape[1], a.shape[2]);
}

/// The observer of a template method that calls a std::function, if there is one.
inline auto watcher(watch const& on) {
  return [&on](progress const& p) { return on ? on(p) : decision::proceed; };
}

}  // namespace tomoedx::host::detail

#endif
