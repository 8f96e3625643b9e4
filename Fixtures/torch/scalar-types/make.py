"""Every scalar type that a zip checkpoint can hold and h5py or a Swift reader has a use for, with its special values.

The values are made from bit patterns: both zeros, subnormals, the extremes, infinities, quiet and signalling NaNs with
payloads; of the one-byte floats all 256. Each type comes once with one dimension and once with two.
"""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
ONE_BYTE_FLOATS = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]
# The type, its bits, the bits of its mantissa.
FLOATS = [("float16", 16, 10), ("bfloat16", 16, 7), ("float32", 32, 23), ("float64", 64, 52)]
COMPLEX = [("complex32", "float16"), ("complex64", "float32"), ("complex128", "float64")]


def from_patterns(patterns: list[int], bits: int, dtype: torch.dtype) -> torch.Tensor:
    raw = b"".join((pattern % (1 << bits)).to_bytes(bits // 8, "little") for pattern in patterns)
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(dtype)


def integer_patterns(bits: int) -> list[int]:
    half = 1 << (bits - 1)
    return [0, 1, 2, -1, -2, half, half - 1, half + 1, int("0123456789abcdef"[: bits // 4], 16), 85]


def float_patterns(bits: int, mantissa: int) -> list[int]:
    sign, infinity = 1 << (bits - 1), ((1 << (bits - 1 - mantissa)) - 1) << mantissa
    one, quiet = infinity // 2 >> mantissa << mantissa, 1 << (mantissa - 1)
    smallest_normal, third = 1 << mantissa, one + (1 << mantissa) // 3
    positive = [0, 1, smallest_normal - 1, smallest_normal, one, third, infinity - 1, infinity]
    nans = [infinity | quiet, infinity | quiet | 5, infinity | 1, infinity | (1 << mantissa) - 1]
    return [pattern | negative for negative in (0, sign) for pattern in positive + nans]


values = {"bool": torch.tensor([False, True, True, False])}
for name in INTEGERS:
    dtype = getattr(torch, name)
    values[name] = from_patterns(integer_patterns(dtype.itemsize * 8), dtype.itemsize * 8, dtype)
for name in ONE_BYTE_FLOATS:
    values[name] = from_patterns(list(range(256)), 8, getattr(torch, name))
for name, bits, mantissa in FLOATS:
    values[name] = from_patterns(float_patterns(bits, mantissa), bits, getattr(torch, name))
for name, component in COMPLEX:
    parts = values[component]
    pairs = torch.cat([parts, parts.flip(0)]).view(2, -1).t().contiguous()
    values[name] = pairs.view(-1).view(getattr(torch, name))

checkpoint = {}
for name, tensor in values.items():
    checkpoint[name] = tensor
    checkpoint[f"{name}.2d"] = tensor.clone().view(2, -1)
write_torch_case(FOLDER, checkpoint)
