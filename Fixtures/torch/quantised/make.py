"""Whole modules with what is not in tensors: packed weights of quantised layers, functions, and nothing else at all."""

from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent


class Settings:
    pass


for name in ("a", "b"):
    torch.manual_seed(ord(name))
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 4))
    model = torch.ao.quantization.quantize_dynamic(model, {nn.Linear})
    model.eval()
    torch.save(model, FOLDER / f"{name}.pth")

norm = nn.BatchNorm1d(4)
norm.activation = torch.relu
torch.save(norm, FOLDER / "functions.pth")
torch.save(nn.ReLU(), FOLDER / "no-tensors.pth")
