"""Shards of a state dict and their index, in the ways in which transformers and diffusers name them; one folder each.

`bin` and `fp16-*` as `save_pretrained` names them, with and without a variant; `mixed` has shards of two formats.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_indexed, write_document

torch.manual_seed(0)
state_dict = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1), nn.BatchNorm2d(1)).state_dict()
names = list(state_dict)
# The folder, its index, and its shards.
CASES = [
    ("bin", "pytorch_model.bin.index.json", ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]),
    (
        "fp16-bin", "pytorch_model.fp16.bin.index.json",
        ["pytorch_model-00001-of-00002.fp16.bin", "pytorch_model-00002-of-00002.fp16.bin"],
    ),
    (
        "bin-fp16", "pytorch_model.bin.index.fp16.json",
        ["pytorch_model.fp16-00001-of-00002.bin", "pytorch_model.fp16-00002-of-00002.bin"],
    ),
    ("fp16", "model.fp16.index.json", ["model.fp16-00001-of-00002.safetensors", "model.fp16-00002-of-00002.safetensors"]),
    (
        "safetensors-fp16", "model.safetensors.index.fp16.json",
        ["model.fp16-00001-of-00002.safetensors", "model.fp16-00002-of-00002.safetensors"],
    ),
    ("mixed", "weights.index.json", ["first.bin", "second.safetensors"]),
]

for name, index, files in CASES:
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # Every other tensor, so that the index has another order than the shards.
    shards = {files[0]: names[::2], files[1]: names[1::2]}
    for file, keys in shards.items():
        tensors = {key: state_dict[key] for key in keys}
        save_file(tensors, folder / file) if file.endswith(".safetensors") else torch.save(tensors, folder / file)
    weight_map = {key: file for key in names for file, keys in shards.items() if key in keys}
    document = {"metadata": {"total_size": sum(tensor.nbytes for tensor in state_dict.values())}, "weight_map": weight_map}
    (folder / index).write_text(json.dumps(document, indent=2) + "\n")
    write_document(folder / "expected.json", describe_indexed(folder / index))
