// SPDX-License-Identifier: BSD-3-Clause
#ifndef TOMOEDX_IO_DETAIL_BCF_IMAGES_HPP
#define TOMOEDX_IO_DETAIL_BCF_IMAGES_HPP
// IWYU pragma: private, include "tomoedx/io/bcf.hpp"

#include <tomoedx/io/detail/base64.hpp>
#include <tomoedx/io/detail/bcf_header.hpp>
#include <tomoedx/io/detail/convert.hpp>
#include <tomoedx/io/named_image.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tomoedx::io::detail {

/// One plane of an image in the header. Planes the header calls not valid hold nothing.
template <scalar T>
void append_plane(pugi::xml_node image, pugi::xml_node plane, bcf_header const& h,
                  std::optional<double> pixel_nm, std::vector<named_image<T>>& to) {
  std::string_view const text = plane.child("Data").child_value();
  if (text.empty() || std::string_view(plane.child("Valid").child_value()) == "0") return;
  std::string name = plane.child("Description").child_value();
  if (name.empty()) name = image.attribute("Name").value();
  if (name.empty()) name = "image";
  std::size_t const rows = bcf_whole(image.child("Height"), 65536, 0),
                    columns = bcf_whole(image.child("Width"), 65536, 0);
  std::size_t const width = bcf_whole(image.child("ItemSize"), 8, 0);
  std::string const where = h.name() + ": image '" + printable(name) + "'";
  expects<file_error>(
      rows > 0 && columns > 0, "{}: its size is '{}' x '{}'; 1 to 65536 are possible along each", where,
      printable(image.child("Height").child_value()), printable(image.child("Width").child_value()));
  expects<file_error>(width == 1 || width == 2 || width == 4,
                      "{}: its pixels are of '{}' bytes; 1, 2 and 4 are read", where,
                      printable(image.child("ItemSize").child_value()));
  auto bytes = from_base64(text);
  expects<file_error>(bytes.has_value(), "{}: its values are not base64", where);
  expects<file_error>(bytes->size() == rows * columns * width,
                      "{}: {} bytes of values for {} x {} pixels of {} bytes", where, bytes->size(), rows,
                      columns, width);
  if constexpr (std::endian::native == std::endian::big) swap_bytes(bytes->data(), rows * columns, width);
  named_image<T> one{std::move(name), {{rows, columns}, std::vector<T>(rows * columns), {}}};
  if (pixel_nm) one.image.axes = {{"y", "nm", *pixel_nm, 0}, {"x", "nm", *pixel_nm, 0}};
  auto const take = [&]<class From>(From) {
    convert<From>(bytes->data(), rows * columns, one.image.values.data(), where, 0, scalar_type_of<T>());
  };
  width == 1 ? take(std::uint8_t{}) : width == 2 ? take(std::uint16_t{}) : take(std::uint32_t{});
  to.push_back(std::move(one));
}

/// All images of the header that hold something. Those of the scan have its pixel; of others the header does
/// not know it.
template <scalar T>
std::vector<named_image<T>> bcf_images(bcf_header const& h) {
  std::vector<named_image<T>> all;
  pugi::xml_node const scan = bcf_header::of_type(h.root(), "TRTDSPConfiguration");
  auto const dx = bcf_positive(bcf_header::of_type(h.root(), "TRTSEMData").child("DX"));
  auto const same = [&](pugi::xml_node image, char const* ours, char const* scans) {
    return std::string_view(image.child(ours).child_value()) == scan.child(scans).child_value();
  };
  for (pugi::xml_node const image : h.root().children("ClassInstance")) {
    if (std::string_view(image.attribute("Type").value()) != "TRTImageData") continue;
    bool const scanned = same(image, "Width", "ImageWidth") && same(image, "Height", "ImageHeight");
    std::size_t const planes = bcf_whole(image.child("PlaneCount"), 1000, 0);
    for (std::size_t i = 0; i < planes; ++i)
      if (pugi::xml_node const plane = image.child(fmt::format("Plane{}", i).c_str()))
        append_plane<T>(image, plane, h, scanned && dx ? std::optional(*dx * 1000) : std::nullopt, all);
  }
  return all;
}

}  // namespace tomoedx::io::detail

#endif
