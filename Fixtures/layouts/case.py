"""The network of the layout cases, its training on slices that differ, what is recorded, and what is verified.

Each make.py builds the network with one package's BatchNorm and says how that slices and evaluates; the functions
`assert_*` hold what it says against the module itself, in float64.
"""

import copy
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

FIXTURES = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FIXTURES))
from batchnorm_layouts import describe_batchnorms, parameter, rows
from expectation import describe_checkpoint, write_document

# Makes torchvision importable, by timm and lightly too, where its own library was not built for this build of PyTorch.
operators = torch.library.Library("torchvision", "DEF")
operators.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
operators.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")

conv2d = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)
conv3d = partial(nn.Conv3d, kernel_size=3, padding=1, bias=False)
linear = partial(nn.Linear, bias=False)


class LayoutNet(nn.Module):
    """Two convolutions (or linear layers) with BatchNorm, of 4 and 6 features."""

    def __init__(self, mix, norm_layer):
        super().__init__()
        self.conv1 = mix(3, 4)
        self.bn1 = norm_layer(4)
        self.conv2 = mix(4, 6)
        self.bn2 = norm_layer(6)
        self.fc = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        return self.fc(x.flatten(2).mean(2) if x.dim() > 2 else x)


def contiguous(samples: int, devices: int) -> torch.Tensor:
    """The device of each sample: k = ceil(N/V) neighbours share one."""
    return torch.arange(samples) // -(-samples // devices)


def interleaved(samples: int, devices: int) -> torch.Tensor:
    return torch.arange(samples) % devices


def batch(places: torch.Tensor, *shape: int) -> torch.Tensor:
    """Device d's samples have a mean near d and a deviation near 1 + d/2, so that the rows differ."""
    device = places.reshape(-1, *[1] * len(shape)).float()
    return torch.randn(len(places), *shape) * (1 + device / 2) + device


def trained(model: nn.Module, places: torch.Tensor, *shape: int, steps: int = 12) -> nn.Module:
    """Stays in training mode. Weights and biases of the BatchNorms start away from 1 and 0."""
    for name, value in model.named_parameters():
        if name.removeprefix("module.").startswith("bn"):  # DistributedDataParallel wraps the network.
            nn.init.uniform_(value, *((0.5, 1.5) if name.endswith("weight") else (-0.3, 0.3)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(steps):
        x = batch(places, *shape)
        loss = functional.cross_entropy(model(x), torch.randint(2, (len(x),)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.train()


@torch.no_grad()
def recorded(model: nn.Module, x: torch.Tensor, trains: bool = True) -> dict[str, torch.Tensor]:
    """A pass of the network in evaluation mode, and each BatchNorm alone on what it was given in that pass.

    Every run starts from the checkpoint: it works on a copy of the model, which is in training mode. `float64.` stands
    before what the module gives after `.double()`.
    """
    evaluated, inputs = copy.deepcopy(model).eval(), {}
    for name in ("bn1", "bn2"):
        evaluated.get_submodule(name).register_forward_pre_hook(
            lambda _, arguments, name=name: inputs.update({name: arguments[0].clone()})
        )
    found = {"x": x, "eval.output": evaluated(x)}
    found["float64.eval.output"] = copy.deepcopy(model).double().eval()(x.double())
    for name, given in inputs.items():
        found[f"{name}.input"] = given
        for prefix, dtype in (("", torch.float32), ("float64.", torch.float64)):
            norm = copy.deepcopy(model.get_submodule(name)).to(dtype)
            found[f"{prefix}eval.{name}.output"] = copy.deepcopy(norm).eval()(given.to(dtype))
            if trains:
                found[f"{prefix}train.{name}.output"] = norm.train()(given.to(dtype))
                found |= {f"{prefix}train.{name}.{key}": value.clone() for key, value in norm.named_buffers()}
    return found


def write_layout_case(
    folder: Path, model: nn.Module, x: torch.Tensor, layout: str, slices: str | None, evaluation: str, written_by: str,
    trains: bool = True, extra: dict | None = None,
) -> None:
    """checkpoint.pth, activations.pth and expected.json. `model` is in training mode, as the training loop left it."""
    assert model.training
    state_dict = model.state_dict()
    torch.save(state_dict, folder / "checkpoint.pth")
    torch.save(recorded(model, x, trains) | (extra or {}), folder / "activations.pth")
    write_expected(folder, state_dict, layout, slices, evaluation, written_by)


def write_expected(
    folder: Path, state_dict: dict, layout: str, slices: str | None, evaluation: str, written_by: str, **fields
) -> None:
    described = {"name": layout, "slices": slices, "evaluation": evaluation, "written_by": written_by}
    document = {"layout": described, "batchnorms": describe_batchnorms(state_dict, layout), **fields}
    write_document(folder / "expected.json", describe_checkpoint(state_dict, "") | document)


def package(name: str) -> str:
    """`timm 1.0.31`, for `written_by`."""
    return f"{name} {version(name).split('+')[0]}"


def state_of(norm: nn.Module) -> dict[str, torch.Tensor]:
    return {f"bn.{key}": value.clone() for key, value in norm.state_dict().items()}


def moments(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and unbiased variance of every feature, [C] each."""
    values = x.transpose(0, 1).flatten(1)
    return values.mean(1), values.var(1)


@torch.no_grad()
def assert_slices(norm: nn.Module, x: torch.Tensor, places: torch.Tensor, affine=None) -> None:
    """In training, device d's samples are normalised by their own mean and biased variance.

    `affine(d)` gives weight and bias of device d where they are not shared.
    """
    norm, x = copy.deepcopy(norm).double().train(), x.double()
    output = norm(x)
    for device in places.unique().tolist():
        weight, bias = affine(norm, device) if affine else (norm.weight, norm.bias)
        part = x[places == device]
        expected = functional.batch_norm(part, None, None, weight, bias, training=True, eps=1e-5)
        torch.testing.assert_close(output[places == device], expected, rtol=1e-11, atol=1e-11)


@torch.no_grad()
def assert_rows_move(norm: nn.Module, x: torch.Tensor, places: torch.Tensor, layout: str, devices=None) -> None:
    """In training, row d moves by 0.1 towards the mean and the unbiased variance of device d's samples."""
    norm, x = copy.deepcopy(norm).double().train(), x.double()
    before = state_of(norm)
    norm(x)
    after = state_of(norm)
    for device in devices or places.unique().tolist():
        for key, target in zip(("running_mean", "running_var"), moments(x[places == device])):
            old, new = (rows(state, layout, "bn", key)[device] for state in (before, after))
            torch.testing.assert_close(new, 0.9 * old + 0.1 * target, rtol=1e-11, atol=1e-11)


@torch.no_grad()
def assert_evaluation(
    norm: nn.Module, x: torch.Tensor, layout: str, mean: torch.Tensor, variance: torch.Tensor
) -> None:
    """In evaluation, every sample is normalised by `mean` and `variance`, [C] each, or [N, C] with a row per sample."""
    norm, x = copy.deepcopy(norm).double().eval(), x.double()
    state = state_of(norm)
    weight, bias = (parameter(state, layout, "bn", key) for key in ("weight", "bias"))
    mean, variance, weight, bias = (
        value.double().reshape(-1, x.shape[1], *[1] * (x.dim() - 2)) for value in (mean, variance, weight, bias)
    )
    expected = (x - mean) / (variance + 1e-5).sqrt() * weight + bias
    torch.testing.assert_close(norm(x), expected, rtol=1e-11, atol=1e-11)
