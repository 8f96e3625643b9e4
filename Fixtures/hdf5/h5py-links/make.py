"""Ties: several hard links to one dataset, and soft links that stay within the file."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

with h5py.File(FOLDER / "weights.h5", "w", track_order=True) as file:
    file["encoder.weight"] = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
    file["decoder.weight"] = file["encoder.weight"]
    file["third.weight"] = file["encoder.weight"]
    file["equal_but_apart"] = file["encoder.weight"][()]
    file["soft.absolute"] = h5py.SoftLink("/encoder.weight")
    inner = file.create_group("inner", track_order=True)
    inner["weight"] = numpy.ones(3)
    inner["tied"] = file["encoder.weight"]
    inner["soft.relative"] = h5py.SoftLink("weight")
    file["soft.into_group"] = h5py.SoftLink("inner/weight")
    file["soft.twice"] = h5py.SoftLink("soft.absolute")
write_hdf5_case(FOLDER)
