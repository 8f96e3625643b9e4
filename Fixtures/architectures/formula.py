"""Tensors made by one formula, so that a model of millions of weights needs no file: the same in every language.

Element j of the tensor named k is a number in [-1, 1) from a 32-bit hash of j and CRC-32(k); what it becomes depends on
the last part of the name. In float64. Weights of convolutions and linear layers are scaled by their fan-in (He); those
of norms are around the gain of the model (gains.json), chosen so that its outputs are of the order of 1.
"""

import json
import math
import zlib
from pathlib import Path

import numpy
import torch

GAINS = json.loads((Path(__file__).parent / "gains.json").read_text())


def noise(name: str, count: int) -> numpy.ndarray:
    x = numpy.arange(count, dtype=numpy.uint32) + numpy.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):  # Wellons' lowbias32.
        x ^= x >> numpy.uint32(shift)
        x *= numpy.uint32(factor)
    x ^= x >> numpy.uint32(16)
    return x.astype(numpy.float64) / 2.0**31 - 1


def tensor(name: str, shape: list[int], gain: float = 1) -> torch.Tensor:
    values = noise(name, math.prod(shape)).reshape(shape)
    last = name.rsplit(".", 1)[-1]
    if last == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if last == "weight" and len(shape) == 1:
        return torch.from_numpy(gain + 0.5 * gain * values)
    if last == "running_var":
        return torch.from_numpy(1 + 0.5 * values)
    if last in ("running_mean", "bias"):
        return torch.from_numpy(0.1 * values)
    if last == "weight":
        return torch.from_numpy(values * math.sqrt(6 / math.prod(shape[1:])))
    return torch.from_numpy(values)


@torch.no_grad()
def fill(model: torch.nn.Module, gain: float) -> torch.nn.Module:
    """The model in float64 with its parameters and buffers made by the formula."""
    for name, value in model.double().state_dict().items():
        if name.endswith("relative_position_index"):
            continue  # MaxViT's model makes it.
        value.copy_(tensor(name, list(value.shape), gain))
    return model


def output(result) -> torch.Tensor:
    """A model's only output, or the one that models which classify each pixel call `out`."""
    return result["out"] if isinstance(result, dict) else result


@torch.no_grad()
def outputs(model: torch.nn.Module, image: list[int]) -> dict[str, torch.Tensor]:
    """What a model that was filled gives for the image of the formula, in float64 and, from the same tensors rounded to
    the nearest, in float32. Of the order of 1, and other for another image, so that 1e-4 and 1e-12 mean something."""
    results = {}
    for dtype in (torch.float64, torch.float32):
        run = model.to(dtype).eval()
        result, other = (output(run(tensor(name, image).to(dtype))) for name in ("input", "another input"))
        assert 0.5 < result.abs().max() < 10 and (result - other).std() > 0.01 * result.std()
        results[str(dtype).removeprefix("torch.")] = result
    assert (results["float64"] - results["float32"]).abs().max() < 2e-5
    return results
