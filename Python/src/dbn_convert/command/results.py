"""What the command returns. Each result has the whole JSON document as `document`, with what is not listed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Drift:
    """How far devices' running statistics are from those of all devices."""

    #: The largest distance of means, in standard deviations.
    mean: float
    #: The largest ratio of variances, minus one.
    variance: float

    @classmethod
    def parse(cls, document: dict[str, Any] | None) -> Drift | None:
        return cls(document["mean"], document["variance"]) if document else None


@dataclass(frozen=True)
class TensorInfo:
    name: str
    #: PyTorch's name of the type: ``float32``.
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    #: The first name of the same tensor, if this is a further one.
    tied_to: str | None
    #: ``parameter`` or ``buffer``.
    kind: str | None


@dataclass(frozen=True)
class BatchNormInfo:
    name: str
    features: int
    #: ``standard``, ``replicated``, ``ghost``, ``split``, ``sub``, ``nested``, ``frozen`` or ``keras``.
    layout: str
    world_size: int | None
    affine: bool
    replicas_identical: bool | None
    drift: Drift | None
    #: None if the file does not say.
    epsilon: float | None
    momentum: float | str | None


@dataclass(frozen=True)
class Info:
    """What is in a checkpoint."""

    path: str
    format: str
    #: Where the state dict is in the file: keys joined by slashes.
    entry: str | None
    tensors: tuple[TensorInfo, ...]
    batch_norms: tuple[BatchNormInfo, ...]
    #: The conversions that led to this file, oldest first.
    history: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    document: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Info:
        return cls(
            document["path"],
            document["format"],
            document["entry"],
            tuple(_tensor(tensor) for tensor in document["tensors"]),
            tuple(_batch_norm(norm) for norm in document["batch_norms"]),
            tuple(document["history"]),
            tuple(document["notes"]),
            document,
        )


def _tensor(document: dict[str, Any]) -> TensorInfo:
    return TensorInfo(
        document["name"], document["dtype"], tuple(document["shape"]), document["bytes"],
        document.get("tied_to"), document.get("kind"),
    )  # fmt: skip


def _batch_norm(document: dict[str, Any]) -> BatchNormInfo:
    return BatchNormInfo(
        document["name"], document["features"], document["layout"], document.get("world_size"), document["affine"],
        document.get("replicas_identical"), Drift.parse(document.get("drift")), document.get("epsilon"),
        document.get("momentum"),
    )  # fmt: skip


@dataclass(frozen=True)
class LayerResult:
    """How far apart the outputs of one layer are."""

    name: str
    max_abs: float
    #: The same as a fraction of the layer's largest number.
    max_rel: float
    max_ulp: int
    #: How far apart the numbers that a BatchNorm stores are; 0 for other layers.
    state_max_abs: float
    #: The relative error of all outputs together, in the Euclidean norm.
    rel_error: float
    #: The cosine similarity of the outputs.
    cosine: float
    #: The signal-to-noise ratio of the outputs in decibels; infinite if they are equal.
    snr_db: float


@dataclass(frozen=True)
class Verification:
    """Whether two checkpoints give the same outputs. It is true if they do."""

    equal: bool
    bit_identical: bool
    max_abs: float
    #: The largest error of a layer as a fraction of its largest number.
    max_rel: float
    max_ulp: int
    #: The relative error of the layer that has the largest.
    rel_error: float
    #: The smallest cosine similarity of a layer's outputs.
    cosine: float
    #: The smallest signal-to-noise ratio of a layer's outputs in decibels.
    snr_db: float
    mode: str
    model: str | None
    samples: int
    layers: tuple[LayerResult, ...]
    #: The name of the first layer that differs, with its quantity, index and values.
    first_divergence: dict[str, Any] | None
    document: dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return self.equal

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Verification:
        layers = (
            LayerResult(
                layer["name"], layer["max_abs"], layer["max_rel"], layer["max_ulp"], layer["state_max_abs"],
                float(layer["rel_error"]), float(layer["cosine"]), float(layer["snr_db"]),
            )  # fmt: skip
            for layer in document["layers"]
        )
        return cls(
            document["equal"], document["bit_identical"], document["max_abs"], document["max_rel"],
            document["max_ulp"], float(document["rel_error"]), float(document["cosine"]), float(document["snr_db"]),
            document["mode"], document["model"], document["samples"], tuple(layers),
            document["first_divergence"], document,
        )  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """Something that a conversion could not keep."""

    name: str
    reason: str


@dataclass(frozen=True)
class Conversion:
    """What a conversion did."""

    input: str
    output: str
    #: The BatchNorms that were mapped.
    converted: tuple[str, ...]
    losses: tuple[Loss, ...]
    notes: tuple[str, ...]
    #: For `to_standard`: how far the devices' statistics were apart.
    drift: Drift | None
    #: The proof, if it was asked for.
    verification: Verification | None
    document: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Conversion:
        proof = document.get("verification")
        return cls(
            document["input"],
            document["output"],
            tuple(document["converted"]),
            tuple(Loss(loss["name"], loss["reason"]) for loss in document["losses"]),
            tuple(document["notes"]),
            Drift.parse(document.get("drift")),
            Verification.parse(proof) if proof else None,
            document,
        )


@dataclass(frozen=True)
class Difference:
    """What `diff` found. It is true if there is a difference."""

    equal: bool
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    #: Each with `name` and `why`: shape, dtype, values, ...
    different: tuple[dict[str, Any], ...]
    document: dict[str, Any] = field(repr=False)

    def __bool__(self) -> bool:
        return not self.equal

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Difference:
        return cls(
            document["equal"], tuple(document["only_in_a"]), tuple(document["only_in_b"]),
            tuple(document["different"]), document,
        )  # fmt: skip


@dataclass(frozen=True)
class Check:
    """That everything in a file could be read, and its checksums are right."""

    path: str
    format: str
    tensors: int
    #: How many tensors have a checksum in the file.
    with_checksum: int
    notes: tuple[str, ...]
    document: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Check:
        return cls(
            document["path"], document["format"], document["tensors"], document["with_checksum"],
            tuple(document["notes"]), document,
        )  # fmt: skip
