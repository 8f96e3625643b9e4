"""HDF5 files of the schema `dbn-checkpoint`, version 1, read and written with h5py.

The specification is docs/hdf5-schema.md of the project. Everything that it describes is read and written here, except
a model's graph, which is left out.
"""

from .reading import read
from .writing import write

__all__ = ["read", "write"]
