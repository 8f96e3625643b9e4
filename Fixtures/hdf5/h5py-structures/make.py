"""Every structure that tells where things are: trees of several levels, heaps with indirect blocks and with objects
too large for a block, arrays in pages and with secondary blocks, attributes in heaps, named types, in two versions of
the file format.
"""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case


def fill_by_chunks(dataset: h5py.Dataset, step: int) -> None:
    """Writes every `step`-th chunk, so that the index has holes."""
    values = numpy.arange(dataset.chunks[0], dtype=dataset.dtype)
    for index in range(0, dataset.shape[0] // dataset.chunks[0], step):
        dataset[index * dataset.chunks[0] : (index + 1) * dataset.chunks[0]] = values + index % 100


for version in ["earliest", "v110"]:
    case = FOLDER / version
    case.mkdir(exist_ok=True)
    with h5py.File(case / "weights.h5", "w", libver=("earliest", "latest") if version == "earliest" else version) as file:
        make = file.create_dataset
        # A tree of chunks; or, since v110, an array in pages of 1024, of which some are missing.
        fill_by_chunks(make("fixed", (1100,), "u1", chunks=(1,)), 1)
        fill_by_chunks(make("fixed.gzip", (1100,), "u1", chunks=(1,), compression="gzip"), 1)
        fill_by_chunks(make("fixed.sparse", (6000,), "u1", chunks=(1,)), 2500)
        # Or an array that grows, in blocks found by secondary blocks; the last have pages of their own.
        fill_by_chunks(make("growing", (300,), "u1", chunks=(1,), maxshape=(None,)), 1)
        fill_by_chunks(make("growing.gzip", (300,), "u1", chunks=(1,), maxshape=(None,), compression="gzip"), 1)
        fill_by_chunks(make("growing.sparse", (200_000,), "u1", chunks=(1,), maxshape=(None,)), 45_000)
        grid = numpy.arange(48 * 30, dtype="i2").reshape(48, 30)
        make("growing.second", data=grid, chunks=(2, 3), maxshape=(48, None))
        make("growing.second.gzip", data=grid, chunks=(5, 7), maxshape=(60, None), compression="gzip")
        make("growing.both", data=grid, chunks=(2, 2), maxshape=(None, None))
        make("growing.both.gzip", data=grid, chunks=(4, 4), maxshape=(None, None), compression="gzip")
        make("larger.maximum", data=grid, chunks=(7, 7), maxshape=(100, 200))
        shrunk = make("shrunk", data=grid, chunks=(5, 7), maxshape=(48, None))
        shrunk.resize((23, 11))
        shrunk.resize((23, 50))

        many = file.create_dataset("attributes", data=numpy.float32(1))
        for index in range(60):
            many.attrs[f"name {index:03}"] = f"text {index}" if index % 3 else index / 4
        many.attrs.create("fixed", numpy.bytes_("padded"), dtype="S20")
        many.attrs["long"] = "long " * 5000
        if version != "earliest":
            many.attrs.create("large", numpy.bytes_(b"x" * 100_000))
        many.attrs["flag"], many.attrs["texts"] = True, ["a", "b\u00e9", ""]
        many.attrs["numbers"], many.attrs["nothing"] = numpy.arange(5), h5py.Empty("f4")

        group = file.create_group("many", track_order=True)
        for index in range(160):
            group[f"{(index * 769) % 1500} of a name that is long, to fill blocks{' and more' * 10}"] = h5py.SoftLink("/named")
        group["long" * 3000] = numpy.int8(7)
        file.create_group("empty")
        file["number"] = numpy.dtype("<f4")
        make("named", data=numpy.arange(3.0, dtype="f4"), dtype=file["number"])
        del file["number"]
        make("texts", data=["one", "", "thr\u00e9e"], dtype=h5py.string_dtype())
        make("texts.gzip", data=["x" * 300, "y"], dtype=h5py.string_dtype(), chunks=(1,), compression="gzip")
        make("texts.unwritten", (2,), dtype=h5py.string_dtype())
    write_hdf5_case(case)
