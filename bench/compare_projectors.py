#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times forward and back projection and SIRT beside ASTRA and SciPy: same weights, same work, in turns, one thread.

    compare_projectors.py build/bench/bench_projectors [--rounds 3] [--size 512] [--only strip] [--json FILE]

needs astra-toolbox, scipy and numpy. The work is a slice of 512 x 512 at 31 tilts, -75 to 75 degrees, 512 bins. ASTRA's
processors take slice after slice; SciPy multiplies a stored matrix (CSR, its transpose stored too) with 64 slices or one;
ours takes 256, 64, 16 or one. In every round each contestant has its turn, so that a busy machine meets all alike.
Printed is processor time in ns per pixel, angle and slice: medians over rounds, ratios of least times (theirs divided by
ours, above 1 is faster). SIRT is 20 iterations without bounds, in ms a slice. The operators are compared first: it exits
with 1 when ASTRA and its own matrix do not agree, as then the table would compare different work.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["OMP_PROC_BIND"] = "false"

FOOTPRINTS = {"strip": "strip", "siddon": "line", "joseph": "linear"}  # ours and ASTRA's names
WAYS = ("forward", "adjoint")
SLICES = (256, 64, 16, 1)
TILTS, COLUMNS, SIRT_ITERATIONS = 31, 64, 20


def once(call):
    """Processor seconds of a call."""
    before = time.process_time()
    call()
    return time.process_time() - before


class Astra:
    """A slice on ASTRA's CPU projectors."""

    def __init__(self, astra, np, kind, n):
        self.astra = astra
        beam = astra.create_proj_geom("parallel", 1.0, n, np.deg2rad(np.linspace(-75, 75, TILTS)))
        slice_ = astra.create_vol_geom(n, n)
        self.projector = astra.create_projector(kind, beam, slice_)
        rng = np.random.default_rng(1)
        self.image = rng.random((n, n), dtype=np.float32)
        self.volume = astra.data2d.create("-vol", slice_, self.image)
        self.stack = astra.data2d.create("-sino", beam, 0)
        self.algorithms = {"forward": self.algorithm("FP", VolumeDataId=self.volume)}
        self.run("forward")
        self.projected = astra.data2d.get(self.stack)
        self.result = astra.data2d.create("-vol", slice_, 0)
        self.algorithms["adjoint"] = self.algorithm("BP", ReconstructionDataId=self.result)
        self.algorithms["sirt"] = self.algorithm("SIRT", ReconstructionDataId=self.result)

    def algorithm(self, kind, **data):
        return self.astra.algorithm.create({**self.astra.astra_dict(kind), "ProjectorId": self.projector,
                                            "ProjectionDataId": self.stack, **data})

    def run(self, what, iterations=1):
        self.astra.algorithm.run(self.algorithms[what], iterations)

    def matrix(self):
        handle = self.astra.projector.matrix(self.projector)
        stored = self.astra.matrix.get(handle).astype("float32").tocsr()
        self.astra.matrix.delete(handle)
        return stored

    def close(self):
        for a in self.algorithms.values():
            self.astra.algorithm.delete(a)
        self.astra.data2d.delete([self.volume, self.stack, self.result])
        self.astra.projector.delete(self.projector)


class Stored:
    """The weights as a sparse matrix, times many slices."""

    def __init__(self, np, matrix, columns):
        self.np, self.a, self.back, self.columns = np, matrix, matrix.T.tocsr(), columns
        rng = np.random.default_rng(2)
        self.x = rng.random((matrix.shape[1], columns), dtype=np.float32)
        self.y = rng.random((matrix.shape[0], columns), dtype=np.float32)

        def inverse(v):
            return np.where(v > 1e-6, 1 / np.maximum(v, 1e-6), 0).astype(np.float32)[:, None]

        self.rows, self.cols = inverse(matrix @ np.ones(matrix.shape[1], np.float32)), inverse(
            self.back @ np.ones(matrix.shape[0], np.float32))

    def run(self, what):
        if what == "forward":
            return self.a @ self.x
        return self.back @ self.y

    def sirt(self):
        x = self.np.zeros_like(self.x)
        for _ in range(SIRT_ITERATIONS):
            r = self.a @ x
            self.np.subtract(self.y, r, out=r)
            r *= self.rows
            g = self.back @ r
            g *= self.cols
            x += g
        return x


def ours(program, pattern):
    """Names and results of our benchmarks, and the machine as they saw it."""
    command = [program, f"--benchmark_filter={pattern}", "--benchmark_format=json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{program} ended with {done.returncode}")
    result = json.loads(done.stdout)
    return {b["name"]: b for b in result["benchmarks"]}, result["context"]


def our_times(program, footprint, n):
    found, context = ours(program, f"^{footprint}/(forward|adjoint)/one/n:{n}/tilts:{TILTS}/slices:[0-9]+/isa:[12]/")
    times = {}
    for name, b in found.items():
        parts = name.split("/")
        slices = int(parts[5].split(":")[1])
        level = "" if parts[6] == "isa:2" else " avx2"
        times[f"{parts[1]} ours {slices}{level}"] = b["ns"]
    if not times:
        sys.exit(f"{program} has no benchmark of {footprint} at {n} x {n}")
    return times, context


def our_sirt(program, n):
    found, _ = ours(program, f"^sirt_strip/iteration/one/n:{n}/tilts:{TILTS}/")
    for name, b in found.items():
        slices = int(name.split("slices:")[1].split("/")[0])
        return {f"sirt ours {slices}": b["ns"] * n * n * TILTS * SIRT_ITERATIONS * 1e-6}
    return {}


