"""A lone .npy of format version 3.0."""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, write_document

with open(FOLDER / "arrays.npy", "wb") as file:
    numpy.lib.format.write_array(file, numpy.arange(6, dtype=">u2").reshape(3, 2), version=(3, 0))
write_document(FOLDER / "expected.json", describe_npz(FOLDER / "arrays.npy"))
