"""What the recordings of all operations share: data, the text of a line, misuse of one axis."""
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch

MAX_ELEMENTS, SAMPLES = 1 << 16, 3
NAMES = ("height", "width")


@dataclass
class Op:
    """An operation; its recording is tests/pytorch/NAME.txt."""
    name: str
    recorded: int  # how many random problems
    listed: Callable  # listed(): the lines that are always recorded
    line: Callable  # line(rng, whole): a random problem's, with all outputs if at most `whole`


def mix(x):
    """SplitMix64, as test::Mix."""
    x = np.asarray(x, np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def mixed(role):
    return mix(np.arange(MAX_ELEMENTS, dtype=np.uint64) * np.uint64(4) + np.uint64(role))


def values(role):
    """The elements of a tensor, as test::ValueBits of Values::kFinite."""
    bits = mixed(role)
    kind = bits >> np.uint64(56)
    power = np.where((bits >> np.uint64(32)) % np.uint64(4) == 0, 2.0**-19, 2.0**-23)
    fraction = ((bits & np.uint64(0xFFFFFF)).astype(np.int64) - 0x800000) * power
    zero = np.where(kind % np.uint64(2) == 0, 0.0, -0.0)
    return torch.from_numpy(np.where(kind < 24, zero, fraction).astype(np.float32))


SUM_WEIGHTS = 0.5 + (mix(np.arange(MAX_ELEMENTS)) >> np.uint64(40)) * 2.0**-25


def elements(table, shape):
    count = int(np.prod(shape))
    assert count <= MAX_ELEMENTS
    return table[:max(count, 0)].view(shape)


def with_axis(pair, axis, value):
    return tuple(value if i == axis else v for i, v in enumerate(pair))


def pair_word(name, p, default=None):
    """A word of a problem: k3, or k3x1."""
    return "" if p == default else f"{name}{p[0]}" + (f"x{p[1]}" if p[0] != p[1] else "")


def refusal(problem, facts, error):
    return f"{problem} ! {facts} ! {' '.join(str(error).split())[:80]}\n"


def weighted_sum(flat):
    """The bits of the outputs' sum, each times its own weight. What is not finite, which would
    leave no sum, counts as another number each."""
    finite = np.nan_to_num(flat.astype(np.float64), nan=1.0, posinf=2.0, neginf=3.0)
    return np.array(np.dot(finite, SUM_WEIGHTS[:len(flat)]), ">f8").tobytes().hex()


def sampled(n, whole):
    """Which of n outputs are in a line."""
    if n <= whole:
        return np.arange(n)
    return (mix(4 * n + np.arange(SAMPLES)) % np.uint64(n)).astype(np.int64)


def answer(problem, shape, total, outputs):
    return " ".join([str(problem), "=", "x".join(map(str, shape)), total, outputs]).rstrip() + "\n"
