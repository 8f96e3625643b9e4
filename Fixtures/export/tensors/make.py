"""Operations on tensors as `torch.export.save` writes them, and what they give in float64.

Indices, reductions, comparisons, integers, products, arrangements, and graphs that a node calls. Everything else is as in
`../programs/make.py`.
"""

import importlib.util
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as F

FOLDER = Path(__file__).resolve().parent
specification = importlib.util.spec_from_file_location("programs", FOLDER.parent / "programs/make.py")
programs = importlib.util.module_from_spec(specification)
specification.loader.exec_module(programs)
programs.FOLDER = FOLDER / programs.FOLDER.name


class Function(nn.Module):
    """A function of tensors as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *tensors):
        return self.function(*tensors)


def indices(x, i, j, mask):
    """x is [3, 4, 5]; i holds indices from 0 to 2, j from -4 to 3, both [2, 3]; mask is [3, 4]."""
    near = i.clamp(max=1)
    put = x.clone()
    put[i, :, i] = 7.0
    put[:, j] += 0.5
    put[mask] = -1.0
    some = x.clone()
    torch.ops.aten.index_put_(some, [i, None, i], x[0, :, 0], True)
    last = x.clone()
    last[..., -1] = x[0, 0, 0]
    deep = i.unsqueeze(-1).expand(2, 3, 5)
    return [
        x[i], x[:, j], x[i, j], x[i, :, near], x[:, i, near], x[None, i, :, j % 4], x[1:, i[0], 2:], put, some, last,
        x.index_select(0, i[0]), x.index_select(-1, i[1]), x.gather(0, i[:, :, None]), x.gather(1, deep), x.gather(-1, deep[:, :2, :3]),
        torch.take_along_dim(x, i[None, :1, :1], 2), torch.take_along_dim(x, i + 20), x.take(i + 30), F.embedding(i, x[:, 0]),
        x.scatter(1, deep, x[:2, :3] * 2), x.scatter(0, near[:, :, None], 3.5), x.scatter_add(1, deep, x[:2, :3]),
        x.scatter_reduce(1, deep, x[:2, :3], "prod"), x.scatter_reduce(1, deep, x[:2, :3], "mean"),
        x.scatter_reduce(1, deep, x[:2, :3], "mean", include_self=False), x.scatter_reduce(1, deep, x[:2, :3], "amax", include_self=False),
        x.scatter_reduce(1, deep, x[:2, :3], "amin"), x.scatter(1, deep, x[:2, :3], reduce="multiply"), x.index_add(1, i[0], x[:, :3], alpha=2),
        x.index_copy(2, torch.tensor([4, 0]), x[:, :, :2] * 3), torch.where(mask[:, :, None], x, 0.25), torch.where(mask, 1.0, 2.0),
        torch.where(mask[..., None], x, x[:1]), x.masked_fill(mask[:, :, None], float("-inf")), x.masked_fill(~mask[..., None], x[0, 0, 0]),
        F.one_hot(i, 4), x.index_fill(1, j[0, :2], 9.0), mask.unsqueeze(-1) & (x > 0)]


def reductions(x, bad):
    """x is [2, 3, 4]; bad, [3, 4], has NaN and infinities."""
    named = []
    for function in (torch.max, torch.min):
        named += [*function(x, 1), *function(x, -1, keepdim=True), function(x), *function(bad, 1)]
    for function in (torch.amax, torch.amin):
        named += [function(x, (0, 2)), function(x, -1, keepdim=True), function(bad, 0)]
    same = (x * 2).round()
    return named + [
        torch.max(x, x[:1]), torch.min(x, x[:, :1]), x.argmax(), x.argmax(1), x.argmin(-1, keepdim=True), same.argmax(2), *x.median(1),
        *x.median(2, keepdim=True), x.median(), *bad.median(1), *x.sort(), *x.sort(1, descending=True), *bad.sort(1), *bad.sort(1, True),
        *torch.sort(same, stable=True, dim=2), x.argsort(0), *x.topk(2, 1), *x.topk(3, -1, largest=False), x.cumsum(1), x.cumprod(-1), x.prod(),
        x.prod(2),
        x.prod(0, keepdim=True), x.var(), x.var((0, 1)), x.var(2, correction=0), x.std(1, keepdim=True), x.std(unbiased=False),
        *torch.var_mean(x, (0, 2)), *torch.std_mean(x, 1, correction=2, keepdim=True), x.logsumexp(1), bad.logsumexp((0, 1)),
        (x > 1).any(), (x > 1).any(1), (x > -1).all(2, keepdim=True), (x > -9).all(), torch.linalg.vector_norm(x), x.norm(dim=1),
        x.norm(1, (0, 2), keepdim=True), torch.linalg.vector_norm(x, float("inf"), 1), torch.linalg.vector_norm(x, float("-inf"), 1),
        torch.linalg.vector_norm(x, 0, 1), torch.linalg.vector_norm(x, 2.5, (1, 2)), F.normalize(x, dim=1), *torch.aminmax(x, dim=1),
        torch.count_nonzero(same, 1), *x.kthvalue(2, 1), *x.kthvalue(3, -1, keepdim=True),
        torch.linalg.norm(x), torch.linalg.norm(x, 3, 1), torch.linalg.matrix_norm(x), torch.cdist(x, x[:1]), same.bool().sum(1),
        bad.nan_to_num(0.5, 3, -2).sum(0) * 0]


def statistics(x, bad):
    """x is [2, 3, 4]; bad, [3, 4], has NaN and infinities."""
    same = (x * 2).round()
    q = torch.tensor([0.0, 0.375, 0.5, 1.0], dtype=x.dtype)
    modes = ("linear", "lower", "higher", "midpoint", "nearest")
    return [
        *x.cummax(1), *x.cummin(-1), *same.cummax(2), *same.cummin(0), *bad.cummax(1), *bad.cummin(0), x.logcumsumexp(1), bad.logcumsumexp(0),
        (x * 300).logcumsumexp(-1), bad.nansum(), bad.nansum(0), bad[:, :1].nanmean(1, keepdim=True), bad.nanmean((0, 1)), x.nanmean(), x.nansum((0, 2)),
        x.quantile(0.4), x.quantile(q), *(x.quantile(q, 1, interpolation=mode) for mode in modes), x.quantile(0.75, -1, keepdim=True),
        x.quantile(q, 2, keepdim=True), bad.quantile(q, 1), bad.nanquantile(q, 1), bad.nanquantile(0.3, 0), x[:, :1].quantile(q, 1),
        F.lp_pool1d(x, 2, 2), F.lp_pool1d(x.abs(), 3, 3, 1, ceil_mode=True), F.lp_pool2d(x[None], 2, (2, 3)), F.lp_pool2d(x[None].abs(), 1.5, 2, 1)]


def assembled(a, b, v, w, mask):
    """a is [2, 3, 4], b [2, 4, 3], v [4], w [3, 3]; mask is [3, 1]."""
    return [
        torch.kron(v, w), torch.kron(w, w[:2]), torch.kron(a, w), torch.kron(v, v), torch.addbmm(w, a, b), torch.addbmm(w[0], a, b, beta=0.5, alpha=-2),
        F.bilinear(v, w[0], b), F.bilinear(a, a, torch.outer(v, v).expand(5, 4, 4), w.flatten()[:5]),
        F.bilinear(a[0], a[1], a.new_ones(1, 4, 4) * v), a.masked_scatter(mask, b), a[0].masked_scatter(a[0] > 0, v.repeat(3)),
        a.clone().masked_scatter_(a < 0.5, b), torch.tril_indices(3, 4), torch.triu_indices(3, 4), torch.tril_indices(4, 2, -1),
        torch.triu_indices(4, 2, -2), torch.tril_indices(2, 5, 2), torch.triu_indices(2, 5, 3), torch.tril_indices(2, 2, -5), torch.triu_indices(2, 2, 4),
        torch.triu_indices(0, 3), w[*torch.tril_indices(3, 3)]]


def elements(x, y, n, m):
    """x and y are floats with NaN, infinities and zeros; n and m are integers, m is not 0."""
    unary = [
        torch.sin, torch.cos, torch.tan, torch.asin, torch.acos, torch.atan, torch.sinh, torch.cosh, torch.asinh, torch.acosh, torch.atanh,
        torch.exp2, torch.log2, torch.log10, torch.erfc, torch.floor, torch.ceil, torch.round, torch.trunc, torch.frac, torch.sign,
        torch.isnan, torch.isinf, torch.isfinite, torch.logical_not]
    binary = [
        torch.pow, torch.atan2, torch.hypot, torch.copysign, torch.remainder, torch.fmod, torch.floor_divide, torch.fmax, torch.fmin,
        torch.maximum, torch.minimum, torch.logaddexp, torch.xlogy, torch.logical_and, torch.logical_or, torch.logical_xor]
    integers = [
        torch.bitwise_and, torch.bitwise_or, torch.bitwise_xor, torch.remainder, torch.fmod, torch.floor_divide, torch.eq, torch.ne,
        torch.lt, torch.le, torch.gt, torch.ge]
    fine = x.nan_to_num(0.3, 5.0, -5.0)
    aliases = [
        torch.multiply(x, y), torch.true_divide(x, y), torch.subtract(x, y, alpha=2), torch.greater(x, y), torch.less_equal(x, 1), torch.negative(x),
        torch.arcsin(x), torch.special.expm1(fine), torch.positive(x)]
    return aliases + [function(x) for function in unary] + [function(x, y) for function in binary] + [function(n, m) for function in integers] + [
        x.pow(y[0]), 2**fine, x.remainder(1.5), x.fmod(-2.0), torch.div(x, y, rounding_mode="floor"), torch.div(n, m, rounding_mode="trunc"),
        n // 3, n / m, ~n, ~(n > 0), n << 2, n >> 1, (n > 0) ^ (m > 0), (n > 0) + (m > 1), n + 2**40, x.round(decimals=1),
        x.clamp(y[:1], y[:1] + 1), x.clamp(min=y), fine.int(), (fine * 100).to(torch.uint8), (fine * 100).to(torch.int8), x.bool(),
        (n * 70).to(torch.uint8), (fine * 60).to(torch.uint8) * 3 - 7, m.to(torch.int8).neg() << 6, m.float() / 2, fine.long() + n[0, 0],
        torch.addcmul(x, y, y, value=0.5), torch.addcdiv(x, fine, y, value=2),
        torch.lerp(x, y, 0.3), torch.lerp(fine, fine * 2, fine), x.lt(1).float(), x == y, x.ne(0).type_as(x), torch.full_like(n, 3),
        n.clone().fill_(m[0, 0]), torch.zeros_like(n).copy_(fine[: n.shape[0], : n.shape[1]])]


def products(a, b, v, w):
    """a is [2, 3, 4], b [2, 4, 3], v [4], w [3]."""
    return [
        a @ b, a @ v, v @ b, v @ v, a[0] @ b, torch.mv(a[0], v), torch.dot(v, v), torch.outer(v, w), torch.bmm(a, b), torch.mm(a[0], b[0]),
        torch.baddbmm(w, a, b, beta=0.5, alpha=2), torch.addmv(w, a[0], v, alpha=-1), torch.addmm(w, a[1], b[1]), F.linear(v, a[0], w),
        torch.einsum("bij,bjk->bik", a, b), torch.einsum("bij,bjk", a, b), torch.einsum("i,j", v, w), torch.einsum("bij->j", a),
        torch.einsum("bii->bi", a[:, :, :3]), torch.einsum("...ij,...jk->...ki", a, b), torch.einsum("bij,j,i->b", a, v, w),
        torch.einsum("ij,kj", a[0], a[1]), torch.einsum("b...,b...->...", a, a), torch.einsum("ijk,ilm->jmlk", a, b), torch.einsum("i,i->", v, v),
        torch.einsum("bij,bij->b", a, a[:, :1]), torch.tensordot(a, b, dims=([1, 2], [2, 1])), torch.inner(a, v)]


def arrangements(x, n):
    """x is [2, 3, 4], n integers [3]."""
    views = x.clone()
    views.movedim(0, 2)[1:].mul_(2)
    views.swapaxes(1, 2)[:, 0].add_(1)
    return [
        x.repeat(2, 1, 3), x.repeat(2, 1, 1, 2), x.tile(3), x.tile(2, 1, 1, 1), x.repeat_interleave(2, 1), x.repeat_interleave(3),
        x.roll(1, 2), x.roll((-1, 5), (0, 1)), x.roll(3), x.flip(0), x.flip(-1, 1), x.movedim(0, -1), x.movedim((0, 1), (1, 2)),
        x.swapaxes(0, 2), x.swapdims(0, 1), x.diagonal(0, 1, 2), x[0].diagonal(1), x.diagonal(-1, 2, 0), x.tril(), x.triu(1), x.tril(-2),
        torch.hstack((x, x)), torch.hstack((n, n)), torch.vstack((n, n)), torch.vstack((x[0], x[1])), torch.diag(x[0, 0]), torch.diag(x[0], 1),
        torch.diag_embed(x), torch.trace(x[1]),
        *torch.meshgrid(x[:, 0, 0], x[0, 0], indexing="ij"), *torch.meshgrid(x[:, 0, 0], x[0, 0], indexing="xy"), torch.linspace(-1, 2, 7),
        torch.linspace(1, 1, 1),
        torch.arange(5), torch.arange(1, 6, 2), torch.arange(0, 1, 0.3), torch.arange(5, 0, -2), torch.arange(3.0), torch.eye(3), torch.eye(2, 4),
        torch.full((2,), 3), x.new_full((2, 2), 1.5), torch.ones_like(n), x.new_ones(2), x.new_zeros(1, 2), torch.scalar_tensor(2.5),
        x.reshape_as(views),
        views, torch.stack((x, x), 2), x.mT, x.chunk(2, 2)[1], *x.tensor_split(3, 2), *x.tensor_split((1, 3), -1),
        x.unflatten(-1, (2, 2)), torch.cat((n, n + 1)), x.squeeze(0), x.ravel(), torch.broadcast_to(n[:, None], (2, 3, 4)),
        x.expand_as(torch.zeros(3, 2, 3, 4)), x.narrow(1, 1, 2), torch.cosine_similarity(x, x[:1], 1), F.pairwise_distance(x, x[:1]), torch.dist(x,
        x[:1], 3)]


class Called(nn.Module):
    """Graphs that a node calls, with a BatchNorm in one. Exported without gradients."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(3)
        self.last = nn.BatchNorm1d(3)

    def forward(self, x):
        with torch.enable_grad():
            y = self.bn(x)
            parts = y.chunk(2, 0)
        with torch.autocast("cpu", enabled=False):
            z = self.last(y) * 2 + parts[0].mean()
        with torch.enable_grad():
            z = z.clone()
            z[0].add_(1)
        return z, parts[1], y


