"""What distributed BatchNorm means: V BatchNorms with the same weight and bias, each on its own slice."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SeparateBatchNorms(nn.Module):
    """Device i has the samples i*k ..< min((i+1)*k, N) with k = ceil(N/V), and a BatchNorm of PyTorch's."""

    def __init__(self, make, world_size: int, **arguments) -> None:
        super().__init__()
        self.devices = nn.ModuleList(make(**arguments) for _ in range(world_size))
        for device in self.devices[1:]:
            device.weight, device.bias = self.devices[0].weight, self.devices[0].bias

    def forward(self, input: Tensor) -> Tensor:
        length = -(-len(input) // len(self.devices))
        parts = [input[i * length : (i + 1) * length] for i in range(len(self.devices))]
        return torch.cat([device(part) for device, part in zip(self.devices, parts) if len(part)])

    def rows(self, name: str) -> Tensor:
        return torch.stack([getattr(device, name) for device in self.devices])


def randomise(model: nn.Module) -> None:
    """Weights and statistics that differ from channel to channel and from device to device."""
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if name.endswith("running_var") or name.endswith("weight"):
                tensor.copy_(torch.rand_like(tensor) + 0.5)
            elif name.endswith(("running_mean", "bias")):
                tensor.copy_(torch.randn_like(tensor))


def share(separate: SeparateBatchNorms, distributed: nn.Module) -> None:
    """Gives the separate BatchNorms the state of the distributed one."""
    with torch.no_grad():
        for index, device in enumerate(separate.devices):
            for name in ("weight", "bias"):
                if getattr(device, name) is not None:
                    getattr(device, name).copy_(getattr(distributed, name))
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                value = getattr(distributed, name)
                if value is not None:
                    getattr(device, name).copy_(value[index] if distributed.layout == "replicated" else value)
