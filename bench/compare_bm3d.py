#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""BM3D beside the package bm3d of PyPI: same images, same sigma, one thread each, in turns.

    python3 bench/compare_bm3d.py build/bench/bench_bm3d

needs numpy, bm3d and scikit-image (for its images `camera` and `coins`). Prints the PSNR of both against the clean image
and the ratio of processor times; exits with 1 when ours is more than 0.1 dB below or the ratio is below 1.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import datetime
import importlib.metadata
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import bm3d
import numpy as np
from skimage.data import camera, coins


def psnr(clean, image):
    return 10 * np.log10(255**2 / np.mean((clean.astype(np.float64) - image) ** 2))


def particles():
    """Discs with a grating and a checkerboard: sharp edges, fine texture, large flat parts."""
    y, x = np.mgrid[:256, :256].astype(float)
    r = np.hypot(y - 128, x - 128)
    p = np.where(r < 100, 120 + 40 * np.sin(x / 3 + y / 7), 20)
    p = np.where(r < 60, 200, p)
    for i in range(8):
        p[np.hypot(y - 40 - 22 * i, x - 30 - 26 * i) < 6] += 50
    p[200:240, 20:90] = 80 + 60 * ((x // 5 + y // 5) % 2)[200:240, 20:90]
    return np.clip(p, 0, 255)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="path of bench_bm3d")
    parser.add_argument("--rounds", type=int, default=1, help="turns of the two (default 1)")
    parser.add_argument("--step", type=int, default=3, help="our distance of reference blocks (default 3, theirs)")
    options = parser.parse_args()
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "unknown")
    print(f"{datetime.date.today()}, {processor}, bm3d {importlib.metadata.version('bm3d')}, numpy {np.__version__}")
    profile = bm3d.BM3DProfile()
    profile.num_threads = 1
    good = True
    rng = np.random.default_rng(0)
    scenes = {"camera": camera().astype(float), "particles": particles(), "coins": coins().astype(float)}
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(pathlib.Path(folder) / name) for name in ("in.npy", "out.npy"))
        for title, clean in scenes.items():
            for sigma in (10, 25, 50):
                noisy = (clean + sigma * rng.standard_normal(clean.shape)).astype(np.float32)
                np.save(source, noisy)
                theirs, ours, ratios = [], [], []
                for _ in range(options.rounds):
                    start = time.process_time()
                    expected = bm3d.bm3d(noisy.astype(float), sigma_psd=sigma, profile=profile)
                    theirs.append(time.process_time() - start)
                    words = subprocess.run([options.program, "--denoise", source, target, repr(sigma), str(options.step), "2",
                                            "3"], check=True, capture_output=True, text=True,
                                           env=os.environ | {"OMP_PROC_BIND": "false"}).stdout.split()
                    ours.append(float(words[0]))
                    ratios.append(theirs[-1] / ours[-1])
                a, b, ratio = psnr(clean, expected), psnr(clean, np.load(target)), statistics.median(ratios)
                good = good and b >= a - 0.1 and ratio >= 1
                print(f"{title:9} {clean.shape[0]}x{clean.shape[1]} sigma {sigma}: noisy {psnr(clean, noisy):.2f}, bm3d {a:.3f} dB, "
                      f"tomoedx {b:.3f} dB ({b - a:+.3f}); {statistics.median(theirs):.2f} s, "
                      f"{statistics.median(ours):.3f} s ({words[1]}), ratio {ratio:.1f}", flush=True)
    sys.exit(not good)


if __name__ == "__main__":
    main()
