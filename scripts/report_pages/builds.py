"""Two builds of windrow_bench that are measured in turn."""
import math
import os
import re
import subprocess
import sys

import numpy

from report_pages import measure, results


class Builds:
    """Two builds of which short runs take turns, and A once more: A against A is the noise."""

    def __init__(self, folders, names, options):
        self.folders = {"A": folders[0], "B": folders[1], "A again": folders[0]}
        layouts = "(nhwc|nchw)"
        arguments = [f"--benchmark_filter=^conv/({'|'.join(map(re.escape, names))})/{layouts}$",
                     "--rounds=7", "--peers=none", f"--shapes={options.layers_file}",
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


def build_of(commit, root):
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
