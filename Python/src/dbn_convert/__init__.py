"""Checkpoints of models with BatchNorm: read, written, mapped to distributed BatchNorm and back, and verified.

>>> import dbn_convert
>>> dbn_convert.to_distributed("resnet50.pth", "distributed.h5", world_size=8, verify=True)
>>> model = resnet50(norm_layer=dbn_convert.DistributedBatchNorm2d(vt_world_size=8))
>>> model.load_state_dict(dbn_convert.load("distributed.h5"))

The functions that convert and compare files run the command `dbn-convert`, which is installed with this package.
Distributed BatchNorm needs torch, which is only imported when one of its names is used.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from .command import check, convert, diff, info, to_distributed, to_standard, verify
from .command.results import (
    BatchNormInfo, Check, Conversion, Difference, Drift, Info, LayerResult, Loss, TensorInfo, Verification,
)  # fmt: skip
from .errors import (
    CheckpointError, CommandError, CommandNotFoundError, ReplicasDifferError, SchemaError, UnsupportedValueError,
)  # fmt: skip
from .files import load, save

if TYPE_CHECKING:
    from .batch_norm import (
        DistributedBatchNorm1d, DistributedBatchNorm2d, DistributedBatchNorm3d, convert_model, revert_model,
    )  # fmt: skip

try:
    __version__ = metadata.version("dbn-convert")
except metadata.PackageNotFoundError:  # Used from its sources.
    __version__ = "0"

_NEED_TORCH = (
    "DistributedBatchNorm1d", "DistributedBatchNorm2d", "DistributedBatchNorm3d", "convert_model", "revert_model",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import batch_norm

    return getattr(batch_norm, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_NEED_TORCH})


__all__ = [
    "BatchNormInfo",
    "Check",
    "CheckpointError",
    "CommandError",
    "CommandNotFoundError",
    "Conversion",
    "Difference",
    "DistributedBatchNorm1d",
    "DistributedBatchNorm2d",
    "DistributedBatchNorm3d",
    "Drift",
    "Info",
    "LayerResult",
    "Loss",
    "ReplicasDifferError",
    "SchemaError",
    "TensorInfo",
    "UnsupportedValueError",
    "Verification",
    "check",
    "convert",
    "convert_model",
    "diff",
    "info",
    "load",
    "revert_model",
    "save",
    "to_distributed",
    "to_standard",
    "verify",
]
