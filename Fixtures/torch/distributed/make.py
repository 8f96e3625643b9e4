"""Folders of torch.distributed.checkpoint, by one process without a group, and by two and four over gloo.

The identifier of each save and the times are new on every run, and so are the bytes of `.metadata`.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from distributed_checkpoint import load, save
from expectation import describe_checkpoint, write_document


def model() -> nn.Module:
    torch.manual_seed(51)
    return nn.Sequential(nn.Linear(3, 7, bias=False), nn.BatchNorm1d(7))


def alone(_) -> dict:
    return {
        "model": model().state_dict(),
        "optimizer": {"state": {"0": {"step": torch.tensor(3.0)}}, "groups": [{"lr": 0.1, "betas": (0.9, 0.99)}, "x"]},
        "epoch": 3,
        "none": None,
        "with.dot": {"a/b": torch.arange(6.0)[2:5], "": torch.zeros(0, 2)},
        "size": torch.Size([2]),
        "pair": (1, torch.ones(1)),
        "parameter": nn.Parameter(torch.ones(2, 2)),
        "types": OrderedDict((str(dtype), torch.arange(3).to(dtype)) for dtype in (torch.bfloat16, torch.uint16)),
    }


def flat(_) -> dict:
    return dict(model().state_dict())


def on_two(ranks: int) -> dict:
    mesh = init_device_mesh("cpu", (ranks,))
    shard = {
        key: distribute_tensor(value, mesh, [Shard(0)]) for key, value in model().state_dict().items() if value.dim()
    }
    cube = torch.arange(2 * 5 * 3, dtype=torch.float64).reshape(2, 5, 3)
    return {
        "model": shard,
        "columns": distribute_tensor(torch.arange(35.0).reshape(7, 5), mesh, [Shard(1)]),
        "middle": distribute_tensor(cube, mesh, [Shard(1)]),
        "whole": distribute_tensor(torch.arange(4), mesh, [Replicate()]),
        "less than ranks": distribute_tensor(torch.arange(1.0), mesh, [Shard(0)]),
        "step": 7,
    }


def on_four(ranks: int) -> dict:
    mesh = init_device_mesh("cpu", (2, 2))
    both = [Shard(0), Shard(1)]
    plane = torch.arange(7 * 5, dtype=torch.int32).reshape(7, 5)
    cube = torch.arange(3 * 5 * 3, dtype=torch.float64).reshape(3, 5, 3)
    return {
        "plane": distribute_tensor(plane, mesh, both),
        "cube": distribute_tensor(cube, mesh, [Shard(2), Shard(0)]),
        "half": distribute_tensor(plane, mesh, [Replicate(), Shard(1)]),
    }


if __name__ == "__main__":
    for name, make, ranks, entry in [
        ("alone", alone, 1, "model"),
        ("flat", flat, 1, ""),
        ("two-ranks", on_two, 2, "model"),
        ("four-ranks", on_four, 4, ""),
    ]:
        save(FOLDER / name, make, ranks)
        document = describe_checkpoint(load(FOLDER / name), entry, "torch-distributed")
        write_document(FOLDER / name / "expected.json", document)
