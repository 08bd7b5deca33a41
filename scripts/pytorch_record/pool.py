"""Random pooling problems, misuse among them, and what torch.nn's pooling gives."""
import random
from dataclasses import dataclass, replace

import numpy as np
import torch

from .shared import (MAX_ELEMENTS, NAMES, Op, answer, elements, mix, mixed, pair_word, refusal,
                     sampled, values, weighted_sum, with_axis)

RECORDED, MAX_TAPS = 4000, 50_000
NONE = -1  # an output size as the input has it


def table(bits):
    """Elements each one of 16 values."""
    chosen = np.array(bits, np.uint32)[(mixed(0) >> np.uint64(40)) % np.uint64(16)]
    return torch.from_numpy(chosen.view(np.float32))


# As test::ValueBits().
DATA = {
    "plain": values(0),
    "ties": table([0xC0000000, 0xBF800000, 0xBF800000, 0x80000000, 0x00000000, 0x3F000000,
                   0x3F000000, 0x3F800000, 0x3F800000, 0x3F800000, 0x40000000, 0x40000000,
                   0x40000000, 0x40400000, 0x40400000, 0x40400000]),
    "zeros": table([0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x00000000,
                    0x00000000, 0x00000000, 0x00000000, 0xBF800000, 0xBF800000, 0xBF800000,
                    0xBF800000, 0xC0000000, 0xC0000000, 0x80000000]),
    "wild": table([0x7FC00000, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0xFF800000,
                      0x80000000, 0x00000000, 0x3F800000, 0x3F800000, 0xBF800000, 0x40000000,
                      0x40490FDB, 0xC0490FDB, 0x3DCCCCCD, 0x41200000]),
    "low": table([0xFF800000] * 13 + [0xFFC00000, 0xF149F2CA, 0x80000000]),
}


