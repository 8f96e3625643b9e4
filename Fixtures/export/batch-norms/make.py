"""Programs whose BatchNorms are used in other ways than `nn.BatchNorm2d` by itself, as `torch.export.save` writes them.

Written by whichever PyTorch runs this, into a folder of its version: NAME.pt2, and NAME.pth with what the model gives in
float64: `calls`, in the mode in which it was exported, and of some `evaluation` and `training`, with all their modules
in that mode; `after` is the state dict behind a pass. Everything else is as in `../programs/make.py`.
"""

import copy
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "Python" / "src"), str(ROOT / "Fixtures")]
import dbn_convert
from distributed_batchnorm import ReplicatedBatchNorm2d

specification = importlib.util.spec_from_file_location("programs", ROOT / "Fixtures/export/programs/make.py")
programs = importlib.util.module_from_spec(specification)
specification.loader.exec_module(programs)
FOLDER = Path(__file__).resolve().parent / programs.FOLDER.name

# What every version writes, since it writes it in its own way; the one of requirements.txt writes all.
COMMON = ["partly-frozen-train", "momentum-none", "rows-train", "rows-any-batch", "changing-train"]
# What is recorded in both modes.
IN_BOTH_MODES = ["partly-frozen-train", "momentum-zero", "momentum-zero-train", "momentum-none"]


class PartlyFrozen(nn.Module):
    """Fine-tuning: the first BatchNorm stays in evaluation while the second trains."""

    def __init__(self):
        super().__init__()
        self.frozen, self.conv, self.live = nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)

    def train(self, mode=True):
        super().train(mode)
        self.frozen.eval()
        return self

    def forward(self, x):
        return self.live(self.conv(self.frozen(x)))


def norm(momentum) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(3, momentum=momentum))


class SharedAffine(nn.Module):
    """A BatchNorm for each part of the batch, with one weight and one bias for both."""

    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([nn.BatchNorm2d(3), nn.BatchNorm2d(3)])
        self.parts[1].weight, self.parts[1].bias = self.parts[0].weight, self.parts[0].bias

    def forward(self, x):
        return torch.cat([norm(part) for norm, part in zip(self.parts, x.chunk(2))])


class Rows(nn.Module):
    """A BatchNorm of V devices that is written in Python, with buffers [V, C]."""

    def __init__(self, world_size, chunks):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 1), ReplicatedBatchNorm2d(4, world_size)
        if chunks:
            self.norm.slices = lambda x: x.chunk(world_size)

    def forward(self, x):
        return self.norm(self.conv(x)).relu()


class OneRow(Rows):
    """Uses one of the rows only, for the whole batch."""

    def forward(self, x):
        return self.norm.normalise(1, self.conv(x)) + self.conv(x)


class Functional(nn.Module):
    """`F.batch_norm` on tensors of other names."""

    def __init__(self):
        super().__init__()
        for name in ("gain", "shift", "average"):
            self.register_buffer(name, torch.randn(3))
        self.register_buffer("spread", torch.rand(3) + 0.5)

    def forward(self, x):
        return F.batch_norm(x, self.average, self.spread, self.gain, self.shift, self.training, 0.1, 1e-3)


class Borrowed(nn.Module):
    """BatchNorms with weights that are not theirs: computed from the input, another module's, and none at all."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.BatchNorm2d(3, affine=False), nn.BatchNorm2d(3), nn.BatchNorm1d(3)
        self.other = nn.Linear(3, 3)

    def forward(self, x):
        gain = self.other(x.mean((0, 2, 3)))
        x = self.applied(self.first, x, gain, None)
        x = self.applied(self.second, x, self.third.weight, self.other.bias)
        return self.third(x.mean((2, 3))), self.applied(self.second, x, None, None)

    def applied(self, norm, x, weight, bias):
        return F.batch_norm(x, norm.running_mean, norm.running_var, weight, bias, self.training, 0.2, norm.eps)


class Ghost(nn.BatchNorm2d):
    """Ghost BatchNorm of cifar10-fast: statistics of parts of the batch, averaged in evaluation."""

    def __init__(self, features, splits):
        super().__init__(features)
        self.splits = splits
        self.running_mean, self.running_var = torch.zeros(features * splits), torch.ones(features * splits)

    def forward(self, x):
        n, c, h, w = x.shape
        if not self.training:
            mean, var = (buffer.view(self.splits, c).mean(0) for buffer in (self.running_mean, self.running_var))
            return F.batch_norm(x, mean, var, self.weight, self.bias, False, self.momentum, self.eps)
        weight, bias = (torch.cat([tensor] * self.splits) for tensor in (self.weight, self.bias))
        parts = x.view(n // self.splits, c * self.splits, h, w)
        return F.batch_norm(
            parts, self.running_mean, self.running_var, weight, bias, True, self.momentum, self.eps
        ).view(n, c, h, w)


class Standardised(nn.Conv2d):
    """Weight standardisation, as timm does it: a BatchNorm of the weight."""

    def forward(self, x):
        weight = self.weight.reshape(1, self.out_channels, -1)
        weight = F.batch_norm(weight, None, None, training=True, momentum=0.0, eps=1e-6)
        return F.conv2d(x, weight.view(self.weight.shape), self.bias)


class Changing(nn.Module):
    """Tensors that change in a pass, and are no BatchNorm's: an average, a counter, and statistics of its own."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.register_buffer("average", torch.zeros(3))
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.register_buffer("running_mean", torch.zeros(3))

    def forward(self, x):
        mean = x.mean((0, 2, 3))
        self.average.mul_(0.9).add_(mean, alpha=0.1)
        self.steps += 1
        self.running_mean = 0.9 * self.running_mean + 0.1 * mean
        return self.norm(x) - self.average.view(-1, 1, 1) * self.running_mean.view(-1, 1, 1)


