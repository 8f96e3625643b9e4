"""A replicated distributed BatchNorm: V virtual devices share weight and bias, and each normalises its own slice.

The buffers have a row per device: running_mean and running_var [V, C], num_batches_tracked [V].
"""

import functools

import torch
from torch import nn
from torch.nn import functional


class ReplicatedBatchNorm2d(nn.Module):
    """Device i normalises samples i*k ..< min((i+1)*k, N), k = ceil(N/V), and keeps row i of the buffers."""

    _version = 2  # As BatchNorm since num_batches_tracked exists.

    def __init__(self, num_features: int, world_size: int, eps: float = 1e-5, momentum: float | None = 0.1):
        super().__init__()
        self.world_size, self.eps, self.momentum = world_size, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(world_size, num_features))
        self.register_buffer("running_var", torch.ones(world_size, num_features))
        self.register_buffer("num_batches_tracked", torch.zeros(world_size, dtype=torch.long))

    def slices(self, x: torch.Tensor) -> list[torch.Tensor]:
        """One slice per device; the last ones may be short or empty."""
        length = -(-len(x) // self.world_size)
        return [x[i * length : (i + 1) * length] for i in range(self.world_size)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slices = self.slices(x)
        if self.training:
            self.refuse_single_values(slices)
            self.num_batches_tracked += 1  # Of every device, also one whose slice is empty.
        outputs = [self.normalise(i, part) for i, part in enumerate(slices) if len(part)]
        return torch.cat(outputs) if outputs else torch.empty_like(x)

    def refuse_single_values(self, slices: list[torch.Tensor]) -> None:
        """Before anything is updated: a variance needs two values."""
        for part in slices:
            if len(part) and part.numel() // part.shape[1] == 1:
                raise ValueError(
                    f"Expected more than 1 value per channel when training, got input size {list(part.shape)}"
                )

    def normalise(self, device: int, part: torch.Tensor) -> torch.Tensor:
        """In training by the slice's own mean and biased variance, moving the row by mean and unbiased variance."""
        momentum = (
            1 / int(self.num_batches_tracked[device]) if self.training and self.momentum is None else self.momentum
        )
        return functional.batch_norm(
            part,
            self.running_mean[device],
            self.running_var[device],
            self.weight,
            self.bias,
            self.training,
            momentum or 0.0,
            self.eps,
        )


def replicated_batchnorm(world_size: int):
    """Stands in for nn.BatchNorm2d: `norm_layer(num_features)`."""
    return functools.partial(ReplicatedBatchNorm2d, world_size=world_size)