@dataclass
class Problem:
    kind: str  # maxpool, avgpool, adaptivemax or adaptiveavg
    mb: int
    c: int
    size: tuple
    k: tuple = (1, 1)
    s: tuple = None
    p: tuple = (0, 0)
    d: tuple = (1, 1)
    ceil: bool = False
    exclude: bool = False  # padding from the count
    divisor: int = None
    out: tuple = (1, 1)
    indices: bool = False
    data: str = "plain"
    nhwc: bool = False  # which of PyTorch's kernels is asked

    def adaptive(self):
        return self.kind.startswith("adaptive")

    def maximum(self):
        return "max" in self.kind

    def extent(self):
        return [d * (k - 1) + 1 for d, k in zip(self.d, self.k)]

    def padded(self):
        return [n + 2 * p for n, p in zip(self.size, self.p)]

    def too_large(self):
        """If the window has no place in the input, the words that name the two facts."""
        for name, e, n, s in zip(NAMES, self.extent(), self.padded(), self.s or self.k):
            if n - e + (s - 1 if self.ceil else 0) < 0:
                return f"window {e} {name} {n}"
        return ""

    def small(self):
        """Whether the data fit the tables and the test's time."""
        if self.adaptive():
            out = [n if o == NONE else o for n, o in zip(self.size, self.out)]
            window = [n // max(o, 1) + 2 for n, o in zip(self.size, out)]
        else:
            out = [max(p - e, 0) // s + 2
                   for p, e, s in zip(self.padded(), self.extent(), self.s or self.k)]
            window = self.k
        planes = max(self.mb, 1) * self.c
        return (planes * np.prod(out) * np.prod(window) <= MAX_TAPS
                and planes * np.prod(self.size) <= MAX_ELEMENTS
                and planes * np.prod(out) <= MAX_ELEMENTS)

    def __str__(self):
        words = [self.kind, f"mb{self.mb}" if self.mb != 1 else "",
                 f"c{self.c} ih{self.size[0]} iw{self.size[1]}"]
        if self.adaptive():
            words.append(pair_word("o", self.out))
        else:
            words += [pair_word("k", self.k), pair_word("s", self.s) if self.s else "",
                      pair_word("p", self.p, (0, 0)), pair_word("d", self.d, (1, 1)),
                      "ceil" if self.ceil else "", "excludepad" if self.exclude else "",
                      f"divisor{self.divisor}" if self.divisor is not None else ""]
        words += ["indices" if self.indices else "",
                  f"values={self.data}" if self.data != "plain" else "",
                  "nhwc" if self.nhwc else ""]
        return " ".join(w for w in words if w)


def draw(rng):
    """A problem whose window may be too large."""
    def pair(low, high):
        h = rng.randint(low, high)
        return (h, rng.randint(low, high)) if rng.random() < 0.4 else (h, h)

    def extent():
        return rng.choice([1, rng.randint(1, 9), rng.randint(1, 18), rng.randint(1, 18),
                           rng.randint(1, 18), rng.randint(1, 75)])

    while True:
        p = Problem(kind=rng.choice(["maxpool", "maxpool", "maxpool", "avgpool", "avgpool", "avgpool",
                                     "adaptivemax", "adaptiveavg"]),
                    mb=rng.choice([1, 1, 1, 2, 3, 8]) if rng.random() < 0.98 else 0,
                    c=rng.choice([1, rng.randint(1, 9), rng.randint(1, 40), rng.randint(1, 140)]),
                    size=(extent(), extent()), data=rng.choice(["plain", "plain", *DATA]),
                    nhwc=rng.random() < 0.5)
        if p.adaptive():
            p.out = tuple(rng.choice([1, NONE, rng.randint(1, 9), rng.randint(1, n),
                                      rng.randint(1, 2 * n)]) for n in p.size)
        else:
            p.k = rng.choice([pair(2, 3), pair(2, 3), pair(1, 5), pair(1, 12)])
            p.s = None if rng.random() < 0.3 else pair(1, 4)
            p.p = tuple(rng.randint(0, k // 2) if rng.random() < 0.6 else 0 for k in p.k)
            p.ceil = rng.random() < 0.4
        if p.kind == "maxpool" and rng.random() < 0.4:
            p.d = pair(1, rng.choice([3, 9]))
        if p.kind == "avgpool":
            p.exclude = rng.random() < 0.4
            if rng.random() < 0.25:
                p.divisor = rng.choice([1, -1, 2, -3, 7, rng.randint(-100, -1),
                                        rng.randint(1, 1 << 45)])
        p.indices = p.maximum() and rng.random() < 0.8
        if p.small():
            return p


# Each spoils one thing of a good problem and returns it with the words that name the two facts.
def windows(p, rng, kinds=("maxpool", "avgpool")):
    """Makes it a pooling of such a kind, with a window that fits."""
    if p.kind in kinds:
        return p
    k = tuple(rng.randint(1, n) for n in p.size)
    p = replace(p, kind=rng.choice(kinds), k=k, indices=False)
    return p if p.kind == "avgpool" else replace(p, exclude=False, divisor=None)


def adaptive(p, rng):
    kinds = ("adaptivemax", "adaptiveavg")
    return p if p.kind in kinds else replace(p, kind=rng.choice(kinds), out=(2, 3), indices=False)


def bad_pair(p, rng):
    name, field = rng.choice([("kernel_size", "k"), ("stride", "s"), ("dilation", "d")])
    p = windows(p, rng, ("maxpool",) if field == "d" else ("maxpool", "avgpool"))
    p = replace(p, s=p.s or p.k)
    value = with_axis(getattr(p, field), rng.randrange(2), rng.choice([0, 0, -1, -3]))
    return replace(p, **{field: value}), f"{name} {value[0]}x{value[1]} least 1"


def zero_stride(p, rng):
    return replace(windows(p, rng), s=(0, 0)), ""


def negative_padding(p, rng):
    p, pad = windows(p, rng), -rng.randint(1, 3)
    return replace(p, p=with_axis(p.p, rng.randrange(2), pad)), f"padding {pad} negative"


def wide_padding(p, rng):
    p, axis = windows(p, rng), rng.randrange(2)
    pad = p.k[axis] // 2 + rng.randint(1, 2)
    facts = f"padding {pad} kernel {NAMES[axis]} {p.k[axis]} half"
    return replace(p, p=with_axis(p.p, axis, pad)), facts


def large_window(p, rng):
    p, axis = replace(windows(p, rng), ceil=False), rng.randrange(2)
    k = p.padded()[axis] // p.d[axis] + rng.randint(2, 4)
    p = replace(p, k=with_axis(p.k, axis, k))
    return p, p.too_large()


def zero_divisor(p, rng):
    return replace(windows(p, rng, ("avgpool",)), divisor=0), "divisor_override 0"


def no_pixels(p, rng):
    p = replace(p, size=with_axis(p.size, rng.randrange(2), 0))
    return p, f"{p.mb}x{p.c}x{p.size[0]}x{p.size[1]} pixels"


def no_channels(p, rng):
    return replace(p, c=0), ""


def bad_output(p, rng):
    p = adaptive(p, rng)
    out = with_axis(p.out, rng.randrange(2), rng.choice([0, -2, -7]))
    return replace(p, out=out), f"output_size {out[0]}x{out[1]} least 1"


SPOILERS = [bad_pair, bad_pair, zero_stride, negative_padding, wide_padding, large_window,
            zero_divisor, no_pixels, no_channels, bad_output]


def module(p):
    if p.adaptive():
        out = tuple(None if o == NONE else o for o in p.out)
        if p.maximum():
            return torch.nn.AdaptiveMaxPool2d(out, p.indices)
        return torch.nn.AdaptiveAvgPool2d(out)
    if p.maximum():
        return torch.nn.MaxPool2d(p.k, p.s, p.p, p.d, p.indices, p.ceil)
    return torch.nn.AvgPool2d(p.k, p.s, p.p, p.ceil, not p.exclude, p.divisor)


def bits_and_indices(y, at):
    """Of each output, in logical order; every NaN is 0x7FC00000."""
    flat = y.contiguous().view(-1).numpy()
    bits = np.where(np.isnan(flat), np.uint32(0x7FC00000), flat.view(np.uint32))
    return bits, np.zeros(len(bits), np.int64) if at is None else at.contiguous().view(-1).numpy()


def hashed(bits, at):
    """As test::Hash."""
    mine = (at.astype(np.uint64) << np.uint64(32)) | bits.astype(np.uint64)
    total = mix(mix(np.arange(len(bits))) ^ mine).sum(dtype=np.uint64)
    return f"{int(total):016x}"


def ask(p, facts, whole):
    """The line of a problem."""
    x = elements(DATA[p.data], (p.mb, p.c, *p.size))
    if p.nhwc:
        x = x.contiguous(memory_format=torch.channels_last)
    try:
        y = module(p)(x)
    except (RuntimeError, ValueError, IndexError) as e:
        return refusal(p, facts, e)
    y, at = y if p.indices else (y, None)
    assert y.dtype == torch.float32
    bits, at = bits_and_indices(y, at)
    if not p.maximum():
        outputs = bits[sampled(len(bits), whole)].astype(">u4").tobytes().hex(" ", 4)
        return answer(p, y.shape, weighted_sum(bits.view(np.float32)), outputs)
    outputs = [f"{b:08x}@{i}" for b, i in zip(bits, at)] if whole == MAX_ELEMENTS else []
    return answer(p, y.shape, hashed(bits, at), " ".join(outputs))


def line(rng, whole):
    """A random problem's line; of a hundred, five are misuse and some others do not fit."""
    spoilt = rng.random() < 0.05
    p = draw(rng)
    while p.too_large() and (spoilt or rng.random() < 0.95):
        p = draw(rng)
    p, facts = rng.choice(SPOILERS)(p, rng) if spoilt else (p, p.too_large())
    return ask(p, facts, whole)


def listed():
    """Windows without a tap, means of no pixels, and every kind of misuse."""
    lone = Problem("maxpool", 1, 3, (3, 4), k=(2, 2), s=(1, 1), p=(1, 1), d=(5, 5), indices=True)
    plain = Problem("avgpool", 1, 4, (8, 9), k=(3, 3), s=(2, 2), p=(1, 1))
    for nhwc in (False, True):
        for d in ((5, 5), (4, 5), (1, 5), (4, 1)):
            p = replace(lone, d=d, nhwc=nhwc)
            for p in (p, replace(p, ceil=True, s=(3, 2), data="low")):
                yield ask(p, p.too_large(), 0)
    for out in ((1, 1), (NONE, 1), (1, 2)):
        yield ask(Problem("adaptiveavg", 1, 3, (1, 0), out=out), "1x3x1x0 pixels", 0)
    yield from dict.fromkeys(ask(*spoil(p, random.Random(i)), 0) for spoil in SPOILERS
                             for i in range(8) for p in (plain, replace(plain, kind="maxpool")))


OP = Op("pool2d", RECORDED, listed, line)
