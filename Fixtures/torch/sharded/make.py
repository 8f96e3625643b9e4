"""Two shards of a state dict, and their index, named as transformers names them: each file is a part of the model."""

import json
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent

torch.manual_seed(0)
state_dict = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2)).state_dict()
names = list(state_dict)
shards = {
    "pytorch_model-00001-of-00002.bin": names[:7],
    "pytorch_model-00002-of-00002.bin": names[7:],
}
for file, keys in shards.items():
    torch.save({key: state_dict[key] for key in keys}, FOLDER / file)
index = {
    "metadata": {"total_size": sum(tensor.nbytes for tensor in state_dict.values())},
    "weight_map": {key: file for file, keys in shards.items() for key in keys},
}
(FOLDER / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")
