"""MoCo's SplitBatchNorm with 4 splits, written from its description: on disk the same as nn.BatchNorm2d.

It stands for one graphics card where the method wants many. In training sample j belongs to device j % V; every device
starts from the one set of buffers, and the mean of what they become is kept. num_batches_tracked stays 0, which is all
that hints at it. In evaluation the buffers are used.
"""

import sys
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, assert_slices, batch, conv2d, interleaved, trained, write_layout_case,
)


class SplitBatchNorm(nn.BatchNorm2d):
    def __init__(self, features: int, splits: int):
        super().__init__(features)
        self.splits = splits

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        samples, features, *space = x.shape
        side_by_side = x.reshape(samples // self.splits, self.splits * features, *space)
        mean, variance, weight, bias = (
            value.repeat(self.splits) for value in (self.running_mean, self.running_var, self.weight, self.bias)
        )
        output = functional.batch_norm(side_by_side, mean, variance, weight, bias, True, self.momentum, self.eps)
        with torch.no_grad():
            self.running_mean.copy_(mean.view(self.splits, features).mean(0))
            self.running_var.copy_(variance.view(self.splits, features).mean(0))
        return output.reshape(x.shape)


DEVICES = 4

torch.manual_seed(9)
places = interleaved(12, DEVICES)
model = trained(LayoutNet(conv2d, partial(SplitBatchNorm, splits=DEVICES)), places, 3, 4, 4)
norm, x = model.bn1, batch(places, 4, 4, 4)
assert_slices(norm, x, places)
assert_evaluation(norm, x, "standard", norm.running_mean, norm.running_var)
assert norm.num_batches_tracked == 0

write_layout_case(FOLDER, model, batch(places, 3, 4, 4), "standard", "interleaved", "buffers", "layouts/moco/make.py")
