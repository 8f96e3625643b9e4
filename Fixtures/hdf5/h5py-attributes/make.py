"""Attributes that mean something in this project's schema, in a file that is not of it; texts in rows; empty groups."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

with h5py.File(FOLDER / "weights.h5", "w", track_order=True) as file:
    for name in ["bool", "int8", "float8_e4m3fn", "bits8"]:
        file[f"dtype.{name}"] = numpy.array([0, 1, 2, 200], numpy.uint8)
        file[f"dtype.{name}"].attrs["dtype"] = name
    for name in ["bfloat16", "float16", "bits16"]:
        file[f"dtype.{name}"] = numpy.array([0, 1, 16256, 65535], numpy.uint16)
        file[f"dtype.{name}"].attrs["dtype"] = name
    for kind in ["None", "int", "str", "bytes", "Size", "parameter", "unknown"]:
        file[f"kind.{kind}"] = numpy.arange(3.0)
        file[f"kind.{kind}"].attrs.update({"kind": kind, "requires_grad": True})
    group = file.create_group("group", track_order=True)
    group.attrs.update({"kind": "list", "int_keys": True, "attributes": "{", "overrides": "[]"})
    group["0"] = numpy.arange(2)
    file.attrs.update({"kind": "value", "checksums": "{", "history": "{", "graph": "{", "schema_version": 1})

    text = h5py.string_dtype()
    file.create_dataset("texts.variable", data=[["a", "b", "c"], ["d", "", "f"]], dtype=text)
    file.create_dataset("texts.fixed", data=numpy.array([[[b"ab"], [b"c"]]]))
    file.create_dataset("texts.none", shape=(2, 0, 3), dtype=text)
    file.create_group("empty")
    file.create_group("group/empty/inside")

write_hdf5_case(FOLDER)
