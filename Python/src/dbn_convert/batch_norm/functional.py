"""Distributed BatchNorm as one operation of PyTorch: `torch.ops.dbn_convert.distributed_batch_norm`.

`torch.export` keeps the operation as one node, which `dbn-convert` runs in both modes and with weights in any layout.
Everything else (autograd, `torch.compile`, `run_decompositions`) sees the plain operations that it consists of.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# The first and the last buffer are rows [V, C] in the replicated layout and [C] in the first-device layout.
_SCHEMA = (
    "distributed_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "Tensor? num_batches_tracked, bool training, float? momentum, float eps, int world_size) "
    "-> (Tensor, Tensor, Tensor)"
)


def slices(input: Tensor, world_size: int) -> tuple[Tensor, ...]:
    """The samples of each device whose slice is not empty: device i has i*k ..< min((i+1)*k, N), k = ceil(N/V)."""
    length = (input.shape[0] + world_size - 1) // world_size
    return input.split(length) if length else ()


def distributed_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    num_batches_tracked: Tensor | None,
    training: bool,
    momentum: float | None,
    eps: float,
    world_size: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalises the slice of each of V devices.

    Args:
        input: [N, C, ...].
        running_mean, running_var: [V, C], a row for each device; or [C], which only device 0 updates; or None.
        num_batches_tracked: counters, [V] or a scalar, with this batch already counted.
        training: whether slices are normalised with their own statistics.
        momentum: None for a cumulative average.

    Returns:
        The output, and new running statistics, which are empty tensors if there are none.
    """
    if running_mean is None or running_var is None:
        parts = [functional.batch_norm(p, None, None, weight, bias, True, 0.0, eps) for p in slices(input, world_size)]
        return _joined(parts, input), input.new_empty(0), input.new_empty(0)
    mean, var = running_mean.clone(), running_var.clone()
    if not training:
        return _evaluated(input, weight, bias, mean, var, eps, world_size), mean, var
    # With momentum 1, the rows become the statistics of the slices, which are averaged below.
    rate = 1.0 if momentum is None else momentum
    rows = list(zip(mean.view(-1, mean.shape[-1]), var.view(-1, var.shape[-1])))
    parts = []
    for device, part in enumerate(slices(input, world_size)):
        row_mean, row_var = rows[device] if device < len(rows) else (None, None)
        parts.append(functional.batch_norm(part, row_mean, row_var, weight, bias, True, rate, eps))
    if momentum is None and num_batches_tracked is not None:
        share = num_batches_tracked.to(mean.dtype).reciprocal().unsqueeze(-1)
        mean = running_mean + share * (mean - running_mean)
        var = running_var + share * (var - running_var)
    return _joined(parts, input), mean, var


def _evaluated(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor, var: Tensor, eps: float, world_size: int
) -> Tensor:
    """Slice i normalised with row i, or everything with the one set of statistics."""
    if mean.dim() == 1:
        return functional.batch_norm(input, mean, var, weight, bias, False, 0.0, eps)
    if isinstance(input.shape[0], torch.SymInt):
        return _evaluated_for_any_batch(input, weight, bias, mean, var, eps, world_size)
    parts = [
        functional.batch_norm(part, mean[device], var[device], weight, bias, False, 0.0, eps)
        for device, part in enumerate(slices(input, world_size))
    ]
    return _joined(parts, input)


def _evaluated_for_any_batch(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor, var: Tensor, eps: float, world_size: int
) -> Tensor:
    """The same where the size of the batch, and so the number of slices, is only known when the program runs."""
    samples = input.shape[0]
    length = (samples + world_size - 1) // world_size
    row = torch.arange(samples, device=input.device) // length
    places = (1,) * (input.dim() - 2)
    output = (input - mean[row].view(samples, -1, *places)) * (var[row] + eps).rsqrt().view(samples, -1, *places)
    if weight is not None:
        output = output * weight.view(-1, *places)
    return output if bias is None else output + bias.view(-1, *places)


def _joined(parts: list[Tensor], input: Tensor) -> Tensor:
    return torch.cat(parts) if parts else input.clone()


_library = torch.library.Library("dbn_convert", "DEF")
_library.define(_SCHEMA, tags=[torch.Tag.pt2_compliant_tag])
_library.impl("distributed_batch_norm", distributed_batch_norm, "CompositeImplicitAutograd")
