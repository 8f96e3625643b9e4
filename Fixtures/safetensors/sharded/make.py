"""Three shards and their index, as transformers saves large models; the index has an order of its own."""

import sys
from pathlib import Path

import json

import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_shards, write_document

SHARDS = [
    {"layers.1.weight": torch.arange(6.0).reshape(2, 3), "layers.0.weight": torch.arange(4, dtype=torch.bfloat16)},
    {"layers.0.bn.num_batches_tracked": torch.tensor(7)},
    {"head.weight": torch.arange(5, dtype=torch.float16), "empty": torch.empty(0)},
]
weight_map, total = {}, 0
for number, tensors in enumerate(SHARDS, 1):
    name = f"model-{number:05}-of-{len(SHARDS):05}.safetensors"
    save_file(tensors, FOLDER / name, {"format": "pt"})
    weight_map |= dict.fromkeys(tensors, name)
    total += sum(tensor.nbytes for tensor in tensors.values())
order = ["layers.0.weight", "layers.1.weight", "head.weight", "empty", "layers.0.bn.num_batches_tracked"]
index = {"metadata": {"total_size": total}, "weight_map": {name: weight_map[name] for name in order}}
(FOLDER / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
write_document(FOLDER / "expected.json", describe_shards(FOLDER))
