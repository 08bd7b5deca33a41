"""What is measured, in which order, by which commands."""
import collections
import os
import re

from report_pages import onnxruntime, shapes

# `program` is windrow or windrow_bench; `variant` tells batches of a section apart: a target, a
# number of threads. `weight` is about its seconds.
Batch = collections.namedtuple("Batch", "name section variant program arguments weight")

# Layers for bars a target and for threads, if the shapes have them.
TYPICAL = ("resnet50_2_3x3", "resnet50_4_1x1b", "resnet50_conv1", "mobilenet2_dw3",
           "mobilenet2_pw3", "effnet_dw5x5", "resnext_grp32b", "lenet_conv2_mb64")


def _any(names):
    return "(" + "|".join(map(re.escape, names)) + ")"


def _chunks(items, size):
    return [items[i:i + size] for i in range(0, len(items), size)]


class Plan:
    """`options` are those of scripts/report; `info` what `windrow info` says."""

    def __init__(self, options, info, folder):
        self.options = options
        self.folder = folder
        self.batches = []
        wanted = options.peers.split(",")
        self.onnxruntime = wanted == ["all"] or "onnxruntime" in wanted
        self.onnxruntime = self.onnxruntime and bool(options.onnxruntime)
        self.peers = ",".join(p for p in wanted if p != "onnxruntime") or "none"
        self.target = options.target or info["active_target"]
        self.targets = [t for t in info["targets"] if t["usable"]]
        fused = any(t["name"] == self.target and t["class"] == "fused" for t in self.targets)
        self.drift = (f"probe/(peak_{'fused' if fused else 'unfused'}/{self.target}|read/L2)$")
        self.layers = shapes.read_layers(options.layers_file)
        self.chosen = (shapes.some_of_each_kind(self.layers, 2) if options.quick else
                       list(self.layers))
        self.typical = ([n for n in TYPICAL if n in self.layers] or
                        shapes.some_of_each_kind(self.layers, 1))
        if options.quick:
            self.typical = self.typical[:4]
        for add in (self._probes, self._speed, self._calls, self._pooling, self._cold,
                    self._targets, self._threads, self._cliffs, self._backward, self._training):
            add()

    def _bench(self, section, what, rounds, variant="", target=None, threads=None, peers=None,
               shapes_file=None, weight=1.0, drift=True):
        o = self.options
        filters = f"^({what}" + (f"|{self.drift})" if drift else ")")
        arguments = [f"--benchmark_filter={filters}", f"--rounds={rounds}"]
        shapes_file = shapes_file or o.shapes
        if shapes_file:
            arguments.append(f"--shapes={shapes_file}")
        threads = threads or o.threads
        if threads != 1:
            arguments.append(f"--threads={threads}")
        target = target or o.target
        if target:
            arguments.append(f"--target={target}")
        peers = peers or self.peers
        if peers != "all":
            arguments.append(f"--peers={peers}")
        name = f"{len(self.batches):03}-{section}" + (f"-{variant}" if variant else "")
        self.batches.append(Batch(name, section, variant, "windrow_bench", arguments, weight))

    def _seconds(self, names, rounds, competitors):
        """A guess; what the run takes corrects it."""
        own = sum(max(2.5e-3, shapes.multiply_adds(self.layers[n]) / 60e9) for n in names)
        return 0.5 + 3 * own * (rounds + 3) * competitors

    def _probes(self):
        self._bench("probes", "probe/", 10 if self.options.quick else 30,
                    weight=10 if self.options.quick else 30, drift=False)

    def _speed(self):
        rounds = 7 if self.options.quick else 11
        for names in _chunks(self.chosen, 4):
            self._bench("speed", f"conv/{_any(names)}/", rounds,
                        weight=self._seconds(names, rounds, 7))
            self._onnxruntime(names, rounds)

    def _onnxruntime(self, names, rounds):
        """The same layers at once after, so that the machine is as much the same as it can be."""
        names = [n for n in names
                 if shapes.multiply_adds(self.layers[n]) >= onnxruntime.LEAST_MULTIPLY_ADDS]
        if self.onnxruntime and names:
            self.batches.append(Batch(
                f"{len(self.batches):03}-onnxruntime", "onnxruntime", "", "onnxruntime",
                [f"--rounds={rounds}", f"--threads={self.options.threads}",
                 f"--shapes={self.options.layers_file}", *names],
                0.5 + self._seconds(names, rounds, 2)))

    def _calls(self):
        path = self._file("calls.txt", shapes.CALLS)
        self._bench("calls", "conv/", 7 if self.options.quick else 15, shapes_file=path)

    def _pooling(self):
        rounds = 5 if self.options.quick else 9
        names = list(dict.fromkeys(name for _, name in shapes.read_pools(self.options.pools_file)))
        if self.options.quick:
            names = names[:4]
        for part in _chunks(names, 6):
            self._bench("pooling", f"(max|avg)_pool/{_any(part)}/", rounds,
                        weight=0.1 * rounds * len(part) * 0.3)

    def _cold(self):
        names = [n for n in (self.chosen if self.options.quick else self.typical)
                 if shapes.kind(self.layers[n]) != "image"][:8]
        if names:
            rounds = 5 if self.options.quick else 11
            self._bench("cold", f"conv_cold/{_any(names)}/nhwc", rounds,
                        weight=self._seconds(names, rounds, 2))

    def _targets(self):
        rounds = 5 if self.options.quick else 9
        for target in self.targets if len(self.targets) > 1 else ():
            self._bench("targets", f"conv/{_any(self.typical)}/nhwc", rounds,
                        variant=target["name"], target=target["name"], peers="none", drift=False,
                        weight=self._seconds(self.typical, rounds, 8 / target["lanes"]))

    def _threads(self):
        most = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        counts = sorted({1, most, *(2**i for i in range(1, 10) if 2**i < most)})
        for threads in counts if most > 1 else ():
            rounds = 5 if self.options.quick else 9
            self._bench("threads", f"conv/{_any(self.typical)}/nhwc", rounds,
                        variant=str(threads), threads=threads, peers="none", drift=False,
                        weight=self._seconds(self.typical, rounds, 1))

    def _cliffs(self):
        path = self._file("cliffs.txt", shapes.cliffs(16 if self.options.quick else 1))
        peers = self.peers if self.peers != "all" else "onednn_nhwc"
        rounds = 3 if self.options.quick else 5
        # By the beginnings of the numbers, so that no batch takes long.
        for what, firsts in (("channels", "123456789"), ("width", "1234567"), ("kernel", "1")):
            if self.options.quick or what == "kernel":
                firsts = [".*"]
            for first in firsts:
                self._bench("cliffs", f"conv/{what}_{first}[0-9]*/", rounds, shapes_file=path,
                            peers=peers, weight=1.5)

    def _backward(self):
        names = self.chosen
        rounds = 5 if self.options.quick else 9
        if self.options.quick:
            names = shapes.some_of_each_kind(self.layers, 1, 120e6)
        for part in _chunks(names, 4):
            self._bench("backward", f"backward_(data|weights)/{_any(part)}/", rounds,
                        weight=2 * self._seconds(part, rounds, 5))

    def _training(self):
        if self.options.target:
            return  # `windrow train` takes the best
        counts = (1,) if self.options.quick else (1, os.cpu_count())
        for threads in sorted(set(counts)):
            steps = 100 if self.options.quick else 180
            self.batches.append(Batch(
                f"{len(self.batches):03}-training-{threads}", "training", str(threads), "windrow",
                ["train", "mnist", f"--steps={steps}", f"--threads={threads}"], 3))

    def _file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path
