// SPDX-License-Identifier: BSD-3-Clause
#include "command_line_parts.hpp"

#include <fmt/format.h>
#include <tomoedx/version.hpp>

#include <algorithm>
#include <utility>

// Every option of the program with its help; those of the way from files to fractions are in
// command_line_pipeline.cpp.
namespace tomoedx::cli {
namespace {

void add_geometry(CLI::App& app, geometry_arguments& g, bool tilts_in_header) {
  auto* tilts = app.add_option("--tilts", g.tilts,
                               std::string(tilts_help) +
                                   (tilts_in_header ? "; default: those in the header of the series" : ""))
                    ->type_name("FILE|RANGE");
  if (!tilts_in_header) tilts->required();
  app.add_option("--projector", g.projector,
                 "Weights: strip (area), joseph (interpolation) or siddon (length) [strip]")
      ->type_name("NAME");
  app.add_option("--axis-offset", g.axis_offset,
                 "Where the tilt axis falls on the detector, in pixels from its centre [0]")
      ->type_name("PX");
}

/// CLI11 would take -1 for a very large number.
std::string not_negative(std::string const& text) {
  return text.starts_with('-') ? "give a number that is not negative" : std::string();
}

void add_info(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand(
      "info", "What a file holds: shape, type, axes, range of values, tilts; the network of weights");
  auto const c = subcommand<info_command>(app, call);
  app.add_option("FILE", c->file,
                 "NumPy .npy, MRC (.mrc .ali .st .rec), HDF5 (.h5 .hspy .emd, or file.h5:/path), weights "
                 "(.safetensors)")
      ->type_name("")
      ->required();
  app.add_flag("--json", c->json, "Print JSON");
  app.footer("Example\n  tomoedx info series.hspy");
}

void add_project(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("project", "The tilt series of a volume: stack = A volume");
  auto const c = subcommand<project_command>(app, call);
  app.add_option("VOLUME", c->volume, "Volume (z, y, x); y is the tilt axis")->type_name("")->required();
  add_geometry(app, c->geometry, false);
  app.add_option("--shifts", c->geometry.shifts,
                 "File of a shift along x for each tilt, in pixels: the move into register")
      ->type_name("FILE");
  app.add_option("--detector", c->detector, "Width of the stack in pixels [width of the volume]")
      ->type_name("N");
  add_threads(app, c->threads);
  app.add_option("-o,--output", c->output, "Stack (tilt, y, x) to write, in the format of its extension")
      ->type_name("STACK")
      ->required();
  app.footer("Example\n  tomoedx project volume.mrc --tilts -70:70:2 -o stack.mrc");
}

void add_backproject(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("backproject", "The plain adjoint: volume = A' stack");
  auto const c = subcommand<backproject_command>(app, call);
  app.add_option("STACK", c->stack, "Stack (tilt, y, x); y is the tilt axis")->type_name("")->required();
  add_geometry(app, c->geometry, true);
  app.add_option("--shifts", c->geometry.shifts,
                 "File of a shift along x for each tilt, in pixels: the move into register")
      ->type_name("FILE");
  app.add_option("--width", c->width, "Voxels along x [width of the stack]")->type_name("NX");
  app.add_option("--depth", c->depth, "Voxels along z, the beam at 0 degrees [NX]")->type_name("NZ");
  add_threads(app, c->threads);
  app.add_option("-o,--output", c->output, "Volume (z, y, x) to write, in the format of its extension")
      ->type_name("VOLUME")
      ->required();
  app.footer("Example\n  tomoedx backproject stack.mrc --tilts stack.rawtlt --depth 200 -o volume.mrc");
}

void add_reconstruct_inputs(CLI::App& app, reconstruct_command& c) {
  app.add_option("--map", c.maps,
                 "Element map: a series of X-ray counts (tilt, y, x), never negative; once for each element")
      ->type_name("NAME=FILE")
      ->group("Data");
  app.add_option("--haadf", c.haadf,
                 "HAADF series of the same shape; methods that take each channel alone call it HAADF")
      ->type_name("FILE")
      ->group("Data");
  app.add_flag("--normalize-haadf", c.normalize_haadf,
               "Bring each HAADF tilt by a gain and an offset to the scale of the weighted maps: for frames "
               "that were stretched one by one when they were saved")
      ->group("Data");
  app.add_option(
         "--link-bin", c.link_bin,
         "Average squares of N x N pixels before estimating response ratios and the scale of HAADF: the "
         "noise of maps with few counts a pixel makes both come out too small [1]")
      ->type_name("N")
      ->group("Data");
  app.add_option("--rows", c.rows, "Range of y to reconstruct, TO excluded [all]")
      ->type_name("FROM:TO")
      ->group("Data");
  app.add_option("--pixel-size", c.pixel_nm, "Pixel size in nm [that of the files]")
      ->type_name("NM")
      ->group("Data");
}

void add_reconstruct_geometry(CLI::App& app, reconstruct_command& c) {
  add_geometry(app, c.geometry, true);
  app.add_option("--shifts", c.geometry.shifts,
                 "File with a line for each tilt, x or x y in pixels: the move that brings the image into "
                 "register. x becomes part of the geometry, y moves the rows of every series")
      ->type_name("FILE");
  app.add_option("--width", c.width, "Voxels along x [width of the series]")->type_name("NX");
  app.add_option("--depth", c.depth, "Voxels along z, the beam at 0 degrees [NX]")->type_name("NZ");
  for (char const* name : {"--tilts", "--projector", "--axis-offset", "--shifts", "--width", "--depth"})
    app.get_option(name)->group("Geometry");
}

/// What only some methods know goes by name into the options of the command.
void add_reconstruct_method(CLI::App& app, reconstruct_command& c) {
  std::string titles, names;
  for (auto const& m : method_rows()) {
    titles += fmt::format("{}{}: {}", titles.empty() ? "" : "; ", m.name, m.title);
    names += fmt::format("{}{}", names.empty() ? "" : "|", m.name);
  }
  app.add_option("--method", c.method, titles)->type_name("NAME")->required()->group("Method");
  for (auto const& row : option_rows()) {
    auto const take = [&c, id = row.id](auto const& v) { c.options.set(id, v); };
    auto const add = [&] {
      switch (row.holds) {
        case kind::number:
          return app.add_option_function<double>(row.flag, take, help_of(row));
        case kind::whole:
          return app.add_option_function<std::size_t>(row.flag, take, help_of(row));
        case kind::text:
          return app.add_option_function<std::string>(row.flag, take, help_of(row));
        default:
          return app.add_option_function<std::vector<double>>(row.flag, take, help_of(row))->delimiter(',');
      }
    };
    if (!methods_that_know(row.id).empty()) add()->type_name(row.type)->group("Method");
  }
}

void add_reconstruct(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("reconstruct", "Element volumes (z, y, x) from tilt series (tilt, y, x)");
  auto const c = subcommand<reconstruct_command>(app, call);
  add_reconstruct_inputs(app, *c);
  add_reconstruct_geometry(app, *c);
  add_reconstruct_method(app, *c);
  app.add_option("-o,--output", c->output,
                 "Directory to write: NAME.EXT for each channel, report.json, slices.png, residuals.png")
      ->type_name("DIR")
      ->required();
  app.add_option("--format", c->format, "Format of the volumes [npy]")->type_name("npy|mrc|h5");
  app.add_flag("--force", c->force, "Replace DIR if it exists, once the new one is complete");
  app.add_flag("--no-figures", c->no_figures, "No pictures");
  app.add_flag("--quiet", c->quiet, "No progress and no summary");
  add_threads(app, c->threads);
  app.footer(
      "Results are per voxel edge, in the unit of their series, and for hebt in HAADF signal: x(e) = z(e)\n"
      "rho(e).\n"
      "Ctrl-C ends after the running iteration and writes nothing; a second one ends at once.\n"
      "Example\n"
      "  tomoedx reconstruct --map Au=map_Au.mrc --map Ag=map_Ag.mrc --haadf haadf.mrc --tilts tilts.txt \\\n"
      "    --method hebt -o result");
}

void add_denoise_filters(CLI::App& app, denoise_command& c) {
  auto const add = [&](char const* name, auto& to, char const* help, char const* type) {
    return app.add_option(name, to, help)->type_name(type)->group("Filters");
  };
  add("--method", c.method,
      "gaussian; tv: total variation; bm3d: blocks that look alike; nlm: non-local means. bm3d and nlm take "
      "counts through the Anscombe transform",
      "gaussian|tv|bm3d|nlm");
  add("--sigma", c.sigma,
      "gaussian: its width in pixels. bm3d, nlm: standard deviation of the noise, in the unit of the values, "
      "or with --noise poisson relative to that of stabilised counts [measured; counts 1]. Networks with a "
      "likelihood head: of the noise, to use the noisy pixel too",
      "S");
  add("--weight", c.weight, "tv: weight of the data, in 1 / values: the smaller, the smoother", "W");
  app.add_flag("--auto", c.automatic,
               "Choose sigma or weight without a reference: for counts by the Poisson unbiased risk, else by "
               "J-invariant calibration")
      ->group("Filters");
  add("--noise", c.noise,
      "poisson, gaussian, or auto: whole numbers from 0 up with the noise of counts are counts [auto]",
      "NAME");
}

void add_denoise_networks(CLI::App& app, denoise_command& c) {
  auto const add = [&](char const* name, auto& to, char const* help, char const* type) {
    return app.add_option(name, to, help)->type_name(type)->group("Networks");
  };
  add("--network", c.network, "The network that the weights are of", "unet|udvd|laine|cnn|dcae");
  add("--weights", c.weights, "Weights; `tomoedx info FILE` says what they are", "FILE.safetensors");
  add("--blind", c.blind,
      "udvd, laine: blind spot of the training, 1, 3, 5 or ROWSxCOLUMNS [as the file says]", "B");
  auto const choice = [&](char const* yes, char const* no, std::optional<bool>& to, char const* help) {
    app.add_flag_callback(
           yes, [&to] { to = true; }, help)
        ->group("Networks");
    app.add_flag_callback(
           no, [&to] { to = false; }, "The opposite")
        ->group("Networks")
        ->excludes(yes);
  };
  choice("--final-relu", "--no-final-relu", c.final_relu,
         "udvd: a ReLU follows the last layer [as the file says]");
  choice("--residual", "--no-residual", c.residual,
         "cnn: it gives the noise instead of the image [as the file says]");
  add("--borders", c.borders,
      "udvd: exact keeps the blind spot everywhere, reflect is as published [as the file says, or exact]",
      "exact|reflect");
  add("--normalize", c.normalize,
      "What is done to images before and undone after: nothing, division by the mean of each, or by the "
      "model's own numbers [as the file says]",
      "none|mean|model");
  add("--metadata", c.metadata, "Any other text of the file's metadata, instead of what it says; repeatable",
      "KEY=VALUE")
      ->allow_extra_args(false);
  add("--algorithm", c.algorithm, "Convolutions: direct, or by Winograd's ways [fast]",
      "exact|accurate|fast");
  add("--memory", c.memory,
      "Bytes the network may work in, as 4G; larger images are cut into tiles, with the same result [three "
      "quarters of what is free]",
      "BYTES");
  add("--z-contrast", c.z_contrast, "dcae: HAADF image (y, x) on the grid of the spectra, if it takes one",
      "FILE");
  add("--passes", c.passes,
      "dcae: as it is, with every voxel hidden once, or what counts say is best of both [masked]",
      "single|masked|mixed");
  app.add_flag("--clamp", c.clamp, "Results below zero become zero")->group("Networks");
}

void add_denoise(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("denoise", "Cleaner images, by a filter or by a network");
  auto const c = subcommand<denoise_command>(app, call);
  app.add_option(
         "STACK", c->stack,
         "Images (n, y, x), a movie, a scan (b, a, y, x), a spectrum image (energy, y, x) or one image "
         "(y, x), as measured: values are not scaled")
      ->type_name("")
      ->required();
  add_denoise_filters(app, *c);
  add_denoise_networks(app, *c);
  app.add_option("--reference", c->reference,
                 "What the stack would be without noise: PSNR before and after is reported, and without "
                 "--sigma, --weight and --auto the parameter of a filter is chosen by it")
      ->type_name("FILE");
  app.add_option(
         "-o,--output", c->output,
         "Stack to write, in the format of its extension, as 32 bit floats; beside it NAME_report.json "
         "and NAME.png")
      ->type_name("OUT")
      ->required();
  app.add_flag("--no-figures", c->no_figures, "No picture");
  app.add_flag("--quiet", c->quiet, "No progress and no summary");
  add_threads(app, c->threads);
  app.footer(
      "Ctrl-C writes nothing; a second one ends at once.\n"
      "Example\n"
      "  tomoedx denoise map_Fe.mrc --method bm3d --auto -o clean_Fe.mrc\n"
      "  tomoedx denoise movie.npy --network udvd --weights udvd.safetensors --blind 3 -o clean.npy");
}

void add_simulate(CLI::App& root, invocation& call) {
  auto& simulate = *root.add_subcommand("simulate", "Make data with a known truth");
  simulate.require_subcommand(1);
  auto& app = *simulate.add_subcommand("phantom", "A bimodal tilt series of a phantom");
  auto const c = subcommand<phantom_command>(app, call);
  app.add_option("--kind", c->kind,
                 "square-in-cube, cube-in-cube (Zhong 2017) or core-shell (Yuan 2020) [square-in-cube]")
      ->type_name("NAME");
  app.add_option("--size", c->size, "Voxels along x and z, and pixels of the detector [512; core-shell 97]")
      ->type_name("N");
  app.add_option("--slices", c->slices, "Voxels along y [square-in-cube 1, else N]")->type_name("NY");
  app.add_option("--tilts,--tilts-range", c->tilts, std::string(tilts_help) + " [-75:75:5]")
      ->type_name("FILE|RANGE");
  app.add_option("--projector", c->projector, "strip, joseph or siddon [strip]")->type_name("NAME");
  app.add_option("--counts", c->counts,
                 "Mean expected counts of a pixel over all maps [the dose of Zhong 2017: zeta (512 / N)^2 "
                 "counts per value and "
                 "voxel edge; core-shell 1]")
      ->type_name("C");
  app.add_option("--background", c->background, "Expected background counts added to every map pixel [0]")
      ->type_name("B");
  app.add_option(
         "--smooth", c->smooth,
         "Smooth the maps along x by a Gaussian window of this many pixels, four standard deviations long "
         "[8 N / 512; core-shell 0]")
      ->type_name("PX");
  app.add_option("--haadf-noise", c->haadf_noise,
                 "Gaussian noise of HAADF, as a part of its largest value [0]")
      ->type_name("SIGMA");
  app.add_option("--seed", c->seed, "Seed of the noise: the same seed gives the same data [1]")
      ->type_name("S");
  app.add_option("--format", c->format, "Format of volumes and series [npy]")->type_name("npy|mrc|h5");
  app.add_option("-o,--output", c->output, "Directory to write")->type_name("DIR")->required();
  app.add_flag("--force", c->force, "Replace DIR if it exists, once the new one is complete");
  app.add_flag("--no-figures", c->no_figures, "No picture");
  app.add_flag("--quiet", c->quiet, "No summary");
  add_threads(app, c->threads);
  app.footer(
      "Writes truth_NAME (x(e) = z(e) rho(e), what hebt reconstructs), mask_NAME, map_NAME (Poisson\n"
      "counts, smoothed), haadf, tilts.txt, ratios.txt (the true ratios z / zeta, for --ratios),\n"
      "phantom.png and parameters.json.\n"
      "Example\n"
      "  tomoedx simulate phantom --size 128 -o phantom");
}

void add_compare(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("compare", "Figures of merit of results against a reference");
  auto const c = subcommand<compare_command>(app, call);
  app.add_option("REFERENCE", c->reference,
                 "A volume (z, y, x), or a directory of truth_NAME or NAME volumes")
      ->type_name("")
      ->required();
  app.add_option("RESULT", c->results, "Volumes, or directories of NAME volumes; one column each")
      ->type_name("")
      ->required();
  app.add_option("--metrics", c->metrics,
                 "Some of nmae, ssim-structure, ssim, mse-scaled, mse, dp, psnr, r2 [all]")
      ->type_name("M,M,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--mask", c->mask, "Volume: only voxels in which it is not zero are compared")
      ->type_name("FILE");
  app.add_flag("--scale", c->scale,
               "Multiply each result by the factor that brings it nearest to the reference: for results in "
               "other units, as counts against HAADF signal");
  app.add_flag("--json", c->json, "Print JSON");
  app.footer(
      "SSIM is the mean over slices across the tilt axis; SSIM-structure, MSE-scaled and DP do not see\n"
      "a factor, the others do; DP needs a reference of two values.\n"
      "Example\n"
      "  tomoedx compare phantom sirt hebt");
}

/// Text with lines of at most 72 characters.
std::string wrapped(std::string const& text) {
  std::string lines, word;
  std::size_t length = 0;
  for (char const c : text + ' ') {
    if (c != ' ') {
      word.push_back(c);
      continue;
    }
    if (length > 0) lines.push_back(length + 1 + word.size() > 72 ? '\n' : ' ');
    length = length > 0 && lines.back() == ' ' ? length + 1 + word.size() : word.size();
    lines += std::exchange(word, "");
  }
  return lines;
}

void wrap_help(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->description(wrapped(option->get_description()));
  for (CLI::App* inner : app.get_subcommands([](CLI::App*) { return true; })) wrap_help(*inner);
}

/// Refuse negative numbers wherever a count is asked for.
void check_counts(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (auto const type = option->get_type_name();
        type == "N" || type == "NX" || type == "NZ" || type == "NY" || type == "S")
      option->check(not_negative);
  for (CLI::App* inner : app.get_subcommands([](CLI::App*) { return true; })) check_counts(*inner);
}

/// One line for what CLI11 refuses. An option nobody knows is told before one that is missing.
std::string reason_of(CLI::App const& root, CLI::ParseError const& e, bool nothing_given) {
  if (nothing_given)
    return "give a command: info, maps, align, denoise, reconstruct, quantify, factors, run, project, "
           "backproject, simulate or compare";
  auto const unknown = root.remaining(true);
  if (!unknown.empty()) return "'" + unknown.front() + "' is not understood here";
  return e.what();
}

/// "reconstruct", or "simulate phantom": the words of the command line that name subcommands.
std::string words_of(CLI::App const& root, int argc, char const* const* argv) {
  std::string words;
  CLI::App const* app = &root;
  for (int i = 1; i < argc; ++i) {
    auto const inner = app->get_subcommands([&](CLI::App const* s) { return s->get_name() == argv[i]; });
    if (inner.size() != 1) break;
    app = inner[0];
    words += " " + app->get_name();
  }
  return words;
}

/// All commands, with their options.
void add_commands(CLI::App& root, invocation& call) {
  root.set_version_flag("--version", std::string("tomoedx ") + version);
  root.require_subcommand(1);
  root.get_formatter()->column_width(34);
  root.footer(
      "tomoedx COMMAND --help says more. Exit codes: 0 done, 2 something to put right, 130 interrupted.");
  add_info(root, call);
  add_maps(root, call);
  add_align(root, call);
  add_denoise(root, call);
  add_reconstruct(root, call);
  add_quantify(root, call);
  add_factors(root, call);
  add_run(root, call);
  add_project(root, call);
  add_backproject(root, call);
  add_simulate(root, call);
  add_compare(root, call);
  wrap_help(root);
  check_counts(root);
}

constexpr char const* summary = "Element maps in 3D from EDX and HAADF tilt series";

}  // namespace

invocation understand(int argc, char const* const* argv) {
  invocation call;
  CLI::App root(summary, "tomoedx");
  add_commands(root, call);
  std::string const words = words_of(root, argc, argv);
  call.who += words;
  try {
    root.parse(argc, argv);
  } catch (CLI::CallForAllHelp const&) {
    call.text = root.help("", CLI::AppFormatMode::All);
  } catch (CLI::CallForHelp const&) {
    call.text = root.help();
  } catch (CLI::CallForVersion const& e) {
    call.text = std::string(e.what()) + "\n";
  } catch (CLI::ParseError const& e) {
    call.wrong = true;
    call.text = reason_of(root, e, argc < 2) + "; tomoedx" + words + " --help says more";
  }
  return call;
}

invocation understand(std::vector<std::string> const& words) {
  std::vector<char const*> argv{"tomoedx"};
  for (auto const& word : words) argv.push_back(word.c_str());
  return understand(static_cast<int>(argv.size()), argv.data());
}

std::vector<known_argument> arguments_of(std::string const& command) {
  invocation unused;
  CLI::App root(summary, "tomoedx");
  add_commands(root, unused);
  std::vector<known_argument> all;
  for (CLI::Option const* o : root.get_subcommand(command)->get_options()) {
    if (o->check_lname("help")) continue;
    known_argument a;
    a.name = o->nonpositional() ? o->get_lnames().front() : "input";
    if (o->nonpositional()) a.word = "--" + a.name;
    std::ranges::replace(a.name, '-', '_');
    a.is_switch = o->get_items_expected_max() == 0;
    a.is_list = o->get_items_expected_max() > 1;
    a.delimiter = o->get_delimiter();
    if (!a.is_switch) a.type = o->get_type_name();
    all.push_back(std::move(a));
  }
  return all;
}

}  // namespace tomoedx::cli
