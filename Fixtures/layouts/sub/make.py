"""SlowFast's SubBatchNorm3d with 4 splits, written from its description (SlowFast is not on PyPI).

`weight` and `bias` [C] are shared; `bn` [C] is for evaluation and `split_bn` [4*C] for training, neither with an affine
part. In training the batch [N, C, T, H, W] is seen as [N/V, V*C, T, H, W]: sample j belongs to device j % V, and
element d*C + c of `split_bn`'s buffers is device d's feature c. aggregate_stats() puts the mean and the total variance
of the rows, biased, into `bn`; without it `bn` is as it began, 0 and 1. `bn.num_batches_tracked` stays 0,
`split_bn`'s goes up once per forward. In both modes weight and bias are applied after the normalisation.
"""

import sys
from functools import partial
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_rows_move, assert_slices, batch, conv3d, interleaved, trained,
    write_layout_case,
)


class SubBatchNorm3d(nn.Module):
    def __init__(self, features: int, splits: int):
        super().__init__()
        self.splits = splits
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.bn = nn.BatchNorm3d(features, affine=False)
        self.split_bn = nn.BatchNorm3d(splits * features, affine=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        samples, features, *space = x.shape
        if self.training:
            side_by_side = x.reshape(samples // self.splits, self.splits * features, *space)
            normalised = self.split_bn(side_by_side).reshape(x.shape)
        else:
            normalised = self.bn(x)
        weight, bias = (value.reshape(-1, 1, 1, 1) for value in (self.weight, self.bias))
        return normalised * weight + bias

    @torch.no_grad()
    def aggregate_stats(self) -> None:
        means, variances = (
            value.view(self.splits, -1) for value in (self.split_bn.running_mean, self.split_bn.running_var)
        )
        self.bn.running_mean.copy_(means.mean(0))
        self.bn.running_var.copy_(variances.mean(0) + means.var(0, unbiased=False))


DEVICES = 4

torch.manual_seed(8)
places = interleaved(8, DEVICES)
model = trained(LayoutNet(conv3d, partial(SubBatchNorm3d, splits=DEVICES)), places, 3, 2, 4, 4)
norm, x = model.bn1, batch(places, 4, 2, 4, 4)
assert_slices(norm, x, places)
assert_rows_move(norm, x, places, "sub")
assert norm.bn.running_var.tolist() == [1] * 4  # Until statistics are aggregated.
for each in (model.bn1, model.bn2):
    each.aggregate_stats()
means = norm.split_bn.running_mean.double().view(DEVICES, 4)
variances = norm.split_bn.running_var.double().view(DEVICES, 4)
pooled = variances.mean(0) + means.var(0, unbiased=False)
torch.testing.assert_close(norm.bn.running_var.double(), pooled, rtol=1e-6, atol=0)
assert_evaluation(norm, x, "sub", norm.bn.running_mean, norm.bn.running_var)
assert (norm.bn.num_batches_tracked, norm.split_bn.num_batches_tracked) == (0, 12)

write_layout_case(FOLDER, model, batch(places, 3, 2, 4, 4), "sub", "interleaved", "pooled", "layouts/sub/make.py")
