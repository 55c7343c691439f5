#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Write the tables of include/tomoedx/physics/data/ from the project's CSV files and xraylib. See README.md."""

import argparse
import csv
import ctypes
import ctypes.util
import itertools
import math
import pathlib
import sys

import numpy as np

SHELLS = ["K", "L1", "L2", "L3", "M1", "M2", "M3", "M4", "M5"]
FIRST_Z, LAST_Z = 3, 98
NAMES = """lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium aluminium silicon phosphorus
sulfur chlorine argon potassium calcium scandium titanium vanadium chromium manganese iron cobalt nickel copper zinc
gallium germanium arsenic selenium bromine krypton rubidium strontium yttrium zirconium niobium molybdenum technetium
ruthenium rhodium palladium silver cadmium indium tin antimony tellurium iodine xenon caesium barium lanthanum cerium
praseodymium neodymium promethium samarium europium gadolinium terbium dysprosium holmium erbium thulium ytterbium
lutetium hafnium tantalum tungsten rhenium osmium iridium platinum gold mercury thallium lead bismuth polonium astatine
radon francium radium actinium thorium protactinium uranium neptunium plutonium americium curium berkelium
californium""".split()

XRAYLIB = "xraylib {} (T. Schoonjans et al., Spectrochim. Acta B 66 (2011) 776; BSD 3-clause)"
EADL = "LLNL Evaluated Atomic Data Library (S.T. Perkins et al., UCRL-50400 vol. 30, 1991; US government work)"
BOTE = "D. Bote, F. Salvat, A. Jablonski, C.J. Powell, At. Data Nucl. Data Tables 95 (2009) 871-909"
ELSEPA = ["free-atom Dirac-Fock densities distributed with ELSEPA (F. Salvat, A. Jablonski, C.J. Powell,",
          "Comput. Phys. Commun. 165 (2005) 157; CC BY 4.0)"]


def rows(path):
    """The rows of a CSV file whose comments begin with #, as dictionaries of text."""
    with open(path, newline="") as f:
        return list(csv.DictReader(line for line in f if not line.startswith("#")))


def grouped(items, *columns):
    """Neighbouring rows with equal values in `columns`."""
    for _, group in itertools.groupby(items, lambda r: tuple(r[c] for c in columns)):
        yield list(group)


def only(values, what):
    """The one value all of them have."""
    found = set(values)
    if len(found) != 1:
        sys.exit(f"make_tables: {what} is not one value but {sorted(found)}")
    return found.pop()


def short(text):
    """A number without zeros that say nothing."""
    return repr(float(text)).removesuffix(".0")


def write(folder, name, head, lines):
    path = folder / name
    comment = ["SPDX-License-Identifier: BSD-3-Clause",
               "Written by tools/physics_tables/make_tables.py; change that, not this.", *head]
    path.write_text("".join(f"// {line}\n" for line in comment) + "".join(f"{line}\n" for line in lines))
    print(f"{name:16} {len(lines):5} rows {path.stat().st_size:7} bytes")


# ---- what is copied ------------------------------------------------------------------------------------------------


def elements(lines, out):
    weights = {int(z): only((r["A"] for r in group), f"the weight of element {z}")
               for z, group in ((g[0]["Z"], g) for g in grouped(lines, "Z"))}
    symbols = {int(r["Z"]): r["symbol"] for r in lines}
    write(out, "elements.inc", ["symbol, name, standard atomic weight in g/mol; Z = 3, 4, ... 98",
                                "source abridged standard atomic weights, IUPAC 2021"],
          [f'{{"{symbols[z]}", "{NAMES[z - FIRST_Z]}", {short(weights[z])}}},' for z in range(FIRST_Z, LAST_Z + 1)])


def subshells_and_lines(lines, version, out):
    source = ["source  " + XRAYLIB.format(version) + ";",
              "        columns _eadl: " + EADL + ";",
              "        energies of Li and Be Ka: X-ray Data Booklet; lines.csv of this project's physics folder"]
    subshell_rows, line_rows = [], []
    for group in grouped(lines, "Z", "shell"):
        z, shell = int(group[0]["Z"]), group[0]["shell"]
        where = f"of {group[0]['symbol']} {shell}"
        edge, yields, eadl = (only((r[c] for r in group), f"{c} {where}") for c in ("edge_keV", "omega", "omega_eadl"))
        transfer = [only((r[f"t{i}"] for r in group), f"t{i} {where}") for i in range(1, 6)]
        while transfer and float(transfer[-1]) == 0:
            transfer.pop()
        subshell_rows.append(f"{{{z}, shell::{shell}, {len(group)}, {short(edge)}, {short(yields)}, {short(eadl)}, "
                             f"{{{', '.join(map(short, transfer))}}}}},")
        line_rows += [f'{{"{r["line"]}", {short(r["energy_keV"])}, {short(r["rel"])}, {short(r["rel_eadl"])}}},'
                      f'  // {r["symbol"]}' for r in group]
    write(out, "subshells.inc", ["Z, subshell of the vacancy, number of its lines in lines.inc, edge in keV, fluorescence yield, the same_eadl,",
                                 "{vacancies that arrive here per primary vacancy in subshell 1, 2, ... of this main shell}", *source],
          subshell_rows)
    write(out, "lines.inc", ["name, energy in keV, share of the radiative decays of its subshell, the same_eadl (0: not in the source);",
                             "in the order of the rows of subshells.inc", *source], line_rows)


