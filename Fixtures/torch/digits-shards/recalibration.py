"""Population statistics of every BatchNorm over the training images, by four ways of counting them.

`torch`  torch.optim.swa_utils.update_bn: passes in training mode; the mean over batches of the batch mean and of the
         unbiased batch variance, every batch with the same weight. What lies between the batch means is lost.
`fvcore` fvcore.nn.precise_bn.update_bn_stats: the same passes; the law of total variance over all values, batches
         weighted by their values, in float32.
`exact`  as `fvcore`, in float64: the reference for it.
`layers` layer by layer, in float64: every BatchNorm's statistics over all data, with the BatchNorms before it already
         in evaluation mode with theirs. Independent of batches; the same as one pass with all data as one batch.

In the first three, all BatchNorms are measured in the same passes, each normalising by the batch at hand: what a layer
is given differs a little from what it is given in evaluation.
"""

import copy

import torch
from fvcore.nn.precise_bn import update_bn_stats
from torch import nn
from torch.optim.swa_utils import update_bn

from digits import scaled

Statistics = dict[str, torch.Tensor]


def norms(model: nn.Module) -> dict[str, nn.BatchNorm2d]:
    return {name: module for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}


def collected(model: nn.Module) -> Statistics:
    return {f"{name}.{key}": getattr(norm, key).clone()
            for name, norm in norms(model).items() for key in ("running_mean", "running_var")}


def by_torch(model: nn.Module, images: torch.Tensor, batch: int) -> Statistics:
    model = copy.deepcopy(model)
    update_bn(scaled(images).split(batch), model)
    return collected(model)


def by_fvcore(model: nn.Module, images: torch.Tensor, batch: int) -> Statistics:
    model = copy.deepcopy(model).train()
    batches = scaled(images).split(batch)
    update_bn_stats(model, batches, len(batches))
    return collected(model)


@torch.no_grad()
def exactly(model: nn.Module, images: torch.Tensor, batch: int) -> Statistics:
    model = copy.deepcopy(model).double().train()
    inputs = {name: [] for name in norms(model)}
    for name, norm in norms(model).items():
        norm.register_forward_pre_hook(lambda _, arguments, name=name: inputs[name].append(arguments[0].clone()))
    for part in scaled(images).double().split(batch):
        model(part)
    return {key: value for name in inputs for key, value in moments(name, torch.cat(inputs[name])).items()}


@torch.no_grad()
def by_layers(model: nn.Module, images: torch.Tensor) -> Statistics:
    model, found = copy.deepcopy(model).double().eval(), {}
    for name, norm in norms(model).items():
        seen = []
        hook = norm.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].clone()))
        model(scaled(images).double())
        hook.remove()
        of_this = moments(name, seen[0])
        norm.running_mean, norm.running_var = of_this.values()
        found |= of_this
    return found


def moments(name: str, x: torch.Tensor) -> Statistics:
    """Mean and biased variance over all but the features."""
    values = x.transpose(0, 1).flatten(1)
    return {f"{name}.running_mean": values.mean(1), f"{name}.running_var": values.var(1, unbiased=False)}


def recalibrated(model: nn.Module, images: torch.Tensor) -> dict[str, Statistics]:
    """By name: `exact-64` counts batches of 64. 100 doesn't divide the number of images: the last batch is of 8."""
    found = {"layers": by_layers(model, images)}
    for batch in (64, 100):
        found |= {
            f"torch-{batch}": by_torch(model, images, batch),
            f"fvcore-{batch}": by_fvcore(model, images, batch),
            f"exact-{batch}": exactly(model, images, batch),
        }
        assert_close(found[f"fvcore-{batch}"], found[f"exact-{batch}"], 1e-5)
    assert_close(exactly(model, images, len(images)), found["layers"], 1e-11)
    return found


def assert_close(left: Statistics, right: Statistics, relative: float) -> None:
    """Relative to the largest value of each tensor."""
    for key, value in right.items():
        error = (left[key].double() - value.double()).abs().max() / value.abs().max()
        assert error < relative, (key, error)
