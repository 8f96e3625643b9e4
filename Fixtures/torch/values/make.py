"""Every kind of value that is not a tensor and that torch.load(weights_only=True) accepts."""

import sys
from collections import Counter, OrderedDict
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

NAN, INFINITY = float("nan"), float("inf")


def nested(depth: int) -> list:
    return [nested(depth - 1)] if depth else ["innermost"]


shared = [1, "two", 3.0]
attributed = OrderedDict(a=1)
attributed.note = "kept beside the items"

write_torch_case(
    FOLDER,
    {
        "none": None,
        "true": True,
        "false": False,
        "ints": [
            0,
            1,
            -1,
            255,
            256,
            65535,
            65536,
            2**31 - 1,
            -(2**31),
            2**31,
            2**63 - 1,
            -(2**63),
            2**63,
            2**64,
            -(2**100),
            2**2000,
        ],
        "floats": [0.0, -0.0, 0.1, -1.5, 5e-324, 1.7976931348623157e308, NAN, INFINITY, -INFINITY],
        "complex": [0j, 1 - 2j, complex(NAN, -0.0), complex(INFINITY, 0.1)],
        "strings": ["", "plain", "non-ASCII: é 漢字 🎉", "a NUL \0 inside", "line\nfeed", "x" * 300],
        "bytes": [b"x", b"\x00\x7f\x80\xff", bytes(range(256))],
        "bytearray": [bytearray(), bytearray(b"\x00\xff"), bytearray(range(256))],
        "list": [],
        "list.mixed": [1, "a", None, 2.5, [True, (False,)], {"k": 1}],
        "list.of_ints": [3, 1, 4, 1, 5, 9],
        "list.of_big_ints": [1, 2**70],
        "list.of_floats": [0.5, 0.25, -0.0],
        "list.of_bools": [True, False],
        "list.of_ints_and_floats": [1, 2.0],
        "list.of_strings": ["a", "b"],
        "list.long": list(range(2500)),
        "tuple": (),
        "tuples": [(1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
        "set": set(),
        "set.ints": {3, 1, 2},
        "set.mixed": {1, 2.5, (2, 3)},
        "set.text": {"only"},
        "set.none": {None},
        "dict": {},
        "dict.nested": {"a": {"b": {"c": 1}}, "empty": {}},
        "dict.int_keys": {0: "zero", -1: "minus one", 2**40: "large"},
        "OrderedDict": OrderedDict(),
        "OrderedDict.order": OrderedDict([("z", 1), ("a", 2), ("m", 3)]),
        "OrderedDict.attributed": attributed,
        "Counter": Counter(),
        "Counter.letters": Counter("abracadabra"),
        "Size": [torch.Size([]), torch.Size([0]), torch.Size([2, 3, 4])],
        "dtypes": [
            torch.float32,
            torch.bfloat16,
            torch.int64,
            torch.bool,
            torch.complex64,
            torch.float8_e4m3fn,
            torch.uint16,
            torch.int4,
        ],
        "devices": [torch.device("cpu"), torch.device("cuda:0"), torch.device("cuda"), torch.device("meta")],
        "deep": nested(30),
        "shared.first": shared,
        "shared.second": shared,
        "tensor": torch.tensor([1.0, 2.0]),
        "tensors": [torch.zeros(2), (torch.ones(1), {"t": torch.tensor(5)})],
    },
    entry=None,
)
