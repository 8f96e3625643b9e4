"""Compares the names that `dbn-convert info` finds in pickles with those that scanners of pickles find.

    python Tests/Pickles/scanners.py COMMAND [FOLDER ...]

A pickle is made for every function that picklescan calls dangerous, in each way in which a pickle can name it, and one in
each kind of file that can hold it; the FOLDERs have more files, such as the samples of the scanners' own tests. Each name
that picklescan calls dangerous must be listed; a file that fickling calls overtly malicious and of which nothing is marked
is printed. In the healthy fixtures nothing may be marked. Exit status 1 if a dangerous name is not listed, or one that is
harmless is marked. Marked are fewer than listed, because picklescan calls all of some modules dangerous.
"""

import collections
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fickling.analysis import Severity, check_safety
from fickling.fickle import Pickled, StackedPickle
from picklescan import scanner

FIXTURES = Path(__file__).parents[2] / "Fixtures"
#: Python 2's names of modules.
MODERN = {"__builtin__": "builtins", "copy_reg": "copyreg"}
logging.disable(logging.CRITICAL)


def namings(module: str, name: str) -> dict[str, bytes]:
    """Pickles that call a function, one for each way to name it."""
    def text(value): return pickle.BINUNICODE + len(value.encode()).to_bytes(4, "little") + value.encode()
    def short(value): return pickle.SHORT_BINUNICODE + bytes([len(value.encode())]) + value.encode()
    lines = f"{module}\n{name}\n".encode()
    memo = text(name) + pickle.BINPUT + b"\0" + pickle.POP + text(module) + pickle.BINGET + b"\0"
    called = text("x") + pickle.TUPLE1 + pickle.REDUCE + pickle.STOP
    start = pickle.PROTO + b"\4"
    return {
        "GLOBAL": pickle.PROTO + b"\2" + pickle.GLOBAL + lines + called,
        "STACK_GLOBAL": start + short(module) + short(name) + pickle.STACK_GLOBAL + called,
        "INST": pickle.MARK + b"Vx\n" + pickle.INST + lines + pickle.STOP,
        "texts from the memo": start + memo + pickle.STACK_GLOBAL + called,
        "unused before others": start + pickle.GLOBAL + lines + pickle.POP + pickle.EMPTY_DICT + pickle.STOP,
        "cut off": start + pickle.GLOBAL + lines,
    }


def containers(data: bytes) -> dict[str, bytes]:
    """Files that hold a pickle."""
    def archive(name, content):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as target: target.writestr(name, content)
        return file.getvalue()
    array = b"\x93NUMPY\1\0" + (118).to_bytes(2, "little") + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    return {"pkl": data, "pth": archive("m/data.pkl", data), "bin": archive("m/other.bin", data), "npy": array + data,
            "npz": archive("a.npy", array + data), "zip": archive("inner.zip", archive("x.pkl", data)),
            "later.pkl": pickle.dumps(0) + data}  # fmt: skip


def dangerous() -> list[tuple[str, str]]:
    """The functions that picklescan calls dangerous; for a whole module, one of it."""
    return [(module, name) for module, names in scanner._unsafe_globals.items()
            for name in (["anything"] if names == "*" else [names] if isinstance(names, str) else sorted(names))]  # fmt: skip


class Comparison:
    def __init__(self, command: str):
        self.command, self.rows, self.wrong = command, [], 0

    def found(self, path: Path) -> tuple[set, set]:
        """The names that the command lists, and those that it marks."""
        run = subprocess.run([self.command, "info", "--json", path], capture_output=True, timeout=120)
        names = json.loads(run.stdout).get("names") or []
        pairs = [(name["module"], name["name"]) for name in names]
        return set(pairs), {pair for pair, name in zip(pairs, names) if name["dangerous"]}

    def row(self, label: str, tried: int, *counts: int, missing=()) -> None:
        self.rows.append((label, tried, *counts))
        self.wrong += len(missing)
        for text in list(missing)[:10]: print(f"  WRONG {label}: {text}", file=sys.stderr)

    def all(self, paths: list[Path]):
        with ThreadPoolExecutor(os.cpu_count()) as pool: return list(zip(paths, pool.map(self.found, paths)))

    def made(self, folder: Path) -> None:
        """Each dangerous function in each naming; one of them in each container."""
        counts, paths = collections.Counter(), {}
        for number, (module, name) in enumerate(dangerous()):
            for naming, data in namings(module, name).items(): paths[folder / f"{number}-{naming}.pkl"] = module, name
            for naming, data in namings(module, name).items(): (folder / f"{number}-{naming}.pkl").write_bytes(data)
        for naming, data in namings("os", "system").items():
            for extension, content in containers(data).items():
                # Without the mark of protocol 2, a pickle is known by its name.
                if extension == "bin" and data[:1] != pickle.PROTO: continue
                path = folder / f"os-{naming}.{extension}"
                path.write_bytes(content)
                paths[path] = "os", "system"
        missing = []
        for path, (listed, marked) in self.all(list(paths)):
            pair = MODERN.get(paths[path][0], paths[path][0]), paths[path][1]
            counts["listed"] += pair in listed
            counts["marked"] += pair in marked
            if pair not in listed: missing.append(f"{path.name}: {'.'.join(pair)}")
        self.row("made for each dangerous function", len(paths), len(paths), counts["listed"], counts["marked"], missing=missing)

    def samples(self, folder: Path) -> None:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".py", ".txt", ".md", ".7z")]
        names, listed_count, marked_count, missing = 0, 0, 0, []
        for path, (listed, marked) in self.all(paths):
            for pair in self.scanned(path):
                names += 1
                listed_count += pair in listed
                marked_count += pair in marked
                if pair not in listed: missing.append(f"{path.relative_to(folder)}: {'.'.join(pair)}")
            if is_malicious(path) and not marked: print(f"  {path.relative_to(folder)}: fickling calls it malicious, nothing is marked: {sorted(listed)[:5]}")
        self.row(f"dangerous in {folder.name}'s files", len(paths), names, listed_count, marked_count, missing=missing)

    def scanned(self, path: Path) -> set[tuple[str, str]]:
        """The names in a file that picklescan calls dangerous. `unknown` stands for one that is not in the pickle as text."""
        try: result = scanner.scan_file_path(str(path))
        except Exception: return set()
        return {(MODERN.get(found.module, found.module), found.name) for found in result.globals
                if found.safety == scanner.SafetyLevel.Dangerous and "unknown" not in (found.module, found.name)}  # fmt: skip

    def healthy(self) -> None:
        paths = [path for path in sorted(FIXTURES.rglob("*")) if path.suffix in (".pth", ".pt", ".pt2", ".pkl", ".npz", ".tar", ".bin")
                 and not {"hostile", "opaque"} & set(path.parts)]  # fmt: skip
        alarms = [f"{path.relative_to(FIXTURES)}: {sorted(marked)}" for path, (_, marked) in self.all(paths) if marked]
        self.row("the healthy fixtures", len(paths), 0, 0, len(alarms), missing=alarms)


def is_malicious(path: Path) -> bool:
    try:
        with path.open("rb") as file: pickled = StackedPickle.load(file)
        return any(check_safety(one).severity == Severity.OVERTLY_MALICIOUS for one in pickled)
    except Exception: return False


def main() -> int:
    comparison = Comparison(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder: comparison.made(Path(folder))
    for folder in sys.argv[2:]: comparison.samples(Path(folder))
    comparison.healthy()
    print("| | files | dangerous names | listed | marked |\n|---|---|---|---|---|")
    for row in comparison.rows: print(f"| {' | '.join(map(str, row))} |")
    return 1 if comparison.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