class Embedded(nn.Module):
    """Words by their numbers."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 4, padding_idx=0)
        self.bn = nn.BatchNorm1d(4)

    def forward(self, words):
        return self.bn(self.table(words).mT), words + 1


class Depth(nn.Module):
    """Stochastic depth as torchvision writes it, whose draws are replaced by their mean."""

    def __init__(self):
        super().__init__()
        self.bn = nn.BatchNorm1d(3)

    def forward(self, x):
        noise = torch.empty(x.shape[0], 1).bernoulli_(1.0).div_(1.0)
        return self.bn(x) * noise


def any_batch(x, i):
    """Sizes that depend on the batch, N: x is [N, 4], i integers [N]."""
    n = x.shape[0]
    grid = torch.stack(torch.meshgrid(torch.arange(n) * 1.0, torch.linspace(0, 1, 3), indexing="ij"), -1)
    return [
        x[i], x.gather(0, i[:, None].expand(n, 4)), x.repeat(2, 1), torch.einsum("ni,mi->nm", x, x), x.sort(0)[0], torch.eye(n), grid,
        x.scatter_add(0, i[:, None].expand(n, 4), x), torch.zeros(3, 4).index_add(0, i % 3, x), x.roll(1, 0), x.topk(2, 1)[0], F.one_hot(i % 3, 3),
        x.repeat_interleave(2, 0), torch.ones(n, n).triu(1), x.var(0, correction=0), (torch.arange(n) + n - 1) % n, x * n]


def main() -> None:
    programs.FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(6)
    i, j = torch.randint(0, 3, (2, 3)), torch.randint(-4, 4, (2, 3))
    i[0], j[0] = torch.tensor([2, 0, 1]), torch.tensor([3, 1, -4])
    bad = torch.randn(3, 4)
    bad[0, 1], bad[1, 2], bad[2, 0] = float("nan"), float("inf"), -float("inf")
    special = torch.tensor([float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.5])
    x = torch.cat([special, torch.randn(10) * 2]).reshape(2, 10)
    y = torch.cat([special.flip(0), torch.randn(10) * 2]).reshape(2, 10)
    n, m = torch.randint(-9, 9, (2, 5)), torch.tensor([[1, 2, 3, -1, -2], [-3, 4, 7, -7, 2]])
    n[0, 0] = 2**33 + 5
    write, three = programs.write, torch.randn(2, 3, 4)
    write("indices", Function(indices), (torch.randn(3, 4, 5), i, j, torch.rand(3, 4) > 0.5))
    write("reductions", Function(reductions), (three, bad))
    write("statistics", Function(statistics), (three, bad))
    write("assembled", Function(assembled), (three, torch.randn(2, 4, 3), torch.randn(4), torch.randn(3, 3), torch.tensor([[True], [False], [True]])))
    write("elements", Function(elements), (x, y, n, m))
    write("products", Function(products), (three, torch.randn(2, 4, 3), torch.randn(4), torch.randn(3)))
    write("arrangements", Function(arrangements), (three, torch.tensor([2, -1, 5])))
    auto = Dim.AUTO
    write("any-batch", Function(any_batch), (torch.randn(5, 4), torch.tensor([4, 0, 2, 2, 1])), (torch.randn(3, 4), torch.tensor([2, 0, 1])),
          shapes=(({0: auto}, {0: auto}),))
    write("called", Called(), (torch.randn(4, 3),))
    write("called-train", Called(), (torch.randn(4, 3),), train=True)
    write("depth-train", Depth(), (torch.randn(4, 3),), train=True)
    words = torch.randint(0, 7, (4, 3))
    write("embedded", Embedded(), (words,), (torch.tensor([[6, 0, 3]]),), shapes=({0: auto},))
    write("embedded-train", Embedded(), (words,), train=True)


if __name__ == "__main__":
    main()
