"""What others write into HDF5 files and PyTorch does not: one small file for each kind of thing, always beside a tensor `w`.

`contents.json` says of each file which tensors must come out, which entries are listed as unreadable (and a word of the
reason), and a word of each note that is expected. Files are written by h5py 3.16 with HDF5 2.0; what h5py has no
function for, shared messages and cache images, by its library through ctypes; two files by PyTables 3.11.

Run it with a Python that has h5py, ml_dtypes and tables.
"""

import ctypes
import json
import subprocess
import zlib
from pathlib import Path

import h5py
import numpy
from h5py import h5d, h5f, h5p, h5s, h5t

FOLDER = Path(__file__).resolve().parent
W = numpy.arange(30, dtype=numpy.float32).reshape(6, 5)
RANDOM = numpy.random.default_rng(7)
NAMES = {"bool": "bool", "complex64": "complex64", "complex128": "complex128"}
contents: dict[str, dict] = {}


class Case:
    """A file being made, and what must come out of it."""

    written: list[str]

    def __init__(self, name: str, w: bool = True, **options) -> None:
        self.path, self.written = FOLDER / f"{name}.h5", []
        self.path.unlink(missing_ok=True)
        self.expected = contents[f"{name}.h5"] = {"tensors": {}, "unreadable": {}, "notes": [], "values": {}}
        self.file = h5py.File(self.path, "w", **options)
        if w:
            self.file.create_dataset("w", data=W, track_times=False)
            self.tensor("w", W)

    def __enter__(self) -> "Case":
        return self

    def __exit__(self, *_) -> None:
        self.file.close()
        if not self.written:
            return
        # What was just written is in a cache, as it was before lossy filters.
        with h5py.File(self.path) as file:
            for name in self.written:
                self.tensor(name, file[name][()])

    def tensor(self, name: str, values: numpy.ndarray, dtype: str | None = None) -> None:
        little = values.astype(values.dtype.newbyteorder("<")) if values.dtype.kind in "iufc" else values
        self.expected["tensors"][name.replace("/", ".")] = {
            "dtype": dtype or values.dtype.name,
            "shape": list(values.shape),
            "crc32": f"{zlib.crc32(numpy.ascontiguousarray(little).tobytes()):08x}",
        }

    def make(self, name: str, values: numpy.ndarray, expect: numpy.ndarray | None = None, **options) -> h5py.Dataset:
        dataset = self.file.create_dataset(name, data=values, track_times=False, **options)
        self.written.append(name) if expect is None else self.tensor(name, expect)
        return dataset

    def low_level(self, name: str, kind, shape: tuple, creation=None):
        creation = creation or h5p.create(h5p.DATASET_CREATE)
        creation.set_obj_track_times(False)
        return h5d.create(self.file.id, name.encode(), kind, h5s.create_simple(shape), creation)

    def unreadable(self, name: str, word: str) -> None:
        self.expected["unreadable"][name] = word

    def note(self, word: str) -> None:
        self.expected["notes"].append(word)


