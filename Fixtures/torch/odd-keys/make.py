"""Keys that a path, a group of HDF5, a JSON document or a terminal could stumble over."""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

KEYS = [
    "",
    ".",
    "..",
    "...",
    "/",
    "//",
    "a/b",
    "/leading",
    "trailing/",
    "./a",
    "%",
    "%%",
    "%2F",
    "%2f",
    "%25",
    "%2E",
    "%00",
    " ",
    "  two leading spaces",
    "trailing space ",
    "tab\there",
    "line\nfeed",
    "carriage\r\nreturn",
    "NUL\0inside",
    "\0",
    "\x1b[31mred\x1b[0m",
    "delete\x7f",
    "quote\"apostrophe'backslash\\",
    "emoji 🎉",
    "👩‍🔬",
    "composed \u00e9",
    "decomposed e\u0301",
    "\u00e9",
    "e\u0301",
    "Kelvin \u212a",
    "Kelvin K",
    "right-to-left \u05e9\u05dc\u05d5\u05dd",
    "override \u202e txt",
    "\u4e2d\u6587",
    "byte order mark \ufeff",
    "noncharacter \uffff",
    "last code point \U0010ffff",
    "a..b",
    ".leading",
    "trailing.",
    "module.bn1.weight",
    "case",
    "CASE",
    "0",
    "-1",
    "$",
    "$schema",
    "_metadata",
    "__class__",
    "schema",
    "*",
    "[0]",
    "long " + "k" * 70_000,
]

checkpoint = {key: torch.tensor([index]) for index, key in enumerate(KEYS)}
checkpoint["nested"] = {
    "0": "the string",
    0: "the integer",
    1: torch.tensor(1),
    -1: "minus one",
    -(2**31): "smallest int32",
    2**31: "beyond int32",
    2**63 - 1: "largest int64",
    -(2**63): "smallest int64",
    "": {"": {0: {"": torch.tensor(2)}}},
    "a/b": {"c/d": 3},
    "\u00e9": "composed",
    "e\u0301": "decomposed",
}
write_torch_case(FOLDER, checkpoint)
