"""Layers and functions of PyTorch as `torch.export.save` writes them, and what they give in float64.

One program for each family, with every mode, rank and argument. Everything else is as in `../programs/make.py`.
"""

import importlib.util
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[3]
specification = importlib.util.spec_from_file_location("programs", ROOT / "Fixtures/export/programs/make.py")
programs = importlib.util.module_from_spec(specification)
specification.loader.exec_module(programs)
programs.FOLDER = Path(__file__).resolve().parent / programs.FOLDER.name


class Interpolations(nn.Module):
    def forward(self, line, image, volume):
        results = []
        for x, modes in ((line, ["linear"]), (image, ["bilinear", "bicubic"]), (volume, ["trilinear"])):
            rank = x.dim() - 2
            size, scale = (7, 3, 5)[:rank], (1.5, 2.0, 0.75)[:rank]
            for mode in ("nearest", "nearest-exact"):
                results += [F.interpolate(x, size, mode=mode), F.interpolate(x, scale_factor=scale, mode=mode)]
            for mode in modes:
                for corners in (False, True):
                    results += [
                        F.interpolate(x, size, mode=mode, align_corners=corners),
                        F.interpolate(x, scale_factor=scale, mode=mode, align_corners=corners)]
        for mode in ("bilinear", "bicubic"):
            results += [
                F.interpolate(image, (2, 9), mode=mode, antialias=True),
                F.interpolate(image, scale_factor=(0.4, 0.6), mode=mode, antialias=True, align_corners=mode == "bilinear")]
        results.append(F.interpolate(image, (2, 9), mode="lanczos", antialias=True))
        return results + [F.interpolate(image, 1, mode="bilinear", align_corners=True), F.interpolate(line, 5, mode="linear")]


class SizedByOthers(nn.Module):
    """Sizes and scales of images whose sizes are known only when the program runs."""

    def forward(self, x, y):
        h, w = x.shape[2:]
        return [
            F.interpolate(x, y.shape[2:], mode="bilinear"), F.interpolate(x, (2 * h, w + 1)),
            F.interpolate(y, scale_factor=2.5, mode="bicubic"), F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)]


class Transposed(nn.Module):
    def forward(self, a, b, c, k1, k2, k3, bias):
        return [
            F.conv_transpose1d(a, k1), F.conv_transpose1d(a, k1, bias, 3, 2, 2, dilation=2), F.conv_transpose1d(a[0], k1, bias, 5, 0, 4),
            F.conv_transpose2d(b, k2), F.conv_transpose2d(b, k2, bias, 2, 1, 1), F.conv_transpose2d(b, k2, None, (1, 3), (0, 1), (0, 2), 2, (1, 2)),
            F.conv_transpose2d(b, k2[:, :1], None, 2, 1, 1, 4, 3), F.conv_transpose2d(b[1], k2, bias, (4, 6), 1, (0, 5)),
            F.conv_transpose3d(c, k3, None, (1, 2, 3), 1, (0, 1, 0)), F.conv_transpose3d(c, k3[:, :1], None, 2, 0, 1, 2, 2),
            F.conv1d(a[0], k1.transpose(0, 1)), F.conv2d(b[0], k2.transpose(0, 1), padding="same"), F.conv3d(c[0], k3, bias[:2], padding=1)]


