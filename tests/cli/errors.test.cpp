// SPDX-License-Identifier: BSD-3-Clause
// Everything a user can get wrong in `reconstruct`: one line, exit code 2, and no trace on disk.
#ifdef TOMOEDX_PROGRAM
#include "program.hpp"

#include <limits>

using namespace cli_tests;

namespace {

/// A folder with a small valid series and several spoilt ones.
class spoilt_place : public place {
 public:
  spoilt_place() {
    array const good = random_array({3, 4, 5}, 1);
    save(*this / "fe.npy", good);
    save(*this / "s.npy", random_array({3, 4, 5}, 2));
    save(*this / "haadf.npy", random_array({3, 4, 5}, 3));
    save(*this / "small.npy", random_array({3, 4, 6}, 3));
    save(*this / "flat.npy", random_array({3, 4}, 3));
    save(*this / "volume.npy", random_array({5, 4, 5}, 3));
    auto const with = [&](char const* name, float value) {
      array a = good;
      a.values[(2 * 4 + 1) * 5 + 3] = value;  // tilt 2, y 1, x 3
      save(*this / name, a);
    };
    with("nan.npy", std::numeric_limits<float>::quiet_NaN());
    with("inf.npy", -std::numeric_limits<float>::infinity());
    with("negative.npy", -2);
    save(*this / "zero.npy", {good.shape, std::vector<float>(60, 0.0f), {}});
    save(*this / "zero_volume.npy", {{5, 4, 5}, std::vector<float>(100, 0.0f), {}});
    auto const bytes = text_of(*this / "fe.npy");
    write("cut.npy", std::string_view(bytes).substr(0, bytes.size() - 9));
    write("empty.npy", "");
    write("tilts.txt", "-10\n0\n10\n");
    write("four.txt", "-10\n0\n10\n20\n");
    write("words.txt", "-10\nnought\n10\n");
    write("wide.txt", "-10\n0\n1000\n");
    write("void.txt", "\n");
    write("shifts.txt", "0\n1\n");
    write("far.txt", "0 0\n0 4\n0 0\n");
    std::filesystem::create_directory(*this / "full");
    write("full/precious.txt", "keep me");
    std::filesystem::create_directory(*this / "warm");
    before_ = names();
  }

