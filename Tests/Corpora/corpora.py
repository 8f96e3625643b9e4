"""Compares what dbn-convert reads of anyone's HDF5 files with what h5py reads, dataset by dataset.

    corpora.py COMMAND FOLDER...

Every file below the folders that has HDF5's signature is converted with `--lossy`, and each of its datasets is one of:

- equal: the values that h5py reads, or texts that are the same
- noted: read, in another type than h5py's, which a note announces (enumerations), or which h5py has no type for
- unreadable: listed by name with a reason
- refused: in a file that is refused as a whole, with a reason
- only here: read, where h5py can't read it

Exit status 1 on a wrong value, on a dataset that nothing is said of, on a crash, or if a command takes over a minute.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import h5py
import numpy

SIGNATURE = b"\x89HDF\r\n\x1a\n"
counts: Counter = Counter()
reasons: Counter = Counter()
faults: list[str] = []


def main(command: str, folders: list[str]) -> int:
    files = sorted({path for folder in folders for path in Path(folder).rglob("*") if is_hdf5(path)})
    with tempfile.TemporaryDirectory() as scratch:
        for path in files:
            compare(command, path, Path(scratch))
    print(f"{len(files)} files, {sum(v for k, v in counts.items() if k[0] == 'dataset')} datasets")
    for (thing, outcome), count in sorted(counts.items()):
        print(f"  {thing} {outcome}: {count}")
    print("reasons:")
    for reason, count in reasons.most_common():
        print(f"  {count:5} {reason}")
    for fault in faults:
        print("FAULT", fault)
    return 1 if faults else 0


def is_hdf5(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        offset, size = 0, path.stat().st_size
        while offset + 8 <= size:
            file.seek(offset)
            if file.read(8) == SIGNATURE:
                return True
            offset = 512 if offset == 0 else offset * 2
    return False


def run(command: str, *arguments: str) -> subprocess.CompletedProcess | None:
    try:
        return subprocess.run([command, *arguments], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None


def compare(command: str, path: Path, scratch: Path) -> None:
    converted = scratch / "converted.h5"
    converted.unlink(missing_ok=True)
    info = run(command, "info", "--json", str(path))
    if info is None or info.returncode < 0 or info.returncode > 2:
        faults.append(f"{path}: info {'hangs' if info is None else f'ends with {info.returncode}'}")
        return
    theirs, problem = read_by_h5py(path)
    if info.returncode != 0:
        return refused(path, theirs, message(info, path))
    shown = json.loads(info.stdout)
    # Only what takes no minutes to write.
    if sum(tensor["bytes"] for tensor in shown["tensors"]) > 1 << 28:
        counts["file", "too large to compare"] += 1
        return
    result = run(command, "convert", "--lossy", str(path), str(converted))
    if result is not None and result.returncode == 2:
        return refused(path, theirs, message(result, path))
    if result is None or result.returncode != 0:
        outcome = "hangs" if result is None else f"ends with {result.returncode}: {message(result, path)}"
        faults.append(f"{path}: convert {outcome}")
        return
    counts["file", "read" if problem is None else "read, and h5py can't list it"] += 1
    losses = result.stderr.decode(errors="replace")
    with h5py.File(converted) as ours:
        compare_datasets(path, ours, theirs, losses, shown)


def refused(path: Path, theirs: dict, reason: str) -> None:
    counts["file", "refused" if theirs else "refused, without readable datasets"] += 1
    count("refused", len(theirs))
    reasons[f"file: {reason}"] += 1
    if theirs:
        print(f"refused, {len(theirs)} datasets: {path}: {reason}")


def compare_datasets(path: Path, ours: h5py.File, theirs: dict, losses: str, shown: dict) -> None:
    ours_by_name = dict(flat(ours))
    unreadable = {entry["name"]: entry for entry in shown["other"] if entry["name"] not in ours_by_name}
    for name, (kind, value) in theirs.items():
        if name in ours_by_name:
            compare_values(path, name, ours_by_name[name], value, losses)
        elif name in unreadable or any(entry.startswith(f"{name}/") for entry in unreadable):
            count("unreadable")
            reasons[f"dataset of {kind}"] += 1
        else:
            faults.append(f"{path}: nothing is said of {name!r}")
    count("only here", len([name for name in ours_by_name if name not in theirs]))


def compare_values(path: Path, name: str, ours, theirs, losses: str) -> None:
    if isinstance(theirs, Exception):
        return count("only here")
    if theirs is None:
        return count("equal") if ours is None else faults.append(f"{path}: {name!r} should have no value")
    if isinstance(ours, list | str) or theirs.dtype.kind in "OSU":
        return compare_texts(path, name, ours, theirs)
    if not isinstance(ours, numpy.ndarray | numpy.generic):
        return faults.append(f"{path}: {name!r} is {type(ours).__name__}, not {theirs.dtype}")
    mine = numpy.asarray(ours)
    # A tensor has the machine's byte order, and a float that NumPy knows is as it is.
    other = theirs.astype(theirs.dtype.newbyteorder("<"))
    if mine.shape == other.shape and mine.dtype == other.dtype:
        if mine.tobytes() == other.tobytes():
            return count("equal")
        # 8-bit floats are compared as NumPy's, and HDF5's library reads their largest numbers as NaN.
        if mine.dtype == numpy.float16 and numpy.array_equal(mine[numpy.isfinite(other)], other[numpy.isfinite(other)]):
            return count("noted")
        return faults.append(f"{path}: {name!r} has other values")
    if mine.shape == other.shape and (theirs.dtype.kind == "V" or mine.dtype != other.dtype):
        is_same = theirs.dtype.kind == "V" or numpy.array_equal(mine, other, equal_nan=mine.dtype.kind in "fc")
        if is_same:
            return count("noted")
    faults.append(f"{path}: {name!r} is {mine.dtype} {mine.shape}, not {other.dtype} {other.shape}")


def compare_texts(path: Path, name: str, ours, theirs) -> None:
    def plain(value):
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace").rstrip("\0")
        if isinstance(value, str):
            return value.rstrip("\0")
        return [plain(element) for element in value]

    mine, other = plain(ours), plain(theirs.tolist() if hasattr(theirs, "tolist") else theirs)
    count("equal") if mine == other else faults.append(f"{path}: {name!r} is {mine!r:.80}, not {other!r:.80}")


def count(outcome: str, number: int = 1) -> None:
    counts["dataset", outcome] += number


def message(result: subprocess.CompletedProcess, path: Path) -> str:
    errors = [line for line in result.stderr.decode(errors="replace").splitlines() if "error:" in line]
    return (errors or ["no message"])[0].replace(f"dbn-convert: error: {path}: ", "").split(";")[0][:150]


def describe(node) -> str:
    try:
        kind = {h5py.h5t.COMPOUND: "compounds", h5py.h5t.REFERENCE: "references", h5py.h5t.VLEN: "variable length"}
        filters = [node.id.get_create_plist().get_filter(i)[0] for i in range(node.id.get_create_plist().get_nfilters())]
        name = kind.get(node.id.get_type().get_class(), f"class {node.id.get_type().get_class()}")
        return name + (f", filters {filters}" if filters else "")
    except Exception as error:
        return type(error).__name__


def read_by_h5py(path: Path) -> tuple[dict, Exception | None]:
    """The datasets by dotted name; a value is an exception where h5py can't read it."""
    try:
        with h5py.File(path, locking=False) as file:
            found: dict = {}
            walk(file, "", [file.id], found)
            return found, None
    except Exception as error:
        return {}, error


