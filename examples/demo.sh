#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What tomoedx does, shown with its program. Without an argument: a simulated gold-silver particle. With a folder: the
# series in it. Results go to out/demo.
set -euo pipefail

tomoedx=${TOMOEDX:-build/bin/tomoedx}
[[ -x $tomoedx ]] || { echo "demo: no program $tomoedx; run ./run build first" >&2; exit 1; }

show() { # run a command of the program and say what it was
  printf '\n\033[1m$ tomoedx %s\033[0m\n' "$*"
  "$tomoedx" "$@"
}

simulated() {
  local out=out/demo/simulated
  rm -rf "$out"
  mkdir -p "$out"
  show simulate phantom --kind core-shell --size 64 -o "$out/series"
  show reconstruct --map "Au=$out/series/Au.npy" --map "Ag=$out/series/Ag.npy" --tilts "$out/series/tilts.txt" \
    --method sirt -o "$out/sirt"
  show reconstruct --haadf "$out/series/haadf.npy" --map "Au=$out/series/Au.npy" --map "Ag=$out/series/Ag.npy" \
    --tilts "$out/series/tilts.txt" --method hebt -o "$out/hebt"
  local element method
  for element in Au Ag; do
    for method in sirt hebt; do
      show compare "$out/series/truth/$element.npy" "$out/$method/$element.npy"
    done
  done
  printf '\nPictures: %s\n' "$out/sirt/slices.png" "$out/hebt/slices.png"
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
  show reconstruct --haadf "$folder/haadf_tyx_u16.npy" "${maps[@]}" --tilts "$folder/tilts.txt" \
    --shifts "$folder/shifts.txt" --method hebt -o "$out"
  printf '\nPicture: %s\n' "$out/slices.png"
}

if (($#)); then
  real "${1%/}"
else
  simulated
fi
