"""A checkpoint as a big-endian machine writes it: the record `byteorder` says "big", every element is swapped.

Made from a little-endian one, because such machines are rare; complex numbers are swapped part by part.
"""

import sys
import zipfile
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from archive import write_archive
from expectation import write_torch_case

tensors = {
    "float32": torch.tensor([1.0, -2.5, 3e-40]),
    "float16": torch.tensor([1.0, 65504.0], dtype=torch.float16),
    "bfloat16": torch.tensor([1.0, -3.0], dtype=torch.bfloat16),
    "float64": torch.tensor(0.1, dtype=torch.float64),
    "int64": torch.tensor([1, -2, 2**40]),
    "int32.transposed": torch.arange(6, dtype=torch.int32).view(2, 3).t(),
    "int16": torch.tensor([1, 256], dtype=torch.int16),
    "uint8": torch.tensor([1, 2, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "complex64": torch.tensor([1 + 2j, -0.5j]),
    "complex128": torch.tensor([1 + 2j], dtype=torch.complex128),
}
path = FOLDER / "checkpoint.pth"
write_torch_case(FOLDER, tensors)


def swapped(data: bytes, size: int) -> bytes:
    return b"".join(data[i : i + size][::-1] for i in range(0, len(data), size))


with zipfile.ZipFile(path) as archive:
    records = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
records["byteorder"] = b"big"
for index, tensor in enumerate(tensors.values()):
    part = tensor.element_size() // (2 if tensor.is_complex() else 1)
    records[f"data/{index}"] = swapped(records[f"data/{index}"], part)
write_archive(path, records)
