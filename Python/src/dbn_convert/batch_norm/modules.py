"""BatchNorm with V virtual devices, which share weight and bias, while each normalises its slice of the mini-batch."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from . import functional as functional  # Registers the operation.

#: How the running statistics are kept.
#:
#: ``replicated``: running_mean and running_var [V, C], num_batches_tracked [V]; device i updates row i, and in
#: evaluation slice i is normalised with row i. ``first-device``: [C], [C] and a scalar, as in ``nn.BatchNorm2d``;
#: device 0 alone updates them.
Layout = Literal["replicated", "first-device"]

LAYOUTS: tuple[Layout, ...] = ("replicated", "first-device")


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Distributed BatchNorm for inputs [N, C, ...]; the parameters are those of ``torch.nn.BatchNorm2d``, and

    Args:
        vt_world_size: V, the number of virtual devices. With N samples, device i has the samples i*k to (i+1)*k,
            where k = ceil(N/V); the last slices may be short or empty.
        accumulation_steps: in the first-device layout, only the first of so many forward passes in training updates
            the running statistics; the replicated layout updates them in each.
        layout: see `Layout`.
    """

    vt_world_size: int
    accumulation_steps: int
    layout: Layout

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        vt_world_size: int = 1,
        accumulation_steps: int = 1,
        layout: Layout = "replicated",
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        check_arguments(vt_world_size, accumulation_steps, layout)
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device=device, dtype=dtype)
        self.vt_world_size, self.accumulation_steps, self.layout = vt_world_size, accumulation_steps, layout
        # A plain attribute, not saved: a run that is resumed begins at step 0.
        self.accumulation_step = 0
        if track_running_stats and layout == "replicated":
            for name, buffer in list(self.named_buffers()):
                self.register_buffer(name, buffer.expand(vt_world_size, *buffer.shape).clone())

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        tracks = self.training and self.track_running_stats and self.running_mean is not None
        # In training, statistics that are not tracked are not used.
        uses_buffers = tracks or not self.training
        counter = self.num_batches_tracked + 1 if tracks and self.num_batches_tracked is not None else None
        output: Tensor
        output, mean, var = torch.ops.dbn_convert.distributed_batch_norm(
            input,
            self.weight,
            self.bias,
            self.running_mean if uses_buffers else None,
            self.running_var if uses_buffers else None,
            counter,
            self.training,
            self.momentum,
            self.eps,
            self.vt_world_size,
        )
        if tracks:
            self._keep(counter, mean, var)
        return output

    def _keep(self, counter: Tensor | None, mean: Tensor, var: Tensor) -> None:
        """Updates the buffers in place, so that replicas of ``nn.DataParallel`` on the first GPU update the module."""
        if counter is not None and self.num_batches_tracked is not None:
            self.num_batches_tracked.copy_(counter)
        if self.layout == "first-device" and self.accumulation_steps > 1:
            step = self.accumulation_step
            self.accumulation_step = (step + 1) % self.accumulation_steps
            if step:
                return
        assert self.running_mean is not None and self.running_var is not None
        self.running_mean.copy_(mean)
        self.running_var.copy_(var)

    def extra_repr(self) -> str:
        text = f"{super().extra_repr()}, vt_world_size={self.vt_world_size}, layout={self.layout}"
        return text if self.accumulation_steps == 1 else f"{text}, accumulation_steps={self.accumulation_steps}"

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2D input (got {input.dim()}D input)")

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, metadata: dict[str, Any], strict: bool,
        missing: list[str], unexpected: list[str], errors: list[str],
    ) -> None:  # fmt: skip
        """Says what to do about running statistics in another layout, which PyTorch reports as sizes that differ."""
        given, own = state_dict.get(f"{prefix}running_mean"), self.running_mean
        if isinstance(given, Tensor) and own is not None and given.shape != own.shape:
            errors.append(f"{prefix}running_mean {list(given.shape)} is in another layout than {self._layout_advice()}")
        super()._load_from_state_dict(state_dict, prefix, metadata, strict, missing, unexpected, errors)

    def _layout_advice(self) -> str:
        if self.layout == "first-device":
            return "this first-device BatchNorm [C]; convert the checkpoint with dbn_convert.to_standard first."
        return (
            f"this replicated BatchNorm [{self.vt_world_size}, {self.num_features}]; convert the checkpoint with "
            f"dbn_convert.to_distributed(..., world_size={self.vt_world_size}) first."
        )


class BatchNorm1d(BatchNorm):
    """For inputs [N, C] and [N, C, L]."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class BatchNorm2d(BatchNorm):
    """For inputs [N, C, H, W]."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4:
            raise ValueError(f"expected 4D input (got {input.dim()}D input)")


class BatchNorm3d(BatchNorm):
    """For inputs [N, C, D, H, W]."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 5:
            raise ValueError(f"expected 5D input (got {input.dim()}D input)")


def check_arguments(vt_world_size: int, accumulation_steps: int, layout: str) -> None:
    """Raises ValueError for arguments that no BatchNorm can have."""
    for name, value in (("vt_world_size", vt_world_size), ("accumulation_steps", accumulation_steps)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"argument '{name}' must be a positive integer (got {value!r})")
    if layout not in LAYOUTS:
        raise ValueError(f"argument 'layout' must be one of {', '.join(LAYOUTS)} (got {layout!r})")
