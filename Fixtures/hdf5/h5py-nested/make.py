"""Groups within groups, an empty group, and names that must be taken as they stand: there is no escaping here."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

PATHS = [
    "layer1/0/conv1/weight",
    "layer1/0/bn1/weight",
    "layer1/0/bn1/running_mean",
    "layer1/1/bn1.weight",
    "conv1.weight",
    "fc/bias",
    "names/%2F",
    "names/%",
    "names/ space ",
    "names/composed \u00e9",
    "names/decomposed e\u0301",
    "names/line\nfeed",
    "names/🎉",
    "names/...",
    "names/" + "long" * 2000,
]

with h5py.File(FOLDER / "weights.h5", "w") as file:
    for index, path in enumerate(PATHS):
        file[path] = numpy.full(2, index, numpy.float32)
    file.create_group("empty/inside")
    file["layer1"].attrs["kind"] = "a stage"
write_hdf5_case(FOLDER)
