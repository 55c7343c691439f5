// SPDX-License-Identifier: BSD-3-Clause
// Everything a user can get wrong in `denoise`: one line, exit code 2, and no trace on disk.
#ifdef TOMOEDX_PROGRAM
#include "weights.hpp"

#include <limits>

using namespace cli_tests;

namespace {

class spoilt_place : public place {
 public:
  spoilt_place() {
    array const good = random_array({3, 12, 14}, 1);
    save(*this / "a.npy", good);
    save(*this / "small.npy", random_array({3, 12, 13}, 2));
    save(*this / "scan.npy", random_array({2, 3, 12, 14}, 2));
    save(*this / "row.npy", random_array({12}, 2));
    save(*this / "five.npy", random_array({1, 1, 2, 4, 4}, 2));
    save(*this / "flat.npy", {{2, 8, 8}, std::vector<float>(128, 3.0f), {}});
    auto const with = [&](char const* name, float value) {
      array a = good;
      a.values[(2 * 12 + 1) * 14 + 3] = value;  // image 2, y 1, x 3
      save(*this / name, a);
    };
    with("nan.npy", std::numeric_limits<float>::quiet_NaN());
    with("inf.npy", std::numeric_limits<float>::infinity());
    with("negative.npy", -2);
    array sparse{{2, 16, 16}, std::vector<float>(512, 0.0f), {}};  // one pixel in eight
    for (std::size_t i = 0; i < sparse.values.size(); i += 8)
      sparse.values[i] = 0.5f + static_cast<float>(i % 5);
    save(*this / "sparse.npy", sparse);
#ifdef TOMOEDX_HDF5
    auto const spectra = [&](char const* name, std::vector<std::string> const& names) {
      array cube = random_array(std::vector<std::size_t>(names.size(), 12), 3);
      for (auto const& axis : names) cube.axes.push_back({axis, axis == "Energy" ? "keV" : "nm", 0.5, 0});
      save(*this / name, cube);
    };
    spectra("last.h5", {"y", "x", "Energy"});
    spectra("middle.h5", {"y", "Energy", "x"});
    spectra("first.h5", {"Energy", "y", "x"});
    spectra("line.h5", {"x", "Energy"});
#endif
    write("text.txt", "no stack");
    write("empty.npy", "");
    write("text.safetensors", "no weights at all, but text");
    write("checkpoint.pt", "PK");
    fs::create_directory(*this / "folder");
    texts const complete{{"blind", "1"}, {"final_relu", "0"}, {"normalize", "none"}};
    save_weights(*this / "unet.safetensors", nn::unet{.base = 2, .depth = 2}, {{"normalize", "none"}});
    save_weights(*this / "rgb.safetensors", nn::unet{.inputs = 3, .outputs = 3, .base = 2, .depth = 2},
                 {{"normalize", "none"}});
    save_weights(*this / "lies.safetensors", nn::unet{.base = 2, .depth = 2}, {{"arch", "udvd"}});
    save_weights(*this / "movie.safetensors", narrow_udvd(5), complete);
    save_weights(*this / "nine.safetensors", narrow_udvd(9), complete);
    save_weights(*this / "dcae.safetensors", nn::autoencoder{.base = 2}, {{"normalize", "mean"}});
    before_ = names();
  }

