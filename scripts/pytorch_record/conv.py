"""Random convolution problems, misuse among them, and what torch.nn.Conv2d gives."""
import itertools
import random
from dataclasses import dataclass, replace

import numpy as np
import torch

from .shared import (MAX_ELEMENTS, NAMES, SAMPLES, Op, answer, elements, pair_word, refusal,
                     sampled, values, weighted_sum, with_axis)

RECORDED, MAX_MULTIPLY_ADDS = 3000, 30_000
ONEDNN = 0.15  # of the problems; it compiles each one, which takes milliseconds
INPUT, WEIGHTS, BIAS = values(0), values(1), values(2)
@dataclass
class Problem:
    mb: int
    g: int
    ic: int
    oc: int
    size: tuple
    k: tuple
    s: tuple
    d: tuple
    padding: object  # "same", (h, w) or the sides (top, bottom, left, right)
    mode: str
    bias: bool
    channels: int = None  # of the input, if not ic
    weights: tuple = None  # the shape of the weights given, if another
    biases: int = None  # how many are given, if not oc

    def sides(self):
        """The padding before and after each dimension."""
        if self.padding == "same":
            total = [d * (k - 1) for d, k in zip(self.d, self.k)]
            return [(t // 2, t - t // 2) for t in total]
        if len(self.padding) == 2:
            return [(p, p) for p in self.padding]
        return [self.padding[:2], self.padding[2:]]

    def padded(self):
        return [n + sum(p) for n, p in zip(self.size, self.sides())]

    def extent(self):
        return [d * (k - 1) + 1 for d, k in zip(self.d, self.k)]

    def weight_shape(self):
        return (self.oc, self.ic // self.g, *self.k)

    def fits(self):
        largest = [max(p) for p in self.sides()]
        return (all(e <= n for e, n in zip(self.extent(), self.padded()))
                and (self.mode != "reflect" or all(p < n for p, n in zip(largest, self.size)))
                and (self.mode != "circular" or all(p <= n for p, n in zip(largest, self.size))))

    def small(self):
        """Whether the data fit the tables and the test's time."""
        out = [max(p - e, 0) // s + 1 for p, e, s in zip(self.padded(), self.extent(), self.s)]
        weights = np.prod(self.weight_shape())
        return (max(self.mb, 1) * weights * out[0] * out[1] <= MAX_MULTIPLY_ADDS
                and self.mb * self.ic * self.size[0] * self.size[1] <= MAX_ELEMENTS
                and self.mb * self.oc * out[0] * out[1] <= MAX_ELEMENTS)

    def __str__(self):
        words = [f"mb{self.mb}" if self.mb != 1 else "", f"g{self.g}" if self.g != 1 else "",
                 f"ic{self.ic} oc{self.oc} ih{self.size[0]} iw{self.size[1]}",
                 pair_word("k", self.k), pair_word("s", self.s, (1, 1)),
                 pair_word("d", self.d, (1, 1))]
        if self.padding == "same":
            words.append("same")
        elif len(self.padding) == 4:
            words.append("pt{} pb{} pl{} pr{}".format(*self.padding))
        else:
            words.append(pair_word("p", self.padding, (0, 0)))
        words += [self.mode if self.mode != "zeros" else "", "bias" if self.bias else "",
                  f"channels{self.channels}" if self.channels is not None else "",
                  f"weights{np.prod(self.weights)}" if self.weights is not None else "",
                  f"biases{self.biases}" if self.biases is not None else ""]
        return " ".join(w for w in words if w)


def draw(rng):
    """A problem whose kernel may be too large, and whose padding may have too few pixels."""
    def pair(low, high):
        h = rng.randint(low, high)
        return (h, rng.randint(low, high)) if rng.random() < 0.4 else (h, h)

    def extent():
        return rng.randint(1, 18) if rng.random() < 0.9 else 1

    def side():
        return rng.randint(0, 3) if rng.random() < 0.9 else rng.randint(3, 9)

    while True:
        depthwise = rng.random() < 0.2
        g = rng.randint(2, 40) if depthwise else rng.choice([1, 1, 1, rng.randint(2, 6)])
        ic = 1 if depthwise else rng.choice([rng.randint(1, 3), rng.randint(1, max(40 // g, 1))])
        oc = rng.randint(1, 2) if depthwise else rng.randint(1, rng.choice([4, 20, 140]) // g + 1)
        padding = rng.choice([(0, 0), "same", (side(),) * 2, (side(), side()),
                              tuple(side() for _ in range(4))])
        p = Problem(
            mb=rng.choice([1, 1, 1, 2, 3, 20]) if rng.random() < 0.98 else 0, g=g, ic=g * ic,
            oc=g * oc, size=(extent(), extent()),
            k=pair(1, 5) if rng.random() < 0.9 else pair(1, 11),
            s=(1, 1) if padding == "same" or rng.random() < 0.5 else pair(1, 4),
            d=(1, 1) if rng.random() < 0.6 else pair(1, 3), padding=padding,
            mode=rng.choice(["zeros", "zeros", "zeros", "reflect", "replicate", "circular"]),
            bias=rng.random() < 0.5)
        if p.small():
            return p


# Each spoils one thing of a good problem and returns it with the words that name the two facts.
def bad_groups(p, rng):
    g = next(g for g in range(2, 100) if p.ic % g or p.oc % g)
    name, channels = ("in_channels", p.ic) if p.ic % g else ("out_channels", p.oc)
    return replace(p, g=g), f"{name} {channels} divisible groups {g}"


def not_positive(p, rng):
    name = rng.choice(["in_channels", "out_channels", "groups"])
    value = rng.choice([0, -1, -4])
    field = {"in_channels": "ic", "out_channels": "oc", "groups": "g"}[name]
    channels = {"channels": p.ic} if field == "ic" and value < 0 else {}
    return replace(p, **{field: value}, **channels), f"{name} {value} least 1"


def not_positive_pair(p, rng):
    name, field = rng.choice([("kernel_size", "k"), ("stride", "s"), ("dilation", "d")])
    value = with_axis(getattr(p, field), rng.randrange(2), rng.choice([0, 0, -1]))
    if field == "d" and p.padding == "same":  # whose sides would be negative
        p = replace(p, padding=(0, 0))
    return replace(p, **{field: value}), f"{name} {value[0]}x{value[1]} least 1"


def negative_padding(p, rng):
    padding = with_axis((0, 0), rng.randrange(2), -rng.randint(1, 3))
    return replace(p, padding=padding), f"padding {min(padding)} negative"


def same_with_stride(p, rng):
    return replace(p, padding="same", s=rng.choice([(2, 2), (1, 2), (3, 1)])), ""


def large_kernel(p, rng):
    axis = rng.randrange(2)
    if p.padding == "same":  # which fits any kernel
        p = replace(p, padding=(0, 0), mode="zeros")
    room = p.padded()[axis]
    p = replace(p, k=with_axis((1, 1), axis, max(p.k[axis], 2)), d=with_axis(p.d, axis, room))
    return p, f"kernel {p.extent()[axis]} {NAMES[axis]} {room}"


def wide_padding(p, rng):
    axis, mode = rng.randrange(2), rng.choice(["reflect", "circular"])
    extent = p.size[axis]
    pad = extent + rng.randint(0, 2) + (mode == "circular")
    p = replace(p, mode=mode, padding=with_axis((0, 0), axis, pad), d=(1, 1),
                k=tuple(map(min, p.k, p.size)))
    return p, f"{mode} padding {pad} {NAMES[axis]} {extent}"


def empty_image(p, rng):
    axis = rng.randrange(2)
    p = replace(p, size=with_axis(p.size, axis, 0), padding=tuple(p.extent()), mode="zeros")
    return p, f"{NAMES[axis]} 0 least 1"


def other_channels(p, rng):
    channels = rng.choice([c for c in (p.ic + 1, p.ic - 1, p.ic // p.g, 0) if c != p.ic])
    return replace(p, channels=channels), f"{channels} channels expects {p.ic}"


def other_weights(p, rng):
    shape = list(p.weight_shape())
    shape[rng.randrange(4)] += 1
    given, expected = np.prod(shape), np.prod(p.weight_shape())
    return replace(p, weights=tuple(shape)), f"{given} weights expects {expected}"


def other_biases(p, rng):
    biases = p.oc + rng.choice([1, 2])
    return replace(p, bias=True, biases=biases), f"{biases} biases {p.oc}"


SPOILERS = [bad_groups, not_positive, not_positive_pair, negative_padding, same_with_stride,
            large_kernel, wide_padding, empty_image, other_channels, other_weights, other_biases]


def convolve(p, x=None):
    """What PyTorch gives of this input, and the layer; raises what PyTorch raises."""
    padding, x_padding = p.padding, None
    if padding != "same" and len(padding) == 4:  # torch.nn.Conv2d takes those from a padding layer
        padding, x_padding = 0, (*p.padding[2:], *p.padding[:2])
    conv = torch.nn.Conv2d(p.ic, p.oc, p.k, p.s, padding, p.d, p.g, p.bias, p.mode)
    state = {"weight": elements(WEIGHTS, p.weights or conv.weight.shape)}
    if p.bias:
        state["bias"] = BIAS[:p.oc if p.biases is None else p.biases]
    conv.load_state_dict(state)
    if x is None:
        x = elements(INPUT, (p.mb, p.ic if p.channels is None else p.channels, *p.size))
    if x_padding:
        mode = "constant" if p.mode == "zeros" else p.mode
        x = torch.nn.functional.pad(x, x_padding, mode)
    y = conv(x)
    assert y.dtype == torch.float32
    return y, conv


def ask(p, facts, whole, onednn):
    """The line of a problem."""
    try:
        # PyTorch has its own implementation besides, which pads and multiplies matrices.
        with torch.backends.mkldnn.flags(enabled=onednn):
            y, _ = convolve(p)
    except (RuntimeError, ValueError, IndexError) as e:
        return refusal(p, facts, e)
    flat = y.contiguous().view(-1).numpy()
    outputs = flat[sampled(len(flat), whole)].astype(">f4").tobytes().hex(" ", 4)
    return answer(p, y.shape, weighted_sum(flat), outputs)


def line(rng, whole):
    """A random problem's line; of a hundred, five are misuse and some others do not fit."""
    spoilt = rng.random() < 0.05
    p = draw(rng)
    # PyTorch takes milliseconds to refuse, so most that do not fit are not even asked about.
    while not p.fits() and (spoilt or rng.random() < 0.95):
        p = draw(rng)
    p, facts = rng.choice(SPOILERS)(p, rng) if spoilt else (p, "")
    return ask(p, facts, whole, rng.random() < ONEDNN)


def listed():
    """Images of one pixel a side, which have outputs of padding alone, and every kind of misuse."""
    plain = Problem(1, 2, 4, 6, (8, 9), (3, 3), (1, 1), (1, 1), (1, 1), "zeros", True)
    for g, size, padding, mode in itertools.product(
            (1, 6), ((1, 1), (1, 5), (5, 1)), ((2, 3), (4, 4)), ("zeros", "replicate")):
        p = replace(plain, g=g, ic=6, size=size, padding=padding, mode=mode)
        yield ask(p, "", SAMPLES, False)
    yield from dict.fromkeys(ask(*spoil(plain, random.Random(i)), SAMPLES, i % 2 == 0)
                             for spoil in SPOILERS for i in range(12))


OP = Op("conv2d", RECORDED, listed, line)
