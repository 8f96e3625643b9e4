"""A checkpoint as a training on two GPUs leaves it: every storage says where it lived, which a reader ignores.

Written on a machine without a GPU, then the places are changed within the pickle.
"""

import sys
import zipfile
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from archive import write_archive
from expectation import write_torch_case

torch.manual_seed(5)
path = FOLDER / "checkpoint.pth"
write_torch_case(FOLDER, nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).state_dict())
with zipfile.ZipFile(path) as archive:
    records = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
records["data.pkl"] = records["data.pkl"].replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:1")
write_archive(path, records)
