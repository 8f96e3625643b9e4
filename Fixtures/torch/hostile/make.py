"""Files that must be refused with one clear line, and without executing, allocating or recursing on their word.

The pickles put together in pickles.py stand in proper archives. Others are written by torch.save, because they hold
something that is no plain tensor or value. The rest are archives, broken one rule at a time.
"""

import argparse
import io
import pathlib
import pickle
import struct
import sys
import warnings
import zipfile
from pathlib import Path

import numpy
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from archive import TarFile, checkpoint_records, legacy_file, write_archive
from expectation import write_document
from pickles import (
    PROTO2,
    a_tuple,
    call,
    checkpoint,
    dictionary,
    global_name,
    integer,
    integers,
    storage,
    tensor,
    text,
    whole,
)

warnings.simplefilter("ignore")
STORAGE = struct.pack("<4f", 1, 2, 3, 4)
refused: list[dict] = []
# What is read, because the rest of a file can be had: "strict" where it is refused on request.
READ = {
    **dict.fromkeys(
        "cycle-list cycle-dictionary cycle-long-way-round key-tuple key-float key-none key-bool key-bytes key-tensor "
        "key-lone-surrogate storage-alone storage sparse-coo sparse-csr quantized quantized-per-channel quantized-type "
        "type-of-four-bits meta nested torchscript".split(),
        "always",
    ),
    **dict.fromkeys(
        "module-pickled module-pickled-under-a-key numpy-scalar numpy-array namespace path class-of-a-script "
        "frozenset global-builtins.getattr".split(),
        "not strict",
    ),
}


def write(name: str, data: bytes, hint: str, *mentions: str) -> None:
    (FOLDER / f"{name}.pth").write_bytes(data)
    row = {"file": f"{name}.pth", "code_hint": hint, "mentions": list(mentions)}
    refused.append(row | {"read": READ[name]} if name in READ else row)


def archive(records) -> bytes:
    path = FOLDER / "archive.tmp"
    write_archive(path, records)
    data = path.read_bytes()
    path.unlink()
    return data


def write_pickle(name: str, data: bytes, hint: str, *mentions: str) -> None:
    write(name, archive(checkpoint_records(data, STORAGE)), hint, *mentions)


def write_value(name: str, value: bytes, hint: str, *mentions: str) -> None:
    """The value under "model", "fc.weight": a good error names that key."""
    write_pickle(name, checkpoint(value), hint, "fc.weight", *mentions)


def saved(value) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def write_saved(name: str, value, hint: str, *mentions: str) -> None:
    write(name, saved(value), hint, *mentions)


def calls_of_functions() -> None:
    for path in [
        "os.system",
        "posix.system",
        "nt.system",
        "subprocess.Popen",
        "runpy._run_code",
        "torch.load",
        "torch.hub.load",
    ]:
        write_value(f"global-{path}", call(path, text("touch executed")), "global", path)
    for name in ["eval", "exec", "getattr", "__import__", "open", "bytes"]:
        # As Python 3 reads them: protocol 2 spells the module `__builtin__`.
        write_value(f"global-builtins.{name}", call(f"__builtin__.{name}", text("1")), "global", f"builtins.{name}")
    write_value("global-not-called", global_name("os.system"), "global", "os.system")
    write_value(
        "global-dotted",
        call("torch.serialization.os.system", text("touch executed")),
        "global",
        "torch.serialization.os.system",
    )
    write_value("newobj", global_name("os.system") + pickle.EMPTY_TUPLE + pickle.NEWOBJ, "global", "os.system")
    write_pickle(
        "global-key", whole(dictionary(call("os.system", text("touch executed")), tensor())), "global", "os.system"
    )
    write_value("reduce-a-string", text("os.system") + a_tuple(text("x")) + pickle.REDUCE, "reduce")
    write_value("reduce-a-dtype", call("torch.float32"), "reduce")
    write_value("reduce-without-tuple", global_name("collections.OrderedDict") + integer(1) + pickle.REDUCE, "reduce")
    write_value(
        "encode-other-codec", call("_codecs.encode", text("uryyb"), text("rot13")), "arguments", "_codecs.encode"
    )
    write_value(
        "encode-beyond-latin1", call("_codecs.encode", text("\u0416"), text("latin1")), "arguments", "_codecs.encode"
    )
    write_value("bytearray-of-a-size", call("__builtin__.bytearray", integer(2**40)), "arguments", "bytearray")
    write_value("set-of-a-number", call("__builtin__.set", integer(1)), "arguments", "set")
    write_value("complex-of-strings", call("__builtin__.complex", text("1"), text("2")), "arguments", "complex")
    write_value("size-of-strings", call("torch.Size", a_tuple(text("x"))), "arguments", "torch.Size")
    write_value(
        "rebuild-too-few-arguments",
        call("torch._utils._rebuild_tensor_v2", storage()),
        "arguments",
        "_rebuild_tensor_v2",
    )
    write_value("rebuild-without-storage", tensor(of=text("0")), "arguments", "_rebuild_tensor_v2")


