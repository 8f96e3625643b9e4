"""Tensors made by one formula, so that a model of millions of weights needs no file: the same in every language.

Element j of the tensor named k is a number in [-1, 1) from a 32-bit hash of j and CRC-32(k); what it becomes depends on
the last part of the name. In float64.
"""

import math
import zlib

import numpy
import torch


def noise(name: str, count: int) -> numpy.ndarray:
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):  # Wellons' lowbias32.
        x ^= x >> numpy.uint32(shift)
        x *= numpy.uint32(factor)
    x ^= x >> numpy.uint32(16)
    return x.astype(numpy.float64) / 2.0**31 - 1


def tensor(name: str, shape: list[int]) -> torch.Tensor:
    values = noise(name, math.prod(shape)).reshape(shape)
    last = name.rsplit(".", 1)[-1]
    if last == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if last == "running_var" or (last == "weight" and len(shape) == 1):
        return torch.from_numpy(1 + 0.5 * values)
    if last in ("running_mean", "bias"):
        return torch.from_numpy(0.1 * values)
    if last == "weight":
        return torch.from_numpy(values * math.sqrt(6 / math.prod(shape[1:])))
    return torch.from_numpy(values)


def fill(state_dict: dict) -> dict:
    return {name: tensor(name, list(value.shape)) for name, value in state_dict.items()}
