#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times networks beside PyTorch and ncnn: same weights, same images, in turns.

    compare_networks.py build/bench/bench_networks [--quick] [--threads 1 2] [--only PART] [--json FILE]

needs torch, numpy and safetensors; ncnn where it is to be compared. PyTorch runs eagerly, with channels last, traced,
frozen and optimized for inference, and compiled (inductor with frozen weights; it wants a C++ compiler). Outputs are
compared with PyTorch's first. In every round each contestant has its turn, so that a busy machine meets all alike.
Printed are medians over rounds and, for ratios (theirs divided by ours, above 1 is faster), least over least too: of
processor time for one thread, of wall time for more. Exits with 1 when an output is too far off.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

QUICK = ("unet:16:128", "unet:64:256", "udvd:128:128")
FULL = ("unet:16:128", "unet:16:256", "unet:32:128", "unet:32:256", "unet:64:128", "unet:64:256", "udvd:128:128",
        "layer:16:16:128", "layer:96:96:128", "layer:64:64:256", "layer:128:128:128", "layer:256:256:64",
        "layer:1024:1024:16")
COMPILED = ("unet:16:128", "unet:64:256", "udvd:128:128")  # torch.compile takes its time
ALGORITHMS = ("fast", "accurate", "exact")
MOVIE_FRAMES = 12


def clock():
    return time.perf_counter(), time.process_time()


def once(call):
    """Wall and processor milliseconds of a call."""
    before = clock()
    call()
    return tuple(1e3 * (b - a) for a, b in zip(before, clock()))


# ----- the networks in PyTorch, with the keys of weight files


