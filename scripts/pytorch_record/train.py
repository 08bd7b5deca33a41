#!/usr/bin/python3
"""Trains the networks of tests/pytorch/train_test.cc with PyTorch and prints their losses, a network
a line, for tests/pytorch/train.txt:

    scripts/pytorch_record/train.py > tests/pytorch/train.txt

Needs Debian's python3-torch. Weights, pictures and their order are functions of integers, the same
here and there.
"""
import math

import numpy as np
import torch
from torch import nn

PICTURES, SIDE, BATCH, STEPS = 1000, 28, 64, 100


def philox(counter, key):
    """Philox4x32-10 of columns of counters."""
    c, k = [np.asarray(x, dtype=np.uint64) for x in counter], list(key)
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & low,
             (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def bits(seed, stream, step, count):
    """The first numbers of windrow::train::Random."""
    blocks = np.arange((count + 3) // 4, dtype=np.uint64)
    same = np.ones_like(blocks)
    numbers = philox([blocks, same * 0, same * np.uint64(step), same * np.uint64(stream)],
                     (seed & 0xFFFFFFFF, seed >> 32))
    return np.stack(numbers, axis=1).reshape(-1)[:count].astype(np.int64)


def uniform(seed, stream, step, tensor, bound):
    high = np.float32(bound)
    way = (bits(seed, stream, step, tensor.numel()) >> 8).astype(np.float32) * np.float32(2**-24)
    values = -high + (high - -high) * way
    tensor.data = torch.from_numpy(values.reshape(tensor.shape))


def initialize(model, seed):
    for stream, m in enumerate(model.modules()):
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan_in = math.prod(m.weight.shape[1:])
            uniform(seed, stream, 0, m.weight, 1 / math.sqrt(fan_in))
            if m.bias is not None:
                uniform(seed, stream, 1, m.bias, 1 / math.sqrt(fan_in))


def order(seed, epoch):
    numbers, to = bits(seed, 0xFFFFFFFF, epoch, PICTURES), list(range(PICTURES))
    for i in range(PICTURES - 1, 0, -1):
        j = int(numbers[i]) * (i + 1) >> 32
        to[i], to[j] = to[j], to[i]
    return to


def bars():
    labels = bits(99, 0, 0, PICTURES) % 10
    pixels = np.empty((PICTURES, SIDE * SIDE), dtype=np.int64)
    p = np.arange(SIDE * SIDE)
    for i, label in enumerate(labels):
        at = label * (SIDE - 1) // 9
        bar = (p // SIDE == at) | (p % SIDE == at)
        pixels[i] = bits(99, 0, i + 1, SIDE * SIDE) % 100 + 150 * bar
    x = ((pixels / 255 - 0.3) / 0.4).astype(np.float32).reshape(PICTURES, 1, SIDE, SIDE)
    return torch.from_numpy(x), torch.from_numpy(labels)


class Residual(nn.Module):
    def __init__(self, body, downsample=None):
        super().__init__()
        self.body, self.downsample = body, downsample

    def forward(self, x):
        return self.body(x) + (x if self.downsample is None else self.downsample(x))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10))


def every_layer():
    def conv(i, o, stride):
        return nn.Conv2d(i, o, 3, stride, 1, bias=False)
    return nn.Sequential(
        conv(1, 16, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        Residual(nn.Sequential(conv(16, 24, 2), nn.BatchNorm2d(24), nn.SiLU()),
                 nn.Sequential(conv(16, 24, 2), nn.BatchNorm2d(24))),
        nn.Tanh(), nn.Dropout(0), nn.Sigmoid(), nn.ConvTranspose2d(24, 8, 2, 2), nn.LeakyReLU(),
        nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10))


def losses(model, make_optimizer, max_norm=None):
    torch.set_num_threads(1)
    initialize(model, 1)
    optimizer = make_optimizer(model.parameters())
    x, labels = bars()
    per_epoch = -(-PICTURES // BATCH)
    for step in range(STEPS):
        if step % per_epoch == 0:
            epoch = order(3, step // per_epoch)
        which = epoch[step % per_epoch * BATCH:][:BATCH]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[which]), labels[which])
        loss.backward()
        if max_norm:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        yield f"{loss.item():.9g}"


for name, network, make_optimizer, max_norm in (
        ("lenet_sgd", lenet(), lambda p: torch.optim.SGD(p, 0.05), None),
        ("lenet_momentum", lenet(),
         lambda p: torch.optim.SGD(p, 0.01, momentum=0.9, nesterov=True, weight_decay=1e-3), 1),
        ("every_adam", every_layer(), lambda p: torch.optim.Adam(p, 1e-3, weight_decay=1e-2), None),
        ("every_adamw", every_layer(), lambda p: torch.optim.AdamW(p, 2e-3, weight_decay=0.1), 2)):
    print(name, *losses(network, make_optimizer, max_norm))
