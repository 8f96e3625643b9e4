"""Loads an HDF5 checkpoint of schema 1 with h5py, everything included: the schema in 100 lines of Python.

The specification is docs/hdf5-schema.md. A plain state dict needs no more than
`{k: torch.as_tensor(d[()]) for k, d in h5py.File(p).items()}`.
"""

import json
import re
import struct
from collections import Counter, OrderedDict

import h5py
import numpy
import torch

MAPPINGS = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}
SEQUENCES = {"list": list, "tuple": tuple, "set": set}


def load(path):
    tensors = {}  # By address in the file: hard links give one tensor under several names.
    with h5py.File(path) as file:
        if file.attrs["kind"] == "value":
            return load_value(file["value"], tensors)
        return load_value(file, tensors)


def load_value(node, tensors):
    kind = node.attrs.get("kind", "tensor")
    if isinstance(node, h5py.Group):
        return load_mapping(node, tensors) if kind in MAPPINGS else load_sequence(node, kind, tensors)
    if kind in ("tensor", "parameter", "buffer"):
        address = h5py.h5o.get_info(node.id).addr
        if address not in tensors:
            tensors[address] = load_tensor(node, kind)
        return tensors[address]
    return load_scalar(node, kind)


def load_mapping(group, tensors):
    mapping = MAPPINGS[group.attrs["kind"]]()
    overrides = json.loads(group.attrs.get("overrides", "{}"))
    for link in group:
        value = load_value(group[link], tensors)
        if link in overrides:  # Tied to a tensor of another kind.
            value = with_kind(value.detach(), **overrides[link])
        mapping[key_of(link, bool(group.attrs.get("int_keys", False)))] = value
    for name, value in json.loads(group.attrs.get("attributes", "{}")).items():
        setattr(mapping, name, untag(value))
    return mapping


def load_sequence(group, kind, tensors):
    return SEQUENCES[kind](load_value(group[str(index)], tensors) for index in range(len(group)))


def key_of(link, has_int_keys):
    if has_int_keys and re.fullmatch(r"0|-?[1-9][0-9]*", link):
        return int(link)
    if link == "%":
        return ""
    if link.startswith("%$"):
        return untag(json.loads(unescaped(link[2:])))
    return unescaped(link)


def unescaped(name):
    return re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), name)


def constant(name):
    return getattr(torch, name.removeprefix("torch."))


def surrogates(raw):
    return raw.decode("utf-8", "surrogatepass")


def load_tensor(dataset, kind):
    dtype = getattr(torch, dataset.attrs.get("dtype", storage_dtype(dataset)))
    raw = raw_bytes(dataset)
    tensor = torch.frombuffer(raw, dtype=dtype) if raw else torch.empty(0, dtype=dtype)
    return with_kind(tensor.reshape(dataset.shape), kind, bool(dataset.attrs.get("requires_grad", False)))


def with_kind(tensor, kind, requires_grad):
    if kind == "parameter":
        return torch.nn.Parameter(tensor, requires_grad=requires_grad)
    return tensor.requires_grad_(requires_grad) if requires_grad else tensor


def raw_bytes(dataset):
    """As they lie in the file: h5py has no type for bfloat16 and complex32."""
    if not dataset.size:
        return bytearray()
    with open(dataset.file.filename, "rb") as file:
        file.seek(dataset.id.get_offset())
        return bytearray(file.read(dataset.size * dataset.id.get_type().get_size()))


def storage_dtype(dataset):
    kind = dataset.id.get_type()
    if isinstance(kind, h5py.h5t.TypeEnumID):
        return "bool"
    size = kind.get_size()
    if isinstance(kind, h5py.h5t.TypeCompoundID):
        part = kind.get_member_type(0).get_fields()
        return "bcomplex32" if size == 4 and part[2] == 8 else f"complex{8 * size}"
    if isinstance(kind, h5py.h5t.TypeFloatID):
        return "bfloat16" if size == 2 and kind.get_fields()[2] == 8 else f"float{8 * size}"
    return ("int" if kind.get_sign() else "uint") + str(8 * size)


def load_scalar(dataset, kind):
    if kind == "None":
        return None
    if kind in ("str", "dtype", "device", "constant"):
        text = dataset[()].decode() if dataset.shape is not None else ""
        return {"str": str, "dtype": constant, "device": torch.device, "constant": constant}[kind](text)
    if kind == "surrogate_str":
        return surrogates(dataset[()].tobytes())
    if kind in ("bytes", "bytearray"):
        return {"bytes": bytes, "bytearray": bytearray}[kind](dataset[()].tobytes())
    if kind == "Size":
        return torch.Size(dataset[()].tolist())
    if kind == "int" and dataset.shape:
        return int.from_bytes(dataset[()].tobytes(), "little", signed=True)
    return SEQUENCES[kind](dataset[()].tolist()) if kind in SEQUENCES else dataset[()].item()


def untag(value):
    """Tagged JSON: what JSON has no notation for is an object with one member that begins with $."""
    if isinstance(value, list):
        return [untag(element) for element in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value), "")
    if not tag.startswith("$") or tag.startswith("$$"):
        return {name.removeprefix("$") if name.startswith("$$") else name: untag(v) for name, v in value.items()}
    result = UNTAG[tag](value[tag])
    for name, attribute in value.get("$attributes", {}).items():
        setattr(result, name, untag(attribute))
    return result


def untag_items(items):
    if isinstance(items, dict):
        return untag(items).items()
    return [(untag(key), untag(v)) for key, v in items]


def untag_float(text):
    named = text in ("nan", "inf", "-inf")
    return float(text) if named else struct.unpack("<d", int(text, 16).to_bytes(8, "little"))[0]


UNTAG = {
    "$OrderedDict": lambda items: OrderedDict(untag_items(items)),
    "$dict": lambda items: dict(untag_items(items)),
    "$Counter": lambda items: Counter(dict(untag_items(items))),
    "$tuple": lambda elements: tuple(untag(element) for element in elements),
    "$set": lambda elements: {untag(element) for element in elements},
    "$int": lambda text: int.from_bytes(bytes.fromhex(text), "little", signed=True),
    "$float": untag_float,
    "$complex": lambda parts: complex(*(untag(part) for part in parts)),
    "$bytes": bytes.fromhex,
    "$bytearray": bytearray.fromhex,
    "$Size": torch.Size,
    "$dtype": constant,
    "$device": torch.device,
    "$constant": constant,
    "$surrogate_str": lambda text: surrogates(bytes.fromhex(text)),
}
