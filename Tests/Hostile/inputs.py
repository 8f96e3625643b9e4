"""Small files that ask for much time or memory, made by the standard library alone. The docstring of a function
says in the table what its file has."""

import json
import os
import pickle
import struct
import sys
import types
import zipfile
import zlib

U32, U64 = struct.Struct("<I"), struct.Struct("<Q")
UNDEFINED = 2**64 - 1


# Pickles.

def text(value):
    data = value.encode()
    return b"X" + U32.pack(len(data)) + data


def number(value):
    return b"J" + struct.pack("<i", value) if value < 2**31 else b"\x8a\x08" + struct.pack("<q", value)


def group(*parts):
    return b"(" + b"".join(parts) + b"t"


def tensor(size, stride, offset=0, count=4, key="0"):
    storage = group(text("storage"), b"ctorch\nFloatStorage\n", text(key), text("cpu"), number(count))
    return (b"ctorch._utils\n_rebuild_tensor_v2\n"
            + group(storage + b"Q", number(offset), group(*map(number, size)),
                    group(*map(number, stride)), b"\x89", b"ccollections\nOrderedDict\n)R") + b"R")


def mapping(*entries):
    return b"}(" + b"".join(text(key) + value for key, value in entries) + b"u"


def checkpoint(path, value, storage=bytes(16), deflated=(), extra=()):
    """An archive as from torch.save, with one storage."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        records = [("data.pkl", b"\x80\x02" + value + b"."), ("byteorder", b"little"),
                   ("data/0", storage), ("version", b"3\n"), *extra]
        for name, content in records:
            method = zipfile.ZIP_DEFLATED if name in deflated else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo("a/" + name), content, method)


def shared_lists(path):
    """a list that holds another twice, 20 times over: 781 bytes of pickle that are a million values"""
    value = b"]q\x00(K\x01K\x01e0"
    for depth in range(20):
        value += b"]q" + bytes([depth + 1]) + b"(h" + bytes([depth]) + b"h" + bytes([depth]) + b"e0"
    checkpoint(path, mapping(("w", tensor([4], [1])), ("x", value + b"h\x14")))


def long_key(path, count=2000):
    """2,000 tensors under one name of 1 MB"""
    inner = mapping(*((f"t{n}", tensor([1], [1], n, count)) for n in range(count)))
    checkpoint(path, mapping(("L" * 1_000_000, inner)), bytes(4 * count))


def empty_lists(path):
    """a deflated pickle of 50 million empty lists"""
    checkpoint(path, b"(" + b"]" * 50_000_000 + b"t", deflated=["data.pkl"])


def nothing(path):
    """a deflated pickle of 300 million operations that do nothing"""
    checkpoint(path, b"N0" * 150_000_000 + b"}", deflated=["data.pkl"])


def one_text(path):
    """a deflated pickle with a text of 300 MB"""
    checkpoint(path, text("A" * 300_000_000), deflated=["data.pkl"])


def refused_names(path):
    """a deflated pickle that names `os.system` three million times"""
    checkpoint(path, b"cos\nsystem\n0" * 3_000_000 + b"}", deflated=["data.pkl"])


def opaque_names(path):
    """a deflated pickle that names an unknown class three million times"""
    checkpoint(path, b"(" + b"cA\nB\n" * 3_000_000 + b"t", deflated=["data.pkl"])


def attributes(path):
    """50 attributes, set 200,000 times"""
    names = mapping(*((f"k{n}", b"N") for n in range(50)))
    checkpoint(path, names + b"q\x010ccollections\nOrderedDict\n)R" + b"h\x01b" * 200_000,
               deflated=["data.pkl"])


def history(path):
    """a deflated history of 30 million lists"""
    checkpoint(path, mapping(("w", tensor([4], [1]))), deflated=["extra/dbn_convert_history.json"],
               extra=[("extra/dbn_convert_history.json", b"[" + b"[]," * 30_000_000 + b"[]]")])


def graph(path):
    """a deflated graph of 500 MB"""
    checkpoint(path, mapping(("w", tensor([4], [1]))), deflated=["extra/dbn_convert_graph.json"],
               extra=[("extra/dbn_convert_graph.json", b" " * 500_000_000)])


def numbers(count, last=0.0):
    """Zeros, and a last number, as float32."""
    return bytes(4 * count - 4) + struct.pack("<f", last)


def expanded(path, last=0.0):
    """four numbers, expanded to 1 GiB"""
    checkpoint(path, mapping(("w", tensor([1 << 28], [0], 3))), numbers(4, last))


def expanded_batch_norm(path, last=0.0):
    """a BatchNorm of 67 million features, expanded from four numbers"""
    names = ("weight", "bias", "running_mean", "running_var")
    checkpoint(path, mapping(*((f"bn.{name}", tensor([1 << 26], [0], place, 4))
                               for place, name in enumerate(names))), numbers(4, 1 + last))


def transposed(path, last=0.0):
    """a deflated tensor of 1 GiB in the order of its columns"""
    rows = 1 << 18
    checkpoint(path, mapping(("w", tensor([rows, 1024], [1, rows], 0, 1 << 28))),
               numbers(1 << 28, last), deflated=["data/0"])


def views(path, count, elements):
    checkpoint(path, mapping(*((f"w{n}", tensor([4], [1], 10 * n, elements)) for n in range(count))),
               bytes(4 * elements), deflated=["data/0"])


def few_views(path):
    """200 views of one deflated GiB"""
    views(path, 200, 1 << 28)


def many_views(path):
    """20,000 views of one deflated storage of 16 MiB"""
    views(path, 20_000, 1 << 22)


def zeros(path):
    """a file from before PyTorch 1.6 that was cut, and filled up to 64 MiB with zeros"""
    start = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
    facts = pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2)
    with open(path, "wb") as file:
        file.write(start + facts + b"\x80\x02}(" + text("w"))
        file.truncate(64 << 20)


def sparse(path):
    """a file from before PyTorch 1.6 that was cut, and filled up with 64 GiB of zeros that take no room on the disk"""
    zeros(path)
    with open(path, "r+b") as file:
        file.truncate(64 << 30)


# Arrays of NumPy, deflated.

def array(path, in_fortran_order, last):
    text = (f"{{'descr': '<f4', 'fortran_order': {in_fortran_order}, "
            f"'shape': ({1 << 18}, 1024), }}").encode()
    header = b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", header + numbers(1 << 28, last))


def fortran(path, last=0.0):
    """a deflated array of 1 GiB in Fortran order"""
    array(path, True, last)


def deflated(path, last=0.0):
    """a deflated array of 1 GiB"""
    array(path, False, last)


# HDF5, with the oldest structures.

class File:
    def __init__(self):
        self.bytes = bytearray(96)

    def put(self, structure):
        self.bytes += bytes(-len(self.bytes) % 8)
        start = len(self.bytes)
        self.bytes += structure
        return start

    def header(self, messages):
        body = b"".join(struct.pack("<HHB3x", kind, len(data), 0) + data for kind, data in messages)
        return self.put(struct.pack("<BBHII4x", 1, 0, 1, 1, len(body)) + body)

    def links(self, names, entries):
        """A group: its names one after the other, and (offset of the name, address, soft, path)."""
        data = self.put(names)
        heap = self.put(b"HEAP" + struct.pack("<4xQQQ", len(names), 1, data))
        node = self.put(b"SNOD" + struct.pack("<BBH", 1, 0, len(entries)) + b"".join(
            struct.pack("<QQIIQQ", name, address, 2 if soft else 0, 0, path, 0)
            for name, address, soft, path in entries))
        tree = self.put(b"TREE" + struct.pack("<BBHQQQQQ", 0, 0, 1, UNDEFINED, UNDEFINED, 0, node, 0))
        return self.header([(0x11, struct.pack("<QQ", tree, heap))])

    def save(self, path, root):
        self.bytes[:96] = (b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0])
                           + struct.pack("<HHI", 4, 16, 0)
                           + struct.pack("<QQQQ", 0, UNDEFINED, len(self.bytes), UNDEFINED)
                           + struct.pack("<QQIIQQ", 0, root, 0, 0, 0, 0))
        with open(path, "wb") as file:
            file.write(self.bytes)


def continuations(path):
    """an object whose header has 200,000 continuations"""
    file = File()
    blocks = [(0x10, U64.pack(96 + n) + U64.pack(0)) for n in range(200_000)]
    file.save(path, file.header(blocks))


def soft_paths(path, count=20_000):
    """20,000 soft links to a path of 1 MB"""
    file, names, entries = File(), bytearray(b"s" * 1_000_000 + b"\0"), []
    for n in range(count):
        entries.append((len(names), UNDEFINED, True, 0))
        names += b"n%d\0" % n
    file.save(path, file.links(bytes(names), entries))


def two_links(path, count=20_000):
    """20,000 datasets under two links, one with a name of 1 MB"""
    file, names, entries = File(), bytearray(8), []
    single = bytes.fromhex("11201f00040000000000200017080017 7f000000")
    value = file.header([(1, struct.pack("<BBB5x", 1, 0, 0)), (3, single),
                         (8, struct.pack("<BBH", 3, 0, 4) + bytes(4))])
    for n in range(count):
        entries.append((len(names), value, False, 0))
        names += b"n%d\0" % n
    inner = file.links(bytes(names), entries)
    outer = bytes(8) + b"a\0b" + b"x" * 1_000_000 + b"\0"
    file.save(path, file.links(outer, [(8, inner, False, 0), (10, inner, False, 0)]))


def one_chunk(path, last=0.0):
    """a dataset of 1 GiB in one compressed chunk"""
    file, count = File(), 1 << 28
    data = zlib.compress(numbers(count, last))
    chunk = file.put(data)
    tree = file.put(b"TREE" + struct.pack("<BBHQQ", 1, 0, 1, UNDEFINED, UNDEFINED)
                    + struct.pack("<IIQQQ", len(data), 0, 0, 0, chunk)
                    + struct.pack("<IIQQ", 0, 0, count, 0))
    single = bytes.fromhex("11201f00040000000000200017080017 7f00000000000000")
    value = file.header([
        (1, struct.pack("<BBB5xQ", 1, 1, 0, count)), (3, single), (5, bytes([2, 2, 0, 0]) + bytes(4)),
        (0xB, struct.pack("<BB6xHHHHI4x", 1, 1, 1, 0, 0, 1, 6)),
        (8, struct.pack("<BBBQIIx", 3, 2, 2, tree, count, 4) + bytes(4))])
    file.save(path, file.links(bytes(8) + b"w\0", [(8, value, False, 0)]))


# Safetensors.

def safetensors(path, header, data=b""):
    with open(path, "wb") as file:
        file.write(U64.pack(len(header)) + header + data)


def dimensions(path):
    """a tensor of 30 million dimensions"""
    shape = b",".join([b"1"] * 30_000_000)
    safetensors(path, b'{"a":{"dtype":"U8","shape":[' + shape + b'],"data_offsets":[0,1]}}', b"\0")


def unknown_fields(path):
    """five million fields that the format does not have"""
    fields = b",".join(b'"f%d":0' % n for n in range(5_000_000))
    safetensors(path, b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],' + fields + b"}}", b"\0")


def metadata(path):
    """seven million entries of metadata"""
    entries = b",".join(b'"%d":""' % n for n in range(7_000_000))
    safetensors(path, b'{"__metadata__":{' + entries + b"}}")


def long_line(path):
    """a type whose name has 3 MB"""
    safetensors(path, json.dumps({"a": {"dtype": "x" * 3_000_000}}).encode())


# Folders of PyTorch's distributed checkpoints, whose metadata is a pickle.

def stand_in(module, name):
    """A class that is pickled as the one of this name."""
    made, parts = type(name, (), {"__module__": module}), module.split(".")
    for count in range(1, len(parts) + 1):
        owner = ".".join(parts[:count])
        setattr(sys.modules.setdefault(owner, types.ModuleType(owner)), name, made)
    return made


def instance(of, **attributes):
    made = of()
    made.__dict__.update(attributes)
    return made


METADATA, FILES = "torch.distributed.checkpoint.metadata", "torch.distributed.checkpoint.filesystem"
Metadata, MetadataIndex = stand_in(METADATA, "Metadata"), stand_in(METADATA, "MetadataIndex")
BytesStorageMetadata, StorageInfo = stand_in(METADATA, "BytesStorageMetadata"), stand_in(FILES, "_StorageInfo")


def distributed(path, count, value, place):
    """Entries that all have the same bytes; place: where each is in the state dict."""
    os.makedirs(path)
    file, names = "__0_0.distcp", [f"k{n}" for n in range(count)]
    checkpoint(f"{path}/{file}", value)
    info = instance(StorageInfo, relative_path=file, offset=0, length=os.path.getsize(f"{path}/{file}"))
    index = lambda name: instance(MetadataIndex, fqn=name, offset=None, index=None)
    metadata = instance(
        Metadata, state_dict_metadata={name: BytesStorageMetadata() for name in names},
        planner_data={name: place(name) for name in names}, storage_data={index(name): info for name in names},
        storage_meta=None)
    with open(f"{path}/.metadata", "wb") as output:
        pickle.dump(metadata, output, 4)


def sparse_lists(path):
    """a distributed checkpoint of 20,000 lists, of which each has one value at its end"""
    distributed(path, 20_000, number(1), lambda name: (name, 19_999))


def same_value(path):
    """a distributed checkpoint of 3,000 entries that are all the same list of 100,000 numbers"""
    distributed(path, 3_000, b"](" + b"".join(map(number, range(100_000))) + b"e", lambda name: (name,))


# Programs of torch.export, which ask for much when they are run.

DIGITS = os.path.join(os.path.dirname(__file__), "../../Fixtures/torch/digits-shards/model.pt2")
PADDING = '"name": "padding", "arg": {"as_ints": [%d, %d]}'


def padded(path):
    """a program for images of 8 by 8 pixels that pads them by 4,000 on each side"""
    with zipfile.ZipFile(DIGITS) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith(".json"):
                content = content.decode().replace(PADDING % (1, 1), PADDING % (4000, 4000), 1).encode()
            target.writestr(zipfile.ZipInfo(entry.filename), content)


def image(path):
    """What the program runs on."""
    header = {"x": {"dtype": "F32", "shape": [1, 1, 8, 8], "data_offsets": [0, 256]}}
    safetensors(path, json.dumps(header).encode(), bytes(256))


ALL = {
    "shared-lists.pth": shared_lists, "long-key.pth": long_key, "empty-lists.pth": empty_lists,
    "nothing.pth": nothing, "one-text.pth": one_text, "refused-names.pth": refused_names,
    "opaque-names.pth": opaque_names, "attributes.pth": attributes, "history.pth": history,
    "graph.pth": graph, "expanded.pth": expanded, "batch-norm.pth": expanded_batch_norm,
    "transposed.pth": transposed,
    "few-views.pth": few_views, "many-views.pth": many_views, "zeros.pth": zeros,
    "sparse.pth": sparse, "continuations.h5": continuations, "soft-paths.h5": soft_paths,
    "two-links.h5": two_links, "dimensions.safetensors": dimensions,
    "unknown-fields.safetensors": unknown_fields, "metadata.safetensors": metadata,
    "long-line.safetensors": long_line, "fortran.npz": fortran, "deflated.npz": deflated,
    "one-chunk.h5": one_chunk, "sparse-lists": sparse_lists, "same-value": same_value,
    "padded.pt2": padded,
}

# Those that are compared with another that differs in the last number, too: of 1 GiB from a small
# file.
PAIRS = ("expanded.pth", "batch-norm.pth", "transposed.pth", "fortran.npz", "deflated.npz", "one-chunk.h5")
