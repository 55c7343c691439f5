// SPDX-License-Identifier: BSD-3-Clause
// Harness of libFuzzer for the descriptions of TIFF files, which ImageJ and OME write; the file itself libtiff reads.
#include <tomoedx/io/detail/tiff_description.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(data),
                         size);  // of its own, so that reading beyond is seen
  auto const d = tomoedx::io::detail::read_description(text);
  for (auto const& v : {d.x, d.y, d.spacing, d.origin})
    if (v && !std::isfinite(*v)) std::abort();
  for (auto const& units : {d.units, d.spacing_units}) {
    if (units.size() > 110) std::abort();
    for (unsigned char const c : units)
      if (c < 0x20) std::abort();
  }
  bool const ours = text.starts_with("ImageJ=") || text.find("<OME") != text.npos;
  if (!ours && d.by != tomoedx::io::detail::tiff_description::writer::unknown) std::abort();
  return 0;
}
