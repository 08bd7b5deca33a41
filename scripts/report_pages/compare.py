"""scripts/report --compare A B: is B slower than A, faster, the same, or is there no telling?"""
import json
import math
import os
import re
import subprocess
import sys

import numpy

from report_pages import measure, results, shapes, stats


def _percent(log_ratio):
    return "" if math.isinf(log_ratio) else f"{100 * math.expm1(log_ratio):+.1f} %"


def print_table(pairs, percent, out):
    """Returns the layers that fail."""
    failed = []
    counts = dict.fromkeys(("slower", "faster", "equivalent", "inconclusive"), 0)
    width = max(map(len, pairs))
    print(f"{'layer':<{width}}  {'verdict':<12} {'time':>9}   95 % interval", file=out)
    found = {name: stats.verdict(d) for name, d in pairs.items()}
    for name, result in sorted(found.items(), key=lambda item: -item[1][1]):
        word, estimate, low, high = result
        counts[word] += 1
        if stats.fails(result, percent):
            failed.append(name)
        print(f"{name:<{width}}  {word:<12} {_percent(estimate):>9}   "
              f"{_percent(low):>9} to {_percent(high)}", file=out)
    print(", ".join(f"{count} {word}" for word, count in counts.items()) +
          " (equivalent: within 2 %)", file=out)
    return failed


def print_rates(noise, percent, out):
    table = stats.rates(list(noise), percent)
    print(f"\nthe gate itself, of {len(noise)} layers: B is A made slower by so much, and is called",
          file=out)
    columns = ("slower", "equivalent", "inconclusive", "faster", "fails")
    heads = (*columns[:-1], f"slower past {percent:g} %")
    print("  " + "injected".ljust(10) + "".join(h.rjust(max(14, len(h) + 2)) for h in heads),
          file=out)
    for slower, row in table.items():
        name = "A against A" if slower == 0 else f"{slower} %"
        cells = (f"{100 * row[c]:.1f} %".rjust(max(14, len(h) + 2))
                 for c, h in zip(columns, heads))
        print("  " + name.ljust(10) + "".join(cells), file=out)


def report(pairs, noise, percent, out=sys.stdout):
    """The exit code."""
    failed = print_table(pairs, percent, out)
    print_rates(noise, percent, out)
    print("", file=out)
    if failed:
        print(f"FAILED: slower by more than {percent:g} %: {', '.join(failed)}", file=out)
        return 1
    print(f"passed: no layer is shown to be slower by more than {percent:g} %", file=out)
    return 0


def _noise_of_one(times, length, generator):
    """Pairs of a report against itself: of rounds that followed each other."""
    times = numpy.asarray(times)
    differences = times[1:] - times[:-1]
    return generator.choice(differences, size=length)


def compare_reports(a, b, percent):
    pairs, times_a = results.log_pairs(results.read(a), results.read(b))
    pairs = {name: d for name, d in pairs.items() if len(d) > 1}
    if not pairs:
        raise ValueError(f"{a} and {b} have no layer in common that was measured with --samples")
    generator = numpy.random.default_rng(1)
    noise = [_noise_of_one(times_a[name], len(d), generator) for name, d in pairs.items()]
    print(f"{len(pairs)} layers of {a} and {b}, each as a part of the limit measured with it. What "
          "differs from one run to the next,\nsuch as where memory lies, is not in these intervals: "
          "for a gate compare two build folders.\n")
    return report(pairs, noise, percent)


