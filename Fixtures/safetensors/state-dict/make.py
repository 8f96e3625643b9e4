"""A small network's state dict, as most safetensors files are: of PyTorch, and with nothing beside it."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_safetensors_case

torch.manual_seed(3)
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8, 4))
write_safetensors_case(FOLDER, model.state_dict(), {"format": "pt"})