  void refuses(words const& arguments, std::string_view part) const {
    outcome const o = run(words{"denoise"} + arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")));
    check_refused(o, "tomoedx denoise", part);
    CHECK(names() == before_);
    CHECK(text_of(*this / "text.txt") == "no stack");
  }

 private:
  words before_;
};

words const out{"-o", "out.npy"};
words const a{"a.npy", "-o", "out.npy"};
words const gaussian{"--method", "gaussian", "--sigma", "1"};
words const unet{"--network", "unet", "--weights", "unet.safetensors"};

}  // namespace

TEST_CASE("denoise accepts the stack that the refusals below are made of") {
  spoilt_place const here;
  here.done(words{"denoise"} + a + gaussian + words{"--quiet"});
  here.done(words{"denoise"} + a + unet + words{"--quiet"});
}

TEST_CASE("denoise wants the strength of noise that cannot be measured") {
  spoilt_place const here;
  words const sparse{"sparse.npy", "-o", "out.npy"};
  for (char const* method : {"bm3d", "nlm"})
    here.refuses(
        sparse + words{"--method", method},
        "sparse.npy: the noise cannot be measured: more than half of the differences of neighbours are "
        "zero; give --sigma or --auto");
  for (char const* method : {"bm3d", "nlm"})
    for (words const& more : {words{"--sigma", "1"}, words{"--auto"}})
      here.done(words{"denoise", "--quiet"} + sparse + words{"--method", method} + more);
}

#ifdef TOMOEDX_HDF5
TEST_CASE("denoise does not smooth from one energy to the next") {
  spoilt_place const here;
  for (words const& how : {gaussian, words{"--method", "bm3d"}, unet}) {
    here.refuses(words{"last.h5"} + out + how,
                 "stack (last.h5): the energies are index 2; move them to the front");
    here.refuses(words{"middle.h5"} + out + how, "the energies are index 1; move them to the front");
    here.refuses(words{"line.h5"} + out + how, "the energies are index 1; give an image (y, x)");
  }
  here.refuses(words{"last.h5", "--network", "dcae", "--weights", "dcae.safetensors"} + out,
               "dcae takes (energy, y, x), move them to the front");
  here.done(words{"denoise", "first.h5", "--quiet"} + out + gaussian);
}

TEST_CASE("denoise writes no dataset into a file that is there, for it would replace the whole file") {
  place const here;
  save(here / "a.npy", random_array({2, 12, 12}, 1));
  words const base = words{"denoise", "a.npy", "--quiet", "--no-figures"} + gaussian;
  here.done(base + words{"-o", "results.h5:/a"});
  auto const before = text_of(here / "results.h5");
  check_refused(here.run(base + words{"-o", "results.h5:/b"}), "tomoedx denoise",
                "results.h5 exists and would be replaced as a whole; choose a new file");
  CHECK(text_of(here / "results.h5") == before);
  here.done(base + words{"-o", "results.h5"});  // the file as such is replaced as any other
}
#endif

TEST_CASE("denoise asks what to denoise with, and refuses what does not go together") {
  spoilt_place const here;
  here.refuses(a, "give --method gaussian, tv, bm3d or nlm, or --network unet, udvd, laine, cnn or dcae");
  here.refuses(a + gaussian + unet, "--method gaussian and --network unet are both given");
  here.refuses(a + words{"--method", "magic"}, "--method magic: is none of gaussian, tv, bm3d and nlm");
  here.refuses(a + words{"--network", "magic"}, "--network magic: is none of");
  here.refuses(words{"a.npy"} + gaussian, "--output is required");
  here.refuses(out + gaussian, "STACK is required");
  here.refuses(a + words{"--method", "gaussian"}, "needs --sigma S (pixels), or --auto, or --reference FILE");
  here.refuses(a + words{"--method", "tv"}, "needs --weight W, or --auto");
  here.refuses(a + words{"--method", "tv", "--sigma", "1"}, "give --weight");
  here.refuses(a + words{"--method", "bm3d", "--weight", "1"}, "--weight is for --method tv, not bm3d");
  here.refuses(a + gaussian + words{"--auto"}, "--auto chooses what --sigma gives");
  for (char const* option : {"--weights", "--blind", "--borders", "--normalize", "--algorithm", "--memory",
                             "--z-contrast", "--passes", "--metadata"})
    here.refuses(a + gaussian + words{option, "1"}, std::string(option) + " is for --network");
  for (char const* flag : {"--final-relu", "--no-final-relu", "--residual", "--clamp"})
    here.refuses(a + gaussian + words{flag}, "is for --network, not --method gaussian");
  here.refuses(a + unet + words{"--auto"}, "--auto is for --method, not --network unet");
  here.refuses(a + unet + words{"--weight", "2"}, "--weight is for --method");
  here.refuses(a + unet + words{"--noise", "poisson"}, "--noise is for --method");
  here.refuses(a + unet + words{"--blind", "3"}, "--blind is for --network udvd and laine, not unet");
  here.refuses(a + unet + words{"--final-relu"}, "--final-relu is for --network udvd");
  here.refuses(a + unet + words{"--passes", "mixed"}, "--passes is for --network dcae");
  here.refuses(a + unet + words{"--speed", "9"}, "'--speed'");
  here.refuses(
      a + words{"--network", "udvd", "--weights", "movie.safetensors", "--final-relu", "--no-final-relu"},
      "excludes --");
}

TEST_CASE("denoise refuses numbers and words that mean nothing") {
  spoilt_place const here;
  for (char const* sigma : {"0", "-1", "nan", "inf"})
    here.refuses(a + words{"--method", "gaussian", "--sigma", sigma}, "--sigma");
  here.refuses(a + words{"--method", "gaussian", "--sigma", "1e6"}, "at most 10000");
  here.refuses(a + words{"--method", "tv", "--weight", "0"}, "--weight 0");
  here.refuses(a + words{"--method", "tv", "--weight", "big"}, "--weight = big");
  here.refuses(a + gaussian + words{"--noise", "salt"}, "--noise salt: is none of auto, poisson, gaussian");
  here.refuses(a + gaussian + words{"--threads", "100000"}, "--threads 100000");
  here.refuses(a + unet + words{"--borders", "soft"}, "--borders soft: is none of exact, reflect");
  here.refuses(a + unet + words{"--normalize", "max"}, "--normalize max");
  here.refuses(a + unet + words{"--algorithm", "slow"}, "--algorithm slow");
  for (char const* memory : {"0", "-4G", "lots", "4Q", "4GG", "1e30"})
    here.refuses(a + unet + words{"--memory", memory}, "--memory");
  here.refuses(a + unet + words{"--memory", "5K"}, "with --memory 5K");
  here.refuses(a + unet + words{"--metadata", "blind"}, "give KEY=VALUE");
  here.refuses(a + unet + words{"--metadata", "speed=9"}, "speed is none of arch");
  here.refuses(a + unet + words{"--metadata", "odd_sizes=sometimes"}, "odd_sizes");
  here.refuses(a + unet + words{"--sigma", "2"}, "gives no distribution");
  outcome const both = here.run(words{"denoise"} + a + unet + words{"--sigma", "2", "--memory", "1G"});
  check_refused(both, "tomoedx denoise", "gives no distribution");
  CHECK(!contains(both.err, "with --memory"));
  words const movie = a + words{"--network", "udvd", "--weights", "movie.safetensors"};
  here.refuses(movie + words{"--blind", "3", "--metadata", "blind=1"},
               "--metadata blind=1: contradicts the option that says 3");
  here.refuses(movie + words{"--no-final-relu", "--metadata", "final_relu=1"},
               "contradicts the option that says 0");
  here.refuses(movie + words{"--metadata", "blind=1", "--metadata", "blind=3"},
               "--metadata blind=3: contradicts --metadata blind=1");
  here.done(words{"denoise", "--quiet"} + movie + words{"--blind", "3", "--metadata", "blind=3x3"});
}

TEST_CASE(
    "denoise refuses stacks and references that are missing, of no format, of another shape or not finite") {
  spoilt_place const here;
  auto const with = [&](char const* stack) { return words{stack} + out + gaussian; };
  here.refuses(with("none.npy"), "none.npy: there is no such file");
  here.refuses(with("empty.npy"), "empty.npy: is empty");
  here.refuses(with("text.txt"), "no format we know");
  here.refuses(with("folder"), "is a directory");
  here.refuses(with("row.npy"), "has 1 indices (12)");
  here.refuses(with("five.npy"), "has 5 indices");
  here.refuses(with("nan.npy"), "the value at (image 2, y 1, x 3) is nan");
  here.refuses(with("inf.npy"), "the value at (image 2, y 1, x 3) is inf");
  here.refuses(words{"nan.npy"} + out + unet, "the value at (image 2, y 1, x 3) is nan");
  here.refuses(with("negative.npy") + words{"--noise", "poisson"}, "counts are not negative");
  here.refuses(words{"flat.npy", "--method", "tv", "--auto"} + out, "all values are 3");
  here.refuses(a + gaussian + words{"--reference", "small.npy"},
               "is 3 x 12 x 13, the stack (a.npy) is 3 x 12 x 14");
  here.refuses(a + gaussian + words{"--reference", "none.npy"}, "none.npy: there is no such file");
  here.refuses(a + gaussian + words{"--reference", "nan.npy"}, "reference (nan.npy): the value at");
}

TEST_CASE("denoise refuses weights that are missing, broken, of another network or not for the stack") {
  spoilt_place const here;
  auto const with = [&](char const* network, char const* weights) {
    return words{"--network", network, "--weights", weights};
  };
  here.refuses(a + words{"--network", "unet"}, "--weights FILE.safetensors is missing");
  here.refuses(a + with("unet", "none.safetensors"), "none.safetensors");
  here.refuses(a + with("unet", "text.safetensors"), "text.safetensors");
  here.refuses(a + with("unet", "a.npy"), "a.npy");
  here.refuses(a + with("unet", "checkpoint.pt"), "is a PyTorch checkpoint");
  here.refuses(a + with("unet", "CHECKPOINT.PT"), "is a PyTorch checkpoint");
  check_refused(here.run({"info", "checkpoint.pt"}), "tomoedx info",
                "checkpoint.pt: is a PyTorch checkpoint; convert it to .safetensors");
  check_refused(here.run({"info", "text.txt"}), "tomoedx info", ".safetensors (weights)");
  here.refuses(a + with("unet", "movie.safetensors"), "holds a udvd, not a unet; give --network udvd");
  here.refuses(a + with("unet", "lies.safetensors"), "metadata 'arch' is 'udvd', the tensors say unet");
  here.refuses(a + with("unet", "rgb.safetensors"), "3 channels");
  here.refuses(a + with("udvd", "nine.safetensors"), "takes a scan (b, a, y, x)");
  here.refuses(words{"scan.npy"} + out + with("udvd", "movie.safetensors"), "this UDVD is for movies");
  here.refuses(words{"scan.npy"} + out + with("dcae", "dcae.safetensors"),
               "takes a spectrum image (energy, y, x)");
}

TEST_CASE("denoise refuses outputs that cannot be written, and never replaces its inputs") {
  spoilt_place const here;
  auto const to = [&](char const* file) { return words{"a.npy", "-o", file} + gaussian; };
  here.refuses(to("out.tif"), "names no format we know");
  here.refuses(to("out"), "names no format we know");
  here.refuses(to("none/out.npy"), "none");
  here.refuses(to("folder"), "folder");
  here.refuses(to("a.npy"), "would replace the input a.npy");
  here.refuses(words{"scan.npy", "-o", "out.mrc"} + gaussian, "MRC files do not hold four indices");
#ifndef TOMOEDX_HDF5
  here.refuses(to("out.h5"), "this build has no HDF5");
#endif
  fs::create_directory(here / "full");
  fs::permissions(here / "full", fs::perms::owner_read | fs::perms::owner_exec);
  if (geteuid() != 0) {
    check_refused(here.run(words{"denoise"} + to("full/out.npy")), "tomoedx denoise", "full");
    CHECK(fs::is_empty(here / "full"));
  }
}
#endif
