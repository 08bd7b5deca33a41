"""scripts/report: measures this machine, and writes a page about it; or compares two builds."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

from report_pages import compare, machine, measure, onnxruntime
from report_pages.plan import Plan

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "release")


def parse():
    parser = argparse.ArgumentParser(prog="scripts/report", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="about a minute: a few layers of each kind, fewer rounds")
    parser.add_argument("--threads", type=int, default=1, metavar="N",
                        help="threads of Windrow, the peers and the probes (1)")
    parser.add_argument("--shapes", metavar="FILE", default="",
                        help="layers to measure (bench/shapes/layers.txt)")
    parser.add_argument("--target", default="", help="SIMD target of Windrow (the best)")
    parser.add_argument("--peers", default="all", metavar="LIST",
                        help="all, none, or names separated by commas")
    parser.add_argument("--output", default="report", metavar="DIR",
                        help="where index.html and results.json are written (report)")
    parser.add_argument("--resume", action="store_true",
                        help="go on after an interrupt, with the same options")
    parser.add_argument("--docs", action="store_true",
                        help="write this machine's section of docs/performance.md, too")
    parser.add_argument("--page", metavar="RESULTS.json",
                        help="measure nothing: draw the page of these results")
    gate = parser.add_argument_group("comparing")
    gate.add_argument("--compare", nargs=2, metavar=("A", "B"),
                      help="two results.json, or two builds, measured in turn: folders or commits")
    gate.add_argument("--fail-past", type=float, default=5, metavar="PERCENT",
                      help="exit with 1 if a layer of B is slower by more (5); what is slower by "
                           "just that is caught half of the time")
    gate.add_argument("--pairs", type=int, metavar="N",
                      help="runs of each build (16; 10 with --quick)")
    options = parser.parse_args()
    if options.docs and options.quick:
        parser.error("--docs is written by the whole measurement, not by --quick")
    if options.threads < 1:
        parser.error("--threads must be at least 1")
    if options.pairs is not None and options.pairs < 8:
        parser.error("--pairs must be at least 8: fewer prove nothing")
    options.layers_file = options.shapes or os.path.join(ROOT, "bench", "shapes", "layers.txt")
    options.pools_file = os.path.join(ROOT, "bench", "shapes", "pools.txt")
    if not os.path.isfile(options.layers_file):
        parser.error(f"there is no file {options.layers_file}")
    return options


def build():
    """Only what is measured."""
    print("report: building", file=sys.stderr)
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "--preset", "release", "-j", str(os.cpu_count()),
                     "--target", "windrow_bench", "windrow_program"]):
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"report: {' '.join(command)} failed:\n{run.stdout}")


def begin(options, commit):
    """The folder of the parts; those of another run are removed."""
    parts = os.path.join(options.output, "parts")
    os.makedirs(parts, exist_ok=True)
    this_run = {"quick": options.quick, "threads": options.threads, "shapes": options.shapes,
                "target": options.target, "peers": options.peers, "commit": commit}
    path = os.path.join(options.output, "run.json")
    if options.resume:
        try:
            with open(path, encoding="utf-8") as file:
                before = json.load(file)
        except OSError:
            sys.exit(f"report: there is nothing in {options.output} to resume")
        for name, value in this_run.items():
            if before.get(name) != value:
                sys.exit(f"report: {options.output} was begun with {name} {before.get(name)!r}, "
                         f"not {value!r}; without --resume it is measured anew")
    else:
        shutil.rmtree(parts)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(this_run, file)
    return parts


def measure_all(options):
    build()
    os.makedirs(options.output, exist_ok=True)
    commit = machine.commit(ROOT)
    parts = begin(options, commit)
    info_path = os.path.join(options.output, "info.json")
    if not (options.resume and os.path.exists(info_path)):
        subprocess.run([os.path.join(BUILD, "tools", "windrow"), "info", "--json", info_path],
                       check=True, stdout=subprocess.DEVNULL)
    with open(info_path, encoding="utf-8") as file:
        info = json.load(file)
    options.onnxruntime = onnxruntime.version()
    plan = Plan(options, info, options.output)
    version, flags = machine.compiler(BUILD)
    measured = measure.run_all(plan, BUILD, parts)
    extra = {"info": info, "topology": machine.topology(), "compiler": version, "flags": flags,
             "commit": commit, "quick": options.quick, "target": plan.target,
             "threads": options.threads, "cpus": os.cpu_count(), "onnxruntime": options.onnxruntime,
             "date": time.strftime("%Y-%m-%d")}
    return measure.merge(measured, extra)


def draw(options, report):
    from report_pages import docs, page  # matplotlib takes a second
    from report_pages.results import Results
    os.makedirs(options.output, exist_ok=True)
    path = os.path.join(options.output, "index.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page.render(report))
    print(f"report: {path}", file=sys.stderr)
    if options.docs:
        docs.write(ROOT, Results(report))


def main():
    options = parse()
    if options.compare:
        return compare.main(options, ROOT)
    if options.page:
        with open(options.page, encoding="utf-8") as file:
            report = json.load(file)
    else:
        report = measure_all(options)
        with open(os.path.join(options.output, "results.json"), "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
    draw(options, report)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nreport: interrupted; --resume goes on", file=sys.stderr)
        sys.exit(130)
    except (OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"report: {error}")
