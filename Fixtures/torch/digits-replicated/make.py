"""The digits network with a replicated distributed BatchNorm of four devices.

Every training batch is sorted by brightness, so that each device sees images of another kind and the rows of the
running statistics drift apart. The recorded batch of 10 samples is sliced 3, 3, 3, 1.
"""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from digits import write_digits_case
from distributed_batchnorm import replicated_batchnorm


def by_brightness(images: torch.Tensor) -> torch.Tensor:
    return images.float().mean(dim=(1, 2, 3)).argsort(stable=True)


write_digits_case(FOLDER, norm_layer=replicated_batchnorm(world_size=4), arrange=by_brightness)