def opcodes() -> None:
    mark, item = pickle.MARK, tensor()
    write_value("inst", mark + text("touch executed") + pickle.INST + b"os\nsystem\n", "opcode", "INST")
    write_value("obj", mark + text("os.system") + text("touch executed") + pickle.OBJ, "opcode", "OBJ")
    write_value("ext1", pickle.EXT1 + b"\x01", "opcode", "EXT1")
    write_value("persid", pickle.PERSID + b"0\n", "opcode", "PERSID")
    write_value("long4", pickle.LONG4 + struct.pack("<i", -5), "opcode", "LONG4")
    write_value(
        "stack-global",
        text("os") + text("system") + pickle.STACK_GLOBAL + a_tuple(text("x")) + pickle.REDUCE,
        "opcode",
        "STACK_GLOBAL",
    )
    write_value("unknown-opcode", b"\xff", "opcode")
    write_value("memo-unset", pickle.BINGET + b"\x63", "memo")
    write_value("memo-unset-large", pickle.LONG_BINGET + b"\xff\xff\xff\xff", "memo")
    write_pickle("memo-put-of-nothing", whole(pickle.BINPUT + b"\0"), "stack")
    write_pickle("stack-underflow", whole(pickle.SETITEM), "stack")
    write_pickle("stack-underflow-tuple3", whole(integer(1) + pickle.TUPLE3), "stack")
    write_pickle("stack-empty-at-stop", whole(b""), "stack")
    write_pickle("stack-left-over", whole(pickle.NONE + mark), "stack")
    write_pickle("mark-missing", whole(pickle.EMPTY_LIST + integer(1) + pickle.APPENDS), "stack")
    write_pickle("mark-crossed", whole(pickle.EMPTY_DICT + text("a") + mark + pickle.SETITEM), "stack")
    write_value("setitems-odd", pickle.EMPTY_DICT + mark + text("a") + item + text("b") + pickle.SETITEMS, "stack")
    write_value("setitem-on-a-tensor", item + text("k") + integer(1) + pickle.SETITEM, "target", "SETITEM")
    write_value("setitem-on-a-list", pickle.EMPTY_LIST + integer(0) + integer(1) + pickle.SETITEM, "target", "SETITEM")
    write_value("append-on-a-dictionary", pickle.EMPTY_DICT + integer(1) + pickle.APPEND, "target", "APPEND")
    write_value("append-on-a-tuple", pickle.EMPTY_TUPLE + integer(1) + pickle.APPEND, "target", "APPEND")
    write_value("build-on-a-dictionary", pickle.EMPTY_DICT + pickle.EMPTY_DICT + pickle.BUILD, "target", "BUILD")
    write_value("build-with-a-number", call("collections.OrderedDict") + integer(1) + pickle.BUILD, "target", "BUILD")
    write_value("build-on-a-tensor", item + pickle.EMPTY_DICT + pickle.BUILD, "target", "BUILD")

    start = PROTO2 + pickle.EMPTY_DICT
    write_pickle("pickle-empty", b"", "truncated", "data.pkl")
    write_pickle("stop-missing", start, "truncated", "data.pkl")
    write_pickle("truncated-number", start + pickle.BININT + b"\1\2", "truncated", "data.pkl")
    write_pickle("truncated-float", start + pickle.BINFLOAT + b"\1\2", "truncated", "data.pkl")
    write_pickle("truncated-global", start + pickle.GLOBAL + b"collections\nOrdered", "truncated", "data.pkl")
    write_pickle(
        "truncated-text", start + pickle.BINUNICODE + struct.pack("<I", 0xFFFFFFFF) + b"abc", "truncated", "data.pkl"
    )
    write_pickle("truncated-bytes", start + pickle.SHORT_BINSTRING + b"\x20abc", "truncated", "data.pkl")
    write_pickle("truncated-long", start + pickle.LONG1 + b"\xff\1", "truncated", "data.pkl")
    write_pickle("protocol-9", pickle.PROTO + b"\x09" + pickle.NONE + pickle.STOP, "protocol", "9")


