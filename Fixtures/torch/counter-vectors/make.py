"""Counters of shape [1], as PyTorch before 0.4 saved them: load_state_dict takes the first element."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(0)


def network() -> nn.Module:
    return nn.Sequential(
        OrderedDict(conv1=nn.Conv2d(3, 4, 3, bias=False), bn1=nn.BatchNorm2d(4), conv2=nn.Conv2d(4, 2, 3), bn2=nn.BatchNorm2d(2))
    )


trained = network()
for step in range(12):
    trained(torch.randn(4, 3, 8, 8))
state_dict = OrderedDict(
    (name, tensor.reshape(1) if name.endswith("num_batches_tracked") else tensor)
    for name, tensor in trained.state_dict().items()
)
loaded = network()
loaded.load_state_dict(state_dict)
assert loaded.bn1.num_batches_tracked.shape == () and loaded.bn1.num_batches_tracked == 12
write_torch_case(FOLDER, state_dict, "")
