"""A model on labelled images: what `evaluation` in expected.json says."""

import copy

import torch
from torch import nn
from torch.nn import functional

from digits import scaled


@torch.no_grad()
def logits(model: nn.Module, images: torch.Tensor, batch: int) -> torch.Tensor:
    dtype = next(model.parameters()).dtype
    return torch.cat([model.eval()(scaled(part).to(dtype)) for part in images.split(batch)])


def evaluate(name: str, model: nn.Module, images: torch.Tensor, labels: torch.Tensor, batch: int = 64) -> dict:
    """Counts and the mean cross-entropy: of the model in float32 (`loss_float32`) and in float64 (all others)."""
    single = logits(model, images, batch)
    double = logits(copy.deepcopy(model).double(), images, batch)
    assert torch.equal(ranks(single, labels), ranks(double, labels)), "a rounding error decides"
    rank = ranks(double, labels)
    return {
        "name": name,
        "batch": batch,
        "samples": len(labels),
        "top1": int((rank == 0).sum()),
        "top5": int((rank < 5).sum()),
        "loss": functional.cross_entropy(double, labels).item().hex(),
        "loss_float32": functional.cross_entropy(single, labels).item().hex(),
        "per_class": [[int((rank[labels == digit] == 0).sum()), int((labels == digit).sum())] for digit in range(10)],
    }


def ranks(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """How many classes are above the right one."""
    return (logits > logits.gather(1, labels[:, None])).sum(1)
