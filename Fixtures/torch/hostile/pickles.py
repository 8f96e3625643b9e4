"""Pickles put together opcode by opcode, because no pickler writes what the hostile ones hold."""

import pickle
import struct

PROTO2 = pickle.PROTO + b"\x02"


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data


def integer(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return pickle.BININT + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return pickle.LONG1 + bytes([len(data)]) + data


def global_name(path: str) -> bytes:
    module, _, name = path.rpartition(".")
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def a_tuple(*parts: bytes) -> bytes:
    return pickle.MARK + b"".join(parts) + pickle.TUPLE


def integers(*values: int) -> bytes:
    return a_tuple(*map(integer, values))


def call(path: str, *arguments: bytes) -> bytes:
    return global_name(path) + a_tuple(*arguments) + pickle.REDUCE


def storage(key: str = "0", numel: int = 4, kind: str = "torch.FloatStorage") -> bytes:
    return a_tuple(text("storage"), global_name(kind), text(key), text("cpu"), integer(numel)) + pickle.BINPERSID


def tensor(size=(4,), stride=(1,), offset: int = 0, of: bytes | None = None) -> bytes:
    hooks = call("collections.OrderedDict")
    return call(
        "torch._utils._rebuild_tensor_v2",
        of or storage(),
        integer(offset),
        integers(*size),
        integers(*stride),
        pickle.NEWFALSE,
        hooks,
    )


def dictionary(key: bytes, value: bytes) -> bytes:
    return pickle.EMPTY_DICT + key + value + pickle.SETITEM


def whole(value: bytes) -> bytes:
    return PROTO2 + value + pickle.STOP


def checkpoint(value: bytes) -> bytes:
    """{"model": {"fc.weight": value}}"""
    return whole(dictionary(text("model"), dictionary(text("fc.weight"), value)))