class Builds:
    """Two builds of which short runs take turns, and A once more: A against A is the noise."""

    def __init__(self, folders, names, options):
        self.folders = {"A": folders[0], "B": folders[1], "A again": folders[0]}
        layouts = "(nhwc|nchw)"
        arguments = [f"--benchmark_filter=^conv/({'|'.join(map(re.escape, names))})/{layouts}$",
                     "--rounds=3", "--peers=none", f"--shapes={options.layers_file}",
                     f"--pools={options.pools_file}"]
        if options.threads != 1:
            arguments.append(f"--threads={options.threads}")
        if options.target:
            arguments.append(f"--target={options.target}")
        self.arguments = arguments
        self.scratch = os.path.join(options.output, "compare.json")
        self.times = {who: {} for who in self.folders}

    def _run(self, who):
        found = measure.run_bench(self.folders[who], self.arguments, self.scratch)
        for row in found["benchmarks"]:
            benchmark = results.Benchmark(row)
            if benchmark.error is not None:
                raise RuntimeError(f"{self.folders[who]}: {row['name']}: {benchmark.error}")
            self.times[who].setdefault(row["name"], []).append(
                math.log(numpy.median(benchmark.samples["windrow"])))

    def measure(self, count, progress=sys.stderr):
        order = list(self.folders)
        for turn in range(count):
            for i in range(len(order)):
                self._run(order[(turn + i) % len(order)])
            progress.write(f"report: pair {turn + 1} of {count}\n")
            progress.flush()

    def pairs(self, who):
        """Of each layer the logarithms of the times of `who` over those of A."""
        return {name: list(numpy.subtract(times, self.times["A"][name]))
                for name, times in self.times[who].items()}


def compare_builds(options):
    layers = shapes.read_layers(options.layers_file)
    names = (shapes.some_of_each_kind(layers, 1, 120e6) if options.quick else
             shapes.some_of_each_kind(layers, 4))
    os.makedirs(options.output, exist_ok=True)
    for folder in options.compare:
        if not os.path.exists(os.path.join(folder, "bench", "windrow_bench")):
            raise ValueError(f"{folder} has no bench/windrow_bench")
    builds = Builds(options.compare, names, options)
    count = options.pairs or (10 if options.quick else 16)
    builds.measure(count)
    pairs = builds.pairs("B")
    failed = [n for n, d in pairs.items() if stats.fails(stats.verdict(d), options.fail_past)]
    if failed:  # one chance in forty a layer: not enough to stop anyone
        print("report: measuring once more, since a layer fails", file=sys.stderr)
        builds.measure(count)
        pairs = builds.pairs("B")
    with open(builds.scratch, "w", encoding="utf-8") as file:
        json.dump(builds.times, file, indent=1)
    print(f"{len(pairs)} layers, {len(next(iter(pairs.values())))} pairs of runs in turn\n")
    return report(pairs, list(builds.pairs("A again").values()), options.fail_past)


def _build_of(commit, root):
    """The build folder of a commit's sources, which are unpacked below build/compare."""
    name = subprocess.run(["git", "-C", root, "rev-parse", "--verify", "--quiet",
                           "--end-of-options", commit + "^{commit}"],
                          capture_output=True, text=True, check=False).stdout.strip()
    if not name:
        raise ValueError(f"{commit} is no file, no folder and no commit")
    sources = os.path.join(root, "build", "compare", name)
    build = os.path.join(sources, "build", "release")  # as deep as this one, for ccache
    os.makedirs(sources, exist_ok=True)
    print(f"report: building {commit}, {name[:12]}", file=sys.stderr)
    archive = subprocess.run(["git", "-C", root, "archive", name], stdout=subprocess.PIPE,
                             check=True).stdout
    subprocess.run(["tar", "-x", "-C", sources], input=archive, check=True)
    environment = {**os.environ, "CCACHE_BASEDIR": sources, "CCACHE_NOHASHDIR": "1"}
    for command in (["cmake", "-G", "Ninja", "-S", sources, "-B", build,
                     "-DCMAKE_BUILD_TYPE=Release", "-DWINDROW_BUILD_TESTS=OFF",
                     "-DWINDROW_BUILD_TOOLS=OFF"],
                    ["cmake", "--build", build, "-j", str(os.cpu_count()), "--target",
                     "windrow_bench"]):
        run = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{run.stdout}")
    return build


def main(options, root):
    if all(map(os.path.isfile, options.compare)):
        return compare_reports(*options.compare, options.fail_past)
    if any(map(os.path.isfile, options.compare)):
        raise ValueError(" and ".join(options.compare) + " are not both results, nor both builds")
    options.compare = [name if os.path.isdir(name) else _build_of(name, root)
                       for name in options.compare]
    return compare_builds(options)
