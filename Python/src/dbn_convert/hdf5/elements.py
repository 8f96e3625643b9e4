"""The types of tensors' elements: PyTorch's names, and the HDF5 types that hold them."""

from __future__ import annotations

from h5py import h5t

_INTEGERS = {
    "uint8": h5t.STD_U8LE, "uint16": h5t.STD_U16LE, "uint32": h5t.STD_U32LE, "uint64": h5t.STD_U64LE,
    "int8": h5t.STD_I8LE, "int16": h5t.STD_I16LE, "int32": h5t.STD_I32LE, "int64": h5t.STD_I64LE,
}  # fmt: skip
_FLOATS = {"float16": h5t.IEEE_F16LE, "float32": h5t.IEEE_F32LE, "float64": h5t.IEEE_F64LE}
_COMPLEX = {"complex32": "float16", "bcomplex32": "bfloat16", "complex64": "float32", "complex128": "float64"}
_BFLOAT16_FIELDS = (15, 7, 8, 0, 7)

#: Types stored as the bytes of integers, with the attribute `dtype`: libhdf5 converts some of them incorrectly.
_BYTES = ("bits8", "bits1x8", "bits2x4", "bits4x2", "float4_e2m1fn_x2")


def is_stored_as_bytes(dtype: str) -> bool:
    """Whether the dataset has integers, and the attribute `dtype`."""
    return dtype in _BYTES or dtype == "bits16" or dtype.startswith("float8_")


def is_known(dtype: str) -> bool:
    """Whether tensors of this type can be stored."""
    return dtype in ("bool", "bfloat16") or dtype in _INTEGERS | _FLOATS | _COMPLEX or is_stored_as_bytes(dtype)


def file_type(dtype: str) -> h5t.TypeID:
    """The HDF5 type for PyTorch's type.

    Raises:
        KeyError: HDF5 has none.
    """
    if is_stored_as_bytes(dtype):
        return _INTEGERS["uint16" if dtype == "bits16" else "uint8"]
    if dtype == "bool":
        return _boolean()
    if dtype == "bfloat16":
        return _bfloat16()
    if dtype in _COMPLEX:
        return _complex(file_type(_COMPLEX[dtype]))
    return _INTEGERS[dtype] if dtype in _INTEGERS else _FLOATS[dtype]


def stored_dtype(kind: h5t.TypeID) -> str | None:
    """PyTorch's name for the type of a dataset; None for a type that no tensor has."""
    if isinstance(kind, h5t.TypeEnumID):
        return "bool" if kind == _boolean() else None
    if isinstance(kind, h5t.TypeCompoundID):
        return next((name for name in _COMPLEX if kind == file_type(name)), None)
    if isinstance(kind, h5t.TypeFloatID) and kind == _bfloat16():
        return "bfloat16"
    return next((name for name, known in (_INTEGERS | _FLOATS).items() if kind == known), None)


def _boolean() -> h5t.TypeEnumID:
    kind = h5t.enum_create(h5t.STD_I8LE)
    kind.enum_insert(b"FALSE", 0)
    kind.enum_insert(b"TRUE", 1)
    return kind


def _bfloat16() -> h5t.TypeFloatID:
    """Fields are set before the type becomes narrower, so that none is out of range."""
    kind = h5t.IEEE_F32LE.copy()
    kind.set_fields(*_BFLOAT16_FIELDS)
    kind.set_size(2)
    kind.set_ebias(127)
    return kind


def _complex(part: h5t.TypeID) -> h5t.TypeCompoundID:
    size = part.get_size()
    kind = h5t.create(h5t.COMPOUND, 2 * size)
    kind.insert(b"r", 0, part)
    kind.insert(b"i", size, part)
    return kind
