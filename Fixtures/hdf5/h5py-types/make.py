"""Every type of number h5py writes, in both byte orders, shapes without dimensions and without elements, and text."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
FLOATS = ["f2", "f4", "f8"]
COMPLEX = ["c8", "c16"]
SPECIAL = [0.0, -0.0, 1.0, -2.5, numpy.inf, -numpy.inf, numpy.nan, 6e-8, 65504.0, 1 / 3]

with h5py.File(FOLDER / "weights.h5", "w") as file:
    for order, name in [("<", "little"), (">", "big")]:
        for code in INTEGERS:
            limits = numpy.iinfo(code)
            file[f"{name}.{code}"] = numpy.array([0, 1, 85, limits.min, limits.max, limits.max // 3], order + code)
        for code in FLOATS:
            file[f"{name}.{code}"] = numpy.array(SPECIAL).astype(order + code)
        for code in COMPLEX:
            numbers = numpy.zeros(len(SPECIAL), order + code)
            numbers.real, numbers.imag = SPECIAL, SPECIAL[::-1]
            file[f"{name}.{code}"] = numbers
        halves = numpy.zeros(3, [("r", order + "f2"), ("i", order + "f2")])
        halves["r"], halves["i"] = [1, -2, 0.5], [0, 3, -0.25]
        file[f"{name}.complex32"] = halves
        file[f"{name}.matrix"] = numpy.arange(12, dtype=order + "f4").reshape(3, 4)
    file["bool"] = numpy.array([True, False, True])
    file["bool.scalar"] = True

    # The upper half of 1.0, -2.0, 3.140625 and a NaN: what Keras stores, for want of a type.
    file["bfloat16"] = numpy.array([0x3F80, 0xC000, 0x4049, 0x7FC1], numpy.uint16).view("V2")
    file["bfloat16"].attrs["dtype"] = "bfloat16"

    file["scalar.f4"] = numpy.float32(3.25)
    file["scalar.big"] = numpy.array(-7, ">i8")
    file["scalar.c8"] = numpy.complex64(1 - 1j)
    for shape in [(0,), (3, 0, 2), (0, 5), (1, 1, 1)]:
        file["shape." + "x".join(map(str, shape))] = numpy.zeros(shape, numpy.float32)

    file["empty.f4"] = h5py.Empty("f4")
    file["empty.text"] = h5py.Empty("S10")
    file["text.variable"] = "variable: é 漢字"
    file["text.variable.empty"] = ""
    file["text.fixed"] = numpy.bytes_(b"fixed")
    file.create_dataset("text.fixed.utf8", data="é".encode(), dtype=h5py.string_dtype("utf-8", 8))
    file.create_dataset("text.list", data=["a", "", "long enough"], dtype=h5py.string_dtype())
write_hdf5_case(FOLDER)
