"""Reading a checkpoint of the schema with h5py."""

from __future__ import annotations

import json
import os
from typing import Any

import h5py
import numpy
from h5py import h5d, h5o, h5s, h5z

from ..errors import CheckpointError, SchemaError, UnsupportedValueError
from . import elements, schema, tagged
from .backends import Arrays, Backend, Bytes, UnsupportedArray, backend, checksum

_FILTERS = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32)
# Deflate cannot do better than 1032 to 1.
_LARGEST_COMPRESSION = 1032


def has_schema(path: str | os.PathLike[str]) -> bool:
    """Whether it is an HDF5 file that names the schema, and is whole enough to tell."""
    if not os.path.isfile(path) or not h5py.is_hdf5(path):
        return False
    try:
        with h5py.File(path, "r") as file:
            return _text(file.attrs.get("schema")) == schema.NAME
    except (OSError, RuntimeError, KeyError):
        return False


def read(path: str | os.PathLike[str], arrays: Arrays | None = None) -> Any:
    """Everything in the file, with checksums verified.

    Raises:
        SchemaError: the file breaks the schema, or is damaged.
        UnsupportedValueError: it has a tensor or constant that the arrays asked for cannot represent.
    """
    try:
        with h5py.File(path, "r") as file:
            return _Reader(path, file, backend(arrays)).root()
    except (FileNotFoundError, CheckpointError):
        raise
    except (
        OSError,
        RuntimeError,
        KeyError,
        ValueError,
        TypeError,
        MemoryError,
    ) as error:  # Of h5py, for damaged files.
        raise SchemaError(path, "", f"cannot be read: {error}") from error