class Generator(nn.Module):
    """As DCGAN's: BatchNorms behind transposed convolutions, whose weights may be a product."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.ConvTranspose2d(5, 6, 3, bias=False), nn.BatchNorm2d(6)
        self.second, self.last = nn.ConvTranspose2d(6, 4, 4, 2, 1, groups=2), nn.BatchNorm2d(4)

    def forward(self, x):
        return torch.tanh(self.last(self.second(F.relu(self.norm(self.first(x))))))


class Norms(nn.Module):
    """Norms that are no BatchNorm, whatever their tensors are called."""

    def __init__(self):
        super().__init__()
        self.group, self.plain = nn.GroupNorm(2, 4), nn.GroupNorm(4, 4, eps=1e-3, affine=False)
        self.instance, self.affine = nn.InstanceNorm2d(4), nn.InstanceNorm2d(4, affine=True)
        self.tracked = nn.InstanceNorm2d(4, affine=True, track_running_stats=True)
        self.statistics = nn.InstanceNorm1d(4, eps=1e-2, track_running_stats=True)
        self.rms, self.bare = nn.RMSNorm((5,), eps=1e-4), nn.RMSNorm((3, 5), elementwise_affine=False)

    def forward(self, x):
        return [
            self.group(x), self.plain(x), self.instance(x), self.affine(x), self.tracked(x), self.statistics(x[..., 0]), self.rms(x),
            self.bare(x), F.group_norm(x[:, :, 0, 0], 2), F.instance_norm(x[:, :, 0])]


class InstanceNormOfLines(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.InstanceNorm1d(2, track_running_stats=True)

    def forward(self, x):
        return self.norm(x)


class WeightNorms(nn.Module):
    def __init__(self):
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        self.conv, self.all = norm(nn.Conv2d(3, 4, 3)), norm(nn.Linear(9, 4), dim=None)
        self.second = norm(nn.ConvTranspose2d(4, 2, 2, 2), dim=1)

    def forward(self, x):
        return self.all(self.second(self.conv(x)).flatten(2)[..., :9])


class Attentions(nn.Module):
    def forward(self, q, k, v, shared, flags, added):
        attention = F.scaled_dot_product_attention
        return [
            attention(q, k, v), attention(q, k, v, scale=0.5), attention(q, k, v, is_causal=True), attention(k, k, v, is_causal=True),
            attention(q, k, v, flags), attention(q, k, v, added), attention(q, k, v, added[0, 0]), attention(q[0, 0], k[0, 0], v[0, 0]),
            attention(q, k[:1], v[:, :1]), attention(q, shared, shared, enable_gqa=True),
            attention(q, shared, shared, added[:, :4], enable_gqa=True), attention(q, shared, shared, flags, scale=2.0, enable_gqa=True)]


class Paddings(nn.Module):
    def forward(self, a, b, c):
        results = []
        for mode in ("reflect", "replicate", "circular"):
            results += [
                F.pad(a, (2, 3), mode), F.pad(a, (-1, 2), mode), F.pad(b, (1, 2, 3, 0), mode), F.pad(b, (2, -3, -1, 1), mode),
                F.pad(c, (1, 1, 1, 0, 0, 1), mode), F.pad(b[0], (1, 0, 2, 1), mode)]
        return results + [
            F.pad(a, (7, 5), "replicate"), F.pad(b, (-1, 1, -2, 0)), F.pad(b, (-4, 6), value=0.5), F.pad(c, (1, 0, -1, 1, 0, 2, 0, 0, 1, -1), value=2),
            F.pad(b, (-1, -2)), F.pad(b, (-4, 9, 1, 1)), torch.ops.aten.reflection_pad2d(b, [1, 2, 3, 0]),
            torch.ops.aten.replication_pad3d(c, [1, 1, 1, 0, 0, 1])]


class GroupNorm(nn.Module):
    def forward(self, x, weight):
        return F.group_norm(x, 2, weight, weight)


class Maxima(nn.Module):
    """The largest elements, where they are, and back."""

    def forward(self, a, b, c, bad):
        results = [
            F.adaptive_max_pool1d(a, 4), F.adaptive_max_pool3d(c, (2, 1, 3)), F.adaptive_max_pool2d(b[0], 2), F.adaptive_max_pool2d(bad, 2),
            *F.max_pool2d(bad, 2, return_indices=True), *F.adaptive_max_pool2d(b, (2, 3), return_indices=True),
            *F.max_pool2d(b, 3, 2, 1, 1, True, return_indices=True), *F.max_pool2d(b[0], 2, 1, 1, 2, return_indices=True)]
        for pool, unpool, x in ((F.max_pool1d, F.max_unpool1d, a), (F.max_pool2d, F.max_unpool2d, b), (F.max_pool3d, F.max_unpool3d, c)):
            values, indices = pool(x, 2, return_indices=True)
            results += [values, indices, unpool(-values, indices, 2), unpool(values, indices, 2, output_size=x.shape[2:])]
        return results


class Patches(nn.Module):
    """Images taken apart and put together."""

    def forward(self, x, pixels):
        columns = F.unfold(x, (2, 3), (1, 2), (1, 0), (2, 1))
        return [
            F.unfold(x, 2), columns, F.unfold(x[0], 2, 1, 0, 2), F.fold(columns, x.shape[2:], (2, 3), (1, 2), (1, 0), (2, 1)),
            F.fold(F.unfold(x[0], 2, stride=2), x.shape[2:], 2, stride=2), F.pixel_shuffle(pixels, 2), F.pixel_shuffle(pixels[0], 2),
            F.pixel_unshuffle(pixels, 2), F.pixel_unshuffle(pixels[:, None], 2), F.channel_shuffle(pixels, 4), F.channel_shuffle(pixels, 2),
            x.unfold(2, 3, 1).unfold(3, 2, 3), x.unfold(-1, 4, 2)]


class Grids(nn.Module):
    def forward(self, image, volume, flat, deep, plane, space):
        results = [F.affine_grid(plane, (2, 1, 3, 1), corners) for corners in (False, True)]
        results += [F.affine_grid(space, (1, 1, 2, 3, 2), corners) for corners in (False, True)]
        for padding in ("zeros", "border", "reflection"):
            for corners in (False, True):
                results += [F.grid_sample(image, flat, mode, padding, corners) for mode in ("bilinear", "nearest", "bicubic")]
                results += [F.grid_sample(volume, deep, mode, padding, corners) for mode in ("bilinear", "nearest")]
        return results


class Recurrences(nn.Module):
    """Every kind of recurrent layer."""

    def __init__(self):
        super().__init__()
        self.lstm, self.gru = nn.LSTM(5, 3), nn.GRU(5, 2, 2, bias=False, bidirectional=True)
        self.both = nn.LSTM(5, 4, 2, batch_first=True, bidirectional=True, proj_size=2)
        self.rectified, self.plain = nn.RNN(5, 3, nonlinearity="relu"), nn.RNN(5, 2, batch_first=True, bidirectional=True)
        self.cells = nn.ModuleList([nn.LSTMCell(5, 3), nn.GRUCell(5, 3), nn.RNNCell(5, 3, bias=False), nn.RNNCell(5, 2, nonlinearity="relu")])

    def forward(self, x, state):
        return [self.lstm(x), self.gru(x, state), self.both(x), self.rectified(x), self.plain(x), self.gru(x[:, 0]), *[cell(x[0]) for cell in self.cells]]


class Activations(nn.Module):
    """Those that `programs` has not."""

    def forward(self, x, y):
        functions = [
            F.selu, F.celu, F.hardshrink, F.softshrink, F.tanhshrink, F.logsigmoid, F.rrelu, F.softsign, F.softmin, nn.CELU(0.3),
            nn.RReLU(0.1, 0.2).eval(), nn.Hardshrink(1), nn.Softshrink(2), nn.Threshold(0.1, 20), nn.ELU(0.4)]
        return [function(x) for function in functions] + [
            F.threshold(x, -1, -0.5), F.glu(y), F.glu(y, 0), torch.ops.aten.elu(x, 0.5, 2.0, 0.3), F.prelu(y, y[:1, 0].abs())]


def main() -> None:
    programs.FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(6)
    write = programs.write
    line, image, volume = torch.randn(1, 2, 6), torch.randn(2, 4, 4, 5), torch.randn(1, 2, 3, 2, 4)
    write("interpolations", Interpolations(), (line, image[:, :1], volume))
    sizes = {0: Dim.AUTO, 2: Dim.AUTO, 3: Dim.AUTO}
    others = (torch.randn(3, 2, 3, 7), torch.randn(3, 1, 9, 4)), (torch.randn(1, 2, 2, 2), torch.randn(1, 1, 2, 5))
    write("interpolations-any-size", SizedByOthers(), (image[:, :2], torch.randn(2, 1, 6, 7)), *others, shapes=(sizes, sizes))
    kernels = torch.randn(2, 4, 3), torch.randn(4, 4, 3, 2), torch.randn(2, 2, 2, 3, 2), torch.randn(4)
    write("transposed", Transposed(), (line, image, volume, *kernels))
    for name in ("generator", "generator-train"):
        write(name, Generator(), (torch.randn(3, 5, 2, 2),), train=name.endswith("train"))
    norms = torch.randn(2, 4, 3, 5)
    attention = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 7, 8), torch.randn(2, 4, 7, 3)
    flags = torch.rand(2, 1, 5, 7) > 0.4
    flags[0, 0, 2] = False  # A query without keys.
    attention += torch.randn(2, 2, 7, 8), flags, torch.randn(2, 4, 1, 7)
    write("norms", Norms(), (norms,))
    write("group-norm-decomposed", GroupNorm(), (norms, torch.randn(4)), decompose=True)
    write("instance-norm-train", InstanceNormOfLines(), (line,), train=True)
    write("weight-norms", WeightNorms(), (torch.randn(2, 3, 5, 4),))
    write("attentions", Attentions(), attention)
    write("paddings", Paddings(), (torch.randn(1, 2, 6), torch.randn(2, 1, 4, 5), torch.randn(1, 1, 3, 2, 4)))
    bad = torch.randn(1, 2, 4, 4)
    bad[0, 0, 0, 0], bad[0, 0, 0, 1], bad[0, 1, 1, 1], bad[0, 1, 2, 3] = float("nan"), float("nan"), float("inf"), -float("inf")
    write("maxima", Maxima(), (torch.randn(1, 2, 9), torch.randn(2, 2, 5, 6), torch.randn(1, 2, 5, 4, 6), bad))
    write("patches", Patches(), (torch.randn(2, 2, 4, 6), torch.randn(1, 8, 2, 4)))
    flat, deep = 3 * torch.rand(2, 3, 5, 2) - 1.5, 3 * torch.rand(1, 2, 3, 4, 3) - 1.5
    flat[0, 0, 0], flat[0, 0, 1], flat[0, 0, 2] = torch.tensor([[float("nan"), 0.1], [1e30, float("inf")], [-1, 1]])
    grids = flat, deep, torch.randn(2, 2, 3), torch.randn(1, 3, 4)
    write("grids", Grids(), (torch.randn(2, 2, 4, 3), torch.randn(1, 2, 3, 2, 4), *grids))
    write("recurrences", Recurrences(), (torch.randn(4, 3, 5), torch.randn(4, 3, 2)))
    values = torch.cat([torch.linspace(-7, 7, 26), torch.tensor([float("nan"), float("inf"), -float("inf"), 0.5, -0.5, 0.0])])
    write("activations", Activations(), (values.reshape(4, 8), torch.randn(4, 6)))


if __name__ == "__main__":
    main()
