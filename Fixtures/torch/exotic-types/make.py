"""A scalar type that PyTorch writes and reads, and hardly computes with: four-bit floats.

An element of float4_e2m1fn_x2 is a byte of two numbers; shapes count bytes.
"""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

NAMES = ["float4_e2m1fn_x2", "bits1x8", "bits2x4", "bits4x2", "bits8", "bits16"]

write_torch_case(FOLDER, {name: torch.arange(32, dtype=torch.uint8).view(getattr(torch, name)) for name in NAMES})
