"""Runs the fuzz targets one after the other, and keeps what they found worth keeping.

    fuzz.py run FUZZ [--seconds 60] [--target NAME] [--plain]
    fuzz.py keep FUZZ [--target NAME]
    fuzz.py outcomes FUZZ [--target NAME]

`run` fuzzes each target for as many seconds and prints a table; what crashes it is left in
.build-fuzz/faults/NAME. `keep` makes Fuzzing/Corpus/NAME.zip anew from the smallest files that reach all
that is reached, each in a folder with the name of its outcome: `read`, or the code of the error. `outcomes`
compares the outcomes of what is kept. FUZZ is the executable. See docs/fuzzing.md.
"""

import argparse
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from targets import TARGETS, Target, kind

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-fuzz"
KEPT = ROOT / "Fuzzing" / "Corpus"
# Of a kept corpus, the largest files are left out beyond this.
KEPT_BYTES = 180_000


def seeds(target: Target) -> Iterator[bytes]:
    """Small fixtures and, since parts of them are what some targets read, records of archives."""
    for path in sorted((ROOT / "Fixtures").rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".md") and path.stat().st_size < 1 << 22:
            yield from (x for x in pieces(path.read_bytes()) if fits(target, x))


def pieces(content: bytes) -> Iterator[bytes]:
    yield content
    if kind(content) == "zip":
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
            for entry in archive.infolist():
                yield from pieces(archive.read(entry))
        except Exception:  # Whatever Python finds wrong with a fixture that is broken on purpose.
            pass


def fits(target: Target, content: bytes) -> bool:
    return len(content) <= target.most_bytes and (not target.kinds or kind(content) in target.kinds)


def folder(*names: str) -> Path:
    path = WORK.joinpath(*names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def corpus(target: Target, anew: bool = False) -> list[Path]:
    """The folders of what was found, of what is kept, and of seeds; without seeds if something is kept."""
    known = kept(target).values()
    for place, contents in (("kept", known), ("seeds", [] if known and not anew else seeds(target))):
        shutil.rmtree(WORK / place / target.name, ignore_errors=True)
        for content in contents:
            (folder(place, target.name) / hashlib.sha1(content).hexdigest()).write_bytes(content)
    return [folder(place, target.name) for place in ("corpus", "kept", "seeds")]


def kept(target: Target) -> dict[str, bytes]:
    path = KEPT / f"{target.corpus or target.name}.zip"
    if not path.exists():
        return {}
    archive = zipfile.ZipFile(path)
    return {entry: archive.read(entry) for entry in archive.namelist()}


def dictionary(target: Target) -> Path:
    path = folder("dictionaries") / f"{target.name}.dict"
    path.write_text("".join((ROOT / "Fuzzing" / "Dictionaries" / f"{name}.dict").read_text()
                            for name in target.dictionaries))
    return path


def environment(target: Target, scratch: str, **more: str) -> dict[str, str]:
    return os.environ | {"FUZZ_TARGET": target.name, "TMPDIR": scratch,
                         "SWIFT_BACKTRACE": "enable=no"} | more


def in_memory() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def run(fuzz: str, target: Target, seconds: int, plain: bool) -> int:
    """A row of the table, and how many files crash the target."""
    folders, faults = corpus(target), folder("faults", target.name)
    before = len(list(folders[0].iterdir()))
    with in_memory() as scratch:
        process = subprocess.run(
            [fuzz, "-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1", "-timeout=60",
             "-rss_limit_mb=4096", f"-max_len={target.most_bytes}", f"-max_total_time={seconds}",
             f"-dict={dictionary(target)}", f"-artifact_prefix={faults}/", *folders],
            env=environment(target, scratch, **({"FUZZ_PLAIN": "1"} if plain else {})),
            capture_output=True, text=True, errors="replace")
    (WORK / f"{target.name}.log").write_text(process.stderr)
    last = re.findall(r"^#(\d+): cov: (\d+)", process.stderr, re.MULTILINE)
    found = len(list(faults.iterdir()))
    if not last:
        sys.exit(f"{target.name} did not run: see {WORK / target.name}.log")
    new = len(list(folders[0].iterdir())) - before
    print(f"| {target.name} | {int(last[-1][0]):,} | {int(last[-1][1]):,} | {new:,} | {found} |", flush=True)
    return found


def keep(fuzz: str, target: Target) -> None:
    folders = corpus(target, anew=True)
    with tempfile.TemporaryDirectory() as merged, in_memory() as scratch:
        subprocess.run(
            [fuzz, "-set_cover_merge=1", "-use_counters=0", "-timeout=60", "-rss_limit_mb=4096", f"-max_len={target.most_bytes}", merged,
             *folders], env=environment(target, scratch), capture_output=True, check=True)
        found = outcomes(fuzz, target, sorted(Path(merged).iterdir(), key=lambda x: (x.stat().st_size, x)))
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{target.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        count = 0
        for outcome, content in found:
            if archive.fp.tell() > KEPT_BYTES:
                break
            # Without the time, the same files make the same archive.
            name = f"{outcome}/{hashlib.sha1(content).hexdigest()[:8]}"
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            count += 1
    print(f"{target.name}: {count} of {len(found)} files, {path.stat().st_size:,} bytes", flush=True)


def outcomes(fuzz: str, target: Target, paths: list[Path]) -> list[tuple[str, bytes]]:
    result: list[tuple[str, bytes]] = []
    with in_memory() as scratch:
        for start in range(0, len(paths), 500):
            some = paths[start:start + 500]
            lines = subprocess.run(
                [fuzz, "--outcomes", *some], env=environment(target, scratch), check=True,
                capture_output=True, text=True).stdout.splitlines()
            result += [(line.split()[0], path.read_bytes()) for line, path in zip(lines, some)]
    return result


def compare(fuzz: str, target: Target) -> int:
    """Prints the files whose outcome is another than that by which they were kept, and counts them."""
    changes = 0
    with tempfile.TemporaryDirectory() as place:
        names = list(kept(target))
        for index, content in enumerate(kept(target).values()):
            (Path(place) / f"{index:06}").write_bytes(content)
        for name, (outcome, _) in zip(names, outcomes(fuzz, target, sorted(Path(place).iterdir()))):
            if name.split("/")[0] != outcome:
                print(f"{target.name}: {name} is now {outcome}")
                changes += 1
    return changes


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["run", "keep", "outcomes"])
    parser.add_argument("fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target")
    parser.add_argument("--plain", action="store_true", help="changes that know nothing of formats")
    options = parser.parse_args()
    chosen = [x for x in TARGETS if options.target in (None, "", x.name)]
    if not chosen:
        sys.exit(f"targets: {' '.join(x.name for x in TARGETS)}")
    if options.action == "keep":
        for target in chosen:
            if not target.corpus:
                keep(options.fuzz, target)
        return 0
    if options.action == "outcomes":
        return min(1, sum(compare(options.fuzz, target) for target in chosen if not target.corpus))
    print("| target | executions | edges | new files | findings |\n|---|---|---|---|---|", flush=True)
    return min(1, sum(run(options.fuzz, target, options.seconds, options.plain) for target in chosen))


if __name__ == "__main__":
    sys.exit(main())
