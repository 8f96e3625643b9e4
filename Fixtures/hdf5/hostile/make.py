"""HDF5 files that must be refused with one clear line: they point outside themselves, hold what is no tensor, never
end, or are broken. secret.h5 and secret.bin are the files that some of them try to read.
"""

import struct
import sys
import zlib
from pathlib import Path

import h5py
import numpy
from h5py import h5d, h5p, h5s, h5t

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_document

VALUES = numpy.arange(1, 9, dtype=numpy.float32)
refused: list[dict] = []


def create(name: str, hint: str, *mentions: str, libver: str = "earliest", **options) -> h5py.File:
    """A file with one good tensor, "first.weight", to which the caller adds the bad thing."""
    refused.append({"file": f"{name}.h5", "code_hint": hint, "mentions": list(mentions)})
    file = h5py.File(FOLDER / f"{name}.h5", "w", libver=libver, **options)
    file["first.weight"] = VALUES
    return file


def write(name: str, data: bytes, hint: str, *mentions: str) -> None:
    (FOLDER / f"{name}.h5").write_bytes(data)
    refused.append({"file": f"{name}.h5", "code_hint": hint, "mentions": list(mentions)})


def take(name: str) -> bytes:
    """The bytes of a file made with `create`, which a variant of it is then made from."""
    refused.pop()
    path = FOLDER / f"{name}.h5"
    data = path.read_bytes()
    path.unlink()
    return data


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) >= 1 and len(old) == len(new), (data.count(old), old)
    return data.replace(old, new)


def untimed() -> h5p.PropDCID:
    creation = h5p.create(h5p.DATASET_CREATE)
    creation.set_obj_track_times(False)
    return creation


def low_level(file: h5py.File, name: str, kind, shape=(2,), creation=None) -> None:
    """A dataset of a type or a kind that h5py's own functions do not make."""
    h5d.create(file.id, name.encode(), kind, h5s.create_simple(shape), creation or untimed())


def pointing_outside() -> None:
    with h5py.File(FOLDER / "secret.h5", "w") as file:
        file["weight"] = VALUES
    (FOLDER / "secret.bin").write_bytes(VALUES.tobytes())

    with create("external-link", "external-link", "outside.weight") as file:
        file["outside.weight"] = h5py.ExternalLink("secret.h5", "/weight")
    with create("external-link-nested", "external-link", "inner.outside") as file:
        file["inner/outside"] = h5py.ExternalLink("secret.h5", "/weight")
    with create("external-link-dangling", "external-link", "outside.weight") as file:
        file["outside.weight"] = h5py.ExternalLink("missing.h5", "/weight")
    with create("external-link-to-itself", "external-link", "outside.weight") as file:
        file["outside.weight"] = h5py.ExternalLink("external-link-to-itself.h5", "/first.weight")
    with create("external-link-latest", "external-link", "outside.weight", libver="v110") as file:
        file["outside.weight"] = h5py.ExternalLink("secret.h5", "/weight")
    with create("soft-link-through-external", "external-link", "door", track_order=True) as file:
        file["through.the.door"] = h5py.SoftLink("/door/weight")
        file["door"] = h5py.ExternalLink("secret.h5", "/")
    with create("soft-link-dangling", "soft-link", "dangling.weight") as file:
        file["dangling.weight"] = h5py.SoftLink("/nowhere/weight")
    with create("soft-link-to-itself", "soft-link", "circular") as file:
        file["circular"] = h5py.SoftLink("/circular")
    with create("soft-links-in-a-circle", "soft-link", "circular.") as file:
        file["circular.a"] = h5py.SoftLink("/circular.b")
        file["circular.b"] = h5py.SoftLink("/circular.a")

    def external(name: str, path: str) -> None:
        with create(name, "external-storage", "stolen.weight") as file:
            file.create_dataset("stolen.weight", shape=(8,), dtype="f4", external=[(path, 0, h5py.h5f.UNLIMITED)])

    external("external-storage", "secret.bin")
    external("external-storage-absolute", "/etc/passwd")
    external("external-storage-missing", "missing.bin")
    for name, source in [("virtual-dataset", "secret.h5"), ("virtual-dataset-same-file", ".")]:
        with create(name, "virtual-dataset", "virtual.weight", libver="v110") as file:
            creation, space = untimed(), h5s.create_simple((8,))
            creation.set_virtual(space, source.encode(), b"first.weight" if source == "." else b"weight", space)
            low_level(file, "virtual.weight", h5t.IEEE_F32LE, (8,), creation)