def accumulating(step: int) -> nn.Module:
    """A first-device BatchNorm at a step of gradient accumulation; only step 0 updates the statistics."""
    make = dbn_convert.DistributedBatchNorm2d(2, accumulation_steps=2, layout="first-device")
    model = nn.Sequential(make(3), nn.Conv2d(3, 3, 1), make(3))
    model[0].accumulation_step = model[2].accumulation_step = step
    return model


def in_mode(model: nn.Module, training: bool) -> nn.Module:
    """A copy of the model with every module in the mode, also one that says otherwise."""
    model = copy.deepcopy(model)
    for module in model.modules():
        module.training = training
    return model


def passed(model: nn.Module, names: list[str], inputs: tuple) -> dict:
    model = programs.in_double(model)
    torch.set_default_dtype(torch.float64)
    with torch.no_grad():
        outputs = programs.flat(model(*copy.deepcopy(programs.double(inputs))))
    torch.set_default_dtype(torch.float32)
    return {
        "inputs": dict(zip(names, programs.flat(inputs))),
        "outputs": {f"output_{i}": value.clone() for i, value in enumerate(outputs)},
        "after": dict(model.state_dict()),
    }


def write(name: str, model: nn.Module, *inputs: torch.Tensor, shapes=None, train=False, others=(), seed=0) -> None:
    """Exports for `inputs`; records what these and `others` give."""
    if FOLDER.name != "2.13" and name not in COMMON:
        return
    torch.manual_seed(seed)
    programs.randomly(model).train(train)
    with torch.no_grad():
        program = torch.export.export(copy.deepcopy(model), inputs, dynamic_shapes=shapes)
    for node in program.graph.nodes:  # Paths of the machine have no place in a fixture.
        node.meta.pop("stack_trace", None)
    torch.export.save(program, FOLDER / f"{name}.pt2")
    names = [spec.arg.name for spec in program.graph_signature.input_specs if spec.kind.name == "USER_INPUT"]
    recorded = {"calls": [passed(model, names, given) for given in (inputs, *others)]}
    if name in IN_BOTH_MODES:
        for mode in "evaluation", "training":
            recorded[mode] = passed(in_mode(model, mode == "training"), names, inputs)
    torch.save(recorded | {"state_dict": dict(model.state_dict())}, FOLDER / f"{name}.pth")


def write_first_device(image: torch.Tensor) -> None:
    """first-device.pt2, a program of standard BatchNorms, and in first-device.safetensors what it gives in training as
    the original's module since April 2021: `y`, and `after.*`, the state dict behind the pass."""
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 1), nn.BatchNorm2d(3))
    write("first-device", model, image, shapes=({0: Dim.AUTO},))
    if FOLDER.name != "2.13":
        return
    distributed = dbn_convert.convert_model(copy.deepcopy(model), 2, layout="first-device").double().train()
    with torch.no_grad():
        recorded = {"x": image, "y": distributed(image.double())}
    recorded |= {f"after.{name}": tensor for name, tensor in distributed.state_dict().items()}
    save_file(recorded, FOLDER / "first-device.safetensors")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(6)
    image = torch.randn(4, 3, 3, 4)
    write("partly-frozen-train", PartlyFrozen(), image, train=True)
    write("momentum-zero", norm(0.0), image)
    write("momentum-zero-train", norm(0.0), image, train=True)
    write("momentum-none", norm(None), image)
    for suffix, train in ("", False), ("-train", True):
        write("rows" + suffix, Rows(2, False), image, train=train)
        write("functional" + suffix, Functional(), image, train=train)
        write("ghost" + suffix, Ghost(3, 2), image, train=train)
    write("shared-affine-train", SharedAffine(), image, train=True)
    write("rows-chunks-train", Rows(4, True), torch.randn(5, 3, 2, 3), train=True)
    write("one-row-train", OneRow(2, False), image, train=True)
    write("borrowed-train", Borrowed(), image, train=True)
    others = [(torch.randn(samples, 3, 3, 4),) for samples in (3, 8)]
    write("rows-any-batch", Rows(2, True), image, shapes=({0: Dim.AUTO},), others=others)
    write("standardised", nn.Sequential(Standardised(3, 4, 3), nn.BatchNorm2d(4)), image)
    write("changing-train", Changing(), image, train=True)
    write("accumulation-step-1-train", accumulating(1), image, train=True)
    write_first_device(torch.randn(5, 3, 2, 3))


if __name__ == "__main__":
    main()
    if python := os.environ.pop("PYTORCH_2_15", None):
        subprocess.run([python, __file__], check=True)
