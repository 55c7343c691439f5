#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What README.md shows must work: its C++ is part of the example it names, its commands of the program run.
# Arguments: the source folder, the program, the example that writes spectrum images (none: their commands are left out).
set -euo pipefail
shopt -s extglob
source=$1
program=$2
spectra=${3-}
readme=$source/README.md
example=$source/examples/01_hebt_from_buffers.cpp

block() { # language
  sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$readme" | grep -v '^```'
}
squeezed() { tr -d '[:space:]'; } # where lines are broken does not matter

code=$(squeezed <"$example")
shown=0
while IFS= read -r line; do
  line=$(squeezed <<<"$line")
  [[ -n $line ]] || continue
  [[ $code == *"$line"* ]] || { echo "README.md shows what $example does not hold: $line" >&2; exit 1; }
  shown=$((shown + 1))
done < <(block cpp)
((shown >= 5)) || { echo "README.md shows no C++ of $example any more" >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$program" simulate phantom --kind square-in-cube --size 32 --slices 3 --format mrc -o mrc >/dev/null
"$program" simulate phantom --kind square-in-cube --size 32 --slices 3 -o npy >/dev/null
cp mrc/haadf.mrc haadf.mrc
cp mrc/map_Au.mrc series.mrc
cp npy/map_Au.npy au.npy
cp npy/map_Ag.npy ag.npy
cp npy/tilts.txt tilts.txt
if [[ -n $spectra ]]; then
  "$spectra" series.h5 >/dev/null
  block json >config.json
fi
ran=0
while IFS= read -r line; do
  [[ $line == build/bin/tomoedx* ]] || continue
  [[ -n $spectra || $line != *@(series.h5|config.json)* ]] || continue
  echo "$line"
  eval "\"\$program\" ${line#build/bin/tomoedx}"
  ran=$((ran + 1))
done < <(block sh)
((ran >= 2)) || { echo "README.md shows no command of the program any more" >&2; exit 1; }
for file in Au.npy Ag.npy report.json slices.png residuals.png; do
  [[ -s result/$file ]] || { echo "README.md promises result/$file" >&2; exit 1; }
done
if [[ -n $spectra ]]; then
  for file in quantify/slices.png report.md; do
    [[ -s fractions/$file ]] || { echo "README.md promises fractions/$file" >&2; exit 1; }
  done
fi