class _Reader:
    def __init__(self, path: str | os.PathLike[str], file: h5py.File, values: Backend) -> None:
        self.path, self.file, self.values = path, file, values
        self.tensors: dict[int, Any] = {}  # By address in the file: hard links are tied tensors.
        self.verified: set[str] = set()
        self.checksums: dict[str, str] = {}

    def root(self) -> Any:
        attributes = self.file.attrs
        if _text(attributes.get("schema")) != schema.NAME:
            raise self.error("", f"is not an HDF5 file of the schema {schema.NAME}")
        if attributes.get("schema_version") != schema.VERSION:
            raise self.error("", f"follows version {attributes.get('schema_version')} of the schema; 1 is supported")
        self.checksums = self.json(self.file, "checksums", "")
        if _text(attributes.get("kind")) == "value":
            value = self.link(self.file, "value", "", ())
        else:
            value = self.value(self.file, "", ())
        for unknown in sorted(self.checksums.keys() - self.verified):
            raise self.error(unknown, "has a checksum but is not a tensor")
        return value

    def error(self, entry: str, reason: str) -> SchemaError:
        return SchemaError(self.path, entry, reason)

    def link(self, group: h5py.Group, name: str, entry: str, above: tuple[int, ...]) -> Any:
        """The value that a link leads to. Links to other files are refused."""
        path = f"{entry}/{name}" if entry else name
        kind = group.get(name, getlink=True)
        if isinstance(kind, h5py.ExternalLink) or not isinstance(kind, (h5py.HardLink, h5py.SoftLink)):
            raise self.error(path, "is a link to another file, which is never followed")
        node = group.get(name)
        if node is None or node.file.id != self.file.id:
            raise self.error(path, "is a link that leads to nothing in this file")
        return self.value(node, path, above)

    def value(self, node: Any, entry: str, above: tuple[int, ...]) -> Any:
        kind = _text(node.attrs.get("kind"))
        if isinstance(node, h5py.Group):
            address = h5o.get_info(node.id).addr
            if address in above:
                raise self.error(entry, "is a group that contains itself")
            if len(above) > schema.DEPTH_LIMIT:
                raise self.error(entry, f"is nested more than {schema.DEPTH_LIMIT} levels deep")
            return self.group(node, kind, entry, (*above, address))
        if not isinstance(node, h5py.Dataset):
            raise self.error(entry, "is neither a group nor a dataset")
        if kind in schema.TENSOR_KINDS or (kind is None and self.has_numbers(node)):
            return self.tensor(node, kind or "tensor", entry)
        try:
            return self.plain(node, kind, entry)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise self.error(entry, f"is no value of the kind {kind}: {error}") from error

    def group(self, group: h5py.Group, kind: str | None, entry: str, above: tuple[int, ...]) -> Any:
        if kind in schema.SEQUENCE_KINDS:
            values = (self.link(group, str(index), entry, above) for index in range(len(group)))
            return _sequence(kind, values)
        if kind is not None and kind not in schema.MAPPING_KINDS:
            raise self.error(entry, f"is a group of the unknown kind {kind}")
        return self.mapping(group, kind or "dict", entry, above)

    def mapping(self, group: h5py.Group, kind: str, entry: str, above: tuple[int, ...]) -> Any:
        result = tagged.MAPPINGS[kind]()
        overrides = self.json(group, "overrides", entry)
        has_integers = bool(group.attrs.get("int_keys", False))
        for name in group:
            try:
                key = schema.key(name, has_integers, self.values)
            except ValueError as error:
                raise self.error(entry, str(error)) from error
            if key in result:
                raise self.error(entry, f"has two links for the key {key!r}")
            value = self.link(group, name, entry, above)
            if name in overrides:  # Tied to a tensor of another kind.
                value = self.values.with_kind(getattr(value, "detach", lambda v=value: v)(), **overrides[name])
            result[key] = value
        for name, text in self.json(group, "attributes", entry).items():
            setattr(result, name, self.untagged(text, entry))
        return result

    def untagged(self, value: Any, entry: str) -> Any:
        try:
            return tagged.decoded(json.dumps(value), self.values)
        except ValueError as error:
            raise self.error(entry, str(error)) from error

    def json(self, node: h5py.Group, name: str, entry: str) -> dict[str, Any]:
        """A JSON object in an attribute; empty if there is none."""
        try:
            value = json.loads(_text(node.attrs.get(name)) or "{}")
        except ValueError as error:
            raise self.error(entry, f"the attribute {name} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise self.error(entry, f"the attribute {name} is no JSON object")
        return value

    def has_numbers(self, dataset: h5py.Dataset) -> bool:
        return elements.stored_dtype(dataset.id.get_type()) is not None and dataset.shape is not None

    def tensor(self, dataset: h5py.Dataset, kind: str, entry: str) -> Any:
        address = h5o.get_info(dataset.id).addr
        if address in self.tensors:
            return self.tensors[address]
        dtype = _text(dataset.attrs.get("dtype"))
        stored = elements.stored_dtype(dataset.id.get_type())
        if stored is None or dataset.shape is None:
            raise self.error(entry, f"has elements that no tensor has: {dataset.dtype}")
        if dtype is not None and not elements.is_stored_as_bytes(dtype):
            raise self.error(entry, f"names the unknown type {dtype}")
        raw = self.bytes(dataset, entry)
        self.verify(raw, entry)
        if stored == "bool" and raw.size and raw.max() > 1:
            raise self.error(entry, "has elements that are neither false nor true")
        try:
            tensor = self.values.tensor(raw, dtype or stored, dataset.shape)
        except UnsupportedArray as error:
            raise UnsupportedValueError(entry, str(error)) from error
        tensor = self.values.with_kind(tensor, kind, bool(dataset.attrs.get("requires_grad", False)))
        self.tensors[address] = tensor
        return tensor

    def bytes(self, dataset: h5py.Dataset, entry: str) -> Bytes:
        """The bytes of the elements, as they are stored: h5py has no type for bfloat16 and complex32."""
        creation = dataset.id.get_create_plist()
        if creation.get_external_count() or creation.get_layout() == h5d.VIRTUAL:
            raise self.error(entry, "keeps its elements in another file, which is never read")
        for index in range(creation.get_nfilters()):
            if creation.get_filter(index)[0] not in _FILTERS:
                raise self.error(entry, "is compressed by another filter than deflate, shuffle and fletcher32")
        size = dataset.size * dataset.id.get_type().get_size()
        if size > _LARGEST_COMPRESSION * max(dataset.id.get_storage_size(), 1):
            raise self.error(entry, f"claims {size} bytes, which the file cannot hold")
        raw = numpy.empty(size, numpy.uint8)
        if size:
            dataset.id.read(h5s.ALL, h5s.ALL, raw, mtype=dataset.id.get_type())
        return raw

    def verify(self, raw: Bytes, entry: str) -> None:
        if entry in self.checksums:
            self.verified.add(entry)
            if checksum(raw) != self.checksums[entry]:
                raise self.error(entry, "has other bytes than its checksum says: the file is damaged or was edited")

    def plain(self, dataset: h5py.Dataset, kind: str | None, entry: str) -> Any:
        """A value that is not a tensor."""
        if kind == "None" or (kind is None and dataset.shape is None):
            return None
        if kind in (None, "str"):
            return self.text(dataset, entry)
        if kind in ("dtype", "device", "constant"):
            return self.values.constant(kind, self.text(dataset, entry))
        if kind == "surrogate_str":
            return self.bytes(dataset, entry).tobytes().decode("utf-8", "surrogatepass")
        if kind in ("bytes", "bytearray"):
            return {"bytes": bytes, "bytearray": bytearray}[kind](self.bytes(dataset, entry).tobytes())
        content = dataset[()]
        if kind == "Size":
            return self.values.constant("Size", content.tolist())
        if kind == "int" and dataset.shape:
            return int.from_bytes(content.tobytes(), "little", signed=True)
        if kind in ("list", "tuple"):
            return _sequence(kind, content.tolist())
        types = {"bool": bool, "int": int, "float": float, "complex": complex}
        if kind not in types or dataset.shape != ():
            raise self.error(entry, f"is a dataset of the unknown kind {kind}")
        return types[kind](content)

    def text(self, dataset: h5py.Dataset, entry: str) -> str:
        if dataset.shape is None:
            return ""
        information = h5py.check_string_dtype(dataset.dtype)
        if information is None or dataset.shape != ():
            raise self.error(entry, "is neither a tensor nor a text")
        if information.length is None:
            return bytes(dataset[()]).decode()
        return self.bytes(dataset, entry).tobytes().decode()


def _sequence(kind: str | None, values: Any) -> Any:
    if kind == "list":
        return list(values)
    return tuple(values) if kind == "tuple" else set(values)


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else None
