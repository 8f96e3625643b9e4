"""Files whose writer died: open for writing (flag 1), and for readers that follow it, SWMR (flags 1 and 4).

h5py refuses to open them. `closed.h5` is the first one closed.
"""

import os
from pathlib import Path

import h5py
import numpy

FOLDER = Path(__file__).resolve().parent
# As in many training scripts on shared disks.
os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"


def write(name: str, swmr: bool, close: bool) -> None:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    file = h5py.File(FOLDER / name, "w", libver="latest")
    data = file.create_dataset("w", data=numpy.arange(30, dtype=numpy.float32).reshape(5, 6), chunks=(5, 6), maxshape=(None, 6))
    if swmr:
        file.swmr_mode = True
    file.flush()
    if close:
        file.close()
    else:
        data[...] = -1  # stays in memory
    os._exit(0)


write("writing.h5", swmr=False, close=False)
write("swmr.h5", swmr=True, close=False)
write("closed.h5", swmr=False, close=True)
flags = [(FOLDER / name).read_bytes()[11] for name in ["writing.h5", "swmr.h5", "closed.h5"]]
assert flags == [1, 5, 0], flags
