"""lightly's SplitBatchNorm with 4 splits, saved in training mode: running_mean and running_var are [4*C].

What the source (lightly/models/batchnorm.py, after cifar10-fast's GhostBatchNorm) does: in training the batch
[N, C, H, W] is seen as [N/V, V*C, H, W], so that sample j belongs to device j % V (N must be a multiple of V), and
element d*C + c of the buffers is device d's feature c. The module's own forward never counts: num_batches_tracked
stays 0.

Evaluation normalises by the first C elements. But going from training to evaluation mode (`eval()` on a module that
trains) first puts the mean over the devices into all rows. So a checkpoint loaded into a module fresh from its
constructor, then `eval()`, is evaluated by `mean` (`eval.*` in activations.pth); loaded into one that is in evaluation
mode already, by its first row (`loaded-in-eval.*`).
"""

import sys
from functools import partial
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, assert_slices, batch, interleaved, conv2d, package, trained,
    write_layout_case,
)
from lightly.models.batchnorm import SplitBatchNorm

DEVICES = 4


@torch.no_grad()
def loaded_in_evaluation_mode(model: LayoutNet, x: torch.Tensor) -> dict[str, torch.Tensor]:
    fresh = LayoutNet(conv2d, norm_layer).eval()
    fresh.load_state_dict(model.state_dict())
    return {"loaded-in-eval.output": fresh(x), "float64.loaded-in-eval.output": fresh.double()(x.double())}


norm_layer = partial(SplitBatchNorm, num_splits=DEVICES)
torch.manual_seed(5)
places = interleaved(12, DEVICES)
model = trained(LayoutNet(conv2d, norm_layer), places, 3, 4, 4)
norm, x = model.bn1, batch(places, 4, 4, 4)
means, variances = norm.running_mean.double().view(DEVICES, 4), norm.running_var.double().view(DEVICES, 4)
assert_slices(norm, x, places)
assert_rows_move(norm, x, places, "ghost")
assert_evaluation(norm, x, "ghost", means.mean(0), variances.mean(0))
assert norm.num_batches_tracked == 0

in_evaluation_mode = SplitBatchNorm(4, DEVICES).eval()
in_evaluation_mode.load_state_dict(norm.state_dict())
assert_evaluation(in_evaluation_mode, x, "ghost", means[0], variances[0])

x = batch(places, 3, 4, 4)
extra = loaded_in_evaluation_mode(model, x)
write_layout_case(FOLDER, model, x, "ghost", "interleaved", "mean", package("lightly"), extra=extra)