def graphs() -> None:
    """Values that are no tree, or one too deep or too large to write down."""
    memo, recall = pickle.BINPUT + b"\0", pickle.BINGET + b"\0"
    write_value("cycle-list", pickle.EMPTY_LIST + memo + recall + pickle.APPEND, "cycle")
    write_value("cycle-dictionary", pickle.EMPTY_DICT + memo + text("self") + recall + pickle.SETITEM, "cycle")
    inner = pickle.EMPTY_LIST + memo + pickle.MARK + a_tuple(dictionary(text("up"), recall)) + pickle.APPENDS
    write_value("cycle-long-way-round", inner, "cycle")
    lists, tuples = pickle.EMPTY_LIST, text("ha")
    for level in range(60):
        again = pickle.BINPUT + bytes([level]) + pickle.BINGET + bytes([level])
        lists = pickle.EMPTY_LIST + pickle.MARK + lists + again + pickle.APPENDS
        tuples += again + pickle.TUPLE2
    write_value("billion-laughs", lists, "sharing")
    write_value("billion-laughs-tuples", tuples, "sharing")
    write_value("deep-tuples", pickle.EMPTY_TUPLE + pickle.TUPLE1 * 100_000, "depth")
    write_value("deep-lists", pickle.EMPTY_LIST * 100_000 + pickle.APPEND * 99_999, "depth")
    write_value("deep-marks", pickle.MARK * 100_000 + pickle.TUPLE * 100_000, "depth")


def keys() -> None:
    cases = {
        "tuple": integers(1, 2),
        "float": pickle.BINFLOAT + struct.pack(">d", 0.5),
        "none": pickle.NONE,
        "bool": pickle.NEWTRUE,
        "bytes": call("_codecs.encode", text("k"), text("latin1")),
        "list": pickle.EMPTY_LIST,
        "tensor": tensor(),
        "lone-surrogate": text("a\ud800b"),
        "not-utf8": pickle.BINUNICODE + struct.pack("<I", 2) + b"\xff\xfe",
    }
    for name, key in cases.items():
        write_value(f"key-{name}", dictionary(key, integer(1)), "key")