def networks(torch):
    from torch import nn

    def double(i, o):
        block = nn.Module()
        block.block = nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())
        return block

    class UNet(nn.Module):
        """Ronneberger et al. 2015 with padding."""

        def __init__(self, base):
            super().__init__()
            width = [base << i for i in range(5)]
            self.down_path = nn.ModuleList(double(i, o) for i, o in zip([1] + width, width))
            self.up_path = nn.ModuleList()
            for w in reversed(width[:-1]):
                step = nn.Module()
                step.up = nn.ConvTranspose2d(2 * w, w, 2, 2)
                step.conv_block = double(2 * w, w)
                self.up_path.append(step)
            self.last = nn.Conv2d(base, 1, 1)

        def forward(self, x):
            skips = []
            for level, step in enumerate(self.down_path):
                x = step.block(x if level == 0 else nn.functional.max_pool2d(x, 2))
                skips.append(x)
            for step, skip in zip(self.up_path, reversed(skips[:-1])):
                x = step.conv_block.block(torch.cat([step.up(x), skip], 1))
            return self.last(x)

    class Causal(nn.Module):
        """A 3 x 3 convolution that looks up only, and its activation."""

        def __init__(self, i, o):
            super().__init__()
            self.conv = nn.Conv2d(i, o, 3, bias=False)

        def forward(self, x):
            x = nn.functional.pad(nn.functional.pad(x, (1, 1, 0, 0), mode="replicate"), (0, 0, 2, 0))
            return nn.functional.leaky_relu(self.conv(x), 0.1)

    def stack(i, *widths):
        block = nn.Module()
        for n, (a, b) in enumerate(zip((i,) + widths, widths), 1):
            setattr(block, f"conv{n}", Causal(a, b))
        block.number = len(widths)
        return block

    def through(block, x):
        for n in range(block.number):
            x = getattr(block, f"conv{n + 1}")(x)
        return x

    def pool(x):
        return nn.functional.max_pool2d(nn.functional.pad(x, (0, 0, 1, 0))[:, :, :-1], 2)

    class BlindUNet(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.enc1, self.enc2, self.enc3 = stack(i, 48, 48, 48), stack(48, 48, 48, 48), stack(48, 96, 96, 48)
            self.dec2, self.dec1 = stack(96, 96, 96, 96, 96), stack(96 + i, 96, 96, 96, o)

        def forward(self, x):
            half = pool(through(self.enc1, x))
            v = through(self.enc3, pool(through(self.enc2, half)))
            v = through(self.dec2, torch.cat([nn.functional.interpolate(v, scale_factor=2), half], 1))
            return through(self.dec1, torch.cat([nn.functional.interpolate(v, scale_factor=2), x], 1))

    class UDVD(nn.Module):
        """Sheth et al. 2021: five grey frames on the channel axis, square; four turned copies on the batch axis."""

        def __init__(self):
            super().__init__()
            self.denoiser_1, self.denoiser_2 = BlindUNet(3, 32), BlindUNet(96, 96)
            self.nin_A = nn.Conv2d(384, 384, 1, bias=False)
            self.nin_B = nn.Conv2d(384, 96, 1, bias=False)
            self.nin_C = nn.Conv2d(96, 1, 1, bias=False)

        def forward(self, x):
            x = torch.cat([torch.rot90(x, -k, (2, 3)) for k in range(4)], 0)
            x = torch.cat([self.denoiser_1(x[:, i : i + 3]) for i in range(3)], 1)
            x = nn.functional.pad(self.denoiser_2(x), (0, 0, 1, 0))[:, :, :-1]
            x = torch.cat([torch.rot90(v, k, (2, 3)) for k, v in enumerate(x.chunk(4))], 1)
            x = nn.functional.leaky_relu(self.nin_A(x), 0.1)
            return self.nin_C(nn.functional.leaky_relu(self.nin_B(x), 0.1))

    class Layer(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.conv = nn.Conv2d(i, o, 3, padding=1)

        def forward(self, x):
            return nn.functional.relu(self.conv(x))

    return {"unet": UNet, "udvd": UDVD, "layer": Layer}


def module_and_image(torch, case):
    """A module with weights as He et al. begin with, and its input (1, c, y, x); UDVD's has a whole movie's frames."""
    kind, *numbers = case.split(":")
    numbers = [int(n) for n in numbers]
    torch.manual_seed(1)
    module = networks(torch)[kind](*([] if kind == "udvd" else numbers[:-1])).eval().requires_grad_(False)
    for p in module.parameters():
        p.normal_()
        p.mul_((2 * p.shape[0] / p.numel()) ** 0.5 if p.dim() > 1 else 0.1)
    channels = {"unet": 1, "udvd": MOVIE_FRAMES, "layer": numbers[0]}[kind]
    return module, 1 + 0.3 * torch.randn(1, channels, numbers[-1], numbers[-1])


# ----- the contestants: each is a function of a number of calls that returns (wall, processor) of each


class Ours:
    def __init__(self, program, case, algorithm, folder, threads):
        self.output = folder / f"{case.replace(':', '_')}_{algorithm}.npy"
        self.process = subprocess.Popen(
            [program, "--serve", case, algorithm, folder / "weights.safetensors", folder / "input.npy", self.output],
            env={**os.environ, "OMP_NUM_THREADS": str(threads)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            sys.exit(f"bench_networks could not run {case}")
        self.memory = [int(w) for w in words[1:]]

    def __call__(self, calls):
        print(calls, file=self.process.stdin, flush=True)
        values = [float(w) for w in self.process.stdout.readline().split()]
        return list(zip(values[::2], values[1::2]))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def in_process(call):
    return lambda calls: [once(call) for _ in range(calls)]


def pytorch(torch, module, x, compiled):
    """Name and call of each way to run it."""
    def image(m):
        return lambda: m(x)

    yield "eager", image(module)
    last = module.to(memory_format=torch.channels_last)
    x_last = x.contiguous(memory_format=torch.channels_last)
    yield "channels last", lambda: last(x_last)
    module.to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, x)))
    yield "frozen", image(frozen)
    if compiled:
        import torch._inductor.config as inductor

        inductor.freezing = True
        torch._dynamo.reset()
        yield "inductor", image(torch.compile(module))


class Ncnn:
    """Tables and weights of ncnn, written by hand."""

    def __init__(self, ncnn, folder, threads):
        self.ncnn, self.folder, self.threads = ncnn, folder, threads
        self.lines, self.weights, self.blobs, self.number = [], [], 0, 0

    def add(self, kind, inputs, outputs=1, **parameters):
        names = [f"b{self.blobs + i}" for i in range(outputs)]
        self.blobs += outputs
        self.number += 1
        values = " ".join(f"{k[1:]}={v}" for k, v in parameters.items())
        self.lines.append(f"{kind} l{self.number} {len(inputs)} {outputs} {' '.join(inputs)} {' '.join(names)} {values}")
        return names if outputs > 1 else names[0]

    def convolution(self, layer, blob, activation=None, transposed=False):
        w = layer.weight.transpose(0, 1) if transposed else layer.weight
        w = w.detach().contiguous().numpy()
        self.weights += [b"\0\0\0\0", w.tobytes()]
        if layer.bias is not None:
            self.weights.append(layer.bias.detach().numpy().tobytes())
        more = {}
        if activation == "relu":
            more = {"p9": 1}
        elif activation is not None:
            more = {"p9": 2, "p-23310": f"1,{activation}"}
        return self.add("Deconvolution" if transposed else "Convolution", [blob], p0=w.shape[0], p1=w.shape[2],
                        p3=layer.stride[0], p4=layer.padding[0], p5=int(layer.bias is not None), p6=w.size, **more)

    def build(self, output):
        stem = self.folder / f"ncnn_{time.monotonic_ns()}"
        table = ["7767517", f"{self.number} {self.blobs}", *self.lines]
        stem.with_suffix(".param").write_text("\n".join(table) + "\n")
        stem.with_suffix(".bin").write_bytes(b"".join(self.weights))
        net = self.ncnn.Net()
        net.opt.num_threads = self.threads
        net.opt.use_vulkan_compute = False
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_packed",
                     "use_bf16_storage"):
            setattr(net.opt, name, False)
        if net.load_param(str(stem.with_suffix(".param"))) or net.load_model(str(stem.with_suffix(".bin"))):
            sys.exit("ncnn does not read what was written for it")

        def call(array):
            extractor = net.create_extractor()
            extractor.input("b0", self.ncnn.Mat(array))
            return extractor.extract(output)[1]

        return call

    def split(self, blob):
        return self.add("Split", [blob], 2)

    def unet(self, m):
        def double(block, x):
            return self.convolution(block.block[2], self.convolution(block.block[0], x, "relu"), "relu")

        x, skips = self.add("Input", []), []
        for level, step in enumerate(m.down_path):
            x = double(step, x)
            if level < 4:
                skip, x = self.split(x)
                skips.append(skip)
                x = self.add("Pooling", [x], p0=0, p1=2, p2=2)
        for step, skip in zip(m.up_path, reversed(skips)):
            up = self.convolution(step.up, x, transposed=True)
            x = double(step.conv_block, self.add("Concat", [up, skip], p0=0))
        return self.build(self.convolution(m.last, x))

    def blind_unet(self, m):
        def through(block, x):
            for n in range(block.number):
                x = self.add("Padding", [x], p0=0, p1=0, p2=1, p3=1, p4=1)
                x = self.add("Padding", [x], p0=2, p1=0, p2=0, p3=0, p4=0)
                x = self.convolution(getattr(block, f"conv{n + 1}").conv, x, 0.1)
            return x

        def pool(x):  # of an even number of rows, the last padded one is left over
            return self.add("Pooling", [self.add("Padding", [x], p0=1, p1=0, p2=0, p3=0)], p0=0, p1=2, p2=2, p5=1)

        def join(x, skip):
            return self.add("Concat", [self.add("Interp", [x], p0=1, p1=2.0, p2=2.0), skip], p0=0)

        x, whole = self.split(self.add("Input", []))
        x, half = self.split(pool(through(m.enc1, x)))
        x = through(m.dec2, join(through(m.enc3, pool(through(m.enc2, x))), half))
        return self.build(through(m.dec1, join(x, whole)))

    def layer(self, m):
        return self.build(self.convolution(m.conv, self.add("Input", []), "relu"))

    def head(self, m):
        x = self.convolution(m.nin_B, self.convolution(m.nin_A, self.add("Input", []), 0.1), 0.1)
        return self.build(self.convolution(m.nin_C, x))


