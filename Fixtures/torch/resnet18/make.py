"""torchvision's resnet18: its keys, shapes, order and `_metadata`, with little content.

Every convolution and the fully connected weight are overlapping views of a small random storage of their own, so the
file is small although the tensors, made contiguous, hold 11.7 million values.
"""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

# torchvision registers implementations of these two operators, and cannot be imported where its own library is missing.
operators = torch.library.Library("torchvision", "DEF")
operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision.models import resnet18

STRIDES = [(1, 1, 1, 1), (2, 1, 3, 1), (1, 2, 1, 5), (1, 0, 7, 2), (0, 1, 1, 1)]


def overlapping(shape: torch.Size, pattern: tuple[int, ...], offset: int) -> torch.Tensor:
    strides = pattern[: len(shape)]
    length = offset + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    return torch.as_strided(torch.randn(length) * 0.05, shape, strides, offset)


torch.manual_seed(18)
state_dict = resnet18().state_dict()
big = 0
for name, tensor in state_dict.items():
    if tensor.dim() > 1:
        state_dict[name] = overlapping(tensor.shape, STRIDES[big % len(STRIDES)], offset=big % 3)
        big += 1
    elif name.endswith("num_batches_tracked"):
        state_dict[name] = torch.tensor(100)
    elif name.endswith("running_var"):
        state_dict[name] = torch.rand_like(tensor) + 0.5
    elif name.endswith("weight"):
        state_dict[name] = 1 + 0.1 * torch.randn_like(tensor)
    else:
        state_dict[name] = 0.1 * torch.randn_like(tensor)
write_torch_case(FOLDER, state_dict)
