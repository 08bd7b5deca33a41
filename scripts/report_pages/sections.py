"""The page's sections about speed."""
from report_pages import figures, html, machine_section, stats
from report_pages.results import PEER_NAMES

# LeNet-5 of `windrow train mnist`: forward, and twice that backward, except for the first layer's
# gradient by data.
LENET_CONV1, LENET_CONV2, LENET_LINEAR = 235200, 480000, 117840
LENET_FLOPS = 3 * (LENET_CONV1 + LENET_CONV2 + LENET_LINEAR) - LENET_CONV1


def peers_of(results, section):
    return [p for p in PEER_NAMES if any(b.best_of_peer(p) for b in results.sections[section])]


def _losses_first(benchmarks):
    def key(b):
        best = b.best_of_all()
        return (best is None, best.middle if best else b["windrow_us"])
    return sorted(benchmarks, key=key)


def ratio_table(results, section, benchmarks, operation=False):
    peers = peers_of(results, section)
    rows = []
    for b in _losses_first(benchmarks):
        name = (b.operation.removesuffix("_pool") + " " if operation else "") + b.layer
        rows.append([html.layer(name, b.layout, b.algorithm),
                     html.percent(b.percent_of_limit()),
                     *([html.ratio(b.best_same_layout())] if peers else []),
                     *(html.ratio(b.best_of_peer(p)) for p in peers)])
    head = ["layer", "of the limit"]
    if peers:
        head += ["same layout", *(PEER_NAMES[p] for p in peers)]
    return html.table(head, rows)


def summary_rows(benchmarks):
    """(layout, layers, lost, even, won, mean ratio in the same layout, to the best of any layout,
    mean percent of the limit)"""
    rows = []
    for layout in ("nhwc", "nchw"):
        of_layout = [b for b in benchmarks if b.layout == layout]
        same = [r for r in (b.best_same_layout() for b in of_layout) if r]
        best = [r for r in (b.best_of_all() for b in of_layout) if r]
        if not of_layout:
            continue
        rows.append((layout.upper(), len(of_layout), sum(r.high < 1 for r in same),
                     sum(r.low <= 1 <= r.high for r in same), sum(r.low > 1 for r in same),
                     stats.geometric_mean(r.middle for r in same) if same else None,
                     stats.geometric_mean(r.middle for r in best) if best else None,
                     stats.geometric_mean(b.percent_of_limit() for b in of_layout)))
    return rows


def summary_table(benchmarks):
    rows = [[layout, count, f'<span class="loss">{lost}</span>' if lost else 0, even, won,
             "–" if same is None else html.number(same),
             "–" if best is None else html.number(best), f"{limit:.0f} %"]
            for layout, count, lost, even, won, same, best, limit in summary_rows(benchmarks)]
    return html.table(("", "layers", "lost", "even", "won", "same layout", "any layout",
                       "of the limit"), rows)


EXPLAINED = (
    "A ratio is the peer's time over Windrow's: above 1 Windrow is faster. It is the median of "
    "the ratios within rounds in which all of them take turns; below it the 95 % interval (that of "
    "layers that take long, and have few rounds, is less sure, as it then says). "
    "“Same layout” is the fastest peer that is given tensors in the same layout, the others are "
    "the fastest way to use each peer, its own layout included. Lost and won are layers whose "
    "interval is on one side of 1.")


def speed(results):
    benchmarks = results.sections["speed"]
    text = f"<p>{EXPLAINED} None of these peers uses Winograd's algorithm here.</p>"
    text += summary_table(benchmarks)
    text += html.figure(figures.ratios(benchmarks), "Each dot is a layer, with its interval, "
                        "against the fastest peer given the same layout.")
    text += ratio_table(results, "speed", benchmarks)
    return text + html.repeat(results.extra["commands"].get("speed")) + onnxruntime(results)


def onnxruntime(results):
    benchmarks = [b for b in results.sections["speed"] if "onnxruntime" in b.samples]
    if not benchmarks:
        return ""
    rows = []
    for b in sorted(benchmarks, key=lambda b: b.ratio("onnxruntime").middle):
        rows.append([html.layer(b.layer, b.layout, b.algorithm), html.percent(b.percent_of_limit()),
                     html.ratio(b.ratio("onnxruntime"))])
    return ("<h3>ONNX Runtime</h3><p>Its time, in a process of its own and called from JavaScript "
            "with tensors in NCHW, over Windrow's. These are not pairs of a round: the machine "
            "may have changed in between, and the interval does not know it.</p>" +
            html.table(("layer", "of the limit", "ONNX Runtime"), rows) +
            html.repeat(results.extra["commands"].get("onnxruntime")))


def roofline(results):
    extra = results.extra
    fused = results.probe(f"probe/peak_fused/{extra['target']}")
    peak = fused or results.probe(f"probe/peak_unfused/{extra['target']}")
    if not peak:
        return ""
    bandwidths = {level: machine_section.bandwidth(results, "read", level)
                  for level in machine_section.levels(results)}
    return html.figure(
        figures.roofline(results.sections["speed"], peak["flops_per_second"], bandwidths),
        "What each layer reaches, over how much arithmetic it has for a byte that must be moved. "
        "The lines are what reading from each level of memory would allow.") + \
        html.repeat(extra["commands"].get("speed"))


