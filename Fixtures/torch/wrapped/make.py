"""State dicts of a model inside wrappers: a moving average with its counter, and a compiled model trained in parallel."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1))
average = torch.optim.swa_utils.AveragedModel(model)
for _ in range(3):
    model(torch.randn(4, 2, 6, 6))
    average.update_parameters(model)
write_torch_case(FOLDER / "swa", average.state_dict(), "")
# What DistributedDataParallel(torch.compile(model)).state_dict() gives: DistributedDataParallel needs a process group.
compiled = nn.DataParallel(torch.compile(model))
write_torch_case(FOLDER / "compiled-in-parallel", compiled.state_dict(), "")
