"""A file that starts with 512 bytes which are not HDF5's, by which every address in it is shifted."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

path = FOLDER / "weights.h5"
with h5py.File(path, "w", userblock_size=512) as file:
    file["contiguous"] = numpy.arange(10, dtype=numpy.float32)
    file.create_dataset("chunked", data=numpy.arange(30), chunks=(8,), compression="gzip", shuffle=True)
with path.open("r+b") as file:
    file.write(b"#!/bin/sh\n# This block belongs to someone else.\n")
write_hdf5_case(FOLDER)
