"""Tensors of 64 MiB that no reader gets in pieces for nothing: one chunk, a few, a transposed view of deflated bytes.

For tests of how much memory a conversion takes. The numbers compress to next to nothing.
"""

import json
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy
import torch

FOLDER = Path(__file__).resolve().parent
SIDE = 4096
VALUES = (numpy.arange(SIDE * SIDE, dtype=numpy.int64) % 251).astype(numpy.float32).reshape(SIDE, SIDE)
GZIP = dict(compression="gzip", compression_opts=9, shuffle=True)

for name, chunks, filters in [
    ("one-chunk", (SIDE, SIDE), dict(GZIP, fletcher32=True)),
    ("columns", (SIDE, 2500), GZIP),
    ("rows", (2500, SIDE), GZIP),
]:
    with h5py.File(FOLDER / f"{name}.h5", "w") as file:
        file.create_dataset("weight", data=VALUES, chunks=chunks, **filters)

path = FOLDER / "transposed.pth"
torch.save({"weight": torch.from_numpy(VALUES).T}, path)
with zipfile.ZipFile(path) as archive:
    records = {name: archive.read(name) for name in archive.namelist()}
with zipfile.ZipFile(path, "w") as archive:
    for name, data in records.items():
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, compresslevel=9)

checksums = {f"{name}.h5": zlib.crc32(VALUES.tobytes()) for name in ("one-chunk", "columns", "rows")}
checksums["transposed.pth"] = zlib.crc32(VALUES.T.tobytes())
(FOLDER / "crc32.json").write_text(json.dumps(checksums, indent=2) + "\n")
