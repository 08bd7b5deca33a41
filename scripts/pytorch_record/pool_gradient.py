"""Random gradients of torch.nn's poolings: a pooling's problem after the word backward."""
import numpy as np
import torch

from . import pool
from .shared import MAX_ELEMENTS, SAMPLES, Op, answer, elements, sampled, values, weighted_sum

RECORDED = 2000
DY = values(3)


def has_taps(p, x):
    """Whether each window has a tap; where it has none PyTorch's index is of another element."""
    try:
        y, at = pool.module(pool.replace(p, indices=True))(x)
    except (RuntimeError, ValueError, IndexError):
        return False
    planes = x.contiguous().view(p.mb, p.c, -1)
    flat = at.contiguous().view(p.mb, p.c, -1)
    if flat.numel() == 0 or int(flat.max()) >= planes.shape[2]:
        return False
    taken, y = planes.gather(2, flat).numpy(), y.contiguous().view(p.mb, p.c, -1).numpy()
    return bool(np.array_equal(taken, y, equal_nan=True))


def ask(p):
    """What PyTorch gives, or None."""
    x = elements(pool.DATA[p.data], (p.mb, p.c, *p.size))
    if p.nhwc:
        x = x.contiguous(memory_format=torch.channels_last)
    if p.maximum() and not has_taps(p, x):
        return None
    x = x.clone().requires_grad_()
    try:
        y = pool.module(p)(x)
    except (RuntimeError, ValueError, IndexError):
        return None
    y = y[0] if p.indices else y
    dy = elements(DY, y.shape)
    y.backward(dy.contiguous(memory_format=torch.channels_last) if p.nhwc else dy)
    return x.grad


def line(rng, whole):
    """A random problem's line."""
    while True:
        p = pool.draw(rng)
        if p.too_large() or p.mb == 0:
            continue
        with torch.enable_grad():
            result = ask(p)
        if result is None or result.numel() > MAX_ELEMENTS:
            continue
        flat = result.detach().contiguous().view(-1).numpy()
        outputs = flat[sampled(len(flat), whole)].astype(">f4").tobytes().hex(" ", 4)
        return answer(f"backward {p}", result.shape, weighted_sum(flat), outputs)


OP = Op("pool_gradient", RECORDED, lambda: iter(()), line)
