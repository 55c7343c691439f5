// SPDX-License-Identifier: BSD-3-Clause
#include <doctest/doctest.h>

#if defined(TOMOEDX_PNG)

#include <tomoedx/figures/png.hpp>

#include <fstream>
#include <iterator>

namespace f = tomoedx::figures;
namespace fs = std::filesystem;

namespace {

struct decoded {
  std::size_t width, height;
  std::vector<f::rgb> pixels;
};

decoded decode(std::vector<std::uint8_t> const& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0);
  image.format = PNG_FORMAT_RGB;
  std::vector<f::rgb> pixels(std::size_t{image.width} * image.height);
  REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) != 0);
  return {image.width, image.height, pixels};
}

std::vector<std::uint8_t> bytes_of(fs::path const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A folder of its own that goes away again.
struct scratch {
  fs::path path = fs::temp_directory_path() / ("tomoedx-png-" + std::to_string(std::random_device{}()));
  scratch() { fs::create_directories(path); }
  ~scratch() { fs::remove_all(path); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

f::canvas pattern(std::size_t width, std::size_t height) {
  f::canvas c(width, height);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      c.set(static_cast<std::ptrdiff_t>(x), static_cast<std::ptrdiff_t>(y),
            {static_cast<std::uint8_t>(7 * x + y), static_cast<std::uint8_t>(31 * y),
             static_cast<std::uint8_t>(x * y)});
  return c;
}

}  // namespace

TEST_CASE("a picture comes back from its PNG pixel by pixel") {
  for (auto const& [w, h] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 300}, {257, 3}, {64, 64}}) {
    auto const c = pattern(w, h);
    auto const back = decode(f::encode_png(c));
    CHECK(back.width == w);
    CHECK(back.height == h);
    CHECK(std::equal(back.pixels.begin(), back.pixels.end(), c.pixels().begin(), c.pixels().end()));
  }
}

TEST_CASE("a file holds the encoded bytes, replaces an older one, and leaves nothing beside it") {
  scratch const folder;
  auto const file = folder.path / "a.png";
  f::write_png(pattern(20, 10), file);
  f::write_png(pattern(30, 11), file);
  CHECK(bytes_of(file) == f::encode_png(pattern(30, 11)));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that cannot be written is an error with its name and no half file") {
  scratch const folder;
  try {
    f::write_png(pattern(4, 4), folder.path / "missing" / "a.png");
    FAIL("written into a folder that does not exist");
  } catch (tomoedx::file_error const& e) {
    CHECK(std::string(e.what()).find("missing/a.png") != std::string::npos);
  }
  fs::create_directories(folder.path / "taken.png" / "inner");  // a folder stands where the file should
  CHECK_THROWS_AS(f::write_png(pattern(4, 4), folder.path / "taken.png"), tomoedx::file_error);
  CHECK(folder.entries() == 1);
}

#endif
