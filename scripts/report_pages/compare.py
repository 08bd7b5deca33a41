"""scripts/report --compare A B: is B slower than A, faster, the same, or is there no telling?"""
import json
import math
import os
import sys

import numpy

from report_pages import results, shapes, stats
from report_pages.builds import Builds, build_of


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
    print(f"\nthe gate itself, of {len(noise)} layers: B is A made slower by so much, and is "
          "called", file=out)
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
    print(f"{len(pairs)} layers of {a} and {b}, each as a part of the limit measured with it. "
          "What differs from one run to the next,\nsuch as where memory lies, is not in these "
          "intervals: for a gate compare two build folders.\n")
    return report(pairs, noise, percent)


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


def main(options, root):
    if all(map(os.path.isfile, options.compare)):
        return compare_reports(*options.compare, options.fail_past)
    if any(map(os.path.isfile, options.compare)):
        raise ValueError(" and ".join(options.compare) + " are not both results, nor both builds")
    options.compare = [name if os.path.isdir(name) else build_of(name, root)
                       for name in options.compare]
    return compare_builds(options)
