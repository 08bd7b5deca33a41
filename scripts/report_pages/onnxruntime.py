"""ONNX Runtime as a peer, where node finds the npm package onnxruntime-node: in a process of its
own, hence not paired within rounds."""
import json
import os
import random
import struct
import subprocess
import tempfile

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnxruntime.cjs")
# A call from JavaScript costs tens of microseconds.
LEAST_MULTIPLY_ADDS = 20e6


def version():
    """Empty if there is none."""
    try:
        run = subprocess.run(["node", RUNNER, "--version"], capture_output=True, text=True,
                             timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _value(name, dims):
    shape = b"".join(_bytes(1, _number(1, d)) for d in dims)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, shape)))


def _tensor(name, dims):
    count = 1
    for d in dims:
        count *= d
    generator = random.Random(count)
    few = [generator.uniform(-1, 1) for _ in range(97)]
    data = struct.pack(f"<{count}f", *(few[i % 97] for i in range(count)))
    return b"".join(_number(1, d) for d in dims) + _number(2, 1) + _bytes(8, name) + _bytes(9, data)


def _attribute(name, values):
    ints = b"".join(_number(8, v) for v in values)
    return _bytes(5, _bytes(1, name) + ints + _number(20, 7))


def _group(count):
    return _bytes(5, _bytes(1, "group") + _number(3, count) + _number(20, 2))


def output_size(layer):
    return [(layer["i" + d] + 2 * layer["p" + d] - layer["d" + d] * (layer["k" + d] - 1) - 1) //
            layer["s" + d] + 1 for d in "hw"]


def model(l):
    """The ONNX file of one convolution; protobuf by hand, since it is so little."""
    node = (_bytes(1, "x") + _bytes(1, "w") + _bytes(1, "b") + _bytes(2, "y") + _bytes(4, "Conv") +
            _attribute("kernel_shape", (l["kh"], l["kw"])) +
            _attribute("strides", (l["sh"], l["sw"])) +
            _attribute("pads", (l["ph"], l["pw"]) * 2) +
            _attribute("dilations", (l["dh"], l["dw"])) + _group(l["groups"]))
    graph = (_bytes(1, node) + _bytes(2, "layer") +
             _bytes(5, _tensor("w", (l["oc"], l["ic"] // l["groups"], l["kh"], l["kw"]))) +
             _bytes(5, _tensor("b", (l["oc"],))) +
             _bytes(11, _value("x", (l["mb"], l["ic"], l["ih"], l["iw"]))) +
             _bytes(12, _value("y", (l["mb"], l["oc"], *output_size(l)))))
    return _number(1, 8) + _bytes(8, _bytes(1, "") + _number(2, 13)) + _bytes(7, graph)


def measure(layers, rounds, threads):
    """A report as windrow_bench's of {name: layer}: a row a layer, with times of every round."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for name, layer in layers.items():
            path = os.path.join(folder, name + ".onnx")
            with open(path, "wb") as file:
                file.write(model(layer))
            jobs.append({"name": name, "path": path,
                         "x": [layer["mb"], layer["ic"], layer["ih"], layer["iw"]],
                         "y": [layer["mb"], layer["oc"], *output_size(layer)]})
        run = subprocess.run(
            ["node", RUNNER], input=json.dumps({"rounds": rounds, "threads": threads,
                                                "jobs": jobs}),
            capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"ONNX Runtime: {run.stderr.strip()}")
    rows = [{"name": f"onnxruntime/{name}/nchw",
             **{f"onnxruntime_us[{i}]": t for i, t in enumerate(times)}}
            for name, times in json.loads(run.stdout).items()]
    return {"context": {}, "benchmarks": rows}


def add_to(rows):
    """Puts the times of ONNX Runtime's rows into those of convolutions; returns what is left."""
    times = {}
    for row in rows:
        if row["name"].startswith("onnxruntime/"):
            times[row["name"].split("/")[1]] = {k: v for k, v in row.items()
                                                if k.startswith("onnxruntime_us[")}
    left = [row for row in rows if not row["name"].startswith("onnxruntime/")]
    for row in left:
        if row.get("section") == "speed":
            row.update(times.get(row["name"].split("/")[1], {}))
    return left
