"""torchvision's FrozenBatchNorm2d: four buffers [C], no parameters, no num_batches_tracked.

A standard BatchNorm is trained, and its state dict loaded into frozen modules, which drop the counter. Both modes use
the buffers: x * scale + shift with scale = weight * rsqrt(running_var + eps), so the last bits differ from
nn.BatchNorm2d's. The version in the state dict's metadata is 1: to nn.BatchNorm2d that is one from before the counter,
so it loads, and the counter is 0.
"""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, batch, contiguous, conv2d, package, trained, write_layout_case,
)
from torchvision.ops import FrozenBatchNorm2d

torch.manual_seed(10)
places = contiguous(12, 4)
tuned = trained(LayoutNet(conv2d, nn.BatchNorm2d), places, 3, 4, 4)
model = LayoutNet(conv2d, FrozenBatchNorm2d).train()
model.load_state_dict(tuned.state_dict())
norm = model.bn1
assert_evaluation(norm, batch(places, 4, 4, 4), "frozen", norm.running_mean, norm.running_var)
assert not list(norm.parameters()) and "num_batches_tracked" not in norm.state_dict()

back = LayoutNet(conv2d, nn.BatchNorm2d)
back.load_state_dict(model.state_dict())
assert back.bn1.num_batches_tracked == 0

x = batch(places, 3, 4, 4)
write_layout_case(FOLDER, model, x, "frozen", None, "buffers", package("torchvision"), trains=False)
