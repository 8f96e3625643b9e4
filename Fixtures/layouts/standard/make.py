"""nn.BatchNorm2d itself: buffers [C], [C] and a scalar; no slices."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, batch, contiguous, conv2d, package, trained, write_layout_case,
)

torch.manual_seed(0)
everyone = torch.zeros(12, dtype=torch.long)
model = trained(LayoutNet(conv2d, nn.BatchNorm2d), contiguous(12, 4), 3, 4, 4)
norm, x = model.bn1, batch(contiguous(12, 4), 4, 4, 4)
assert_rows_move(norm, x, everyone, "standard")
assert_evaluation(norm, x, "standard", norm.running_mean, norm.running_var)
assert norm.num_batches_tracked == 12  # One per forward.

x = batch(contiguous(12, 4), 3, 4, 4)
write_layout_case(FOLDER, model, x, "standard", None, "buffers", package("torch"))
