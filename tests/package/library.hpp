// SPDX-License-Identifier: BSD-3-Clause
#ifndef CONSUMER_LIBRARY_HPP
#define CONSUMER_LIBRARY_HPP

char const* version_of_tomoedx();
bool refuses_bad_input();

#endif