def walk(group: h5py.Group, prefix: str, open_groups: list, found: dict) -> None:
    for name in group:
        text = name if isinstance(name, str) else name.decode("latin-1")
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode(errors="surrogateescape").decode("latin-1")
        try:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                continue
            node = group[name]
        except Exception:
            continue
        if isinstance(node, h5py.Group):
            if node.id not in open_groups and len(open_groups) < 60 and len(found) < 20000:
                walk(node, f"{prefix}{text}.", [*open_groups, node.id], found)
        elif isinstance(node, h5py.Dataset):
            if node.id.get_create_plist().get_external_count() or node.is_virtual:
                continue
            try:
                found[prefix + text] = (describe(node), value_of(node))
            except Exception as error:
                found[prefix + text] = (describe(node), error)


def value_of(node: h5py.Dataset):
    if node.shape is None:
        return None
    if node.size * node.dtype.itemsize > 1 << 28:
        raise ValueError("too large")
    value = node[()]
    return numpy.asarray(value) if not isinstance(value, bytes | str) else numpy.array(value, dtype=object)


def flat(group: h5py.Group):
    """What this toolkit wrote: the values by key, whose escapes are undone."""
    from urllib.parse import unquote

    for name, node in group.items():
        key = unquote(name)
        kind = node.attrs.get("kind")
        if isinstance(node, h5py.Group):
            yield key, listed(node)
        elif kind == "None":
            yield key, None
        elif kind == "str":
            yield key, "" if node.shape is None else node[()].decode()
        elif "dtype" in node.attrs:
            yield key, small_floats(node[()], node.attrs["dtype"])
        else:
            yield key, node[()]


def small_floats(raw, name: str):
    """The values of 8-bit floats, which are kept as bytes; the bytes themselves where ml_dtypes is not installed."""
    try:
        import ml_dtypes

        return raw.view(getattr(ml_dtypes, name)).astype(numpy.float16)
    except (ImportError, AttributeError):
        return raw


def listed(node):
    if isinstance(node, h5py.Group):
        return [listed(node[name]) for name in node]
    return "" if node.shape is None else node[()].decode() if node.dtype.kind in "SO" else node[()].tolist()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
