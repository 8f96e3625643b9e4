"""lightly's SplitBatchNorm with 4 splits, saved after evaluation: all rows of the buffers are equal.

As `ghost`, whose make.py says how; here the training loop evaluated once, and the mean over the devices is in every
row. A file like this can be converted without loss.
"""

import sys
from functools import partial
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, batch, conv2d, interleaved, package, trained, write_layout_case,
)
from lightly.models.batchnorm import SplitBatchNorm

DEVICES = 4

torch.manual_seed(6)
places = interleaved(12, DEVICES)
model = trained(LayoutNet(conv2d, partial(SplitBatchNorm, num_splits=DEVICES)), places, 3, 4, 4)
model.eval().train()
rows = model.bn1.running_mean.view(DEVICES, 4)
assert all(torch.equal(row, rows[0]) for row in rows)
norm = model.bn1
x = batch(places, 4, 4, 4)
assert_evaluation(norm, x, "ghost", norm.running_mean[:4], norm.running_var[:4])

x = batch(places, 3, 4, 4)
write_layout_case(FOLDER, model, x, "ghost", "interleaved", "mean", package("lightly"))
