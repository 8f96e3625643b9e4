"""What this package raises, all derived from `CheckpointError`."""

from __future__ import annotations

import os


class CheckpointError(Exception):
    """A checkpoint could not be read, written, converted or mapped."""


class CommandError(CheckpointError):
    """The command `dbn-convert` failed.

    `str(error)` is the command's own message, which names the file, what is wrong and what to do.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        #: The exit status: 2 if a file could not be read or written, 64 for wrong usage.
        self.status = status


class CommandNotFoundError(CheckpointError):
    """The command `dbn-convert` is not installed."""


class SchemaError(CheckpointError, ValueError):
    """An HDF5 file breaks the schema `dbn-checkpoint`, or is damaged."""

    def __init__(self, path: str | os.PathLike[str], entry: str, reason: str) -> None:
        where = f"{os.fspath(path)}: '{entry}'" if entry else os.fspath(path)
        super().__init__(f"{where}: {reason}")
        #: Where in the file: link names from the root, joined by slashes.
        self.entry = entry


class UnsupportedValueError(CheckpointError, TypeError):
    """A value that a file cannot hold, or that the arrays asked for cannot."""

    def __init__(self, entry: str, reason: str) -> None:
        super().__init__(f"'{entry}': {reason}" if entry else reason)
        #: Where in the state dict: keys joined by slashes.
        self.entry = entry


class ReplicasDifferError(CheckpointError, ValueError):
    """Devices have different running statistics, and no rule was given to merge them."""
