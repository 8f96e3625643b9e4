"""Arrays of every type that PyTorch has too, in both orders and byte orders; savez, stored."""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, write_document

KINDS = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "c8", "c16"]
arrays = {}
for kind in KINDS:
    for order in "<" if kind in ("?", "u1", "i1") else "<>":
        values = numpy.arange(24).reshape(2, 3, 4) % 2 if kind == "?" else numpy.arange(24).reshape(2, 3, 4)
        array = values.astype(kind if kind == "?" else order + kind)
        if kind[0] == "c":
            array += 1j
        name = f"{order}{kind}"
        arrays[name] = array
        arrays[f"{name}.fortran"] = numpy.asfortranarray(array)
        arrays[f"{name}.scalar"] = array[1, 2, 3]
        arrays[f"{name}.empty"] = array[:, :0]
arrays["layer.0/weight"] = numpy.float32([1.5])
arrays["é"] = numpy.asfortranarray(numpy.arange(210.0).reshape(5, 6, 7))
numpy.savez(FOLDER / "arrays.npz", **arrays)
write_document(FOLDER / "expected.json", describe_npz(FOLDER / "arrays.npz"))
