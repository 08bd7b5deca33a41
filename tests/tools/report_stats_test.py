"""Tests what scripts/report computes, on made-up times: report_stats_test.py SCRIPTS_FOLDER."""
import io
import itertools
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
try:
    from report_pages import compare, results, stats
except ModuleNotFoundError as missing:
    print(f"skipped: {missing}; scripts/setup python3-numpy")
    sys.exit(77)


def test_rank_sums_are_those_of_all_signs():
    for n in (1, 4, 7):
        sums = [sum(r + 1 for r, sign in enumerate(signs) if sign)
                for signs in itertools.product((0, 1), repeat=n)]
        for w, probability in enumerate(stats._rank_sums(n)):
            assert math.isclose(probability, sum(s <= w for s in sums) / 2**n), (n, w)


def test_median_interval():
    # Of 9 values the second and the eighth: 96.1 %; the first and the last of 5: 93.8 %.
    assert stats.median_interval([9, 1, 8, 2, 7, 3, 6, 4, 5]) == (5, 2, 8)
    assert stats.median_interval([3, 1, 2, 5, 4]) == (3, 1, 5)
    assert stats.median_interval([2]) == (2, 2, 2)
    assert math.isclose(stats.median_confidence(5), 0.9375)


def test_intervals_hold_as_often_as_they_say():
    generator = random.Random(1)
    missed = missed_median = 0
    trials, n = 1000, 12
    for _ in range(trials):
        values = [0.3 + generator.gauss(0, 1) * generator.choice((1, 1, 10)) for _ in range(n)]
        low, high = stats.shift_interval(stats.walsh_averages(values), n, 0.025)
        missed += not low <= 0.3 <= high
        _, low, high = stats.median_interval(values)
        missed_median += not low <= 0.3 <= high
    assert 0.02 < missed / trials < 0.07, missed
    assert 0.02 < missed_median / trials < 0.07, missed_median


def noise(sigma, n, generator):
    """With an outlier now and then, as a busy machine has them."""
    return [generator.gauss(0, sigma) + (0.3 if generator.random() < 0.05 else 0)
            for _ in range(n)]


def test_verdicts():
    generator = random.Random(2)
    def word(percent, sigma, n=12):
        return stats.verdict([d + math.log1p(percent / 100)
                              for d in noise(sigma, n, generator)])[0]
    assert word(0, 0.005) == "equivalent"
    assert word(10, 0.01) == "slower"
    assert word(-10, 0.01) == "faster"
    # Without evidence nothing is the same, nor anything else.
    assert word(0, 0.2) == "inconclusive"
    assert word(10, 0.001, n=3) == "inconclusive"
    # Certainly slower, but by too little to matter.
    assert word(0.5, 0.001, n=30) == "equivalent"


def test_gate():
    generator = random.Random(3)
    quiet = [noise(0.01, 12, generator) for _ in range(20)]
    table = stats.rates(quiet, 3, draws=50)
    assert table[0]["fails"] == 0, table
    assert table[0]["slower"] < 0.05, table
    assert table[5]["slower"] > 0.95, table
    assert table[5]["fails"] > 0.9, table
    assert table[10]["fails"] > 0.95, table
    # In noise it does not see, and does not say that it is all the same.
    loud = stats.rates([noise(0.15, 12, generator) for _ in range(20)], 3, draws=50)
    assert loud[2]["equivalent"] < 0.05 and loud[2]["slower"] < 0.3, loud
    code = lambda slower: compare.report(
        {"layer": [d + math.log1p(slower / 100) for d in noise(0.01, 12, generator)]}, quiet, 5,
        io.StringIO())
    assert code(0) == 0 and code(4) == 0 and code(8) == 1


def report_of(slower, seed):
    generator = random.Random(seed)
    rows = []
    for i in range(6):
        row = {"name": f"conv/layer{i}/nhwc", "section": "speed"}
        for round_ in range(15):
            clock = math.exp(generator.gauss(0, 0.2))  # wanders, for everybody
            limit = 100 * clock * math.exp(generator.gauss(0, 0.003))
            row[f"limit_us[{round_}]"] = limit
            row[f"windrow_us[{round_}]"] = (150 * clock * math.exp(generator.gauss(0, 0.005)) *
                                            (1 + slower / 100 * (i == 2)))
        rows.append(row)
    rows.append({"name": "conv/broken/nhwc", "error_occurred": True, "error_message": "no"})
    return {"context": {}, "benchmarks": rows}


def test_program():
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, slower, seed in (("a", 0, 1), ("same", 0, 2), ("slow", 9, 3)):
            paths[name] = pathlib.Path(folder, name + ".json")
            paths[name].write_text(json.dumps(report_of(slower, seed)))
        def run(*arguments):
            return subprocess.run(
                [sys.executable, "-B", "-m", "report_pages", "--compare", *map(str, arguments)],
                env={"PYTHONPATH": sys.argv[1]}, capture_output=True, text=True)
        same = run(paths["a"], paths["same"])
        assert same.returncode == 0 and "6 equivalent" in same.stdout, same
        assert "A against A" in same.stdout, same.stdout
        slow = run(paths["a"], paths["slow"])
        assert slow.returncode == 1, slow
        assert "FAILED: slower by more than 5 %: speed/conv/layer2/nhwc\n" in slow.stdout, slow
        assert run(paths["a"], paths["slow"], "--fail-past", 12).returncode == 0
        assert run(paths["slow"], paths["a"]).returncode == 0  # faster
        wrong = run(paths["a"], folder)
        assert wrong.returncode == 1 and "not both results" in wrong.stderr, wrong


def test_benchmark():
    row = {"name": "conv/a/nhwc", "label": "direct AVX3, best peer x",
           **{f"windrow_us[{i}]": 2.0 + i for i in range(9)},
           **{f"limit_us[{i}]": 1.0 + i / 2 for i in range(9)},
           **{f"onednn_any_us[{i}]": (2.0 + i) * 0.9 for i in range(9)},
           **{f"onednn_nhwc_us[{i}]": (2.0 + i) * 1.2 for i in range(9)}}
    benchmark = results.Benchmark(row)
    assert benchmark.algorithm == "direct" and benchmark.percent_of_limit() == 50
    assert benchmark.best_of_all().format == "onednn_any"
    assert math.isclose(benchmark.best_same_layout().middle, 1.2)
    assert benchmark.best_of_peer("opencv") is None


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