def tensors() -> None:
    not_storages = {
        "module": a_tuple(text("module"), global_name("torch.FloatStorage"), text("0"), text("cpu"), integer(4)),
        "text": text("storage"),
        "number": integer(0),
        "empty": pickle.EMPTY_TUPLE,
        "short": a_tuple(text("storage"), global_name("torch.FloatStorage")),
    }
    for name, identifier in not_storages.items():
        write_value(f"persistent-{name}", identifier + pickle.BINPERSID, "persistent-id")
    write_value("storage-type-unknown", tensor(of=storage(kind="torch.SystemStorage")), "global", "torch.SystemStorage")
    write_value("storage-type-no-storage", tensor(of=storage(kind="torch.float32")), "persistent-id")
    write_value("storage-record-missing", tensor(of=storage(key="7")), "record-missing", "data/7")
    write_value("storage-record-outside", tensor(of=storage(key="../data.pkl")), "record-missing", "../data.pkl")
    write_value("storage-longer-than-record", tensor((5,), of=storage(numel=5)), "storage-bounds", "data/0")
    write_value("storage-huge", tensor(of=storage(numel=2**62)), "storage-bounds", "data/0")
    write_value("storage-numel-negative", tensor((0,), of=storage(numel=-1)), "storage-bounds", "data/0")
    write_value("storage-alone", storage(), "storage-value")
    two_types = (
        dictionary(text("fc.weight"), tensor())
        + text("fc.bias")
        + tensor(of=storage(numel=2, kind="torch.DoubleStorage"))
        + pickle.SETITEM
    )
    write_pickle(
        "storage-two-types-out-of-bounds", whole(dictionary(text("model"), two_types)), "view-bounds", "fc.bias"
    )

    views = {
        "offset-negative": ((1,), (1,), -1),
        "offset-past-the-end": ((1,), (1,), 4),
        "offset-huge": ((1,), (1,), 2**63 - 1),
        "offset-beyond-int64": ((1,), (1,), 2**64),
        "size-past-the-end": ((5,), (1,), 0),
        "stride-past-the-end": ((2, 2), (3, 1), 0),
        "stride-negative": ((4,), (-1,), 3),
        "stride-overflow": ((3,), (2**62,), 0),
        "size-negative": ((-4,), (1,), 0),
        "size-overflow": ((2**62, 2**62), (0, 0), 0),
        "size-overflow-to-zero": ((2**32, 2**32), (0, 0), 0),
        "bytes-overflow": ((2**62,), (0,), 0),
        "rank-mismatch": ((2, 2), (1,), 0),
        "rank-huge": ((1,) * 5000, (1,) * 5000, 0),
    }
    for name, (size, stride, offset) in views.items():
        write_value(f"view-{name}", tensor(size, stride, offset), "view-bounds")
    write_value("view-expanded-huge", tensor((2**50,), (0,)), "expansion")
    write_value("view-expanded-1tb", tensor((2**19, 2**19), (0, 0)), "expansion")


class Settings:
    """Stands for any class of a training script."""


def written_by_torch() -> None:
    weight = torch.ones(2, 2)
    write_saved("module-pickled", nn.Linear(2, 2), "module", "torch.nn.modules.linear.Linear", "state_dict")
    write_saved(
        "module-pickled-under-a-key",
        {"epoch": 1, "model": nn.BatchNorm2d(2)},
        "module",
        "BatchNorm2d",
        "state_dict",
        "model",
    )
    write_saved(
        "numpy-scalar", {"state_dict": {"w": weight}, "best_acc": numpy.float64(1.0)}, "global", "numpy", "best_acc"
    )
    write_saved("numpy-array", {"state_dict": {"w": weight}, "mean": numpy.ones(3)}, "global", "numpy", "mean")
    namespace = argparse.Namespace(lr=0.1, arch="resnet50")
    write_saved("namespace", {"state_dict": {"w": weight}, "args": namespace}, "global", "argparse.Namespace", "args")
    write_saved(
        "path", {"w": weight, "output": pathlib.PurePosixPath("runs/1")}, "global", "pathlib.PurePosixPath", "output"
    )
    Settings.__module__ = "train"
    sys.modules["train"] = sys.modules["__main__"]
    write_saved("class-of-a-script", {"w": weight, "settings": Settings()}, "global", "train.Settings", "settings")
    write_saved("frozenset", {"w": weight, "names": frozenset({"a"})}, "global", "builtins.frozenset", "names")
    write_saved("storage", {"w": weight.untyped_storage()}, "storage-value", "w")
    write_saved("sparse-coo", {"w": weight.to_sparse()}, "sparse", "w")
    write_saved("sparse-csr", {"w": weight.to_sparse_csr()}, "sparse", "w")
    write_saved("quantized", {"w": torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8)}, "quantized", "w")
    write_saved(
        "quantized-per-channel",
        {"w": torch.quantize_per_channel(weight, weight[0], weight[0].int(), 0, torch.qint8)},
        "quantized",
        "w",
    )
    write_saved(
        "quantized-type", {"w": torch.arange(4, dtype=torch.uint8).view(torch.quint8)}, "quantized", "quint8", "w"
    )
    write_saved("type-of-four-bits", {"w": weight, "type": torch.int4}, "type", "torch.int4", "type")
    write_saved("meta", {"w": weight.to("meta")}, "meta", "w")
    write_saved("nested", {"w": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])}, "nested", "w")
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Sequential(nn.PReLU())), buffer)
    with zipfile.ZipFile(buffer) as script:
        # The debug records hold the paths of the machine that wrote them, and the identifier is made from them too.
        names = [name for name in script.namelist() if not name.endswith((".debug_pkl", "serialization_id"))]
        records = {name.partition("/")[2]: script.read(name) for name in names}
    write("torchscript", archive(records), "torchscript", "TorchScript")


