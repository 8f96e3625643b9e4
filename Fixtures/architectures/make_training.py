"""What torchvision's ResNets give in one training forward in float64, with standard and with replicated BatchNorms (V = 2):
weights by formula.py, images of the name `input`, ten classes.

training.pth: for each `NAME-standard` and `NAME-replicated` a dictionary of `input` (the shape), `logits` and every
fifth value of each running_mean and running_var. Every counter becomes 1.
"""

import functools
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "batchnorm")]
from formula import GAINS, fill, tensor
from make import models
from modules import DistributedBatchNorm

torch.set_num_threads(1)
REPLICATED = functools.partial(DistributedBatchNorm, world_size=2)


@torch.no_grad()
def training(name: str, norm_layer, shape: list[int]) -> dict:
    model = fill(models.get_model(name, num_classes=10, norm_layer=norm_layer), GAINS["training"])
    result = {"input": torch.tensor(shape), "logits": model.train()(tensor("input", shape))}
    for key, value in model.named_buffers():
        if key.endswith("num_batches_tracked"):
            assert value.eq(1).all()
        else:
            result[key] = value.flatten()[::5].clone()
    return result


SHAPES = {"resnet18": [4, 3, 33, 1], "resnet34": [4, 3, 33, 1], "resnet50": [4, 3, 33, 1], "resnet101": [4, 3, 97, 1],
          "resnet152": [4, 3, 33, 33]}
results = {f"{name}-standard": training(name, torch.nn.BatchNorm2d, shape) for name, shape in SHAPES.items()}
for name in ("resnet18", "resnet50"):  # Slices of 4 and 3 images.
    results[f"{name}-replicated"] = training(name, REPLICATED, [7, 3, 33, 1])
torch.save(results, HERE / "training.pth")
