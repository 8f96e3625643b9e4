"""Zip archives written by hand, for checkpoints torch.save does not write: broken, hostile, from other machines."""

import io
import pickle
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "torch" / "hostile"))

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


MAGIC_NUMBER, LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001


def legacy_file(
    pickle_bytes: bytes, storages: list[tuple[str, int, bytes]], little_endian: bool = True, version=LEGACY_VERSION
) -> bytes:
    """The format of PyTorch 0.1.10 to 1.5: pickles, then for each storage its element count and its bytes."""
    facts = {
        "protocol_version": version,
        "little_endian": little_endian,
        "type_sizes": {"short": 2, "int": 4, "long": 8 if little_endian else 4},
    }
    start = b"".join(pickle.dumps(value, protocol=2) for value in (MAGIC_NUMBER, version, facts))
    keys = pickle.dumps([key for key, _, _ in storages], protocol=2)
    return start + pickle_bytes + keys + b"".join(struct.pack("<q", count) + data for _, count, data in storages)


class TarFile:
    """The format of PyTorch before 0.1.10. The order of the members is that of its `torch.save`."""

    def __init__(self):
        self.storages, self.views, self.tensors, self.pickle = {}, {}, {}, b""

    def members(self) -> dict[str, bytes]:
        from pickles import a_tuple, global_name, integer, integers, text, whole

        storages = pickle.dumps(len(self.storages), protocol=2)
        for key, (kind, values) in self.storages.items():
            storages += whole(a_tuple(integer(key), text("cpu"), global_name(f"torch.{kind}Storage")))
            storages += struct.pack("<q", values.size) + values.tobytes()
        storages += pickle.dumps([(key, *view) for key, view in self.views.items()], protocol=2)
        tensors = pickle.dumps(len(self.tensors), protocol=2)
        for key, (storage, sizes, strides, offset) in self.tensors.items():
            tensors += whole(a_tuple(integer(key), integer(storage), global_name("torch.FloatTensor")))
            tensors += struct.pack(f"<ii{2 * len(sizes) + 1}q", len(sizes), 0, *sizes, *strides, offset)
        facts = {"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 8}}
        return {
            "sys_info": pickle.dumps(facts, protocol=2),
            "pickle": self.pickle,
            "tensors": tensors,
            "storages": storages,
        }

    def data(self, members: list[tuple[str, bytes]] | None = None) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:", format=tarfile.PAX_FORMAT) as archive:
            for name, data in members or self.members().items():
                # A fraction of a second makes Python write a pax header, as it did for every member then.
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), 1.5
                archive.addfile(info, io.BytesIO(data))
        return buffer.getvalue()