def structure() -> None:
    with create("group-cycle", "cycle", "loop") as file:
        file["loop"] = file["/"]
    with create("group-cycle-below", "cycle", "inner") as file:
        inner = file.create_group("inner")
        file["inner/deeper/up"] = inner
    with create("group-cycle-soft", "cycle", "inner") as file:
        file["inner/up"] = h5py.SoftLink("/")
    with create("group-laughs", "sharing", libver="v110") as file:
        group = file.create_group("0")
        for _ in range(49):
            below, group = group, file.create_group(None)
            group["a"], group["b"] = below, below
        file["top"] = group
    with create("group-depth", "depth", libver="v110") as file:
        group = file
        for _ in range(2000):
            group = group.create_group("g")
        group["weight"] = VALUES
    with create("name-twice", "duplicate-name", "a.b") as file:
        file["a.b"] = VALUES
        file["a/b"] = VALUES


def types() -> None:
    def numpy_type(name: str, dtype, hint: str = "type") -> None:
        with create(f"type-{name}", hint, "odd.weight") as file:
            file.create_dataset("odd.weight", shape=(2,), dtype=dtype)

    numpy_type("compound", [("x", "<f4"), ("y", "<i4")])
    numpy_type("compound-other-names", [("re", "<f4"), ("im", "<f4")])
    numpy_type("compound-three-parts", [("r", "<f4"), ("i", "<f4"), ("j", "<f4")])
    numpy_type("compound-of-integers", [("r", "<i4"), ("i", "<i4")])
    numpy_type("compound-unequal-parts", [("r", "<f4"), ("i", "<f8")])
    numpy_type("compound-swapped", [("i", "<f4"), ("r", "<f4")])
    numpy_type(
        "compound-padded",
        numpy.dtype({"names": ["r", "i"], "formats": ["<f4", "<f4"], "offsets": [0, 8], "itemsize": 16}),
    )
    numpy_type("vlen", h5py.vlen_dtype(numpy.float32))
    numpy_type("object-reference", h5py.ref_dtype)
    numpy_type("region-reference", h5py.regionref_dtype)
    numpy_type("float128", numpy.longdouble)
    numpy_type("opaque-5", "V5")
    numpy_type("opaque-2-untold", "V2")

    def hdf5_type(name: str, kind) -> None:
        with create(f"type-{name}", "type", "odd.weight") as file:
            low_level(file, "odd.weight", kind)

    hdf5_type("time", h5t.UNIX_D32LE)
    biased = h5t.IEEE_F32LE.copy()
    biased.set_ebias(100)
    hdf5_type("float-other-bias", biased)
    with create("type-committed-alone", "type", "a.type") as file:
        file["a.type"] = numpy.dtype("<f4")
    with create("type-committed-compound", "type", "odd.weight") as file:
        file["a.type"] = numpy.dtype([("x", "<f4")])
        file.create_dataset("odd.weight", shape=(2,), dtype=file["a.type"])


