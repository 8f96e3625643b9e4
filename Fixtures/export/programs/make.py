"""Small models as `torch.export.save` writes them, and what they give in float64.

Written by whichever PyTorch runs this, into a folder of its version: NAME.pt2, and NAME.pth with `inputs` and `outputs`
by name for one or several calls, and, of a training pass, `after`: the state dict behind it. The models' weights are
float32 and small; the outputs are those of the same model in float64.
"""

import copy
import os
import subprocess
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

warnings.simplefilter("ignore")
FOLDER = Path(__file__).resolve().parent / ".".join(torch.__version__.split(".")[:2])


class Small(nn.Module):
    """The layers of an ordinary network."""

    def __init__(self, dropout=0.5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 4, padding="same", bias=False), nn.BatchNorm2d(8), nn.Hardswish(inplace=True),
            nn.MaxPool2d(3, stride=2, ceil_mode=True), nn.Conv2d(8, 8, 3, padding=1, groups=4),
            nn.BatchNorm2d(8, eps=1e-3, momentum=0.3), nn.ReLU(inplace=True))
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 4, 1), nn.SiLU(), nn.Conv2d(4, 8, 1))
        self.norm = nn.BatchNorm1d(8, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.features(x)
        x = x * torch.sigmoid(self.squeeze(x)) + x
        x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False).mean((2, 3))
        return self.fc(self.dropout(self.norm(x)))


class Slopes(nn.Module):
    """ReLUs whose slopes are parameters: one, or one for each channel."""

    def __init__(self):
        super().__init__()
        self.one, self.channels = nn.PReLU(), nn.PReLU(3)

    def forward(self, x):
        return self.one(x), self.channels(x), self.channels(x.mean((2, 3)))


class Dynamic(nn.Module):
    """Sizes that depend on the batch and the image, and a BatchNorm that averages over all batches."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, stride=2)
        self.bn = nn.BatchNorm2d(4, momentum=None)

    def forward(self, x):
        x = self.bn(self.conv(x))
        n, c, h, w = x.shape
        y = x.view(n, 2, c // 2, h * w).transpose(1, 2).reshape(n, c, h, w)
        y = F.pad(y, (1, 2, h % 3, 0))[:, :, h // 2 :, ::2]
        y.clamp_(min=-0.5).pow_(2)
        y[:, 1].add_(1)
        first, _ = y.chunk(2, 1)
        z = torch.cat([first.flatten(2).mean(2, keepdim=True).expand(n, 2, h + 1), torch.ones(n, 2, h + 1)], 1)
        return z, torch.softmax(y, 1), None, 3


class Views(nn.Module):
    """Tensors that are changed through others that share their elements."""

    def __init__(self, drops=True):
        super().__init__()
        self.bn = nn.BatchNorm2d(4)
        self.drops = drops

    def forward(self, x):
        y = self.bn(x)
        flat = y.view(y.shape[0], -1)
        columns = y.permute(0, 2, 3, 1)
        y[:, 1:3, ::2].mul_(3)  # seen in flat and columns
        flat[:, 5].add_(flat[:, 6])
        columns[..., 0].copy_(torch.tensor(0.25))
        left, right = y.split([1, 3], dim=1)
        right.sub_(left)
        half = y.chunk(3, dim=3)[1]
        half.relu_()
        same = y.contiguous()
        same.unsqueeze(0).squeeze(0).transpose(2, 3).narrow(2, 1, 2).div_(2)
        apart = columns.reshape(-1)  # not a view: what follows does not reach it
        columns.select(1, 0).zero_()
        y.flatten(1)[:, -1:].fill_(7)
        # In evaluation dropout gives the tensor itself; PyTorch's decompositions forget that.
        other = F.dropout(y, 0.5, False) if self.drops else y
        other.add_(0.125)
        return y, flat, columns, apart, right, same * 1


class Trees(nn.Module):
    """Arguments and results in dictionaries and lists, and tensors that no state dict has."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm2d(4, track_running_stats=True)
        self.register_buffer("scale", torch.tensor([1.0, 2.0, 3.0, 4.0]), persistent=False)
        self.plain = torch.tensor([0.5, 0.25, 0.125, 1.0])

    def forward(self, first, rest, flag=True):
        x = self.bn(first) + rest["more"][0] * rest["gain"]
        y = x.mean((2, 3)) * self.scale + self.plain * torch.tensor([1.0, -1.0, 1.0, -1.0])
        return {"pooled": y, "parts": [x, (y.sum(), torch.stack([y, -y], 1))]}


