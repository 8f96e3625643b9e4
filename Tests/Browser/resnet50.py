"""A ResNet-50 with random weights as a safetensors file, made without PyTorch, and what training on 8 devices does to its
statistics."""

import json
import math
import random
import struct
from array import array
from pathlib import Path

WIDTHS, BLOCKS = (64, 128, 256, 512), (3, 4, 6, 3)


def batch_norm(name: str, features: int) -> dict:
    return {f"{name}.{part}": [features] for part in ("weight", "bias", "running_mean", "running_var")}


def shapes() -> dict:
    """Names and shapes of torchvision's resnet50 (torchvision/models/resnet.py), counters left out."""
    result = {"conv1.weight": [64, 3, 7, 7], **batch_norm("bn1", 64)}
    inputs = 64
    for stage, (width, blocks) in enumerate(zip(WIDTHS, BLOCKS), 1):
        for block in range(blocks):
            name = f"layer{stage}.{block}"
            for index, (out, into, size) in enumerate(((width, inputs, 1), (width, width, 3), (4 * width, width, 1)), 1):
                result |= {f"{name}.conv{index}.weight": [out, into, size, size], **batch_norm(f"{name}.bn{index}", out)}
            if block == 0:
                result[f"{name}.downsample.0.weight"] = [4 * width, inputs, 1, 1]
                result |= batch_norm(f"{name}.downsample.1", 4 * width)
            inputs = 4 * width
    return result | {"fc.weight": [1000, 2048], "fc.bias": [1000]}


def values(name: str, shape: list[int], generator: random.Random) -> bytes:
    count = math.prod(shape)
    if len(shape) == 1:
        return array("f", [1.0 if name.endswith(("weight", "var")) else 0.0]).tobytes() * count
    scale = math.sqrt(2 / math.prod(shape[1:]))
    # Lengths without a common factor, so that no two rows are the same.
    some = array("f", [generator.gauss(0, scale) for _ in range(min(count, 4093))]).tobytes()
    return (some * (count * 4 // len(some) + 1))[:count * 4]


def write(path: Path, tensors: dict) -> None:
    """https://github.com/huggingface/safetensors: a length, a header in JSON, the bytes."""
    header, end = {}, 0
    for name, (shape, data) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, data in tensors.values():
            file.write(data)


def write_resnet50(path: Path) -> None:
    generator = random.Random(50)
    write(path, {name: (shape, values(name, shape, generator)) for name, shape in shapes().items()})


def write_inputs(path: Path) -> None:
    shape = [1, 3, 32, 32]
    write(path, {"input": (shape, values("input", shape, random.Random(32)))})


def drift(path: Path) -> None:
    """Changes the running statistics of all devices, in place."""
    generator = random.Random(8)
    with path.open("r+b") as file:
        start = 8 + struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(start - 8))
        for name, tensor in header.items():
            if not name.endswith(("running_mean", "running_var")):
                continue
            first, end = tensor["data_offsets"]
            file.seek(start + first)
            numbers = array("f", file.read(end - first))
            width = generator.uniform(0.02, 0.3)
            if name.endswith("mean"):
                numbers = array("f", [number + generator.gauss(0, width) for number in numbers])
            else:
                numbers = array("f", [number * math.exp(generator.gauss(0, width)) for number in numbers])
            file.seek(start + first)
            file.write(numbers.tobytes())
