// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_HYPERSPY_HPP
#define TOMOEDX_IO_HYPERSPY_HPP

// Spectrum images in HyperSpy's .hspy files and NCEM's EMD: dense counts with an axis of energies. Needs the option
// TOMOEDX_HDF5; without it this header is empty.
#ifdef TOMOEDX_HDF5

#include <tomoedx/io/detail/hdf5_spectra.hpp>

#include <cstddef>
#include <filesystem>
#include <string>

namespace tomoedx::io {

/// Which spectrum image of an HDF5 file is meant.
struct hyperspy_options {
  std::size_t index = 0;     ///< of a series, from 0
  std::string dataset = "";  ///< path inside the file; empty for the first experiment
};

/// What a .hspy file holds: sizes, energies, and what its metadata says of microscope and detector. Axes may lie in any
/// order; the files of every version are read.
///
/// throws   file_error: damaged, or without an axis of energies
inline spectrum_info inspect_hyperspy(std::filesystem::path const& path,
                                      hyperspy_options const& options = {}) {
  detail::quiet const no_printing;
  return detail::open_spectra(path, options.dataset).what;
}

/// Read a spectrum image of counts of any type of number, some rows at a time. A line of spectra becomes an image of one
/// row.
///
/// throws   file_error; value_error for a value that is no count
inline spectrum_image read_hyperspy(std::filesystem::path const& path, hyperspy_options const& options = {}) {
  detail::quiet const no_printing;
  return detail::read_spectra(detail::open_spectra(path, options.dataset), options.index);
}

}  // namespace tomoedx::io

#endif
#endif
