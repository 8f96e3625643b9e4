"""Turns what a file holds into the document beside it, `expected.json`.

The fields are explained in README.md. Every make.py uses `write_torch_case` or `write_hdf5_case`; check.py compares
what PyTorch and h5py read back with what is written here.
"""

import copyreg
import json
import zlib
from collections import Counter, OrderedDict
from pathlib import Path

import torch

# One thread adds numbers in one order, so that a file made anew has the same bytes.
torch.set_num_threads(1)


def contiguous_bytes(tensor: torch.Tensor) -> bytes:
    """The values in row-major order, little-endian, conjugation and negation carried out."""
    plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""


def scalar_type_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def tensor_kind(tensor: torch.Tensor) -> str:
    if isinstance(tensor, torch.nn.Parameter):
        return "parameter"
    return "buffer" if isinstance(tensor, torch.nn.Buffer) else "tensor"


def describe_tensor(tensor: torch.Tensor) -> dict:
    return {
        "dtype": scalar_type_name(tensor.dtype),
        "shape": list(tensor.shape),
        "crc32": f"{zlib.crc32(contiguous_bytes(tensor)):08x}",
        "kind": tensor_kind(tensor),
        "requires_grad": tensor.requires_grad,
    }


def identity(tensor: torch.Tensor) -> tuple:
    """Two names are tied when these agree: the same storage, seen in the same way."""
    return (
        tensor.untyped_storage()._cdata,
        tensor.dtype,
        tensor.storage_offset(),
        tuple(tensor.shape),
        tensor.stride(),
        tensor.is_conj(),
        tensor.is_neg(),
    )


def describe_state_dict(state_dict: dict) -> list[dict]:
    first_names, rows = {}, []
    # All are kept, so that none has the address of one that is gone.
    plain = {name: plain_object(tensor) for name, tensor in state_dict.items()}
    for name, tensor in plain.items():
        if not isinstance(tensor, torch.Tensor) or unreadable_kind(tensor):
            continue
        first = first_names.setdefault(identity(tensor), name)
        rows.append({"name": name, **describe_tensor(tensor), "tied_to": None if first == name else first})
    return rows


def tag(value, raw: bool = False) -> object:
    """The value as JSON in which every type can be told from every other.

    Objects that are plain data are described as that, unless they are `raw`, inside an object that is not.
    """
    if value is None or value is True or value is False:
        return value
    if kind := unreadable_kind(value):
        return {"unreadable": kind}
    if isinstance(value, torch.Tensor):
        return {"tensor": describe_tensor(value)}
    if not raw and (plain := plain_object(value)) is not value:
        return tag(plain)
    if not raw and has_odd_keys(value):
        return {"unreadable": type(value).__name__}
    if type(value) not in TAGS or has_odd_keys(value):
        return tag_opaque(value)
    tagged = TAGS[type(value)](value) if not raw else tag_raw(value)
    if isinstance(value, OrderedDict) and vars(value):
        tagged["attributes"] = {name: tag(attribute) for name, attribute in vars(value).items()}
    return tagged


def tag_raw(value) -> object:
    """The same for a value inside an opaque object, where nothing is read as what it stands for."""
    if type(value) in (list, tuple):
        return {type(value).__name__: [tag(element, raw=True) for element in value]}
    if type(value) in (dict, OrderedDict, Counter):
        return {type(value).__name__: tag_items(value, raw=True)}
    return TAGS[type(value)](value)


def tag_items(mapping: dict, raw: bool = False) -> list:
    return [[tag(key, raw), tag(value, raw)] for key, value in mapping.items()]


def has_odd_keys(value) -> bool:
    return isinstance(value, dict) and any(is_odd_key(key) for key in value)


def is_odd_key(key) -> bool:
    if type(key) is tuple:
        return any(is_odd_key(part) for part in key)
    return type(key) not in TAGS and key is not None and type(key) is not bool


def unreadable_kind(value) -> str | None:
    """What kind of tensor it is, if its values are not in a plain storage; what else can't be read."""
    if type(value).__module__ == "numpy" and value.dtype.kind in "VMm":
        return "NumPy array"
    if not isinstance(value, torch.Tensor):
        return None
    if isinstance(value, torch.nn.parameter.UninitializedParameter):
        return "parameter without values"
    if type(value).__name__ == "DTensor":
        return "tensor of a wrapper class"
    if value.is_nested:
        return "nested tensor"
    if value.layout is not torch.strided:
        return "sparse tensor"
    if value.is_quantized:
        return "quantised tensor"
    return "meta tensor" if value.is_meta else None


