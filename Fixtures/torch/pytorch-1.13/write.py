"""To be run with PyTorch 1.13: writes each checkpoint in both formats of that version. make.py runs it."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
assert torch.__version__.startswith("1.13"), torch.__version__

torch.manual_seed(113)
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))
model[2].alias = model[2].weight
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
model[2](torch.ones(1, 4)).sum().backward()
optimizer.step()
base = torch.arange(24.0)
names = "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 bool".split()
CASES = {
    "state-dict": model.state_dict(),
    "parameters": model.state_dict(keep_vars=True),
    "training": {"epoch": 3, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.5},
    "views": OrderedDict(
        transposed=base.view(4, 6).t(),
        part=base[5:9],
        expanded=torch.tensor(1.5).expand(2, 3),
        empty=torch.empty(0, 3),
        scalar=torch.tensor(7),
        conjugate=torch.tensor([1 + 2j, 3 - 4j]).conj(),
        negative=torch.tensor([1 + 2j, 3 - 4j]).conj().imag,
    ),
    "scalar-types": OrderedDict((name, torch.arange(4).to(getattr(torch, name))) for name in names),
}
for name, value in CASES.items():
    for kind in ("zip", "legacy"):
        folder = FOLDER / f"{name}-{kind}"
        folder.mkdir(exist_ok=True)
        torch.save(value, folder / "checkpoint.pth", _use_new_zipfile_serialization=kind == "zip")
