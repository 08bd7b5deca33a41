"""Runs the batches of a plan, keeps what each measured in a file of its own, and puts them
together."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from report_pages import machine, onnxruntime, shapes


class Progress:
    """A bar with the time left on a terminal, else a line a batch."""

    def __init__(self, batches, out=sys.stderr):
        self.out = out
        self.total = sum(b.weight for b in batches)
        self.done = self.measured = self.seconds = 0.0
        self.terminal = out.isatty()

    def left(self):
        speed = self.seconds / self.measured if self.measured else 1.0
        seconds = (self.total - self.done) * speed
        return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"

    def begin(self, batch):
        part = self.done / self.total
        text = f"{100 * part:3.0f} %  {batch.section} {batch.variant}".rstrip()
        text += f", about {self.left()} left"
        if self.terminal:
            bar = ("#" * round(30 * part)).ljust(30, ".")
            self.out.write(f"\r\033[K[{bar}] {text}")
        else:
            self.out.write(f"report: {text}\n")
        self.out.flush()

    def end(self, batch, seconds=None):
        self.done += batch.weight
        if seconds is not None:
            self.measured += batch.weight
            self.seconds += seconds

    def close(self):
        if self.terminal:
            self.out.write("\r\033[K")
            self.out.flush()


def command_of(batch, build="build/release"):
    """What repeats a batch, as a user of the sources would write it."""
    if batch.program == "onnxruntime":
        return "scripts/report --peers=onnxruntime"
    folder = "tools" if batch.program == "windrow" else "bench"
    words = [f"{build}/{folder}/{batch.program}", *batch.arguments]
    return " ".join(w if re.fullmatch(r"[\w./=:,+-]+", w) else "'" + w + "'" for w in words)


def _training(build, batch):
    """`windrow train` says how many pictures a second it learns."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([os.path.join(build, "tools", "windrow"), *batch.arguments,
                              f"--save={folder}/lenet"], capture_output=True, text=True, check=True)
    rate = float(re.findall(r"([\d.]+) images/s", run.stdout)[-1])
    return {"context": {}, "benchmarks": [
        {"name": "train/lenet5/nchw", "run_type": "iteration", "real_time": 1e6 / rate,
         "time_unit": "us", "images_per_second": rate}]}


def run_bench(build, arguments, path):
    """Writes the report of windrow_bench to `path` once it is complete. Raises KeyboardInterrupt if
    the bench was interrupted, RuntimeError with what it said if there is no report."""
    unfinished = path + ".unfinished"
    command = [os.path.join(build, "bench", "windrow_bench"), *arguments, "--samples",
               f"--json={unfinished}"]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                         check=False)
    if run.returncode > 128 or run.returncode < 0:
        raise KeyboardInterrupt
    if run.returncode not in (0, 1):  # 1: a benchmark failed, which its row says
        raise RuntimeError(f"{' '.join(command)}: {run.stderr.strip()}")
    with open(unfinished, encoding="utf-8") as file:
        report = json.load(file)
    os.remove(unfinished)
    return report


def _onnxruntime(batch):
    flags = dict(a[2:].split("=", 1) for a in batch.arguments if a.startswith("--"))
    layers = shapes.read_layers(flags["shapes"])
    names = [a for a in batch.arguments if not a.startswith("--")]
    return onnxruntime.measure({name: layers[name] for name in names}, int(flags["rounds"]),
                               int(flags["threads"]))


def _run(build, batch, path):
    if batch.program == "onnxruntime":
        return _onnxruntime(batch)
    if batch.program == "windrow":
        return _training(build, batch)
    return run_bench(build, batch.arguments, path)


def run_all(plan, build, folder):
    """The reports of all batches, those in `folder` as they are."""
    os.makedirs(folder, exist_ok=True)
    progress = Progress(plan.batches)
    parts = []
    for batch in plan.batches:
        path = os.path.join(folder, batch.name + ".json")
        part = _kept(path, batch)
        if part is None:
            progress.begin(batch)
            load, start = machine.Load(), time.monotonic()
            part = _run(build, batch, path)
            seconds = time.monotonic() - start
            part["batch"] = {**batch._asdict(), "command": command_of(batch), "seconds": seconds,
                             "load": load.ended(), "load_average": os.getloadavg()[0]}
            with open(path, "w", encoding="utf-8") as file:
                json.dump(part, file, indent=1)
            progress.end(batch, seconds)
        else:
            progress.end(batch)
        parts.append(part)
    progress.close()
    return parts


def _kept(path, batch):
    try:
        with open(path, encoding="utf-8") as file:
            part = json.load(file)
    except (OSError, ValueError):
        return None
    same = part.get("batch", {}).get("arguments") == batch.arguments
    return part if same else None


def merge(parts, extra):
    """One report of Google Benchmark: each row with the batch it comes from."""
    context = next((dict(p["context"]) for p in parts if p["context"]), {})
    for path in ("executable", "shapes", "pools"):
        context.pop(path, None)
    rows = []
    for part in parts:
        batch = part["batch"]
        for row in part["benchmarks"]:
            probe = row["name"].startswith("probe/") and batch["section"] != "probes"
            rows.append({**row, "section": "drift" if probe else batch["section"],
                         "variant": batch["variant"]})
    commands = {}
    for part in parts:
        of_section = commands.setdefault(part["batch"]["section"], [])
        if part["batch"]["command"] not in of_section:
            of_section.append(part["batch"]["command"])
    context["report"] = {**extra, "commands": commands, "load": [
        {"batch": p["batch"]["name"], **p["batch"]["load"],
         "load_average": p["batch"]["load_average"]} for p in parts]}
    return {"context": context, "benchmarks": onnxruntime.add_to(rows)}
