// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/file.hpp>

#include "dm_writer.hpp"
#include "scratch.hpp"

#include <unistd.h>

namespace io = tomoedx::io;
namespace fs = std::filesystem;
using scratch::contains;
using shape = std::vector<std::size_t>;

namespace {
io::array<float> const cube{{2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {}};

std::string refusal(std::string const& name) {
  std::string const a = scratch::complaint([&] { io::inspect(name); });
  std::string const b = scratch::complaint([&] { io::read<float>(name); });
  CHECK(a == b);
  return a;
}
}  // namespace

TEST_CASE("every extension is written in its format and read by its content") {
  scratch::folder const f;
  std::vector<std::string> names{"a.npy", "a.mrc", "a.ali", "a.st", "a.rec", "a.map", "a.MRC"};
  if (io::has_hdf5) names.insert(names.end(), {"a.h5", "a.hdf5", "a.emd"});
  if (io::has_tiff) names.insert(names.end(), {"a.tif", "a.tiff", "a.TIF"});
  for (std::string const& name : names) {
    CAPTURE(name);
    io::write(f / name, cube);
    auto const b = io::read<float>(f / name);
    CHECK(b.shape == cube.shape);
    CHECK(b.values == cube.values);
    CHECK(io::inspect(f / name).shape == cube.shape);
    fs::rename(f / name, f / "unnamed");  // the content decides
    CHECK(io::read<double>(f / "unnamed").values.back() == 12);
    fs::rename(f / "unnamed", f / "wrong.npy");
    CHECK(io::read<double>(f / "wrong.npy").values.back() == 12);
  }
  io::write(f / "v.npy", io::array_view<float>({12}, cube.values));
  CHECK(io::read<float>(f / "v.npy").shape == shape{12});
}

TEST_CASE("pixel sizes survive the way through every format that has them") {
  scratch::folder const f;
  auto a = cube;
  a.axes = {{"z", "nm", 2, 0}, {"y", "nm", 0.5, 0}, {"x", "nm", 0.5, 0}};
  io::write(f / "a.mrc", a);
  auto const b = io::read<float>(f / "a.mrc");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(b.axes[i].units == "nm");
    CHECK(b.axes[i].scale == doctest::Approx(a.axes[i].scale));
  }
  if (!io::has_hdf5) return;
  io::write(f / "a.h5", a);
  CHECK(io::read<float>(f / "a.h5").axes == a.axes);
}

TEST_CASE("a colon separates an HDF5 file from the path inside, unless the name has it") {
  scratch::folder const f;
  io::write(f / "odd:name.npy", cube);
  CHECK(io::read<float>(f / "odd:name.npy").shape == cube.shape);
  CHECK(contains(refusal(f / "odd:name.npy:/x"), "is no HDF5 file, so there is no ':/x' in it"));
  CHECK(contains(scratch::complaint([&] { io::write(f / "a.npy:/x", cube); }), "no format we know"));
  if (!io::has_hdf5) return;
  for (std::string const name : {":/data/Fe/data", ":/Fe", ":/data/Fe"}) {
    io::write(f / ("a.h5" + name), cube);
    CHECK(io::inspect(f / "a.h5").dataset == "/data/Fe/data");
    CHECK(io::read<float>(f / "a.h5:/data/Fe/data").values == cube.values);
  }
  CHECK(contains(refusal(f / "a.h5:/data/Mg"), "there is no /data/Mg in this file"));
  CHECK(contains(refusal(f / "b.h5:/data/Mg"), "b.h5: there is no such file"));
  CHECK(contains(scratch::complaint([&] { io::write(f / "a.h5:/a/b/c", cube); }), "one name is wanted"));
}

