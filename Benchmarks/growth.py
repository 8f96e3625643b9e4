"""Cost as work grows: bytes in a file, tensors in a file, and files in a run. Prints a table and draws a plot.

    python Benchmarks/growth.py path/to/dbn-convert [--folder FOLDER] [--largest 10] [--svg docs/growth.svg]

--largest is that of one file in GB. Files have random numbers, in safetensors, and become HDF5 files.
"""

import argparse
import functools
import json
import math
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

Row = tuple[float, float, float, int]  # Work, seconds, processor seconds, peak memory in MiB.


@functools.cache
def random_piece() -> bytes:
    """1 MiB of random float32 numbers, none of which is NaN."""
    return bytes(b & 0x3F if i % 4 == 3 else b for i, b in enumerate(os.urandom(1 << 20)))


def write_safetensors(path: Path, tensors: int, byte_count: int) -> None:
    """Tensors of equal size: the header, then random bytes again and again."""
    size = byte_count // tensors // 4 * 4
    header = json.dumps({
        f"layer{i // 4}.{i % 4}.weight": {"dtype": "F32", "shape": [size // 4], "data_offsets": [i * size, (i + 1) * size]}
        for i in range(tensors)
    }).encode()
    header += b" " * (-len(header) % 8)
    piece = random_piece()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        rest = size * tensors
        while rest > 0:
            file.write(piece[: min(rest, len(piece))])
            rest -= len(piece)


def run(command: list[str]) -> tuple[float, float, int]:
    """Seconds, processor seconds and peak memory of one process."""
    os.sync()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def median(command: list[str], output: Path, runs: int = 3) -> tuple[float, float, int]:
    """The median of some runs, each into a new output; one run of more than five seconds is enough."""
    found = []
    for number in range(runs):
        if number and found[0][0] > 5:
            break
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        found.append(run(command))
    return sorted(found)[len(found) // 2]


def one_file(command: str, folder: Path, sizes: list[tuple[int, int, float]]) -> list[Row]:
    rows = []
    for tensors, byte_count, work in sizes:
        source = folder / "one.safetensors"
        write_safetensors(source, tensors, byte_count)
        rows.append((work, *median([command, "convert", str(source), str(folder / "out" / "one.h5")], folder / "out")))
        source.unlink()
    return rows


def many_files(command: str, folder: Path, counts: list[int]) -> list[Row]:
    rows, inputs = [], folder / "in"
    for count in counts:
        shutil.rmtree(inputs, ignore_errors=True)
        inputs.mkdir()
        for number in range(count):
            write_safetensors(inputs / f"{number:06}.safetensors", 60, 1_000_000)
        manifest = folder / "jobs.jsonl"
        manifest.write_text("".join(
            json.dumps({"input": str(inputs / f"{n:06}.safetensors"), "output": str(folder / "out" / f"{n:06}.h5")}) + "\n"
            for n in range(count)))
        results = folder / "out" / "results.jsonl"
        arguments = [command, "convert", "--quiet", "--manifest", str(manifest), "--results", str(results)]
        rows.append((count, *median(arguments, folder / "out")))
    return rows


def plot(panels: list[tuple[str, str, list[Row]]]) -> str:
    """One panel for each kind of growth, both axes logarithmic; a grey line is proportional cost."""
    width, height, margin = 260, 220, 46
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * len(panels)} {height}" '
        'font-family="sans-serif" font-size="11">'
        "<style>text{fill:#555}.p{fill:#c33}.e{fill:none;stroke:#36c;stroke-width:1.5}"
        "@media(prefers-color-scheme:dark){text{fill:#bbb}}</style>"
    ]
    for number, (title, unit, rows) in enumerate(panels):
        left, right, top, bottom = number * width + margin, (number + 1) * width - 14, 30, height - 36
        xs, ys = [math.log10(r[0]) for r in rows], [math.log10(s) for r in rows for s in r[1:3]]
        low, high = math.floor(min(ys)), math.ceil(max(ys))

        def x(value: float) -> float:
            return left + (math.log10(value) - xs[0]) / (xs[-1] - xs[0]) * (right - left)

        def y(value: float) -> float:
            return bottom - (math.log10(value) - low) / (high - low) * (bottom - top)

        parts.append(f'<text x="{left}" y="16" font-weight="bold">{title}</text>')
        for power in range(low, high + 1):
            parts.append(f'<line x1="{left}" x2="{right}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}" stroke="#8884"/>')
            parts.append(f'<text x="{left - 4}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
        for row in rows:
            parts.append(f'<text x="{x(row[0]):.1f}" y="{bottom + 14}" text-anchor="middle">{row[0]:g}</text>')
            parts.append(f'<circle class="p" cx="{x(row[0]):.1f}" cy="{y(row[2]):.1f}" r="3"/>')
        parts.append(f'<text x="{(left + right) / 2}" y="{bottom + 28}" text-anchor="middle">{unit}</text>')
        points = " ".join(f"{x(r[0]):.1f},{y(r[1]):.1f}" for r in rows)
        parts.append(f'<polyline class="e" points="{points}"/>')
        last = rows[-1]
        first = [r for r in rows if last[1] * r[0] / last[0] >= 10**low][0]
        parts.append(
            f'<line x1="{x(first[0]):.1f}" y1="{y(last[1] * first[0] / last[0]):.1f}" x2="{x(last[0]):.1f}" '
            f'y2="{y(last[1]):.1f}" stroke="#888" stroke-dasharray="3 3"/>')
    return "\n".join(parts + ["</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--folder", type=Path, help="where the files are made")
    parser.add_argument("--largest", type=float, default=10)
    parser.add_argument("--most-files", type=int, default=10_000)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    gigabytes = [g for g in (0.01, 0.1, 1, 10) if g <= arguments.largest]
    counts = [n for n in (1, 10, 100, 1000, 10_000) if n <= arguments.most_files]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        panels = [
            ("bytes of a file", "GB, in tensors of 4 MB", one_file(
                arguments.command, folder, [(max(1, round(g * 250)), round(g * 1e9), g) for g in gigabytes])),
            ("tensors of a file", "tensors of 16 bytes", one_file(
                arguments.command, folder, [(n, 16 * n, n) for n in (100, 1000, 10_000, 100_000)])),
            ("files of a run", "files of 1 MB, 60 tensors each", many_files(arguments.command, folder, counts)),
        ]
    for title, unit, rows in panels:
        print(f"\n| {unit} | seconds | processor seconds | memory |\n|---|---|---|---|")
        for work, seconds, used, memory in rows:
            print(f"| {work:g} | {seconds:.3f} | {used:.3f} | {memory} MiB |")
    if arguments.svg:
        arguments.svg.write_text(plot(panels))


if __name__ == "__main__":
    main()