def legacy() -> None:
    """The format of PyTorch 0.1.10 to 1.5, broken one rule at a time."""
    identifier = [text("storage"), global_name("torch.FloatStorage"), text("9"), text("cpu")]
    storage = a_tuple(*identifier, integer(4), pickle.NONE) + pickle.BINPERSID
    good, stored = checkpoint(tensor(of=storage)), [("9", 4, STORAGE)]

    def write_legacy(name: str, data: bytes, hint: str, *mentions: str) -> None:
        write(f"legacy-{name}", data, hint, *mentions)

    def viewed(*view: int) -> bytes:
        return checkpoint(tensor(of=a_tuple(*identifier, integer(4), integers(*view)) + pickle.BINPERSID))

    whole_file = legacy_file(good, stored)
    for percent in (5, 30, 60, 90, 99):
        write_legacy(f"truncated-{percent}", whole_file[: percent * len(whole_file) // 100], "truncated")
    write_legacy("version-unknown", legacy_file(good, stored, version=1002), "version", "1002")
    write_legacy(
        "global",
        legacy_file(checkpoint(call("os.system", text("touch executed"))), []),
        "global",
        "os.system",
        "fc.weight",
    )
    write_legacy("storage-missing", legacy_file(good, []), "storage-missing", "9", "fc.weight")
    write_legacy("storage-unknown", legacy_file(good, [*stored, ("10", 4, STORAGE)]), "storage", "storage number 1")
    write_legacy("storage-twice", legacy_file(good, [*stored, *stored]), "storage", "twice")
    write_legacy("storage-shorter", legacy_file(good, [("9", 3, STORAGE)]), "storage", "9", "3")
    write_legacy("storage-negative", legacy_file(good, [("9", -1, STORAGE)]), "overflow", "-1")
    write_legacy(
        "storage-keys-no-list", legacy_file(good, stored).replace(pickle.dumps(["9"], 2), pickle.dumps(9, 2)), "format"
    )
    huge = checkpoint(tensor((2**40,), of=a_tuple(*identifier, integer(2**40), pickle.NONE) + pickle.BINPERSID))
    write_legacy("storage-huge", legacy_file(huge, [("9", 2**40, STORAGE)]), "storage", "fc.weight")
    overflowing = checkpoint(tensor((0,), of=a_tuple(*identifier, integer(2**62), pickle.NONE) + pickle.BINPERSID))
    write_legacy("storage-overflow", legacy_file(overflowing, [("9", 2**62, STORAGE)]), "storage", "fc.weight")
    write_legacy("view-outside", legacy_file(viewed(1, 2, 3), stored), "storage", "fc.weight")
    write_legacy("view-negative", legacy_file(viewed(1, -1, 3), stored), "storage", "fc.weight")
    write_legacy("view-overflow", legacy_file(viewed(1, 2, 2**63 - 1), stored), "storage", "fc.weight")
    write_legacy("view-of-two-numbers", legacy_file(viewed(1, 2), stored), "persistent-id", "fc.weight")
    write_legacy("tensor-past-the-view", legacy_file(viewed(1, 0, 3), stored), "view-bounds", "fc.weight")
    write_legacy(
        "memo-beyond-the-pickle",
        legacy_file(whole(pickle.NONE + pickle.LONG_BINPUT + b"\xff\xff\0\0"), [("9", 1 << 16, bytes(1 << 18))]),
        "memo",
    )


def tar() -> None:
    """The format of PyTorch before 0.1.10, broken one rule at a time."""

    def file(**changes) -> TarFile:
        tar = TarFile()
        tar.storages[1] = ("Float", numpy.arange(4, dtype="f4"))
        tar.tensors[2] = (1, (4,), (1,), 0)
        tar.pickle = checkpoint(text("2") + pickle.BINPERSID)
        for name, value in changes.items():
            setattr(tar, name, value)
        return tar

    def write_tar(name: str, data: bytes, hint: str, *mentions: str) -> None:
        write(f"tar-{name}", data, hint, *mentions)

    good = file().data()
    members = file().members()
    for percent in (10, 40, 70):
        write_tar(f"truncated-{percent}", good[: percent * good.rindex(b"storages") // 100], "truncated")
    for name in ("pickle", "tensors", "storages"):
        rest = [item for item in members.items() if item[0] != name]
        write_tar(f"{name}-missing", file().data(rest), "tar-member", name)
    write_tar("member-twice", file().data([*members.items(), ("pickle", b"")]), "tar-member", "pickle")
    write_tar("checksum", patched(good, 148, "<B", 0x37), "tar-header")
    write_tar(
        "global",
        file(pickle=checkpoint(call("os.system", text("touch executed")))).data(),
        "global",
        "os.system",
        "fc.weight",
    )
    write_tar(
        "tensor-unknown", file(pickle=checkpoint(text("3") + pickle.BINPERSID)).data(), "persistent-id", "fc.weight"
    )
    write_tar("tensor-outside", file(tensors={2: (1, (5,), (1,), 0)}).data(), "view-bounds", "fc.weight")
    write_tar(
        "tensor-offset-overflow", file(tensors={2: (1, (4,), (1,), 2**63 - 1)}).data(), "view-bounds", "fc.weight"
    )
    write_tar(
        "tensor-of-100-dimensions", file(tensors={2: (1, (1,) * 100, (1,) * 100, 0)}).data(), "view-bounds", "100"
    )
    write_tar("tensor-of-no-storage", file(tensors={2: (7, (4,), (1,), 0)}).data(), "storage-missing", "7")
    write_tar("view-outside", file(views={5: (1, 2, 3)}).data(), "storage", "2")
    write_tar("view-of-no-storage", file(views={5: (7, 0, 1)}).data(), "storage-missing", "7")
    write_tar("key-twice", file(tensors={1: (1, (4,), (1,), 0)}).data(), "storage", "1")
    storages = pickle.dumps(2**40, 2) + members["storages"][5:]
    write_tar("storages-countless", file().data(list((members | {"storages": storages}).items())), "format")
    longer = members["storages"].replace(struct.pack("<q", 4), struct.pack("<q", 2**61))
    write_tar("storage-overflow", file().data(list((members | {"storages": longer}).items())), "truncated")
    write_tar("later-format", file(pickle=checkpoint(tensor())).data(), "persistent-id", "fc.weight")


def patched(data: bytes, at: int, layout: str, value: int) -> bytes:
    size = struct.calcsize(layout)
    return data[:at] + struct.pack(layout, value) + data[at + size :]


def central(data: bytes, name: str) -> int:
    """Where the central directory's entry of a record starts."""
    position = data.index(b"PK\1\2")
    while not data[position + 46 :].startswith(f"checkpoint/{name}".encode()):
        position = data.index(b"PK\1\2", position + 4)
    return position


def archives() -> None:
    good = checkpoint_records(checkpoint(tensor()), STORAGE)
    data = archive(good)
    record, end = central(data, "data/0"), data.rindex(b"PK\5\6")
    payload = data.index(STORAGE)

    write("file-empty", b"", "empty")
    write("file-text", b"state_dict: see the other file\n", "not-a-checkpoint")
    write("file-zeros", bytes(4096), "not-a-checkpoint")
    write("file-signature-only", b"PK\3\4", "zip")
    write("zip-empty", b"PK\5\6" + bytes(18), "not-a-checkpoint")
    write(
        "zip-not-a-checkpoint",
        archive({"readme.txt": b"hello", "image.png": b"\x89PNG"}),
        "not-a-checkpoint",
        "data.pkl",
    )
    write(
        "zip-data.pkl-missing",
        archive({key: value for key, value in good.items() if key != "data.pkl"}),
        "record-missing",
        "data.pkl",
    )
    write(
        "zip-data-missing",
        archive({key: value for key, value in good.items() if key != "data/0"}),
        "record-missing",
        "data/0",
        "fc.weight",
    )
    write("zip-byteorder-unknown", archive(good | {"byteorder": b"middle"}), "byteorder", "middle")
    write("zip-version-unknown", archive(good | {"version": b"99\n"}), "version", "99")
    write("zip-duplicate-data", archive([*good.items(), ("data/0", bytes(16))]), "zip-duplicate", "data/0")
    write(
        "zip-duplicate-pickle", archive([*good.items(), ("data.pkl", whole(pickle.NONE))]), "zip-duplicate", "data.pkl"
    )
    write("zip-crc-data", patched(data, payload, "<B", 0xFF), "zip-crc", "data/0")
    write("zip-crc-pickle", data.replace(b"fc.weight", b"fc.weighs", 1), "zip-crc", "data.pkl")
    write("zip-encrypted", patched(data, record + 8, "<H", 1), "zip-encrypted", "data/0")
    write("zip-method-unknown", patched(data, record + 10, "<H", 99), "zip-method", "data/0")
    write("zip-stored-sizes-differ", patched(data, record + 20, "<I", 12), "zip-size", "data/0")
    longer = patched(patched(data, record + 20, "<I", 2**31), record + 24, "<I", 2**31)
    write("zip-size-past-the-end", longer, "zip-bounds", "data/0")
    write("zip-offset-past-the-end", patched(data, record + 42, "<I", 0x7FFFFFFF), "zip-bounds", "data/0")
    write("zip-offset-of-another-record", patched(data, record + 42, "<I", 0), "zip-local-header", "data/0")
    first_storage = struct.unpack_from("<I", data, record + 42)[0]
    overlapping = archive(good | {"data/1": STORAGE})
    overlapping = patched(overlapping, central(overlapping, "data/1") + 42, "<I", first_storage)
    write("zip-overlapping", overlapping, "zip-overlap", "data/1")
    write("zip-zip64-sizes-missing", patched(data, record + 24, "<I", 0xFFFFFFFF), "zip-zip64", "data/0")
    write("zip-name-past-the-end", patched(data, record + 28, "<H", 0xFFFF), "zip-directory")
    write("zip-directory-past-the-end", patched(data, end + 16, "<I", 0x7FFFFFFF), "zip-directory")
    write("zip-directory-size-wrong", patched(data, end + 12, "<I", 7), "zip-directory")
    write("zip-count-too-large", patched(patched(data, end + 8, "<H", 999), end + 10, "<H", 999), "zip-directory")
    write("zip-disks", patched(data, end + 4, "<H", 3), "zip-directory")
    longest = saved({"w": torch.ones(64)})
    for percent in (10, 50, 90, 99):
        write(f"zip-truncated-{percent}", longest[: percent * len(longest) // 100], "truncated")
    write("zip-tail-only", data[record:], "zip-bounds")
    deflated_lies(good)


def deflated_lies(good: dict[str, bytes]) -> None:
    """Deflated records that are not what the directory says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in good.items():
            file.writestr(zipfile.ZipInfo(f"checkpoint/{name}"), data, zipfile.ZIP_DEFLATED)
    data = buffer.getvalue()
    entry = central(data, "data.pkl")
    write("zip-deflated-size-lie", patched(data, entry + 24, "<I", 2**30), "zip-size", "data.pkl")
    write(
        "zip-deflated-garbage",
        patched(data, 30 + len("checkpoint/data.pkl"), "<I", 0xFFFFFFFF),
        "zip-deflate",
        "data.pkl",
    )
    write("zip-deflated-size-too-small", patched(data, entry + 24, "<I", 10), "zip-size", "data.pkl")


for old in FOLDER.glob("*.pth"):
    old.unlink()
torch.manual_seed(4)
calls_of_functions()
opcodes()
graphs()
keys()
tensors()
written_by_torch()
archives()
legacy()
tar()
write_document(FOLDER / "expected.json", refused)
