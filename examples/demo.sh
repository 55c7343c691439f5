#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What tomoedx does, shown with its program. Without an argument: a simulated gold-silver particle. With a folder: the
# series in it, and with idp_events.h5 there the whole way from X-ray events to weight fractions. Results go to out/demo.
set -euo pipefail

tomoedx=${TOMOEDX:-build/bin/tomoedx}
[[ -x $tomoedx ]] || { echo "demo: no program $tomoedx; run ./run build first" >&2; exit 1; }

show() { # run a command of the program and say what it was
  printf '\n\033[1m$ tomoedx %s\033[0m\n' "$*"
  "$tomoedx" "$@"
}

simulated() {
  local out=out/demo/simulated maps=() file name
  rm -rf "$out"
  mkdir -p "$out"
  show simulate phantom --kind cube-in-cube --size 96 --slices 64 -o "$out/series"
  for file in "$out"/series/map_*.npy; do
    name=$(basename "$file" .npy)
    maps+=(--map "${name#map_}=$file")
  done
  show reconstruct "${maps[@]}" --tilts "$out/series/tilts.txt" --method sirt --iterations 200 -o "$out/sirt"
  show reconstruct --haadf "$out/series/haadf.npy" "${maps[@]}" --tilts "$out/series/tilts.txt" \
    --method hebt -o "$out/hebt"
  # SIRT's volumes are in counts, HEBT's in HAADF signal: each is compared at its best scale,
  # by the six figures of Zhong et al. 2017, table 1. `compare` knows more.
  show compare --scale --metrics ssim-structure,mse-scaled,dp "$out/series" "$out/sirt" "$out/hebt"
  printf '\nPictures: %s, %s, %s\n' "$out/series/phantom.png" "$out/sirt/slices.png" "$out/hebt/slices.png"
}

real() { # folder
  local folder=$1 out=out/demo/real maps=() file name
  for file in haadf_tyx_u16.npy tilts.txt shifts.txt; do
    [[ -e $folder/$file ]] || { echo "demo: $folder/$file is missing; give the folder of a series" >&2; exit 2; }
  done
  for file in "$folder"/map_*_tyx_u16.npy; do
    [[ -e $file ]] || { echo "demo: no map_*_tyx_u16.npy in $folder; give the folder of a series" >&2; exit 2; }
    name=$(basename "$file" _tyx_u16.npy)
    maps+=(--map "${name#map_}=$file")
  done
  rm -rf "$out"
  mkdir -p "$(dirname "$out")"
  # The authors' shifts count y upwards, as their display does: content drifts by +y from tilt to tilt where x drifts
  # by -x, and the residual of every series is least with this sign.
  awk '!/^#/ { print $1, -$2 }' "$folder/shifts.txt" >"$out.shifts.txt"
  # HAADF frames were stretched one by one when they were saved, so each is scaled to its maps. The lamella runs out of
  # the field, so the volume is wider than the detector, and it is thin.
  show reconstruct --haadf "$folder/haadf_tyx_u16.npy" "${maps[@]}" --tilts "$folder/tilts.txt" \
    --shifts "$out.shifts.txt" --normalize-haadf --width 448 --depth 96 --pixel-size 13.08 --method hebt \
    --iterations 30 -o "$out"
  printf '\nPictures: %s, %s\nReport: %s\n' "$out/slices.png" "$out/residuals.png" "$out/report.json"
}

fractions() { # folder with the events of examples/idp.json
  local folder out=out/demo/fractions
  folder=$(cd "$1" && pwd)
  rm -rf "$out"
  mkdir -p "$out"
  # The same configuration, with the folder and the output where they are here.
  sed -e "s|\"[^\"]*/realdata/idp/|\"$folder/|" -e 's|"output": "[^"]*"|"output": "result"|' \
    examples/idp.json >"$out/idp.json"
  show run "$out/idp.json"
  printf '\nReport: %s, pictures: %s\n' "$out/result/report.md" "$out/result/quantify/slices.png"
}

if (($#)); then
  real "${1%/}"
  [[ ! -e ${1%/}/idp_events.h5 ]] || fractions "${1%/}"
else
  simulated
fi