def turn(times, name, value):
    times.setdefault(name, []).append(value)


def measure(astra, np, a, footprint):
    """Times by contestant, and how far ASTRA is from its own matrix."""
    peer = Astra(astra, np, FOOTPRINTS[footprint], a.size)
    matrix = peer.matrix()
    by_matrix = (matrix @ peer.image.ravel()).reshape(peer.projected.shape)
    apart = float(np.linalg.norm(by_matrix - peer.projected) / np.linalg.norm(by_matrix))
    stored = {c: Stored(np, matrix, c) for c in (COLUMNS, 1)}
    units = a.size * a.size * TILTS
    times, context = {}, {}
    for _ in range(a.rounds):
        mine, context = our_times(a.program, footprint, a.size)
        for name, value in mine.items():
            turn(times, name, value)
        for way in WAYS:
            turn(times, f"{way} ASTRA", 1e9 * min(once(lambda: peer.run(way)) for _ in range(2)) / units)
            for columns, s in stored.items():
                best = min(once(lambda: s.run(way)) for _ in range(2))
                turn(times, f"{way} SciPy {columns}", 1e9 * best / units / columns)
        if footprint == "strip":
            for name, value in our_sirt(a.program, a.size).items():
                turn(times, name, value)
            turn(times, "sirt ASTRA", 1e3 * once(lambda: peer.run("sirt", SIRT_ITERATIONS)))
            turn(times, f"sirt SciPy {COLUMNS}", 1e3 * once(stored[COLUMNS].sirt) / COLUMNS)
    peer.close()
    return times, context, apart, matrix.nnz


def line(cells):
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def report(footprint, times, nnz):
    middle = {k: statistics.median(v) for k, v in times.items()}
    least = {k: min(v) for k, v in times.items()}

    def figure(name, digits=3):
        return f"{middle[name]:.{digits}f}" if name in middle else "-"

    def ratio(theirs, mine):
        return f"{least[theirs] / least[mine]:.1f}" if theirs in least and mine in least else "-"

    for way in WAYS:
        mine = f"{way} ours 256"
        line([f"{footprint} {'back' if way == 'adjoint' else way}"] + [figure(f"{way} ours {s}") for s in SLICES] +
             [figure(f"{way} ours 256 avx2"), figure(f"{way} ASTRA"), figure(f"{way} SciPy {COLUMNS}"),
              figure(f"{way} SciPy 1"), ratio(f"{way} ASTRA", mine), ratio(f"{way} SciPy {COLUMNS}", mine),
              ratio(f"{way} ASTRA", f"{way} ours 1")])
    return middle, least


def machine(astra, scipy, np):
    processor = next((s.split(":")[1].strip() for s in open("/proc/cpuinfo") if "model name" in s), "unknown")
    return {"date": str(datetime.datetime.now().replace(microsecond=0)), "processor": processor,
            "cores": os.cpu_count(), "load": open("/proc/loadavg").read().split()[:3], "astra": astra.__version__,
            "scipy": scipy.__version__, "numpy": np.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="path of bench_projectors")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=512, help="voxels along x and z and bins; what the program has")
    parser.add_argument("--only", default="", help="footprints whose name contains this")
    parser.add_argument("--json", type=pathlib.Path, help="file for all times")
    a = parser.parse_args()
    a.program = a.program.resolve()
    import astra
    import numpy as np
    import scipy

    about = {"begin": machine(astra, scipy, np), "results": {}}
    print(", ".join(f"{k} {v}" for k, v in about["begin"].items()))
    print(f"\n{a.size} x {a.size}, {TILTS} tilts, {a.size} bins, float, one thread: ns of processor time per pixel, angle "
          f"and slice, medians of {a.rounds} rounds; ratios of least times.\n")
    line(["", *(f"ours {s}" for s in SLICES), "ours 256, AVX2", "ASTRA", f"SciPy x {COLUMNS}", "SciPy x 1", "ASTRA / ours 256",
          f"SciPy x {COLUMNS} / ours 256", "ASTRA / ours 1"])
    line(["---"] * 12)
    sirt, apart = None, {}
    for footprint in [f for f in FOOTPRINTS if a.only in f]:
        times, context, apart[footprint], nnz = measure(astra, np, a, footprint)
        about["results"][footprint] = {"times": times, "apart": apart[footprint], "weights": nnz}
        about["ours"] = context
        middle, least = report(footprint, times, nnz)
        if footprint == "strip":
            sirt = middle, least
    if sirt:
        middle, least = sirt
        mine = next((k for k in middle if k.startswith("sirt ours")), None)
        print(f"\nSIRT, strip, {SIRT_ITERATIONS} iterations, ms a slice:\n")
        line(["", "ms", "by ours"])
        line(["---"] * 3)
        for name in [k for k in middle if k.startswith("sirt")]:
            line([name[5:] + (" slices" if name[-1].isdigit() else ""), f"{middle[name]:.1f}",
                  f"{least[name] / least[mine]:.1f}" if mine else "-"])
    about["end"] = machine(astra, scipy, np)
    used = about.get("ours", {})
    print(f"\ntomoedx {used.get('tomoedx', '?')}, {used.get('instruction_set', '?')}, compiler {used.get('compiler', '?')}, "
          f"load at the end {' '.join(about['end']['load'])}")
    if a.json:
        a.json.write_text(json.dumps(about, indent=1))
    far = {k: v for k, v in apart.items() if not v < 1e-3}
    if far:
        sys.exit(f"ASTRA and its own matrix are apart: {far}")


if __name__ == "__main__":
    main()
