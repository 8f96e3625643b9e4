"""The format of PyTorch before 0.1.10: a tar archive of storages, tensors and the pickle of the rest.

No PyTorch that can be installed today writes it. These are put together as torch/serialization.py of 0.1.9 did, and
torch.load of today, which still reads them, says what is in them.
"""

import sys
from pathlib import Path

import numpy

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from archive import TarFile
from expectation import write_expectation
from pickles import call, integer, pickle, text, whole

# Storages by their address: the type, the values.
file = TarFile()
for key, kind, dtype in [
    (140001, "Float", "f4"),
    (140002, "Double", "f8"),
    (140003, "Half", "f2"),
    (140004, "Long", "i8"),
    (140005, "Int", "i4"),
    (140006, "Short", "i2"),
    (140007, "Char", "i1"),
    (140008, "Byte", "u1"),
]:
    file.storages[key] = (kind, numpy.arange(12).astype(dtype))
# (root, offset, count)
file.views[140101] = (140001, 6, 6)
# (storage, sizes, strides, offset)
file.tensors = {
    150001: (140001, (3, 4), (4, 1), 0),
    150002: (140101, (2, 2), (2, 1), 1),
    150003: (140001, (4, 3), (1, 4), 0),
    **{150010 + index: (140002 + index, (12,), (1,), 0) for index in range(7)},
}


def persistent(key: int) -> bytes:
    return text(str(key)) + pickle.BINPERSID


entries = b"".join(
    text(name) + persistent(key)
    for name, key in [
        ("weight", 150001),
        ("tied", 150001),
        ("part", 150002),
        ("transposed", 150003),
        *[(f"type.{key}", key) for key in range(150010, 150017)],
    ]
)
state_dict = call("collections.OrderedDict") + pickle.MARK + entries + pickle.SETITEMS
root = pickle.EMPTY_DICT + pickle.MARK + text("epoch") + integer(3) + text("model") + state_dict + pickle.SETITEMS
file.pickle = whole(root)
(FOLDER / "checkpoint.pth").write_bytes(file.data())
write_expectation(FOLDER, "torch-tar", "model", needs_trust=True)
