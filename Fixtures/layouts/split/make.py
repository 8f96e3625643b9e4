"""timm's SplitBatchNorm2d with 3 splits: a standard BatchNorm, and `aux_bn.0`, `aux_bn.1`, each a whole BatchNorm.

What the source (timm/layers/split_batchnorm.py) does: in training the batch is cut into V contiguous parts of N/V
samples (N must be a multiple of V); the first goes through the main BatchNorm, part i + 1 through `aux_bn.i`. Each has
its own weight, bias, buffers and counter. In evaluation the main one alone is used.
"""

import sys
from functools import partial
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, assert_slices, batch, contiguous, conv2d, package, trained,
    write_layout_case,
)
from timm.layers.split_batchnorm import SplitBatchNorm2d

DEVICES = 3


def affine(norm: SplitBatchNorm2d, device: int) -> tuple[torch.Tensor, torch.Tensor]:
    one = norm.aux_bn[device - 1] if device else norm
    return one.weight, one.bias


torch.manual_seed(4)
places = contiguous(12, DEVICES)
model = trained(LayoutNet(conv2d, partial(SplitBatchNorm2d, num_splits=DEVICES)), places, 3, 4, 4)
norm, x = model.bn1, batch(places, 4, 4, 4)
assert_slices(norm, x, places, affine)
assert_rows_move(norm, x, places, "split")
assert_evaluation(norm, x, "split", norm.running_mean, norm.running_var)
assert norm.num_batches_tracked == norm.aux_bn[0].num_batches_tracked == norm.aux_bn[1].num_batches_tracked == 12

x = batch(places, 3, 4, 4)
write_layout_case(FOLDER, model, x, "split", "contiguous", "first", package("timm"))
