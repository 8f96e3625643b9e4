"""nn.SyncBatchNorm as convert_sync_batchnorm makes it: the same keys and shapes as nn.BatchNorm2d, on disk the same.

In training, all processes normalise by the statistics of the whole batch; without a process group, as here, it is a
plain BatchNorm.
"""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, batch, contiguous, conv2d, package, trained, write_layout_case,
)

torch.manual_seed(1)
everyone = torch.zeros(12, dtype=torch.long)
model = nn.SyncBatchNorm.convert_sync_batchnorm(LayoutNet(conv2d, nn.BatchNorm2d))
model = trained(model, contiguous(12, 4), 3, 4, 4)
norm, x = model.bn1, batch(contiguous(12, 4), 4, 4, 4)
assert type(norm) is nn.SyncBatchNorm
assert_rows_move(norm, x, everyone, "standard")
assert_evaluation(norm, x, "standard", norm.running_mean, norm.running_var)

x = batch(contiguous(12, 4), 3, 4, 4)
write_layout_case(FOLDER, model, x, "standard", None, "buffers", package("torch"))
