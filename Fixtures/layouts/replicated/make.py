"""A replicated distributed BatchNorm of 4 devices: running_mean and running_var [4, C], num_batches_tracked [4].

In training and in evaluation, slice i of k = ceil(N/V) samples belongs to device i: so what comes out depends on the
place in the batch. The recorded batch has 10 samples, slices of 3, 3, 3 and 1.
"""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, assert_slices, batch, contiguous, conv2d, trained,
    write_layout_case,
)
from distributed_batchnorm import replicated_batchnorm

DEVICES = 4

torch.manual_seed(3)
places = contiguous(12, DEVICES)
model = trained(LayoutNet(conv2d, replicated_batchnorm(DEVICES)), places, 3, 4, 4)
norm, places = model.bn1, contiguous(10, DEVICES)
x = batch(places, 4, 4, 4)
assert_slices(norm, x, places)
assert_rows_move(norm, x, places, "replicated")
assert_evaluation(norm, x, "replicated", norm.running_mean[places], norm.running_var[places])
assert norm.num_batches_tracked.tolist() == [12] * DEVICES

written_by = "distributed_batchnorm.py"
write_layout_case(FOLDER, model, batch(places, 3, 4, 4), "replicated", "contiguous", "row", written_by)
