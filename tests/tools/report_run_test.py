"""Tests how scripts/report runs windrow_bench, with a made-up one: report_run_test.py SCRIPTS_FOLDER.

What is interrupted is gone on with, and of two builds the slower one is found."""
import os
import pathlib
import subprocess
import sys
import tempfile
from types import SimpleNamespace

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
try:
    from report_pages import measure, onnxruntime, shapes
    from report_pages.plan import Batch, Plan
except ModuleNotFoundError as missing:
    print(f"skipped: {missing}; scripts/setup python3-numpy")
    sys.exit(77)

# Is as many times slower as its folder's file says; appends its arguments to another one; if there
# is a third, it is interrupted when it has run that often.
BENCH = """#!/usr/bin/python3
import json, pathlib, random, re, sys
here = pathlib.Path(__file__).parent
runs = here / "runs"
before = runs.read_text() if runs.exists() else ""
runs.write_text(before + " ".join(sys.argv[1:]) + "\\n")
stop = here / "stop"
if stop.exists() and before.count("\\n") == int(stop.read_text()):
    sys.exit(130)
slower = float((here / "slower").read_text())
generator = random.Random(before.count("\\n") + 1000 * slower)
names = re.search(r"\\(([\\w|]*)\\)", " ".join(sys.argv))[1].split("|")
rows = []
for name in names:
    row = {"name": f"conv/{name}/nhwc"}
    for i in range(3):
        row[f"windrow_us[{i}]"] = 100 * slower * generator.uniform(1, 1.02)
        row[f"limit_us[{i}]"] = 50
    rows.append(row)
path = next(a for a in sys.argv if a.startswith("--json=")).split("=", 1)[1]
pathlib.Path(path).write_text(json.dumps({"context": {"num_cpus": 1}, "benchmarks": rows}))
"""


def make_build(folder, slower):
    bench = pathlib.Path(folder, "bench")
    bench.mkdir(parents=True)
    (bench / "windrow_bench").write_text(BENCH)
    (bench / "windrow_bench").chmod(0o755)
    (bench / "slower").write_text(str(slower))
    return bench


def test_resume(folder):
    bench = make_build(folder / "build", 1)
    parts = folder / "parts"
    batches = [Batch(f"{i:03}-speed", "speed", "", "windrow_bench",
                     [f"--benchmark_filter=^conv/(layer{i})/"], 1.0) for i in range(4)]
    plan = SimpleNamespace(batches=batches)
    (bench / "stop").write_text("2")
    try:
        measure.run_all(plan, folder / "build", parts)
        raise AssertionError("was not interrupted")
    except KeyboardInterrupt:
        pass
    assert sorted(p.name for p in parts.glob("*.json")) == ["000-speed.json", "001-speed.json"]
    (bench / "stop").unlink()
    (parts / "000-speed.json").write_text("{")  # as if the disk had been full
    report = measure.merge(measure.run_all(plan, folder / "build", parts), {"quick": True})
    assert [r["name"] for r in report["benchmarks"]] == [f"conv/layer{i}/nhwc" for i in range(4)]
    ran = [line.split("layer")[1][0] for line in (bench / "runs").read_text().splitlines()]
    assert ran == ["0", "1", "2", "0", "2", "3"], ran
    assert report["context"]["report"]["load"][3]["batch"] == "003-speed"


def test_compare(folder):
    builds = {}
    for name, slower in (("a", 1), ("same", 1.001), ("slow", 1.09)):
        make_build(folder / name, slower)
        builds[name] = str(folder / name)
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-B", "-m", "report_pages", "--quick", "--output",
             str(folder / "out"), "--compare", *arguments],
            env={"PYTHONPATH": sys.argv[1], "PATH": os.environ["PATH"]}, capture_output=True,
            text=True)
    same = run(builds["a"], builds["same"])
    assert same.returncode == 0 and " 0 inconclusive" in same.stdout, same
    slow = run(builds["a"], builds["slow"])
    assert slow.returncode == 1 and "20 pairs" in slow.stdout, slow  # once more, to be sure
    assert "0 equivalent, 0 inconclusive" in slow.stdout, slow
    assert run(builds["slow"], builds["a"]).returncode == 0
    assert "no commit" in run(builds["a"], "nothing_like_it").stderr
    broken = run(builds["a"], str(folder))
    assert broken.returncode == 1 and "has no bench/windrow_bench" in broken.stderr, broken


