"""A made-up report of scripts/report with everything in it that the page can show."""
import random


def _contest(generator, section, name, variant="", peers=(), rounds=9, **counters):
    row = {"name": name, "run_type": "iteration", "time_unit": "us", "section": section,
           "variant": variant, "label": "direct AVX3", "flops": generator.choice((1e6, 2e8)),
           "bytes": generator.choice((1e5, 4e6)), "windrow_us": 100.0, "pct_of_limit": 60.0,
           **counters}
    own = generator.uniform(50, 200)
    for round_ in range(rounds):
        clock = generator.uniform(1, 1.1)
        row[f"windrow_us[{round_}]"] = own * clock
        row[f"limit_us[{round_}]"] = own * clock * generator.uniform(0.5, 0.9)
        for peer in peers:
            scale = {"onednn_any": 0.9, "onednn_nhwc": 1.0}.get(peer, 3)
            row[f"{peer}_us[{round_}]"] = own * clock * scale * generator.uniform(0.9, 1.1)
    return row


def _probe(name, unit, rate, section="probes"):
    return {"name": name, "section": section, "variant": "", f"{unit}_per_second": rate,
            "best": rate, "spread": 0.01}


def _layers(generator):
    peers = ("onednn_any", "onednn_nhwc", "onednn_nchw", "xnnpack_nhwc")
    for layer in ("resnet50_2_3x3", "mobilenet2_dw2s2", "a_layer_with_quite_a_long_name_7x7"):
        for layout in ("nhwc", "nchw"):
            yield _contest(generator, "speed", f"conv/{layer}/{layout}", "",
                           (*peers, "onnxruntime"))
            yield _contest(generator, "calls", f"conv/{layer}/{layout}", "", (*peers, "opencv"))
            for operation in ("backward_data", "backward_weights"):
                yield _contest(generator, "backward", f"{operation}/{layer}/{layout}", "", peers[:3])
            yield _contest(generator, "pooling", f"max_pool/{layer}/{layout}", "", peers[:3])
        yield _contest(generator, "cold", f"conv_cold/{layer}/nhwc", times_warm=1.2)
        for target in ("AVX3", "AVX2"):
            yield _contest(generator, "targets", f"conv/{layer}/nhwc", target)
        for threads in (1, 2, 4, 8):
            yield _contest(generator, "threads", f"conv/{layer}/nhwc", str(threads))
    for what, last in (("channels", 130), ("width", 70), ("kernel", 11)):
        for number in range(1, last + 1):
            for layout in ("nhwc", "nchw"):
                yield _contest(generator, "cliffs", f"conv/{what}_{number}/{layout}", "",
                               ("onednn_nhwc",))


def report(drift=0.02, others=0.0, failed=False):
    generator = random.Random(1)
    rows = [_probe("probe/peak_fused/AVX3", "flops", 2e11),
            _probe("probe/peak_unfused/AVX3", "flops", 1e11),
            _probe("probe/peak_fused/AVX2", "flops", 1e11)]
    for level, rate in (("L1", 3e11), ("L2", 1e11), ("L3", 3e10), ("DRAM", 1e10)):
        rows += [_probe(f"probe/{access}/{level}", "bytes", rate)
                 for access in ("read", "copy", "copy_non_temporal")]
    rows += [_probe("probe/peak_fused/AVX3", "flops", 2e11 * scale, "drift")
             for scale in (1, 1 - drift / 2, 1 - drift)]
    rows += _layers(generator)
    rows += [{"name": "train/lenet5/nchw", "section": "training", "variant": str(t),
              "images_per_second": 1e4 * t} for t in (1, 8)]
    if failed:
        rows.append({"name": "conv/odd/nhwc", "section": "speed", "error_occurred": True,
                     "error_message": "out of <memory>"})
    info = {"version": "0.1.0", "cpu": "Made-up CPU <1>", "cores": 8, "threads": 8,
            "active_target": "AVX3", "caches": [{"level": 1, "bytes": 49152}],
            "targets": [{"name": "AVX3", "usable": True, "lanes": 16, "class": "fused"},
                        {"name": "AVX2", "usable": True, "lanes": 8, "class": "fused"},
                        {"name": "AVX10_2", "usable": False, "why_not": "no AVX10.2"}]}
    command = "build/release/bench/windrow_bench '--benchmark_filter=^(conv/x|probe/y$)' --rounds=3"
    extra = {"info": info, "topology": {"architecture": "x86_64", "kernel": "Linux"},
             "compiler": "c++ 12", "flags": "-O3 " + "-mtune=some-cpu " * 20, "commit": "c0ffee",
             "quick": False, "target": "AVX3", "threads": 1, "cpus": 8, "date": "2026-01-02",
             "commands": {section: [command, command] for section in
                          ("probes", "speed", "calls", "cliffs")},
             "load": [{"batch": "000", "others": others, "stolen": 0.0, "load_average": 1.0}]}
    return {"context": {"onednn": "2.6.3", "xnnpack": "2022", "report": extra},
            "benchmarks": rows}
