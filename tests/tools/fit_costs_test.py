"""Runs scripts/fit-costs on made-up reports, whose factors are known: fit_costs_test.py FIT_COSTS."""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

FACTORS = {("direct", "nhwc"): 0.5, ("direct", "nchw"): 2.0, ("im2col", "nhwc"): 1.6,
           ("im2col", "nchw"): 0.625}  # their product is 1
LAYERS = 40


def write_report(path, algorithm):
    benchmarks = [{"name": "conv/none/nhwc", "label": "direct AVX3", "windrow_us": 1.0},
                  {"name": "conv/broken/nhwc", "error_occurred": True}]
    for i in range(LAYERS):
        for layout in ("nhwc", "nchw"):
            cycles = 1000.0 * 1.3 ** i * (1.1 if algorithm == "direct" else 1)
            noise = math.exp(0.01 * (-1) ** i)
            benchmarks.append({"name": f"conv/layer{i}/{layout}", "label": f"{algorithm} AVX3, best",
                               "windrow_us": cycles / 3000 * FACTORS[algorithm, layout] * noise,
                               "estimated_cycles": cycles})
    path.write_text(json.dumps({"benchmarks": benchmarks}))


def write_tuned(path):
    """The same runs, as windrow tune reports them, and a variant of a plan, which does not count."""
    calls = []
    for i in range(LAYERS):
        for layout in ("nhwc", "nchw"):
            plans = [{"plan": "direct/tile", "estimated_cycles": 1.0, "microseconds": 1.0}]
            for algorithm in ("direct", "im2col"):
                cycles = 1000.0 * 1.3 ** i * (1.1 if algorithm == "direct" else 1)
                noise = math.exp(0.01 * (-1) ** i)
                plans.append({"plan": algorithm, "estimated_cycles": cycles,
                              "microseconds": cycles / 3000 * FACTORS[algorithm, layout] * noise})
            calls.append({"name": f"layer{i} {layout}", "layout": layout, "target": "AVX3",
                          "plans": plans})
    path.write_text(json.dumps({"calls": calls}))


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True)


def main():
    fit_costs = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, name + ".json") for name in ("direct", "im2col", "empty")]
        for path in paths[:2]:
            write_report(path, path.stem)
        result = run(fit_costs, *map(str, paths[:2]))
        assert result.returncode == 0, result.stderr
        rows = [line.split() for line in result.stdout.splitlines()]
        for (algorithm, layout), factor in FACTORS.items():
            row = next(r for r in rows if r[:2] == [algorithm, layout])
            assert row[2] == str(LAYERS) and row[3] == "1.00", row
            assert abs(float(row[4]) / factor - 1) < 0.02, row
            assert row[-2] == "1", row  # the noise
        # By the estimates im2col always was the cheaper one; of nhwc direct is.
        assert (f"of {2 * LAYERS} layers the fastest is chosen for {LAYERS}, then {2 * LAYERS}; "
                in result.stdout), result.stdout
        write_tuned(paths[2])
        tuned = run(fit_costs, str(paths[2]))
        assert tuned.stdout == result.stdout, tuned
        paths[2].write_text('{"benchmarks": []}')
        empty = run(fit_costs, str(paths[2]))
        assert empty.returncode == 1 and "estimated_cycles" in empty.stderr, empty


if __name__ == "__main__":
    main()