def test_shapes(folder):
    path = folder / "layers.txt"
    path.write_text("# none\nfirst 1 1 3 8 8 16 3 3 1 1 1 1 1 1 1 net  # a comment\n"
                    "depth 1 8 8 8 8 8 3 3 2 2 1 1 1 1 1 net\none 1 1 8 8 8 4 1 1 1 1 0 0 1 1 1 net\n"
                    "two 1 1 8 8 8 4 1 1 1 1 0 0 1 1 1 net\n")
    layers = shapes.read_layers(path)
    assert [shapes.kind(l) for l in layers.values()] == ["first layer", "depthwise", "1x1", "1x1"]
    assert shapes.multiply_adds(layers["depth"]) == 8 * 4 * 4 * 9
    assert shapes.some_of_each_kind(layers, 1) == ["first", "depth", "one"]
    (folder / "cliffs.txt").write_text(shapes.cliffs(1))
    assert len(shapes.read_layers(folder / "cliffs.txt")) == 130 + 70 + 11


def test_plan(folder):
    options = SimpleNamespace(quick=False, threads=2, shapes="", target="", peers="onednn",
                              onnxruntime="1.0", layers_file=str(folder / "layers.txt"),
                              pools_file=str(folder / "pools.txt"))
    (folder / "pools.txt").write_text("pool max 1 8 8 8 2 2 2 2 0 0 0 net\n")
    info = {"active_target": "AVX2", "targets": [
        {"name": "AVX2", "usable": True, "class": "fused", "lanes": 8},
        {"name": "SSE4", "usable": True, "class": "unfused", "lanes": 4}]}
    plan = Plan(options, info, str(folder))
    speed = next(b for b in plan.batches if b.section == "speed")
    assert measure.command_of(speed) == (
        "build/release/bench/windrow_bench '--benchmark_filter=^(conv/(first|depth|one|two)/|"
        "probe/(peak_fused/AVX2|read/L2)$)' --rounds=11 --threads=2 --peers=onednn")
    # Layers so small are mostly JavaScript.
    assert all(b.section != "onnxruntime" for b in plan.batches)
    assert {b.variant for b in plan.batches if b.section == "targets"} == {"AVX2", "SSE4"}
    assert len({b.name for b in plan.batches}) == len(plan.batches)


def test_onnxruntime(folder):
    layer = dict(zip(shapes.COLUMNS, (1, 2, 4, 8, 8, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1)))
    text = onnxruntime.model(layer)
    assert onnxruntime.output_size(layer) == [4, 4]
    assert len(text) > 4 * 6 * 2 * 9 and b"Conv" in text and b"dilations" in text
    if onnxruntime.version():
        report = onnxruntime.measure({"a": layer}, 3, 1)
        assert len(report["benchmarks"][0]) == 4, report
    rows = onnxruntime.add_to([{"name": "conv/a/nhwc", "section": "speed", "windrow_us[0]": 2},
                               {"name": "onnxruntime/a/nchw", "onnxruntime_us[0]": 3}])
    assert rows == [{"name": "conv/a/nhwc", "section": "speed", "windrow_us[0]": 2,
                     "onnxruntime_us[0]": 3}]


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        test_resume(folder / "resume")
        test_compare(folder / "compare")
        test_shapes(folder)
        test_plan(folder)
        test_onnxruntime(folder)


if __name__ == "__main__":
    main()