def pooling(results):
    benchmarks = results.sections["pooling"]
    return (summary_table(benchmarks) + ratio_table(results, "pooling", benchmarks, True) +
            "<p class=muted>The limit of pooling is that of memory.</p>" +
            html.repeat(results.extra["commands"].get("pooling")))


def backward(results):
    text = ""
    for operation, title in (("backward_data", "By data"), ("backward_weights", "By weights")):
        rows = [b for b in results.sections["backward"] if b.operation == operation]
        if rows:
            text += f"<h3>{title}</h3>" + summary_table(rows)
            text += html.figure(figures.ratios(rows, operation), "Against the fastest peer given "
                                "the same layout.")
            text += ratio_table(results, "backward", rows)
    return text + html.repeat(results.extra["commands"].get("backward"))


def targets(results):
    benchmarks = results.sections["targets"]
    names = list(dict.fromkeys(b.row["variant"] for b in benchmarks))  # the best one first
    text = html.figure(figures.targets(benchmarks, names[0]),
                       "The same layers on each SIMD target, NHWC.")
    layers = list(dict.fromkeys(b.layer for b in benchmarks))
    of = {(b.layer, b.row["variant"]): b.percent_of_limit() for b in benchmarks}
    rows = [[html.layer(layer), *(f"{of[layer, t]:.0f}" if (layer, t) in of else "–"
                                   for t in names)] for layer in layers]
    text += "<h3>% of each target's own limit</h3>" + html.table(["layer", *names], rows)
    return text + html.repeat(results.extra["commands"].get("targets"))


def threads(results):
    return html.figure(figures.threads(results.sections["threads"]),
                       "Speed with more threads, NHWC, by times of different runs; with one "
                       "thread other programs do not count, with more they do.") + \
        html.repeat(results.extra["commands"].get("threads"))


def cold(results):
    benchmarks = results.sections["cold"]
    return ("<p>In a network the weights of a layer are not in the nearer caches when its turn "
            "comes. Here each call is that of another convolution of the same shape, whose weights "
            "together take four times the L2 cache; both ways take turns in every round.</p>" +
            html.figure(figures.cold(benchmarks), "Calls with the same and with other weights, "
                        "NHWC.") + html.repeat(results.extra["commands"].get("cold")))


def calls(results):
    target = results.extra["target"]
    peak = (results.probe(f"probe/peak_fused/{target}") or
            results.probe(f"probe/peak_unfused/{target}"))
    benchmarks = results.sections["calls"]
    peers = peers_of(results, "calls")
    rows = []
    for b in _losses_first(benchmarks):
        adds = peak["flops_per_second"] * 1e-6 * b["windrow_us"] / 2 if peak else None
        rows.append([html.layer(b.layer, b.layout, f"{b['flops'] / 2:.0f} multiply-adds"),
                     f"{1e-3 * adds:.1f}" if adds else "–",
                     *(html.ratio(b.best_of_peer(p)) for p in peers)])
    head = ("layer", "a call, in 1000s", *(PEER_NAMES[p] for p in peers))
    return ("<p>What a call costs besides its arithmetic, by layers that have nearly none: how many "
            "multiply-adds at the peak take as long as a call.</p>" +
            html.table(head, rows) + html.repeat(results.extra["commands"].get("calls")))


CLIFFS = (("channels", "input and output channels of a 3x3 convolution over 28x28"),
          ("width", "width of a 3x3 convolution, 64 channels, 28 rows"),
          ("kernel", "size of the kernel, 32 channels, 28x28"))


def cliffs(results):
    text = "<p>Layers that differ in one number. The top of the axis is the limit.</p>"
    for what, label in CLIFFS:
        text += html.figure(figures.cliff(results.sections["cliffs"], what, label),
                            f"Over the {label}.")
    return text + html.repeat(results.extra["commands"].get("cliffs"))


def training(results):
    rows = []
    target = results.extra["target"]
    peak = results.probe(f"probe/peak_fused/{target}") or results.probe(
        f"probe/peak_unfused/{target}")
    rates = {int(b.row["variant"]): b["images_per_second"] for b in results.sections["training"]}
    for threads_, rate in sorted(rates.items()):
        share = 100 * LENET_FLOPS * rate / (peak["flops_per_second"] * threads_) if peak else 0
        rows.append([threads_, html.percent(share), html.number(rate / rates[min(rates)])])
    return ("<p>LeNet-5 on batches of 64 digits, all of a step: forward, loss, backward, "
            "momentum. The peak is that of one thread times the threads.</p>" +
            html.table(("threads", "of the multiply-add peak", "times faster"), rows) +
            html.repeat(results.extra["commands"].get("training")))


# (name, title, what it needs, how it is written)
ALL = (("speed", "Speed", "speed", speed), ("roofline", "Roofline", "speed", roofline),
       ("pooling", "Pooling", "pooling", pooling),
       ("backward", "Gradients", "backward", backward),
       ("training", "Training", "training", training),
       ("cold", "Cold weights", "cold", cold), ("calls", "Calls", "calls", calls),
       ("targets", "SIMD targets", "targets", targets),
       ("threads", "Threads", "threads", threads), ("cliffs", "Cliffs", "cliffs", cliffs))
