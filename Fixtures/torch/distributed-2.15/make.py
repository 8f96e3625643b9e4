"""Folders of torch.distributed.checkpoint by PyTorch 2.15, whose metadata has the strides of tensors; one process or two.

`no-collectives`: each rank has metadata of its own. `zstd` and `safetensors`: what is named and not read; PyTorch itself
needs the package zstandard for the first, and does not read the second.
Made where PYTORCH_2_15 names a Python that has that version.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))


def main() -> None:
    import torch
    import torch.distributed.checkpoint as dcp
    from distributed_checkpoint import load, save
    from expectation import describe_checkpoint, write_document
    from torch.distributed.checkpoint._extension import ZStandard
    from torch.distributed.checkpoint.filesystem import SerializationFormat

    for name, make, ranks, entry in [("alone", alone, 1, "model"), ("two-ranks", on_two, 2, "model")]:
        save(FOLDER / name, make, ranks)
        document = describe_checkpoint(load(FOLDER / name), entry, "torch-distributed")
        write_document(FOLDER / name / "expected.json", document | {"minimum_pytorch": "2.15"})
    # The same tensors as `two-ranks`, but each rank writes without the other, and nothing nested.
    shutil.rmtree(FOLDER / "no-collectives", ignore_errors=True)
    (FOLDER / "no-collectives").mkdir()
    with tempfile.TemporaryDirectory() as meeting:
        torch.multiprocessing.spawn(save_without_collectives, (2, meeting), 2)
    for name, writer in [
        ("zstd", dcp.FileSystemWriter("checkpoint", _extensions=[ZStandard()])),
        ("safetensors", dcp.FileSystemWriter("checkpoint", serialization_format=SerializationFormat.SAFETENSORS)),
    ]:
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        (FOLDER / name).mkdir()
        os.chdir(FOLDER / name)
        dcp.save({"w": torch.arange(6.0).view(2, 3)}, storage_writer=writer)


def save_without_collectives(rank: int, ranks: int, meeting: str) -> None:
    import torch.distributed as dist
    import torch.distributed.checkpoint as dcp

    dist.init_process_group("gloo", init_method=f"file://{meeting}/meeting", rank=rank, world_size=ranks)
    os.chdir(FOLDER / "no-collectives")
    dcp.save(on_two(ranks), checkpoint_id="checkpoint", use_collectives=False)
    dist.destroy_process_group()


def model():
    import torch
    from torch import nn

    torch.manual_seed(51)
    return nn.Sequential(nn.Linear(3, 7, bias=False), nn.BatchNorm1d(7))


def alone(_) -> dict:
    import torch

    return {
        "model": model().state_dict(),
        "transposed": torch.arange(6.0).view(2, 3).t(),
        "last": torch.ones(1, 2, 2, 2).to(memory_format=torch.channels_last),
        "step": 7,
    }


def on_two(ranks: int) -> dict:
    import torch
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    mesh = init_device_mesh("cpu", (ranks,))
    return {
        "model": {
            key: distribute_tensor(value, mesh, [Shard(0)]) if value.dim() else value
            for key, value in model().state_dict().items()
        },
        "columns": distribute_tensor(torch.arange(35.0).reshape(7, 5), mesh, [Shard(1)]),
        "whole": distribute_tensor(torch.arange(4), mesh, [Replicate()]),
        "step": 7,
    }


if __name__ == "__main__":
    if python := os.environ.pop("PYTORCH_2_15", None):
        subprocess.run([python, __file__], check=True)
    elif __import__("torch").__version__.startswith("2.15."):
        main()
