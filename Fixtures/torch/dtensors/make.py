"""What ranks save with torch.save of models whose parameters are DTensors: one file for each rank; one folder each.

`fsdp`: `fully_shard` on two ranks, whose buffers are plain and the ranks' own. `grid`: a mesh of 2 x 2 with rows and
columns, replicas, sizes that do not divide, the optimizer's state too; `strided` and `partial` can't be put together.
expected.json has what `full_tensor()` gives; for `fsdp` rank 0's buffers.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.placement_types import _StridedShard

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_state_dict, write_document


def fsdp(rank: int) -> dict:
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(1, 5, 1), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(5, 3))
    fully_shard(net, mesh=init_device_mesh("cpu", (2,)))
    torch.manual_seed(rank)
    net(torch.randn(4, 1, 1, 1) + rank)
    return {"model": net.state_dict(), "epoch": 1}


def grid(rank: int) -> dict:
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("dp", "tp"))
    plane, cube = torch.arange(35.0).reshape(7, 5), torch.arange(45).reshape(3, 5, 3)
    model = {
        "rows_columns": distribute_tensor(plane, mesh, [Shard(0), Shard(1)]),
        "columns": distribute_tensor(plane, mesh, [Replicate(), Shard(1)]),
        "rows_twice": distribute_tensor(plane, mesh, [Shard(0), Shard(0)]),
        "last": distribute_tensor(cube, mesh, [Shard(-1), Shard(1)]),
        "whole": distribute_tensor(plane, mesh, [Replicate(), Replicate()]),
        "short": distribute_tensor(torch.arange(1.0), mesh, [Shard(0), Replicate()]),
        "parameter": nn.Parameter(distribute_tensor(plane + 1, mesh["tp"], [Shard(0)])),
        "plain": torch.ones(2),
    }
    return {"model": model, "optimizer": {"state": {0: {"exp_avg": distribute_tensor(plane, mesh, [Shard(1), Replicate()])}}}}


def strided(rank: int) -> dict:
    mesh = init_device_mesh("cpu", (2,))
    whole = torch.arange(8.0)
    placement = _StridedShard(0, split_factor=2)
    return {"w": DTensor.from_local(whole[rank::2].contiguous(), mesh, [placement], run_check=False, shape=(8,), stride=(1,))}


def partial(rank: int) -> dict:
    return {"w": DTensor.from_local(torch.ones(2) * rank, init_device_mesh("cpu", (2,)), [Partial()], run_check=False)}


def whole(value):
    if isinstance(value, dict):
        return {key: whole(child) for key, child in value.items()}
    if isinstance(value, DTensor):
        return value.full_tensor().detach().requires_grad_(value.requires_grad)
    return value


def save(rank: int, ranks: int, name: str, meeting: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}/meeting", rank=rank, world_size=ranks)
    value = globals()[name](rank)
    torch.save(value, FOLDER / name / f"rank{rank}.pth")
    if "model" in value:
        result = whole(value["model"])
        if rank == 0:
            write_document(FOLDER / name / "expected.json", {"entry": "model", "tensors": describe_state_dict(result)})
    dist.destroy_process_group()


if __name__ == "__main__":
    for name, ranks in [("fsdp", 2), ("grid", 4), ("strided", 2), ("partial", 2)]:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        (FOLDER / name).mkdir()
        with tempfile.TemporaryDirectory() as meeting:
            torch.multiprocessing.spawn(save, (ranks, name, meeting), ranks)
