"""The pictures of the page."""
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from report_pages import svg

C = svg.COLOURS
LAYOUTS = (("nhwc", "NHWC"), ("nchw", "NCHW"))


def _ratio_axis(axis, low, high):
    ticks = [t for t in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200)
             if low <= t <= high]
    if len(ticks) > 9:
        ticks = [t for t in ticks if t not in (0.3, 0.7, 1.5, 3)]
    axis.set_ticks(ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def ratios(benchmarks, name="ratios", wide=3.0, narrow=5.0):
    """Of each layout the layers in the order of their ratio to the best peer given that layout."""
    best = {layout: sorted(r for r in (b.best_same_layout() for b in benchmarks
                                       if b.layout == layout) if r) for layout, _ in LAYOUTS}
    everything = [v for ratios in best.values() for r in ratios for v in (r.low, r.high)]
    if not everything:
        return None
    low, high = min(*everything, 0.8) / 1.1, max(*everything, 1.25) * 1.1

    def paint(axes, is_narrow):
        for ax, (layout, title) in zip(axes, LAYOUTS):
            ax.set_yscale("log")
            ax.axhline(1, color=C["ink"], linewidth=1)
            for colour, belongs in ((C["bad"], lambda r: r.high < 1),
                                    (C["muted"], lambda r: r.low <= 1 <= r.high),
                                    (C[layout], lambda r: r.low > 1)):
                at = [(i, r) for i, r in enumerate(best[layout]) if belongs(r)]
                xs = [i for i, _ in at]
                ax.vlines(xs, [r.low for _, r in at], [r.high for _, r in at], color=colour,
                          linewidth=1.2)
                ax.plot(xs, [r.middle for _, r in at], "o", color=colour,
                        markersize=2.6 if is_narrow else 3.4)
            ax.set_ylim(low, high)
            ax.set_xlim(-1, max(1, len(best[layout])))
            _ratio_axis(ax.yaxis, low, high)
            ax.set_xticks([])
            ax.grid(axis="x", visible=False)
            ax.set_title(title)
            ax.set_xlabel(f"{len(best[layout])} layers, the slowest first")
        axes[0].set_ylabel("best peer's time / Windrow's")
    return svg.draw(name, paint, wide, narrow, subplots=2)


def roofline(benchmarks, peak, bandwidths):
    """`bandwidths` {level: bytes a second}; all as parts of the peak."""
    points = [(b["flops"] / b["bytes"], 100e6 * b["flops"] / b["windrow_us"] / peak, b.layout)
              for b in benchmarks if b.row.get("flops")]
    if not points:
        return None
    left, right = min(p[0] for p in points) / 1.5, max(p[0] for p in points) * 1.5
    bottom = max(0.05, min(p[1] for p in points) / 1.5)

    def paint(ax, is_narrow):
        ax.set_xscale("log")
        ax.set_yscale("log")
        for level, rate in bandwidths.items():
            ridge = peak / rate
            ax.plot([left, ridge], [100 * left / ridge, 100], color=C["muted"], linewidth=0.9)
            if ridge > left:
                ax.text(ridge, 108, level, fontsize=7, color=C["muted"], ha="center", va="bottom")
        ax.plot([left, right], [100, 100], color=C["ink"], linewidth=1)
        for layout, title in LAYOUTS:
            ax.plot([p[0] for p in points if p[2] == layout],
                    [p[1] for p in points if p[2] == layout], "o" if layout == "nhwc" else "D",
                    color=C[layout], markersize=3.6, label=title, fillstyle="full" if
                    layout == "nhwc" else "none", linestyle="none", markeredgewidth=1)
        ax.set_xlim(left, right)
        ax.set_ylim(bottom, 160)
        ax.set_xlabel("operations a byte that must be moved")
        ax.set_ylabel("% of the multiply-add peak")
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_locator(NullLocator())
        ax.legend(loc="lower right")
    return svg.draw("roofline", paint, 3.6, 3.4)


def _grouped_bars(name, groups, series, values, xlabel):
    """Horizontal bars, `series` {label: colour}, `values[label][group]`."""
    height = 0.11 * len(groups) * (len(series) + 1.2) + 0.9

    def paint(ax, is_narrow):
        step = 1 / (len(series) + 1)
        for i, (label, colour) in enumerate(series.items()):
            rows = [(g, values[label][group]) for g, group in enumerate(groups)
                    if group in values[label]]
            ax.barh([g + (i - (len(series) - 1) / 2) * step for g, _ in rows],
                    [v for _, v in rows], height=0.9 * step, color=colour, label=label)
        ax.set_yticks(range(len(groups)), groups, color=C["ink"])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(groups) - 0.4, -0.6)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(xlabel)
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncol=3 if is_narrow else 6)
    return svg.draw(name, paint, height, height)


