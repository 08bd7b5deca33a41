"""Random gradients of torch.nn.Conv2d, and torch.nn.ConvTranspose2d: a convolution's problem after
the word that says what is asked: data, weights, bias or transpose."""
import torch

from . import conv
from .shared import MAX_ELEMENTS, SAMPLES, Op, answer, elements, sampled, values, weighted_sum

RECORDED = 3000
DY = values(3)


def transposed(p, shape):
    """ConvTranspose2d from outputs of the convolution's shape to its inputs; None if there is no
    such."""
    if p.mode != "zeros" or p.padding == "same" or len(p.padding) != 2:
        return None
    more = [n - ((o - 1) * s - 2 * pad + d * (k - 1) + 1)
            for n, o, s, pad, d, k in zip(p.size, shape[2:], p.s, p.padding, p.d, p.k)]
    if any(m >= max(s, d) for m, s, d in zip(more, p.s, p.d)):
        return None
    layer = torch.nn.ConvTranspose2d(p.oc, p.ic, p.k, p.s, p.padding, more, p.g, p.bias, p.d)
    state = {"weight": elements(conv.WEIGHTS, layer.weight.shape)}
    if p.bias:
        state["bias"] = conv.BIAS[:p.ic]
    layer.load_state_dict(state)
    return layer(elements(conv.INPUT, shape))


def ask(kind, p):
    """What PyTorch gives, or None."""
    x = elements(conv.INPUT, (p.mb, p.ic, *p.size)).clone().requires_grad_()
    y, layer = conv.convolve(p, x)
    if kind == "transpose":
        return transposed(p, y.shape)
    y.backward(elements(DY, y.shape))
    return {"data": x.grad, "weights": layer.weight.grad,
            "bias": layer.bias.grad if p.bias else None}[kind]


def line(rng, whole):
    """A random problem's line."""
    while True:
        p = conv.draw(rng)
        if not p.fits() or p.mb == 0:
            continue
        kind = rng.choice(["data", "data", "weights", "weights", "bias", "transpose"])
        onednn = rng.random() < conv.ONEDNN
        with torch.enable_grad(), torch.backends.mkldnn.flags(enabled=onednn):
            result = ask(kind, p)
        if result is None or result.numel() > MAX_ELEMENTS:
            continue
        shape = result.shape if len(result.shape) == 4 else (1, len(result), 1, 1)
        flat = result.detach().contiguous().view(-1).numpy()
        outputs = flat[sampled(len(flat), whole)].astype(">f4").tobytes().hex(" ", 4)
        return answer(f"{kind} {p}", shape, weighted_sum(flat), outputs)


OP = Op("gradient", RECORDED, lambda: iter(()), line)
