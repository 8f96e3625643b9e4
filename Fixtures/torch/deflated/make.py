"""A checkpoint that went through an ordinary zip tool: deflated records, an extra folder entry, no padding."""

import sys
import zipfile
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(6)
path = FOLDER / "checkpoint.pth"
write_torch_case(FOLDER, nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(40, 30)).state_dict())
with zipfile.ZipFile(path) as archive:
    records = {name: archive.read(name) for name in archive.namelist()}
with zipfile.ZipFile(path, "w") as archive:
    archive.writestr(zipfile.ZipInfo("checkpoint/"), b"")
    for name, data in records.items():
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
