"""Text beside the tensors, and names that need escapes."""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_safetensors_case

# One entry beside the format: the library writes them in an order that changes from run to run.
names = ["", "é", "e\u0301", "a\nb", "quote\"", "back\\slash", "\0", "\x1f\x7f", "漢字 🎉", "a/b", "$x"]
write_safetensors_case(
    FOLDER, {name: torch.tensor([float(index)]) for index, name in enumerate(names)}, {"author": "é \"quoted\"\n"}
)
