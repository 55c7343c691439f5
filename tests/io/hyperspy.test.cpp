// SPDX-License-Identifier: BSD-3-Clause
#include <tomoedx/io/hyperspy.hpp>

#include "scratch.hpp"

#ifdef TOMOEDX_HDF5

#include <tomoedx/io/hdf5.hpp>

#include <functional>
#include <numeric>

using namespace tomoedx;
using io::detail::handle;
using scratch::contains;

namespace {

// A .hspy file made with the C interface: an array of counts with any axes, and metadata in any layout.
class made {
 public:
  explicit made(std::string const& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose) {}

  hid_t group(std::string const& path) {
    if (!io::detail::has(file_, path)) {
      handle const links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
      H5Pset_create_intermediate_group(links, 1);
      handle const g(H5Gcreate2(file_, path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    }
    groups_.emplace_back(H5Oopen(file_, path.c_str(), H5P_DEFAULT), H5Oclose);
    return groups_.back();
  }
  template <class T>
  void data(std::vector<hsize_t> const& shape, std::vector<T> const& values,
            std::vector<hsize_t> const& chunk = {}) {
    handle const plan(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    if (!chunk.empty()) H5Pset_chunk(plan, int(chunk.size()), chunk.data()), H5Pset_deflate(plan, 6);
    handle const space(H5Screate_simple(int(shape.size()), shape.data(), nullptr), H5Sclose);
    handle const d(
        H5Dcreate2(group(experiment), "data", io::detail::native<T>(), space, H5P_DEFAULT, plan, H5P_DEFAULT),
        H5Dclose);
    REQUIRE(H5Dwrite(d, io::detail::native<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  }
  void axis(int index, std::string const& name, std::string const& units, double scale, double offset,
            int navigate = -1) {
    hid_t const g = group(experiment + fmt::format("/axis-{}", index));
    io::detail::put_text(g, "name", name, "test");
    io::detail::put_text(g, "units", units, "test");
    io::detail::put_number(g, "scale", scale, "test");
    io::detail::put_number(g, "offset", offset, "test");
    if (navigate >= 0) io::detail::put_number(g, "navigate", static_cast<std::int8_t>(navigate), "test");
  }
  template <class T>
  void number(std::string const& at, char const* name, T value) {
    io::detail::put_number(group(experiment + "/" + at), name, value, "test");
  }
  void text(std::string const& at, char const* name, std::string const& value) {
    io::detail::put_text(group(experiment + "/" + at), name, value, "test");
  }
  void elements(std::string const& at, char const* name, std::vector<char const*> const& symbols) {
    handle const type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, H5T_VARIABLE);
    hsize_t const n = symbols.size();
    handle const space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    handle const d(
        H5Dcreate2(group(experiment + "/" + at), name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, symbols.data());
  }
  std::string const experiment = "Experiments/one";

 private:
  io::detail::quiet no_printing_;
  handle file_;
  std::vector<handle> groups_;
};

// What the tests count at (image, y, x, channel).
std::uint32_t count_at(std::size_t t, std::size_t y, std::size_t x, std::size_t c) {
  return (t + y + x + c) % 3 == 0 ? 0 : static_cast<std::uint32_t>(1 + (20 * t + 7 * y + 3 * x + c) % 100);
}
constexpr std::size_t tilts = 2, rows = 5, columns = 4, channels = 6;

// Write the counts with the indices in the order of `letters` (t, y, x, E), slowest first.
template <class T>
void write_series(std::string const& path, std::string const& letters, std::string const& names,
                  bool chunked) {
  made file(path);
  std::vector<hsize_t> shape, chunk;
  for (char const c : letters) {
    shape.push_back(c == 't' ? tilts : c == 'y' ? rows : c == 'x' ? columns : channels);
    chunk.push_back(std::max<hsize_t>(1, shape.back() / 2));
  }
  std::vector<T> values(std::accumulate(shape.begin(), shape.end(), std::size_t(1), std::multiplies<>()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t at[4] = {0, 0, 0, 0}, rest = i;
    for (std::size_t k = letters.size(); k-- > 0; rest /= shape[k])
      at[std::string("tyxE").find(letters[k])] = rest % shape[k];
    values[i] = static_cast<T>(count_at(at[0], at[1], at[2], at[3]));
  }
  file.data(shape, values, chunked ? chunk : std::vector<hsize_t>{});
  for (std::size_t k = 0; k < letters.size(); ++k) {
    char const c = letters[k];
    bool const named = names == "named";
    if (c == 'E')
      file.axis(int(k), "Energy", named ? "keV" : "eV", named ? 0.01 : 10, named ? -0.1 : -100, 0);
    else if (c == 't')
      file.axis(int(k), named ? "tilt" : "", named ? "degrees" : "", 2, -10, 1);
    else
      file.axis(int(k), !named ? "" : c == 'y' ? "height" : "x", "nm", 3, 0, 1);
  }
}

void check_counts(spectrum_image const& s, std::size_t t) {
  validate(s, "test");
  REQUIRE(s.rows == rows);
  REQUIRE(s.columns == columns);
  std::size_t k = 0, wrong = 0;
  for (std::size_t p = 0; p < s.pixels(); ++p)
    for (std::size_t c = 0; c < channels; ++c) {
      auto const wanted = count_at(t, p / columns, p % columns, c);
      if (wanted == 0) continue;
      REQUIRE(k < s.events());
      wrong += s.channel[k] != c || s.count[k] != wanted || k < s.begin[p] || k >= s.begin[p + 1];
      ++k;
    }
  CHECK(wrong == 0);
  CHECK(k == s.events());
}

}  // namespace

TEST_CASE_TEMPLATE("counts of every type are read", T, std::uint8_t, std::int16_t, std::uint32_t,
                   std::int64_t, float, double) {
  scratch::folder const f;
  for (bool const chunked : {false, true}) {
    write_series<T>(f / "a.hspy", "yxE", "named", chunked);
    check_counts(io::read_hyperspy(f / "a.hspy"), 0);
  }
}

TEST_CASE("axes lie in any order, packed in chunks or plain") {
  scratch::folder const f;
  for (std::string const order : {"yxE", "xyE", "Eyx", "Exy", "yEx", "xEy"})
    for (bool const chunked : {false, true}) {
      CAPTURE(order);
      write_series<std::uint8_t>(f / "a.hspy", order, "named", chunked);
      check_counts(io::read_hyperspy(f / "a.hspy"), 0);
      auto const what = io::inspect_hyperspy(f / "a.hspy");
      CHECK(what.format == "hyperspy");
      CHECK(what.images == 1);
      CHECK(what.energy.first_kev == doctest::Approx(-0.1));
      CHECK(what.energy.width_kev == doctest::Approx(0.01));
      CHECK(what.how.pixel_nm == doctest::Approx(3));
    }
  write_series<std::uint8_t>(f / "a.hspy", "yxE", "nameless", true);  // the slower one is the row
  check_counts(io::read_hyperspy(f / "a.hspy"), 0);
}

TEST_CASE("of a series every image is read by its index, with its angle") {
  scratch::folder const f;
  for (std::string const order : {"tyxE", "yxtE", "Etxy"})
    for (bool const chunked : {false, true}) {
      write_series<std::uint16_t>(f / "a.hspy", order, "named", chunked);
      CHECK(io::inspect_hyperspy(f / "a.hspy").images == tilts);
      CHECK(io::inspect_hyperspy(f / "a.hspy").tilts == std::vector<double>{-10, -8});
      for (std::size_t t = 0; t < tilts; ++t) {
        auto const s = io::read_hyperspy(f / "a.hspy", {.index = t});
        check_counts(s, t);
        CHECK(s.how.tilt_deg == -10 + 2 * double(t));
      }
      CHECK(contains(scratch::complaint([&] { io::read_hyperspy(f / "a.hspy", {.index = 2}); }),
                     "image 2 is wanted, there are 2"));
    }
  write_series<std::uint16_t>(f / "a.hspy", "tyxE", "nameless", false);
  check_counts(io::read_hyperspy(f / "a.hspy", {.index = 1}), 1);
}

TEST_CASE("lines and single spectra are images too") {
  scratch::folder const f;
  {
    made line(f / "l.hspy");
    line.data<std::uint8_t>({3, 2}, {1, 0, 0, 2, 3, 4});
    line.axis(0, "x", "nm", 5, 0);
    line.axis(1, "Energy", "keV", 0.1, 0);
    made one(f / "o.hspy");
    one.data<std::uint8_t>({4}, {0, 7, 0, 9});
    one.axis(0, "Energy", "eV", 20, 0);
  }
  auto const l = io::read_hyperspy(f / "l.hspy");
  validate(l, "test");
  CHECK(l.rows == 1);
  CHECK(l.columns == 3);
  CHECK(l.begin == std::vector<std::size_t>{0, 1, 2, 4});
  CHECK(l.count == std::vector<std::uint32_t>{1, 2, 3, 4});
  CHECK(l.how.pixel_nm == doctest::Approx(5));
  auto const o = io::read_hyperspy(f / "o.hspy");
  validate(o, "test");
  CHECK(o.pixels() == 1);
  CHECK(o.channel == std::vector<std::uint16_t>{1, 3});
}

TEST_CASE("metadata of old and new layouts tell of microscope and detector") {
  scratch::folder const f;
  struct layout {
    std::string root, scope, detector, stage, tilt, list;
  };
  for (layout const& l :
       {layout{"metadata", "Acquisition_instrument/TEM", "Acquisition_instrument/TEM/Detector/EDS",
               "Acquisition_instrument/TEM/Stage", "tilt_alpha", "_list_elements"},
        layout{"metadata", "Acquisition_instrument/SEM", "Acquisition_instrument/SEM/Detector/EDS",
               "Acquisition_instrument/SEM", "tilt_stage", "_tuple_elements"},
        layout{"mapped_parameters", "TEM", "TEM/EDS", "TEM", "tilt_stage", "elements"}}) {
    {
      made file(f / "m.hspy");
      file.data<std::uint8_t>({1, 1, 2}, {1, 0});
      file.axis(0, "y", "µm", 0.002, 0);
      file.axis(1, "x", "µm", 0.002, 0);
      file.axis(2, "Energy", "keV", 0.01, 0);
      auto const in = [&l](std::string const& group) { return l.root + "/" + group; };
      file.number(in(l.scope), "beam_energy", std::int32_t(200));
      file.number(in(l.scope), "beam_current", 0.5);
      file.text(in(l.scope), "microscope", "a scope");
      file.number(in(l.stage), l.tilt.c_str(), -35.0);
      file.number(in(l.detector), "live_time", 100.5);
      file.number(in(l.detector), "real_time", 111.5);
      file.number(in(l.detector), "energy_resolution_MnKa", 130.0);
      file.number(in(l.detector), "elevation_angle", 22.0);
      file.number(in(l.detector), "azimuth_angle", 45.0);
      file.elements(in("Sample"), l.list.c_str(), {"Al", "Fe", "O"});
      file.text(in("General"), "title", "mantle");
      file.text(in("General"), "date", "2019-03-04");
      file.text(in("General"), "time", "01:48:00");
    }
    auto const how = io::read_hyperspy(f / "m.hspy").how;
    CAPTURE(l.scope);
    CHECK(how.pixel_nm == doctest::Approx(2));
    CHECK(how.beam_kev == 200);
    CHECK(how.beam_na == 0.5);
    CHECK(how.tilt_deg == -35);
    CHECK(how.live_time_s == 100.5);
    CHECK(how.real_time_s == 111.5);
    CHECK(how.resolution_ev == 130);
    CHECK(how.elevation_deg == 22);
    CHECK(how.azimuth_deg == 45);
    CHECK(how.elements == std::vector<std::string>{"Al", "Fe", "O"});
    CHECK(how.title == "mantle");
    CHECK(how.instrument == "a scope");
    CHECK(how.date == "2019-03-04 01:48:00");
  }
}

TEST_CASE("what is odd about an axis is no title") {
  scratch::folder const f;
  {
    made file(f / "m.hspy");
    file.data<std::uint8_t>({1, 1, 2}, {1, 0});
    file.axis(0, "y", "nm", 2, 0);
    file.axis(1, "x", "nm", 2, 0);
    file.axis(2, "Energy", "keV", 0.01, 0);
    file.group(file.experiment + "/axis-1/axis");  // where HyperSpy keeps uneven positions
    file.text("metadata/General", "title", "");
  }
  CHECK(io::inspect_hyperspy(f / "m.hspy").how.title.empty());
}

TEST_CASE("an EMD array with energies in it is a spectrum image") {
  scratch::folder const f;
  io::write_hdf5(
      f / "a.emd",
      io::array<float>{
          {1, 2, 3}, {1, 0, 2, 0, 0, 3}, {{"y", "nm", 2, 0}, {"x", "nm", 2, 0}, {"energy", "keV", 0.1, 1}}});
  auto const s = io::read_hyperspy(f / "a.emd");
  CHECK(s.columns == 2);
  CHECK(s.channel == std::vector<std::uint16_t>{0, 2, 2});
  CHECK(s.energy.first_kev == doctest::Approx(1));
  CHECK(io::inspect_hyperspy(f / "a.emd").format == "emd");
}

TEST_CASE("what is no spectrum image is refused for the reason") {
  scratch::folder const f;
  auto const refusal = [&](std::function<void(made&)> const& make) {
    {
      made file(f / "a.hspy");
      make(file);
    }
    auto const text = scratch::complaint([&] { io::read_hyperspy(f / "a.hspy"); });
    CHECK(text.starts_with(f / "a.hspy"));
    return text;
  };
  auto const counts = [](made& m) { m.data<float>({1, 2, 2}, {1, 0, 2.5f, 3}); };
  auto const pixels = [](made& m) { m.axis(0, "y", "nm", 1, 0), m.axis(1, "x", "nm", 1, 0); };
  CHECK(contains(refusal([&](made& m) { counts(m), pixels(m), m.axis(2, "Energy", "keV", 0.1, 0); }),
                 "the value 2.5 at row 0, column 1, channel 0 is no count"));
  CHECK(contains(refusal([&](made& m) {
                   m.data<int>({1, 1, 1}, {-4}), pixels(m), m.axis(2, "Energy", "keV", 0.1, 0);
                 }),
                 "the value -4 at row 0, column 0, channel 0 is no count"));
  CHECK(contains(refusal([&](made& m) { counts(m), pixels(m), m.axis(2, "z", "nm", 1, 0); }),
                 "none of its 3 axes is in eV or keV"));
  CHECK(contains(refusal([&](made& m) { counts(m), pixels(m), m.axis(2, "Energy", "V", 0.1, 0); }),
                 "the axis 'Energy' is in 'V', not in eV or keV"));
  CHECK(contains(refusal([&](made& m) { counts(m), pixels(m), m.axis(2, "Energy", "keV", -0.1, 0); }),
                 "channels are -0.1 keV wide"));
  CHECK(contains(refusal([&](made& m) {
                   counts(m), m.axis(0, "x", "nm", 1, 0), m.axis(1, "x", "nm", 1, 0),
                       m.axis(2, "E", "keV", 1, 0);
                 }),
                 "its axes 0 ('x') and 1 ('x') claim to be the same index"));
  CHECK(contains(refusal(counts), "has no axes"));
  CHECK(contains(refusal([&](made& m) { m.data<int>({1, 1, 1, 1, 1}, {4}), pixels(m); }), "5 indices"));
}

TEST_CASE("the real spectrum image has its counts, energies and metadata") {
  auto const path = scratch::real("mantle/71GPa_subsolidus.hspy");
  if (!path) return;
  auto const s = io::read_hyperspy(*path);
  validate(s, "test");
  CHECK(s.rows == 201);
  CHECK(s.columns == 201);
  CHECK(s.energy.channels == 1918);
  CHECK(s.energy.first_kev == doctest::Approx(0.818).epsilon(1e-3));
  CHECK(s.energy.width_kev == doctest::Approx(0.01));
  CHECK(std::accumulate(s.count.begin(), s.count.end(), 0.0) == doctest::Approx(4.36e6).epsilon(1e-3));
  CHECK(s.how.pixel_nm == doctest::Approx(1.72).epsilon(3e-3));
  CHECK(s.how.beam_kev == 200);
  CHECK(s.how.elements.size() == 11);
  // The same counts as the reader of plain arrays gives, in the sum of each channel.
  auto const dense = io::read_hdf5<std::uint8_t>(*path);
  std::vector<double> sum(1918, 0);
  for (std::size_t i = 0; i < dense.values.size(); ++i) sum[i % 1918] += dense.values[i];
  CHECK(sum_spectrum(s) == sum);
}

#endif
