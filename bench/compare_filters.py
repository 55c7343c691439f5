#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times the filters against scipy and scikit-image: same images, same run, one thread, CPU time, medians.

    compare_filters.py BUILD/bench [--only PART] [--repeat N]

For each row the program bench_* and the Python function run in turns. Printed are both times, the ratio (theirs
divided by ours, above 1 is faster) and how far the results are apart: rms distance / standard deviation of the
image. A new filter needs a benchmark registered with bench::add_filter (bench/images.hpp) and a Row below.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["OMP_PROC_BIND"] = "false"

import numpy as np  # noqa: E402  (after the number of threads is set)


@dataclasses.dataclass
class Row:
    program: str  # bench_<program>
    benchmark: str  # its name there, the last part names the image
    what: str  # the function it is compared with
    theirs: typing.Callable  # image (y, x), or (n, y, x) with whole=True -> the same shape
    whole: bool = False
    limit: float = None  # largest distance allowed; none where the two do not compute the same thing

    @property
    def image(self):
        return self.benchmark.rsplit("/", 1)[1]


def images():
    """A noisy photograph in [0, 1]: 512 x 512, 16 x 256 x 256 and 128 x 128."""
    from skimage import data

    rng = np.random.default_rng(1)
    noisy = data.camera() / 255 + 0.1 * rng.standard_normal((512, 512))
    cuts = [noisy[16 * i : 16 * i + 256, 8 * i : 8 * i + 256] for i in range(16)]
    return {
        "image": noisy.astype(np.float32),
        "stack": np.stack(cuts).astype(np.float32),
        "small": noisy[100:228, 180:308].astype(np.float32),
    }


def rows():
    from scipy.ndimage import gaussian_filter
    from skimage.restoration import denoise_tv_bregman, denoise_tv_chambolle

    for on in ("image", "stack"):
        for sigma in (1, 2, 5):
            yield Row("filters", f"gaussian/sigma:{sigma}/{on}", "gaussian_filter",
                      lambda f, s=sigma: gaussian_filter(f, s), limit=1e-5)
        yield Row("filters", f"bregman/scikit/{on}", "denoise_tv_bregman",
                  lambda f: denoise_tv_bregman(f, weight=10))
        yield Row("filters", f"bregman/scikit_anisotropic/{on}", "denoise_tv_bregman, anisotropic",
                  lambda f: denoise_tv_bregman(f, weight=10, isotropic=False))
        yield Row("filters", f"bregman/exact/{on}", "denoise_tv_bregman",
                  lambda f: denoise_tv_bregman(f, weight=10))
        yield Row("filters", f"bregman/exact_50/{on}", "denoise_tv_bregman, 50 iterations",
                  lambda f: denoise_tv_bregman(f, weight=10, eps=0, max_num_iter=50))
        yield Row("filters", f"pdhg/100/{on}", "denoise_tv_chambolle, 100 iterations",
                  lambda f: denoise_tv_chambolle(f, weight=0.1, eps=0, max_num_iter=100))
        # Theirs end at about 0.06 and 0.01 standard deviations from the minimiser; ours is proved to.
        yield Row("filters", f"pdhg/tolerance:0.06/{on}", "denoise_tv_chambolle",
                  lambda f: denoise_tv_chambolle(f, weight=0.1))
        yield Row("filters", f"pdhg/tolerance:0.01/{on}", "denoise_tv_chambolle, eps 2e-5",
                  lambda f: denoise_tv_chambolle(f, weight=0.1, eps=2e-5, max_num_iter=1000))
    yield Row("filters", "gaussian/volume/stack", "gaussian_filter, 3D",
              lambda f: gaussian_filter(f, 2), whole=True, limit=1e-5)
    yield Row("filters", "pdhg/volume_100/stack", "denoise_tv_chambolle, 3D",
              lambda f: denoise_tv_chambolle(f, weight=0.1, eps=0, max_num_iter=100), whole=True)

    # At convergence, in double on their side.
    def bregman(f, isotropic):
        return denoise_tv_bregman(f.astype(np.float64), weight=10, eps=1e-12, max_num_iter=20000,
                                  isotropic=isotropic)

    def chambolle(f):
        return denoise_tv_chambolle(f.astype(np.float64), weight=0.1, eps=1e-14, max_num_iter=20000)

    yield Row("filters", "bregman/converged_scikit/small", "denoise_tv_bregman, converged",
              lambda f: bregman(f, True), limit=1e-3)
    yield Row("filters", "bregman/converged_scikit_anisotropic/small", "the same, anisotropic",
              lambda f: bregman(f, False), limit=1e-3)
    yield Row("filters", "bregman/converged_exact/small", "denoise_tv_chambolle, converged", chambolle, limit=1e-3)
    yield Row("filters", "pdhg/converged/small", "denoise_tv_chambolle, converged", chambolle, limit=1e-3)


def our_time(programs, row, folder):
    """CPU milliseconds of one repetition."""
    done = subprocess.run(
        [programs / f"bench_{row.program}", f"--benchmark_filter=^{row.benchmark}/process_time$",
         "--benchmark_format=json", "--benchmark_min_time=0.1"],
        env={**os.environ, "TOMOEDX_IMAGES": str(folder)}, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)["benchmarks"]
    if len(found) != 1:
        sys.exit(f"bench_{row.program} has {len(found)} benchmarks {row.benchmark}")
    return found[0]["cpu_time"]


def their_time(row, image):
    """CPU milliseconds of one call over all images, and the result."""
    start = time.process_time()
    if image.ndim == 2 or row.whole:
        result = row.theirs(image)
    else:
        result = np.stack([row.theirs(one) for one in image])
    return 1e3 * (time.process_time() - start), result


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("programs", type=pathlib.Path, help="the folder of the bench_ programs")
    arguments.add_argument("--only", default="", help="rows whose benchmark contains this")
    arguments.add_argument("--repeat", type=int, default=5)
    a = arguments.parse_args()
    known = images()
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for image, values in known.items():
            np.save(folder / f"{image}.npy", values)
        print(f"{'benchmark':46} {'compared with':40} {'theirs ms':>10} {'ours ms':>9} {'ratio':>7} {'apart':>9}")
        for row in rows():
            if a.only not in row.benchmark:
                continue
            image = known[row.image]
            ours, theirs = [], []
            # a converged run takes its time, and is there for its values
            for _ in range(1 if "converged" in row.benchmark else a.repeat):
                t, result = their_time(row, image)
                theirs.append(t)
                ours.append(our_time(a.programs, row, folder))
            our_result = np.load(folder / (row.benchmark.replace("/", ".") + ".npy")).reshape(image.shape)
            apart = np.sqrt(np.mean((our_result.astype(np.float64) - result) ** 2)) / image.std(dtype=np.float64)
            t, o = statistics.median(theirs), statistics.median(ours)
            late = row.limit is not None and not apart <= row.limit
            print(f"{row.benchmark:46} {row.what:40} {t:10.2f} {o:9.3f} {t / o:7.2f} {apart:9.1e}"
                  f"{'  ABOVE ' + str(row.limit) if late else ''}", flush=True)
            if late:
                failed.append(row.benchmark)
    if failed:
        sys.exit("too far apart: " + ", ".join(failed))


if __name__ == "__main__":
    main()
