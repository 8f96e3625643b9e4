"""The format of PyTorch 0.1.10 to 1.5, as today's PyTorch still writes it, with every pickle protocol that works.

The keys of storages are addresses: these files differ from run to run. What today's PyTorch no longer writes is put
together by hand: views of storages, a file from a big-endian machine (whose bytes are little-endian all the same),
and text operations of protocol 0 with no tensors, which PyTorch cannot pickle by it.
"""

import sys
from collections import Counter, OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from archive import legacy_file
from expectation import write_expectation, write_legacy_case
from pickles import (
    a_tuple,
    call,
    dictionary,
    global_name,
    integer,
    integers,
    pickle,
    text,
    whole,
)

torch.manual_seed(15)
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))
write_legacy_case(FOLDER / "state-dict", model.state_dict())
write_legacy_case(FOLDER / "parameters", model.state_dict(keep_vars=True))

base = torch.arange(24.0)
shared = torch.arange(3, dtype=torch.int16)
write_legacy_case(
    FOLDER / "views",
    OrderedDict(
        first=shared,
        second=shared,
        transposed=base.view(4, 6).t(),
        part=base[5:9],
        expanded=torch.tensor(1.5).expand(2, 3),
        empty=torch.empty(0, 3),
        scalar=torch.tensor(7),
        conjugate=torch.tensor([1 + 2j, 3 - 4j]).conj(),
    ),
)
types = [torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.uint8, torch.int32, torch.int64, torch.bool]
tensors = OrderedDict((str(dtype), torch.arange(4).to(dtype)) for dtype in types)
tensors["complex64"], tensors["complex128"] = torch.tensor([1 + 2j]), torch.tensor([3 - 4j], dtype=torch.complex128)
write_legacy_case(FOLDER / "scalar-types", tensors)

values = {
    "none": None,
    "flags": [True, False],
    "ints": [0, -1, 255, 65536, -(2**31), 2**63 - 1, 2**64, -(2**70), 10**300, -(10**300)],
    "floats": [0.1, -0.0, 1e300, 5e-324, float("inf"), float("-inf"), float("nan")],
    "complex": 1 - 2j,
    "texts": ["", "plain", "é 漢 🎉", "back\\slash", "line\nfeed\r\0", "\\u0041 'quoted' \"twice\""],
    "bytes": [b"\0\xff", bytearray(b"ab")],
    "list": [1, [2, []]],
    "tuple": (1, (2, 3), ()),
    "set": {1},
    "int keys": {0: "zero", -5: "minus five"},
    "ordered": OrderedDict(b=1, a=2),
    "counter": Counter("abca"),
    "torch": [torch.Size([2, 3]), torch.float16, torch.device("cuda:1")],
}
for protocol in range(6):
    tensor = {} if protocol == 0 else {"tensor": torch.arange(3.0)}
    write_legacy_case(FOLDER / f"protocol-{protocol}", values | tensor, None, protocol, needs_trust=protocol != 2)


def by_hand(name: str, pickle: bytes, storages: list, **facts) -> None:
    (FOLDER / name).mkdir(exist_ok=True)
    (FOLDER / name / "checkpoint.pth").write_bytes(legacy_file(pickle, storages, **facts))
    write_expectation(FOLDER / name, "torch-legacy")


def old_storage(view: bytes, kind: str = "torch.FloatStorage", key: str = "94000001", numel: int = 6) -> bytes:
    identifier = a_tuple(text("storage"), global_name(kind), text(key), text("cuda:0"), integer(numel), view)
    return identifier + pickle.BINPERSID


def old_tensor(of: bytes, size: tuple, stride: tuple, offset: int = 0) -> bytes:
    """As PyTorch 0.1.10 to 0.3 rebuilt it: without requires_grad and hooks."""
    return call("torch._utils._rebuild_tensor", of, integer(offset), integers(*size), integers(*stride))


bytes_of = torch.arange(6.0).numpy().tobytes()
first_half = a_tuple(text("94000002"), integer(0), integer(3))
second_half = a_tuple(text("94000003"), integer(3), integer(3))
entries = (
    text("all")
    + old_tensor(old_storage(pickle.NONE), (2, 3), (3, 1))
    + text("first")
    + old_tensor(old_storage(first_half), (3,), (1,))
    + text("second")
    + old_tensor(old_storage(second_half), (2,), (1,), 1)
)
views = whole(call("collections.OrderedDict") + pickle.MARK + entries + pickle.SETITEMS)
by_hand("storage-views", views, [("94000001", 6, bytes_of)])
by_hand(
    "sys-info-big-endian",
    whole(dictionary(text("w"), old_tensor(old_storage(pickle.NONE), (6,), (1,)))),
    [("94000001", 6, bytes_of)],
    little_endian=False,
)
