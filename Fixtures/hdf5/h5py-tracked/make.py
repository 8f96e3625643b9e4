"""A state dict in the newest file format, its keys in the order they were written."""

import sys
from pathlib import Path

import h5py
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

torch.manual_seed(11)
model = nn.Sequential(
    nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.Linear(4, 3)
)
with h5py.File(FOLDER / "weights.h5", "w", libver="latest", track_order=True) as file:
    for key, tensor in model.state_dict().items():
        file[key] = tensor.numpy()
write_hdf5_case(FOLDER)
