"""A folder of torch.distributed.checkpoint with an object that is no plain value beside the tensors.

The identifier of each save and the times are new on every run, and so are the bytes of `.metadata`.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from distributed_checkpoint import save
from expectation import write_checkpoint_document

torch.manual_seed(52)
value = {
    "model": nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict(),
    "args": argparse.Namespace(lr=0.1, arch="resnet50"),
    "epoch": 3,
}
save(FOLDER / "training", lambda _: value)
write_checkpoint_document(FOLDER / "training", dict(value, model=dict(value["model"])), "model", "torch-distributed", True)
