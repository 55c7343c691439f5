// SPDX-License-Identifier: BSD-3-Clause
#include "header.hpp"
#include "where.hpp"

where one() {
  return {&tomoedx::version, &tomoedx::fail<tomoedx::shape_error>};
}
