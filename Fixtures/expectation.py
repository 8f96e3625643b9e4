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
    for name, tensor in state_dict.items():
        if not isinstance(tensor, torch.Tensor):
            continue
        first = first_names.setdefault(identity(tensor), name)
        rows.append({"name": name, **describe_tensor(tensor), "tied_to": None if first == name else first})
    return rows


def tag(value) -> object:
    """The value as JSON in which every type can be told from every other."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, torch.Tensor):
        return {"tensor": describe_tensor(value)}
    if type(value) not in TAGS or has_odd_keys(value):
        return tag_opaque(value)
    tagged = TAGS[type(value)](value)
    if isinstance(value, OrderedDict) and vars(value):
        tagged["attributes"] = {name: tag(attribute) for name, attribute in vars(value).items()}
    return tagged


def tag_items(mapping: dict) -> list:
    return [[tag(key), tag(value)] for key, value in mapping.items()]


def has_odd_keys(value) -> bool:
    return isinstance(value, dict) and any(type(key) not in (int, str) for key in value)


def global_path(value) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def tag_opaque(value) -> object:
    """An object of any other class, by what it tells a pickler; a class or function by its name."""
    if type(value) is dict:
        return {"opaque": "builtins.dict", "arguments": [], "entries": tag_items(value)}
    if isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
        return {"opaque": global_path(value)}
    function, arguments, *rest = value.__reduce_ex__(2)
    if function is copyreg.__newobj__:
        function, *arguments = arguments
    state, elements, entries = (*rest, None, None, None)[:3]
    tagged = {"opaque": global_path(function), "arguments": [tag(argument) for argument in arguments]}
    if state is not None:
        tagged["state"] = tag(state)
    if elements := list(elements or []):
        tagged["elements"] = [tag(element) for element in elements]
    if entries := list(entries or []):
        tagged["entries"] = [[tag(key), tag(entry)] for key, entry in entries]
    return tagged


TAGS = {
    int: lambda value: {"int": str(value)},
    float: lambda value: {"float": value.hex()},
    complex: lambda value: {"complex": [value.real.hex(), value.imag.hex()]},
    str: lambda value: {"str": value},
    bytes: lambda value: {"bytes": value.hex()},
    bytearray: lambda value: {"bytearray": value.hex()},
    list: lambda value: {"list": [tag(element) for element in value]},
    tuple: lambda value: {"tuple": [tag(element) for element in value]},
    set: lambda value: {"set": sorted((tag(element) for element in value), key=json.dumps)},
    dict: lambda value: {"dict": tag_items(value)},
    OrderedDict: lambda value: {"OrderedDict": tag_items(value)},
    Counter: lambda value: {"Counter": tag_items(value)},
    torch.Size: lambda value: {"Size": list(value)},
    torch.dtype: lambda value: {"dtype": scalar_type_name(value)},
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


def describe_npz(path: Path) -> dict:
    """The arrays in the archive's order; a lone .npy is one array without a name."""
    import numpy

    loaded = numpy.load(path, allow_pickle=False)
    arrays = {"": loaded} if isinstance(loaded, numpy.ndarray) else {name: loaded[name] for name in loaded.files}
    tensors = []
    for name, array in arrays.items():
        native = array.astype(array.dtype.newbyteorder("="), order="C")
        tensors.append({"name": name, **describe_tensor(torch.from_numpy(native)), "tied_to": None})
    return {"format": "npz", "entry": "", "tensors": tensors}


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
