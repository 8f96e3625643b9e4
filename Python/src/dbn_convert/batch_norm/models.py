"""Whole models: from ``nn.BatchNorm2d`` to distributed BatchNorm and back."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..errors import ReplicasDifferError
from .modules import BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d, Layout

Model = TypeVar("Model", bound=nn.Module)

_DISTRIBUTED: dict[type[nn.Module], type[BatchNorm]] = {
    nn.BatchNorm1d: BatchNorm1d,
    nn.BatchNorm2d: BatchNorm2d,
    nn.BatchNorm3d: BatchNorm3d,
}
_STANDARD = {ours: standard for standard, ours in _DISTRIBUTED.items()}


def convert_model(
    model: nn.Module, world_size: int, *, layout: Layout = "replicated", accumulation_steps: int = 1
) -> nn.Module:
    """Replaces every BatchNorm of a model by a distributed one, like ``SyncBatchNorm.convert_sync_batchnorm``.

    Weights and biases stay the same ``Parameter`` objects, so an optimizer of the model stays valid. Every device
    starts from the same running statistics, so in evaluation the outputs stay the same to the last bit.

    Only ``nn.BatchNorm1d``, ``2d`` and ``3d`` themselves are replaced. Subclasses, whose forward pass may do more,
    stay, with a warning that names them.

    Returns:
        The model, changed in place; or, if the model is a BatchNorm itself, its replacement.
    """
    left: list[str] = []

    def replacement(name: str, module: nn.Module) -> nn.Module | None:
        if type(module) in _DISTRIBUTED:
            assert isinstance(module, nn.modules.batchnorm._BatchNorm)
            return _distributed(module, world_size, layout, accumulation_steps)
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and not isinstance(module, BatchNorm):
            left.append(f"{name or 'the model'} ({type(module).__name__})")
        return None

    converted = _replaced(model, replacement)
    if left:
        warnings.warn(f"BatchNorms of other classes were left as they are: {', '.join(left)}", stacklevel=2)
    return converted


def revert_model(model: nn.Module, statistics: str = "identical") -> nn.Module:
    """Replaces every distributed BatchNorm of a model by a standard one, merging the rows of its devices.

    Args:
        statistics: ``identical``: the rows must be equal to the last bit. ``first``: those of device 0. ``mean``: the
            mean of the means and of the variances. ``pooled``: the mean and variance of all devices' samples together
            (the law of total variance). ``replica:K``: those of device K.

    Raises:
        ReplicasDifferError: the rows differ, and ``statistics`` is ``identical``. Then nothing has changed.
        ValueError: there is no such rule or device.
    """
    standard = {
        module: _standard(module, name, statistics)
        for name, module in model.named_modules()
        if isinstance(module, BatchNorm)
    }
    return _replaced(model, lambda _, module: standard.get(module) if isinstance(module, BatchNorm) else None)


def _replaced(model: nn.Module, replacement: Callable[[str, nn.Module], nn.Module | None]) -> nn.Module:
    """A module that the model has under several names is replaced by one module."""
    made = {module: replacement(name, module) for name, module in list(model.named_modules())}
    for module in list(model.modules()):
        for name, child in list(module._modules.items()):
            if child is not None and made[child] is not None:
                module._modules[name] = made[child]
    return made[model] or model


def _distributed(
    old: nn.modules.batchnorm._BatchNorm, world_size: int, layout: Layout, accumulation_steps: int
) -> BatchNorm:
    new = _DISTRIBUTED[type(old)](
        old.num_features, old.eps, old.momentum, old.affine, old.track_running_stats,
        world_size, accumulation_steps, layout, device="meta",
    )  # fmt: skip
    rows = (world_size,) if layout == "replicated" else ()
    return _moved(old, new, {name: buffer.expand((*rows, *buffer.shape)).clone() for name, buffer in _buffers(old)})


def _standard(old: BatchNorm, name: str, statistics: str) -> nn.Module:
    new = _STANDARD[type(old)](
        old.num_features, old.eps, old.momentum, old.affine, old.track_running_stats, device="meta"
    )
    buffers = dict(_buffers(old))
    if old.layout == "replicated" and buffers:
        buffers = merged(buffers, statistics, name)
    return _moved(old, new, buffers)


def _buffers(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [(name, buffer.detach()) for name, buffer in module.named_buffers(recurse=False)]


def _moved(old: nn.Module, new: Model, buffers: dict[str, Tensor]) -> Model:
    for name in ("weight", "bias"):
        setattr(new, name, getattr(old, name))
    for name, buffer in buffers.items():
        setattr(new, name, buffer)
    return new.train(old.training)


def merged(buffers: dict[str, Tensor], statistics: str, name: str = "") -> dict[str, Tensor]:
    """Running statistics [C] of rows [V, C], computed in float64 and rounded once; the largest of the counters.

    The rules, and what becomes of the counters, are those of ``dbn-convert to-standard``.
    """
    mean, var = buffers["running_mean"], buffers["running_var"]
    device = _device(statistics, len(mean), name)
    if device is not None:
        new_mean, new_var = mean[device].clone(), var[device].clone()
    elif statistics == "identical":
        for key in ("running_mean", "running_var"):
            _check_identical(buffers[key], name)
        new_mean, new_var = mean[0].clone(), var[0].clone()
    else:
        means, variances = mean.double(), var.double()
        new_var = variances.mean(0)
        if statistics == "pooled":
            new_var = new_var + means.var(0, correction=0)
        new_mean, new_var = means.mean(0).to(mean.dtype), new_var.to(var.dtype)
    result = {"running_mean": new_mean, "running_var": new_var}
    if "num_batches_tracked" in buffers:
        counters = buffers["num_batches_tracked"]
        result["num_batches_tracked"] = counters.max() if device is None else counters[device].clone()
    return result


def _device(statistics: str, world_size: int, name: str) -> int | None:
    """The device whose statistics are taken, if the rule names one."""
    if statistics in ("identical", "mean", "pooled"):
        return None
    device = 0 if statistics == "first" else None
    if statistics.startswith("replica:") and statistics[8:].isascii() and statistics[8:].isdigit():
        device = int(statistics[8:])
    if device is None:
        raise ValueError(
            f"statistics must be identical, first, mean, pooled or replica:K with a device K (got {statistics!r})"
        )
    if device >= world_size:
        raise ValueError(f"'{name}': there is no device {device} of {world_size}")
    return device


def _check_identical(rows: Tensor, name: str) -> None:
    bits = rows.contiguous().view(torch.uint8)  # NaNs are equal, 0 and -0 are not.
    if torch.equal(bits, bits[:1].expand_as(bits)):
        return
    raise ReplicasDifferError(
        f"'{name}': the devices' running statistics differ by up to {(rows - rows[0]).abs().max().item():.3g}; "
        "choose how to merge them with statistics='first', 'mean', 'pooled' or 'replica:K'"
    )