def ionization(narrow, wide, out):
    text = []
    if [(r["Z"], r["shell"], r["E_b_keV"]) for r in narrow] != [(r["Z"], r["shell"], r["E_b_keV"]) for r in wide]:
        sys.exit("make_tables: the two ionisation files do not list the same subshells with the same edges")
    pairs = sorted(zip(narrow, wide), key=lambda p: (int(p[0]["Z"]), SHELLS.index(p[0]["shell"])))
    for n, w in pairs:
        for r, least in ((n, 30), (w, 5)):
            if abs(float(r["E_min_keV"]) - max(least, 1.1 * float(r["E_b_keV"]))) > 0.01 or float(r["E_max_keV"]) != 400:
                sys.exit(f"make_tables: unexpected range of the fit of {r['symbol']} {r['shell']}")
        a, b = ([short(r[f"a{i}"]) for i in range(4)] for r in (n, w))
        text.append(f"{{{n['Z']}, shell::{n['shell']}, {n['n_s']}, {short(n['E_b_keV'])}, "
                    f"{{{', '.join(a)}}}, {{{', '.join(b)}}}}},")
    worst = [max(float(r["max_pct"]) for r in f) for f in (narrow, wide)]
    write(out, "ionization.inc", ["Z, subshell, electrons in it, edge in keV, {a0..a3 fitted for 30-400 keV}, {a0..a3 fitted for 5-400 keV}",
                                  f"largest deviation from the formulas fitted: {worst[0]} % and {worst[1]} %, from 1.1 edges up",
                                  f"source  this project's own fit (ionization_fit.csv, ionization_fit_wide.csv) to the formulas of {BOTE}"], text)


def elastic(data, out):
    energies = [r["E_keV"] for r in data if r["Z"] == str(FIRST_Z)]
    fields = [f"f{i}" for i in range(1, 11)] + ["f_iso"]
    text = []
    for group in grouped(data, "Z"):
        if [r["E_keV"] for r in group] != energies:
            sys.exit(f"make_tables: other energies for {group[0]['symbol']}")
        text += [f"{{{short(r['sigma'])}, {{{', '.join(short(r[f]) for f in fields)}}}}},"
                 + (f"  // {r['symbol']}" if r is group[0] else "") for r in group]
    write(out, "elastic.inc", [f"total in barn, {{weights of the eleven terms}}; Z = 3, 4, ... 98, each at {', '.join(energies)} keV",
                               "source  this project's own fit (elastic_fit.csv) to its Dirac partial-wave calculation in the potential of",
                               *("        " + line for line in ELSEPA)], text)


# ---- what is fitted ------------------------------------------------------------------------------------------------

LEAST_KEV, MOST_KEV = 0.1, 150.0  # xraylib's tables begin at 0.1 keV
ALLOWED = 0.002  # deviation of a piece from xraylib, in ln mu


class xraylib:
    def __init__(self):
        name = ctypes.util.find_library("xrl")
        if not name:
            sys.exit("make_tables: xraylib is not installed (Debian: libxrl-dev)")
        self.library = ctypes.CDLL(name)
        self.library.CS_Total.restype = ctypes.c_double
        self.library.CS_Total.argtypes = [ctypes.c_int, ctypes.c_double, ctypes.c_void_p]

    def log_absorption(self, z, log_kev):
        """ln of the mass absorption coefficient in cm2/g."""
        mu = [self.library.CS_Total(z, math.exp(t), None) for t in np.atleast_1d(log_kev)]
        if min(mu) <= 0:
            sys.exit(f"make_tables: xraylib has no absorption of element {z} at some energy")
        return np.log(mu)


def edges_of(f, a, b):
    """Where f(t) jumps up between a and b: [(just below, just above), ...]."""
    grid = np.linspace(a, b, 100001)
    jumps = []
    for i in np.flatnonzero(np.diff(f(grid)) > 4e-3):  # no ramp of the tables is that steep
        low, high = grid[i], grid[i + 1]
        y_low, y_high = f(low)[0], f(high)[0]
        while high - low > 1e-10:
            middle = (low + high) / 2
            y = f(middle)[0]
            if y - y_low > y_high - y:
                high, y_high = middle, y
            else:
                low, y_low = middle, y
        jumps.append((low, high))
    return jumps


