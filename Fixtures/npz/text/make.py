"""Text beside numbers, of both of NumPy's types, and arrays that are neither; savez, stored."""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, write_document

words = numpy.array([["cat", "", "漢字 🎉"], ["a\0b", "é", "long enough"]])
numpy.savez(
    FOLDER / "arrays.npz",
    weight=numpy.arange(6, dtype="f4"),
    classes=words[0],
    plane=words,
    fortran=numpy.asfortranarray(words),
    big_endian=words.astype(">U11"),
    scalar=numpy.array("one"),
    none=words[:0],
    nothing=words[:, :0],
    ascii=numpy.array([b"cat", b"", b"a\0b"]),
    utf8=numpy.array(["é".encode()]),
    objects=numpy.array([{"a": 1}, None]),
    records=numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    dates=numpy.array(["2026-01-01"], dtype="M8[D]"),
    bias=numpy.zeros(2),
)
write_document(FOLDER / "expected.json", describe_npz(FOLDER / "arrays.npz"))
