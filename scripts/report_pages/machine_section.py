"""The page's section about the machine, and the warnings."""
from report_pages import figures, html
from report_pages.results import PEER_NAMES

DRIFT = 0.05


def _bytes(value):
    return f"{value / 2**20:g} MiB" if value >= 2**20 else f"{value / 2**10:g} KiB"


def warnings(results):
    """Lines; none if the measurement can be trusted."""
    lines = []
    for name, rates in results.drift().items():
        lost = 1 - min(rates)
        if lost > DRIFT:
            lines.append(f"{name.removeprefix('probe/')} drifted by {100 * lost:.0f} % over the "
                         "run: the machine was not the same all the time. Ratios are of pairs "
                         "within a round and hold; percents of the limit are less sure.")
    free = results.extra["cpus"] - results.extra["threads"]
    load = results.extra["load"]
    busy = [l for l in load if l["others"] > free + 0.1]
    if busy:
        lines.append(f"Other programs needed a CPU of the measurement in {len(busy)} of "
                     f"{len(load)} batches, up to {max(l['others'] for l in busy):.1f} CPUs.")
    stolen = [l for l in load if l["stolen"] > 0.01]
    if stolen:
        lines.append(f"The hypervisor took CPU time away in {len(stolen)} of {len(load)} batches.")
    for error in results.errors:
        lines.append(f"{error.row['name']} failed: {error.error}")
    return lines


def _targets(results):
    rows = []
    best = results.extra["info"]["targets"]
    for t in best:
        if not t["usable"]:
            rows.append((html.escape(t["name"]), f'<span class="left">not usable: '
                         f'{html.escape(t["why_not"])}</span>', "", ""))
            continue
        def peak(kind):
            probe = results.probe(f"probe/peak_{kind}/{t['name']}")
            return f"{1e-9 * probe['flops_per_second']:.0f}" if probe else "–"
        rows.append((html.escape(t["name"]), f"{t['lanes']} lanes, {t['class']}", peak("fused"),
                     peak("unfused")))
    return html.table(("target", "vectors, class", "fused multiply-adds",
                       "multiplications and sums"), rows)


def bandwidth(results, access, level):
    probe = results.probe(f"probe/{access}/{level}")
    return probe["bytes_per_second"] if probe else None


def levels(results):
    return [name.split("/")[2] for section, name in results.probes
            if section == "probes" and name.startswith("probe/read/")]


def _memory(results):
    rows = []
    for level in levels(results):
        cells = [bandwidth(results, a, level) for a in ("read", "copy", "copy_non_temporal")]
        rows.append([level] + ["–" if c is None else html.number(1e-9 * c) for c in cells])
    return html.table(("level", "read", "copy", "copy past the caches"), rows)


def render(results):
    extra, context = results.extra, results.context
    info = extra["info"]
    caches = ", ".join(f"L{c['level']} {_bytes(c['bytes'])}" for c in info["caches"])
    peers = ", ".join(f"{name} {context[key]}" for key, name in PEER_NAMES.items()
                      if key in context) or "none"
    if extra.get("onnxruntime"):
        peers += f", ONNX Runtime {extra['onnxruntime']} in a process of its own"
    loads = [l["load_average"] for l in extra["load"]]
    others = [l["others"] for l in extra["load"]]
    text = html.facts([
        ("CPU", info["cpu"]), ("cores, threads", f"{info['cores']}, {info['threads']}"),
        ("caches of a core", caches), *extra["topology"].items(),
        ("compiler", extra["compiler"]), ("flags of the kernels", extra["flags"]),
        ("Windrow", f"{info['version']}, commit {extra['commit'] or 'unknown'}"),
        ("peers", peers), ("measured", f"{extra['date']}, {extra['threads']} "
                           f"thread{'s' if extra['threads'] > 1 else ''}, target {extra['target']}"),
        ("load average", f"{min(loads):.1f} to {max(loads):.1f}"),
        ("other programs", f"{sum(others) / len(others):.2f} CPUs in the mean, at most "
                           f"{max(others):.2f}")])
    text += "<h3>SIMD targets, and their peaks in GFLOP/s</h3>" + _targets(results)
    text += "<h3>Memory in GB/s</h3>" + _memory(results)
    text += "<h3>How steady the machine was</h3>" + html.figure(
        figures.drift(results.drift()),
        "The probes of the limit, repeated with every batch, as parts of the best. Below the "
        "dashed line the machine had changed by more than 5 %.")
    return text + html.repeat(extra["commands"].get("probes"))
