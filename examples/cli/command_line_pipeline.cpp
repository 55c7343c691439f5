// SPDX-License-Identifier: BSD-3-Clause
#include "command_line_parts.hpp"

// The options of the way from files to fractions.
namespace tomoedx::cli {
namespace {

void add_beam(CLI::App& app, std::optional<double>& beam_kev, char const* otherwise) {
  app.add_option("--beam", beam_kev, std::string("Energy of the beam in keV") + otherwise)
      ->type_name("KEV")
      ->group("Microscope");
}

void add_list(CLI::App& app, char const* name, std::vector<std::string>& to, char const* help,
              char const* type) {
  app.add_option(name, to, help)->type_name(type)->delimiter(',')->allow_extra_args(false);
}

void add_detector(CLI::App& app, microscope_arguments& m) {
  auto const add = [&](char const* name, auto& to, char const* help, char const* type) {
    return app.add_option(name, to, help)->type_name(type)->group("Microscope");
  };
  add("--solid-angle", m.solid_angle_sr, "Of the X-ray detector, all segments together [0.7]", "SR");
  add("--elevation", m.elevation_deg, "Of its segments above the plane of the specimen at 0 degrees [18]",
      "DEG");
  add("--azimuths", m.azimuths_deg,
      "Of its segments, from +x (perpendicular to the tilt axis) towards +y [45,135,225,315]", "DEG,DEG,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  add("--window", m.window, "In front of it: none, polymer (on a silicon grid) or be (8 um beryllium) [none]",
      "none|polymer|be");
  add("--dead-layer", m.dead_layer_nm, "Dead layer of silicon [30]", "NM");
  add("--ice", m.ice_nm, "Ice on it [0]", "NM");
  add("--crystal", m.crystal_um, "Thickness of the silicon [450]", "UM");
}

void add_theory(CLI::App& app, microscope_arguments& m) {
  app.add_option("--annulus", m.annulus, "Half angles of the HAADF detector [all angles]")
      ->type_name("INNER,OUTER")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group("Microscope");
  app.add_option("--models", m.models,
                 "Atomic data: default; yuan2020 as in that paper; browning1994 [default]")
      ->type_name("NAME")
      ->group("Microscope");
}

}  // namespace

void add_maps(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("maps", "Element maps with their uncertainties from spectrum images");
  auto const c = subcommand<maps_command>(app, call);
  app.add_option("INPUT", c->inputs,
                 "Files of spectrum images, one for each tilt or with all of them, or a directory of such: "
                 "Bruker .bcf, "
                 "HyperSpy .hspy, Velox .emd, event lists .h5, Gatan .dm3 .dm4")
      ->type_name("")
      ->required();
  add_list(app, "--elements", c->elements, "Elements to map, by their usual lines", "A,B,...");
  add_list(app, "--lines", c->lines, "Lines to map, as Pt_La", "A_L,...");
  add_list(app, "--artefacts", c->artefacts,
           "Elements of holder, grid and ion beam: their lines are fitted, or kept clear of, and left out",
           "A,B,...");
  app.add_option("--method", c->method,
                 "fit: families of lines and bremsstrahlung in every pixel, energies and resolution from the "
                 "sum of all; "
                 "windows: counts in windows [fit]")
      ->type_name("fit|windows");
  app.add_option("--estimator", c->estimator,
                 "Of fit: weighted sums of counts with the weights that are best around a pixel (local) or "
                 "for the whole "
                 "image (linear), both right in the mean; or likelihood: never below zero, so weak lines "
                 "come out too "
                 "strong where counts are few [local]")
      ->type_name("local|linear|likelihood");
  app.add_option("--background", c->background, "Of windows: taken from windows beside each line [linear]")
      ->type_name("none|linear|power");
  app.add_option("--pca", c->pca,
                 "Of windows: count in the first N principal components of all spectra, or in those that "
                 "stand out of "
                 "the noise [none]")
      ->type_name("N|auto");
  app.add_option("--range", c->range, "Energies to use, in keV [0.2 to the end]")->type_name("FROM:TO");
  app.add_option("--resolution", c->resolution_ev,
                 "Of the detector at Mn Ka, in eV; fits begin there [of the files, or 130]")
      ->type_name("EV");
  app.add_option("--negative", c->negative,
                 "Counts below zero, left where a background was taken away: spread takes them from the "
                 "counts around, "
                 "clip makes them zero, keep keeps them [spread]")
      ->type_name("spread|clip|keep");
  app.add_option("--tilts", c->tilts, std::string(tilts_help) + " [of the files, or their names]")
      ->type_name("FILE|RANGE");
  app.add_option(
         "--haadf", c->haadf,
         "HAADF series (tilt, y, x) of the same pixels, in the order of the inputs: treated as the maps are; "
         "or inputs, the images beside the spectra in .bcf and .emd, inputs:NAME where none or several of "
         "these are called HAADF")
      ->type_name("FILE|inputs");
  app.add_option("--bin", c->bin, "Join squares of N x N pixels first [1]")->type_name("N");
  app.add_option("--drop", c->drop, "Images to leave out, counted from 0")
      ->type_name("N")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--pixel-size", c->pixel_nm, "Pixel size in nm [of the files]")->type_name("NM");
  add_beam(app, c->microscope.beam_kev, " [of the files]");
  add_detector(app, c->microscope);
  add_directory(
      app, *c,
      "Directory to write: map_NAME.npy and sigma_NAME.npy (tilt, y, x), tilts.txt, report.json, pictures");
  app.footer(
      "Example\n"
      "  tomoedx maps series.h5 --elements O,Mg,Si,S,Fe --artefacts Cu,Ga,Pt --beam 200 -o maps");
}

void add_quantify(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("quantify", "Weight and atomic fractions from volumes or maps");
  auto const c = subcommand<quantify_command>(app, call);
  app.add_option(
         "INPUT", c->inputs,
         "A directory of reconstruct or maps, or NAME=FILE of a volume (z, y, x) or map for each element")
      ->type_name("")
      ->required();
  app.add_option("--kind", c->kind,
                 "What they are: edx, volumes in counts; hebt, volumes in HAADF signal (of joint, too); maps "
                 "[as the report "
                 "of the directory says]")
      ->type_name("edx|hebt|maps");
  add_list(app, "--elements", c->elements, "Some of what is there [all]", "A,B,...");
  add_list(app, "--lines", c->lines,
           "Lines that were counted, where these are not the usual ones, as Pt=Pt_La", "NAME=LINE,...");
  app.add_option(
         "--by", c->by,
         "Factors: f, zeta, cross-section, k-weight, k-atomic for counts; z for HAADF signal [f; hebt z]")
      ->type_name("NAME");
  app.add_option(
         "--factors", c->factors,
         "JSON with factors that were measured: {\"kind\": \"zeta\", \"factors\": {\"Fe\": 120, ...}}, with "
         "\"reference\" for k and \"uncertainty\" (relative) if known [from theory]")
      ->type_name("FILE");
  app.add_option("--threshold", c->threshold,
                 "Voxels whose mass is above it are the specimen: a number; edge, by the edge spread "
                 "function; auto, the "
                 "same or a cut in two groups. Of maps: least counts [auto]")
      ->type_name("T|edge|auto");
  app.add_option("--shape", c->shape, "Of the specimen, for the edge [particle]")
      ->type_name("film|rod|particle");
  app.add_option("--mask", c->mask, "The specimen is where this is not zero")->type_name("FILE");
  app.add_option("--smooth", c->smooth, "Smooth by a Gaussian first, standard deviation in voxels [0]")
      ->type_name("VOXELS");
  app.add_flag("--absorption", c->absorption,
               "Undo absorption of X-rays in the specimen, iterated; maps: in a slab, with --thickness and "
               "--density or "
               "--dose");
  app.add_option("--side", c->side, "Where the beam comes from at 0 degrees [high-z]")
      ->type_name("high-z|low-z");
  app.add_option("--density", c->density, "Mean density inside in g/cm3, where no dose tells it")
      ->type_name("G");
  app.add_option("--thickness", c->thickness_nm, "Of the slab that maps are of")->type_name("NM");
  app.add_option("--dose", c->dose, "Electrons for each pixel and tilt: densities come out in g/cm3")
      ->type_name("E");
  app.add_option("--pixel-size", c->pixel_nm, "Edge of a voxel in nm [of the files]")->type_name("NM");
  app.add_option("--tilts", c->tilts, std::string(tilts_help) + " [of the report]")->type_name("FILE|RANGE");
  add_beam(app, c->microscope.beam_kev, " [of the report]");
  add_theory(app, c->microscope);
  add_detector(app, c->microscope);
  app.add_option("--format", c->format, "Format of the results [npy]")->type_name("npy|mrc|h5");
  add_directory(
      app, *c,
      "Directory to write: weight_NAME, atomic_NAME, mass or density, inside, report.json, pictures");
  app.footer(
      "Example\n"
      "  tomoedx quantify result --beam 200 --annulus 60,200 -o fractions");
}

void add_align(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("align", "Shifts, tilt axis and rotation of a tilt series");
  auto const c = subcommand<align_command>(app, call);
  app.add_option("--map", c->maps, "Element map (tilt, y, x): counts. Once for each element")
      ->type_name("NAME=FILE");
  app.add_option("--haadf", c->haadf, "HAADF series of the same pixels")->type_name("FILE");
  app.add_option("--tilts", c->tilts, std::string(tilts_help) + " [of the header]")->type_name("FILE|RANGE");
  app.add_option("--by", c->by,
                 "Find the shifts on this: haadf, the sum of the maps, or a map by its name [haadf, or maps]")
      ->type_name("haadf|maps|NAME");
  add_list(app, "--steps", c->steps,
           "What is done, in this order. drift: correlation of neighbouring tilts; mass: centres of mass, of "
           "an isolated "
           "specimen; profile: profiles along the axis; reprojection: against the reconstruction of other "
           "tilts; axis: "
           "offset and rotation of the axis; none [drift,reprojection]",
           "STEP,...");
  add_list(app, "--prepare", c->prepare,
           "First, on what shifts are found on: background takes the level of each image off, totals makes "
           "their sums "
           "equal",
           "background,totals");
  app.add_option("--shifts", c->shifts, "Shifts to begin with, a line x y for each tilt")->type_name("FILE");
  app.add_flag("--haadf-to-maps", c->haadf_to_maps, "First move each HAADF image onto the maps of its tilt");
  app.add_option("--bin", c->bin, "Find the shifts on squares of N x N pixels [1]")->type_name("N");
  app.add_option("--width", c->width, "Voxels along x of reconstructions [width of the series]")
      ->type_name("NX");
  app.add_option("--depth", c->depth, "Voxels along z of reconstructions [NX]")->type_name("NZ");
  app.add_option("--rounds", c->rounds, "Of reprojection, at most [30]")->type_name("N");
  app.add_option("--max-shift", c->max_shift,
                 "In a round of reprojection; between neighbours four times that [8]")
      ->type_name("PX");
  app.add_option("--max-offset", c->max_offset, "Of the axis, on either side [8]")->type_name("PX");
  app.add_option("--max-rotation", c->max_rotation,
                 "Of the axis, on either side; stacks are written then [0]")
      ->type_name("DEG");
  app.add_option(
         "--rows", c->rows,
         "Shifts along the axis: whole rows, so that counts stay counts, or fractional [whole with maps]")
      ->type_name("whole|fractional");
  app.add_flag("--write", c->write, "Write the stacks in register, too: turned and moved along the axis");
  add_directory(app, *c, "Directory to write: alignment.json, shifts.txt for reconstruct, pictures");
  app.footer(
      "Shifts across the axis are never applied to images: reconstruct makes them part of the geometry.\n"
      "Example\n"
      "  tomoedx align --haadf haadf.mrc --map Fe=fe.npy --tilts tilts.txt -o aligned");
}

void add_factors(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("factors", "Factors of X-ray lines and HAADF from atomic data");
  auto const c = subcommand<factors_command>(app, call);
  add_list(app, "--elements", c->elements, "Symbols; of each the usual line. k is against the first",
           "A,B,...");
  add_list(app, "--lines", c->lines, "Lines, as Pt_La", "A_L,...");
  add_beam(app, c->microscope.beam_kev, "");
  app.get_option("--beam")->required();
  add_theory(app, c->microscope);
  add_detector(app, c->microscope);
  app.add_flag("--json", c->json, "Print JSON");
  app.footer(
      "f: production cross section x efficiency / M. z: elastic cross section / M. sigma: partial cross\n"
      "section. zeta, k by weight and by atoms. r: HAADF electrons for one X-ray count, at equal doses.\n"
      "Example\n"
      "  tomoedx factors --elements O,Mg,Si,S,Fe --beam 200 --annulus 60,200");
}

void add_run(CLI::App& root, invocation& call) {
  auto& app = *root.add_subcommand("run", "The whole way from files to fractions, as a configuration says");
  auto const c = subcommand<run_command>(app, call);
  app.add_option("CONFIG", c->config,
                 "JSON: \"output\" and the stages maps, align, denoise, reconstruct, quantify")
      ->type_name("")
      ->required();
  app.add_flag("--dry-run", c->dry_run, "Check everything, compute nothing");
  app.add_option("--from", c->from, "Do this stage and those behind it again, even if they are done")
      ->type_name("STAGE");
  app.add_flag("--quiet", c->quiet, "No progress and no summary");
  app.footer(
      "Keys of a stage are the options of its command, with _ for -; paths are taken from where CONFIG "
      "lies.\n"
      "Stages that are done with the same inputs and options are not done again.\n"
      "Example\n"
      "  tomoedx run idp.json --dry-run");
}

}  // namespace tomoedx::cli
