// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_TESTS_ODR_WHERE_HPP
#define TOMOEDX_TESTS_ODR_WHERE_HPP

/// Where a translation unit sees a constant and a function of the library.
struct where {
  void const* version;
  void (*fail)(tomoedx::message<>);
  bool operator==(where const&) const = default;
};

where one();
where two();

#endif
