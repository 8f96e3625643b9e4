"""What each of two ranks saves with HuggingFaceStorageWriter(save_distributed=True): slices of a DTensor's rows."""

import os
import shutil
import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as checkpoint
import torch.multiprocessing as processes
from safetensors import safe_open
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_state_dict, write_document


def state_dict() -> dict:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()


def whole() -> dict:
    """What PyTorch's reader puts together, in the order of the files: their names, then the library's order."""
    names = [name for path in sorted(FOLDER.glob("*.safetensors")) for name in safe_open(path, "pt").offset_keys()]
    tensors = {name: torch.empty_like(state_dict()[name]) for name in names}
    checkpoint.load(tensors, storage_reader=checkpoint.HuggingFaceStorageReader(str(FOLDER)))
    return tensors


def save(rank: int) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29571", RANK=str(rank), WORLD_SIZE="2")
    dist.init_process_group("gloo", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    # Without the counter: it has no rows to deal out.
    sliced = {name: distribute_tensor(tensor, mesh, [Shard(0)]) for name, tensor in state_dict().items() if tensor.dim()}
    writer = checkpoint.HuggingFaceStorageWriter(str(FOLDER), save_distributed=True)
    checkpoint.save(sliced, storage_writer=writer)
    dist.destroy_process_group()


if __name__ == "__main__":
    processes.spawn(save, nprocs=2)
    for path in FOLDER.glob("sharded/*.safetensors"):
        shutil.move(path, FOLDER / path.name)
    for path in FOLDER.glob("sharded"):
        path.rmdir()
    document = {"format": "safetensors-ranks", "entry": "", "tensors": describe_state_dict(whole())}
    write_document(FOLDER / "expected.json", document)
