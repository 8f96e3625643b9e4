"""Headers that the format's library reads though it does not write them; one folder each.

Writers that align tensors to pages put white space before or after the header's object, and some write null for no
metadata. The bytes are put together here, and what must come out is what the library reads.
"""

import json
import struct
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_safetensors, write_document

TENSOR = {"t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
PAGE = 4096 - 8


def header(**metadata) -> bytes:
    return json.dumps({"__metadata__": metadata, **TENSOR} if metadata else TENSOR).encode()


CASES = {
    "page-before": header().rjust(PAGE),
    "page-after": header(author="someone").ljust(PAGE),
    "all-white-space": b" \t\r\n" + header() + b"\n\r\t ",
    "null-metadata": b'{"__metadata__": null, ' + header()[1:],
}

for name, text in CASES.items():
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + struct.pack("<2f", 1, -2))
    write_document(folder / "expected.json", describe_safetensors(folder / "model.safetensors"))
