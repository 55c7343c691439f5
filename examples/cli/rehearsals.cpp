// SPDX-License-Identifier: BSD-3-Clause
#include "denoise.hpp"
#include "pipeline.hpp"
#include "reconstruct.hpp"

#include <tomoedx/io/detail/location.hpp>

#include <filesystem>

// Stand-ins for what `reconstruct` and `denoise` would write, once all they check without values is checked.
namespace tomoedx::cli {

void rehearse(reconstruct_command const& c) {
  auto const p = plan_reconstruction(c);
  std::filesystem::path const folder = c.output;
  std::filesystem::create_directory(folder);
  reconstruction_record r;
  r.method = c.method;
  r.pixel_nm = p.x_nm;
  r.tilts = p.beam.tilts_deg;
  auto const [depth, rows, width] = p.volume();
  auto names = p.volume_names();
  if (p.options.has(option::uncertainty))
    for (auto const& name : p.volume_names()) names.push_back("sigma_" + name);
  for (auto const& name : names) {
    write_stand_in((folder / (name + p.extension)).string(), {depth, rows, width});
    r.outputs.push_back({name, name + p.extension, units_of(p, name), {depth, rows, width}});
  }
  for (auto const& m : p.maps) r.inputs.push_back({m.name, m.path, m.what.format, m.what.shape});
  save_text((folder / "report.json").string(), to_json(r));
}

void rehearse(denoise_command const& c) {
  auto const p = plan_denoising(c);
  write_stand_in(io::detail::locate(c.output).file.string(), p.what.shape);
}

}  // namespace tomoedx::cli
