"""Zip archives written by hand, for checkpoints torch.save does not write: broken, hostile, from other machines."""

import zipfile
from pathlib import Path

STORAGE_RECORDS = {"version": b"3\n", "byteorder": b"little"}


def write_archive(path: Path, records: dict[str, bytes] | list[tuple[str, bytes]], stem: str = "checkpoint") -> None:
    """Stored records under a common folder, in the order given; a list may name a record twice."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in records.items() if isinstance(records, dict) else records:
            archive.writestr(zipfile.ZipInfo(f"{stem}/{name}"), data)


def checkpoint_records(pickle: bytes, *storages: bytes) -> dict[str, bytes]:
    """What torch.save puts into an archive around a pickle."""
    data = {f"data/{index}": storage for index, storage in enumerate(storages)}
    return {"data.pkl": pickle, **STORAGE_RECORDS, **data}
