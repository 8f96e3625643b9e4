"""Loading and saving checkpoints."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from . import hdf5
from .command import operations
from .errors import UnsupportedValueError
from .hdf5.reading import has_schema

_HDF5 = (".h5", ".hdf5")


def load(path: str | os.PathLike[str], *, arrays: Literal["torch", "numpy"] | None = None) -> Any:
    """The values that a checkpoint holds: order, nesting, ties, types, parameters, `_metadata`.

    What a file says besides, `info` tells and conversions keep: the history, a program, the BatchNorms' epsilon and
    momentum. It is no part of the values, so a file written with `save` does not have it.

    HDF5 files of the schema `dbn-checkpoint` are read directly, and their checksums are verified. Every other format
    (PyTorch, safetensors, npz, Keras, folders of shards) is converted by the command `dbn-convert` into a temporary
    file first; nothing in a pickle is executed.

    Args:
        arrays: ``torch`` for tensors on the CPU, ``numpy`` for arrays; by default tensors if torch is installed.
            NumPy's arrays do not tell parameters from buffers.

    Raises:
        SchemaError: the file breaks the schema, or is damaged.
        UnsupportedValueError: it has a tensor of a type that the arrays cannot represent.
        CommandError: a file of another format cannot be read, or has something that HDF5 cannot hold.
    """
    if has_schema(path):
        return hdf5.read(path, arrays)
    with tempfile.TemporaryDirectory(prefix="dbn-convert-") as folder:
        copy = Path(folder, "checkpoint.h5")
        operations.convert(path, copy)
        return hdf5.read(copy, arrays)


def save(
    state_dict: Any,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    compression: int | None = None,
    lossy: bool = False,
    history: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes a state dict, or any tree of values and tensors.

    The extension names the format: `.h5` and `.hdf5` are written directly; the others are converted from HDF5 by the
    command `dbn-convert`. The file appears when it is complete. The same content gives the same bytes.

    Args:
        state_dict: PyTorch's tensors or NumPy's arrays in mappings, lists and tuples, with plain values.
        force: whether an existing file is replaced.
        compression: for HDF5: the level of gzip, 1 to 9.
        lossy: for the other formats: whether what the format cannot hold is left out, such as marks of parameters
            in an `.npz`; otherwise it is an error.
        history: the conversions that led to it, oldest first, for instance ``info(...).history`` of the file that a
            training run began with.

    Raises:
        UnsupportedValueError: something in it cannot be stored; its name is in the error.
        CommandError: a format other than HDF5 cannot hold something, and `lossy` is not given.
        FileExistsError: the file exists, and `force` is not given.
    """
    if hasattr(state_dict, "state_dict"):
        raise UnsupportedValueError("", f"a {type(state_dict).__qualname__} is no state dict; save its state_dict()")
    path = Path(path)
    if path.exists() and not force:
        raise FileExistsError(f"{path} already exists; replace it with force=True")
    is_hdf5 = path.suffix.lower() in _HDF5
    if compression is not None and not is_hdf5:
        raise ValueError("only HDF5 files are compressed")
    if compression is not None and compression not in range(1, 10):
        raise ValueError(f"argument 'compression' must be 1 to 9 (got {compression!r})")
    # In the same folder, so that the finished file only has to be renamed.
    with tempfile.TemporaryDirectory(prefix=".dbn-convert-", dir=path.resolve().parent) as folder:
        written = Path(folder, "checkpoint.h5")
        hdf5.write(state_dict, written, _created_by(), compression, history)
        if is_hdf5:
            _rename(written, path, force)
        else:
            operations.convert(written, path, force=force, lossy=lossy)


def _rename(written: Path, path: Path, force: bool) -> None:
    if force:
        os.replace(written, path.resolve())
        return
    try:
        os.link(written, path)  # Unlike a renaming, never replaces a file.
    except FileExistsError:
        raise FileExistsError(f"{path} already exists; replace it with force=True") from None
    except OSError:  # A file system without hard links.
        if path.exists():
            raise FileExistsError(f"{path} already exists; replace it with force=True") from None
        os.replace(written, path)


def _created_by() -> str:
    from . import __version__

    return f"dbn_convert {__version__} (Python)"


__all__ = ["load", "save"]
