"""Folders of torch.distributed.checkpoint: written by several processes of this machine, read back by PyTorch."""

import os
import shutil
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save


def save(folder: Path, make, ranks: int = 1) -> None:
    """Saves what `make(mesh)` returns on each rank; with one rank, without a process group and a mesh."""
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    if ranks == 1:
        return save_here(folder, make(None))
    with tempfile.TemporaryDirectory() as meeting:
        torch.multiprocessing.spawn(save_on_rank, (ranks, folder, make, meeting), ranks)


def save_on_rank(rank: int, ranks: int, folder: Path, make, meeting: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{meeting}/meeting", rank=rank, world_size=ranks)
    save_here(folder, make(ranks))
    dist.destroy_process_group()


def save_here(folder: Path, value) -> None:
    # The metadata keeps the path it is given.
    os.chdir(folder)
    dcp.save(value, checkpoint_id="checkpoint")


def load(folder: Path, trusting: bool = False) -> dict:
    """As PyTorch converts it, in the order that was saved, with requires_grad as the metadata has it."""
    with tempfile.TemporaryDirectory() as temporary:
        dcp_to_torch_save(folder / "checkpoint", f"{temporary}/whole.pth")
        whole = torch.load(f"{temporary}/whole.pth", weights_only=not trusting)
    metadata = dcp.FileSystemReader(folder / "checkpoint").read_metadata()
    result = {}
    for name, path in metadata.planner_data.items():
        target, source = result, whole
        for key, following in zip(path, path[1:]):
            source, empty = source[key], [] if isinstance(following, int) else {}
            target = child(target, key, empty)
        value = source[path[-1]]
        if isinstance(value, torch.Tensor) and name in metadata.state_dict_metadata:
            properties = getattr(metadata.state_dict_metadata[name], "properties", None)
            value.requires_grad_(properties is not None and properties.requires_grad)
        child(target, path[-1], value)
    return result


def child(container, key, value):
    if isinstance(container, dict):
        return container.setdefault(key, value)
    if key == len(container):
        container.append(value)
    return container[key]
