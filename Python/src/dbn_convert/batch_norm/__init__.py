"""Distributed BatchNorm for PyTorch. Importing this needs torch."""

from .functional import distributed_batch_norm
from .generators import DistributedBatchNorm1d, DistributedBatchNorm2d, DistributedBatchNorm3d
from .models import convert_model, revert_model
from .modules import BatchNorm1d, BatchNorm2d, BatchNorm3d, Layout

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "DistributedBatchNorm1d",
    "DistributedBatchNorm2d",
    "DistributedBatchNorm3d",
    "Layout",
    "convert_model",
    "distributed_batch_norm",
    "revert_model",
]
