"""A distributed BatchNorm that keeps the first device's statistics: on disk the same as nn.BatchNorm2d.

In training each of the 4 devices normalises its own contiguous slice, device 0's alone moves the buffers, and the
counter goes up once per forward. In evaluation all samples are normalised by the buffers. Nothing in the file tells
it from `standard`.
"""

import sys
from functools import partial
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER.parents[1] / "batchnorm")]
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, assert_slices, batch, contiguous, conv2d, trained,
    write_layout_case,
)
from modules import DistributedBatchNorm

DEVICES = 4

torch.manual_seed(2)
places = contiguous(12, DEVICES)
norm_layer = partial(DistributedBatchNorm, world_size=DEVICES, layout="first-device")
model = trained(LayoutNet(conv2d, norm_layer), places, 3, 4, 4)
norm, x = model.bn1, batch(places, 4, 4, 4)
assert_slices(norm, x, places)
assert_rows_move(norm, x, places, "standard", devices=[0])
assert_evaluation(norm, x, "standard", norm.running_mean, norm.running_var)
assert norm.num_batches_tracked == 12

written_by = "batchnorm/modules.py"
write_layout_case(FOLDER, model, batch(places, 3, 4, 4), "first-device", "contiguous", "buffers", written_by)
