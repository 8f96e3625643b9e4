"""The places where people put a state dict, and roots that are none; one folder each."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case


def state_dict(seed: int) -> OrderedDict:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2)).state_dict()


# The folder, what is saved, where the state dict is: "" is the root, None means that there is none.
CASES = [
    ("model-state-dict", {"epoch": 1, "model_state_dict": state_dict(0), "loss": 0.5}, "model_state_dict"),
    ("net", {"net": state_dict(1), "acc": 93.2, "epoch": 7}, "net"),
    ("model", {"model": state_dict(2)}, "model"),
    ("module", {"module": state_dict(3), "dp_world_size": 8}, "module"),
    ("nested", {"state": {"model": state_dict(4), "step": 10}, "config": {"width": 64}}, "state/model"),
    ("two", {"state_dict": state_dict(5), "ema_state_dict": state_dict(6)}, "state_dict"),
    ("plain-dict", dict(state_dict(7)), ""),
    ("mixed-root", {**state_dict(8), "epoch": 3}, ""),
    ("bare-tensor", torch.arange(6.0).view(2, 3), None),
    ("list-of-tensors", [torch.zeros(2), torch.ones(3, dtype=torch.int32)], None),
    ("tuple", (state_dict(9), 5), None),
    ("empty-dict", {}, None),
    ("empty-state-dict", {"state_dict": OrderedDict(), "epoch": 0}, "state_dict"),
    ("number", 42, None),
    ("none", None, None),
]

for name, value, entry in CASES:
    write_torch_case(FOLDER / name, value, entry)
