"""Checkpoints that were unpacked and zipped again: by the `zip` tool, by Python, in another order, under other names."""

import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_expectation

torch.manual_seed(31)
buffer = io.BytesIO()
torch.save(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).state_dict(), buffer)
with zipfile.ZipFile(buffer) as archive:
    RECORDS = {name: archive.read(name) for name in archive.namelist()}
WHEN = (2026, 1, 2, 3, 4, 6)


def target(name: str) -> Path:
    (FOLDER / name).mkdir(exist_ok=True)
    return FOLDER / name / "checkpoint.pth"


def write(name: str, records: list, method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> None:
    with zipfile.ZipFile(target(name), "w") as archive:
        archive.comment = comment
        for record, data in records:
            archive.writestr(zipfile.ZipInfo(record, WHEN), data, method)
    write_expectation(FOLDER / name, "torch-zip")


def write_by_zip(name: str, *options: str) -> None:
    """The zip tool, where it is installed; it adds entries for folders and the time of each file."""
    if not shutil.which("zip"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for record, data in RECORDS.items():
            path = Path(folder) / record
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        target(name).unlink(missing_ok=True)
        subprocess.run(["zip", "-q", "-r", *options, target(name), "archive"], cwd=folder, check=True)
    write_expectation(FOLDER / name, "torch-zip")


items = list(RECORDS.items())
write("other-prefix", [(record.replace("archive/", "épreuve 1/"), data) for record, data in items])
write("reversed", items[::-1])
write("folders", [("archive/", b""), ("archive/data/", b""), *items, ("archive/notes.txt", b"extra")])
write("comment", items, comment=b"zipped again")
write("deflated-level-9", items, zipfile.ZIP_DEFLATED)
write_by_zip("zip-tool-stored", "-0")
write_by_zip("zip-tool-deflated", "-9")

# torch.save without checksums: they are 0, also in the descriptors.
torch.serialization.set_crc32_options(False)
torch.save(torch.load(FOLDER / "reversed" / "checkpoint.pth", weights_only=True), target("crc-0"))
torch.serialization.set_crc32_options(True)
write_expectation(FOLDER / "crc-0", "torch-zip")
