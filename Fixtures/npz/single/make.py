"""A lone .npy of format version 1.0."""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, write_document

numpy.save(FOLDER / "arrays.npy", numpy.arange(6, dtype=numpy.float32).reshape(2, 3))
write_document(FOLDER / "expected.json", describe_npz(FOLDER / "arrays.npy"))