def plain_object(value):
    """The plain value that an object of another class stands for; the same object if there is none."""
    import argparse
    import pathlib
    import types
    from collections import defaultdict, deque

    import numpy

    if isinstance(value, torch.nn.Module):
        return value.state_dict() if value.state_dict() else value
    if isinstance(value, numpy.ndarray) and value.dtype.kind in "USO":
        text = numpy.strings.decode(value, "utf-8") if value.dtype.kind == "S" else value
        return text.tolist()
    if isinstance(value, numpy.ndarray):
        native = value.astype(value.dtype.newbyteorder("="), order="C")
        return torch.from_numpy(native) if native.dtype.kind in "biufc" else value
    if isinstance(value, numpy.generic):
        return value.item() if value.dtype.kind in "biufc" else plain_object(numpy.array(value)) if value.dtype.kind in "US" else value
    if type(value) in (argparse.Namespace, types.SimpleNamespace):
        return vars(value)
    if isinstance(value, pathlib.PurePath) or type(value).__name__ == "TorchVersion":
        return str(value)
    if type(value) is frozenset:
        return set(value)
    if type(value) is deque:
        return list(value)
    if isinstance(value, dict) and type(value) not in TAGS and (value or type(value) is defaultdict):
        return dict(value)
    if type(value) in (torch.storage.TypedStorage, torch.storage.UntypedStorage):
        return storage_tensor(value)
    return value


def storage_tensor(storage) -> torch.Tensor:
    typed = isinstance(storage, torch.storage.TypedStorage)
    untyped = storage.untyped() if typed else storage
    return torch.tensor([], dtype=storage.dtype if typed else torch.uint8).set_(untyped)


def global_path(value) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def tag_opaque(value) -> object:
    """An object of any other class, by what it tells a pickler; a class or function by its name."""
    if type(value) is dict:
        return {"opaque": "builtins.dict", "arguments": [], "entries": tag_items(value, raw=True)}
    if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
        return {"opaque": global_path(value)}
    function, arguments, *rest = value.__reduce_ex__(2)
    if function is copyreg.__newobj__:
        function, *arguments = arguments
    state, elements, entries = (*rest, None, None, None)[:3]
    tagged = {"opaque": global_path(function), "arguments": [tag(argument, raw=True) for argument in arguments]}
    if state is not None:
        tagged["state"] = tag(state, raw=True)
    if elements := list(elements or []):
        tagged["elements"] = [tag(element, raw=True) for element in elements]
    if entries := list(entries or []):
        tagged["entries"] = [[tag(key, raw=True), tag(entry, raw=True)] for key, entry in entries]
    return tagged


