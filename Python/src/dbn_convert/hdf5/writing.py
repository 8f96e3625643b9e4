"""Writing a checkpoint of the schema with h5py."""

from __future__ import annotations

import json
import os
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import h5py
import numpy
from h5py import h5d, h5f, h5o, h5p, h5s, h5t

from ..errors import UnsupportedValueError
from . import chunks, elements, schema, tagged
from .backends import Content, UnsupportedArray, checksum, constants, content

_INT64 = range(-(1 << 63), 1 << 63)


def write(
    value: Any,
    path: str | os.PathLike[str],
    created_by: str,
    compression: int | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Writes a new file; the same value gives the same bytes.

    Args:
        history: the conversions that led to the value, oldest first.
        compression: the level of deflate, 1 to 9; None stores tensors as they are.

    Raises:
        UnsupportedValueError: the value has something that the schema has no place for.
    """
    with h5py.File(_create(os.fspath(path))) as file:
        _Writer(file, compression).root(value, created_by)
        if history:
            file.attrs["history"] = json.dumps(list(history), ensure_ascii=False)


def _create(path: str) -> h5f.FileID:
    creation, access = h5p.create(h5p.FILE_CREATE), h5p.create(h5p.FILE_ACCESS)
    _keep_order(creation)
    access.set_libver_bounds(h5f.LIBVER_V18, h5f.LIBVER_V18)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    access.set_alignment(64, 64)
    return h5f.create(os.fsencode(path), h5f.ACC_EXCL, creation, access)


def _keep_order(creation: Any) -> None:
    creation.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    creation.set_obj_track_times(False)


class _Writer:
    def __init__(self, file: h5py.File, compression: int | None) -> None:
        self.file, self.compression, self.constants = file, compression, constants()
        #: The path of the dataset of each tensor, its kind and whether it requires a gradient.
        self.tensors: dict[Any, tuple[str, str, bool]] = {}
        self.kept: list[Any] = []  # Identities are addresses, which must not be used again.
        self.checksums: dict[str, str] = {}
        self.names = h5p.create(h5p.LINK_CREATE)
        self.names.set_char_encoding(h5t.CSET_UTF8)

    def root(self, value: Any, created_by: str) -> None:
        attributes = self.file.attrs
        attributes["schema"], attributes["schema_version"] = schema.NAME, numpy.int64(schema.VERSION)
        attributes["created_by"] = created_by
        if type(value) in (dict, OrderedDict, Counter):
            self.mapping(self.file, value, "", "", 0)
        elif type(value) in (list, tuple, set):
            self.sequence(self.file, value, "", "", 0)
        else:
            attributes["kind"] = "value"
            self.value(self.file, "value", value, "value", "", 0)
        if self.checksums:
            attributes["checksums"] = json.dumps(self.checksums, ensure_ascii=False, separators=(",", ":"))

    def value(self, group: h5py.Group, name: str, value: Any, path: str, entry: str, depth: int) -> None:
        """Writes a value as the link of this name.

        Args:
            path, entry: the group's path, as link names and as keys.
        """
        try:
            tensor = content(value)
        except UnsupportedArray as error:
            raise UnsupportedValueError(entry, str(error)) from error
        if tensor is not None:
            self.tensor(group, name, tensor, path, entry)
        elif type(value) in (dict, OrderedDict, Counter):
            self.mapping(self.group(group, name), value, path, entry, depth + 1)
        elif type(value) in (list, tuple, set) and not _is_array(value):
            self.sequence(self.group(group, name), value, path, entry, depth + 1)
        else:
            self.plain(group, name, value, entry)

    def group(self, parent: h5py.Group, name: str) -> h5py.Group:
        creation = h5p.create(h5p.GROUP_CREATE)
        _keep_order(creation)
        return h5py.Group(h5py.h5g.create(parent.id, name.encode(), lcpl=self.names, gcpl=creation))

    def mapping(self, group: h5py.Group, value: Any, path: str, entry: str, depth: int) -> None:
        self.check_depth(entry, depth)
        group.attrs["kind"] = type(value).__name__
        has_integers = any(type(key) is int and key in _INT64 for key in value)
        if has_integers:
            group.attrs["int_keys"] = True
        overrides: dict[str, Any] = {}
        for key, element in value.items():
            below = f"{entry}/{key}" if entry else str(key)
            try:
                link = schema.link_name(key, has_integers, self.constants)
            except TypeError as error:
                raise UnsupportedValueError(below, f"its key is not one that a file can hold: {error}") from error
            self.value(group, link, element, f"{path}/{link}" if path else link, below, depth)
            overrides |= self.override(element, link)
        if overrides:
            group.attrs["overrides"] = json.dumps(overrides, ensure_ascii=False, separators=(",", ":"))
        self.attributes(group, value, entry)

    def override(self, value: Any, link: str) -> dict[str, Any]:
        """For a tensor that is tied to one of another kind."""
        tensor = content(value)
        if tensor is None or self.tensors[tensor.identity][1:] == (tensor.kind, tensor.requires_grad):
            return {}
        return {link: {"kind": tensor.kind, "requires_grad": tensor.requires_grad}}

    def attributes(self, group: h5py.Group, value: Any, entry: str) -> None:
        """Those of the mapping object, such as `_metadata` of a state dict."""
        attributes = getattr(value, "__dict__", {})
        if not attributes:
            return
        try:
            texts = (
                f"{json.dumps(name, ensure_ascii=False)}:{tagged.encoded(attribute, self.constants)}"
                for name, attribute in attributes.items()
            )
            group.attrs["attributes"] = "{" + ",".join(texts) + "}"
        except TypeError as error:
            raise UnsupportedValueError(entry, f"an attribute of the mapping {error}") from error

    def sequence(self, group: h5py.Group, value: Iterable[Any], path: str, entry: str, depth: int) -> None:
        self.check_depth(entry, depth)
        group.attrs["kind"] = type(value).__name__
        for index, element in enumerate(value):
            below = f"{entry}/{index}" if entry else str(index)
            self.value(group, str(index), element, f"{path}/{index}" if path else str(index), below, depth)

    def check_depth(self, entry: str, depth: int) -> None:
        if depth > schema.DEPTH_LIMIT:
            raise UnsupportedValueError(entry, f"is nested more than {schema.DEPTH_LIMIT} levels deep")

    def tensor(self, group: h5py.Group, name: str, tensor: Content, path: str, entry: str) -> None:
        if tensor.identity in self.tensors:
            h5o.link(self.file[self.tensors[tensor.identity][0]].id, group.id, name.encode(), lcpl=self.names)
            return
        try:
            kind = elements.file_type(tensor.dtype)
        except KeyError:
            raise UnsupportedValueError(entry, f"HDF5 has no type for {tensor.dtype}") from None
        raw = tensor.bytes()
        dataset = self.dataset(group, name, kind, tensor.shape)
        if raw.size:
            dataset.write(h5s.ALL, h5s.ALL, raw, mtype=kind)
        attributes = h5py.Dataset(dataset).attrs
        if tensor.kind != "tensor":
            attributes["kind"] = tensor.kind
        if tensor.requires_grad:
            attributes["requires_grad"] = True
        if elements.is_stored_as_bytes(tensor.dtype):
            attributes["dtype"] = tensor.dtype
        self.tensors[tensor.identity] = (path, tensor.kind, tensor.requires_grad)
        self.kept.append(tensor)
        self.checksums[path] = checksum(raw)

    def dataset(self, group: h5py.Group, name: str, kind: h5t.TypeID, shape: tuple[int, ...] | None) -> h5d.DatasetID:
        creation = h5p.create(h5p.DATASET_CREATE)
        creation.set_obj_track_times(False)
        creation.set_fill_time(h5d.FILL_TIME_NEVER)
        chunk = chunks.shape(shape, kind.get_size()) if self.compression is not None and shape else None
        if chunk is not None and self.compression is not None:
            creation.set_chunk(chunk)
            creation.set_shuffle()
            creation.set_deflate(self.compression)
        else:
            creation.set_layout(h5d.CONTIGUOUS)
            creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        space = h5s.create(h5s.NULL) if shape is None else h5s.create_simple(shape) if shape else h5s.create(h5s.SCALAR)
        return h5d.create(group.id, name.encode(), kind, space, dcpl=creation, lcpl=self.names)

    def plain(self, group: h5py.Group, name: str, value: Any, entry: str) -> None:
        """A value that is not a tensor, in a dataset with its kind."""
        kind, stored, array = self.encoding(value, entry)
        shape = None if array is None else array.shape
        dataset = self.dataset(group, name, stored, shape)
        if array is not None and array.size:
            dataset.write(h5s.ALL, h5s.ALL, array, mtype=stored)
        h5py.Dataset(dataset).attrs["kind"] = kind

    def encoding(self, value: Any, entry: str) -> tuple[str, h5t.TypeID, Any]:
        """The kind, the type of the dataset, and its elements; None for a null dataspace."""
        kind = type(value)
        if value is None:
            return "None", h5t.STD_U8LE, None
        if kind is bool:
            return "bool", elements.file_type("bool"), numpy.array(value, numpy.int8)
        if kind is int:
            if value in _INT64:
                return "int", h5t.STD_I64LE, numpy.array(value, "<i8")
            return "int", h5t.STD_U8LE, numpy.frombuffer(tagged.integer_bytes(value), numpy.uint8)
        if kind is float:
            return "float", h5t.IEEE_F64LE, numpy.array(value, "<f8")
        if kind is complex:
            return "complex", elements.file_type("complex128"), numpy.array(value, "<c16")
        if kind in (bytes, bytearray):
            return kind.__name__, h5t.STD_U8LE, numpy.frombuffer(value, numpy.uint8)
        if kind in (list, tuple):
            is_integers = type(value[0]) is int
            array = numpy.array(value, "<i8" if is_integers else "<f8")
            return kind.__name__, h5t.STD_I64LE if is_integers else h5t.IEEE_F64LE, array
        if kind is str:
            return self.text(value)
        constant = self.constants.constant_content(value)
        if constant is None:
            raise UnsupportedValueError(entry, f"a {kind.__module__}.{kind.__qualname__} is no value of a checkpoint")
        if constant[0] == "Size":
            return "Size", h5t.STD_I64LE, numpy.array(constant[1], "<i8")
        return (constant[0], *self.text(constant[1])[1:])

    def text(self, value: str) -> tuple[str, h5t.TypeID, Any]:
        try:
            raw = value.encode()
        except UnicodeEncodeError:
            raw = value.encode("utf-8", "surrogatepass")
            return "surrogate_str", h5t.STD_U8LE, numpy.frombuffer(raw, numpy.uint8)
        kind = h5t.C_S1.copy()
        kind.set_size(max(len(raw), 1))
        kind.set_cset(h5t.CSET_UTF8)
        kind.set_strpad(h5t.STR_NULLPAD)
        return "str", kind, numpy.array(raw, f"S{len(raw)}") if raw else None


def _is_array(value: Any) -> bool:
    """Whether a list or tuple is one dataset: all integers of 64 bits, or all floats."""
    if type(value) is set or not value:
        return False
    if all(type(element) is float for element in value):
        return True
    return all(type(element) is int and element in _INT64 for element in value)