TEST_CASE("files that cannot be read are refused for the reason") {
  scratch::folder const f;
  CHECK(contains(refusal(f / "no.npy"), "no.npy: there is no such file"));
  CHECK(contains(refusal(f.path().string()), "is a directory; give a file"));
  CHECK(contains(refusal(""), "an empty file name"));
  CHECK(contains(refusal("/dev/null"), "is not a regular file"));
  scratch::save(f / "empty.mrc", "");
  CHECK(contains(refusal(f / "empty.mrc"), "is empty (0 bytes)"));
  scratch::save(f / "a.xyz", "what is this");
  CHECK(contains(refusal(f / "a.xyz"),
                 "of no format we know; we read .dm3 .dm4 (Gatan), .tif .tiff, .npy, .mrc"));
  scratch::save(f / "a.npz", "PK\x03\x04 and so on");
  CHECK(contains(refusal(f / "a.npz"), "save each array as .npy"));
  scratch::save(f / "a.tif", std::string("II*\0", 4) + "and so on");
  CHECK(contains(refusal(f / "a.tif"),
                 io::has_tiff ? "libtiff cannot open it" : "is a TIFF image and this build"));
  scratch::save(f / "a.bcf", "AAMVHFSS and so on");
  CHECK(contains(refusal(f / "a.bcf"), "is a Bruker composite file"));
  scratch::save(f / "a.dm3", "not an image at all, it is a text");
  CHECK(contains(refusal(f / "a.dm3"), "DM version 1852797984 is unknown"));
  scratch::save(f / "a.png", "\x89PNG and so on");
  CHECK(contains(refusal(f / "a.png"), "is a PNG image"));
  scratch::save(f / "a.mrc.gz", "\x1f\x8b and so on");
  CHECK(contains(refusal(f / "a.mrc.gz"), "packed with gzip"));
  scratch::save(f / "text.npy", "not an array at all");
  CHECK(contains(refusal(f / "text.npy"), "is not an npy file"));
  scratch::save(f / "a.h5", "\x89HDF\r\n\x1a\n and nothing more");
  CHECK(contains(refusal(f / "a.h5"), io::has_hdf5 ? "HDF5" : "configure with TOMOEDX_HDF5=ON"));
  if (geteuid() == 0) {
    MESSAGE("skipped: the administrator may read everything");
    return;
  }
  io::write(f / "secret.npy", cube);
  fs::permissions(f / "secret.npy", fs::perms::none);
  CHECK(contains(refusal(f / "secret.npy"), "cannot be opened for reading: Permission denied"));
}

TEST_CASE("what cannot be written is refused and leaves nothing") {
  scratch::folder const f;
  auto const complaint = [&](std::string const& name) {
    return scratch::complaint([&] { io::write(f / name, cube); });
  };
  CHECK(contains(complaint("a.dm3"), "the extension names no format we know: .tif .tiff, .npy, .mrc"));
  if (!io::has_tiff) CHECK(contains(complaint("a.tif"), "configure with TOMOEDX_TIFF=ON"));
  CHECK(contains(complaint("a"), "no format we know"));
  CHECK(contains(complaint("no/a.npy"), "does not exist; create it first"));
  if (io::has_hdf5)
    CHECK(contains(complaint("a.hspy"), "is read but not written"));
  else
    CHECK(contains(complaint("a.h5"), "configure with TOMOEDX_HDF5=ON"));
  io::array<float> const four{{1, 1, 1, 1}, {1}, {}};
  CHECK(contains(scratch::complaint([&] { io::write(f / "a.mrc", four); }),
                 "MRC files hold (z, y, x) or (y, x)"));
  CHECK(f.names().empty());
}

TEST_CASE("Gatan's files are known by their content, and no parts of them are read") {
  scratch::folder const f;
  namespace dm = dm_writer;
  for (int const version : {3, 4})
    for (auto const order : {std::endian::little, std::endian::big}) {
      auto const image = dm::image<std::uint16_t>(u"a", {3, 2}, {1, 2, 3, 4, 5, 6});
      scratch::save(f / "unnamed", dm::file(dm::document({image}), version, order));
      CHECK(io::inspect(f / "unnamed").format == (version == 3 ? "dm3" : "dm4"));
      CHECK(io::read<float>(f / "unnamed").shape == shape{2, 3});
      CHECK(io::read<float>(f / "unnamed").values == std::vector<float>{1, 2, 3, 4, 5, 6});
      CHECK(contains(scratch::complaint([&] {
                       io::detail::kind_of_file({f / "unnamed", ""});
                     }),
                     "is a Gatan DM file, of which no parts are read; convert it"));
    }
}