class Counters(nn.Module):
    """A buffer of one's own that changes, in evaluation too."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(3)
        self.register_buffer("seen", torch.zeros(3))

    def forward(self, x):
        self.seen.add_(x.mean(0))
        return self.bn(x) + self.seen


class Kept(nn.Module):
    """Tensors of many types, and ones that share bytes."""

    def __init__(self):
        super().__init__()
        whole = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
        self.weight = nn.Parameter(whole)
        self.part = nn.Parameter(self.weight.data.t()[1:3])
        self.tied = self.weight
        self.conv = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
        for name, dtype in {
            "halves": torch.float16, "bfloat": torch.bfloat16, "doubles": torch.float64, "byte": torch.uint8,
            "long": torch.int64, "flag": torch.bool, "complex": torch.complex64,
        }.items():
            self.register_buffer(name, (torch.arange(6) % 2 if dtype == torch.bool else torch.arange(6)).to(dtype))
        self.register_buffer("every_other", torch.arange(10.0)[::2])
        self.register_buffer("none", torch.zeros(0, 3))

    def forward(self, x):
        return self.conv(x).flatten(1) @ torch.ones(3, 1), self.part, self.tied + self.weight, self.halves + self.doubles


class Convolutions(nn.Module):
    def forward(self, a, b, c, k1, k2, k3):
        return [
            F.conv1d(a, k1), F.conv1d(a, k1, torch.tensor([1.0, 2.0, 3.0, 4.0]), 2, 3, 2),
            F.conv1d(a, k1[:, :1], None, 1, "same", 2, 2), F.conv1d(a, k1, padding="valid"),
            F.conv2d(b, k2), F.conv2d(b, k2, None, (2, 1), (0, 2), (1, 2)), F.conv2d(b, k2[:, :1], None, 3, 1, 1, 2),
            F.conv2d(b, k2[:, :, :2], padding="same"), F.conv3d(c, k3, None, (1, 2, 1), 1, (1, 1, 2)),
            F.linear(a, k1[:, 0, :1].expand(4, 9)), a @ a.transpose(1, 2), torch.bmm(a, a.mT),
            torch.addmm(k2[0, 0, :2, :3], a[0], a.new_ones(9, 3), beta=0.5, alpha=2),
        ]


class Pools(nn.Module):
    def forward(self, a, b, c, bad):
        kinds = []
        for kernel, stride, padding, ceil in [(2, None, 0, False), (3, 2, 1, True), ((3, 2), (1, 3), (1, 0), True), (5, 4, 2, True)]:
            kinds += [
                F.max_pool2d(b, kernel, stride, padding, ceil_mode=ceil), F.avg_pool2d(b, kernel, stride, padding, ceil),
                F.avg_pool2d(b, kernel, stride, padding, ceil, False), F.avg_pool2d(b, kernel, stride, padding, ceil, True, 7)]
        return kinds + [
            F.max_pool1d(a, 3, 2, 1), F.avg_pool1d(a, 3, 2, 1, True), F.max_pool3d(c, 2, 1, 1, ceil_mode=True),
            F.avg_pool3d(c, (1, 2, 2), 2), F.max_pool2d(b, 3, 1, 1, 2), F.max_pool2d(b[0], 2), F.avg_pool2d(b[0], 2),
            F.adaptive_avg_pool1d(a, 4), F.adaptive_avg_pool2d(b, (3, 5)), F.adaptive_avg_pool2d(b[0], 2),
            F.adaptive_avg_pool3d(c, (2, 1, 3)), F.max_pool2d(bad, 2), F.avg_pool2d(bad, 2), F.adaptive_avg_pool2d(bad, 2)]


class Functions(nn.Module):
    def forward(self, x, y):
        simple = [
            F.relu, F.relu6, F.hardtanh, F.hardswish, F.hardsigmoid, F.silu, torch.sigmoid, torch.tanh, F.gelu, F.mish, F.elu,
            F.leaky_relu, F.softplus, torch.abs, torch.neg, torch.exp, torch.square]
        positive = y.abs() + 0.1
        return [function(x) for function in simple] + [
            F.gelu(x, approximate="tanh"), F.leaky_relu(x, 0.3), F.elu(x, 0.5), F.hardtanh(x, -0.3, 2.0), x.clamp(max=0.2),
            x.clamp(-0.1), x.clamp_min(0.3), x.clamp_max(0.4), F.softplus(x, 2, 1), x.pow(3), positive.pow(-0.5), positive.sqrt(),
            positive.rsqrt(), positive.reciprocal(), positive.log(), x + y, x - y, x * y, x / positive, torch.add(x, y, alpha=2.5),
            torch.sub(x, y, alpha=0.5), x + 1, x - 2.5, 3 - x, x * 2, x / 3, 2 / positive, torch.rsub(x, y, alpha=2),
            torch.zeros_like(x), torch.full_like(x, 2.5) + torch.full((2, 1), 3.0)]


class Shapes(nn.Module):
    def forward(self, x, y):
        return [
            x.mean(), x.mean(1), x.mean((0, -1), keepdim=True), x.sum(), x.sum((1, 2)), F.softmax(x, 1), F.softmax(x, -1),
            F.log_softmax(x, 0), F.layer_norm(x, (4,)), F.layer_norm(x, (3, 4), y[0], y[1], 1e-2), torch.cat([x, y], -3),
            torch.cat([x[:1], torch.zeros(0, 3, 4), y[:, :, :]], 0), torch.stack([x, y], -1), *x.chunk(3, 2), *x.split(2, 1),
            *x.split([1, 3], 2), *x.unbind(1), x.flatten(), x.flatten(1), x.flatten(0, 1), x.view(4, -1), x.reshape(2, 2, -1),
            x.transpose(0, -1), x.permute(2, 0, 1), x[0].t(), x[:, 1:, ::2], x[:, -2:-1], x[..., 3], x[1, -1], x.unsqueeze(-2),
            x.unsqueeze(1).squeeze(1), x[:1].squeeze(), x[:1].squeeze((0, 1)), x[:1].expand(5, -1, 4), x[0].expand(2, 3, 4).clone(),
            x.narrow(2, 1, 2), x.unflatten(2, (2, -1)), F.pad(x, (1, 2)), F.pad(x, (0, 1, 2, 0), value=-1.5), x.contiguous(),
            x.view_as(y), x[:1].expand_as(x), x.detach(), x.to(torch.float64), x.select(2, 0).unsqueeze(2).matmul(x[:, :1]),
            torch.ones(2, 3), x.new_zeros(2, 2) + 1]


def randomly(model: nn.Module) -> nn.Module:
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith(("running_mean", "weight", "bias")) and tensor.is_contiguous():
                tensor.copy_(torch.randn_like(tensor) * 0.5)
            if name.endswith("running_var"):
                tensor.copy_(torch.rand_like(tensor) + 0.5)
    return model


def double(value):
    if isinstance(value, torch.Tensor):
        return value.double() if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: double(item) for key, item in value.items()}
    return type(value)(double(item) for item in value) if isinstance(value, (list, tuple)) else value


def flat(value) -> list:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flat(item)]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    return [value.detach()] if isinstance(value, torch.Tensor) else []


def in_double(model: nn.Module) -> nn.Module:
    model = copy.deepcopy(model).double()
    for module in model.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, torch.Tensor):
                setattr(module, name, value.double())
    return model


# What is written by every version; the one of requirements.txt writes all.
COMMON = ["small", "small-train", "small-train-decomposed", "dynamic", "views", "trees", "kept"]


def write(name: str, model: nn.Module, example: tuple, *others: tuple, shapes=None, train=False, decompose=False) -> None:
    """Exports for `example`; records what `example` and `others` give."""
    model = randomly(model).train(train)
    if FOLDER.name != "2.13" and name not in COMMON:
        return
    with torch.no_grad():
        program = torch.export.export(copy.deepcopy(model), example, dynamic_shapes=shapes)
        if decompose:
            program = program.run_decompositions()
    for module in program.graph_module.modules():  # Paths of the machine have no place in a fixture.
        for node in module.graph.nodes if hasattr(module, "graph") else []:
            node.meta.pop("stack_trace", None)
    torch.export.save(program, FOLDER / f"{name}.pt2")
    names = [spec.arg.name for spec in program.graph_signature.input_specs if spec.kind.name == "USER_INPUT" and hasattr(spec.arg, "name")]
    calls = []
    torch.set_default_dtype(torch.float64)
    for inputs in (example, *others):
        reference = in_double(model)
        before = flat(inputs)
        with torch.no_grad():
            outputs = flat(reference(*copy.deepcopy(double(inputs))))
        call = {"inputs": dict(zip(names, before)), "outputs": {f"output_{i}": value.clone() for i, value in enumerate(outputs)}}
        if train:
            call["after"] = reference.state_dict()
        calls.append(call)
    torch.set_default_dtype(torch.float32)
    torch.save({"calls": calls, "state_dict": dict(model.state_dict())}, FOLDER / f"{name}.pth")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(4)
    image = torch.randn(2, 3, 9, 11)
    write("small", Small(), (image,))
    write("small-decomposed", Small(), (image,), decompose=True)
    write("small-train", Small(dropout=0), (image,), train=True)
    write("small-train-decomposed", Small(dropout=0), (image,), train=True, decompose=True)
    auto = Dim.AUTO
    sizes = ({0: auto, 2: auto, 3: auto},)
    others = [(torch.randn(3, 3, 12, 7),), (torch.randn(1, 3, 16, 16),), (torch.randn(0, 3, 8, 8),)]
    write("dynamic", Dynamic(), (image,), *others, shapes=sizes)
    write("dynamic-decomposed", Dynamic(), (image,), *others, shapes=sizes, decompose=True)
    write("views", Views(), (torch.randn(2, 4, 4, 6),))
    write("views-decomposed", Views(drops=False), (torch.randn(2, 4, 4, 6),), decompose=True)
    tree = (torch.randn(2, 4, 3, 3), {"more": [torch.randn(2, 4, 3, 3)], "gain": torch.randn(4, 1, 1)})
    write("trees", Trees(), tree)
    write("counters", Counters(), (torch.randn(4, 3),))
    write("counters-decomposed", Counters(), (torch.randn(4, 3),), decompose=True)
    write("kept", Kept(), (torch.randn(2, 2, 3, 3),))
    line, volume = torch.randn(2, 2, 9), torch.randn(2, 2, 5, 6, 4)
    kernels = (torch.randn(4, 2, 4), torch.randn(4, 2, 3, 3), torch.randn(2, 2, 2, 3, 2))
    bad = image[:, :, :4, :4].clone()
    bad[0, 0, 0, 0], bad[0, 1, 1, 1], bad[1, 0, 2, 3] = float("nan"), float("inf"), -float("inf")
    values = torch.cat([torch.linspace(-7, 7, 25), torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -0.0])])
    grid = values.reshape(2, 15), torch.randn(2, 15)
    for suffix, decompose in ("", False), ("-decomposed", True):
        write("convolutions" + suffix, Convolutions(), (line, image[:, :2], volume, *kernels), decompose=decompose)
        write("pools" + suffix, Pools(), (line, image, volume, bad), decompose=decompose)
        write("functions" + suffix, Functions(), grid, decompose=decompose)
        write("shapes" + suffix, Shapes(), (torch.randn(2, 3, 4), torch.randn(2, 3, 4)), decompose=decompose)
    for suffix, decompose in ("", False), ("-decomposed", True):
        write("slopes" + suffix, Slopes(), (image,), decompose=decompose)


if __name__ == "__main__":
    main()
    for variable in ("PYTORCH_2_6", "PYTORCH_2_8", "PYTORCH_2_15"):  # Pythons that have other versions
        if python := os.environ.pop(variable, None):
            subprocess.run([python, __file__], check=True)
