"""Records without values: `skip_data` leaves room for each storage and no checksum; one is filled in place afterwards,
and one tensor is a transposed view of a storage that was never written."""

import sys
from pathlib import Path

import torch
from torch.serialization import skip_data

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import contiguous_bytes, describe_checkpoint, write_document

torch.manual_seed(5)
filled = torch.randn(2, 3)
# What was never written reads as zeros.
value = {
    "filled": filled,
    "absent.weight": torch.zeros(3, 4),
    "absent.transposed": torch.zeros(4, 5).t(),
    "absent.counter": torch.zeros((), dtype=torch.int64),
    "empty": torch.empty(0),
}
path = FOLDER / "checkpoint.pth"
with skip_data():
    torch.save(value, path)
reader = torch._C.PyTorchFileReader(str(path))
with open(path, "r+b") as file:
    file.seek(reader.get_record_offset("data/0"))
    file.write(contiguous_bytes(filled))

write_document(FOLDER / "expected.json", describe_checkpoint(torch.load(path, weights_only=True), ""))
