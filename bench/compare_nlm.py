#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Non-local means beside scikit-image: same images, same parameters, one thread each, in turns.

    python3 bench/compare_nlm.py build/bench/bench_nlm

needs numpy and scikit-image (with its image `camera`). Prints the PSNR of both against the clean image and the ratio of
processor times; exits with 1 when a PSNR differs by more than 0.1 dB or a ratio is below 1.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import datetime
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import skimage
from skimage.data import camera
from skimage.restoration import denoise_nl_means


def psnr(clean, image):
    return 10 * np.log10(float(clean.max()) ** 2 / np.mean((clean.astype(np.float64) - image) ** 2))


def scenes():
    """Clean image, noisy image, sigma of the noise."""
    rng = np.random.default_rng(7)
    clean = camera().astype(np.float32)
    for sigma in (10, 25):
        yield f"camera, sigma {sigma}", clean, clean + sigma * rng.normal(size=clean.shape).astype(np.float32), sigma
    y, x = np.mgrid[:512, :512]
    counts = 3 + 20 * (np.hypot(y - 200, x - 260) < 120) + 4 * np.sin(x / 5) * (y > 350) + 4
    noisy = rng.poisson(counts).astype(np.float32)
    yield "counts of a particle", counts.astype(np.float32), noisy, float(np.sqrt(counts.mean()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="path of bench_nlm")
    parser.add_argument("--rounds", type=int, default=3, help="turns of the two (default 3)")
    options = parser.parse_args()
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "unknown")
    print(f"{datetime.date.today()}, {processor}, scikit-image {skimage.__version__}, numpy {np.__version__}")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(pathlib.Path(folder) / name) for name in ("in.npy", "out.npy"))
        for title, clean, noisy, sigma in scenes():
            np.save(source, noisy)
            for patch, distance in ((5, 6), (7, 11)):
                for h, known in ((0.8 * sigma, 0), (0.6 * sigma, sigma), (1.15 * sigma, 0)):
                    theirs, ours, ratios = [], [], []
                    for _ in range(options.rounds):
                        start = time.process_time()
                        expected = denoise_nl_means(noisy, patch_size=patch, patch_distance=distance, h=h, sigma=known,
                                                    fast_mode=True)
                        theirs.append(time.process_time() - start)
                        words = subprocess.run([options.program, "--denoise", source, target, str(patch), str(distance),
                                                repr(h), repr(known), "3"], check=True, capture_output=True, text=True,
                                               env=os.environ | {"OMP_PROC_BIND": "false"}).stdout.split()
                        ours.append(float(words[0]))
                        ratios.append(theirs[-1] / ours[-1])
                    result = np.load(target)
                    a, b, ratio = psnr(clean, expected), psnr(clean, result), statistics.median(ratios)
                    good = good and abs(a - b) <= 0.1 and ratio >= 1
                    print(f"{title:22} patch {patch} distance {distance:2} h {h:6.2f} sigma {known:5.2f}: "
                          f"noisy {psnr(clean, noisy):.2f}, scikit-image {a:.3f} dB, tomoedx {b:.3f} dB; "
                          f"{1e3 * statistics.median(theirs):.0f} ms, {1e3 * statistics.median(ours):.1f} ms "
                          f"({words[1]}), ratio {ratio:.1f}", flush=True)
    sys.exit(not good)


if __name__ == "__main__":
    main()
