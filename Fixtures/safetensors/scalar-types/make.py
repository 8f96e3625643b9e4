"""Every type that the library writes for PyTorch, with no dimensions, some, many, and with none of a size."""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_safetensors_case

NAMES = """bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float32 float64 complex64
float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2""".split()
tensors = {}
for name in NAMES:
    dtype = getattr(torch, name)
    size = torch.empty(0, dtype=dtype).element_size()
    values = torch.arange(24 * size, dtype=torch.int32).mul(11).to(torch.uint8)
    if name == "bool":
        values = values % 2
    tensors[name] = values.view(dtype).reshape(2, 3, 4)
    tensors[f"{name}.empty"] = torch.empty(3, 0, 2, dtype=dtype)
    if name != "float4_e2m1fn_x2":  # the library counts each half of a byte, and can't halve a scalar
        tensors[f"{name}.scalar"] = values[:size].clone().view(dtype).reshape(())
write_safetensors_case(FOLDER, tensors)
