// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/part_reader.hpp>

#include "scratch.hpp"

#include <numeric>

namespace io = tomoedx::io;

namespace {

/// Every part of a small file, read by itself, against the same values of the whole.
template <class T>
void compare_parts(std::string const& path) {
  CAPTURE(path);
  auto const whole = io::read<T>(path);
  io::part_reader reader(path);
  auto const [lines, rows, columns] = reader.shape();
  REQUIRE(whole.shape == std::vector{lines, rows, columns});
  std::size_t wrong = 0, parts = 0;
  for (std::size_t l = 0; l < lines; ++l)
    for (std::size_t ln = 1; l + ln <= lines; ++ln)
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t rn = 1; r + rn <= rows; ++rn, ++parts) {
          io::part const p{l, ln, r, rn};
          std::vector<T> values(io::count_of(p, reader.shape()) + 1, T(77));
          reader.read(p, values.data());
          wrong += values.back() != T(77);
          for (std::size_t a = 0; a < ln; ++a)
            for (std::size_t b = 0; b < rn; ++b)
              for (std::size_t c = 0; c < columns; ++c)
                wrong += values[(a * rn + b) * columns + c] !=
                         whole.values[((l + a) * rows + r + b) * columns + c];
        }
  CHECK(wrong == 0);
  CHECK(parts == lines * (lines + 1) / 2 * (rows * (rows + 1) / 2));
}

/// An .npy file of running numbers, put together by hand.
template <class T>
std::string npy(std::string const& type, bool fortran, std::endian order, std::array<int, 3> shape) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}, {}, {}), }}", type,
                                   fortran ? "True" : "False", shape[0], shape[1], shape[2]);
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  for (int const b : {1, 0, int(header.size()) % 256, int(header.size()) / 256})
    bytes += static_cast<char>(b);
  bytes += header;
  for (int i = 0; i < shape[0] * shape[1] * shape[2]; ++i)
    bytes += scratch::bytes_of(static_cast<T>(i % 120), order);
  return bytes;
}

}  // namespace

TEST_CASE("any part of an npy file of either index and byte order is what the whole has there") {
  scratch::folder const f;
  using std::endian;
  scratch::save(f / "c.npy", npy<float>("<f4", false, endian::little, {3, 5, 4}));
  scratch::save(f / "fortran.npy", npy<float>("<f4", true, endian::little, {3, 5, 4}));
  scratch::save(f / "big.npy", npy<std::int16_t>(">i2", false, endian::big, {2, 4, 3}));
  scratch::save(f / "big_fortran.npy", npy<double>(">f8", true, endian::big, {4, 3, 5}));
  scratch::save(f / "bytes.npy", npy<std::uint8_t>("|u1", true, endian::little, {2, 6, 3}));
  scratch::save(f / "thin.npy", npy<float>("<f4", true, endian::little, {1, 5, 1}));
  scratch::save(f / "row.npy", npy<float>("<f4", true, endian::little, {4, 1, 3}));
  for (auto const* name :
       {"c.npy", "fortran.npy", "big.npy", "big_fortran.npy", "bytes.npy", "thin.npy", "row.npy"})
    compare_parts<float>(f / name);
  compare_parts<std::uint8_t>(f / "big.npy");
  compare_parts<double>(f / "fortran.npy");
}

TEST_CASE("any part of an MRC file is what the whole has there, in every order of its axes") {
  scratch::folder const f;
  std::vector<float> values(3 * 4 * 5);
  std::iota(values.begin(), values.end(), 1.0f);
  io::write_mrc(f / "plain.mrc", io::array_view<float>({3, 4, 5}, values));
  io::write_mrc(f / "short.mrc", io::array_view<float>({3, 4, 5}, values), io::mrc_mode::i16);
  compare_parts<float>(f / "plain.mrc");
  compare_parts<float>(f / "short.mrc");
  std::array<std::int32_t, 3> axes{1, 2, 3};
  do {
    auto bytes = scratch::load(f / "plain.mrc");
    for (std::size_t i = 0; i < 3; ++i)
      bytes.replace(64 + 4 * i, 4, scratch::bytes_of(axes[i], std::endian::native));
    auto const name = fmt::format("axes{}{}{}.mrc", axes[0], axes[1], axes[2]);
    scratch::save(f / name, bytes);
    compare_parts<float>(f / name);
  } while (std::next_permutation(axes.begin(), axes.end()));
}

#ifdef TOMOEDX_HDF5
TEST_CASE("any part of an HDF5 dataset is what the whole has there, chunked or not, of another type or not") {
  scratch::folder const f;
  std::vector<float> values(3 * 6 * 5);
  std::vector<std::int32_t> counts(values.size());
  std::iota(values.begin(), values.end(), 1.5f);
  std::iota(counts.begin(), counts.end(), -7);
  io::write_hdf5(f / "plain.h5", io::array_view<float>({3, 6, 5}, values));
  io::write_hdf5(f / "packed.h5", io::array_view<float>({3, 6, 5}, values), {.gzip = 4});
  io::write_hdf5(f / "counts.h5", io::array_view<std::int32_t>({3, 6, 5}, counts), {.gzip = 1});
  for (auto const* name : {"plain.h5", "packed.h5", "counts.h5"}) compare_parts<float>(f / name);
  compare_parts<double>((f / "plain.h5") + ":/data/plain/data");
}
#endif

TEST_CASE("a value that does not fit is named with its place in the file") {
  scratch::folder const f;
  io::write_npy(f / "a.npy", io::array<float>{{2, 2, 2}, {0, 1, 2, 3, 4, 5, 6.5f, 7}, {}});
  io::part_reader reader(f / "a.npy");
  std::uint8_t to[8];
  reader.read({0, 2, 0, 1}, to);
  CHECK(int(to[3]) == 5);
  auto const text = scratch::complaint([&] { reader.read({0, 2, 1, 1}, to); });
  CHECK(scratch::contains(text, "a.npy: value 6.5 at flat index 6 does not fit u8"));
}

TEST_CASE("files of other ranks, parts outside and truncated files are refused") {
  scratch::folder const f;
  io::write_npy(f / "flat.npy", io::array<float>{{2, 2}, {0, 1, 2, 3}, {}});
  CHECK(scratch::contains(scratch::complaint([&] { io::part_reader{f / "flat.npy"}; }),
                          "has the shape 2 x 2; three indices"));
  CHECK(scratch::contains(scratch::complaint([&] { io::part_reader{f / "none.npy"}; }), "no such file"));
  io::write_npy(f / "a.npy", io::array<float>{{2, 2, 1}, {0, 1, 2, 3}, {}});
  io::part_reader reader(f / "a.npy");
  float to[4];
  CHECK(scratch::contains(scratch::complaint([&] {
                            reader.read({0, 2, 1, 2}, to);
                          }),
                          "2 rows from row 1 are wanted, there are 2"));
  auto const bytes = scratch::load(f / "a.npy");
  scratch::save(f / "a.npy", bytes.substr(0, bytes.size() - 3));
  CHECK(scratch::contains(scratch::complaint([&] { io::part_reader{f / "a.npy"}; }), "truncated"));
  CHECK(scratch::contains(scratch::complaint([&] { reader.read({0, 2, 0, 2}, to); }), "became shorter"));
}
