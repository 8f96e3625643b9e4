"""The inputs of `runs.txt` that are no fixtures: what real files rarely have, and damaged ones."""

from __future__ import annotations

import collections
import json
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors.torch import save_file

Tensors = dict[str, torch.Tensor]


def norm(name: str, **changes: torch.Tensor) -> Tensors:
    """A BatchNorm of two features that was trained, with some of its tensors replaced."""
    tensors = {
        "weight": torch.ones(2), "bias": torch.zeros(2), "running_mean": torch.tensor([0.5, 0.25]),
        "running_var": torch.tensor([2.0, 3.0]), "num_batches_tracked": torch.tensor(7),
    } | changes  # fmt: skip
    return {f"{name}.{key}": value for key, value in tensors.items()}


def sick() -> Tensors:
    """A BatchNorm with each fault, one that can't be one, and numbers that JSON has no form for."""
    one, nan = torch.ones(2), float("nan")
    return {
        **norm("nan", running_mean=one * nan), **norm("nan_weight", weight=one * nan),
        **norm("nan_bias", bias=one * nan),
        **norm("negative", running_var=-one), **norm("zero", running_var=one * 0),
        **norm("half", running_mean=one.half(), running_var=(one * 1e-6).half()),
        **norm("new", running_mean=one * 0, running_var=one, num_batches_tracked=torch.tensor(0)),
        **norm("counter", num_batches_tracked=torch.tensor(-1)),
        **norm("devices", running_mean=torch.ones(3, 2), running_var=torch.tensor([[1.0, 1], [-1, 1], [1, 1]]),
               num_batches_tracked=torch.tensor([7, 7, 7])),
        "odd.values": torch.tensor([nan, float("inf"), -float("inf"), 0.5]),
        "odd.empty": torch.ones(0), "odd.running_mean": torch.ones(3), "odd.running_var": torch.ones(4),
        "spread.running_mean": torch.ones(3), "spread.running_var": torch.ones(3), "spread.count": torch.tensor(1.0),
    }  # fmt: skip


def digits(fixtures: Path) -> collections.OrderedDict[str, torch.Tensor]:
    weights: collections.OrderedDict[str, torch.Tensor] = torch.load(fixtures / "torch/digits-standard/checkpoint.pth")
    return weights


def lines(path: Path, *jobs: Any) -> None:
    path.write_text("".join(f"{job if isinstance(job, str) else json.dumps(job)}\n" for job in jobs))


def make(folder: Path, fixtures: Path) -> None:
    save_file(sick(), folder / "sick.safetensors")
    save_file(sick() | {"odd.empty": torch.ones(1)}, folder / "sicker.safetensors")
    save_file(norm("bn", weight=torch.ones(2, dtype=torch.complex64)), folder / "unreadable.safetensors")
    save_file(norm("bn"), folder / "norm.safetensors")
    without_weight = {key: value for key, value in norm("bn").items() if key != "bn.weight"}
    save_file(without_weight, folder / "norm-without-weight.safetensors")
    save_file({"x": torch.rand(8, 1, 8, 8)}, folder / "x.safetensors")
    save_file({"image": torch.rand(4, 3, 3, 4)}, folder / "image.safetensors")
    numpy.savez(folder / "few.npz", x=numpy.ones((4, 1, 8, 8), "f4"), y=numpy.array([0, 1, 1, 2]))
    models(folder, fixtures)
    trees(folder)
    jobs(folder, str(fixtures / "torch"))


def models(folder: Path, fixtures: Path) -> None:
    """The digits network with other numbers, and cut off."""
    changed = digits(fixtures)
    changed["bn2.bias"][3] += 1
    torch.save(changed, folder / "changed.pth")
    changed["bn2.bias"][3] = float("nan")
    torch.save(changed, folder / "not-finite.pth")
    for name, source in [("cut.pth", "digits-standard/checkpoint.pth"), ("cut.pt2", "digits-shards/model.pt2")]:
        data = (fixtures / "torch" / source).read_bytes()
        (folder / name).write_bytes(data[: len(data) * 3 // 5])


def trees(folder: Path) -> None:
    """Two checkpoints that differ in every way in which two can."""
    one = torch.ones(3)
    tied, apart = {"t1": one, "t2": one}, {"t1": one, "t2": one.clone()}
    torch.save(
        {"w": one, "n": [1, 2], "kind": torch.nn.Parameter(one), "shape": one, "dtype": one, "text": "a", "type": 1,
         "order": {"a": 1, "b": 2}, "gone": 1, **tied}, folder / "one.pth")  # fmt: skip
    torch.save(
        {"w": one * 2, "n": [1], "kind": one, "shape": torch.ones(4), "dtype": one.double(), "text": "b", "type": "1",
         "order": {"b": 2, "a": 1}, "more": torch.device("cpu"), **apart}, folder / "other.pth")  # fmt: skip


def jobs(folder: Path, torch_fixtures: str) -> None:
    """Manifests, with lines that are no jobs and jobs that fail."""
    digits = f"{torch_fixtures}/digits-standard/checkpoint.pth"
    drifted = f"{torch_fixtures}/digits-replicated/checkpoint.pth"
    lines(
        folder / "jobs-map.jsonl",
        {"input": digits, "output": "job-1.h5", "verify": True, "include": ["bn1", "bn2"], "world_size": 8},
        {"input": digits, "output": "job-2.h5", "entry": None, "lossy": False},
        {"input": "missing.pth", "output": "job-3.h5"},
        "no job",
    )
    lines(
        folder / "jobs-convert.jsonl",
        {"input": digits, "output": "job-4.h5"},
        {"input": digits, "output": "job-5.npz", "lossy": True},
        {"input": "cut.pth", "output": "job-6.h5"},
    )
    lines(
        folder / "jobs-compare.jsonl",
        {"a": digits, "b": digits},
        {"a": digits, "b": "changed.pth"},
        {"a": digits, "b": digits, "atol": 0.5},
    )
    lines(
        folder / "jobs-standard.jsonl",
        {"input": drifted, "output": "job-7.h5", "statistics": "mean"},
        {"input": drifted, "output": "job-8.h5"},
    )
    lines(folder / "jobs-info.jsonl", {"input": digits}, {"input": digits, "values": "bn1.weight"})