def targets(benchmarks, best):
    """Speeds of each target, as parts of those of the best one."""
    times = {}
    for b in benchmarks:
        times.setdefault(b.row["variant"], {})[b.layer] = b["windrow_us"]
    if best not in times:
        return None
    speeds = {target: {layer: 100 * times[best][layer] / t for layer, t in layers.items()
                       if layer in times[best]} for target, layers in times.items()}
    series = dict(zip(speeds, svg.SERIES))
    return _grouped_bars("targets", list(times[best]), series, speeds,
                         f"speed, % of {best}'s")


def cold(benchmarks):
    values = {"weights in the cache": {}, "cold weights": {}}
    for b in benchmarks:
        values["cold weights"][b.layer] = b["pct_of_limit"]
        values["weights in the cache"][b.layer] = b["pct_of_limit"] * b["times_warm"]
    series = {"weights in the cache": C["nhwc"], "cold weights": C["nchw"]}
    return _grouped_bars("cold", list(values["cold weights"]), series, values, "% of the limit")


def threads(benchmarks):
    times = {}
    for b in benchmarks:
        times.setdefault(b.layer, {})[int(b.row["variant"])] = b["windrow_us"]
    times = {layer: t for layer, t in times.items() if 1 in t and len(t) > 1}
    if not times:
        return None
    most = max(max(t) for t in times.values())
    if most <= 2:  # one number a layer
        return _grouped_bars("threads", list(times), {"2 threads": C["nhwc"]},
                             {"2 threads": {layer: t[1] / t[2] for layer, t in times.items()}},
                             "times faster than with one thread")

    def paint(ax, is_narrow):
        ax.plot([1, most], [1, most], color=C["muted"], linewidth=0.9, linestyle="--")
        for i, (layer, t) in enumerate(times.items()):
            xs = sorted(t)
            ax.plot(xs, [t[1] / t[x] for x in xs], marker="o", markersize=3, label=layer,
                    color=svg.SERIES[i % len(svg.SERIES)],
                    linestyle="-" if i < len(svg.SERIES) else ":")
        ax.set_xlabel("threads")
        ax.set_ylabel("times faster than one thread")
        ax.legend(fontsize=7, ncol=1 if is_narrow else 2)
    return svg.draw("threads", paint, 3.4, 3.8)


def cliff(benchmarks, what, label):
    """Percent of the limit over the number that differs; the top of the axis is the limit."""
    lines = {"Windrow NHWC": (C["nhwc"], 1.5, {}), "Windrow NCHW": (C["nchw"], 1.5, {}),
             "oneDNN NHWC": (C["peer"], 0.9, {})}
    for b in benchmarks:
        kind, _, number = b.layer.rpartition("_")
        if kind != what:
            continue
        lines[f"Windrow {b.layout.upper()}"][2][int(number)] = b.percent_of_limit()
        if b.layout == "nhwc" and "onednn_nhwc" in b.samples:
            lines["oneDNN NHWC"][2][int(number)] = b.percent_of_limit("onednn_nhwc")
    if not lines["Windrow NHWC"][2]:
        return None

    def paint(ax, is_narrow):
        for name, (colour, width, points) in lines.items():
            xs = sorted(points)
            if xs:
                marker = "o" if len(xs) < 30 else None
                ax.plot(xs, [points[x] for x in xs], color=colour, linewidth=width, label=name,
                        marker=marker, markersize=2.4)
        numbers = lines["Windrow NHWC"][2]
        ax.set_ylim(0, 100)
        ax.set_xlim(min(numbers), max(numbers))
        step = 16 if what == "channels" else 8 if what == "width" else 2
        ax.set_xticks([x for x in range(0 if step > 2 else 1, max(numbers) + 1, step) if x])
        ax.set_xlabel(label)
        ax.set_ylabel("% of the limit")
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, ncol=2 if is_narrow else 3)
    return svg.draw("cliff-" + what, paint, 2.8, 2.8)


def drift(rates):
    """{probe: its rates in the order of the run, as parts of the largest}"""
    if not rates or max(map(len, rates.values())) < 2:
        return None

    def paint(ax, is_narrow):
        for (name, values), colour in zip(rates.items(), (C["nhwc"], C["nchw"])):
            ax.plot(range(1, len(values) + 1), [100 * v for v in values], "o-", markersize=2.4,
                    color=colour, label=name.removeprefix("probe/"))
        ax.axhline(95, color=C["bad"], linewidth=0.9, linestyle="--")
        ax.set_ylim(min(90, 100 * min(map(min, rates.values())) - 3), 101)
        ax.set_xlabel("batches, in the order of the run")
        ax.set_ylabel("% of the best")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend(loc="lower left")
    return svg.draw("drift", paint, 2.2, 2.2)
