"""What torchvision's ResNets give in one training forward in float64, with standard and with replicated BatchNorms (V = 2):
weights by formula.py, images [N, 3, 33, 1] of the name `input`, ten classes.

The logits whole; of each running_mean and running_var the first two values and the sum of the magnitudes of all, as
hexadecimal floats. Every counter becomes 1.
"""

import functools
import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "batchnorm")]
from formula import fill, tensor
from make import models
from modules import DistributedBatchNorm

torch.set_num_threads(1)
STANDARD = (torch.nn.BatchNorm2d, 4)
REPLICATED = (functools.partial(DistributedBatchNorm, world_size=2), 7)  # Slices of 4 and 3.


def numbers(values: torch.Tensor) -> list[str]:
    return [value.hex() for value in values.flatten().tolist()]


@torch.no_grad()
def training(name: str, norm_layer, samples: int) -> dict:
    model = models.get_model(name, num_classes=10, norm_layer=norm_layer).double()
    model.load_state_dict(fill(model.state_dict()))
    logits = model.train()(tensor("input", [samples, 3, 33, 1]))
    buffers = {}
    for key, value in model.named_buffers():
        if key.endswith("num_batches_tracked"):
            assert value.eq(1).all()
        else:
            buffers[key] = numbers(value.flatten()[:2]) + [value.abs().sum().item().hex()]
    return {"samples": samples, "logits": numbers(logits), "buffers": buffers}


rows = ",\n".join(
    f'  "{name}-{layout}": {json.dumps(training(name, *options))}'
    for name in ("resnet18", "resnet50")
    for layout, options in (("standard", STANDARD), ("replicated", REPLICATED))
)
(HERE / "training.json").write_text("{\n" + rows + "\n}\n")
