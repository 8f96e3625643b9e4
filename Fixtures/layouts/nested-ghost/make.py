"""pytorch_tabnet's GBN with a virtual batch of 4: a standard BatchNorm1d under `bn.`.

What the source (pytorch_tabnet/tab_network.py) does: x.chunk(n) with n = ceil(N / virtual_batch_size), in both modes.
torch.chunk cuts pieces of ceil(N/n) samples, not of the virtual batch size: 9 samples make 3, 3, 3, not 4, 4, 1. In
training the one BatchNorm sees the pieces one after the other, so that the buffers move, and the counter goes up, once
per piece. In evaluation the buffers are used, and the pieces make no difference. The momentum is 0.01.
"""

import copy
import sys
from functools import partial
from pathlib import Path

import torch
from pytorch_tabnet.tab_network import GBN

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_slices, batch, contiguous, linear, package, trained, write_layout_case,
)

SAMPLES, VIRTUAL_BATCH = 9, 4

torch.manual_seed(7)
places = contiguous(SAMPLES, 3)  # Pieces of 3.
model = trained(LayoutNet(linear, partial(GBN, virtual_batch_size=VIRTUAL_BATCH)), places, 3)
norm, x = model.bn1, batch(places, 4)
assert_slices(norm, x, places, affine=lambda norm, device: (norm.bn.weight, norm.bn.bias))
assert_evaluation(norm, x, "nested", norm.bn.running_mean, norm.bn.running_var)
assert norm.bn.num_batches_tracked == 12 * 3

expected = norm.bn.running_mean.double()
for piece in x.double().split(3):
    expected = 0.99 * expected + 0.01 * piece.mean(0)
moved = copy.deepcopy(norm).double()
moved(x.double())
torch.testing.assert_close(moved.bn.running_mean, expected, rtol=1e-11, atol=1e-11)

x = batch(places, 3)
write_layout_case(FOLDER, model, x, "nested", "chunks", "buffers", package("pytorch-tabnet"))
