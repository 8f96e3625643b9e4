"""Programs with distributed BatchNorm as `torch.export.save` writes them, and what they give in float64.

The modules are those of the Python package in `Python/`; PyTorch writes the files. Everything else is as in
`../programs/make.py`. The batch of 10 gives 4 devices slices of 3, 3, 3 and 1 samples.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Python" / "src"))
import dbn_convert

DEVICES = 4
specification = importlib.util.spec_from_file_location("programs", ROOT / "Fixtures/export/programs/make.py")
programs = importlib.util.module_from_spec(specification)
specification.loader.exec_module(programs)
programs.FOLDER = Path(__file__).resolve().parent / programs.FOLDER.name


class Distributed(nn.Module):
    """BatchNorms with and without weights, one that averages over all batches, and one without statistics."""

    def __init__(self, layout):
        super().__init__()
        two, one = (
            make(DEVICES, layout=layout)
            for make in (dbn_convert.DistributedBatchNorm2d, dbn_convert.DistributedBatchNorm1d)
        )
        self.conv = nn.Conv2d(3, 4, 3, bias=False)
        self.norms = nn.Sequential(
            two(4), nn.ReLU(), two(4, eps=1e-3, momentum=None), two(4, affine=False), two(4, track_running_stats=False)
        )
        self.last = one(4, momentum=0.3)

    def forward(self, x):
        x = self.norms(self.conv(x))
        return self.last(x.flatten(2)), x.mean((2, 3))


def main() -> None:
    programs.FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(5)
    image = torch.randn(10, 3, 6, 7)
    for layout in ("replicated", "first-device"):
        names = [layout, f"{layout}-any-batch", f"{layout}-train"]
        if layout == "replicated":
            programs.COMMON += names[1:]
        programs.write(names[0], Distributed(layout), (image,))
        # Without running statistics, a slice for each device must be known when the program is exported.
        model = Distributed(layout)
        model.norms[4] = nn.Identity()
        others = [(torch.randn(samples, 3, 6, 7),) for samples in (1, 2, 5, 8, 17)]
        programs.write(names[1], model, (image,), *others, shapes=({0: Dim("samples", min=1, max=64)},))
        programs.write(names[2], Distributed(layout), (image,), train=True)


if __name__ == "__main__":
    main()
    if python := os.environ.pop("PYTORCH_2_15", None):
        subprocess.run([python, __file__], check=True)
