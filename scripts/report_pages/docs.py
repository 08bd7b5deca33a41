"""docs/performance.md: a section a machine, of which only that of the machine at hand is
rewritten; README's short table and picture are of the machine that was measured last."""
import os
import re

from report_pages import figures, machine_section, sections
from report_pages.results import PEER_NAMES

HEAD = """# How fast Windrow is

Written by `scripts/report --docs`, a section a machine; `scripts/report` alone writes a page with pictures, intervals and much
more about the machine at hand. A ratio is the time of the peer over Windrow's: above 1 Windrow is faster. It is the median of the
ratios within rounds in which all of them take turns; † marks a loss or a win that is not certain, the 95 % interval being on both
sides of 1. No absolute times: a shared machine's clock wanders. No Winograd anywhere.
"""
_LIGHT = {"ink": "#1d2430", "muted": "#5d6878", "grid": "#e3e7ec", "nhwc": "#1f6fb2",
          "nchw": "#c2670a", "bad": "#c0392b"}
_DARK = {"ink": "#e3e8ee", "muted": "#9aa6b4", "grid": "#2b323b", "nhwc": "#6ab0ea",
         "nchw": "#eda35a", "bad": "#ff7b6b"}


def name_of(results):
    info = results.extra["info"]
    last = max(info["caches"], key=lambda c: c["level"], default=None)
    cache = f", {last['bytes'] / 2**20:g} MiB of L{last['level']}" if last else ""
    threads = results.extra["threads"]
    return (re.sub(r"\((R|TM)\)|\s+(?=\s|$)", "", info["cpu"]) + f"{cache}, "
            f"{results.extra['target']}, {threads} thread{'s' if threads > 1 else ''}")


def _ratio(r):
    if r is None:
        return "-"
    digits = 0 if r.middle >= 99.5 else 1 if r.middle >= 9.95 else 2
    return f"{r.middle:.{digits}f}" + ("†" if r.low <= 1 <= r.high else "")


def _mean(value):
    return "-" if value is None else f"{value:.2f}"


def table(head, rows):
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


GROUPS = (("convolution", "speed", "conv"), ("max pooling", "pooling", "max_pool"),
          ("average pooling", "pooling", "avg_pool"),
          ("gradient by data", "backward", "backward_data"),
          ("gradient by weights", "backward", "backward_weights"))


def summary(results):
    rows = []
    for title, section, operation in GROUPS:
        benchmarks = [b for b in results.sections[section] if b.operation == operation]
        for layout, count, lost, even, won, same, best, limit in sections.summary_rows(benchmarks):
            rows.append((f"{title}, {layout}", count, lost, even, won, _mean(same), _mean(best),
                         f"{limit:.0f}"))
    return table(("", "layers", "lost", "even", "won", "to the best of the same layout",
                  "of any layout", "% of limit"), rows)


def layers(benchmarks):
    """A layer a row, both layouts; losses first."""
    by_name = {}
    for b in benchmarks:
        by_name.setdefault(b.layer, {})[b.layout] = b
    rows = []
    def worst(item):
        return min((r.middle for r in (b.best_of_all() for b in item[1].values()) if r), default=0)
    for layer, of in sorted(by_name.items(), key=worst):
        row, fastest = [layer], None
        for layout in ("nhwc", "nchw"):
            b = of.get(layout)
            best = b.best_of_all() if b else None
            fastest = fastest or best and best.format
            row += [f"{b.percent_of_limit():.0f}" if b else "-",
                    _ratio(b.best_same_layout() if b else None), _ratio(best)]
        row.append(fastest or "-")
        rows.append(row)
    return table(("layer", "NHWC, % of limit", "same layout", "any layout", "NCHW, % of limit",
                  "same layout", "any layout", "fastest peer"), rows)


def section(results):
    extra = results.extra
    peers = ", ".join(f"{name} {results.context[key]}" for key, name in PEER_NAMES.items()
                      if key in results.context) or "no peers"
    text = (f"Measured {extra['date']}, commit {extra['commit'] or 'unknown'}, {extra['compiler']}; "
            f"peers: {peers}.\n\n")
    for line in machine_section.warnings(results):
        text += f"**{line}**\n\n"
    text += "Lost and won are layers whose interval against the best peer given the same layout is "
    text += "on one side of 1.\n\n" + summary(results)
    for title, part, operation in GROUPS:
        benchmarks = [b for b in results.sections[part] if b.operation == operation]
        if benchmarks:
            text += f"\n### {title.capitalize()}\n\n" + layers(benchmarks)
    return text


def replace_section(text, name, body):
    """`text` with the section of this machine, which goes last if there was none."""
    begin, end = f"<!-- machine: {name} -->", "<!-- end of machine -->"
    new = f"{begin}\n## {name}\n\n{body}{end}\n"
    pattern = re.escape(begin) + r".*?" + re.escape(end) + "\n"
    if re.search(pattern, text, flags=re.S):
        return re.sub(pattern, lambda _: new, text, flags=re.S)
    return text + "\n" + new


def replace_table(text, body):
    """README with the short table between its marks."""
    begin, end = "<!-- scripts/report writes this -->\n", "<!-- until here -->"
    if begin not in text:
        raise ValueError(f"README.md has no {begin.strip()}")
    before, rest = text.split(begin, 1)
    return before + begin + body + end + rest.split(end, 1)[1]


def picture(benchmarks):
    """One that stands alone, in light and dark."""
    drawn = figures.ratios(benchmarks)
    if drawn is None:
        return None
    def variables(colours):
        return "svg{" + "".join(f"--{n}:{c};" for n, c in colours.items()) + "}"
    style = (f"<style>{variables(_LIGHT)}svg *{{stroke-linejoin:round}}"
             f"@media(prefers-color-scheme:dark){{{variables(_DARK)}}}</style>")
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn[0]).groups()
    return re.sub(r"<svg ([^>]*)>", lambda m: f'<svg width="{width}" height="{height}" {m[1]}>'
                  f"{style}", drawn[0], count=1) + "\n"


def _rewrite(path, change, default=""):
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = default
    text = change(text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write(root, results):
    os.makedirs(os.path.join(root, "docs"), exist_ok=True)
    name = name_of(results)
    _rewrite(os.path.join(root, "docs", "performance.md"),
             lambda text: replace_section(text, name, section(results)), HEAD)
    drawn = picture(results.sections["speed"])
    if drawn:
        _rewrite(os.path.join(root, "docs", "performance.svg"), lambda _: drawn)
    short = (f"On {name}; peers given the same layout and the best of any layout, geometric means "
             "of the layers")
    if machine_section.warnings(results):
        short += ", measured on a machine that was not quiet (how, docs/performance.md says)"
    short += ":\n\n" + summary(results)
    _rewrite(os.path.join(root, "README.md"), lambda text: replace_table(text, short))
