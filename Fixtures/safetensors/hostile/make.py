"""Files that break one rule of the format each. All but those marked are refused by the library, which is asked."""

import json
import struct
import sys
from pathlib import Path

from safetensors import SafetensorError, safe_open

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_document

refused: list[dict] = []


def write(name: str, data: bytes, hint: str, *mentions: str, library_accepts: bool = False) -> None:
    path = FOLDER / f"{name}.safetensors"
    path.write_bytes(data)
    try:
        with safe_open(path, "pt"):
            accepted = True
    except (SafetensorError, OverflowError, ValueError):
        accepted = False
    assert accepted == library_accepts, name
    refused.append({"file": path.name, "code_hint": hint, "mentions": list(mentions)})


def file(header, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(start: int = 0, end: int = 8, shape=(2,), dtype="F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def text(field: str) -> bytes:
    return b'{"bad": {' + field.encode() + b"}}"


EIGHT = bytes(range(8))
good = file({"good": tensor()}, EIGHT)
write("empty-file", b"", "length")
write("no-length", good[:7], "length")
write("length-only", good[:8], "length")
write("header-cut", good[:30], "length")
write("length-beyond", file({"good": tensor()}, EIGHT, length=1000), "length", "1000")
write("length-huge", file({"good": tensor()}, EIGHT, length=2**63), "too-large")
write("length-limit", file({"good": tensor()}, EIGHT, length=100_000_001), "too-large", "100000001")
write("header-empty", file(b""), "start")
write("header-array", file(b"[]"), "start")
write("header-space", file(b"   "), "start")
write("header-not-utf8", file(b'{"\xff": 1}'), "utf8")
write("header-broken", file(b'{"a": '), "json")
write("header-two", file(b"{}{}"), "json")
write("header-comma", file(b'{"__metadata__": {},}'), "json")
write("header-surrogate", file(b'{"__metadata__": {"a": "\\ud800"}}'), "json")
write("header-padding", file(b"{}\0\0"), "json")
pair = b'"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}'
write("duplicate", file(b"{" + pair + b", " + pair + b"}"), "duplicate", "a", library_accepts=True)
write("duplicate-metadata", file(b'{"__metadata__": {}, "__metadata__": {}}'), "duplicate", "__metadata__")
write("duplicate-field", file(text('"dtype": "U8", "dtype": "U8", "shape": [0], "data_offsets": [0, 0]')), "duplicate", "bad")
write("no-dtype", file(text('"shape": [0], "data_offsets": [0, 0]')), "field", "bad")
write("no-shape", file(text('"dtype": "U8", "data_offsets": [0, 0]')), "field", "bad")
write("no-offsets", file(text('"dtype": "U8", "shape": [0]')), "field", "bad")
write("one-offset", file(text('"dtype": "U8", "shape": [0], "data_offsets": [0]')), "field", "bad")
write("three-offsets", file(text('"dtype": "U8", "shape": [0], "data_offsets": [0, 0, 0]')), "field", "bad")
write("tensor-is-a-list", file({"bad": []}), "json")
write("dtype-is-a-number", file(text('"dtype": 1, "shape": [0], "data_offsets": [0, 0]')), "json")
write("dtype-unknown", file({"bad": tensor(dtype="F128", end=32)}, bytes(32)), "dtype", "bad", "F128")
write("dtype-lower-case", file({"bad": tensor(dtype="f32")}, EIGHT), "dtype", "bad")
write("shape-negative", file({"bad": tensor(shape=[-2])}, EIGHT), "json")
write("shape-fraction", file({"bad": tensor(shape=[2.0])}, EIGHT), "json")
write("shape-huge", file({"bad": tensor(shape=[2**64])}, EIGHT), "json")
write("shape-overflow", file({"bad": tensor(shape=[2**62, 2**62])}, EIGHT), "overflow", "bad")
write("shape-overflow-bits", file({"bad": tensor(shape=[2**61])}, EIGHT), "overflow", "bad")
write("size-too-small", file({"bad": tensor(shape=[3])}, EIGHT), "size", "bad", "12", "8")
write("size-too-large", file({"bad": tensor(shape=[1])}, EIGHT), "size", "bad")
write("half-bytes", file({"bad": tensor(shape=[3], dtype="F4", end=2)}, bytes(2)), "partial-byte", "bad")
write("offsets-hole-first", file({"bad": tensor(8, 16)}, bytes(16)), "offsets", "bad")
write("offsets-hole", file({"good": tensor(), "bad": tensor(12, 20)}, bytes(20)), "offsets", "bad")
write("offsets-overlap", file({"good": tensor(), "bad": tensor(4, 12)}, bytes(12)), "offsets", "bad")
write("offsets-same", file({"good": tensor(), "bad": tensor()}, EIGHT), "offsets")
write("offsets-reversed", file({"bad": tensor(8, 0)}, EIGHT), "offsets", "bad")
write("offsets-negative", file({"bad": tensor(-8, 0)}, EIGHT), "json")
write("end-missing", good[:-1], "end", "8", "7")
write("end-added", good + b"\0", "end", "9")
write("end-all-missing", file({"bad": tensor()}), "end")
write("metadata-list", file({"__metadata__": []}), "metadata")
write("metadata-number", file({"__metadata__": {"epoch": 1}}), "metadata", "epoch")
write("metadata-nested", file({"__metadata__": {"a": {}}}), "metadata", "a")
write_document(FOLDER / "expected.json", refused)