def sizes() -> None:
    huge = dict(shape=(2**40,), dtype="f4")
    with create("size-unwritten-chunks", "size", "huge.weight") as file:
        file.create_dataset("huge.weight", chunks=(2**16,), **huge)
    with create("size-unwritten-chunks-gzip", "size", "huge.weight") as file:
        dataset = file.create_dataset("huge.weight", chunks=(2**16,), compression="gzip", **huge)
        dataset[:100] = 1
    with create("size-unwritten-contiguous", "size", "huge.weight") as file:
        file.create_dataset("huge.weight", **huge)
    with create("size-overflow", "size", "huge.weight") as file:
        file.create_dataset("huge.weight", shape=(2**31, 2**31), dtype="f8", chunks=(1, 2**10))
    with create("size-patched", "size", "second.weight") as file:
        file["second.weight"] = numpy.arange(1234, 1241, dtype=numpy.float64)
        address = file["second.weight"].id.get_offset()
    good = take("size-patched")
    # In a contiguous layout the address stands before the size in bytes; the shape stands in another message, twice.
    layout, shape = struct.pack("<QQ", address, 56), struct.pack("<QQ", 7, 7)
    past_the_end = replaced(good, layout, struct.pack("<QQ", len(good) - 8, 56))
    write("contiguous-past-the-end", past_the_end, "bounds", "second.weight")
    write("contiguous-address-huge", replaced(good, layout, struct.pack("<QQ", 2**62, 56)), "bounds", "second.weight")
    write(
        "contiguous-address-overflow",
        replaced(good, layout, struct.pack("<QQ", 2**64 - 9, 56)),
        "bounds",
        "second.weight",
    )
    longer = replaced(good, shape, struct.pack("<QQ", 2**40, 2**40))
    write("contiguous-shape-huge", longer, "bounds", "second.weight")
    write(
        "contiguous-shape-and-size-huge",
        replaced(longer, layout, struct.pack("<QQ", address, 2**43)),
        "bounds",
        "second.weight",
    )
    write(
        "contiguous-shape-overflow", replaced(good, shape, struct.pack("<QQ", 2**62, 2**62)), "size", "second.weight"
    )
    write(
        "contiguous-size-too-small", replaced(good, layout, struct.pack("<QQ", address, 8)), "bounds", "second.weight"
    )


def filters() -> None:
    with create("lzf", "") as file:
        file.create_dataset("packed.weight", shape=(1024,), dtype="f4", chunks=(1024,), compression="lzf")[:] = 1
    unknown = replaced(take("lzf"), struct.pack("<HH", h5py.h5z.FILTER_LZF, 8), struct.pack("<HH", 40000, 8))
    write("filter-unknown", unknown, "filter", "packed.weight", "40000")

    def chunk(name: str, hint: str, data: bytes, **options) -> None:
        with create(name, hint, "packed.weight") as file:
            dataset = file.create_dataset("packed.weight", shape=(1024,), dtype="f4", chunks=(1024,), **options)
            dataset.id.write_direct_chunk((0,), data)

    full = numpy.arange(1024, dtype=numpy.float32).tobytes()
    packed = zlib.compress(full)
    chunk("chunk-gzip-garbage", "chunk", b"this is not deflated data", compression="gzip")
    chunk("chunk-gzip-truncated", "chunk", packed[:-20], compression="gzip")
    chunk("chunk-gzip-checksum", "chunk", packed[:-4] + b"\0\0\0\0", compression="gzip")
    chunk("chunk-gzip-too-short", "chunk", zlib.compress(full[:-4]), compression="gzip")
    chunk("chunk-gzip-too-long", "chunk", zlib.compress(bytes(2**22)), compression="gzip")
    chunk("chunk-gzip-empty", "chunk", b"\0", compression="gzip")
    chunk("chunk-fletcher32-wrong", "chunk", full + b"\1\2\3\4", fletcher32=True)
    chunk("chunk-fletcher32-without-sum", "chunk", b"\1\2", fletcher32=True)
    chunk("chunk-stored-too-short", "chunk", full[:100])


def broken_files() -> None:
    write("file-empty", b"", "empty")
    write("file-text", b"not HDF5 at all\n", "format")
    write("file-signature-only", b"\x89HDF\r\n\x1a\n", "truncated")
    for version in ["earliest", "v110"]:
        with create("whole", "", libver=version) as file:
            file.create_dataset("second.weight", data=VALUES, chunks=(4,), compression="gzip")
            for index in range(20):
                file[f"layer{index}.weight"] = VALUES
        whole = take("whole")
        for percent in (1, 25, 50, 75, 99):
            write(f"truncated-{version}-{percent}", whole[: len(whole) * percent // 100], "truncated")
    write("checksum-of-superblock", whole[:20] + b"\1" + whole[21:], "corrupt")
    header = whole.index(b"OHDR", whole.index(b"OHDR") + 4)
    write("checksum-of-object-header", whole[: header + 8] + b"\xee" + whole[header + 9 :], "corrupt")


for old in FOLDER.glob("*.h5"):
    old.unlink()
pointing_outside()
structure()
types()
sizes()
filters()
broken_files()
write_document(FOLDER / "expected.json", refused)
