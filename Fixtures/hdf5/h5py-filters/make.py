"""Chunks and filters, contiguous and compact storage, storage never written; in three versions of the file format.

Since v110 there is an index of its own kind for a single chunk, for fixed and for growing shapes. A chunked dataset in
the v200 format can be read by HDF5 2.0 and later only.
"""

import sys
import zlib
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

VALUES = numpy.arange(600, dtype=numpy.float32).reshape(20, 30) * 0.25


def compact(file: h5py.File, name: str, values: numpy.ndarray) -> None:
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.COMPACT)
    creation.set_obj_track_times(False)
    space, kind = h5py.h5s.create_simple(values.shape), h5py.h5t.py_create(values.dtype)
    h5py.h5d.create(file.id, name.encode(), kind, space, creation).write(h5py.h5s.ALL, h5py.h5s.ALL, values)


for version in ["earliest", "v110", "v200"]:
    case = FOLDER / version
    case.mkdir(exist_ok=True)
    with h5py.File(
        case / "weights.h5", "w", libver=("earliest" if version == "earliest" else version, "latest")
    ) as file:
        make = file.create_dataset
        make("gzip", data=VALUES, compression="gzip", chunks=(10, 10))
        make("gzip.level0", data=VALUES, compression="gzip", compression_opts=0, chunks=(10, 30))
        make("gzip.shuffle", data=VALUES, compression="gzip", compression_opts=9, shuffle=True, chunks=(10, 10))
        make("gzip.shuffle.fletcher32", data=VALUES, compression="gzip", shuffle=True, fletcher32=True, chunks=(10, 10))
        make("gzip.big_endian", data=VALUES.astype(">f4"), compression="gzip", shuffle=True)
        make("gzip.complex", data=VALUES[0] * (1 + 2j), compression="gzip", shuffle=True)
        make("gzip.bool", data=VALUES > 70, compression="gzip", chunks=(7, 7))
        make("shuffle.int64", data=numpy.arange(50), shuffle=True, chunks=(16,))
        make("shuffle.odd_chunk", data=numpy.arange(7, dtype=numpy.int16), shuffle=True, chunks=(7,))
        make("fletcher32", data=VALUES, fletcher32=True, chunks=(10, 10))
        make("fletcher32.odd_length", data=numpy.arange(7, dtype=numpy.uint8), fletcher32=True, chunks=(7,))
        make("chunked", data=VALUES, chunks=(10, 10))
        make("chunked.one", data=VALUES, chunks=(20, 30))
        make("chunked.edges", data=VALUES, chunks=(7, 11))
        make("chunked.edges.gzip", data=VALUES, chunks=(7, 11), compression="gzip", shuffle=True)
        make("chunked.larger_than_shape", data=numpy.arange(5.0), chunks=(8,), maxshape=(None,))
        make("chunked.5d", data=VALUES.reshape(2, 5, 2, 6, 5), chunks=(1, 2, 2, 4, 5), compression="gzip")
        make("chunked.growing", data=VALUES, chunks=(6, 6), maxshape=(None, 30), compression="gzip")
        make("chunked.growing.both", data=VALUES, chunks=(6, 6), maxshape=(None, None))
        make("chunked.no_elements", shape=(0, 4), dtype="f4", chunks=(2, 2), maxshape=(None, 4), compression="gzip")
        shrunk = make("chunked.shrunk", data=VALUES, chunks=(6, 6), maxshape=(20, 30))
        shrunk.resize((11, 17))
        holes = make("unwritten.some", shape=(20, 30), dtype="f4", chunks=(10, 10), fillvalue=-1.5)
        holes[0:10, 10:20] = 3
        make("unwritten.all", shape=(5, 6), dtype="i4", chunks=(2, 2), fillvalue=7, compression="gzip")
        make("unwritten.no_fill", shape=(5,), dtype="f8", chunks=(2,))
        make("unwritten.contiguous", shape=(4,), dtype="f4", fillvalue=0.5)
        make("unwritten.big_endian", shape=(4,), dtype=">i4", chunks=(2,), fillvalue=258)
        # A chunk may say that a filter was skipped for it, as filters may when they gain nothing.
        masked = make("gzip.skipped_in_one", shape=(8,), dtype="<i4", chunks=(4,), compression="gzip")
        masked.id.write_direct_chunk((0,), numpy.arange(4, dtype="<i4").tobytes(), filter_mask=1)
        masked.id.write_direct_chunk((4,), zlib.compress(numpy.arange(4, 8, dtype="<i4").tobytes()))
        make("contiguous", data=VALUES)
        compact(file, "compact", VALUES[0])
        compact(file, "compact.int8", numpy.arange(-3, 3, dtype=numpy.int8))
    write_hdf5_case(case, minimum_library="2.0" if version == "v200" else None)
