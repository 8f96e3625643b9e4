"""Tensors and constants in Python: PyTorch's, or NumPy's arrays and plain values where there is no PyTorch."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy
import numpy.typing

from . import elements, tagged

#: ``torch``: tensors, parameters, dtypes. ``numpy``: arrays, and the names of dtypes, devices and constants.
Arrays = Literal["torch", "numpy"]

Bytes = numpy.typing.NDArray[numpy.uint8]


def checksum(raw: Bytes) -> str:
    """The CRC-32 of the bytes, as the schema writes it."""
    return f"{zlib.crc32(raw.data):08x}"


class UnsupportedArray(TypeError):
    """A tensor that a backend cannot represent; the message says why."""


@dataclass(frozen=True)
class Content:
    """What is stored of a tensor."""

    dtype: str
    shape: tuple[int, ...]
    kind: str
    requires_grad: bool
    #: Equal for tensors with the same elements in memory, type and shape.
    identity: Hashable
    tensor: Any

    def bytes(self) -> Bytes:
        """Row-major and little-endian."""
        if isinstance(self.tensor, numpy.ndarray):
            array = numpy.ascontiguousarray(self.tensor).reshape(-1)
            return array.astype(array.dtype.newbyteorder("<"), copy=False).view(numpy.uint8)
        import torch

        tensor = self.tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        flat: Bytes = tensor.reshape(-1).view(torch.uint8).numpy() if tensor.numel() else numpy.empty(0, numpy.uint8)
        return flat


class Backend(tagged.Constants, Protocol):
    """How values are read into Python."""

    def tensor(self, raw: Bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        """A tensor that takes over the bytes.

        Raises:
            UnsupportedArray: there is no such type.
        """

    def with_kind(self, tensor: Any, kind: str, requires_grad: bool) -> Any:
        """The tensor, or a parameter or buffer with its elements."""


class NumPyBackend:
    """NumPy's arrays. bfloat16 and the 8-bit floats need the package ml_dtypes. Kinds of tensors are dropped."""

    def tensor(self, raw: Bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        return raw.view(_numpy_dtype(dtype)).reshape(shape)

    def with_kind(self, tensor: Any, kind: str, requires_grad: bool) -> Any:
        return tensor

    def constant(self, kind: str, value: Any) -> Any:
        return tuple(value) if kind == "Size" else value

    def constant_content(self, value: Any) -> tuple[str, Any] | None:
        return None


class TorchBackend:
    """PyTorch's tensors, on the CPU."""

    def tensor(self, raw: Bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        import torch

        kind = getattr(torch, dtype, None)
        if not isinstance(kind, torch.dtype):
            raise UnsupportedArray(f"PyTorch {torch.__version__} has no type {dtype}")
        flat = torch.frombuffer(raw, dtype=kind) if raw.size else torch.empty(0, dtype=kind)
        return flat.reshape(shape)

    def with_kind(self, tensor: Any, kind: str, requires_grad: bool) -> Any:
        import torch

        if kind == "parameter":
            return torch.nn.Parameter(tensor, requires_grad=requires_grad)
        if kind == "buffer":
            tensor = torch.nn.Buffer(tensor)
        return tensor.requires_grad_(requires_grad) if requires_grad else tensor

    def constant(self, kind: str, value: Any) -> Any:
        import torch

        if kind == "Size":
            return torch.Size(value)
        if kind == "device":
            return torch.device(value)
        found = getattr(torch, value.removeprefix("torch."), None)
        if found is None or type(found).__module__ != "torch":
            raise ValueError(f"PyTorch {torch.__version__} has no constant {value}")
        return found

    def constant_content(self, value: Any) -> tuple[str, Any] | None:
        import torch

        if isinstance(value, torch.Size):
            return "Size", [int(size) for size in value]
        if isinstance(value, torch.dtype):
            name = str(value).removeprefix("torch.")
            return ("dtype", name) if elements.is_known(name) else ("constant", str(value))
        if isinstance(value, torch.device):
            return "device", str(value)
        if isinstance(value, (torch.layout, torch.memory_format, torch.qscheme)):
            return "constant", str(value)
        return None


def backend(arrays: Arrays | None) -> Backend:
    """The backend that was asked for; by default PyTorch's, if it is installed."""
    if arrays not in ("torch", "numpy", None):
        raise ValueError(f"argument 'arrays' must be 'torch' or 'numpy' (got {arrays!r})")
    if arrays == "numpy":
        return NumPyBackend()
    try:
        import torch  # noqa: F401
    except ImportError:
        if arrays == "torch":
            raise
        return NumPyBackend()
    return TorchBackend()


def constants() -> tagged.Constants:
    """For writing: a value can be one of PyTorch's only if PyTorch is imported."""
    return TorchBackend() if "torch" in sys.modules else NumPyBackend()


def content(value: Any) -> Content | None:
    """What is stored of a tensor or an array; None for a value that is neither.

    Raises:
        UnsupportedArray: it is one that cannot be stored.
    """
    if isinstance(value, numpy.ndarray):
        return _array_content(value)
    torch = sys.modules.get("torch")
    return _tensor_content(value) if torch is not None and isinstance(value, torch.Tensor) else None


def _tensor_content(tensor: Any) -> Content:
    import torch

    is_buffer = isinstance(tensor, torch.nn.Buffer)
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) and not is_buffer:
        raise UnsupportedArray(f"is a {type(tensor).__qualname__}, not a plain tensor; save its plain tensors")
    for is_unsupported, what, advice in (
        (tensor.layout != torch.strided, "sparse tensor", "save tensor.to_dense()"),
        (tensor.is_quantized, "quantized tensor", "save tensor.dequantize()"),
        (tensor.is_meta, "meta tensor, which has no elements", "materialise the model first"),
    ):
        if is_unsupported:
            raise UnsupportedArray(f"is a {what}; {advice}")
    kind = "parameter" if isinstance(tensor, torch.nn.Parameter) else "buffer" if is_buffer else "tensor"
    shape = tuple(tensor.shape)
    dtype = str(tensor.dtype).removeprefix("torch.")
    place = tensor.untyped_storage().data_ptr() if tensor.numel() else id(tensor)
    identity = (place, tensor.storage_offset(), tensor.stride(), shape, dtype, str(tensor.device))
    return Content(dtype, shape, kind, tensor.requires_grad, identity, tensor)


def _array_content(array: numpy.typing.NDArray[Any]) -> Content:
    dtype = array.dtype.name
    if array.dtype.kind not in "biufcV" or array.dtype.names or array.dtype.hasobject or dtype in ("longdouble",):
        raise UnsupportedArray(f"is an array of {array.dtype}, which no tensor can hold")
    place = array.__array_interface__["data"][0] if array.size else id(array)
    identity = (place, array.strides, array.shape, array.dtype.str, dtype)
    return Content(dtype, array.shape, "tensor", False, identity, array)


def _numpy_dtype(name: str) -> numpy.dtype[Any]:
    if name in ("complex32", "bcomplex32", "float4_e2m1fn_x2") or name.startswith("bits"):
        raise UnsupportedArray(f"NumPy has no type {name}; read it with torch")
    if name != "bfloat16" and not name.startswith("float8_"):
        return numpy.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        raise UnsupportedArray(f"NumPy has no type {name}; install torch or ml_dtypes") from None
    if not hasattr(ml_dtypes, name):
        raise UnsupportedArray(f"ml_dtypes has no type {name}; read it with torch")
    found: numpy.dtype[Any] = numpy.dtype(getattr(ml_dtypes, name))
    return found