  void refuses(words const& arguments, std::string_view part) const {
    outcome const o = run(words{"reconstruct"} + arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    check_refused(o, "tomoedx reconstruct", part);
    CHECK(names() == before_);
    CHECK(text_of(*this / "full/precious.txt") == "keep me");
  }

 private:
  words before_;
};

words const sirt{"--method", "sirt", "-o", "out", "--tilts", "tilts.txt"};
words const em{"--method", "em", "-o", "out", "--tilts", "tilts.txt"};
words const hebt{"--method", "hebt", "-o", "out", "--tilts", "tilts.txt"};
words const fe{"--map", "Fe=fe.npy"};
words const haadf{"--haadf", "haadf.npy"};

}  // namespace

TEST_CASE("reconstruct accepts the series that the refusals below are made of") {
  spoilt_place const here;
  CHECK(here.run(words{"reconstruct"} + hebt + fe + haadf + words{"--map", "S=s.npy", "--quiet"}).code == 0);
}

TEST_CASE("reconstruct refuses arguments that mean nothing") {
  spoilt_place const here;
  here.refuses(sirt + fe + words{"--speed", "9"}, "'--speed'");
  here.refuses({"--method", "sirt", "-o", "out"}, "nothing to reconstruct");
  here.refuses({"-o", "out"}, "--method is required");
  here.refuses(words{"--method", "sirt", "--tilts", "tilts.txt"} + fe, "--output is required");
  here.refuses(words{"--method", "magic", "-o", "out", "--tilts", "tilts.txt"} + fe,
               "--method magic: is none of fbp, sirt,");
  here.refuses(sirt + fe + words{"--projector", "wavelet"}, "--projector wavelet");
  here.refuses(sirt + fe + words{"--format", "tif"}, "--format tif: is none of npy, mrc and h5");
#ifndef TOMOEDX_HDF5
  here.refuses(sirt + fe + words{"--format", "h5"}, "this build has no HDF5");
#endif
  here.refuses(sirt + fe + words{"--iterations", "0"}, "--iterations 0: give 1 to 1000000");
  here.refuses(sirt + fe + words{"--iterations", "99999999"}, "--iterations 99999999");
  here.refuses(sirt + fe + words{"--iterations", "-1"}, "--iterations");
  here.refuses(sirt + fe + words{"--iterations", "ten"}, "--iterations = ten");
  for (char const* alpha : {"0", "1", "-0.5", "1.5", "nan"})
    here.refuses(hebt + fe + haadf + words{"--alpha", alpha}, "--alpha");
  here.refuses(sirt + fe + words{"--relaxation", "2"}, "--relaxation 2");
  here.refuses(sirt + fe + words{"--lower", "3", "--upper", "1"}, "--lower 3");
  here.refuses(em + fe + words{"--background", "-1"}, "--background -1");
  here.refuses(sirt + fe + words{"--stop-change", "1.5"}, "--stop-change 1.5");
  here.refuses(sirt + fe + words{"--pixel-size", "0"}, "--pixel-size 0");
  here.refuses(sirt + fe + words{"--threads", "100000"}, "--threads 100000");
  here.refuses(sirt + fe + words{"--axis-offset", "nan"}, "axis offset");
}

TEST_CASE("reconstruct refuses options of another method rather than overlook them") {
  spoilt_place const here;
  here.refuses(sirt + fe + words{"--alpha", "0.8"}, "--alpha is for --method hebt, not sirt");
  here.refuses(em + fe + words{"--ratios", "2"}, "--ratios is for --method hebt and joint, not em");
  here.refuses(em + fe + words{"--relaxation", "0.5"},
               "--relaxation is for --method sirt, os-sirt, sart and hebt, not em");
  here.refuses(hebt + fe + haadf + words{"--upper", "2"}, "--upper is for --method sirt");
  here.refuses(sirt + fe + words{"--background", "2"}, "--background is for --method em");
  here.refuses(em + fe + haadf + words{"--background", "2"}, "leave --haadf out");
  here.refuses(sirt + fe + words{"--link-bin", "4"},
               "--link-bin is for what links maps and HAADF, hebt and joint");
  here.refuses(hebt + fe + haadf + words{"--link-bin", "0"}, "--link-bin 0");
  here.refuses(sirt + fe + words{"--normalize-haadf"}, "--normalize-haadf needs --haadf");
}

TEST_CASE("reconstruct refuses HEBT without HAADF, without maps, or with ratios that do not fit") {
  spoilt_place const here;
  here.refuses(hebt + fe, "--haadf is missing");
  here.refuses(hebt + haadf, "--map is missing");
  here.refuses(hebt + fe + haadf + words{"--ratios", "1,2"}, "2 numbers for 1 maps");
  here.refuses(hebt + fe + haadf + words{"--map", "S=s.npy", "--ratios", "3"}, "1 numbers for 2 maps");
  here.refuses(hebt + fe + haadf + words{"--ratios=-1"}, "-1 is no response ratio");
  here.refuses(hebt + fe + haadf + words{"--ratios", "one"}, "--ratios = one");
}

TEST_CASE("reconstruct refuses names of maps that collide or cannot be files") {
  spoilt_place const here;
  here.refuses(sirt + fe + words{"--map", "Fe=s.npy"}, "there is a map Fe already");
  here.refuses(sirt + fe + words{"--map", "fe=s.npy"}, "there is a map Fe already");
  here.refuses(sirt + words{"--map", "HAADF=s.npy"}, "HAADF is the name of the HAADF series");
  here.refuses(sirt + words{"--map", "s.npy"}, "give NAME=FILE");
  here.refuses(sirt + words{"--map", "Fe="}, "give NAME=FILE");
  for (char const* name : {"", "../Fe", "/etc/Fe", ".Fe", "F e", "Fe*"})
    here.refuses(sirt + words{"--map", std::string(name) + "=s.npy"}, "cannot be a file name");
}

TEST_CASE("reconstruct refuses files that are missing, empty, truncated or of another shape") {
  spoilt_place const here;
  here.refuses(sirt + words{"--map", "Fe=none.npy"}, "none.npy: there is no such file");
  here.refuses(sirt + words{"--map", "Fe=empty.npy"}, "empty.npy: is empty");
  here.refuses(sirt + words{"--map", "Fe=cut.npy"}, "cut.npy");
  here.refuses(sirt + words{"--map", "Fe=tilts.txt"}, "no format we know");
  here.refuses(sirt + words{"--map", "Fe=full"}, "is a directory");
  here.refuses(sirt + words{"--map", "Fe=flat.npy"}, "2 indices (3 x 4)");
  here.refuses(sirt + fe + words{"--map", "S=small.npy"},
               "map S (small.npy) is 3 x 4 x 6, map Fe (fe.npy) is 3 x 4 x 5");
  here.refuses(hebt + fe + words{"--haadf", "small.npy"}, "HAADF (small.npy) is 3 x 4 x 6");
  here.refuses(sirt + fe + words{"--mask", "fe.npy"}, "mask (fe.npy): is 3 x 4 x 5, the volume is 5 x 4 x 5");
  here.refuses(sirt + fe + words{"--warm-start", "none"}, "--warm-start none");
  here.refuses(sirt + fe + words{"--warm-start", "warm"}, "holds no volume Fe");
}

TEST_CASE("reconstruct refuses tilts, shifts and rows that do not fit") {
  spoilt_place const here;
  auto const with = [&](char const* tilts) {
    return words{"--method", "sirt", "-o", "out", "--tilts", tilts} + fe;
  };
  here.refuses(with("four.txt"), "4 angles for the 3 tilts of map Fe (fe.npy), 3 x 4 x 5");
  here.refuses(with("-10:10:5"), "5 angles for the 3 tilts");
  here.refuses(with("none.txt"), "none.txt: there is no such file");
  here.refuses(with("words.txt"), "line 2");
  here.refuses(with("wide.txt"), "1000 is not a tilt angle");
  here.refuses(with("void.txt"), "void.txt");
  here.refuses(words{"--method", "sirt", "-o", "out"} + fe, "--tilts is missing");
  here.refuses(sirt + fe + words{"--shifts", "shifts.txt"}, "2 shifts for 3 tilts");
  here.refuses(sirt + fe + words{"--shifts", "far.txt"}, "tilt 1 is moved by (0, 4) pixels");
  for (char const* rows : {"2", "3:2", "2:2", "0:5", "a:b", "1:2:3", "-1:2", "0.5:2"})
    here.refuses(sirt + fe + words{"--rows", rows}, "--rows");
}

TEST_CASE("reconstruct refuses NaN, infinite and negative values with their place, and series of zeros") {
  spoilt_place const here;
  for (auto const& method : {sirt, em}) {
    here.refuses(method + words{"--map", "Fe=nan.npy"},
                 "map Fe (nan.npy): the value at (tilt 2, y 1, x 3) is nan");
    here.refuses(method + words{"--map", "Fe=inf.npy"}, "(tilt 2, y 1, x 3) is -inf");
    here.refuses(method + words{"--map", "Fe=negative.npy"},
                 "(tilt 2, y 1, x 3) is -2; counts are not negative");
    here.refuses(method + words{"--map", "Fe=zero.npy"}, "all 60 values are zero");
  }
  here.refuses(hebt + haadf + words{"--map", "Fe=negative.npy"}, "counts are not negative");
  here.refuses(hebt + fe + words{"--haadf", "nan.npy"},
               "HAADF (nan.npy): the value at (tilt 2, y 1, x 3) is nan");
  here.refuses(hebt + fe + words{"--haadf", "zero.npy"}, "HAADF (zero.npy): all 60 values are zero");
  here.refuses(sirt + fe + words{"--mask", "zero_volume.npy"}, "zero in every voxel");
}

TEST_CASE("reconstruct refuses outputs it may not or cannot write") {
  spoilt_place const here;
  auto const to = [&](char const* out) {
    return words{"--method", "sirt", "--tilts", "tilts.txt", "-o", out} + fe;
  };
  here.refuses(to("full"), "full: exists and is not empty");
  here.refuses(to("fe.npy"), "fe.npy: is a file");
  here.refuses(to("nowhere/out"), "nowhere does not exist");
  here.refuses(to(""), "directory");
  here.refuses(to(".") + words{"--force"}, "");
  here.refuses(to("out") + words{"--width", "0"}, "width 0");
  here.refuses(to("out") + words{"--width", "9000000", "--depth", "9000000"}, "reduce --width and --depth");
}
#endif