def objects() -> None:
    with Case("compound") as case:
        case.file["table"] = numpy.zeros(3, [("x", "f4"), ("name", "S4")])
        case.file["nothing"] = h5py.Empty(numpy.dtype([("x", "f4")]))
        case.file["list"] = h5py.Empty("f4")
        case.unreadable("table", "compound")
        case.unreadable("nothing", "compound")
        case.expected["values"]["list"] = {"none": None}
    with Case("references") as case:
        made = case.file.create_dataset("refs", (2,), h5py.ref_dtype)
        made[0] = case.file["w"].ref
        case.file.create_dataset("regions", (1,), h5py.regionref_dtype)
        case.unreadable("refs", "reference")
        case.unreadable("regions", "reference")
    with Case("variable") as case:
        made = case.file.create_dataset("ragged", (2,), h5py.vlen_dtype(numpy.int32))
        made[0], made[1] = [1, 2], [3]
        case.unreadable("ragged", "variable length")
    with Case("named_type") as case:
        case.file["type"] = numpy.dtype("<f8")
        case.make("used", numpy.arange(3.0), dtype=case.file["type"])
        case.unreadable("type", "named datatype")
    with Case("links") as case:
        case.file["gone"] = h5py.SoftLink("/nowhere")
        case.file["circle"] = h5py.SoftLink("/circle")
        case.file["outside"] = h5py.ExternalLink("other.h5", "/w")
        case.file["inner/again"] = h5py.SoftLink("../w")
        case.file["inner/far"] = h5py.SoftLink("../../w")
        case.file["inner/up"] = h5py.SoftLink("/")
        case.tensor("inner.again", W)
        for name, word in [("gone", "does not exist"), ("circle", "soft link"), ("outside", "external")]:
            case.unreadable(name, word)
        case.unreadable("inner.far", "does not exist")
        case.unreadable("inner.up", "itself")
        case.note("'..'")
    with Case("elsewhere") as case:
        case.file.create_dataset("external", (8,), "f4", external=[("other.bin", 0, 32)])
        layout = h5py.VirtualLayout((6, 5), "f4")
        layout[...] = h5py.VirtualSource(".", "w", (6, 5))
        case.file.create_virtual_dataset("virtual", layout)
        case.unreadable("external", "another file")
        case.unreadable("virtual", "virtual")
    with Case("latin1") as case:
        case.file["w"].attrs.create(b"gr\xf6\xdfe".decode("latin-1").encode("latin-1"), 3)
        case.file["w"].attrs["unit"] = numpy.bytes_(b"\xb5m")
        case.file[b"h\xf6he"] = numpy.float32(1.5)
        case.tensor("höhe", numpy.float32(1.5))
        case.file["text"] = numpy.bytes_(b"\xe4")
        case.unreadable("text", "UTF-8")
        case.note("Latin-1")
    with Case("unknown_filter") as case:
        creation = h5p.create(h5p.DATASET_CREATE)
        creation.set_chunk((8,))
        creation.set_deflate(4)
        case.low_level("packed", h5t.IEEE_F32LE, (8,), creation).write(
            h5s.ALL, h5s.ALL, numpy.arange(8, dtype="f4")
        )
        case.unreadable("packed", "zstd")
    data = (FOLDER / "unknown_filter.h5").read_bytes()
    # The only filter of the file: its number in a message of version 1, with the length of its name.
    old, new = (1).to_bytes(2, "little") + (8).to_bytes(2, "little"), (32015).to_bytes(2, "little") + (8).to_bytes(2, "little")
    assert data.count(old + b"\1\0\1\0deflate") == 1
    (FOLDER / "unknown_filter.h5").write_bytes(data.replace(old + b"\1\0\1\0deflate", new + b"\1\0\1\0deflate"))


