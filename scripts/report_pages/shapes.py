"""Files of layers (bench/layers.h has their columns): what is in them, and those of the report."""
import collections

COLUMNS = "mb groups ic ih iw oc kh kw sh sw ph pw dh dw count".split()
POOL_COLUMNS = "mb c ih iw kh kw sh sw ph pw ceil".split()


def _rows(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                yield words


def read_layers(path):
    """{name: {column: number}}; what is no layer is for windrow_bench to say."""
    layers = {}
    for words in _rows(path):
        if len(words) == len(COLUMNS) + 2:
            layers[words[0]] = dict(zip(COLUMNS, map(int, words[1:])))
    return layers


def read_pools(path):
    """[(max or avg, name)]"""
    return [(words[1], words[0]) for words in _rows(path) if len(words) == len(POOL_COLUMNS) + 3]


def multiply_adds(layer):
    """About; without what padding saves."""
    out_h = (layer["ih"] + 2 * layer["ph"] - layer["dh"] * (layer["kh"] - 1) - 1) // layer["sh"] + 1
    out_w = (layer["iw"] + 2 * layer["pw"] - layer["dw"] * (layer["kw"] - 1) - 1) // layer["sw"] + 1
    return (layer["mb"] * layer["oc"] * out_h * out_w * layer["ic"] // layer["groups"] *
            layer["kh"] * layer["kw"])


def kind(layer):
    if layer["ic"] <= 4 and layer["groups"] == 1:
        return "image" if layer["oc"] == 1 else "first layer"
    if layer["groups"] > 1:
        return "depthwise" if layer["groups"] == layer["ic"] else "groups"
    if layer["kh"] == layer["kw"] == 1:
        return "1x1"
    return "dilated" if max(layer["dh"], layer["dw"]) > 1 else "dense"


def some_of_each_kind(layers, count, most=250e6):
    """The names of the first `count` layers of each kind that are not large."""
    chosen = collections.defaultdict(list)
    for name, layer in layers.items():
        if multiply_adds(layer) <= most and len(chosen[kind(layer)]) < count:
            chosen[kind(layer)].append(name)
    order = list(layers)
    return sorted((name for names in chosen.values() for name in names), key=order.index)


def _line(name, ic, ih, iw, oc, k, groups=1):
    pad = k // 2
    return f"{name} 1 {groups} {ic} {ih} {iw} {oc} {k} {k} 1 1 {pad} {pad} 1 1 1 made\n"


def cliffs(step):
    """Lines of layers that differ in one number. With a step of 1 every number is there,
    with a larger one those just past it, where cliffs begin."""
    def numbers(last):
        return sorted({1, *range(step, last + 1, step), *range(step + 1, last + 1, step)})
    text = "".join(_line(f"channels_{c}", c, 28, 28, c, 3) for c in numbers(130))
    text += "".join(_line(f"width_{w}", 64, 28, w, 64, 3) for w in numbers(70))
    text += "".join(_line(f"kernel_{k}", 32, 28, 28, 32, k)
                    for k in (range(1, 12) if step == 1 else range(1, 12, 2)))
    return text


# What a call costs besides its multiply-adds is all that these take.
CALLS = (_line("one_multiply_add", 1, 1, 1, 1, 1) + _line("edge_4x4", 1, 4, 4, 1, 3) +
         _line("dense_16ch_2x2", 16, 2, 2, 16, 3))
