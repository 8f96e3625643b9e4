"""Distributed BatchNorm in PyTorch: V virtual devices share weight and bias, each normalises its own slice of the batch.

Two state layouts under the same names. `replicated`: buffers [V, C], [V, C], [V]; device i moves row i. `first-device`:
[C], [C], scalar, as in a standard BatchNorm; device 0 alone moves them, at accumulation step 0 only. And two ways of
slicing: `contiguous`, device i has samples i*k ..< min((i+1)*k, N), k = ceil(N/V); `interleaved`, those with j % V == i.
"""

import torch
from torch import nn
from torch.nn import functional


class DistributedBatchNorm(nn.Module):
    def __init__(
        self, num_features: int, world_size: int, layout: str = "replicated", slices: str = "contiguous",
        accumulation_steps: int = 1, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True,
    ):
        super().__init__()
        self.world_size, self.layout, self.slices = world_size, layout, slices
        self.accumulation_steps, self.accumulation_step = accumulation_steps, 0
        self.eps, self.momentum, self.track_running_stats = eps, momentum, track_running_stats
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None
        if track_running_stats:
            rows = [world_size] if layout == "replicated" else []
            self.register_buffer("running_mean", torch.zeros(*rows, num_features))
            self.register_buffer("running_var", torch.ones(*rows, num_features))
            self.register_buffer("num_batches_tracked", torch.zeros(rows, dtype=torch.long))

    def places(self, samples: int) -> list[torch.Tensor]:
        """The samples of each device, by index."""
        everyone = torch.arange(samples)
        if self.slices == "interleaved":
            return [everyone[i :: self.world_size] for i in range(self.world_size)]
        length = -(-samples // self.world_size)
        return [everyone[i * length : (i + 1) * length] for i in range(self.world_size)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        places = self.places(len(x))
        uses_batch = self.training or not self.track_running_stats
        if uses_batch:
            for place in places:  # Before anything is updated: PyTorch's own check, which raises ValueError.
                functional._verify_batch_size(x[place].size()) if len(place) else None
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1  # Of every device, also one whose slice is empty.
        output = torch.empty_like(x)
        for device, place in enumerate(places):
            if len(place):
                output[place] = self.normalise(device, x[place], uses_batch)
        if self.training:
            self.accumulation_step = (self.accumulation_step + 1) % self.accumulation_steps
        return output

    def normalise(self, device: int, part: torch.Tensor, uses_batch: bool) -> torch.Tensor:
        mean, variance, momentum = None, None, self.momentum
        if self.track_running_stats:
            replicated = self.layout == "replicated"
            mean, variance = (
                buffer[device] if replicated else buffer for buffer in (self.running_mean, self.running_var)
            )
            moves = replicated or (device == 0 and self.accumulation_step == 0)
            if uses_batch and not moves:
                mean, variance = mean.clone(), variance.clone()
            if momentum is None:
                counter = self.num_batches_tracked[device] if replicated else self.num_batches_tracked
                momentum = 1 / float(counter) if self.training else 0.0
        return functional.batch_norm(
            part, mean, variance, self.weight, self.bias, uses_batch, momentum or 0.0, self.eps
        )