def surrogate_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def is_utf8(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def has_tensors(dtype: torch.dtype) -> bool:
    """Whether plain tensors can have the type: not the quantised ones, and those of 1 to 7 bits."""
    name = scalar_type_name(dtype)
    return not name.startswith(("q", "int1", "int2", "int3", "int4", "int5", "int6", "int7", "uint1", "uint2", "uint3",
                                "uint4", "uint5", "uint6", "uint7")) or name in ("int16", "int32", "int64", "uint16",
                                                                                  "uint32", "uint64")


TAGS = {
    int: lambda value: {"int": str(value)},
    float: lambda value: {"float": value.hex()},
    complex: lambda value: {"complex": [value.real.hex(), value.imag.hex()]},
    str: lambda value: {"str": value} if is_utf8(value) else {"surrogate_str": surrogate_bytes(value).hex()},
    bytes: lambda value: {"bytes": value.hex()},
    bytearray: lambda value: {"bytearray": value.hex()},
    list: lambda value: {"list": [tag(element) for element in value]},
    tuple: lambda value: {"tuple": [tag(element) for element in value]},
    set: lambda value: {"set": sorted((tag(element) for element in value), key=json.dumps)},
    dict: lambda value: {"dict": tag_items(value)},
    OrderedDict: lambda value: {"OrderedDict": tag_items(value)},
    Counter: lambda value: {"Counter": tag_items(value)},
    torch.Size: lambda value: {"Size": list(value)},
    torch.dtype: lambda value: {"dtype": scalar_type_name(value)} if has_tensors(value) else {"constant": str(value)},
    torch.layout: lambda value: {"constant": str(value)},
    torch.qscheme: lambda value: {"constant": str(value)},
    torch.device: lambda value: {"device": str(value)},
}


def look_up(value, entry: str | None):
    for key in entry.split("/") if entry else []:
        value = value[key]
    return value


def describe_checkpoint(value, entry: str | None, format: str = "torch-zip") -> dict:
    """`entry` is the path of the state dict, "" for the root, None where there is no state dict."""
    tensors = [] if entry is None else describe_state_dict(look_up(value, entry))
    return {"format": format, "entry": entry, "tensors": tensors, "tree": tag(value)}


def describe_hdf5(path: Path) -> dict:
    """Datasets in the file's order; groups join with dots. What is not a tensor stands under "values"."""
    import h5py

    tensors, values, first_names = [], [], {}

    def visit(group: h5py.Group, prefix: str) -> None:
        for key in group:
            node, name = group[key], prefix + key
            if isinstance(node, h5py.Group):
                visit(node, name + ".")
                continue
            if node.shape is None or h5py.check_string_dtype(node.dtype):
                values.append({"name": name, "value": tag(plain_value(node))})
                continue
            address = h5py.h5o.get_info(node.id).addr
            first = first_names.setdefault(address, name)
            row = describe_tensor(torch_tensor(node))
            tensors.append({"name": name, **row, "tied_to": None if first == name else first})

    with h5py.File(path) as file:
        visit(file, "")
    document = {"format": "hdf5", "entry": "", "tensors": tensors}
    return document | {"values": values} if values else document


def describe_keras(path: Path) -> dict:
    """As `describe_hdf5`; the weights of an older file come in the order of its layers, before all others."""
    import h5py

    document = describe_hdf5(path)
    with h5py.File(path) as file:
        root = file.get("model_weights", file)
        order = [
            f"{root.name}/{text(layer)}/{text(weight)}".strip("/").replace("/", ".")
            for layer in split_list(root.attrs, "layer_names")
            for weight in split_list(root[text(layer)].attrs, "weight_names")
        ]
    rows = {row["name"]: row for row in document["tensors"]}
    names = order + [name for name in rows if name not in order]
    return document | {"format": "keras-hdf5", "tensors": [rows[name] for name in names]}


def split_list(attributes, name: str) -> list:
    """A list of texts, which Keras splits into NAME0, NAME1, ... where it is long."""
    if name in attributes:
        return list(attributes[name])
    parts = [key for key in attributes if key.removeprefix(name).isdigit()]
    return [value for number in range(len(parts)) for value in attributes[f"{name}{number}"]]


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def plain_value(dataset):
    """None for a null dataspace, str or a list of str for strings."""
    if dataset.shape is None:
        return None
    strings = dataset.asstr()[()]
    return strings if isinstance(strings, str) else strings.tolist()


def torch_tensor(dataset) -> torch.Tensor:
    """The dataset as h5py reads it; two types h5py has no name for are taken by their bytes."""
    import numpy

    array = numpy.asarray(dataset[()])
    array = array.astype(array.dtype.newbyteorder("<"), copy=True, order="C")
    if array.dtype.kind == "V" and dataset.attrs.get("dtype") == "bfloat16":
        return torch.from_numpy(array.view(numpy.uint16)).view(torch.bfloat16)
    if array.dtype.names == ("r", "i"):
        return torch.from_numpy(array.view(numpy.uint32).copy()).view(torch.complex32)
    return torch.from_numpy(array)


def describe_safetensors(path: Path) -> dict:
    """The tensors in the file's order; the metadata, but for the usual format, as the tagged value "metadata"."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        tensors = [{"name": key, **describe_tensor(file.get_tensor(key)), "tied_to": None} for key in file.offset_keys()]
        metadata = file.metadata() or {}
    document = {"format": "safetensors", "entry": "", "tensors": tensors}
    if metadata.get("format") == "pt":
        del metadata["format"]
    return document | {"metadata": tag(dict(sorted(metadata.items())))} if metadata else document


def describe_shards(folder: Path) -> dict:
    """All shards as one, in the order of the index."""
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    rows = {}
    for shard in sorted(set(index["weight_map"].values())):
        rows |= {row["name"]: row for row in describe_safetensors(folder / shard)["tensors"]}
    return {"format": "safetensors", "entry": "", "tensors": [rows[name] for name in index["weight_map"]]}


def describe_indexed(index: Path) -> dict:
    """The shards that an index names, each read by its own library, in the order of the index."""
    from safetensors.torch import load_file

    weight_map, shards = json.loads(index.read_text())["weight_map"], {}
    for name in sorted(set(weight_map.values())):
        path = index.parent / name
        shards[name] = load_file(path) if path.suffix == ".safetensors" else torch.load(path)
    tensors = {key: shards[name][key] for key, name in weight_map.items()}
    return {"format": "shards", "entry": "", "tensors": describe_state_dict(tensors)}


def describe_npz(path: Path) -> dict:
    """The arrays in the archive's order; a lone .npy is one array without a name. Text stands under "values"."""
    import numpy

    loaded = numpy.load(path, allow_pickle=False)
    tensors, values, unreadable = [], [], []
    for name in [""] if isinstance(loaded, numpy.ndarray) else loaded.files:
        try:
            array = loaded[name] if name else loaded
        except ValueError:  # Python objects.
            unreadable.append(name)
            continue
        if array.dtype.kind in "US":
            text = array if array.dtype.kind == "U" else numpy.strings.decode(array, "utf-8")
            values.append({"name": name, "value": tag(text.tolist())})
        elif array.dtype.kind in "VMm":
            unreadable.append(name)
        else:
            native = array.astype(array.dtype.newbyteorder("="), order="C")
            tensors.append({"name": name, **describe_tensor(torch.from_numpy(native)), "tied_to": None})
    document = {"format": "npz", "entry": "", "tensors": tensors}
    return document | ({"values": values} if values else {}) | ({"unreadable": unreadable} if unreadable else {})


# Fields that are lists with one element to the line.
ROWS = ("tensors", "values", "pytorch", "batchnorms", "sets", "evaluation")


def write_document(path: Path, document: dict | list) -> None:
    """JSON in ASCII, one tensor, one BatchNorm or one refused file to the line."""
    if isinstance(document, list):
        text = rows_text(document, "") + "\n"
    else:
        lines = [
            f"{json.dumps(key)}: {rows_text(value, '  ') if key in ROWS else json.dumps(value)}"
            for key, value in document.items()
        ]
        text = "{\n  " + ",\n  ".join(lines) + "\n}\n"
    path.write_text(text)


def rows_text(rows: list, indent: str) -> str:
    if not rows:
        return "[]"
    separator = f",\n{indent}  "
    return f"[\n{indent}  " + separator.join(json.dumps(row) for row in rows) + f"\n{indent}]"


def write_torch_case(folder: Path, value, entry: str | None = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(value, folder / "checkpoint.pth")
    write_document(folder / "expected.json", describe_checkpoint(value, entry))


def write_legacy_case(
    folder: Path, value, entry: str | None = "", protocol: int = 2, needs_trust: bool = False
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(value, folder / "checkpoint.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=False)
    write_checkpoint_document(folder, value, entry, "torch-legacy", needs_trust)


def write_expectation(folder: Path, format: str, entry: str | None = "", needs_trust: bool = False) -> None:
    """For a file that torch.save of this version does not write: as torch.load reads it."""
    value = torch.load(folder / "checkpoint.pth", map_location="cpu", weights_only=not needs_trust)
    write_checkpoint_document(folder, value, entry, format, needs_trust)


def write_checkpoint_document(folder: Path, value, entry: str | None, format: str, needs_trust: bool) -> None:
    document = describe_checkpoint(value, entry, format)
    write_document(folder / "expected.json", document | {"needs_trust": True} if needs_trust else document)


def write_hdf5_case(folder: Path, minimum_library: str | None = None) -> None:
    document = describe_hdf5(folder / "weights.h5")
    write_document(
        folder / "expected.json", document | {"minimum_library": minimum_library} if minimum_library else document
    )


def write_safetensors_case(folder: Path, tensors: dict, metadata: dict | None = None) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata)
    write_document(folder / "expected.json", describe_safetensors(folder / "model.safetensors"))
