"""Generators of BatchNorms, made once and then used instead of ``nn.BatchNorm2d``: ``resnet50(norm_layer=...)``."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch

from .modules import BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d, Layout, check_arguments

Module = TypeVar("Module", bound=BatchNorm)


@dataclass(frozen=True)
class _Generator(Generic[Module]):
    #: V, the number of virtual devices.
    vt_world_size: int
    #: See `BatchNorm`.
    accumulation_steps: int = 1
    _: KW_ONLY
    #: How the running statistics are kept: ``replicated`` or ``first-device``.
    layout: Layout = "replicated"

    module: ClassVar[Any]

    def __post_init__(self) -> None:
        check_arguments(self.vt_world_size, self.accumulation_steps, self.layout)

    def __call__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> Module:
        """A BatchNorm; the arguments are those of ``torch.nn.BatchNorm2d``."""
        module: Module = self.module(
            num_features, eps, momentum, affine, track_running_stats,
            self.vt_world_size, self.accumulation_steps, self.layout, device, dtype,
        )  # fmt: skip
        return module


class DistributedBatchNorm1d(_Generator[BatchNorm1d]):
    """Makes distributed BatchNorms for inputs [N, C] and [N, C, L].

    >>> BatchNorm = DistributedBatchNorm1d(vt_world_size=8)
    >>> module = BatchNorm(num_features=64)
    """

    module = BatchNorm1d


class DistributedBatchNorm2d(_Generator[BatchNorm2d]):
    """Makes distributed BatchNorms for inputs [N, C, H, W].

    >>> model = resnet50(norm_layer=DistributedBatchNorm2d(vt_world_size=8))
    """

    module = BatchNorm2d


class DistributedBatchNorm3d(_Generator[BatchNorm3d]):
    """Makes distributed BatchNorms for inputs [N, C, D, H, W]."""

    module = BatchNorm3d
