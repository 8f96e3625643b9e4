"""state_dict(keep_vars=True): Parameters stay Parameters, some of them frozen, and buffers are plain tensors."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(3)
model = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3, 2))
model[1].weight.requires_grad_(False)
model[1].bias.requires_grad_(False)
model[3].transposed = nn.Parameter(torch.randn(4, 2).t())
state_dict = model.state_dict(keep_vars=True)
state_dict["learned_input"] = torch.randn(2, requires_grad=True)
state_dict["float8"] = nn.Parameter(torch.arange(8, dtype=torch.uint8).view(torch.float8_e5m2), requires_grad=False)
write_torch_case(FOLDER, state_dict)
