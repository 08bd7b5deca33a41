"""Reports of windrow_bench: their benchmarks, and what each round measured."""
import collections
import json
import math
import re

from report_pages import stats

SAMPLE = re.compile(r"(.+)_us\[(\d+)\]")
# The peers' formats that take and give tensors in a layout; all others have one of their own.
FORMATS_OF_LAYOUT = {"nhwc": {"onednn_nhwc", "xnnpack_nhwc", "opencv"},
                     "nchw": {"onednn_nchw", "opencv"}}
PEER_NAMES = {"onednn": "oneDNN", "xnnpack": "XNNPACK", "opencv": "OpenCV"}

Ratio = collections.namedtuple("Ratio", "middle low high format confidence")


def read(path):
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    if not isinstance(report, dict) or "benchmarks" not in report:
        raise ValueError(f"{path} is no report of Google Benchmark")
    return report


class Benchmark:
    """One row of a report."""

    def __init__(self, row):
        self.row = row
        parts = row["name"].split("/")
        self.operation, self.layer, self.layout = (parts + ["", ""])[:3]
        self.error = row.get("error_message", "") if row.get("error_occurred") else None
        self.label = row.get("label", "")
        samples = collections.defaultdict(dict)
        for key, value in row.items():
            match = SAMPLE.fullmatch(key)
            if match:
                samples[match[1]][int(match[2])] = value
        self.samples = {name: [rounds[i] for i in sorted(rounds)]
                        for name, rounds in samples.items()}

    def __getitem__(self, counter):
        return self.row[counter]

    @property
    def algorithm(self):
        return self.label.split()[0] if self.label else ""

    def ratio(self, name, own="windrow"):
        """The time of `name` over Windrow's: (median, 95 % interval) of the rounds' ratios."""
        ratios = [a / b for a, b in zip(self.samples[name], self.samples[own])]
        return Ratio(*stats.median_interval(ratios), name, stats.median_confidence(len(ratios)))

    def formats(self):
        """Those of peers that took turns with Windrow."""
        return [name for name in self.samples if name not in ("windrow", "limit", "onnxruntime")]

    def best(self, formats):
        """The ratio to the fastest of these formats; None if none of them did the layer."""
        ratios = [self.ratio(name) for name in formats if name in self.samples]
        return min(ratios, default=None)

    def best_of_peer(self, peer):
        return self.best([f for f in self.formats() if f.split("_")[0] == peer])

    def best_same_layout(self):
        return self.best(FORMATS_OF_LAYOUT.get(self.layout, ()))

    def best_of_all(self):
        return self.best(self.formats())

    def percent_of_limit(self, name="windrow"):
        pairs = zip(self.samples["limit"], self.samples[name])
        return 100 * float(stats.numpy.median([a / b for a, b in pairs]))


class Results:
    """A report of scripts/report, by sections: those of its batches."""

    def __init__(self, report):
        self.context = report["context"]
        self.sections = collections.defaultdict(list)
        self.probes = collections.defaultdict(list)  # in the order of the run
        self.errors = []
        for row in report["benchmarks"]:
            benchmark = Benchmark(row)
            if benchmark.error is not None:
                self.errors.append(benchmark)
            elif benchmark.operation == "probe":
                self.probes[row.get("section", ""), row["name"]].append(benchmark)
            else:
                self.sections[row.get("section", "")].append(benchmark)

    @property
    def extra(self):
        return self.context["report"]

    def has(self, section):
        return bool(self.sections.get(section))

    def probe(self, name, section="probes"):
        found = self.probes.get((section, name))
        return found[-1] if found else None

    def drift(self):
        """{probe: its rates over the run} of those that every batch repeats, as parts of the
        largest."""
        rates = collections.defaultdict(list)
        for (section, name), rows in self.probes.items():
            if section != "drift":
                continue
            rates[name] = [next(v for k, v in row.row.items() if k.endswith("_per_second"))
                           for row in rows]
        return {name: [rate / max(values) for rate in values] for name, values in rates.items()}


def log_pairs(a, b):
    """{layer: logarithms of B's times over A's}, a round each. Each report's own times are taken
    as parts of the limit that the same round measured, since the two ran at different times."""
    def times(report):
        found = {}
        for row in report["benchmarks"]:
            benchmark = Benchmark(row)
            if benchmark.error is None and "windrow" in benchmark.samples:
                limit = benchmark.samples["limit"]
                key = "/".join(filter(None, (row.get("section"), row.get("variant"), row["name"])))
                found[key] = [math.log(t / l) for t, l in
                              zip(benchmark.samples["windrow"], limit)]
        return found
    times_a, times_b = times(a), times(b)
    pairs = {}
    for name in times_a:
        if name in times_b:
            n = min(len(times_a[name]), len(times_b[name]))
            pairs[name] = [y - x for x, y in zip(times_a[name][:n], times_b[name][:n])]
    return pairs, times_a
