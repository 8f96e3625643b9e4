"""savez_compressed: deflated."""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, write_document

numpy.savez_compressed(
    FOLDER / "arrays.npz", x=numpy.arange(1000.0).reshape(10, 100), y=numpy.asfortranarray(numpy.eye(20, dtype=">i2"))
)
write_document(FOLDER / "expected.json", describe_npz(FOLDER / "arrays.npz"))
