"""The subcommands as functions. Whatever is not an argument here is given as `options`, as on a command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

from .process import run
from .results import Check, Conversion, Difference, Info, Verification

Path = str | os.PathLike[str]

#: More options of the command, such as ``["--rename", "s/^model\\.//"]``.
Options = Sequence[str]


def info(path: Path, *, entry: str | None = None, options: Options = ()) -> Info:
    """What is in a checkpoint of any format: tensors, BatchNorms with their layout, history."""
    return Info.parse(_run("info", (path,), {"entry": entry}, options))


def convert(
    input: Path,
    output: Path,
    *,
    force: bool = False,
    verify: bool = False,
    lossy: bool = False,
    state_dict_only: bool = False,
    strip_prefix: str | None = None,
    cast: str | None = None,
    compress: str | None = None,
    entry: str | None = None,
    options: Options = (),
) -> Conversion:
    """Writes a checkpoint in another format, which the extension of `output` names.

    Args:
        force: whether an existing output is replaced.
        verify: whether the file is read again and proven before it gets its name.
        lossy: whether what the format cannot hold is left out and listed.
        strip_prefix: a prefix that is removed from keys: ``module.``.
        cast: the type of floating-point tensors: ``float16``.
        compress: for HDF5: ``gzip`` or ``gzip:9``.

    Raises:
        CommandError: the conversion is not possible, or was not proven; no file was written or changed.
    """
    arguments = {
        "force": force, "verify": verify, "lossy": lossy, "state-dict-only": state_dict_only,
        "strip-prefix": strip_prefix, "cast": cast, "compress": compress, "entry": entry,
    }  # fmt: skip
    return Conversion.parse(_run("convert", (input, output), arguments, options))


def to_distributed(
    input: Path,
    output: Path,
    *,
    world_size: int,
    layout: str | None = None,
    statistics: str | None = None,
    force: bool = False,
    verify: bool = False,
    entry: str | None = None,
    options: Options = (),
) -> Conversion:
    """Maps standard BatchNorms to distributed ones of V virtual devices, which start from the same statistics.

    Args:
        world_size: V.
        layout: ``replicated`` by default; ``first-device``, ``ghost``, ``split`` or ``sub``.
        statistics: how the replicas of a checkpoint that is already distributed are merged first.

    Raises:
        CommandError: the mapping is not possible, or was not proven; no file was written or changed.
    """
    arguments = {
        "world-size": world_size, "layout": layout, "statistics": statistics,
        "force": force, "verify": verify, "entry": entry,
    }  # fmt: skip
    return Conversion.parse(_run("to-distributed", (input, output), arguments, options))


def to_standard(
    input: Path,
    output: Path,
    *,
    statistics: str | None = None,
    from_layout: str | None = None,
    world_size: int | None = None,
    force: bool = False,
    verify: bool = False,
    entry: str | None = None,
    options: Options = (),
) -> Conversion:
    """Maps distributed BatchNorms to standard ones.

    Args:
        statistics: how replicas are merged: ``identical`` (the default: they must be), ``first``, ``mean``, ``pooled``
            or ``replica:K``.
        from_layout, world_size: the layout of the input and V, where names and shapes do not tell.

    Raises:
        CommandError: the mapping is not possible, or was not proven; no file was written or changed.
    """
    arguments = {
        "statistics": statistics, "from-layout": from_layout, "world-size": world_size,
        "force": force, "verify": verify, "entry": entry,
    }  # fmt: skip
    return Conversion.parse(_run("to-standard", (input, output), arguments, options))


def verify(
    a: Path,
    b: Path,
    *,
    model: str | os.PathLike[str] | None = None,
    input: Path | None = None,
    mode: Literal["eval", "train"] | None = None,
    batch: int | None = None,
    atol: float = 0.0,
    rtol: float = 0.0,
    report: Path | None = None,
    options: Options = (),
) -> Verification:
    """Whether two checkpoints give the same outputs. That they differ is a result, not an error.

    Args:
        model: an architecture's name, ``auto``, or a file with a graph (`.pt2`): the model is run and every layer is
            compared. Without it, every BatchNorm is run by itself.
        mode: of all BatchNorms; by default each runs as its program was exported, or else in evaluation.
        report: an HTML page to write.

    Raises:
        CommandError: a file cannot be read, or nothing could be compared.
    """
    arguments = {
        "model": model, "input": input, "mode": mode, "batch": batch, "atol": atol, "rtol": rtol, "report": report,
    }  # fmt: skip
    return Verification.parse(_run("verify", (a, b), arguments, options, statuses=(0, 1)))


def diff(a: Path, b: Path, *, atol: float = 0.0, rtol: float = 0.0, options: Options = ()) -> Difference:
    """What differs between two checkpoints: keys, types, shapes, values, order, ties, metadata."""
    return Difference.parse(_run("diff", (a, b), {"atol": atol, "rtol": rtol}, options, statuses=(0, 1)))


def check(path: Path, *, options: Options = ()) -> Check:
    """Reads everything in a file and verifies all its checksums.

    Raises:
        CommandError: the file is damaged.
    """
    return Check.parse(_run("check", (path,), {}, options))


def _run(
    subcommand: str,
    files: Sequence[Path],
    arguments: dict[str, Any],
    options: Options,
    statuses: Sequence[int] = (0,),
) -> dict[str, Any]:
    words: list[Path] = [subcommand]
    for name, value in arguments.items():
        if value is True:
            words.append(f"--{name}")
        elif value is not None and value is not False:
            words.append(f"--{name}={os.fspath(value) if isinstance(value, os.PathLike) else value}")
    return run([*words, *options, *map(_as_file, files)], statuses)


def _as_file(path: Path) -> str:
    """A name that the command does not take for an option."""
    text = os.fspath(path)
    return f"./{text}" if text.startswith("-") else text