def ncnn_call(ncnn, np, module, case, image, folder, threads):
    """The network as a call that returns its output."""
    new = lambda: Ncnn(ncnn, folder, threads)  # noqa: E731
    kind = case.split(":")[0]
    if kind != "udvd":
        net = getattr(new(), kind)(module)
        return lambda: net(image)
    first, second, head = new().blind_unet(module.denoiser_1), new().blind_unet(module.denoiser_2), new().head(module)

    def udvd():  # no batches and no turns in ncnn: NumPy does these, in less than a hundredth of the time
        branches = []
        for k in range(4):
            frames = np.ascontiguousarray(np.rot90(image[:5], -k, (1, 2)))
            groups = [np.array(first(frames[i : i + 3])) for i in range(3)]
            v = np.array(second(np.concatenate(groups)))
            v = np.concatenate([np.zeros_like(v[:, :1]), v[:, :-1]], 1)
            branches.append(np.rot90(v, k, (1, 2)))
        return np.array(head(np.ascontiguousarray(np.concatenate(branches))))

    return udvd


# ----- one number of threads, in a process of its own


def compare_case(torch, np, case, a, folder, threads):
    """Times of all contestants, the distances of their outputs from PyTorch's, and our memory."""
    from safetensors.torch import save_file

    udvd = case.startswith("udvd")
    module, movie = module_and_image(torch, case)
    image = movie[:, :5].contiguous() if udvd else movie
    save_file(module.state_dict(), folder / "weights.safetensors")
    np.save(folder / "input.npy", movie.numpy())
    expected = module(image)
    apart, contestants, memory = {}, {}, {}

    def check(name, output, against=expected, limit=1e-4):
        output = torch.as_tensor(np.asarray(output)).reshape(against.shape)
        apart[name] = ((output - against).abs().max() / against.std()).item()
        if not apart[name] <= limit:
            failures.append(f"{case} {name}: {apart[name]:.1e}")

    failures = []
    for name, call in pytorch(torch, module, image, case in a.compiled):
        try:
            # the profiling executor rewrites a frozen graph in the first calls
            for _ in range(3 if name in ("frozen", "inductor") else 1):
                output = call()
        except Exception as trouble:  # no C++ compiler, or a PyTorch without this way
            print(f"{case}: PyTorch {name} does not run: {str(trouble).splitlines()[0]}", file=sys.stderr)
            continue
        check(f"PyTorch {name}", output)
        contestants[f"PyTorch {name}"] = in_process(call)
    try:
        import ncnn

        call = ncnn_call(ncnn, np, module, case, image[0].numpy(), folder, threads)
        check("ncnn", call(), limit=1e-3)
        contestants["ncnn"] = in_process(call)
    except ImportError:
        print("ncnn is not there", file=sys.stderr)
    ours = []
    for algorithm in ALGORITHMS:
        ours.append(Ours(a.program, case, algorithm, folder, threads))
        check(algorithm, np.load(ours[-1].output))
        contestants[algorithm] = ours[-1]
        memory[algorithm] = ours[-1].memory
    if udvd:
        ours.append(Ours(a.program, case.replace("udvd", "udvd_movie"), "fast", folder, threads))
        middle = np.load(ours[-1].output).reshape(movie.shape)[:, 5:6]
        check("fast, per movie frame", middle, module(movie[:, 3:8].contiguous()))
        contestants["fast, per movie frame"] = ours[-1]
        memory["fast, per movie frame"] = ours[-1].memory

    times = {name: [] for name in contestants}
    calls = dict.fromkeys(contestants, 1)
    for _ in range(max(2, a.rounds // 2) if udvd else a.rounds):  # UDVD's calls are long
        for name, run in contestants.items():
            time.sleep(0.005)  # threads of the last one come to rest
            turn = min(run(calls[name]), key=lambda t: t[1] if threads == 1 else t[0])
            times[name].append(turn)
            calls[name] = max(1, min(20, int(50 / turn[0])))  # later turns take some 50 ms; their least counts
    for one in ours:
        one.close()
    return {"times": times, "apart": apart, "memory": memory, "failures": failures}


def worker(a):
    import numpy as np
    import torch

    threads = a.threads[0]
    torch.set_num_threads(threads)
    results = {}
    with torch.inference_mode(), tempfile.TemporaryDirectory() as name:
        for case in a.cases:
            results[case] = compare_case(torch, np, case, a, pathlib.Path(name), threads)
            print(f"{threads} threads, {case}: done", file=sys.stderr)
    print(json.dumps(results))


# ----- the report


def machine():
    import torch

    try:
        import importlib.metadata

        ncnn = importlib.metadata.version("ncnn")
    except importlib.metadata.PackageNotFoundError:
        ncnn = "not there"
    processor = next((s.split(":")[1].strip() for s in open("/proc/cpuinfo") if "model name" in s), "unknown")
    return {"date": str(datetime.datetime.now().replace(microsecond=0)), "processor": processor,
            "cores": os.cpu_count(), "load": open("/proc/loadavg").read().split()[:3],
            "torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability(), "ncnn": ncnn}


def report(case, threads, found):
    clock_used = 1 if threads == 1 else 0
    series = {name: [t[clock_used] for t in v] for name, v in found["times"].items()}
    middle = {name: statistics.median(v) for name, v in series.items()}
    least = {name: min(v) for name, v in series.items()}
    torch_names = [n for n in series if n.startswith("PyTorch")]

    def ratio(names, ours):
        return (f"{min(middle[n] for n in names) / middle[ours]:.2f} "
                f"({min(least[n] for n in names) / least[ours]:.2f})" if names else "-")

    for ours in [n for n in series if n in ALGORITHMS or n.startswith("fast")]:
        cells = [case, threads, ours, f"{middle[ours]:.2f}"]
        for n in ("PyTorch eager", "PyTorch channels last", "PyTorch frozen", "PyTorch inductor", "ncnn"):
            cells.append(f"{middle[n]:.2f}" if n in middle else "-")
        cells += [ratio(["PyTorch eager"], ours), ratio(torch_names, ours), ratio([n for n in ("ncnn",) if n in middle], ours),
                  f"{found['apart'][ours]:.0e}"]
        print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="path of bench_networks")
    parser.add_argument("--quick", action="store_true", help="three networks, few rounds, nothing compiled: two minutes")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, help="default 5, quick 3; UDVD has half of them")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--compile", nargs="*", default=None, metavar="CASE", help="cases for torch.compile, or 'all'")
    parser.add_argument("--json", type=pathlib.Path, help="file for all times")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    a.program = a.program.resolve()
    a.cases = [c for c in (QUICK if a.quick else FULL) if a.only in c]
    a.rounds = a.rounds or (3 if a.quick else 5)
    a.compiled = a.compile if a.compile is not None else ([] if a.quick else list(COMPILED))
    if a.compiled == ["all"]:
        a.compiled = a.cases
    if a.worker:
        return worker(a)
    about = {"begin": machine(), "results": {}}
    print(", ".join(f"{k} {v}" for k, v in about["begin"].items()))
    print("\nMilliseconds of processor time for one thread, wall time for more: medians. Ratios of medians, and of least "
          "times in brackets.\n")
    print("| case | threads | ours | ms | eager | channels last | frozen | inductor | ncnn | / eager | / best PyTorch "
          "| / ncnn | apart |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    failures = []
    for threads in a.threads:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_PROC_BIND": "false"}
        command = [sys.executable, __file__, str(a.program), "--worker", "--threads", str(threads),
                   "--rounds", str(a.rounds), "--only", a.only, "--compile", *a.compiled]
        done = subprocess.run(command + ["--quick"] * a.quick, env=environment, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"the run with {threads} threads ended with {done.returncode}")
        about["results"][threads] = json.loads(done.stdout.splitlines()[-1])
        for case, found in about["results"][threads].items():
            report(case, threads, found)
            failures += found["failures"]
    about["end"] = machine()
    print(f"\nload at the end {' '.join(about['end']['load'])}")
    if a.json:
        a.json.write_text(json.dumps(about, indent=1))
    if failures:
        sys.exit("too far apart (largest difference / standard deviation): " + "; ".join(failures))


if __name__ == "__main__":
    main()