def bend(t, y):
    """c with y = line through the ends + s(1-s)(c0 + c1 s + c2 s^2), s = 0..1, and the largest deviation."""
    s = (t - t[0]) / (t[-1] - t[0])
    rest = y - (y[0] + s * (y[-1] - y[0]))
    basis = np.stack([s * (1 - s) * s**k for k in range(3)], axis=1)
    some = np.unique(np.linspace(0, len(t) - 1, 400).astype(int))  # enough to fit, not to judge
    weight = np.ones(len(some))
    best = np.zeros(3), np.abs(rest).max()
    for _ in range(8):  # Lawson's iteration: towards the smallest largest deviation
        c = np.linalg.lstsq(basis[some] * weight[:, None], rest[some] * weight, rcond=None)[0]
        deviation = np.abs(rest - basis @ c)
        if deviation.max() < best[1]:
            best = c, deviation.max()
        if deviation.max() < 1e-12:
            break
        weight *= np.sqrt(deviation[some] / deviation.max() + 1e-3)
    return best


def pieces_of(f, a, b):
    """Pieces [(from, to, y_from, y_to, c), ...] that cover a smooth stretch, each as long as ALLOWED lets it be."""
    t = np.linspace(a, b, max(41, int((b - a) / 5e-5)))
    y = f(t)
    found, i = [], 0
    while i < len(t) - 1:
        good, bad = min(i + 2, len(t) - 1), len(t)  # three points always fit
        while bad - good > 1:
            j = (good + bad) // 2
            if bend(t[i:j + 1], y[i:j + 1])[1] <= ALLOWED:
                good = j
            else:
                bad = j
        found.append((t[i], t[good], y[i], y[good], bend(t[i:good + 1], y[i:good + 1])[0]))
        i = good
    return found


def absorption(out):
    library = xraylib()
    random = np.random.default_rng(1)
    text, worst, all_edges = [], (0, ""), 0
    for z in range(FIRST_Z, LAST_Z + 1):
        f = lambda t: library.log_absorption(z, t)
        jumps = edges_of(f, math.log(LEAST_KEV), math.log(MOST_KEV))
        starts = [math.log(LEAST_KEV)] + [high for _, high in jumps]
        ends = [low for low, _ in jumps] + [math.log(MOST_KEV)]
        pieces = [p for a, b in zip(starts, ends) for p in pieces_of(f, a, b)]
        numbers = [[f"{math.exp(a):.10g}", f"{ya:.7g}", f"{yb:.7g}", *(f"{x:.6g}" for x in c)]
                   for a, _, ya, yb, c in pieces]
        text += [f"{{{z}, {', '.join(n[:3])}, {{{', '.join(n[3:])}}}}}," for n in numbers]
        all_edges += len(jumps)
        # what was written against xraylib, at energies that were not fitted
        written = np.array(numbers, float)
        begin = np.log(written[:, 0])
        end = np.append(begin[1:], math.log(MOST_KEV))
        t = random.uniform(math.log(LEAST_KEV), math.log(MOST_KEV), 20000)
        i = np.searchsorted(begin, t, "right") - 1
        s = (t - begin[i]) / (end - begin)[i]
        _, ya, yb, c0, c1, c2 = written[i].T
        fit = ya + s * (yb - ya) + s * (1 - s) * (c0 + s * (c1 + s * c2))
        error = np.abs(np.expm1(fit - f(t)))
        if error.max() > worst[0]:
            worst = error.max(), f"Z = {z} at {math.exp(t[error.argmax()]):.4g} keV"
        print(f"absorption Z = {z}: {len(jumps)} edges, {len(pieces)} pieces, largest error {100 * error.max():.3f} %")
    print(f"absorption: largest error of all {100 * worst[0]:.3f} % ({worst[1]}), {all_edges} edges")
    if worst[0] > 0.005:
        sys.exit("make_tables: more than 0.5 %")
    write(out, "absorption.inc",
          ["Z, where the piece begins in keV, ln mu there and at its end, {c0, c1, c2}; mu in cm2/g. The piece ends where the next begins,",
           f"the last at {MOST_KEV:g} keV; in it ln mu = line through the ends + s (1 - s) (c0 + c1 s + c2 s^2), s from 0 to 1 in ln E",
           f"largest deviation from xraylib at random energies: {100 * worst[0]:.2f} %",
           f"source  CS_Total of {XRAYLIB.format('4.0.0')}"], text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=pathlib.Path, help="the folder of the CSV files")
    parser.add_argument("out", type=pathlib.Path, help="include/tomoedx/physics/data")
    options = parser.parse_args()
    out = options.out
    lines = rows(options.csv / "lines.csv")
    elements(lines, out)
    subshells_and_lines(lines, "4.0.0", out)
    ionization(rows(options.csv / "ionization_fit.csv"), rows(options.csv / "ionization_fit_wide.csv"), out)
    elastic(rows(options.csv / "elastic_fit.csv"), out)
    absorption(out)


if __name__ == "__main__":
    main()
