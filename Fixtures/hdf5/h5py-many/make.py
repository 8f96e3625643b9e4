"""More links than one node of an index holds, in the oldest and in the newest file format."""

import sys
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_hdf5_case

for version in ["earliest", "latest"]:
    case = FOLDER / version
    case.mkdir(exist_ok=True)
    with h5py.File(case / "weights.h5", "w", libver=version, track_order=version == "latest") as file:
        for index in range(150):
            file[f"layer{index * 67 % 150}.weight"] = numpy.float32([index, -index])
    write_hdf5_case(case)
