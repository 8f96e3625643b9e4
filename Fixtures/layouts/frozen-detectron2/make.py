"""detectron2's FrozenBatchNorm2d, written from its description (detectron2 is not on PyPI).

Four buffers [C], no parameters, no num_batches_tracked, as torchvision's; the version in the state dict's metadata is
3, so that it loads into nn.BatchNorm2d only without the metadata or with strict=False; running_var begins as 1 - eps;
evaluation is PyTorch's batch_norm, to the last bit nn.BatchNorm2d's. Both modes use the buffers.
"""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import (
    LayoutNet, assert_evaluation, batch, contiguous, conv2d, trained, write_layout_case,
)


class FrozenBatchNorm2d(nn.Module):
    _version = 3

    def __init__(self, features: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(features))
        self.register_buffer("bias", torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(features))
        self.register_buffer("running_var", torch.ones(features) - eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)


torch.manual_seed(11)
places = contiguous(12, 4)
tuned = trained(LayoutNet(conv2d, nn.BatchNorm2d), places, 3, 4, 4)
model = LayoutNet(conv2d, FrozenBatchNorm2d).train()
model.load_state_dict({key: value for key, value in tuned.state_dict().items() if not key.endswith("_tracked")})
norm = model.bn1
assert_evaluation(norm, batch(places, 4, 4, 4), "frozen", norm.running_mean, norm.running_var)

back = LayoutNet(conv2d, nn.BatchNorm2d)
missing = back.load_state_dict(model.state_dict(), strict=False).missing_keys
assert missing == ["bn1.num_batches_tracked", "bn2.num_batches_tracked"]
assert back.load_state_dict(dict(model.state_dict())).missing_keys == []

x, written_by = batch(places, 3, 4, 4), "layouts/frozen-detectron2/make.py"
write_layout_case(FOLDER, model, x, "frozen", None, "buffers", written_by, trains=False)
