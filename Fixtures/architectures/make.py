"""The state dict keys and shapes of torchvision's models, so that architectures written elsewhere can be held against them.

For each model: how many tensors, how many elements, and the CRC-32 of a line "key [sizes]" for each, in order.
"""

import json
import zlib
from pathlib import Path

import torch

library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
library.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")

from torchvision import models

NAMES = """
    resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d
    wide_resnet50_2 wide_resnet101_2 vgg11_bn vgg13_bn vgg16_bn vgg19_bn
    densenet121 densenet161 densenet169 densenet201 mobilenet_v2
    mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3
""".split()


def describe(name: str) -> dict:
    with torch.device("meta"):
        state_dict = models.get_model(name).state_dict()
    lines = "".join(f"{key} {list(tensor.shape)}\n" for key, tensor in state_dict.items())
    return {
        "tensors": len(state_dict),
        "elements": sum(tensor.numel() for tensor in state_dict.values()),
        "crc32": f"{zlib.crc32(lines.encode()):08x}",
    }


if __name__ == "__main__":
    rows = ",\n".join(f'  "{name}": {json.dumps(describe(name))}' for name in NAMES)
    (Path(__file__).parent / "expected.json").write_text("{\n" + rows + "\n}\n")
