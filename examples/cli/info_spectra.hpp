// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_CLI_INFO_SPECTRA_HPP
#define TOMOEDX_CLI_INFO_SPECTRA_HPP

#include <string>

namespace tomoedx::cli {

/// Print what a file of spectrum images holds: axes, counts, how it was taken.
///
/// returns  false where it holds no spectra; nothing is printed then
/// throws   file_error for a damaged file
bool tell_of_spectra(std::string const& file, bool json);

}  // namespace tomoedx::cli

#endif