def types() -> None:
    with Case("enums") as case:
        colours = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": -7}, basetype=">i4")
        case.make("colours", numpy.array([0, 1, -7, 1]), numpy.array([0, 1, -7, 1], "i4"), dtype=colours)
        flags = h5py.enum_dtype({"FALSE": 0, "TRUE": 1}, basetype="u1")
        case.make("flags", numpy.array([0, 1, 1], "u1"), numpy.array([False, True, True]), dtype=flags)
        case.note("enumeration")
    with Case("bits") as case:
        for name, kind, dtype in [("b8", h5t.STD_B8LE, "u1"), ("b32", h5t.STD_B32BE, ">u4"), ("b64", h5t.STD_B64LE, "u8")]:
            values = RANDOM.integers(0, 200, 5).astype(dtype)
            made = case.low_level(name, kind, (5,))
            # HDF5 converts between bit fields only, so the memory type is that of the file.
            made.write(h5s.ALL, h5s.ALL, values, kind)
            case.tensor(name, values)
    with Case("arrays") as case:
        grid = RANDOM.integers(-9, 9, (4, 2, 3)).astype("i2")
        made = case.file.create_dataset("grid", (4,), numpy.dtype(("<i2", (2, 3))))
        made[...] = grid
        case.tensor("grid", grid)
        chunked = case.file.create_dataset("chunked", (7, 3), numpy.dtype((">f4", (2,))), chunks=(2, 2), compression="gzip", shuffle=True)
        values = RANDOM.normal(size=(7, 3, 2)).astype("f4")
        chunked[...] = values
        case.tensor("chunked", values)
        names = case.file.create_dataset("names", (2,), numpy.dtype(("S3", (2,))))
        names[...] = numpy.array([[b"a", b"bc"], [b"def", b""]])
        case.expected["values"]["names"] = {"list": [["a", "bc"], ["def", ""]]}
    with Case("padded") as case:
        for name, base, precision, offset in [("i24", h5t.STD_I32LE, 24, 0), ("i10", h5t.STD_I16BE, 10, 3), ("u5", h5t.STD_U8LE, 5, 2)]:
            kind = base.copy()
            kind.set_precision(precision)
            kind.set_offset(offset)
            signed = name[0] == "i"
            least, most = (-(1 << precision - 1), (1 << precision - 1) - 1) if signed else (0, (1 << precision) - 1)
            values = numpy.array([least, most, 0, 1, least // 2, most // 3], base.dtype)
            case.low_level(name, kind, (6,)).write(h5s.ALL, h5s.ALL, values)
            case.tensor(name, values)
    with Case("complex", libver=("v200", "latest")) as case:
        values = numpy.array([1 + 2j, -3.5j, 0, 7])
        for name, kind, dtype in [("c64", h5t.COMPLEX_IEEE_F32LE, "<c8"), ("c64be", h5t.COMPLEX_IEEE_F32BE, ">c8"), ("c128", h5t.COMPLEX_IEEE_F64LE, "<c16")]:
            case.low_level(name, kind, (4,)).write(h5s.ALL, h5s.ALL, values.astype(dtype))
            case.tensor(name, values.astype(dtype.replace(">", "<")))
    with Case("small_floats") as case:
        library = Library()
        raw = RANDOM.integers(0, 256, 8).astype("u1")
        for name, symbol, dtype in [
            ("bf16", "H5T_FLOAT_BFLOAT16LE_g", "bfloat16"),
            ("e4m3", "H5T_FLOAT_F8E4M3_g", "float8_e4m3fn"),
            ("e5m2", "H5T_FLOAT_F8E5M2_g", "float8_e5m2"),
        ]:
            kind = h5t.typewrap(library.copied_type(symbol)) if hasattr(h5t, "typewrap") else h5t.TypeFloatID(library.copied_type(symbol))
            shape = (8 // kind.get_size(),)
            case.low_level(name, kind, shape).write(h5s.ALL, h5s.ALL, raw.view(f"V{kind.get_size()}"), kind)
            case.tensor(name, raw.view(f"u{kind.get_size()}"), dtype)
    with Case("opaque") as case:
        import ml_dtypes

        values = numpy.array([1, -2.5, 0.125, 3], "f4")
        for name in ["bfloat16", "float8_e4m3fn", "float8_e5m2"]:
            array = values.astype(getattr(ml_dtypes, name))
            raw = array.view(f"V{array.dtype.itemsize}")
            made = case.file.create_dataset(name, data=raw, track_times=False)
            made.attrs["dtype"] = name
            case.tensor(name, raw.view(f"u{array.dtype.itemsize}"), name)
        case.file.create_dataset("untold", data=values.astype(ml_dtypes.bfloat16).view("V2"), track_times=False)
        case.file.create_dataset("five", data=numpy.zeros(2, "V5"), track_times=False)
        case.unreadable("untold", "opaque")
        case.unreadable("five", "opaque")
    with Case("tags") as case:
        dates = numpy.array(["2020-01-01"], "M8[s]")
        case.file.create_dataset("dates", data=dates.astype(h5py.opaque_dtype(dates.dtype)), track_times=False)
        kind = h5t.create(h5t.OPAQUE, 2)
        kind.set_tag(b"np:bfloat16")
        case.low_level("tagged", kind, (3,)).write(h5s.ALL, h5s.ALL, numpy.zeros(3, "V2"), kind)
        case.file.create_dataset("points", data=numpy.zeros(2, [("x", "f4"), ("y", "i4")]), track_times=False)
        case.file.create_dataset("one", data=numpy.zeros(2, [("only", "f4")]), track_times=False)
        case.unreadable("dates", '8 bytes ("NUMPY:<M8[s]"), and the file does not say what numbers they are; write')
        case.unreadable("tagged", '2 bytes ("np:bfloat16"), and the file does not say what numbers they are; if they are')
        case.unreadable("points", "a compound of 2 values ('x', ...); write its numbers as plain datasets")
        case.unreadable("one", "a compound of 1 value ('only'); write")
    with Case("texts") as case:
        case.file.create_dataset("fixed", data=numpy.array([[b"a", b"b", b"c"], [b"d", b"", b"f"]]), track_times=False)
        case.file.create_dataset("variable", data=[["x", "y"]], dtype=h5py.string_dtype(), track_times=False)
        case.expected["values"]["fixed"] = {"list": [["a", "b", "c"], ["d", "", "f"]]}
        case.expected["values"]["variable"] = {"list": [["x", "y"]]}


def structures() -> None:
    library = Library()
    for name, version in [("shared_messages_list", 8), ("shared_messages_tree", 0)]:
        creation = h5p.create(h5p.FILE_CREATE)
        library.call("H5Pset_shared_mesg_nindexes", creation.id, 2)
        # Dataspaces, types and fill values in one index, filters and attributes in another; none is too small.
        library.call("H5Pset_shared_mesg_index", creation.id, 0, 0x02 | 0x08 | 0x20, 8)
        library.call("H5Pset_shared_mesg_index", creation.id, 1, 0x800 | 0x1000, 8)
        library.call("H5Pset_shared_mesg_phase_change", creation.id, version, max(0, version - 1))
        path = FOLDER / f"{name}.h5"
        path.unlink(missing_ok=True)
        access = h5p.create(h5p.FILE_ACCESS)
        access.set_libver_bounds(h5f.LIBVER_V18, h5f.LIBVER_LATEST)
        h5f.create(str(path).encode(), h5f.ACC_TRUNC, creation, access).close()
        case = Case.__new__(Case)
        case.path, case.written, case.file = path, [], h5py.File(path, "r+", libver=("v108", "latest"))
        case.expected = contents[path.name] = {"tensors": {}, "unreadable": {}, "notes": [], "values": {}}
        with case:
            for index in range(4):
                made = case.make(f"w{index}", W + index, chunks=(2, 5), compression="gzip", shuffle=True, fillvalue=2.5)
                for attribute in range(3 if index < 3 else 12):
                    made.attrs[f"a{attribute}"] = "the same long text in every dataset"
            case.file["text"] = "abc"
            case.expected["values"]["text"] = {"string": "abc"}
    for address, length in [(4, 4), (8, 4), (4, 8), (2, 2), (8, 2)]:
        creation = h5p.create(h5p.FILE_CREATE)
        creation.set_sizes(address, length)
        path = FOLDER / f"sizes_{address}_{length}.h5"
        path.unlink(missing_ok=True)
        h5f.create(str(path).encode(), h5f.ACC_TRUNC, creation).close()
        case = Case.__new__(Case)
        case.path, case.written, case.file = path, [], h5py.File(path, "r+")
        case.expected = contents[path.name] = {"tensors": {}, "unreadable": {}, "notes": [], "values": {}}
        with case:
            case.make("group/w", W)
            case.make("chunked", W, chunks=(2, 2), compression="gzip")
            case.file.create_dataset("texts", data=["a", "bcd", ""], dtype=h5py.string_dtype(), track_times=False)
            case.expected["values"]["texts"] = {"list": ["a", "bcd", ""]}
    for version in ["earliest", "v110"]:
        with Case(f"beyond_shape_{version}", libver=(version, "latest")) as case:
            creation = h5p.create(h5p.DATASET_CREATE)
            creation.set_chunk((4, 4))
            creation.set_alloc_time(h5d.ALLOC_TIME_EARLY)
            creation.set_obj_track_times(False)
            made = h5d.create(case.file.id, b"early", h5t.IEEE_F32LE, h5s.create_simple((10, 4), (20, 8)), creation)
            made.write(h5s.ALL, h5s.ALL, numpy.arange(40, dtype="f4").reshape(10, 4))
            case.tensor("early", numpy.arange(40, dtype="f4").reshape(10, 4))
            shrunk = case.file.create_dataset("shrunk", data=numpy.arange(64.0).reshape(8, 8), chunks=(3, 3), maxshape=(8, 8), track_times=False)
            shrunk.resize((4, 5))
            case.written.append("shrunk")
    with Case("unwritten") as case:
        made = case.file.create_dataset("large", (1 << 28, 3), "f4", fillvalue=1.25, track_times=False)
        case.expected["shapes"] = {"large": [1 << 28, 3]}
        case.file.create_dataset("huge", (1 << 40,), "f8", chunks=(1 << 16,), track_times=False)
        case.unreadable("huge", "never written")
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_LATEST)

    class Image(ctypes.Structure):
        _fields_ = [("version", ctypes.c_int32), ("generate", ctypes.c_uint8), ("resize", ctypes.c_uint8), ("ageout", ctypes.c_int32)]

    image = Image(1, 1, 0, -1)
    library.call("H5Pset_mdc_image_config", access.id, ctypes.byref(image))
    path = FOLDER / "cache_image.h5"
    path.unlink(missing_ok=True)
    file = h5py.File(h5f.create(str(path).encode(), h5f.ACC_TRUNC, None, access))
    case = Case.__new__(Case)
    case.path, case.written, case.file = path, [], file
    case.expected = contents[path.name] = {"tensors": {}, "unreadable": {}, "notes": [], "values": {}}
    with case:
        for index in range(12):
            case.make(f"group{index}/w", W * index, W * index, chunks=(2, 5) if index % 2 else None)


def filters() -> None:
    with Case("lzf") as case:
        case.make("runs", numpy.repeat(numpy.arange(50, dtype="i4"), 40), chunks=(500,), compression="lzf")
        case.make("shuffled", RANDOM.normal(size=(60, 50)).astype("f4").round(1), chunks=(20, 30), compression="lzf", shuffle=True)
        case.make("summed", numpy.arange(3000, dtype="i2") % 7, chunks=(1000,), compression="lzf", fletcher32=True)
        # Random bytes do not become smaller: the filter is left out, as the mask of the chunks says.
        case.make("random", RANDOM.integers(0, 256, 3000).astype("u1"), chunks=(1000,), compression="lzf")
        case.make("big_endian", numpy.arange(900).astype(">i8"), chunks=(300,), compression="lzf", shuffle=True)
    with Case("scale_offset") as case:
        for dtype in ["i1", "u1", "i2", ">u2", "i4", ">i4", "u4", "i8", "u8", ">i8"]:
            least, most = (-50, 70) if "i" in dtype else (100, 220)
            values = RANDOM.integers(least, most, 700).astype(dtype)
            case.make(f"int.{dtype}".replace(">", "big_"), values, chunks=(300,), scaleoffset=0)
        case.make("int.12_bits", RANDOM.integers(0, 4000, 500).astype("i4"), chunks=(500,), scaleoffset=12)
        case.make("int.constant", numpy.full(500, -3, "i8"), chunks=(100,), scaleoffset=0)
        case.make("int.whole", RANDOM.integers(-(1 << 31), 1 << 31, 100).astype("i4"), chunks=(100,), scaleoffset=0)
        case.make("int.gzip", RANDOM.integers(0, 9, 3000).astype("i4"), chunks=(1000,), scaleoffset=0, compression="gzip")
        case.make("int.lzf", numpy.arange(3000, dtype="i4") // 100, chunks=(1000,), scaleoffset=0, compression="lzf")
        for dtype in ["f4", ">f4", "f8", ">f8"]:
            for digits in [0, 2, 5, -1]:
                if digits < 0:
                    continue
                name = f"float.{dtype}.{digits}".replace(">", "big_")
                case.make(name, (RANDOM.normal(size=600) * 100).astype(dtype), chunks=(250,), scaleoffset=digits)
        holes = case.file.create_dataset("float.holes", (40,), "f4", chunks=(10,), scaleoffset=3, fillvalue=-7.5, track_times=False)
        holes[5:25] = numpy.linspace(0, 1, 20)
        case.written.append("float.holes")
        holes = case.file.create_dataset("int.holes", (40,), "i4", chunks=(10,), scaleoffset=0, fillvalue=-9, track_times=False)
        holes[5:25] = numpy.arange(20)
        case.written.append("int.holes")
    with Case("n_bit") as case:
        for name, base, precision, offset in [("i20", h5t.STD_I32LE, 20, 4), ("u11", h5t.STD_U16BE, 11, 2), ("i3", h5t.STD_I8LE, 3, 0), ("i50", h5t.STD_I64LE, 50, 0), ("whole", h5t.STD_I32LE, 32, 0)]:
            kind = base.copy()
            kind.set_precision(precision)
            kind.set_offset(offset)
            signed = base.get_sign() == h5t.SGN_2
            least, most = (-(1 << precision - 1), (1 << precision - 1)) if signed else (0, 1 << precision)
            values = RANDOM.integers(least, most, (30, 21)).astype(base.dtype)
            creation = h5p.create(h5p.DATASET_CREATE)
            creation.set_chunk((8, 7))
            creation.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL, ())
            if name == "i20":
                creation.set_deflate(6)
            made = case.low_level(name, kind, (30, 21), creation)
            made.write(h5s.ALL, h5s.ALL, values)
            case.tensor(name, values)


def pytables() -> None:
    import tables

    path = FOLDER / "pytables.h5"
    path.unlink(missing_ok=True)
    expected = contents[path.name] = {"tensors": {}, "unreadable": {}, "notes": [], "values": {}}
    with tables.open_file(str(path), "w") as file:
        file.create_array("/", "w", W)
        file.create_carray("/", "packed", obj=W, filters=tables.Filters(5, "blosc"))
        file.create_array("/", "flags", numpy.array([True, False, True]))
        file.create_table("/", "table", {"x": tables.Float32Col(), "y": tables.Int32Col()}, chunkshape=(4,))
        file.create_vlarray("/", "ragged", tables.Int32Atom(), chunkshape=(4,)).append([1, 2])
    case = Case.__new__(Case)
    case.expected = expected
    case.tensor("w", W)
    case.tensor("flags", numpy.array([1, 0, 1], "u1"))
    case.unreadable("packed", "blosc")
    case.unreadable("table", "compound")
    case.unreadable("ragged", "variable length")


class Library:
    """The HDF5 library that h5py has loaded."""

    def __init__(self) -> None:
        with open("/proc/self/maps") as maps:
            path = next(line.split()[-1] for line in maps if "libhdf5-" in line or line.rstrip().endswith("libhdf5.so"))
        self.library = ctypes.CDLL(path)

    def call(self, name: str, identifier: int, *arguments) -> None:
        function = getattr(self.library, name)
        plain = [ctypes.c_uint(a) if isinstance(a, int) else a for a in arguments]
        assert function(ctypes.c_int64(identifier), *plain) >= 0, name

    def copied_type(self, symbol: str) -> int:
        kind = ctypes.c_int64.in_dll(self.library, symbol).value
        function = self.library.H5Tcopy
        function.restype = ctypes.c_int64
        return function(ctypes.c_int64(kind))


objects()
types()
structures()
filters()
pytables()
document = json.dumps(contents, ensure_ascii=False, indent=1, sort_keys=True)
(FOLDER / "contents.json").write_text(document + "\n")
